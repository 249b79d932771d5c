package database

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/internal/registry"
)

// inTask is a model as the task that it belongs to shows it.
func inTask(m registry.Model, task string) registry.Model {
	m.Task = task
	return m
}

func TestEachTaskHasItsChampion(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		demo := s.Task("demo")
		register(t, demo, 1, 2)
		_, err := s.Champion(t.Context())
		wantInput(t, err, "no fine-tuned model of the task default yet")
		wantInput(t, err, "models of demo")
		register(t, s, 3, 4)
		if champion(t, demo) != model(1).ID || champion(t, s) != model(3).ID {
			t.Fatalf("the champions are %s and %s", champion(t, demo), champion(t, s))
		}
		if err := demo.Promote(t.Context(), model(2).ID, model(1).ID, anna, "better"); err != nil {
			t.Fatal(err)
		}
		if err := s.Challenge(t.Context(), model(4).ID, anna, "try"); err != nil {
			t.Fatal(err)
		}
		if c, challenger, err := demo.Aliases(t.Context()); err != nil || c != model(2).ID || challenger != "" {
			t.Errorf("the demo has %s and %s, %v", c, challenger, err)
		}
		if c, challenger, err := s.Aliases(t.Context()); err != nil || c != model(3).ID || challenger != model(4).ID {
			t.Errorf("the default has %s and %s, %v", c, challenger, err)
		}
		_, err = s.Rollback(t.Context(), anna, "there is none before it")
		wantInput(t, err, "no earlier champion")
		if id, err := demo.Rollback(t.Context(), anna, "worse"); err != nil || id != model(1).ID || champion(t, s) != model(3).ID {
			t.Errorf("rolled back to %s, %v", id, err)
		}
		if err := demo.Retire(t.Context(), model(2).ID, anna, "old"); err != nil {
			t.Fatal(err)
		}
		models, err := s.Models(t.Context())
		if want := []registry.Model{model(4), model(3)}; err != nil || !reflect.DeepEqual(models, want) {
			t.Errorf("the default has %+v, %v", models, err)
		}
		if names, err := s.Tasks(t.Context()); err != nil || !slices.Equal(names, []string{"default", "demo"}) {
			t.Errorf("the tasks are %q, %v", names, err)
		}
		if changes, err := s.Changes(t.Context(), ""); err != nil || len(changes) != 4 {
			t.Errorf("the default's audit trail is %+v, %v", changes, err)
		}
	})
}

func TestModelOfAnotherTaskIsRefused(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		demo := s.Task("demo")
		register(t, demo, 1)
		register(t, s, 2)
		_, asked := s.Model(t.Context(), model(1).ID)
		for name, err := range map[string]error{
			"asked":      asked,
			"promoted":   s.Promote(t.Context(), model(1).ID, "", anna, "why"),
			"challenged": s.Challenge(t.Context(), model(1).ID, anna, "why"),
			"retired":    s.Retire(t.Context(), model(1).ID, anna, "why"),
		} {
			t.Run(name, func(t *testing.T) { wantInput(t, err, "belongs to the task demo, not to default; add --task demo") })
		}
		if champion(t, demo) != model(1).ID || champion(t, s) != model(2).ID {
			t.Errorf("the champions are %s and %s", champion(t, demo), champion(t, s))
		}
	})
}

// A provider gives the same model for the same data, whichever task asks.
func TestOneModelInTwoTasks(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		demo := s.Task("demo")
		register(t, s, 1, 2)
		register(t, demo, 1)
		if err := demo.Promote(t.Context(), model(1).ID, "", anna, "why"); err != nil {
			t.Fatal(err)
		}
		if err := s.Promote(t.Context(), model(2).ID, model(1).ID, anna, "better"); err != nil {
			t.Fatal(err)
		}
		if err := s.Retire(t.Context(), model(1).ID, anna, "old"); err != nil {
			t.Fatal(err)
		}
		here, err := s.Model(t.Context(), model(1).ID)
		if err != nil || here.Retired.IsZero() {
			t.Errorf("in its first task it is %+v, %v", here, err)
		}
		there, err := demo.Model(t.Context(), model(1).ID)
		if err != nil || !reflect.DeepEqual(there, inTask(model(1), "demo")) || champion(t, demo) != model(1).ID {
			t.Errorf("in the other it is %+v, %v", there, err)
		}
	})
}

