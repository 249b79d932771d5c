package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"switchboard/internal/artifact"
	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/registry"
	"switchboard/internal/store"
)

// PlanRetrainingInput names the dataset as it is now, and what makes another
// training worth while.
type PlanRetrainingInput struct {
	Dataset pipeline.DatasetRef `json:"dataset"`
	// LoadReport is the dataset's load.json, which counts its labels.
	LoadReport artifact.Ref          `json:"load_report"`
	Enough     pipeline.RetrainWhen  `json:"enough"`
	Retraining pipeline.RetrainingID `json:"retraining"`
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
	pipeline.RetrainNews
}

// Confidence is compared over at least so many answers on either side, so that
// chance alone does not look like drift, and over as few runs as have so many:
// the latest count.
const (
	leastConfidences = 500
	mostApplications = 100
)

// PlanRetraining decides whether there is enough to learn from: new rows, new
// corrections, another mix of labels than the champion was trained on, or another
// confidence of its answers than in its test. A retraining that is not worth while
// is recorded as skipped.
func (d *Data) PlanRetraining(ctx context.Context, in PlanRetrainingInput) (PlanRetrainingResult, error) {
	task := d.Models.Task(in.Retraining.Task)
	champion, err := task.Champion(ctx)
	if kind, _ := problem.KindOf(err); kind == problem.BadInput {
		return PlanRetrainingResult{Train: true, Reason: "there is no champion yet"}, nil
	}
	if err != nil {
		return PlanRetrainingResult{}, err
	}
	plan := PlanRetrainingResult{Champion: champion.ID, Labels: champion.Labels}
	if err := d.news(ctx, in, champion, &plan); err != nil {
		return PlanRetrainingResult{}, err
	}
	plan.Train, plan.Reason = in.Enough.Reached(plan.RetrainNews)
	if plan.Train {
		return plan, nil
	}
	return plan, task.RecordRetraining(ctx, registry.Record(in.Retraining, registry.Skip, plan.Reason, champion.ID, ""))
}

// news fills in what has changed since the latest training.
func (d *Data) news(ctx context.Context, in PlanRetrainingInput, champion registry.Model, plan *PlanRetrainingResult) error {
	task := d.Models.Task(in.Retraining.Task)
	models, err := task.Models(ctx)
	if err != nil {
		return err
	}
	// There is a champion, so there is one.
	latest := slices.MaxFunc(models, func(a, b registry.Model) int { return a.LastJudged().Compare(b.LastJudged()) })
	if latest.DatasetSHA256 != in.Dataset.SHA256 {
		plan.Rows = max(in.Dataset.Rows-latest.DatasetRows, 0)
	}
	corrections, err := task.Corrections(ctx)
	if err != nil {
		return err
	}
	for _, c := range corrections {
		if c.Imported.After(latest.LastJudged()) {
			plan.Corrections++
		}
	}
	if plan.ConfidenceDrift, err = confidenceDrift(ctx, task, champion); err != nil {
		return err
	}
	before, err := d.labelMix(ctx, champion.WorkflowID+"/"+champion.RunID+"/load.json")
	if errors.Is(err, artifact.ErrNotFound) {
		return nil // its folder was deleted: there is nothing to drift from
	}
	if err != nil {
		return err
	}
	now, err := d.labelMix(ctx, in.LoadReport.Path)
	if err != nil {
		return err
	}
	plan.Drift = evaluate.PSI(before, now)
	return nil
}

// confidenceDrift tells how far the champion's confidence in production is from
// that in its test.
func confidenceDrift(ctx context.Context, task *store.Task, champion registry.Model) (float64, error) {
	applications, err := task.Applications(ctx, champion.ID, mostApplications)
	if err != nil {
		return 0, err
	}
	now := map[int]int64{}
	for _, a := range applications {
		if total(now) >= leastConfidences {
			break
		}
		for bin, n := range a.Confidences {
			now[bin] += n
		}
	}
	if total(now) < leastConfidences || total(champion.Confidences) < leastConfidences {
		return 0, nil
	}
	return evaluate.PSI(champion.Confidences, now), nil
}

func total(bins map[int]int64) (sum int64) {
	for _, n := range bins {
		sum += n
	}
	return sum
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
