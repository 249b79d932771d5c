package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"switchboard/internal/config"
	"switchboard/internal/dashboard"
	"switchboard/internal/embedded"
	"switchboard/internal/kafka"
	"switchboard/internal/layout"
	"switchboard/internal/logtest"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
	"switchboard/internal/results"
	"switchboard/internal/temporal"
	"switchboard/worker/host"
)

// site is the program beside a real Temporal server, a worker, and Kafka, with a browser
// of its first admin.
type site struct {
	*testing.T
	client    *temporal.Client
	host      *host.Host
	kafka     kafka.Options
	artifacts string
	address   string
	browser   http.Client
}

func newSite(t *testing.T) *site {
	t.Helper()
	server, err := embedded.Start(t.Context(), embedded.Options{SearchAttributes: pipeline.SearchAttributes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	broker, err := embedded.StartBroker(embedded.BrokerOptions{Dir: t.TempDir(), Partitions: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Stop)
	s := &site{T: t, artifacts: t.TempDir(), address: freeAddress(t), kafka: kafka.Options{Brokers: []string{broker.Address()}, Topic: "calls", Group: "switchboard-intake"}}
	for name, value := range map[string]string{
		"TEMPORAL_ADDRESS": server.Address(), "TEMPORAL_CONFIG_FILE": filepath.Join(t.TempDir(), "none.toml"),
		config.Artifacts: s.artifacts, config.DatabaseURL: "", config.DashboardAddress: s.address, config.WebUI: "http://ui.example.com",
	} {
		t.Setenv(name, value)
	}
	if s.client, err = temporal.Dial(t.Context(), temporal.Options{Address: server.Address()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.client.Close)
	s.work()
	s.serve()
	return s
}

// work starts a worker whose provider nobody answers for.
func (s *site) work() {
	s.Helper()
	o := host.Options{Config: config.Config{Artifacts: s.artifacts, ProviderURL: "http://127.0.0.1:1/v1", BaseModel: "base", MaxConcurrent: 1, RequestTimeout: time.Second}, Kafka: s.kafka}
	var err error
	if s.host, err = host.Start(s.Context(), s.client, o); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(s.host.Stop)
}

// serve runs the program until the test ends, and logs its first admin in by the link
// that it prints.
func (s *site) serve() {
	s.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var out, log logtest.Buffer
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, &out, slog.New(slog.NewJSONHandler(&log, nil))) }()
	s.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			s.Errorf("the dashboard ended with %v", err)
		}
		if strings.Contains(log.String(), "token=") || strings.Contains(log.String(), "the provider moves") {
			s.Errorf("the log tells what is nobody's business:\n%s", log.String())
		}
	})
	link := regexp.MustCompile(`http://` + s.address + `/welcome\?token=(\w+)`)
	for !link.MatchString(out.String()) {
		select {
		case err := <-ended:
			ended <- err
			s.Fatalf("the dashboard ended: %v", err)
		default:
		}
	}
	if err := dashboard.Health(s.Context(), dashboard.Place{Address: s.address}); err != nil {
		s.Error(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.Fatal(err)
	}
	s.browser = http.Client{Jar: jar}
	const password = "correct horse battery staple"
	s.post("/welcome", 200, "token", link.FindStringSubmatch(out.String())[1], "name", "ann", "password", password, "again", password)
	if got := s.get("/models", 200); !strings.Contains(got, "ann") {
		s.Fatalf("nobody is logged in:\n%s", got)
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

// answer is what a page says, without its tags.
func (s *site) do(r *http.Request, status int) (body string, header http.Header) {
	s.Helper()
	response, err := s.browser.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		s.Fatal(err)
	}
	if response.StatusCode != status {
		s.Errorf("%s: status %d, want %d\n%s", r.URL, response.StatusCode, status, content)
	}
	return string(content), response.Header
}

func (s *site) get(path string, status int) string {
	s.Helper()
	body, _ := s.getWithHeader(path, status)
	return body
}

func (s *site) getWithHeader(path string, status int) (string, http.Header) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, "http://"+s.address+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	return s.do(r, status)
}

// post sends a form, and returns where it leads.
func (s *site) post(path string, status int, pairs ...string) string {
	s.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, "http://"+s.address+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	body, _ := s.do(r, status)
	return body
}

// says fails the test unless a page holds all texts.
func (s *site) says(page string, texts ...string) {
	s.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			s.Errorf("the page does not say %q:\n%s", text, page)
		}
	}
}