// Many tasks' first models at once, each through a connection of its own.
func TestTasksRegisterAtOnce(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		names := []string{"airlines", "banks", "default", "shops"}
		var group sync.WaitGroup
		for i, name := range names {
			for n := 1; n <= 3; n++ {
				group.Go(func() {
					own, err := Open(t.Context(), location)
					if err != nil {
						t.Error(err)
						return
					}
					defer own.Close()
					if _, err := own.Task(name).Register(t.Context(), model(10*i+n)); err != nil {
						t.Error(err)
					}
				})
			}
		}
		group.Wait()
		for i, name := range names {
			models, err := s.Task(name).Models(t.Context())
			if err != nil || len(models) != 3 || models[2].ID != model(10*i+1).ID {
				t.Errorf("%s has %+v, %v", name, models, err)
			}
			c := champion(t, s.Task(name))
			if !slices.ContainsFunc(models, func(m registry.Model) bool { return m.ID == c }) {
				t.Errorf("the champion of %s is %s", name, c)
			}
		}
	})
}

func TestCorrectionsBelongToTasks(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		for task, label := range map[string]string{"": "Acme", "demo": "Bolt"} {
			n, err := s.Task(task).ImportCorrections(t.Context(), []registry.Correction{{ConversationID: 7, Label: label, Author: "a1", At: noon}})
			if err != nil || n != 1 {
				t.Errorf("task %q: %d changed, %v", task, n, err)
			}
		}
		for task, label := range map[string]string{"default": "Acme", "demo": "Bolt"} {
			if got, err := s.Task(task).Corrections(t.Context()); err != nil || len(got) != 1 || got[0].Label != label {
				t.Errorf("task %q has %+v, %v", task, got, err)
			}
		}
		if got, err := s.Task("other").Corrections(t.Context()); err != nil || len(got) != 0 {
			t.Errorf("another has %+v, %v", got, err)
		}
	})
}

// Drift is measured by a task's own applications, also where two tasks have the
// same model.
func TestRunsBelongToTasks(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		for _, task := range []*Task{s, s.Task("demo")} {
			if err := task.RecordApplication(t.Context(), registry.Application{Run: task.Name(), At: noon, Model: "m", Confidences: map[int]int64{9: 1}}); err != nil {
				t.Fatal(err)
			}
			if err := task.RecordRetraining(t.Context(), registry.Retraining{Run: task.Name(), At: noon, Decision: registry.Skip}); err != nil {
				t.Fatal(err)
			}
		}
		for _, task := range []*Task{s, s.Task("demo")} {
			if got, err := task.Applications(t.Context(), "m", 9); err != nil || len(got) != 1 || got[0].Run != task.Name() {
				t.Errorf("%s has the applications %+v, %v", task.Name(), got, err)
			}
			if got, err := task.Retrainings(t.Context(), 9); err != nil || len(got) != 1 || got[0].Run != task.Name() {
				t.Errorf("%s has the retrainings %+v, %v", task.Name(), got, err)
			}
		}
	})
}

func TestUnfitModelIsNoChampion(t *testing.T) {
	answersNothing, asTheCommonest, unsaid := model(1), model(2), model(3)
	answersNothing.TestCoverage = 0
	asTheCommonest.MajorityAccuracy = asTheCommonest.TestAccuracy
	fit := model(4)
	fit.MajorityAccuracy = fit.TestAccuracy - 0.01
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		for _, m := range []registry.Model{answersNothing, asTheCommonest} {
			if c, err := s.Register(t.Context(), m); err != nil || c != "" {
				t.Errorf("%s: the champion is %q, %v", m.Unfit(), c, err)
			}
		}
		_, err := s.Champion(t.Context())
		wantInput(t, err, "no model of the task default is its champion")
		if c, err := s.Register(t.Context(), fit); err != nil || c != fit.ID {
			t.Errorf("the champion is %q, %v; want the first fit one", c, err)
		}
		byHand := s.Task("by-hand")
		if _, err := byHand.Register(t.Context(), answersNothing); err != nil {
			t.Fatal(err)
		}
		if err := byHand.Promote(t.Context(), answersNothing.ID, "", anna, "all the same"); err != nil || champion(t, byHand) != answersNothing.ID {
			t.Errorf("promoted by hand: %v", err)
		}
		if c, err := s.Task("old").Register(t.Context(), unsaid); err != nil || c != unsaid.ID {
			t.Errorf("a model of a run that says no majority: champion %q, %v", c, err)
		}
	})
}

