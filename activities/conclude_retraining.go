package activities

import (
	"context"
	"errors"

	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
	database "switchboard/internal/store"
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
	result := ConcludeRetrainingResult{Decision: registry.Keep, Reason: in.Reason}
	if in.Promote {
		by := database.Who{Name: in.Retraining.WorkflowID, Run: in.Retraining.RunID}
		if in.By != "" {
			by.Name = in.By
		}
		switch err := task.Promote(ctx, in.Challenger, in.Champion, by, in.Reason); {
		case errors.Is(err, database.ErrChampionChanged):
			result.Reason = "another model became the champion meanwhile, with which this one was not compared; retrain again"
		case err != nil:
			return ConcludeRetrainingResult{}, err
		default:
			result.Decision = registry.Promote
		}
	}
	return result, task.RecordRetraining(ctx, registry.Record(in.Retraining, result.Decision, result.Reason, in.Champion, in.Challenger))
}
