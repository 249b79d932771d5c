package dashboard

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/request"
	"switchboard/internal/runs"
)

// runsPerPage is how many runs a page of the list has.
const runsPerPage = 30

// runsPage is the list of runs, and the schedules.
type runsPage struct {
	Filter        runs.Filter
	Kinds, States []choice
	Tasks         []choice
	// Since is the date of the filter, as an input of the type date has it.
	Since string
	Runs  []runRow
	// Later tells that this is not the first page, Next is the token of the one after
	// it, empty if there is none.
	Later bool
	Next  string
	// Silent says why runs cannot be listed.
	Silent    string
	Schedules []scheduleRow
}

// Filtered tells that not all runs are meant.
func (p runsPage) Filtered() bool { return p.Filter != runs.Filter{} }

// runRow is a run as the list shows it.
type runRow struct {
	runs.Run
	KindName, StateName, StageName string
	// Class is that of the state's colour.
	Class string
	Took  string
	// Figure is what the run came to, in a few words.
	Figure string
	// Path shows the run, WebUI is Temporal's page of it.
	Path, WebUI string
}

// runPath is where a run is shown.
func runPath(id, run string) string {
	path := "/runs/" + url.PathEscape(id)
	if run != "" {
		path += "?" + url.Values{"run": {run}}.Encode()
	}
	return path
}

func (s *Server) runs(v *visit) error {
	p, err := v.runsFilter()
	if err != nil {
		return err
	}
	query, err := p.Filter.Query()
	if err != nil {
		return err
	}
	token, err := base64.RawURLEncoding.DecodeString(v.r.URL.Query().Get("page"))
	if err != nil {
		return notOfThisList(v)
	}
	p.Later = len(token) > 0
	if p.Silent, err = v.missing(v.listRuns(&p, query, token)); err != nil {
		return err
	}
	return v.render("runs", v.T("Runs"), p)
}

// runsFilter reads what the list is narrowed to, and offers what it can be.
func (v *visit) runsFilter() (p runsPage, err error) {
	q := v.r.URL.Query()
	p.Filter, p.Since = runs.Filter{Kind: q.Get("kind"), Task: q.Get("task"), Status: q.Get("status")}, q.Get("since")
	if p.Since != "" {
		if p.Filter.Since, err = time.ParseInLocation(time.DateOnly, p.Since, v.zone); err != nil {
			return p, problem.Input("%s", v.T("The first day is not a date such as 2026-11-01."))
		}
	}
	for _, kind := range runs.Kinds() {
		p.Kinds = append(p.Kinds, choice{kind, v.T(kindTexts[kind]), kind == p.Filter.Kind})
	}
	for _, status := range runs.Statuses() {
		p.States = append(p.States, choice{status, v.T(stateTexts[strings.ReplaceAll(status, "-", " ")]), status == p.Filter.Status})
	}
	tasks, err := v.Base.Tasks(v.r.Context())
	if err != nil {
		return p, err
	}
	if p.Filter.Task != "" && !slices.Contains(tasks, p.Filter.Task) {
		tasks = append(tasks, p.Filter.Task)
	}
	for _, task := range tasks {
		p.Tasks = append(p.Tasks, choice{task, task, task == p.Filter.Task})
	}
	return p, nil
}

func notOfThisList(v *visit) error {
	return problem.Input("%s", v.T("The page's address is not one of this list; begin at its first page."))
}

func (v *visit) listRuns(p *runsPage, query string, token []byte) error {
	if v.Temporal == nil {
		return v.noServer()
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), askTime)
	defer cancel()
	page, err := runs.List(ctx, v.Temporal, query, runsPerPage, token)
	var wrong *serviceerror.InvalidArgument
	if errors.As(err, &wrong) && len(token) > 0 {
		return notOfThisList(v)
	}
	if err != nil {
		return v.answered(err)
	}
	for _, run := range page.Runs {
		p.Runs = append(p.Runs, v.runRow(run))
	}
	// The server's own order has the running ones first, and then those that ended last.
	p.Next = base64.RawURLEncoding.EncodeToString(page.Next)
	schedules, err := runs.Schedules(ctx, v.Temporal)
	if err != nil {
		return v.answered(request.Problem(v.Temporal, err, "list of schedules"))
	}
	for _, s := range schedules {
		p.Schedules = append(p.Schedules, scheduleRow{s, v.times(s.Spec)})
	}
	return nil
}

