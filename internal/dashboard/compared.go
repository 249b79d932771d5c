package dashboard

import (
	"cmp"
	"context"
	"html/template"
	"strings"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/runs"
)

// evaluationsSeen is among how many of the latest evaluations a page looks for
// comparisons.
const evaluationsSeen = 30

// compared is a comparison of models as a page shows it.
type compared struct {
	Task string
	// Path shows the run, Report what it has written; empty if nothing.
	Path, Report string
	At           template.HTML
	// Best says which model was right most often, Turns what the models were given.
	Best, Turns string
	Rows        []comparedRow
	// Cascades tells that there are rows of two models, one after the other.
	Cascades bool
}

// comparedRow is a model of a comparison, or two of which one is asked after the other.
type comparedRow struct {
	Name string
	// Path shows the model, Report how it was judged; empty where that cannot be seen.
	Path, Report string
	// Asked is about how much the second of two models is asked; empty for one model.
	Asked                                                                          string
	Right, Between, Answered, Precision, FirstWords, F1, Training, Cost, PerSecond string
	// Wrong is why the model could not be judged, Told what the programs say of that;
	// empty if it was.
	Wrong, Told string
}

// comparisons are the latest of a task, or of all, by their task.
func (v *visit) comparisons(task string) (map[string]runs.Run, error) {
	if v.Temporal == nil {
		return nil, v.noServer()
	}
	query, err := runs.Filter{Kind: runs.KindOf(pipeline.EvaluateWorkflow), Task: task, Status: runs.Completed}.Query()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), askTime)
	defer cancel()
	// The parts of a comparison are about one model each.
	infos, _, err := runs.Infos(ctx, v.Temporal, query+" AND ParentWorkflowId IS NULL", evaluationsSeen, nil)
	if err != nil {
		return nil, v.answered(err)
	}
	latest := map[string]runs.Run{}
	for _, run := range runs.Look(ctx, v.Temporal, infos) { // those that ended last come first
		task := cmp.Or(run.Task, pipeline.DefaultTask)
		if _, known := latest[task]; !known && isComparison(run) {
			latest[task] = run
		}
	}
	return latest, nil
}

func isComparison(run runs.Run) bool {
	return run.Result.Evaluate != nil && len(run.Result.Evaluate.Compared) > 0
}

// comparison is what came of a comparison, nil for another run.
func (v *visit) comparison(run runs.Run) (*compared, error) {
	if !isComparison(run) {
		return nil, nil
	}
	r, task := run.Result.Evaluate, cmp.Or(run.Task, pipeline.DefaultTask)
	models, err := v.Base.Task(task).Models(v.r.Context())
	if err != nil {
		return nil, err
	}
	paths := map[string]string{}
	for _, m := range models {
		paths[m.ID] = modelPath(task, m.ID)
	}
	c := &compared{Task: task, Path: runPath(run.WorkflowID, run.RunID), At: v.when(run.Closed), Best: v.rightMostOften(r.Compared), Turns: v.T("all that was said")}
	if r.Report.Path != "" {
		c.Report = c.Path + "&report=1"
	}
	if r.Turns == pipeline.FirstTurn {
		c.Turns = v.T("only the customer's first words")
	}
	for _, m := range r.Compared {
		row := v.comparedRow(m)
		row.Path = paths[m.Model]
		c.Cascades = c.Cascades || row.Asked != ""
		c.Rows = append(c.Rows, row)
	}
	return c, nil
}

func (v *visit) comparedRow(m pipeline.ComparedModel) comparedRow {
	row := comparedRow{Name: m.Name, Report: reportOf(m.Report)}
	if m.Failure != "" {
		row.Wrong, row.Told = v.unjudged(m.Failure)
		return row
	}
	row.Right, row.Answered, row.Precision, row.FirstWords, row.F1 = v.portion(m.Accuracy), v.portion(m.Coverage), v.portion(m.Precision), v.portion(m.FirstWords), v.portion(m.MacroF1)
	row.Between = v.T("%s to %s", v.portion(m.Low), v.portion(m.High))
	row.Training, row.Cost, row.PerSecond = "-", "-", "-"
	if m.TrainingSeconds > 0 {
		row.Training = v.span(time.Duration(m.TrainingSeconds * float64(time.Second)))
	}
	if m.Priced {
		row.Cost = v.lang.printer.Sprintf("%.2f", m.Cost) + " USD"
	}
	if m.AnswersPerSecond > 0 {
		row.PerSecond = v.lang.printer.Sprintf("%.1f", m.AnswersPerSecond)
	}
	if first, second, two := strings.Cut(m.Name, ", then "); two && m.Asked.Known() {
		row.Name = v.T("%s, then %s", first, second)
		row.Asked = v.T("The second model is asked about %s of the conversations.", v.portion(m.Asked))
	}
	return row
}

// unjudged says why a model could not be judged.
func (v *visit) unjudged(failure string) (text, program string) {
	if text, known := v.say(failure); known {
		return text, ""
	}
	return v.T("This model could not be judged."), sentenceOf(failure)
}

// reportOf shows how one model of a comparison was judged, by the file that its part has
// left; it is empty where there is none.
func reportOf(report pipeline.Ref) string {
	parts := strings.SplitN(report.Path, "/", 3)
	if len(parts) < 3 {
		return ""
	}
	return runPath(parts[0], parts[1]) + "&report=1"
}

// rightMostOften says which model that is, of those that were judged alone.
func (v *visit) rightMostOften(models []pipeline.ComparedModel) string {
	var best *pipeline.ComparedModel
	for i, m := range models {
		if m.Failure == "" && !m.Asked.Known() && (best == nil || m.Accuracy > best.Accuracy) {
			best = &models[i]
		}
	}
	if best == nil {
		return ""
	}
	return v.T("%s is right most often: %s", best.Name, v.portion(best.Accuracy))
}
