package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/problem"
	"switchboard/internal/registry"
)

var (
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	anna = Who{Name: "anna"}
)

// model is number n of some, each an hour younger than the one before.
func model(n int) registry.Model {
	return registry.Model{
		ID: fmt.Sprintf("ft:base:own:sb-%d", n), Task: registry.DefaultTask, BaseModel: "base", ProviderURL: "http://here/v1", JobID: fmt.Sprintf("ftjob-%d", n),
		Created: noon.Add(time.Duration(n) * time.Hour), Threshold: 0.5 + float64(n)/100, AskedPrecision: 0.95,
		Labels:        artifact.Ref{Path: "labels.json", SHA256: "aa", Bytes: 7},
		PromptVersion: "p1", DatasetSHA256: "dd", TestAccuracy: 0.9, TestCoverage: 0.8, ValidationAccuracy: 0.91,
		WorkflowID: fmt.Sprintf("finetune-%d", n), RunID: fmt.Sprintf("run-%d", n), RetiresOn: "2027-01-14",
	}
}

func register(t *testing.T, s *Task, numbers ...int) {
	t.Helper()
	for _, n := range numbers {
		if _, err := s.Register(t.Context(), model(n)); err != nil {
			t.Fatal(err)
		}
	}
}

func champion(t *testing.T, s *Task) string {
	t.Helper()
	m, err := s.Champion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return m.ID
}

func wantInput(t *testing.T, err error, says string) {
	t.Helper()
	if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v, want bad input that says %q", err, says)
	}
}

func TestFirstModelIsTheChampion(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		_, err := s.Champion(t.Context())
		wantInput(t, err, "no fine-tuned model yet")
		for _, n := range []int{1, 2, 1} {
			if champion, err := s.Register(t.Context(), model(n)); err != nil || champion != model(1).ID {
				t.Errorf("registering model %d gave the champion %q, %v", n, champion, err)
			}
		}
		models, err := s.Models(t.Context())
		if err != nil || !reflect.DeepEqual(models, []registry.Model{model(2), model(1)}) {
			t.Errorf("models %+v, %v; want the newest first, each once and whole", models, err)
		}
		changes, err := s.Changes(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		var actions []string
		for _, c := range changes {
			actions = append(actions, string(c.Action)+" "+c.Model+" "+c.Run)
		}
		want := []string{"registered ft:base:own:sb-2 run-2", "promoted ft:base:own:sb-1 run-1", "registered ft:base:own:sb-1 run-1"}
		if !slices.Equal(actions, want) {
			t.Errorf("the audit trail is %q, want %q", actions, want)
		}
	})
}

func TestLaterJudgementOfTheSameModelCounts(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		register(t, s, 1)
		again := model(1)
		again.RunID, again.Threshold = "run-9", 0.77
		if _, err := s.Register(t.Context(), again); err != nil {
			t.Fatal(err)
		}
		if m, err := s.Model(t.Context(), again.ID); err != nil || m.Threshold != 0.77 {
			t.Errorf("the threshold is %v, %v", m.Threshold, err)
		}
	})
}

// A fine-tuning that is repeated finds the provider's finished job: the model is as
// old as it was, and stays where it was in the list.
func TestRepeatedFineTuningLeavesDateAndPlace(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		register(t, s, 1, 2)
		again := model(1)
		again.RunID, again.Created = "run-9", noon.Add(99*time.Hour)
		for range 2 {
			if _, err := s.Register(t.Context(), again); err != nil {
				t.Fatal(err)
			}
		}
		models, err := s.Models(t.Context())
		if err != nil || len(models) != 2 || models[1].ID != model(1).ID || !models[1].Created.Equal(model(1).Created) {
			t.Fatalf("the models are %+v, %v", models, err)
		}
		if !models[1].LastJudged().Equal(again.Created) || !models[0].LastJudged().Equal(model(2).Created) {
			t.Errorf("they were last judged on %v and %v", models[1].LastJudged(), models[0].LastJudged())
		}
	})
}