// until asks for a page until it says something: what a list has comes a moment later.
func (s *site) until(path, text string) string {
	s.Helper()
	for {
		if page := s.get(path, 200); strings.Contains(page, text) {
			return page
		}
		if s.Context().Err() != nil {
			s.Fatalf("%s never says %q", path, text)
		}
	}
}

var created = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// Models change hands by a worker, which keeps who did it and why; their reports come
// from it, too.
func TestModels(t *testing.T) {
	s := newSite(t)
	for i, id := range []string{"ft:m:old", "ft:m:new"} {
		m := registry.Model{ID: id, BaseModel: "m", Created: created.AddDate(0, 0, i), TestAccuracy: 0.88, TestCoverage: 0.75, Threshold: 0.5, WorkflowID: "finetune-x", RunID: "run-1"}
		if _, err := s.host.Database().Task("airlines").Register(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	promoted := s.post("/models/change", 200, "task", "airlines", "action", "promoted", "model", "ft:m:new", "why", "sharper <b>")
	s.says(promoted, "ft:m:new is the champion of the task airlines now.", "sharper &lt;b&gt;", ">ann<", "promoted")
	s.says(s.post("/models/change", 200, "task", "airlines", "action", "promoted", "model", "ft:m:new", "why", "x"), "Nothing changed")
	s.says(s.post("/models/change", 200, "task", "airlines", "action", "rolled back", "why", "blunt"), "ft:m:old is the champion of the task airlines again.")
	s.says(s.post("/models/change", 400, "task", "airlines", "action", "retired", "model", "ft:m:old", "why", "x"), "is the champion")
	s.says(s.post("/models/change", 200, "task", "airlines", "action", "retired", "model", "ft:m:new", "why", "leaked"), "ft:m:new is retired.", ">retired<")
	s.says(s.get("/admin/audit", 200), "made a model the champion", "rolled back to a model", "retired a model", "blunt")

	s.says(s.get("/models/ft:m:old?task=airlines&report=1", 400), "The report is not there")
	page := filepath.Join(s.artifacts, string(layout.Of("finetune-x", "run-1")), "evaluation")
	if err := os.MkdirAll(page, 0o700); err != nil {
		t.Fatal(err)
	}
	const evil = "<title>88.4%</title><script>alert(1)</script>"
	if err := os.WriteFile(filepath.Join(page, "report.html"), []byte(evil), 0o600); err != nil {
		t.Fatal(err)
	}
	report, header := s.getWithHeader("/models/ft:m:old?task=airlines&report=1", 200)
	policy := header.Get("Content-Security-Policy")
	if report != evil || !strings.HasPrefix(policy, "sandbox; default-src 'none'") || strings.Contains(policy, "script") || header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the report is %q, with the policy %q", report, policy)
	}

	s.host.Stop()
	s.says(s.get("/models", 200), "ft:m:old", "champion")
	s.says(s.post("/models/change", 503, "task", "airlines", "action", "rolled back", "why", "x"), "No worker answers.")
	s.says(s.get("/intake", 200), "No worker answers.", "Calls are taken in")
}

// standIn is a retraining that waits for an answer, as far as the page sees it.
func standIn(ctx workflow.Context, _ pipeline.RetrainInput) (pipeline.RetrainResult, error) {
	p := pipeline.Proposal{Champion: "ft:m:old", Challenger: "ft:m:new", Reason: "better by <i>3</i> points", Deadline: created}
	var answer *pipeline.Approval
	status := func() (pipeline.Status, error) {
		s := pipeline.Status{Stage: pipeline.Approving, Stages: []pipeline.StageTime{{Stage: pipeline.Approving, Started: created}}}
		if answer == nil {
			s.Proposal = &p
		}
		return s, nil
	}
	if err := workflow.SetQueryHandler(ctx, pipeline.StatusQuery, status); err != nil {
		return pipeline.RetrainResult{}, err
	}
	if err := workflow.SetUpdateHandler(ctx, pipeline.ApproveUpdate, func(_ workflow.Context, a pipeline.Approval) (pipeline.Proposal, error) {
		answer = &a
		return p, nil
	}); err != nil {
		return pipeline.RetrainResult{}, err
	}
	stage := sdk.NewSearchAttributeKeyKeyword(pipeline.StageAttribute).ValueSet(string(pipeline.Approving))
	task := sdk.NewSearchAttributeKeyKeyword(pipeline.TaskAttribute).ValueSet("airlines")
	if err := workflow.UpsertTypedSearchAttributes(ctx, stage, task); err != nil {
		return pipeline.RetrainResult{}, err
	}
	if err := workflow.Await(ctx, func() bool { return answer != nil }); err != nil {
		return pipeline.RetrainResult{}, err
	}
	result := pipeline.RetrainResult{Task: "airlines", Decision: pipeline.Keep, Reason: answer.Who + " logtest.Buffer: " + answer.Why}
	if answer.Approved {
		result.Decision = pipeline.Promote
	}
	return result, nil
}

// Runs are listed with what they came to, a proposal is answered, and schedules are held
// and let go.
func TestRunsAndSchedules(t *testing.T) {
	s := newSite(t)
	w := worker.New(s.client.Client, "stand-in", worker.Options{})
	w.RegisterWorkflowWithOptions(standIn, workflow.RegisterOptions{Name: pipeline.RetrainWorkflow})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	s.says(s.get("/runs", 200), "There are no runs yet.", "There are no schedules.")
	s.says(s.get("/runs?kind=none", 400), "There are no such runs. Choose a kind from the list.")
	s.says(s.get("/runs?page=!", 400), "begin at its first page")
	failed, err := s.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "finetune-none", TaskQueue: pipeline.TaskQueue}, pipeline.FineTuneWorkflow,
		pipeline.FineTuneInput{Dataset: filepath.Join(s.artifacts, "none.csv")})
	if err != nil {
		t.Fatal(err)
	}
	if failed.Get(t.Context(), nil) == nil {
		t.Fatal("a fine-tuning on nothing succeeded")
	}
	page := s.until("/runs", "finetune-none")
	s.says(s.until("/runs?status=failed", "finetune-none"), "fine-tuning", ">failed<", "The run could not work with what it was given.", `href="http://ui.example.com/namespaces/default/workflows/finetune-none/`+failed.GetRunID())
	if strings.Contains(s.get("/runs?kind=apply", 200), "finetune-none") {
		t.Error("a fine-tuning is listed among applications")
	}
	s.says(page, "fine-tuning")
	s.says(s.get("/runs/finetune-none", 200), "none.csv", failed.GetRunID(), ">failed<")
	s.says(s.get("/runs/nothing", 400), "That is not there, or not any more.")

	retraining, err := s.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "retrain/x", TaskQueue: "stand-in"}, pipeline.RetrainWorkflow, pipeline.RetrainInput{})
	if err != nil {
		t.Fatal(err)
	}
	s.says(s.until("/models", "A promotion waits for an answer"), "better by &lt;i&gt;3&lt;/i&gt; points", "ft:m:new", "Approve")
	s.says(s.get("/runs/retrain%2Fx", 200), "This run is waiting for an answer", "approving")
	s.says(s.post("/models/approve", 200, "workflow", "retrain/x", "run", retraining.GetRunID(), "verdict", "approve", "why", "it is better"), "The proposal is approved: ft:m:new takes the place of ft:m:old.")
	if err := retraining.Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	s.says(s.until("/runs?kind=retrain&status=completed", "retrain/x"), "promoted")
	s.says(s.get("/runs/retrain%2Fx", 200), "ann logtest.Buffer: it is better")
	s.post("/models/approve", 400, "workflow", "retrain/x", "verdict", "reject", "why", "too late")
	s.says(s.get("/admin/audit", 200), "approved a promotion")
	s.schedules()
}

