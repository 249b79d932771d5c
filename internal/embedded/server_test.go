package embedded_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"switchboard/internal/embedded"
	"switchboard/internal/logtest"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

const queue = "test"

var attributes = []string{pipeline.TaskAttribute, pipeline.DatasetAttribute, pipeline.ModelAttribute, pipeline.StageAttribute, pipeline.DecisionAttribute}

// greet is the smallest workflow with an activity.
func greet(ctx workflow.Context, name string) (string, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	var out string
	err := workflow.ExecuteActivity(ctx, compose, name).Get(ctx, &out)
	return out, err
}

func compose(_ context.Context, name string) (string, error) { return "hello " + name, nil }

// wait ends when it is told to, and accepts an update meanwhile.
func wait(ctx workflow.Context) (string, error) {
	if err := workflow.SetUpdateHandler(ctx, "ask", func(workflow.Context) (string, error) { return "answer", nil }); err != nil {
		return "", err
	}
	var word string
	workflow.GetSignalChannel(ctx, "go on").Receive(ctx, &word)
	return word, nil
}

// start runs a server for one test.
func start(t testing.TB, o embedded.Options) *embedded.Server {
	t.Helper()
	s, err := embedded.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func TestWorkflowIsFoundAfterRestart(t *testing.T) {
	t.Parallel()
	// A path that would not survive as a URI unescaped.
	file := filepath.Join(t.TempDir(), "with space, 100%?#", "temporal.db")
	o := embedded.Options{DataFile: file, SearchAttributes: attributes}

	s := start(t, o)
	c := dial(t, s.Address())
	w := work(t, c)
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "first", TaskQueue: queue}, greet, "world")
	if err != nil {
		t.Fatal(err)
	}
	var before string
	if err := run.Get(t.Context(), &before); err != nil {
		t.Fatal(err)
	}
	w.Stop()
	c.Close()
	for _, name := range []string{file, file + "-wal", file + ".lock"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is not for its owner alone: %v, %v", name, info.Mode(), err)
		}
	}
	s.Stop()
	s.Stop() // a second time does nothing

	again := start(t, o)
	c = dial(t, again.Address())
	var after string
	if err := c.GetWorkflow(t.Context(), "first", run.GetRunID()).Get(t.Context(), &after); err != nil {
		t.Fatal(err)
	}
	if before != "hello world" || after != before {
		t.Errorf("result is %q before the restart and %q after", before, after)
	}
	ns, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
	if err != nil {
		t.Fatal(err)
	}
	if got := ns.Config.WorkflowExecutionRetentionTtl.AsDuration(); got != embedded.DefaultRetention {
		t.Errorf("retention is %s, want %s", got, embedded.DefaultRetention)
	}
}

func TestUpdateWithStart(t *testing.T) {
	t.Parallel()
	c := dial(t, start(t, embedded.Options{}).Address())
	work(t, c)
	ctx := t.Context()
	for range 2 { // starts the first time, finds the run the second
		start := c.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
			ID: "asked", TaskQueue: queue, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		}, wait)
		handle, err := c.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
			StartWorkflowOperation: start,
			UpdateOptions:          client.UpdateWorkflowOptions{UpdateName: "ask", WaitForStage: client.WorkflowUpdateStageCompleted},
		})
		if err != nil {
			t.Fatal(err)
		}
		var answer string
		if err := handle.Get(ctx, &answer); err != nil || answer != "answer" {
			t.Fatalf("the update answers %q, %v", answer, err)
		}
	}
}

