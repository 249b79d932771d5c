package results

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/review"
)

// Judgement is what one person says a call is about. The newest of a person about a
// call holds; an undone one holds no more, so that the one before it does again.
type Judgement struct {
	ID int64 `json:"id"`
	// CallID is the call's, Task that of the call; an empty one is taken from there.
	CallID string `json:"call_id"`
	Task   string `json:"task"`
	// Label is a company or [pipeline.Unknown]. A company that no model knows is one
	// like others.
	Label string `json:"label"`
	// Reason is one of [Reasons], or empty.
	Reason string `json:"reason,omitempty"`
	// Reviewer is an account's id, never a name.
	Reviewer string `json:"reviewer"`
	// At is when it was stored, and Undone when it was undone; zero unless it is.
	At     time.Time `json:"at"`
	Undone time.Time `json:"undone,omitzero"`
	// Holds tells that it counts: it is this person's newest that is not undone.
	Holds bool `json:"holds"`
	// The rest is what the model had said, and whether the call is part of the random
	// sample: copied from the call, whatever is given.
	Model      string  `json:"model,omitempty"`
	Company    string  `json:"company"`
	Named      string  `json:"named,omitempty"`
	Confidence float64 `json:"confidence"`
	Threshold  float64 `json:"threshold"`
	Status     Status  `json:"status"`
	Sampled    bool    `json:"sampled,omitempty"`
	Held       bool    `json:"held,omitempty"`
}

// Reasons are why somebody says what they say: the company is on no list yet, the
// call is for several, too little was said to tell, or what was said was heard or
// redacted wrong.
var Reasons = []string{"new_company", "several_companies", "not_enough_said", "wrong_transcript"}

func (j *Judgement) validate() error {
	switch {
	case j.Label == "":
		return problem.Input("the judgement names no company; give one, or %s", pipeline.Unknown)
	case storable(j.Label) != j.Label:
		return problem.Input("the company's name cannot be stored; give at most %d bytes of UTF-8", longest)
	case j.Reason != "" && !slices.Contains(Reasons, j.Reason):
		return problem.Input("there is no such reason; give one of %s, or none", strings.Join(Reasons, ", "))
	case j.Reviewer == "" || storable(j.Reviewer) != j.Reviewer:
		return errors.New("the judgement has no reviewer")
	}
	return nil
}

