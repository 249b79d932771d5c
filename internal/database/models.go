package database

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/registry"
)

// ErrChampionChanged is returned by [Task.Promote] where the champion is no
// longer the one that the model was compared with.
var ErrChampionChanged = errors.New("the champion has changed meanwhile")

const (
	championAlias   = pipeline.Champion
	challengerAlias = pipeline.Challenger
)

// Register adds a model, or replaces what is known of it by a later judgement; when
// it was made stays. The same model of the same run changes nothing. A model
// without a rival becomes the champion, unless it is unfit, see
// [registry.Model.Unfit]. It returns the champion's id, empty if there is none.
func (task *Task) Register(ctx context.Context, m registry.Model) (champion string, err error) {
	m.Task = task.name
	by := Who{Name: m.WorkflowID, Run: m.RunID}
	err = task.change(ctx, func(t *tx) error {
		if err := t.judged(ctx, m, by); err != nil {
			return err
		}
		if champion, err = t.alias(ctx, championAlias); err != nil || champion != "" || m.Unfit() != "" {
			return err
		}
		champion = m.ID
		return t.crown(ctx, registry.Promoted, m.ID, "", by, "the first model: there is nothing to compare it with")
	})
	if err != nil {
		return "", fmt.Errorf("registering the model: %w", err)
	}
	return champion, nil
}

// judged keeps what a run found out about a model, unless it is known.
func (t *tx) judged(ctx context.Context, m registry.Model, by Who) error {
	known, err := scanModel(t.Row(ctx, selectModels+" WHERE task = ? AND id = ?", t.task, m.ID))
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return err
	case known.RunID == m.RunID:
		return nil
	default:
		m.Judged, m.Created = m.Created, known.Created
	}
	if err := t.keep(ctx, m); err != nil {
		return err
	}
	return t.note(ctx, registry.Registered, m.ID, "", by, "judged on its test set")
}

// keep writes a model's row. Somebody who trains a retired model anew wants it
// back.
func (t *tx) keep(ctx context.Context, m registry.Model) error {
	details, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encoding the model: %w", err)
	}
	return t.exec(ctx, `INSERT INTO models (task, id, provider_url, base_model, created, test_accuracy, test_coverage, threshold, workflow_id, run_id, details)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (task, id) DO UPDATE SET provider_url = excluded.provider_url, base_model = excluded.base_model, created = excluded.created,
			test_accuracy = excluded.test_accuracy, test_coverage = excluded.test_coverage, threshold = excluded.threshold,
			workflow_id = excluded.workflow_id, run_id = excluded.run_id, details = excluded.details, retired = NULL`,
		t.task, m.ID, m.ProviderURL, m.BaseModel, stamp(m.Created), m.TestAccuracy, m.TestCoverage, m.Threshold, m.WorkflowID, m.RunID, string(details))
}

// note adds a line to the audit trail.
func (t *tx) note(ctx context.Context, action registry.Action, model, previous string, by Who, why string) error {
	return t.exec(ctx, `INSERT INTO model_changes (seq, task, at, action, model_id, previous, who, why, run)
		SELECT COALESCE(MAX(seq), 0) + 1, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT)
		FROM model_changes`, t.task, stamp(time.Now()), string(action), model, previous, by.Name, why, by.Run)
}

func (t *tx) alias(ctx context.Context, alias string) (string, error) {
	return t.text(ctx, "SELECT model_id FROM aliases WHERE task = ? AND alias = ?", t.task, alias)
}

func (t *tx) setAlias(ctx context.Context, alias, model string) error {
	return t.exec(ctx, "INSERT INTO aliases (task, alias, model_id) VALUES (?, ?, ?) ON CONFLICT (task, alias) DO UPDATE SET model_id = excluded.model_id", t.task, alias, model)
}

// crown makes a model the champion. It is nobody's challenger then.
func (t *tx) crown(ctx context.Context, action registry.Action, model, previous string, by Who, why string) error {
	if err := t.setAlias(ctx, championAlias, model); err != nil {
		return err
	}
	if err := t.exec(ctx, "DELETE FROM aliases WHERE task = ? AND alias = ? AND model_id = ?", t.task, challengerAlias, model); err != nil {
		return err
	}
	return t.note(ctx, action, model, previous, by, why)
}

// Who makes a change: a person, or a run.
type Who struct {
	// Name is a person's login or a workflow's id.
	Name string
	// Run names the workflow's run, or the person's request. What one run has
	// promoted or rolled back it does not promote or roll back again, however
	// often its activity is tried.
	Run string
}

// changed returns the model to which a run has done the same before, empty if it
// has not.
func (t *tx) changed(ctx context.Context, action registry.Action, by Who) (model string, err error) {
	if by.Run == "" {
		return "", nil
	}
	return t.text(ctx, "SELECT model_id FROM model_changes WHERE task = ? AND action = ? AND who = ? AND run = ? ORDER BY seq DESC LIMIT 1", t.task, string(action), by.Name, by.Run)
}