func TestSearchAttributes(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "temporal.db")
	first := start(t, embedded.Options{DataFile: file, SearchAttributes: attributes[:1]})
	first.Stop()

	// A later version of the program wants more of them, and to keep runs
	// for a shorter time.
	s := start(t, embedded.Options{DataFile: file, SearchAttributes: attributes, Retention: 48 * time.Hour})
	c := dial(t, s.Address())
	work(t, c)
	ctx := t.Context()
	for i, model := range []string{"model-a", "model-b", "model-b"} {
		run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: fmt.Sprint("attributed-", i), TaskQueue: queue,
			TypedSearchAttributes: temporal.NewSearchAttributes(
				temporal.NewSearchAttributeKeyKeyword(pipeline.DatasetAttribute).ValueSet("tweets.csv"),
				temporal.NewSearchAttributeKeyKeyword(pipeline.ModelAttribute).ValueSet(model),
				temporal.NewSearchAttributeKeyKeyword(pipeline.StageAttribute).ValueSet("done"),
			),
		}, greet, "x")
		if err != nil {
			t.Fatal(err)
		}
		if err := run.Get(ctx, nil); err != nil {
			t.Fatal(err)
		}
	}
	query := fmt.Sprintf("%s = 'tweets.csv' AND %s = 'model-b' AND %s IN ('done') AND ExecutionStatus = 'Completed'",
		pipeline.DatasetAttribute, pipeline.ModelAttribute, pipeline.StageAttribute)
	var found int
	for found != 2 { // visibility follows the workflow with a little delay
		list, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		if err != nil {
			t.Fatalf("listing, %d found so far: %v", found, err)
		}
		found = len(list.Executions)
		time.Sleep(20 * time.Millisecond)
	}
	ns, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
	if err != nil {
		t.Fatal(err)
	}
	if got := ns.Config.WorkflowExecutionRetentionTtl.AsDuration(); got != 48*time.Hour {
		t.Errorf("retention is %s after a start that asks for 48h", got)
	}
}

func TestScheduleStartsWorkflows(t *testing.T) {
	t.Parallel()
	c := dial(t, start(t, embedded.Options{}).Address())
	work(t, c)
	ctx := t.Context()
	schedule, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:      "every-second",
		Spec:    client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Second}}},
		Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP,
		Action:  &client.ScheduleWorkflowAction{ID: "scheduled", Workflow: greet, Args: []any{"you"}, TaskQueue: queue},
	})
	if err != nil {
		t.Fatal(err)
	}
	for {
		d, err := schedule.Describe(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Info.RecentActions) > 1 {
			id := d.Info.RecentActions[0].StartWorkflowResult.WorkflowID
			var out string
			if err := c.GetWorkflow(ctx, id, "").Get(ctx, &out); err != nil || out != "hello you" {
				t.Fatalf("the scheduled run gives %q, %v", out, err)
			}
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func TestWebUI(t *testing.T) {
	t.Parallel()
	s := start(t, embedded.Options{})
	resp, err := http.Get(s.UIURL())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || !strings.Contains(string(page), "/_app/") {
		t.Errorf("the Web UI answers %s with %d bytes:\n%.300s", resp.Status, len(page), page)
	}
	// The UI reaches the server behind it.
	resp, err = http.Get(s.UIURL() + "/api/v1/namespaces/default")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK || !strings.Contains(string(body), "NAMESPACE_STATE_REGISTERED") {
		t.Errorf("the Web UI's API answers %s: %s", resp.Status, body)
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	everywhere, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer everywhere.Close()
	wide := everywhere.Addr().(*net.TCPAddr).Port

	tests := map[string]struct {
		o    embedded.Options
		want string
		kind problem.Kind
	}{
		"frontend": {
			embedded.Options{FrontendPort: port, FrontendSetting: "--temporal-port"},
			fmt.Sprintf("port %d on 127.0.0.1, wanted for Temporal, is already in use; stop the program that listens there, or choose another port with --temporal-port", port),
			problem.Environment,
		},
		"web UI": {
			embedded.Options{UIPort: port, UISetting: "--ui-port"},
			fmt.Sprintf("port %d on 127.0.0.1, wanted for Temporal's Web UI, is already in use; stop the program that listens there, or choose another port with --ui-port", port),
			problem.Environment,
		},
		"on all addresses, no setting": {
			embedded.Options{FrontendPort: wide},
			fmt.Sprintf("port %d on 127.0.0.1, wanted for Temporal, is already in use; stop the program that listens there, or choose another port", wide),
			problem.Environment,
		},
		"no port": {
			embedded.Options{UIPort: 70000, UISetting: "--ui-port"},
			"70000 is no TCP port for Temporal's Web UI; choose another port with --ui-port, between 1 and 65535, or 0 for any free one",
			problem.BadInput,
		},
		"one for both": {
			embedded.Options{FrontendPort: 7233, UIPort: 7233},
			"port 7233 is wanted for both Temporal and its Web UI; give each a port of its own",
			problem.BadInput,
		},
		"short retention": {
			embedded.Options{Retention: time.Minute},
			"finished workflows are to be kept for 1m0s; it must be an hour or more",
			problem.BadInput,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.o.DataFile = filepath.Join(t.TempDir(), "new", "temporal.db")
			s, err := embedded.Start(t.Context(), tt.o)
			if err == nil {
				s.Stop()
				t.Fatal("the server started")
			}
			if err.Error() != tt.want {
				t.Errorf("the error is\n%s\nwant\n%s", err, tt.want)
			}
			if kind, _ := problem.KindOf(err); kind != tt.kind {
				t.Errorf("the kind is %q, want %q", kind, tt.kind)
			}
			if _, err := os.Stat(filepath.Dir(tt.o.DataFile)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the data file's folder was touched: %v", err)
			}
		})
	}
}

func TestChosenPorts(t *testing.T) {
	t.Parallel()
	ports, err := embedded.FreePorts(2)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, embedded.Options{FrontendPort: ports[0], UIPort: ports[1]})
	if want := fmt.Sprint("127.0.0.1:", ports[0]); s.Address() != want {
		t.Errorf("the address is %s, want %s", s.Address(), want)
	}
	if want := fmt.Sprint("http://127.0.0.1:", ports[1]); s.UIURL() != want {
		t.Errorf("the Web UI is at %s, want %s", s.UIURL(), want)
	}
	dial(t, s.Address())
	s.Stop()
	for _, port := range ports {
		if err := embedded.CheckPort("a test", port, ""); err != nil {
			t.Errorf("after the stop: %v", err)
		}
	}
}

func TestOneOwnerOfADataFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "temporal.db")
	start(t, embedded.Options{DataFile: file})
	s, err := embedded.Start(t.Context(), embedded.Options{DataFile: file})
	if err == nil {
		s.Stop()
		t.Fatal("a second server started on the same data file")
	}
	want := "Temporal's data file " + file + " is in use by another process; stop that one, or choose another data file"
	if kind, _ := problem.KindOf(err); kind != problem.Environment || err.Error() != want {
		t.Errorf("the error is %q %s\nwant %s", kind, err, want)
	}
}