func (s *site) schedules() {
	s.Helper()
	for id, workflow := range map[string]string{"retrain-airlines": pipeline.RetrainWorkflow, "another": "SomethingElse"} {
		if _, err := s.client.ScheduleClient().Create(s.Context(), client.ScheduleOptions{
			ID: id, Spec: client.ScheduleSpec{CronExpressions: []string{"0 3 * * 1 # 0 3 * * 1"}, TimeZoneName: "Europe/Berlin"}, Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
			Action: &client.ScheduleWorkflowAction{ID: "retrain-scheduled", Workflow: workflow, TaskQueue: "stand-in", Args: []any{pipeline.RetrainInput{}}},
		}); err != nil {
			s.Fatal(err)
		}
	}
	page := s.until("/runs", "retrain-airlines")
	s.says(page, "0 3 * * 1 (Europe/Berlin)", "Pause", "Next runs")
	if strings.Contains(page, "another") {
		s.Error("a schedule of somebody else is listed")
	}
	s.says(s.post("/schedules", 200, "id", "retrain-airlines", "do", "pause", "why", "the provider moves"), "The schedule retrain-airlines is paused.")
	s.says(s.until("/runs", "ann: the provider moves"), "Resume")
	s.says(s.post("/schedules", 200, "id", "retrain-airlines", "do", "trigger", "why", "now"), "A run of the schedule retrain-airlines is started.")
	s.until("/runs?kind=retrain&status=running", "retrain-scheduled")
	s.says(s.post("/schedules", 503, "id", "retrain-airlines", "do", "trigger", "why", "again"), "is still going on")
	s.says(s.post("/schedules", 200, "id", "retrain-airlines", "do", "unpause", "why", "it has moved"), "The schedule retrain-airlines is resumed.")
	s.says(s.post("/schedules", 400, "id", "another", "do", "pause", "why", "x"), "starts no retrainings")
	s.says(s.post("/schedules", 400, "id", "none", "do", "pause", "why", "x"), "That is not there, or not any more.")
	s.says(s.get("/admin/audit", 200), "paused a schedule", "started a run of a schedule", "resumed a schedule")
}

