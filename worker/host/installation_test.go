package host

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"

	"switchboard/internal/cli"
	"switchboard/internal/config"
	"switchboard/internal/embedded"
	"switchboard/internal/pipeline"
	"switchboard/internal/temporal"
)

// site is a Temporal server with workers, as a user has them.
type site struct {
	t *testing.T
	// environ are the settings of Temporal.
	environ []string
	client  *temporal.Client
}

// newSite starts a server whose namespace knows these search attributes.
func newSite(t *testing.T, attributes ...string) *site {
	t.Helper()
	server, err := embedded.Start(t.Context(), embedded.Options{SearchAttributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	s := &site{t: t, environ: []string{"TEMPORAL_ADDRESS=" + server.Address(), "TEMPORAL_CONFIG_FILE=" + filepath.Join(t.TempDir(), "none.toml")}}
	s.client = s.dial()
	return s
}

// dial connects as every program of the site does.
func (s *site) dial() *temporal.Client {
	s.t.Helper()
	options, err := temporal.Load(s.environ, "")
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := temporal.Dial(s.t.Context(), options)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Close)
	return c
}

// settings are those of a worker whose provider nobody answers for.
func settings(t *testing.T) config.Config {
	return config.Config{
		Artifacts: filepath.Join(t.TempDir(), "artifacts"), ProviderURL: "http://127.0.0.1:1/v1", BaseModel: "base",
		MaxConcurrent: 1, RequestTimeout: time.Second,
	}
}

// work starts a worker, and returns once the server has heard of it on every task
// queue: a worker that was started asks for work a moment later.
func (s *site) work(cfg config.Config) *Host {
	s.t.Helper()
	began := time.Now()
	h, err := Start(s.t.Context(), s.client, Options{Config: cfg})
	if err != nil {
		s.t.Fatal(err)
	}
	s.heard(began, pipeline.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	for _, queue := range []string{pipeline.TaskQueue, pipeline.ProviderTaskQueue, pipeline.ControlTaskQueue} {
		s.heard(began, queue, enumspb.TASK_QUEUE_TYPE_ACTIVITY)
	}
	return h
}

// heard waits until a worker has asked for work since a time.
func (s *site) heard(since time.Time, queue string, kind enumspb.TaskQueueType) {
	s.t.Helper()
	for {
		answer, err := s.client.DescribeTaskQueue(s.t.Context(), queue, kind)
		if err != nil {
			s.t.Fatal(err)
		}
		if slices.ContainsFunc(answer.GetPollers(), func(p *taskqueuepb.PollerInfo) bool { return !p.GetLastAccessTime().AsTime().Before(since) }) {
			return
		}
	}
}

// run carries out a command of the starter.
func (s *site) run(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	environ := append(slices.Clone(s.environ), config.Artifacts+"="+s.t.TempDir(), config.ProviderURL+"=http://127.0.0.1:1/v1")
	code = cli.Run(s.t.Context(), args, environ, &out, &errs)
	return code, out.String(), errs.String()
}

// diagnosed is what the doctor says to one of its checks.
func (s *site) diagnosed(name string) (state, message string) {
	_, stdout, _ := s.run("doctor", "--json")
	var found struct {
		Checks []struct{ Name, State, Message string } `json:"checks"`
	}
	if err := json.Unmarshal([]byte(stdout), &found); err != nil {
		s.t.Fatal(err)
	}
	for _, c := range found.Checks {
		if c.Name == name {
			return c.State, c.Message
		}
	}
	s.t.Fatalf("the doctor has no check %q", name)
	return "", ""
}

// commands start runs of every kind, on files that are not there: a run that is
// not refused before is refused for that.
func commands(t *testing.T) map[string][]string {
	event := filepath.Join(t.TempDir(), "call.json")
	if err := os.WriteFile(event, []byte(`{"call_id": "c-1", "turns": [{"text": "where is my parcel"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string][]string{
		"finetune": {"finetune", "--dataset", "/absent/tweets.csv"},
		"apply":    {"apply", "--dataset", "/absent/tweets.csv", "--model", "m"},
		"retrain":  {"retrain", "--dataset", "/absent/tweets.csv"},
		"call":     {"call", event, "--model", "m"},
	}
}

// Whoever starts a run where the namespace lacks search attributes hears what the
// doctor says, and no worker's task fails over it.
func TestMissingSearchAttributesRefuseARun(t *testing.T) {
	for name, known := range map[string][]string{
		"all are missing":    nil,
		"one is missing":     pipeline.SearchAttributes[1:],
		"another is missing": pipeline.SearchAttributes[:len(pipeline.SearchAttributes)-1],
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, known...)
			defer s.work(settings(t)).Stop()
			state, sentence := s.diagnosed("attributes")
			if state != "problem" || !strings.Contains(sentence, "search-attribute create") {
				t.Fatalf("the doctor finds %s: %s", state, sentence)
			}
			for command, args := range commands(t) {
				code, _, stderr := s.run(append(args, "--watch")...)
				if code != 3 || stderr != "error: "+sentence+"\n" {
					t.Errorf("%s: exit code %d, %q, want 3 and %q", command, code, stderr, sentence)
				}
			}
		})
	}
}

// Two workers that would treat the parts of one run in different ways refuse it,
// and stand in nobody's way when one of them has stopped.
func TestWorkersWithOtherSettingsRefuseARun(t *testing.T) {
	s := newSite(t, pipeline.SearchAttributes...)
	file := func(content string) string {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	common := settings(t)
	common.DatabaseURL = filepath.Join(t.TempDir(), "one.db")
	defer s.work(common).Stop()
	for name, c := range map[string]struct {
		change func(*config.Config)
		names  string
	}{
		"artifacts":     {func(o *config.Config) { o.Artifacts = t.TempDir() }, config.Artifacts},
		"memory":        {func(o *config.Config) { o.Artifacts = "mem://" }, config.Artifacts},
		"database":      {func(o *config.Config) { o.DatabaseURL = filepath.Join(t.TempDir(), "two.db") }, config.DatabaseURL},
		"provider":      {func(o *config.Config) { o.ProviderURL = "http://127.0.0.1:2/v1" }, config.ProviderURL},
		"base model":    {func(o *config.Config) { o.BaseModel = "other" }, config.BaseModel},
		"prices":        {func(o *config.Config) { o.Prices = file(`[]`) }, config.Prices},
		"names to find": {func(o *config.Config) { o.DenyNames = file("becky\n") }, config.DenyNames},
		"model":         {func(o *config.Config) { o.NERModel = model }, config.NERModel},
	} {
		t.Run(name, func(t *testing.T) {
			other := common
			c.change(&other)
			second := s.work(other)
			code, _, stderr := s.run("finetune", "--dataset", "/absent/tweets.csv")
			state, sentence := s.diagnosed("workers' settings")
			second.Stop()
			if code != 3 || !strings.Contains(stderr, "have different settings") || !strings.Contains(stderr, c.names) {
				t.Errorf("exit code %d, %q, want one that names %s", code, stderr, c.names)
			}
			if state != "problem" || stderr != "error: "+sentence+"\n" {
				t.Errorf("the doctor finds %s: %q, and the run %q", state, sentence, stderr)
			}
			if code, _, stderr = s.run("finetune", "--dataset", "/absent/tweets.csv"); code != 2 || !strings.Contains(stderr, "there is no file") {
				t.Errorf("after the other worker stopped: exit code %d, %q", code, stderr)
			}
		})
	}
}

// One store has many addresses, and workers of one machine share its folder.
func TestWorkersWithTheSameSettingsGoTogether(t *testing.T) {
	s := newSite(t, pipeline.SearchAttributes...)
	common := settings(t)
	defer s.work(common).Stop()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(common.Artifacts, link); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*config.Config){
		"the same":              func(*config.Config) {},
		"a link to the folder":  func(o *config.Config) { o.Artifacts = link },
		"the folder as a URL":   func(o *config.Config) { o.Artifacts = "file://" + common.Artifacts },
		"more requests at once": func(o *config.Config) { o.MaxConcurrent, o.RequestTimeout = 9, time.Minute },
		"another key":           func(o *config.Config) { o.ProviderKey = "sk-other" },
	} {
		t.Run(name, func(t *testing.T) {
			other := common
			change(&other)
			defer s.work(other).Stop()
			code, _, stderr := s.run("finetune", "--dataset", "/absent/tweets.csv")
			if state, sentence := s.diagnosed("workers' settings"); code != 2 || state != "ok" {
				t.Errorf("exit code %d, %q; the doctor finds %s: %s", code, stderr, state, sentence)
			}
		})
	}
}
