package dashboard

import (
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/runs"
)

// modelPage is all that is known of a model.
type modelPage struct {
	Model   modelRow
	Changes []changeRow
	// MayChange tells that promoting or retiring it would change something.
	MayChange bool
	// WebUI is where Temporal shows the run that made the model, empty if that is not
	// known.
	WebUI string
}

// Path is where another model of a task is shown.
func (modelsPage) Path(task, id string) string { return modelPath(task, id) }
func (modelPage) Path(task, id string) string  { return modelPath(task, id) }

// RunPath is where the retraining is shown that proposes it.
func (p proposal) RunPath() string { return runPath(p.WorkflowID, p.RunID) }

func (s *Server) model(v *visit) error {
	name, id := v.r.URL.Query().Get("task"), v.r.PathValue("id")
	if err := pipeline.CheckTask(name); err != nil {
		return err
	}
	ctx, task := v.r.Context(), s.Base.Task(name)
	id, err := task.Resolve(ctx, id)
	if err != nil {
		return err
	}
	m, err := task.Model(ctx, id)
	if err != nil {
		return err
	}
	if m.Task = task.Name(); v.r.URL.Query().Get("report") != "" {
		return v.report(layout.Of(m.WorkflowID, m.RunID).ReportPage())
	}
	aliases := pipeline.TaskAliases{Task: task.Name()}
	if aliases.Champion, aliases.Challenger, err = task.Aliases(ctx); err != nil {
		return err
	}
	changes, err := task.Changes(ctx, id)
	if err != nil {
		return err
	}
	p := modelPage{Model: modelRow{m, modelState(aliases, m)}, Changes: v.changeRows(changes)}
	p.MayChange = m.Retired.IsZero() && m.ID != aliases.Champion
	if v.Temporal != nil {
		p.WebUI = runs.URL(v.WebUI, v.Temporal.Namespace, m.WorkflowID, m.RunID)
	}
	return v.render("model", v.T("Model"), p)
}
