package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/registry"
	"switchboard/internal/retrain"
)

// PlanRetrainingInput names the dataset as it is now, and what makes another
// training worth while.
type PlanRetrainingInput struct {
	Dataset pipeline.DatasetRef `json:"dataset"`
	// LoadReport is the dataset's load.json, which counts its labels.
	LoadReport artifact.Ref          `json:"load_report"`
	Enough     pipeline.RetrainWhen  `json:"enough"`
	Retraining pipeline.RetrainingID `json:"retraining"`
	// UseSetAside is as in [pipeline.FineTuneInput].
	UseSetAside bool `json:"use_set_aside,omitempty"`
}

// PlanRetrainingResult says whether to train.
type PlanRetrainingResult struct {
	Train bool `json:"train"`
	// Reason is a sentence.
	Reason string `json:"reason"`
	// Champion is empty before there is one. Labels are the answers that it
	// may give.
	Champion string       `json:"champion,omitempty"`
	Labels   artifact.Ref `json:"labels,omitzero"`
	// Turns is what the champion was trained on.
	Turns pipeline.Turns `json:"turns,omitempty"`
	// SetAside tells which labels of calls are not believed.
	SetAside pipeline.SetAside `json:"set_aside,omitzero"`
	pipeline.RetrainNews
}

// PlanRetraining decides whether there is enough to learn from: new rows, new
// corrections, another mix of labels than the champion was trained on, or another
// confidence of its answers than in its test. A retraining that is not worth while
// is recorded as skipped.
func (d *Data) PlanRetraining(ctx context.Context, in PlanRetrainingInput) (PlanRetrainingResult, error) {
	task := d.Models.Task(in.Retraining.Task)
	champion, err := task.Champion(ctx)
	if kind, _ := problem.KindOf(err); kind == problem.BadInput {
		return PlanRetrainingResult{Train: true, Reason: retrain.NoChampion}, nil
	}
	if err != nil {
		return PlanRetrainingResult{}, err
	}
	evidence, err := d.evidence(ctx, in, champion)
	if err != nil {
		return PlanRetrainingResult{}, err
	}
	judged, err := d.learnable(ctx, in.Retraining.Task, in.UseSetAside)
	if err != nil {
		return PlanRetrainingResult{}, err
	}
	if evidence.Judged, err = d.judgedAt(ctx, in.Retraining.Task, judged); err != nil {
		return PlanRetrainingResult{}, err
	}
	plan := PlanRetrainingResult{Champion: champion.ID, Labels: champion.Labels, Turns: champion.Turns, SetAside: judged.aside, RetrainNews: evidence.News()}
	plan.Train, plan.Reason = in.Enough.Reached(plan.RetrainNews)
	if plan.Train {
		return plan, nil
	}
	return plan, task.RecordRetraining(ctx, registry.Record(in.Retraining, registry.Skip, plan.Reason, champion.ID, ""))
}

// evidence gathers what is known.
func (d *Data) evidence(ctx context.Context, in PlanRetrainingInput, champion registry.Model) (e retrain.Evidence, err error) {
	task := d.Models.Task(in.Retraining.Task)
	e = retrain.Evidence{Dataset: in.Dataset, Champion: champion}
	if e.Models, err = task.Models(ctx); err != nil {
		return e, err
	}
	if e.Corrections, err = task.Corrections(ctx); err != nil {
		return e, err
	}
	if e.Applications, err = task.Applications(ctx, champion.ID, retrain.MostApplications); err != nil {
		return e, err
	}
	e.LabelsThen, err = d.labelMix(ctx, layout.Of(champion.WorkflowID, champion.RunID).LoadReport())
	if errors.Is(err, artifact.ErrNotFound) {
		return e, nil // its folder was deleted: there is nothing to drift from
	}
	if err != nil {
		return e, err
	}
	e.LabelsNow, err = d.labelMix(ctx, in.LoadReport.Path)
	return e, err
}

// judgedAt is when people said what they say of calls.
func (d *Data) judgedAt(ctx context.Context, task string, judged judgedCalls) ([]time.Time, error) {
	latest, err := d.Results.JudgedAt(ctx, named(task))
	if err != nil {
		return nil, err
	}
	var at []time.Time
	for _, id := range judged.ids() {
		at = append(at, latest[id])
	}
	return at, nil
}

// labelMix reads how many conversations each label has.
func (d *Data) labelMix(ctx context.Context, path string) (map[string]int64, error) {
	var report struct {
		Labels map[string]int64 `json:"labels"`
	}
	if err := d.Store.ReadPathJSON(ctx, path, &report); err != nil {
		return nil, fmt.Errorf("reading the mix of labels: %w", err)
	}
	return report.Labels, nil
}