func TestPromoteAndRollBack(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		register(t, s, 1, 2, 3)
		promote := func(n int, expected string) error {
			return s.Promote(t.Context(), model(n).ID, expected, anna, "better")
		}
		if err := promote(2, model(1).ID); err != nil || champion(t, s) != model(2).ID {
			t.Fatalf("promoting the second: %v, champion %s", err, champion(t, s))
		}
		if err := promote(2, model(1).ID); err != nil {
			t.Errorf("promoting the champion again: %v", err)
		}
		if err := promote(3, model(1).ID); !errors.Is(err, ErrChampionChanged) || champion(t, s) != model(2).ID {
			t.Errorf("a model that was compared with an old champion: %v, champion %s", err, champion(t, s))
		}
		if err := promote(3, ""); err != nil || champion(t, s) != model(3).ID {
			t.Errorf("promoting whoever is champion: %v", err)
		}
		wantInput(t, promote(9, ""), `no fine-tuned model "ft:base:own:sb-9"`)
		for _, want := range []int{2, 1} {
			if id, err := s.Rollback(t.Context(), anna, "it was worse"); err != nil || id != model(want).ID || champion(t, s) != id {
				t.Errorf("rolled back to %s, %v; want model %d", id, err, want)
			}
		}
		_, err := s.Rollback(t.Context(), anna, "further")
		wantInput(t, err, "no earlier champion")
		changes, err := s.Changes(t.Context(), model(3).ID)
		if err != nil || len(changes) != 3 || changes[0].Action != registry.RolledBack || changes[0].Previous != model(3).ID ||
			changes[1].Action != registry.Promoted || changes[1].Who != "anna" || changes[1].Why != "better" || changes[1].Previous != model(2).ID {
			t.Errorf("what happened to the third model is %+v, %v", changes, err)
		}
	})
}

// An attempt may be lost after its change was made: the next one of the same
// request finds it.
func TestARequestChangesOnce(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		register(t, s, 1, 2, 3)
		request := func(run string) Who { return Who{Name: "anna", Run: run} }
		for i, n := range []int{2, 3, 2} {
			if err := s.Promote(t.Context(), model(n).ID, "", request("promote-"+strconv.Itoa(i)), "better"); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Promote(t.Context(), model(3).ID, "", request("promote-1"), "better"); err != nil || champion(t, s) != model(2).ID {
			t.Errorf("an attempt that came late: %v, champion %s", err, champion(t, s))
		}
		for range 2 {
			if id, err := s.Rollback(t.Context(), request("rollback-1"), "worse"); err != nil || id != model(3).ID || champion(t, s) != id {
				t.Errorf("rolled back to %s, %v, champion %s", id, err, champion(t, s))
			}
		}
		if id, err := s.Rollback(t.Context(), request("rollback-2"), "worse"); err != nil || id != model(2).ID {
			t.Errorf("another request rolled back to %s, %v", id, err)
		}
	})
}

func TestRetire(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		register(t, s, 1, 2)
		wantInput(t, s.Retire(t.Context(), model(1).ID, anna, "old"), "is the champion")
		wantInput(t, s.Retire(t.Context(), "ft:nobody", anna, "old"), "no fine-tuned model")
		if err := s.Challenge(t.Context(), model(2).ID, anna, "try"); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := s.Retire(t.Context(), model(2).ID, anna, "old"); err != nil {
				t.Fatal(err)
			}
		}
		if m, err := s.Model(t.Context(), model(2).ID); err != nil || m.Retired.IsZero() {
			t.Errorf("the retired model is %+v, %v", m, err)
		}
		if _, challenger, err := s.Aliases(t.Context()); err != nil || challenger != "" {
			t.Errorf("the challenger is %q, %v", challenger, err)
		}
		wantInput(t, s.Promote(t.Context(), model(2).ID, "", anna, "back"), "was retired on")
		if changes, err := s.Changes(t.Context(), model(2).ID); err != nil || len(changes) != 3 {
			t.Errorf("the audit trail is %+v, %v", changes, err)
		}
		back := model(2)
		back.RunID = "run-7" // trained again
		if _, err := s.Register(t.Context(), back); err != nil {
			t.Fatal(err)
		}
		if err := s.Promote(t.Context(), model(2).ID, "", anna, "back"); err != nil {
			t.Error(err)
		}
	})
}