// usable reports, as a problem of kind BadInput, that a model is not there or
// was retired.
func (t *tx) usable(ctx context.Context, id string) error {
	m, err := t.s.Task(t.task).model(ctx, t.Tx, id)
	if err == nil && !m.Retired.IsZero() {
		return problem.Input("the model %q was retired on %s; train it again, or choose another: `starter models list` shows those there are", id, m.Retired.Format(time.DateOnly))
	}
	return err
}

// Promote makes a model the champion. Where expected is not empty, it is the
// champion that the model was compared with: if another has taken its place, the
// error is [ErrChampionChanged] and nothing changes. Promoting the champion
// changes nothing, and neither does promoting again in the same run. A model that is not there, or was retired, is a problem of
// kind BadInput.
func (task *Task) Promote(ctx context.Context, id, expected string, by Who, why string) error {
	err := task.change(ctx, func(t *tx) error {
		if err := t.usable(ctx, id); err != nil {
			return err
		}
		if done, err := t.changed(ctx, registry.Promoted, by); err != nil || done == id {
			return err
		}
		champion, err := t.alias(ctx, championAlias)
		switch {
		case err != nil || champion == id:
			return err
		case expected != "" && champion != expected:
			return ErrChampionChanged
		}
		return t.crown(ctx, registry.Promoted, id, champion, by, why)
	})
	return wrap("promoting the model", err)
}

// Challenge notes that a model is up against the champion. Challenging again
// changes nothing; the champion cannot challenge itself.
func (task *Task) Challenge(ctx context.Context, id string, by Who, why string) error {
	err := task.change(ctx, func(t *tx) error {
		if err := t.usable(ctx, id); err != nil {
			return err
		}
		for _, alias := range []string{championAlias, challengerAlias} {
			if now, err := t.alias(ctx, alias); err != nil || now == id {
				return err
			}
		}
		if err := t.setAlias(ctx, challengerAlias, id); err != nil {
			return err
		}
		return t.note(ctx, registry.Challenged, id, "", by, why)
	})
	return wrap("noting the challenger", err)
}

// Rollback makes the champion that was before this one the champion again, and
// returns its id. Rolling back twice goes back two champions, unless it is the same
// run that does. Where there is none to go back to, or it was retired, that is a problem of kind BadInput.
func (task *Task) Rollback(ctx context.Context, by Who, why string) (id string, err error) {
	err = task.change(ctx, func(t *tx) error {
		if id, err = t.changed(ctx, registry.RolledBack, by); err != nil || id != "" {
			return err
		}
		champion, err := t.alias(ctx, championAlias)
		if err != nil {
			return err
		}
		if id, err = t.before(ctx, champion); err != nil {
			return err
		}
		if err := t.usable(ctx, id); err != nil {
			return err
		}
		return t.crown(ctx, registry.RolledBack, id, champion, by, why)
	})
	return id, wrap("rolling back", err)
}

// before returns the champion that had to go for this one. There being none is a
// problem of kind BadInput.
func (t *tx) before(ctx context.Context, champion string) (string, error) {
	// Its promotion says who had to go; a rollback to it does not count.
	id, err := t.text(ctx, "SELECT previous FROM model_changes WHERE task = ? AND model_id = ? AND action = ? ORDER BY seq DESC LIMIT 1", t.task, champion, string(registry.Promoted))
	if err == nil && id == "" {
		err = problem.Input("there is no earlier champion to go back to; `starter models promote` makes any other model the champion")
	}
	return id, err
}

// Retire takes a model out of use. The champion cannot be retired, which is a
// problem of kind BadInput: somebody has to answer. Retiring again changes
// nothing.
func (task *Task) Retire(ctx context.Context, id string, by Who, why string) error {
	err := task.change(ctx, func(t *tx) error {
		m, err := task.model(ctx, t.Tx, id)
		if err != nil || !m.Retired.IsZero() {
			return err
		}
		champion, err := t.alias(ctx, championAlias)
		if err != nil {
			return err
		}
		if champion == id {
			return problem.Input("%q is the champion; promote another model first, or roll back", id)
		}
		if err := t.exec(ctx, "DELETE FROM aliases WHERE task = ? AND model_id = ?", t.task, id); err != nil {
			return err
		}
		if err := t.exec(ctx, "UPDATE models SET retired = ? WHERE task = ? AND id = ?", stamp(time.Now()), t.task, id); err != nil {
			return err
		}
		return t.note(ctx, registry.Retired, id, "", by, why)
	})
	return wrap("retiring the model", err)
}

