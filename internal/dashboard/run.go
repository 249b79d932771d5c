package dashboard

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/runs"
)

// runPage is one run.
type runPage struct {
	runRow
	v      *visit
	Stages []pipeline.StageTime
	// Waits tells that the run waits for an answer to its proposal.
	Waits bool
	// Reason says why a retraining was decided so.
	Reason, Decision string
	// SetAside says whose corrections were not believed; empty if all were.
	SetAside string
	// ModelPath shows the model that the run made or judged, empty if none can be shown.
	ModelPath string
	// Silent says why it is not known what the run says of itself.
	Silent string
	// Wrong is why the run failed, Told what the programs say of that, in English.
	Wrong, Told string
	// Compared is what came of a comparison, nil for another run.
	Compared *compared
	// Warnings are what to know before what the run left is used.
	Warnings []warning
}

// warning is a sentence of a run. It is in English if Told, where the page does not know
// it in the reader's language.
type warning struct {
	Text string
	Told bool
}

// warnings are what a run has found worth knowing.
func (v *visit) warnings(r runs.Result) (all []warning) {
	var said []string
	switch {
	case r.Apply != nil:
		said = r.Apply.Warnings
	case r.FineTune != nil:
		said = r.FineTune.Notes
	case r.Evaluate != nil:
		said = r.Evaluate.Notes
	}
	for _, s := range said {
		text, known := v.say(s)
		if !known {
			text = sentenceOf(s)
		}
		all = append(all, warning{text, !known})
	}
	return all
}

// Conversations is where the conversations of an application are shown that people can
// correct, empty if there are none.
func (p runPage) Conversations() string {
	if p.Result.Apply == nil || p.Result.Apply.Reviewable == 0 {
		return ""
	}
	return "/calls?" + url.Values{"kind": {kindConversations}, "task": {p.Task}}.Encode()
}

// setAside says whose corrections a run did not believe. Administrators are told the
// names that the pseudonyms stand for.
func (v *visit) setAside(s pipeline.SetAside) (string, error) {
	if s.Calls == 0 {
		return "", nil
	}
	people := slices.Clone(s.Accounts)
	if v.user.Role.Includes(account.Admin) {
		users, err := v.Accounts.Users(v.r.Context())
		if err != nil {
			return "", err
		}
		for _, u := range users {
			pseudonym, err := v.Base.Pseudonym(v.r.Context(), u.ID)
			if err != nil {
				return "", err
			}
			if i := slices.Index(people, pseudonym); i >= 0 {
				people[i] = u.Name
			}
		}
	}
	who := strings.Join(people, ", ")
	if s.Used {
		return v.lang.count(s.Calls, "The correction of %d call is doubted, and was used because somebody said so. By:", "Corrections of %d calls are doubted, and were used because somebody said so. By:") + " " + who, nil
	}
	return v.lang.count(s.Calls, "The correction of %d call was set aside, for it goes against sure answers that others do not doubt. By:", "Corrections of %d calls were set aside, for they go against sure answers that others do not doubt. By:") + " " + who, nil
}

// Call is where the call is shown that a run is about, empty if it is about none.
func (p runPage) Call() string {
	id, isCall := strings.CutPrefix(p.WorkflowID, pipeline.CallWorkflowID(""))
	if !isCall {
		return ""
	}
	return "/calls/" + url.PathEscape(id)
}

// Span is how long a stage took, "-" while it goes on.
func (p runPage) Span(seconds float64) string {
	if seconds == 0 {
		return "-"
	}
	return p.v.span(time.Duration(seconds * float64(time.Second)))
}

// ParentPath is where the run is shown that started this one.
func (p runPage) ParentPath() string { return runPath(p.Parent, "") }

// modelOf is where the model is shown that a run made, or judged; empty if it did not, or
// if the registry does not have it, such as one that was trained for a comparison.
func (v *visit) modelOf(run runs.Run) (string, error) {
	model := ""
	switch {
	case run.Result.FineTune != nil:
		model = run.Result.FineTune.Model
	case run.Result.Evaluate != nil:
		model = run.Result.Evaluate.Model
	case run.Result.Apply != nil:
		model = run.Result.Apply.Model
	}
	if model == "" || run.Task == "" {
		return "", nil
	}
	_, err := v.Base.Task(run.Task).Model(v.r.Context(), model)
	if kind, _ := problem.KindOf(err); kind == problem.BadInput {
		return "", nil
	}
	return modelPath(run.Task, model), err
}

func (s *Server) run(v *visit) error {
	if v.Temporal == nil {
		return v.noServer()
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), askTime)
	defer cancel()
	run, err := runs.Get(ctx, v.Temporal, v.r.PathValue("id"), v.r.URL.Query().Get("run"))
	if err != nil {
		return v.answered(err)
	}
	p := runPage{runRow: v.runRow(run), v: v, Warnings: v.warnings(run.Result)}
	p.Wrong, p.Told = v.failure(run.Failure)
	if v.r.URL.Query().Get("report") != "" {
		if p.reportPath() == "" {
			return errNotFound
		}
		return v.report(p.reportPath())
	}
	if p.Compared, err = v.comparison(run); err != nil {
		return err
	}
	if p.ModelPath, err = v.modelOf(run); err != nil {
		return err
	}
	if r := run.Result.Retrain; r != nil {
		p.Decision = word(v, decisionTexts, r.Decision)
		p.Reason = v.said(r.Reason)
	}
	status, err := runs.Status(ctx, v.Temporal, run.WorkflowID, run.RunID)
	if err != nil {
		p.Silent = v.T("No worker answers, so this page shows only what the server knows of the run.")
	}
	doubted := pipeline.SetAside{}
	switch {
	case run.Result.Retrain != nil:
		doubted = run.Result.Retrain.SetAside
	case run.Result.FineTune != nil:
		doubted = run.Result.FineTune.SetAside
	case status.SetAside != nil:
		doubted = *status.SetAside
	}
	if p.SetAside, err = v.setAside(doubted); err != nil {
		return err
	}
	p.Stages, p.Waits = status.Stages, status.Proposal != nil && run.State == runs.Running
	return v.render("run", v.T("Run"), p)
}

// StageOf is a stage as people read it.
func (p runPage) StageOf(s pipeline.Stage) string { return word(p.v, stageTexts, s) }