func TestChallengerBecomesChampion(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		register(t, s, 1, 2, 3)
		for range 2 {
			if err := s.Challenge(t.Context(), model(2).ID, Who{"retrain", "run"}, "trained"); err != nil {
				t.Fatal(err)
			}
		}
		if c, challenger, err := s.Aliases(t.Context()); err != nil || c != model(1).ID || challenger != model(2).ID {
			t.Errorf("champion %s, challenger %s, %v", c, challenger, err)
		}
		if err := s.Promote(t.Context(), model(2).ID, model(1).ID, Who{"retrain", "run"}, "better"); err != nil {
			t.Fatal(err)
		}
		if err := s.Challenge(t.Context(), model(2).ID, anna, "against itself"); err != nil {
			t.Fatal(err)
		}
		if c, challenger, err := s.Aliases(t.Context()); err != nil || c != model(2).ID || challenger != "" {
			t.Errorf("champion %s, challenger %s, %v", c, challenger, err)
		}
	})
}

// Many at once, each through a connection of its own: one of them wins.
func TestOneOfManyPromotionsWins(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		register(t, s, 1, 2, 3, 4, 5, 6)
		errs := make([]error, 7)
		var group sync.WaitGroup
		for n := 2; n <= 6; n++ {
			group.Go(func() {
				own, err := Open(t.Context(), location)
				if err != nil {
					errs[n] = err
					return
				}
				defer own.Close()
				errs[n] = own.Task("").Promote(t.Context(), model(n).ID, model(1).ID, anna, "better")
			})
		}
		group.Wait()
		won := 0
		for n := 2; n <= 6; n++ {
			switch {
			case errs[n] == nil:
				won++
				if champion(t, s) != model(n).ID {
					t.Errorf("model %d was promoted, and %s is the champion", n, champion(t, s))
				}
			case !errors.Is(errs[n], ErrChampionChanged):
				t.Error(errs[n])
			}
		}
		if won != 1 {
			t.Errorf("%d promotions over the same champion succeeded", won)
		}
	})
}

func TestCorrectionsOfWhichTheLatestWins(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		correction := func(id int64, label string, hour int) registry.Correction {
			return registry.Correction{ConversationID: id, Label: label, Author: "a1", At: noon.Add(time.Duration(hour) * time.Hour)}
		}
		imports := []registry.Correction{correction(7, "Acme", 2), correction(5, "Bolt", 1), correction(7, "Bolt", 1), correction(7, "Cora", 3)}
		if n, err := s.ImportCorrections(t.Context(), imports); err != nil || n != 3 {
			t.Errorf("%d changed, %v; want three: the older one for a conversation does not count", n, err)
		}
		if n, err := s.ImportCorrections(t.Context(), imports); err != nil || n != 0 {
			t.Errorf("the second time %d changed, %v", n, err)
		}
		// A file without times is read at another hour each time.
		if n, err := s.ImportCorrections(t.Context(), []registry.Correction{correction(7, "Cora", 4), correction(5, "Acme", 4), correction(5, "Bolt", 4)}); err != nil || n != 2 {
			t.Errorf("%d changed, %v; want two: the third says what is known, and of one time the later line counts", n, err)
		}
		if n, err := s.ImportCorrections(t.Context(), []registry.Correction{correction(7, "Acme", 3)}); err != nil || n != 0 {
			t.Errorf("%d changed, %v: what was said again since is later", n, err)
		}
		got, err := s.Corrections(t.Context())
		for i := range got {
			if time.Since(got[i].Imported) > time.Minute {
				t.Errorf("correction %d was imported at %v", i, got[i].Imported)
			}
			got[i].Imported = time.Time{}
		}
		if want := []registry.Correction{correction(5, "Bolt", 4), correction(7, "Cora", 4)}; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("corrections %+v, %v; want %+v", got, err, want)
		}
	})
}

func TestPseudonyms(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		of := func(s *Task, name string) string {
			p, err := s.Pseudonym(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		anna := of(s, "anna")
		if again := of(open(t, location), "anna"); again != anna || of(s, "bert") == anna || of(s, "") != "" || strings.Contains(anna, "anna") {
			t.Errorf("anna is %s, then %s", anna, again)
		}
		if other := open(t, t.TempDir()+"/other.db"); of(other, "anna") == anna {
			t.Error("anna is the same in another database")
		}
	})
}