// wrap leaves problems and nil as they are.
func wrap(doing string, err error) error {
	var p *problem.Error
	if err == nil || errors.As(err, &p) {
		return err
	}
	return fmt.Errorf("%s: %w", doing, err)
}

const selectModels = "SELECT task, details, COALESCE(retired, '') FROM models"

func scanModel(row interface{ Scan(...any) error }) (m registry.Model, err error) {
	var task, details, retired string
	if err := row.Scan(&task, &details, &retired); err != nil {
		return m, err
	}
	if err := json.Unmarshal([]byte(details), &m); err != nil {
		return m, fmt.Errorf("decoding a model of the database: %w", err)
	}
	m.Task = task
	if retired != "" {
		m.Retired, err = time.Parse(timeFormat, retired)
	}
	return m, err
}

func (task *Task) model(ctx context.Context, q Tx, id string) (registry.Model, error) {
	m, err := scanModel(q.Row(ctx, selectModels+" WHERE task = ? AND id = ?", task.name, id))
	if !errors.Is(err, sql.ErrNoRows) {
		return m, err
	}
	var owner string
	err = q.Row(ctx, "SELECT task FROM models WHERE id = ? ORDER BY task", id).Scan(&owner)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return m, problem.Input("there is no fine-tuned model %q; `starter models list` shows those there are", id)
	case err != nil:
		return m, err
	}
	return m, problem.Input("the model %q belongs to the task %s, not to %s; add --task %s", id, owner, task.name, owner)
}

// Model returns a model of the task, retired or not. One that is not there, or is
// another task's, is a problem of kind BadInput.
func (task *Task) Model(ctx context.Context, id string) (registry.Model, error) {
	m, err := task.model(ctx, task.Direct(), id)
	return m, wrap("looking the model up", err)
}

// Models returns all models of the task, newest first.
func (task *Task) Models(ctx context.Context) ([]registry.Model, error) {
	models, err := List(ctx, task.Direct(), func(r *sql.Rows) (registry.Model, error) { return scanModel(r) }, selectModels+" WHERE task = ? ORDER BY created DESC, id", task.name)
	return models, wrap("listing the models", err)
}

// Champion returns the model that answers where nobody names another. None at
// all is a problem of kind BadInput.
func (task *Task) Champion(ctx context.Context) (registry.Model, error) {
	m, err := scanModel(task.Direct().Row(ctx, selectModels+" WHERE task = ? AND id = (SELECT model_id FROM aliases WHERE task = ? AND alias = ?)",
		task.name, task.name, championAlias))
	if errors.Is(err, sql.ErrNoRows) {
		err = task.noChampion(ctx)
	}
	return m, wrap("looking the champion up", err)
}

// noChampion says why the task has none, and what to do about it.
func (task *Task) noChampion(ctx context.Context) error {
	tasks, err := task.Tasks(ctx)
	switch {
	case err != nil:
		return err
	case slices.Contains(tasks, task.name):
		return problem.Input("no model of the task %s is its champion; make one with `starter models promote`, or name a model with --model", task.name)
	case len(tasks) > 0:
		return problem.Input("there is no fine-tuned model of the task %s yet; run `starter finetune` first, or name another task with --task (there are models of %s)", task.name, strings.Join(tasks, ", "))
	}
	return problem.Input("there is no fine-tuned model yet; run `starter finetune` first, or name a model with --model")
}

// Aliases returns the ids of champion and challenger; empty where there is none.
func (task *Task) Aliases(ctx context.Context) (champion, challenger string, err error) {
	type pair struct{ alias, model string }
	pairs, err := List(ctx, task.Direct(), func(r *sql.Rows) (p pair, err error) { return p, r.Scan(&p.alias, &p.model) }, "SELECT alias, model_id FROM aliases WHERE task = ?", task.name)
	for _, p := range pairs {
		switch p.alias {
		case championAlias:
			champion = p.model
		case challengerAlias:
			challenger = p.model
		}
	}
	return champion, challenger, wrap("looking the aliases up", err)
}

// Changes returns the audit trail, newest first: of one model, or of all if id
// is empty.
func (task *Task) Changes(ctx context.Context, id string) ([]registry.Change, error) {
	changes, err := List(ctx, task.Direct(), func(r *sql.Rows) (c registry.Change, err error) {
		var at string
		if err := r.Scan(&at, &c.Action, &c.Model, &c.Previous, &c.Who, &c.Why, &c.Run); err != nil {
			return c, err
		}
		c.At, err = time.Parse(timeFormat, at)
		return c, err
	}, "SELECT at, action, model_id, previous, who, why, run FROM model_changes WHERE task = ? AND ? IN ('', model_id, previous) ORDER BY seq DESC", task.name, id)
	return changes, wrap("reading the audit trail", err)
}
