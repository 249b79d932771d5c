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
	"go.temporal.io/sdk/client"

	"switchboard/internal/account"
	"switchboard/internal/console"
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

// scheduleRow is a schedule as the list shows it.
type scheduleRow struct {
	runs.Schedule
	Times []string
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
		Took: console.Span(end.Sub(run.Started)), Figure: v.figure(run), Path: runPath(run.WorkflowID, run.RunID),
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
	return v.T("%s right on test, %s answered", v.part(m.Test.Accuracy), v.part(m.Test.Coverage))
}

// part is a share, "-" for one of nothing.
func (v *visit) part(s pipeline.Share) string {
	if !s.Known() {
		return "-"
	}
	return v.percent(float64(s))
}

// times says when a schedule runs, one text a rule.
func (v *visit) times(spec *client.ScheduleSpec) (all []string) {
	if spec == nil {
		return nil
	}
	zone := spec.TimeZoneName
	if zone == "" {
		zone = "UTC"
	}
	for _, i := range spec.Intervals {
		all = append(all, v.T("every %s", console.Span(i.Every)))
	}
	for _, c := range spec.Calendars {
		if c.Comment == "" {
			c.Comment = v.T("at calendar times")
		}
		all = append(all, c.Comment+" ("+zone+")")
	}
	for _, c := range spec.CronExpressions {
		all = append(all, c+" ("+zone+")")
	}
	return all
}

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
func (runPage) Span(seconds float64) string {
	if seconds == 0 {
		return "-"
	}
	return console.Seconds(seconds)
}

// ParentPath is where the run is shown that started this one.
func (p runPage) ParentPath() string { return runPath(p.Parent, "") }

// ModelPath is where the model is shown that a run made, or judged; empty if it did not.
func (p runPage) ModelPath() string {
	model := ""
	switch {
	case p.Result.FineTune != nil:
		model = p.Result.FineTune.Model
	case p.Result.Evaluate != nil:
		model = p.Result.Evaluate.Model
	case p.Result.Apply != nil:
		model = p.Result.Apply.Model
	}
	if model == "" || p.Task == "" {
		return ""
	}
	return modelPath(p.Task, model)
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

// What is done to schedules, for the audit.
const (
	schedulePaused    account.Action = "schedule.paused"
	scheduleUnpaused  account.Action = "schedule.unpaused"
	scheduleTriggered account.Action = "schedule.triggered"
)

// changeSchedule pauses a schedule, lets it go on, or starts a run of it.
func (s *Server) changeSchedule(v *visit) error {
	id := v.r.PostFormValue("id")
	why, err := v.reason()
	if err != nil {
		return err
	}
	if v.Temporal == nil {
		return v.noServer()
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), askTime)
	defer cancel()
	kept, notice, err := v.schedule(ctx, id, v.r.PostFormValue("do"), why)
	if err != nil {
		return v.answered(request.Problem(v.Temporal, err, "schedule "+id))
	}
	if err := v.did(kept, id, map[string]string{"reason": why}); err != nil {
		return err
	}
	return v.redirect("/runs#schedules", notice)
}

func (v *visit) schedule(ctx context.Context, id, do, why string) (kept account.Action, notice string, err error) {
	h := v.Temporal.ScheduleClient().GetHandle(ctx, id)
	if err := runs.CheckSchedule(ctx, h); err != nil {
		return "", "", err
	}
	// Whoever sees the schedule elsewhere sees who held it, and why.
	note := v.user.Name + ": " + why
	switch do {
	case "pause":
		return schedulePaused, v.T("The schedule %s is paused.", id), h.Pause(ctx, client.SchedulePauseOptions{Note: note})
	case "unpause":
		return scheduleUnpaused, v.T("The schedule %s is resumed.", id), h.Unpause(ctx, client.ScheduleUnpauseOptions{Note: note})
	case "trigger":
		going, err := runs.Trigger(ctx, h)
		if going != "" {
			err = problem.New(problem.Refused, "%s", v.T("The run %s of this schedule is still going on. Wait until it has ended.", going))
		}
		return scheduleTriggered, v.T("A run of the schedule %s is started.", id), err
	}
	return "", "", problem.Input("%s", v.T("A schedule can be paused, resumed, or started now."))
}

// StageOf is a stage as people read it.
func (p runPage) StageOf(s pipeline.Stage) string { return word(p.v, stageTexts, s) }