func TestRetrainings(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		record := func(run string, hour int, d registry.Decision) registry.Retraining {
			r := registry.Retraining{Run: run, At: noon.Add(time.Duration(hour) * time.Hour), Decision: d, Reason: "because"}
			if err := s.RecordRetraining(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			return r
		}
		a := record("a", 1, registry.Skip)
		record("b", 2, registry.Keep)
		b := record("b", 3, registry.Promote)
		if got, err := s.Retrainings(t.Context(), 10); err != nil || !reflect.DeepEqual(got, []registry.Retraining{b, a}) {
			t.Errorf("retrainings %+v, %v", got, err)
		}
		if got, err := s.Retrainings(t.Context(), 1); err != nil || len(got) != 1 || got[0].Run != "b" {
			t.Errorf("the latest is %+v, %v", got, err)
		}
	})
}

func TestApplications(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		record := func(run string, hour int, model string, sure int64) registry.Application {
			a := registry.Application{Run: run, At: noon.Add(time.Duration(hour) * time.Hour), Model: model, Confidences: map[int]int64{3: 1, 9: sure}}
			if err := s.RecordApplication(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			return a
		}
		a := record("a", 1, "m", 10)
		record("b", 2, "m", 20)
		record("c", 3, "another", 30)
		b := record("b", 2, "m", 25)
		if got, err := s.Applications(t.Context(), "m", 10); err != nil || !reflect.DeepEqual(got, []registry.Application{b, a}) {
			t.Errorf("applications %+v, %v", got, err)
		}
		if got, err := s.Applications(t.Context(), "m", 1); err != nil || len(got) != 1 || got[0].Run != "b" {
			t.Errorf("the latest is %+v, %v", got, err)
		}
		if got, err := s.Applications(t.Context(), "unknown", 1); err != nil || len(got) != 0 {
			t.Errorf("an unknown model has %+v, %v", got, err)
		}
		for run, before := range map[string]string{"a": "", "b": "a", "c": "b", "never seen": ""} {
			got, found, err := s.ApplicationBefore(t.Context(), run)
			if err != nil || found != (before != "") || got.Run != before {
				t.Errorf("before %s was %+v, %v, %v; want %q", run, got, found, err, before)
			}
		}
		if got, found, err := s.Store.Task("another").ApplicationBefore(t.Context(), "c"); err != nil || found {
			t.Errorf("another task's application was found: %+v, %v", got, err)
		}
	})
}

// A process that is killed while it promotes, again and again, leaves one
// champion and a trail that tells of it.
func TestKilledWhilePromotingLeavesOneChampion(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		register(t, s, 1, 2)
		for i := range 12 {
			child := exec.CommandContext(t.Context(), os.Args[0])
			child.Env = append(os.Environ(), promoteForEver+"="+location)
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			for before := len(trail(t, s)); len(trail(t, s)) == before; { // until it is at it
				runtime.Gosched()
			}
			time.Sleep(time.Duration(17*i) * time.Millisecond)
			_ = child.Process.Kill()
			_ = child.Wait()
			// PostgreSQL's server may still be at what the killed process
			// asked of it last: a lock that is ours ends after that.
			if err := s.change(t.Context(), func(*tx) error { return nil }); err != nil {
				t.Fatal(err)
			}
			changes := trail(t, s)
			latest := slices.IndexFunc(changes, func(c registry.Change) bool { return c.Action == registry.Promoted })
			if now := champion(t, s); now != changes[latest].Model {
				t.Fatalf("after kill %d the champion is %s, and the trail says %s", i, now, changes[latest].Model)
			}
		}
	})
}

// trail is all that was changed, the latest first.
func trail(t *testing.T, s *Task) []registry.Change {
	t.Helper()
	changes, err := s.Changes(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// promoteForEver is the variable that makes the test's program promote models
// of a database, and nothing else.
const promoteForEver = "PROMOTE_FOR_EVER"

func promote(location string) {
	db, err := Open(context.Background(), location)
	if err != nil {
		panic(err)
	}
	s := db.Task("")
	for n := 0; ; n++ {
		if err := s.Promote(context.Background(), model(1+n%2).ID, "", anna, "again"); err != nil {
			panic(err)
		}
	}
}
