package dashboard

import (
	"context"
	"net/url"
	"strconv"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/runs"
)

// How much of a task the page of all tasks shows, and the page of one.
const (
	modelsAtOnce  = 10
	modelsPerPage = 100
	changesAtOnce = 10
)

// modelsPage is the registry.
type modelsPage struct {
	// Task narrows the page to one, if it is not empty.
	Task  string
	Tasks []taskModels
	// Proposals are promotions that wait for an answer; Silent says why they, and what
	// came of comparisons, are not known.
	Proposals []proposal
	Silent    string
}

// taskModels are the models of a task, newest first.
type taskModels struct {
	pipeline.TaskAliases
	Models []modelRow
	Total  int64
	// Next is where the page after this one begins, 0 if there is none.
	Next int
	// Previous is the champion before this one, empty if there was none.
	Previous string
	Changes  []changeRow
	// Compared is the latest comparison of models of the task that Temporal knows; nil
	// if it knows none.
	Compared *compared
}

// modelRow is a model as lists show it.
type modelRow struct {
	pipeline.Model
	State string
}

// changeRow is a line of the audit trail.
type changeRow struct {
	pipeline.Change
	What string
}

// proposal is a promotion that waits for an answer.
type proposal struct {
	pipeline.Proposal
	Task, WorkflowID, RunID string
}

func (s *Server) models(v *visit) error {
	p := modelsPage{Task: v.r.URL.Query().Get("task")}
	if err := pipeline.CheckTask(p.Task); p.Task != "" && err != nil {
		return err
	}
	names, err := s.Base.Tasks(v.r.Context())
	if err != nil {
		return err
	}
	for _, name := range names {
		if p.Task != "" && p.Task != name {
			continue
		}
		t, err := s.taskModels(v, name, p.Task != "")
		if err != nil {
			return err
		}
		if t.Total > 0 {
			p.Tasks = append(p.Tasks, t)
		}
	}
	if p.Silent, err = v.missing(v.addRuns(&p)); err != nil {
		return err
	}
	return v.render("models", v.T("Models"), p)
}

// addRuns adds what Temporal knows of the tasks' models.
func (v *visit) addRuns(p *modelsPage) (err error) {
	if p.Proposals, err = v.proposals(p.Task); err != nil {
		return err
	}
	latest, err := v.comparisons(p.Task)
	if err != nil {
		return err
	}
	for i := range p.Tasks {
		if p.Tasks[i].Compared, err = v.comparison(latest[p.Tasks[i].Task]); err != nil {
			return err
		}
	}
	return nil
}

// taskModels reads a task: all of it, a page at a time, or the beginning.
func (s *Server) taskModels(v *visit, name string, whole bool) (t taskModels, err error) {
	ctx, task := v.r.Context(), s.Base.Task(name)
	all, err := task.Models(ctx)
	if err != nil {
		return t, err
	}
	t.Task, t.Total = task.Name(), int64(len(all))
	if t.Champion, t.Challenger, err = task.Aliases(ctx); err != nil {
		return t, err
	}
	from, most := 0, modelsAtOnce
	if whole {
		most = modelsPerPage
		from, _ = strconv.Atoi(v.r.URL.Query().Get("from")) // what is no number is the beginning
	}
	from = min(max(from, 0), len(all))
	for _, m := range all[from:min(from+most, len(all))] {
		t.Models = append(t.Models, modelRow{m, modelState(t.TaskAliases, m)})
	}
	if from+most < len(all) {
		t.Next = from + most
	}
	if t.Champion != "" {
		t.Previous, err = task.Resolve(ctx, pipeline.Previous)
		if kind, _ := problem.KindOf(err); err != nil && kind != problem.BadInput {
			return t, err
		}
	}
	changes, err := task.Changes(ctx, "")
	if !whole {
		changes = changes[:min(changesAtOnce, len(changes))]
	}
	t.Changes = v.changeRows(changes)
	return t, err
}

// modelState is what a model of the task is at the moment, one of the texts below.
func modelState(t pipeline.TaskAliases, m pipeline.Model) string {
	switch {
	case m.ID == t.Champion:
		return text("champion")
	case m.ID == t.Challenger:
		return text("challenger")
	case !m.Retired.IsZero():
		return text("retired")
	}
	return ""
}

// actionTexts say what was done with a model.
var actionTexts = map[pipeline.Action]string{
	pipeline.Registered: text("registered"),
	pipeline.Challenged: text("put up against the champion"),
	pipeline.Promoted:   text("promoted"),
	pipeline.RolledBack: text("rolled back to"),
	pipeline.Retired:    text("retired"),
}

func (v *visit) changeRows(changes []pipeline.Change) []changeRow {
	var rows []changeRow
	for _, c := range changes {
		what := string(c.Action)
		if known, ok := actionTexts[c.Action]; ok {
			what = v.T(known)
		}
		rows = append(rows, changeRow{c, what})
	}
	return rows
}

// proposals are the promotions of a task, or of all, that wait for an answer. Of a
// retraining that no worker can tell about, only its name is known.
func (v *visit) proposals(task string) ([]proposal, error) {
	if v.Temporal == nil {
		return nil, v.noServer()
	}
	query, err := runs.Filter{Kind: runs.KindOf(pipeline.RetrainWorkflow), Task: task, Status: runs.Running}.Query()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), askTime)
	defer cancel()
	infos, _, err := runs.Infos(ctx, v.Temporal, query+" AND "+pipeline.StageAttribute+" = '"+string(pipeline.Approving)+"'", modelsPerPage, nil)
	if err != nil {
		return nil, v.answered(err)
	}
	var all []proposal
	for _, info := range infos {
		run := runs.Of(info)
		p := proposal{Task: run.Task, WorkflowID: run.WorkflowID, RunID: run.RunID}
		status, err := runs.Status(ctx, v.Temporal, run.WorkflowID, run.RunID)
		if err == nil && status.Proposal == nil {
			continue // answered a moment ago
		}
		if err == nil {
			p.Proposal = *status.Proposal
		}
		all = append(all, p)
	}
	return all, nil
}

// modelPath is where a model of a task is shown.
func modelPath(task, id string) string {
	return "/models/" + url.PathEscape(id) + "?" + url.Values{"task": {task}}.Encode()
}

// Path, Report, Calls and RunPath are where the model is shown, its report, the calls
// that it answered, and the run that made it.
func (m modelRow) Path() string    { return modelPath(m.Task, m.ID) }
func (m modelRow) Report() string  { return m.Path() + "&report=1" }
func (m modelRow) RunPath() string { return runPath(m.WorkflowID, m.RunID) }
func (m modelRow) Calls() string {
	return "/calls?" + url.Values{"task": {m.Task}, "model": {m.ID}}.Encode()
}