// topics makes those of calls, as an intake does, and returns who speaks to Kafka.
func (s *site) topics() *kafka.Client {
	s.Helper()
	k, err := kafka.Open(s.Context(), s.kafka)
	if err == nil {
		err = k.EnsureTopics(s.Context(), 2)
	}
	if err != nil {
		s.Fatal(err)
	}
	return k
}

// Dead letters are listed without what was logtest.Buffer in them, sent again and discarded.
func TestDeadLetters(t *testing.T) {
	s := newSite(t)
	k := s.topics()
	defer k.Close()
	s.says(s.get("/intake", 200), "There are no dead letters.", "waiting in Kafka")
	const secret = "my card is 4111"
	for n, reason := range []string{"not-json", "refused", "refused", "gave-up"} {
		event := []byte(`{"call_id":"call-` + string(rune('0'+n)) + `","task":"airlines","turns":[{"text":"` + secret + `"}]}`)
		if err := k.DeadLetter(t.Context(), kafka.Record{Topic: "calls", Offset: int64(n), Time: created, Value: event}, reason); err != nil {
			t.Fatal(err)
		}
	}
	page := s.get("/intake", 200)
	s.says(page, "call-0", "airlines", "not JSON", "given up after many attempts", `name="id" value="3"`, `href="/runs/call%2Fcall-2"`, "2026-03-02 12:00:00")
	if strings.Contains(page, secret) {
		t.Error("a page of dead letters quotes a caller")
	}
	if narrow := s.get("/intake?reason=refused", 200); strings.Contains(narrow, "call-0") || !strings.Contains(narrow, "call-1") {
		t.Error("the dead letters are not narrowed to a reason")
	}
	s.says(s.post("/intake/dead-letters", 200, "do", "discard", "id", "0"), "1 dead letter is discarded.", "discarded")
	s.says(s.post("/intake/dead-letters", 200, "do", "replay", "id", "3", "id", "99"), "1 dead letter is sent again.", "1 is no longer in Kafka")
	s.says(s.post("/intake/dead-letters", 200, "do", "replay-reason", "reason", "refused"), "2 dead letters are sent again.")
	s.says(s.post("/intake/dead-letters", 200, "do", "replay-all"), "0 dead letters are sent again.")
	s.says(s.get("/intake", 200), "sent again", "discarded")
	s.says(s.get("/admin/audit", 200), "sent dead letters again", "discarded dead letters")
}

// Calls are looked for before they are erased, by their ids and by their age.
func TestErasing(t *testing.T) {
	s := newSite(t)
	s.topics().Close()
	for _, id := range []string{"call-1", "call-2"} {
		sum := sha256.Sum256([]byte(id))
		c := results.Call{ID: id, Task: "airlines", Origin: results.Origin{Source: "kafka", Topic: "calls", SHA256: hex.EncodeToString(sum[:])}, Turns: []results.Turn{{Side: "customer", Text: "Hello"}}, Anonymizer: "v7", Status: results.Redacted}
		if _, err := s.host.Results().SaveRedacted(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	look := s.post("/admin/retention", 200, "do", "look", "ids", "call-1\nnone")
	s.says(look, "What would be erased", "Unknown ids", "What cannot be reached", "Events in the topic that calls come from", `name="ids" value="call-1`)
	s.get("/calls/call-1", 200)
	s.says(s.post("/admin/retention", 200, "do", "erase", "sure", "yes", "ids", "call-1\nnone"), "What was erased", "The audit keeps that it happened")
	s.get("/calls/call-1", 404)
	s.get("/calls/call-2", 200)
	s.says(s.post("/admin/retention", 200, "do", "look", "ids", "call-1"), "There is nothing to erase.")
	s.says(s.post("/admin/retention", 200, "do", "look", "before", "2020-01-01"), "There is nothing to erase.")
	s.says(s.get("/admin/audit", 200), "erased a call", "ann")
}