// kindTexts, stateTexts and decisionTexts are words of Temporal and the workflows as
// people read them.
var (
	kindTexts = map[string]string{
		"finetune": text("fine-tuning"), "apply": text("application"), "evaluate": text("evaluation"), "retrain": text("retraining"), "call": text("call"),
	}
	stateTexts = map[runs.State]string{
		runs.Running: text("running"), runs.Completed: text("completed"), runs.Failed: text("failed"),
		runs.Cancelled: text("cancelled"), runs.Terminated: text("terminated"), runs.TimedOut: text("timed out"),
	}
	stageTexts = map[pipeline.Stage]string{
		pipeline.Checking: text("checking"), pipeline.Preparing: text("preparing"), pipeline.Staging: text("staging"), pipeline.Anonymizing: text("anonymizing"),
		pipeline.Transcribing: text("transcribing"), pipeline.Planning: text("planning"), pipeline.Splitting: text("splitting"), pipeline.Estimating: text("estimating"),
		pipeline.Uploading: text("uploading"), pipeline.Submitting: text("submitting"), pipeline.TrainingJob: text("training"), pipeline.Measuring: text("measuring"),
		pipeline.Evaluating: text("evaluating"), pipeline.Classifying: text("classifying"), pipeline.Merging: text("merging"), pipeline.Recording: text("recording"),
		pipeline.Retraining: text("retraining"), pipeline.Comparing: text("comparing"), pipeline.Approving: text("approving"), pipeline.Done: text("done"),
		pipeline.Cancelled: text("cancelled"), pipeline.Failed: text("failed"),
	}
	decisionTexts = map[pipeline.Decision]string{
		pipeline.Promote: text("promoted"), pipeline.Keep: text("champion kept"), pipeline.Skip: text("skipped"),
	}
	stateClasses = map[runs.State]string{runs.Completed: "good", runs.Failed: "bad", runs.TimedOut: "bad", runs.Terminated: "bad", runs.Cancelled: "warn"}
)

// word is one of some words in the reader's language, and itself where it is none.
func word[W ~string](v *visit, texts map[W]string, w W) string {
	if t, ok := texts[w]; ok {
		return v.T(t)
	}
	return string(w)
}

func (v *visit) runRow(run runs.Run) runRow {
	end := run.Closed
	if end.IsZero() {
		end = time.Now()
	}
	row := runRow{
		Run: run, KindName: word(v, kindTexts, runs.KindOf(run.Workflow)), StateName: word(v, stateTexts, run.State), StageName: word(v, stageTexts, run.Stage), Class: stateClasses[run.State],
		Took: v.span(end.Sub(run.Started)), Figure: v.figure(run), Path: runPath(run.WorkflowID, run.RunID),
	}
	if isComparison(run) {
		row.KindName = v.T("comparison")
	}
	if v.Temporal != nil {
		row.WebUI = runs.URL(v.WebUI, v.Temporal.Namespace, run.WorkflowID, run.RunID)
	}
	return row
}

// Report is where the report is that the run left, empty if it left none.
func (r runRow) Report() string {
	if r.reportPath() == "" {
		return ""
	}
	return runPath(r.WorkflowID, r.RunID) + "&report=1"
}

// reportPath is where it is among the artifacts.
func (r runRow) reportPath() string {
	switch {
	case r.Result.Apply != nil:
		return r.Result.Apply.Report.Path
	case r.Result.Evaluate != nil:
		return r.Result.Evaluate.Report.Path
	case r.Result.FineTune != nil:
		return r.Result.FineTune.Report.Path
	}
	return ""
}

// figure is what a run came to, in a few words.
func (v *visit) figure(run runs.Run) string {
	r := run.Result
	switch {
	case run.Failure != nil:
		text, _ := v.failure(run.Failure)
		return text
	case r.Retrain != nil:
		return word(v, decisionTexts, r.Retrain.Decision)
	case r.FineTune != nil && r.FineTune.DryRun:
		return v.T("only estimated")
	case r.FineTune != nil:
		return v.accuracy(r.FineTune.Metrics)
	case isComparison(run):
		return v.rightMostOften(r.Evaluate.Compared)
	case r.Evaluate != nil:
		return v.accuracy(r.Evaluate.Metrics)
	case r.Apply != nil:
		c := r.Apply.Counts
		return v.T("%d of %d conversations got a company", c.ConversationStatuses[string(pipeline.AnswerClassified)], c.Conversations)
	}
	return ""
}

// accuracy is how often a model was right on its test set, and how much of it the
// threshold leaves.
func (v *visit) accuracy(m pipeline.Metrics) string {
	return v.T("%s right on test, %s answered", v.portion(m.Test.Accuracy), v.portion(m.Test.Coverage))
}
