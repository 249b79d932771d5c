package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"switchboard/internal/embedded"
	"switchboard/internal/intake"
	"switchboard/internal/kafka"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/temporal"
)

// Help and a wrong command line are answered at once: no server is asked, and nothing
// is made.
func TestHelpNeedsNoServer(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1") // reserved: nothing listens
	cmd := command()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"--help"})
	if err := cmd.ExecuteContext(t.Context()); err != nil || !strings.Contains(out.String(), "SWITCHBOARD_INTAKE_MAX_OPEN") || !strings.Contains(out.String(), "TEMPORAL_ADDRESS") {
		t.Errorf("%v\n%s", err, out.String())
	}
	for _, c := range []struct {
		args    []string
		brokers string
		code    int
		says    string
	}{
		{[]string{"--queue=x"}, "", 2, "unknown flag"},
		{[]string{"strat"}, "", 2, "no command"}, //nolint:misspell // on purpose
		{nil, "", 2, "SWITCHBOARD_KAFKA_BROKERS"},
		{nil, "127.0.0.1:1", 3, "no Temporal server answers"},
		{[]string{"health"}, "127.0.0.1:1", 1, "asking the intake"},
	} {
		t.Setenv("SWITCHBOARD_KAFKA_BROKERS", c.brokers)
		t.Setenv("SWITCHBOARD_INTAKE_ADDRESS", "127.0.0.1:1")
		cmd := command()
		cmd.SetOut(&out)
		cmd.SetArgs(c.args)
		if err := cmd.ExecuteContext(t.Context()); problem.ExitCode(err) != c.code || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("intake %v: %v, want exit code %d with %q", c.args, err, c.code, c.says)
		}
	}
}

// analyze stands for the analysis: it fails for one call.
func analyze(ctx workflow.Context, in pipeline.AnalyzeCallInput) error {
	if in.CallID == "waits" {
		return workflow.Sleep(ctx, time.Hour)
	}
	if in.CallID == "fails" {
		return errors.New("on purpose")
	}
	return nil
}

// The program takes calls in from Kafka and by HTTP, and a real Temporal server knows
// which of them there was before.
func TestCallsReachTemporal(t *testing.T) {
	c, broker, address := surroundings(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	ready(t, address, ended)
	for _, id := range []string{"succeeds", "fails", "waits"} {
		post(t, address, id)
		started(t, c, id)
	}
	description, err := c.DescribeWorkflowExecution(t.Context(), pipeline.CallWorkflowID("waits"), "")
	if err != nil || description.GetWorkflowExecutionInfo().GetPriority().GetPriorityKey() != 1 || description.GetWorkflowExecutionInfo().GetType().GetName() != pipeline.AnalyzeCallWorkflow {
		t.Errorf("%v, %v", description, err)
	}
	runs := intake.Workflows{Client: c.Client, Namespace: c.Namespace}
	for id, isNew := range map[string]bool{"succeeds": false, "fails": true, "waits": false, "other": true} {
		if id != "waits" && id != "other" {
			_ = c.GetWorkflow(t.Context(), pipeline.CallWorkflowID(id), "").Get(t.Context(), nil)
		}
		in := pipeline.AnalyzeCallInput{CallID: id, Stored: true, Record: &pipeline.RecordRef{Topic: "calls"}}
		if got, err := runs.Start(t.Context(), in); err != nil || got != isNew {
			t.Errorf("the call that %s was started again: %v, %v", id, got, err)
		}
	}
	for open := -1; open != 1; { // until the server has counted
		if open, err = runs.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the intake ended with %v", err)
	}
	waiting(t, broker, 0)
}

// surroundings starts Temporal with a worker, and Kafka, and sets what the program
// reads. It returns the broker's address, and the one for the intake.
func surroundings(t *testing.T) (c *temporal.Client, broker, address string) {
	t.Helper()
	server, err := embedded.Start(t.Context(), embedded.Options{SearchAttributes: pipeline.SearchAttributes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	topics, err := embedded.StartBroker(embedded.BrokerOptions{Dir: t.TempDir(), Partitions: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(topics.Stop)
	address = freeAddress(t)
	for name, value := range map[string]string{
		"TEMPORAL_ADDRESS": server.Address(), "TEMPORAL_CONFIG_FILE": filepath.Join(t.TempDir(), "none.toml"),
		"SWITCHBOARD_ARTIFACTS": t.TempDir(), "DATABASE_URL": "",
		"SWITCHBOARD_KAFKA_BROKERS": topics.Address(), "SWITCHBOARD_INTAKE_ADDRESS": address, "SWITCHBOARD_INTAKE_KEYS": "0123456789abcdef",
	} {
		t.Setenv(name, value)
	}
	c, err = temporal.Dial(t.Context(), temporal.Options{Address: server.Address()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	w := worker.New(c.Client, pipeline.TaskQueue, worker.Options{})
	w.RegisterWorkflowWithOptions(analyze, workflow.RegisterOptions{Name: pipeline.AnalyzeCallWorkflow})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	return c, topics.Address(), address
}

// ready waits until the intake says that it is.
func ready(t *testing.T, address string, ended <-chan error) {
	t.Helper()
	for intake.Health(t.Context(), intake.Options{Address: address}) != nil {
		select {
		case err := <-ended:
			t.Fatalf("the intake ended: %v", err)
		default:
		}
	}
}

// started waits until there is an analysis of a call.
func started(t *testing.T, c *temporal.Client, id string) {
	t.Helper()
	for {
		_, err := c.DescribeWorkflowExecution(t.Context(), pipeline.CallWorkflowID(id), "")
		var none *serviceerror.NotFound
		if err == nil {
			return
		}
		if !errors.As(err, &none) {
			t.Fatal(err)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func post(t *testing.T, address, id string) {
	t.Helper()
	event := `{"call_id":"` + id + `","turns":[{"text":"Hello"}]}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/v1/calls", strings.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer 0123456789abcdef")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		t.Fatalf("status %d", response.StatusCode)
	}
}

func waiting(t *testing.T, broker string, want int64) {
	t.Helper()
	c, err := kafka.Open(t.Context(), kafka.Options{Brokers: []string{broker}, Topic: "calls", Group: "switchboard-intake"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	lags, err := c.Lag(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := int64(0)
	for _, l := range lags {
		n += l.Waiting
	}
	if n != want {
		t.Errorf("%d events wait, want %d", n, want)
	}
}