// The dumps were written by the version before tasks, one by each database.
func beforeTasks(t *testing.T, location string) {
	t.Helper()
	s, dump := &Store{postgres: isPostgres(location)}, "testdata/before-tasks.sqlite.sql"
	var err error
	if s.postgres {
		dump = "testdata/before-tasks.postgres.sql"
		s.db, err = sql.Open("pgx", location)
	} else {
		s.db, err = openFile(location)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	text, err := os.ReadFile(dump)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.ExecContext(t.Context(), string(text)); err != nil {
		t.Fatal(err)
	}
}

func TestDatabaseFromBeforeTasks(t *testing.T) {
	id := func(n string) string { return "ft:switchboard-softmax-1:own:sb-" + n }
	eachBackend(t, func(t *testing.T, location string) {
		beforeTasks(t, location)
		s := open(t, location)
		if names, err := s.Tasks(t.Context()); err != nil || !slices.Equal(names, []string{registry.DefaultTask}) {
			t.Fatalf("the tasks are %q, %v", names, err)
		}
		c, challenger, err := s.Aliases(t.Context())
		if err != nil || c != id("2") || challenger != id("3") {
			t.Errorf("champion %s, challenger %s, %v", c, challenger, err)
		}
		m, err := s.Champion(t.Context())
		if err != nil || m.Task != registry.DefaultTask || m.Threshold != 0.52 || m.Confidences[9] != 95 || m.DatasetRows != 2000 {
			t.Errorf("the champion is %+v, %v", m, err)
		}
		if m, err := s.Model(t.Context(), id("1")); err != nil || m.Retired.IsZero() {
			t.Errorf("the retired model is %+v, %v", m, err)
		}
		corrections, err := s.Corrections(t.Context())
		if err != nil || len(corrections) != 2 || corrections[1].Label != "AcmeAir" || corrections[1].ConversationID != 7 || corrections[1].Imported.IsZero() {
			t.Errorf("the corrections are %+v, %v", corrections, err)
		}
		if r, err := s.Retrainings(t.Context(), 9); err != nil || len(r) != 2 || r[0].Decision != registry.Keep || r[1].Challenger != id("2") {
			t.Errorf("the retrainings are %+v, %v", r, err)
		}
		if a, err := s.Applications(t.Context(), id("2"), 9); err != nil || len(a) != 1 || a[0].Confidences[9] != 600 {
			t.Errorf("the applications are %+v, %v", a, err)
		}
		if changes, err := s.Changes(t.Context(), ""); err != nil || len(changes) != 8 || changes[2].Previous != id("1") {
			t.Errorf("the audit trail is %+v, %v", changes, err)
		}
		wantInput(t, s.Retire(t.Context(), id("2"), anna, "why"), "is the champion")
		if err := s.Promote(t.Context(), id("3"), id("2"), anna, "better"); err != nil {
			t.Fatal(err)
		}
		if back, err := s.Rollback(t.Context(), anna, "worse"); err != nil || back != id("2") {
			t.Errorf("rolled back to %s, %v", back, err)
		}
		register(t, s.Task("demo"), 1)
		if champion(t, s) != id("2") {
			t.Errorf("the champion is %s", champion(t, s))
		}
	})
}

// The database itself keeps a task from pointing at another's model.
func TestAliasNeedsAModelOfItsTask(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		s := open(t, location)
		register(t, s, 1)
		err := s.Task("demo").change(t.Context(), func(tx *tx) error { return tx.setAlias(t.Context(), championAlias, model(1).ID) })
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), "foreign key") {
			t.Errorf("an alias to another task's model: %v", err)
		}
	})
}

// Processes that open an old database at the same moment bring it up to date once.
func TestManyMigrateAtOnce(t *testing.T) {
	eachBackend(t, func(t *testing.T, location string) {
		beforeTasks(t, location)
		errs := make([]error, 4)
		var group sync.WaitGroup
		for i := range errs {
			group.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				s, err := Open(ctx, location)
				if err == nil {
					_, err = s.Task("").Champion(ctx)
					err = errors.Join(err, s.Close())
				}
				errs[i] = err
			})
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
	})
}
