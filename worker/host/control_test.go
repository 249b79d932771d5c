package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// withModels puts models into a worker's database: ft:m:old, which is the champion
// for it came first, and ft:m:new; and a model of another task.
func withModels(t *testing.T, h *Host) {
	t.Helper()
	for i, id := range []string{"ft:m:old", "ft:m:new"} {
		m := registry.Model{
			ID: id, BaseModel: "m", ProviderURL: "http://here/v1", Created: noon.AddDate(0, 0, i), ValidationAccuracy: 0.93, TestAccuracy: 0.88,
			Threshold: 0.5, AskedPrecision: 0.95, TestCoverage: 0.75, WorkflowID: "finetune-x", RunID: "r" + id,
		}
		if _, err := h.models.Task("").Register(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	m := registry.Model{ID: "ft:m:demo", BaseModel: "m", Created: noon, TestAccuracy: 0.9, TestCoverage: 0.9, RunID: "r"}
	if _, err := h.models.Task("demo").Register(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// step is a command, and what it must say.
type step struct {
	args string
	code int
	says []string
	not  string
}

func (s *site) steps(steps []step) {
	s.t.Helper()
	for _, step := range steps {
		code, stdout, stderr := s.run(strings.Fields(step.args)...)
		if code != step.code {
			s.t.Errorf("%s: exit code %d, want %d\n%s%s", step.args, code, step.code, stdout, stderr)
		}
		for _, want := range step.says {
			if !strings.Contains(stdout+stderr, want) {
				s.t.Errorf("%s does not say %q:\n%s%s", step.args, want, stdout, stderr)
			}
		}
		if step.not != "" && strings.Contains(stdout, step.not) {
			s.t.Errorf("%s says %q:\n%s", step.args, step.not, stdout)
		}
	}
}

const (
	done     = 0
	badInput = 2
)

// Who changes something about models asks a worker, and the audit trail knows it.
func TestModelsChangeHands(t *testing.T) {
	s := newSite(t, pipeline.SearchAttributes...)
	h := s.work(settings(t))
	defer h.Stop()
	s.steps([]step{
		{"models list", done, []string{"no models yet"}, ""},
		{"models list --json", done, []string{`"models": []`, `"tasks": []`}, ""},
		{"corrections list", done, []string{"no corrections yet"}, ""},
	})
	withModels(t, h)
	s.steps([]step{
		{"models promote ft:m:new", badInput, []string{"--why"}, ""},
		{"models promote ft:m:none --why x", badInput, []string{`no fine-tuned model "ft:m:none"`}, ""},
		{"models rollback --why x", badInput, []string{"no earlier champion"}, ""},
		{"models retire ft:m:old --why x", badInput, []string{"is the champion"}, ""},
		{"models promote ft:m:new --why sharper --who anna", done, []string{"champion", "promoted", "by anna", "sharper"}, ""},
		{"models promote champion --why x", done, []string{"nothing changed: ft:m:new is the champion already"}, ""},
		{"models show ft:m:old", done, []string{"gave way to ft:m:new", "by anna", "the first model"}, ""},
		{"models show champion", done, []string{"ft:m:new"}, ""},
		{"models rollback --why blunt --who bert", done, []string{"ft:m:old", "rolled back", "by bert", "blunt"}, ""},
		{"models retire ft:m:new --why leaked", done, []string{"retired", "leaked"}, ""},
		{"models retire ft:m:new --why leaked", done, []string{"nothing changed: ft:m:new is retired already"}, ""},
		{"models promote ft:m:new --why again", badInput, []string{"was retired on"}, ""},
		{"models list --json", done, []string{`"champion": "ft:m:old"`, `"retired": "2`}, ""},
	})
	changes, err := h.models.Task("").Changes(t.Context(), "ft:m:new")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		if !strings.HasPrefix(c.Run, pipeline.ChangeModelActivity+"-") && c.Action != registry.Registered {
			t.Errorf("the audit trail does not say which request it was: %+v", c)
		}
	}
}

// Two tasks do not see each other's models, and a list of both says whose they are.
func TestModelsOfTasks(t *testing.T) {
	s := newSite(t, pipeline.SearchAttributes...)
	h := s.work(settings(t))
	defer h.Stop()
	withModels(t, h)
	s.steps([]step{
		{"models list", done, []string{"TASK", "default  ft:m:new   m     2026-03-03", "default  ft:m:old", "demo     ft:m:demo", "93.0%", "88.0%", "0.500", "75.0%"}, ""},
		{"models list --json", done, []string{`"champion": "ft:m:old"`, `"task": "demo"`}, ""},
		{"models list --task demo", done, []string{"demo  ft:m:demo", "champion"}, "ft:m:old"},
		{"models list --task none", done, []string{"no models yet"}, "ft:"},
		{"models show champion --task demo", done, []string{"ft:m:demo"}, "ft:m:old"},
		{"models show ft:m:demo", badInput, []string{"belongs to the task demo, not to default; add --task demo"}, ""},
		{"models promote ft:m:new --task demo --why x", badInput, []string{"belongs to the task default, not to demo"}, ""},
		{"models promote ft:m:new --why x", done, []string{"champion"}, ""},
		{"models show champion --task demo", done, []string{"ft:m:demo"}, ""},
		{"models rollback --task demo --why x", badInput, []string{"no earlier champion"}, ""},
	})
}

// A list that is longer than one answer is asked for in several.
func TestLongListsOfModels(t *testing.T) {
	s := newSite(t, pipeline.SearchAttributes...)
	h := s.work(settings(t))
	defer h.Stop()
	const models = pipeline.PageSize + 1
	for range models {
		m := registry.Model{ID: "ft:m:" + time.Now().Format("150405.000000000"), BaseModel: "m", Created: time.Now(), RunID: "r"}
		if _, err := h.models.Task("").Register(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	_, stdout, _ := s.run("models", "list", "--json")
	if n := strings.Count(stdout, `"id": "ft:m:`); n != models {
		t.Errorf("%d models are listed, of %d", n, models)
	}
}

// Corrections are checked where the file is, and reach the database with
// pseudonyms; what travels tells nobody who wrote them.
func TestCorrectionsAreImportedThroughTemporal(t *testing.T) {
	s := newSite(t, pipeline.SearchAttributes...)
	cfg := settings(t)
	h := s.work(cfg)
	defer h.Stop()
	files, err := artifact.Open(t.Context(), cfg.Artifacts)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	labels, err := files.WriteJSON(t.Context(), "run/labels.json", []string{"AcmeHelp", "BoltRail"})
	if err != nil {
		t.Fatal(err)
	}
	table := filepath.Join(t.TempDir(), "corrections.csv")
	write := func(lines string) {
		t.Helper()
		if err := os.WriteFile(table, []byte("conversation_id,label,author,note\n"+lines), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("1,AcmeHelp,naomi.jones,call me on 0301234567\n2,Unknown,,\n")
	s.steps([]step{{"corrections import " + table, badInput, []string{"no fine-tuned model yet"}, ""}})
	m := registry.Model{ID: "ft:m:1", BaseModel: "m", Created: noon, TestCoverage: 1, Labels: labels, RunID: "r"}
	if _, err := h.models.Task("").Register(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	s.steps([]step{
		{"corrections import " + table, done, []string{"2 corrections read, 2 new or later"}, ""},
		{"corrections import " + table, done, []string{"2 corrections read, 0 new or later"}, ""},
		{"corrections list", done, []string{"AcmeHelp", "person-", "Unknown"}, "naomi"},
	})
	write("3,Nobody,,\n")
	s.steps([]step{{"corrections import " + table, badInput, []string{"line 2", "the label is no company"}, ""}})
}

// Whoever asks where no worker is hears so.
func TestNoWorkerAnswers(t *testing.T) {
	s := newSite(t, pipeline.SearchAttributes...)
	code, _, stderr := s.run("models", "list")
	if code != 3 || !strings.Contains(stderr, "no worker answered within 10s; start one with") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	state, message := s.diagnosed("control worker")
	if state != "problem" || !strings.Contains(message, "no worker polls the task queue "+pipeline.ControlTaskQueue) {
		t.Errorf("the doctor finds %s: %s", state, message)
	}
	if state, message := s.diagnosed("speech worker"); state != "note" || !strings.Contains(message, "recordings of calls wait") {
		t.Errorf("of recordings the doctor finds %s: %s", state, message)
	}
	if state, _ := s.diagnosed("artifacts"); state != "skipped" {
		t.Errorf("the artifacts are %s where nobody looks at them", state)
	}
}

// What the doctor says of artifacts, database and provider is what the worker has.
func TestDoctorReportsTheWorkersSurroundings(t *testing.T) {
	s := newSite(t, pipeline.SearchAttributes...)
	cfg := settings(t)
	defer s.work(cfg).Stop()
	for name, want := range map[string][2]string{
		"artifacts":    {"ok", filepath.Base(filepath.Dir(cfg.Artifacts))},
		"database":     {"ok", "models of 0 tasks"},
		"provider":     {"problem", cfg.ProviderURL[len("http://"):len("http://127.0.0.1:1")]},
		"surroundings": {"ok", process()},
		// What only calls need is told, and is no problem.
		"speech worker": {"ok", pipeline.SpeechTaskQueue},
		"recognizer":    {"note", "there is none"},
		"kafka":         {"note", "this worker has no Kafka"},
		"dashboard":     {"note", "no dashboard answers; start one with"},
	} {
		if state, message := s.diagnosed(name); state != want[0] || !strings.Contains(message, want[1]) {
			t.Errorf("%s is %s: %s; want %s with %q", name, state, message, want[0], want[1])
		}
	}
}
