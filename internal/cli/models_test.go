package cli

import (
	"strings"
	"testing"

	"switchboard/internal/registry"
	"switchboard/internal/store"
)

// withModels puts models into the harness's database: ft:m:old, which is the
// champion for it came first, and ft:m:new.
func (h *harness) withModels() {
	h.t.Helper()
	s := h.database()
	defer s.Close()
	for i, id := range []string{"ft:m:old", "ft:m:new"} {
		m := registry.Model{
			ID: id, BaseModel: "m", ProviderURL: "http://here/v1", Created: noon.AddDate(0, 0, i), ValidationAccuracy: 0.93, TestAccuracy: 0.88,
			Threshold: 0.5, AskedPrecision: 0.95, TestCoverage: 0.75, WorkflowID: "finetune-x", RunID: "r" + id,
		}
		if _, err := s.Task("").Register(h.t.Context(), m); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *harness) database() *store.Store {
	h.t.Helper()
	a := &app{environ: h.environ}
	location, err := store.Location("", a.artifactsRoot())
	if err != nil {
		h.t.Fatal(err)
	}
	s, err := store.Open(h.t.Context(), location)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// Two tasks do not see each other's models, and a list of both says whose they are.
func TestModelsOfTasks(t *testing.T) {
	h := newHarness(t)
	h.withModels()
	s := h.database()
	m := registry.Model{ID: "ft:m:demo", BaseModel: "m", Created: noon, TestAccuracy: 0.9, TestCoverage: 0.9, RunID: "r"}
	if _, err := s.Task("demo").Register(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args string
		code int
		says []string
		not  string
	}{
		{"models list", exitDone, []string{"TASK", "default  ft:m:new", "default  ft:m:old", "demo     ft:m:demo"}, ""},
		{"models list --json", exitDone, []string{`"champion": "ft:m:old"`, `"task": "demo"`}, ""},
		{"models list --task demo", exitDone, []string{"demo  ft:m:demo", "champion"}, "ft:m:old"},
		{"models list --task none", exitDone, []string{"no models yet"}, "ft:"},
		{"models show champion --task demo", exitDone, []string{"ft:m:demo"}, "ft:m:old"},
		{"models show ft:m:demo", exitBadInput, []string{"belongs to the task demo, not to default; add --task demo"}, ""},
		{"models promote ft:m:new --task demo --why x", exitBadInput, []string{"belongs to the task default, not to demo"}, ""},
		{"models promote ft:m:new --why x", exitDone, []string{"champion"}, ""},
		{"models show champion --task demo", exitDone, []string{"ft:m:demo"}, ""},
		{"models rollback --task demo --why x", exitBadInput, []string{"no earlier champion"}, ""},
		{"models list --task Demo", exitBadInput, []string{`the task is "Demo"`, "lower-case"}, ""},
		{"corrections list --task no_task", exitBadInput, []string{`the task is "no_task"`}, ""},
		{"schedule pause --task -x", exitBadInput, []string{`the task is "-x"`}, ""},
	} {
		r := h.run(strings.Fields(step.args)...)
		if r.code != step.code {
			t.Errorf("%s: exit code %d, want %d\n%s%s", step.args, r.code, step.code, r.stdout, r.stderr)
		}
		for _, want := range step.says {
			if !strings.Contains(r.stdout+r.stderr, want) {
				t.Errorf("%s does not say %q:\n%s%s", step.args, want, r.stdout, r.stderr)
			}
		}
		if step.not != "" && strings.Contains(r.stdout, step.not) {
			t.Errorf("%s says %q:\n%s", step.args, step.not, r.stdout)
		}
	}
	h.environ = append(h.environ, "SWITCHBOARD_TASK=demo")
	if r := h.run("models", "show", "champion"); r.code != exitDone || !strings.Contains(r.stdout, "ft:m:demo") {
		t.Errorf("with the task in the environment: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

func TestModelsList(t *testing.T) {
	h := newHarness(t)
	if r := h.run("models", "list"); r.code != exitDone || !strings.Contains(r.stdout, "no models yet") {
		t.Errorf("without models: exit code %d, %q", r.code, r.stdout)
	}
	if r := h.run("models", "list", "--json"); !strings.Contains(r.stdout, `"models": []`) {
		t.Errorf("without models the JSON is %s", r.stdout)
	}
	h.withModels()
	r := h.run("models", "list")
	lines := strings.Split(r.stdout, "\n")
	if r.code != exitDone || len(lines) < 3 || !strings.HasPrefix(lines[1], "ft:m:new") || !strings.HasPrefix(lines[2], "ft:m:old") {
		t.Fatalf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	for _, want := range []string{"93.0%", "88.0%", "0.500", "75.0%"} {
		if !strings.Contains(lines[1], want) {
			t.Errorf("%q lacks %s", lines[1], want)
		}
	}
	if !strings.HasSuffix(lines[2], "champion") || strings.Contains(lines[1], "champion") {
		t.Errorf("the list does not say that the first one is the champion:\n%s", r.stdout)
	}
}

func TestModelsChangeHands(t *testing.T) {
	h := newHarness(t)
	h.withModels()
	for _, step := range []struct {
		args string
		code int
		says []string
	}{
		{"models promote ft:m:new", exitBadInput, []string{"--why"}},
		{"models promote ft:m:none --why x", exitBadInput, []string{`no fine-tuned model "ft:m:none"`}},
		{"models rollback --why x", exitBadInput, []string{"no earlier champion"}},
		{"models retire ft:m:old --why x", exitBadInput, []string{"is the champion"}},
		{"models promote ft:m:new --why sharper --who anna", exitDone, []string{"champion", "promoted", "by anna", "sharper"}},
		{"models show ft:m:old", exitDone, []string{"gave way to ft:m:new", "by anna", "the first model"}},
		{"models show champion", exitDone, []string{"ft:m:new"}},
		{"models rollback --why blunt --who bert", exitDone, []string{"ft:m:old", "rolled back", "by bert", "blunt"}},
		{"models retire ft:m:new --why leaked", exitDone, []string{"retired", "leaked"}},
		{"models promote ft:m:new --why again", exitBadInput, []string{"was retired on"}},
		{"models list --json", exitDone, []string{`"champion": "ft:m:old"`, `"retired": "2`}},
	} {
		r := h.run(strings.Fields(step.args)...)
		if r.code != step.code {
			t.Errorf("%s: exit code %d, want %d\n%s%s", step.args, r.code, step.code, r.stdout, r.stderr)
		}
		for _, want := range step.says {
			if !strings.Contains(r.stdout+r.stderr, want) {
				t.Errorf("%s does not say %q:\n%s%s", step.args, want, r.stdout, r.stderr)
			}
		}
	}
}
