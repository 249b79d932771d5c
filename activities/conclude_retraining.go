package activities

import (
	"cmp"
	"context"
	"errors"

	"switchboard/internal/database"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
	"switchboard/internal/retrain"
)

// ConcludeRetrainingInput is a decision.
type ConcludeRetrainingInput struct {
	// Promote makes the challenger the champion, if the champion is still
	// the one that it was compared with.
	Promote    bool   `json:"promote"`
	Reason     string `json:"reason"`
	Champion   string `json:"champion"`
	Challenger string `json:"challenger"`
	// By is who approved it; empty is the retraining itself.
	By         string                `json:"by,omitempty"`
	Retraining pipeline.RetrainingID `json:"retraining"`
}

// ConcludeRetrainingResult is what became of it.
type ConcludeRetrainingResult struct {
	Decision registry.Decision `json:"decision"`
	Reason   string            `json:"reason"`
}

// ConcludeRetraining carries a decision out, and records it. Done twice, it does
// nothing more.
func (d *Data) ConcludeRetraining(ctx context.Context, in ConcludeRetrainingInput) (ConcludeRetrainingResult, error) {
	task := d.Models.Task(in.Retraining.Task)
	outcome, err := promote(ctx, task, in)
	if err != nil {
		return ConcludeRetrainingResult{}, err
	}
	var result ConcludeRetrainingResult
	result.Decision, result.Reason = retrain.Conclude(outcome, in.Reason)
	return result, task.RecordRetraining(ctx, registry.Record(in.Retraining, result.Decision, result.Reason, in.Champion, in.Challenger))
}

// promote makes the challenger the champion, if that is wanted.
func promote(ctx context.Context, task *database.Task, in ConcludeRetrainingInput) (retrain.Promotion, error) {
	if !in.Promote {
		return retrain.NotWanted, nil
	}
	by := database.Who{Name: cmp.Or(in.By, in.Retraining.WorkflowID), Run: in.Retraining.RunID}
	err := task.Promote(ctx, in.Challenger, in.Champion, by, in.Reason)
	if errors.Is(err, database.ErrChampionChanged) {
		return retrain.Overtaken, nil
	}
	return retrain.Done, err
}