func TestUnusableDataFile(t *testing.T) {
	t.Parallel()
	database := func(statements string) func(*testing.T, string) {
		return func(t *testing.T, file string) {
			db, err := sql.Open("sqlite", file)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(statements); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := map[string]struct {
		make func(*testing.T, string)
		want string
	}{
		"not SQLite": {
			func(t *testing.T, file string) {
				if err := os.WriteFile(file, []byte(strings.Repeat("tweet_id,text\n", 100)), 0o600); err != nil {
					t.Fatal(err)
				}
			},
			"cannot be used; check that it is an SQLite database and writable, or choose another data file",
		},
		"a folder": {
			func(t *testing.T, file string) {
				if err := os.Mkdir(file, 0o700); err != nil {
					t.Fatal(err)
				}
			},
			"is a folder; name a file in it",
		},
		"somebody else's": {
			database("CREATE TABLE birds (name TEXT)"),
			"is an SQLite database, but not one of this program's; choose another data file",
		},
		"another version": {
			database("CREATE TABLE executions (id INT); PRAGMA user_version = 10001"),
			"has schema version 10001, this program needs",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "temporal.db")
			tt.make(t, file)
			s, err := embedded.Start(t.Context(), embedded.Options{DataFile: file})
			if err == nil {
				s.Stop()
				t.Fatal("the server started")
			}
			if kind, _ := problem.KindOf(err); kind != problem.Environment || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), file) {
				t.Errorf("the error is %q: %s\nwant the file's name and %q", kind, err, tt.want)
			}
			// The refusal gives the file free again.
			if _, err := embedded.Start(t.Context(), embedded.Options{DataFile: file}); strings.Contains(err.Error(), "in use") {
				t.Error(err)
			}
		})
	}
}

func TestQuietLog(t *testing.T) {
	t.Parallel()
	var text logtest.Buffer
	s := start(t, embedded.Options{
		DataFile: filepath.Join(t.TempDir(), "temporal.db"),
		Log:      slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	c := dial(t, s.Address())
	w := work(t, c)
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: queue}, greet, "x")
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	w.Stop()
	c.Close()
	s.Stop()
	if said := text.String(); said != "" {
		t.Errorf("an ordinary life from start to stop logs:\n%s", said)
	}
}