// Judge stores what a person says about a call, with what the model had said. Whoever
// says what they say already gets that judgement again. A call that is not there, that
// has no answer yet, or is of another task than the judgement, and a label or reason
// that is none, are problems of kind BadInput. What else is to be kept of the stored
// judgement is kept with it.
func (s *Store) Judge(ctx context.Context, j Judgement, also ...func(Judgement) Also) (Judgement, error) {
	j.Label = strings.TrimSpace(j.Label)
	if err := j.validate(); err != nil {
		return Judgement{}, err
	}
	var stored Judgement
	err := s.change(ctx, func(t tx) error {
		at, err := t.lock(ctx, j.CallID)
		if err != nil {
			return err
		}
		if stored, err = t.judge(ctx, at, j); err != nil {
			return err
		}
		// Whoever judged a call looks at it no longer: another may at once.
		if _, err = t.exec(ctx, "DELETE FROM review_claims WHERE call_id = ? AND reviewer = ?", j.CallID, j.Reviewer); err != nil {
			return err
		}
		for _, of := range also {
			if err := t.keep(ctx, []Also{of(stored)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Judgement{}, fmt.Errorf("storing a judgement: %w", err)
	}
	return stored, nil
}

// lock returns when a call was stored, for one change after another of what people say
// about it.
func (t tx) lock(ctx context.Context, callID string) (at int64, err error) {
	query := "SELECT c.at FROM call_ids i JOIN calls c ON c.at = i.at AND c.call_id = i.call_id WHERE i.call_id = ?"
	if t.s.base.Postgres() {
		query += " FOR UPDATE OF c"
	}
	err = t.row(ctx, query, callID).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		err = problem.Input("there is no such call to judge")
	}
	return at, err
}

func (t tx) judge(ctx context.Context, at int64, j Judgement) (Judgement, error) {
	r, err := scanResult(t.row(ctx, "SELECT "+resultColumns+" FROM calls c WHERE c.at = ?", at))
	switch {
	case err != nil:
		return j, err
	case r.Prediction == nil:
		return j, problem.Input("the call waits for its answer; judge it when it has one")
	case r.Status == Rejected:
		return j, problem.Input("the call was given up, so that there is nothing to judge")
	case j.Task != "" && j.Task != r.Task:
		return j, problem.Input("the call is of another task")
	}
	said, err := t.judgements(ctx, j.CallID)
	if err != nil {
		return j, err
	}
	for _, before := range said {
		if before.Holds && before.Reviewer == j.Reviewer && before.Label == j.Label && before.Reason == j.Reason {
			return before, nil
		}
	}
	p := r.Prediction
	j.Task, j.At, j.Undone, j.Holds = r.Task, fromMicros(micros(t.s.now())), time.Time{}, true
	j.Model, j.Company, j.Named, j.Confidence, j.Threshold, j.Status = p.Model, p.Company, p.Named, p.Confidence, p.Threshold, p.Status
	j.Sampled, j.Held = r.Review.Sampled, r.Review.Held
	err = t.row(ctx, `INSERT INTO judgements (call_id, call_at, task, label, reason, reviewer, at, undone, holds, model, company, named, confidence, threshold, status, sampled, held, conversation)
		VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		j.CallID, at, j.Task, j.Label, j.Reason, j.Reviewer, micros(j.At), true, j.Model, j.Company, j.Named, j.Confidence, j.Threshold, string(j.Status), j.Sampled, j.Held, r.Kind() == Conversations).Scan(&j.ID)
	if err != nil {
		return j, err
	}
	return j, t.agree(ctx, at, j.CallID)
}

// agree brings up to date which judgements about a call hold, and what people agree
// on.
func (t tx) agree(ctx context.Context, at int64, callID string) error {
	said, err := t.judgements(ctx, callID)
	if err != nil {
		return err
	}
	labels, seen := []string{}, map[string]bool{}
	for _, j := range said { // the newest first
		holds := j.Undone.IsZero() && !seen[j.Reviewer]
		if holds {
			seen[j.Reviewer] = true
			labels = append(labels, j.Label)
		}
		if holds != j.Holds {
			if _, err := t.exec(ctx, "UPDATE judgements SET holds = ? WHERE id = ?", holds, j.ID); err != nil {
				return err
			}
		}
	}
	label, _ := review.Majority(labels)
	if _, err = t.exec(ctx, "UPDATE calls SET judged = ?, label = ? WHERE at = ? AND call_id = ?", len(labels), label, at, callID); err != nil || len(said) == 0 {
		return err
	}
	return t.restate(ctx, said[0].Task, at)
}

// reanswer lets what people said about a call stand beside an answer that has taken the
// place of a failure.
func (t tx) reanswer(ctx context.Context, at int64, c *Classified, sample review.Sample) error {
	said, err := t.judgements(ctx, c.CallID)
	if err != nil || len(said) == 0 {
		return err
	}
	_, err = t.exec(ctx, "UPDATE judgements SET model = ?, company = ?, named = ?, confidence = ?, threshold = ?, status = ?, sampled = ?, held = ? WHERE call_id = ?",
		c.Model, c.Company, c.Named, c.Confidence, c.Threshold, string(c.Status), sample.Sampled, sample.Held, c.CallID)
	if err != nil {
		return err
	}
	return t.restate(ctx, said[0].Task, at)
}

// UndoJudgement takes a judgement back. Undoing it again changes nothing. One that is
// not there, or somebody else's, is a problem of kind BadInput. What else is given is
// kept with it.
func (s *Store) UndoJudgement(ctx context.Context, id int64, reviewer string, also ...Also) error {
	none := problem.Input("there is no such judgement of yours")
	err := s.change(ctx, func(t tx) error {
		var callID, owner string
		err := t.row(ctx, "SELECT call_id, reviewer FROM judgements WHERE id = ?", id).Scan(&callID, &owner)
		if errors.Is(err, sql.ErrNoRows) || err == nil && owner != reviewer {
			return none
		}
		if err != nil {
			return err
		}
		at, err := t.lock(ctx, callID)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, "UPDATE judgements SET undone = ? WHERE id = ? AND undone = 0", micros(s.now()), id); err != nil {
			return err
		}
		if err := t.agree(ctx, at, callID); err != nil {
			return err
		}
		return t.keep(ctx, also)
	})
	if err != nil {
		return fmt.Errorf("undoing a judgement: %w", err)
	}
	return nil
}

// Judgements returns what people have said about a call, the newest first, with what
// was undone. It is empty for a call that nobody judged, or that is not there.
func (s *Store) Judgements(ctx context.Context, callID string) ([]Judgement, error) {
	said, err := s.direct().judgements(ctx, callID)
	if err != nil {
		return nil, fmt.Errorf("reading the judgements of the call %s: %w", callID, err)
	}
	return said, nil
}

func (t tx) judgements(ctx context.Context, callID string) ([]Judgement, error) {
	rows, err := t.Rows(ctx, `SELECT id, call_id, task, label, reason, reviewer, at, undone, holds, model, company, named, confidence, threshold, status, sampled, held
		FROM judgements WHERE call_id = ?`, callID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	said := []Judgement{}
	for rows.Next() {
		var j Judgement
		var at, undone int64
		if err := rows.Scan(&j.ID, &j.CallID, &j.Task, &j.Label, &j.Reason, &j.Reviewer, &at, &undone, &j.Holds, &j.Model, &j.Company, &j.Named,
			&j.Confidence, &j.Threshold, &j.Status, &j.Sampled, &j.Held); err != nil {
			return nil, err
		}
		j.At = fromMicros(at)
		if undone != 0 {
			j.Undone = fromMicros(undone)
		}
		said = append(said, j)
	}
	slices.SortFunc(said, func(a, b Judgement) int { return cmp.Compare(b.ID, a.ID) })
	return said, rows.Err()
}

// judged tells that only calls that people judged are meant.
func (f *Filter) judged() bool {
	return f.Reviewed != nil && *f.Reviewed || len(f.JudgedLabels) > 0 || f.Right != nil || f.Disputed || f.Settled || len(f.Reviewers) > 0 || f.Against || f.People > 0
}

// review adds what a filter says about what people say.
func (f *Filter) review(c *conditions) {
	if f.judged() {
		c.add("c.judged > 0") // the index of these calls has no others
	}
	if f.Reviewed != nil && !*f.Reviewed {
		c.add("c.judged = 0")
	}
	if f.Sampled != nil {
		c.add(map[bool]string{true: "c.sampled", false: "NOT c.sampled"}[*f.Sampled])
	}
	anyOf(c, "c.label", f.JudgedLabels)
	if f.Right != nil {
		c.add("c.status = ? AND c.company <> ? AND c.label <> '' AND c.label "+map[bool]string{true: "=", false: "<>"}[*f.Right]+" c.company", string(pipeline.AnswerClassified), pipeline.Unknown)
	}
	if f.Disputed {
		c.add("c.label = ''")
	}
	if f.Settled {
		c.add("c.label <> ''")
	}
	if f.People > 0 {
		c.add("c.judged >= ?", f.People)
	}
	if len(f.Reviewers) == 0 && !f.Against {
		return
	}
	said := conditions{terms: []string{"j.call_id = c.call_id", "j.holds"}}
	anyOf(&said, "j.reviewer", f.Reviewers)
	if f.Against {
		said.add("j.status = ? AND j.company <> ? AND j.label <> j.company", string(pipeline.AnswerClassified), pipeline.Unknown)
	}
	c.add("EXISTS (SELECT 1 FROM judgements j"+said.where()+")", said.args...)
}
