package activities

import (
	"context"

	"switchboard/internal/artifact"
	"switchboard/internal/database"
	"switchboard/internal/evaluate"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/retrain"
)

// CompareModelsInput names two models and their answers to the same test set.
type CompareModelsInput struct {
	Champion   string `json:"champion"`
	Challenger string `json:"challenger"`
	// Test is the set; the other two are the answers to it.
	Test                  artifact.Ref          `json:"test"`
	ChampionPredictions   artifact.Ref          `json:"champion_predictions"`
	ChallengerPredictions artifact.Ref          `json:"challenger_predictions"`
	Rule                  evaluate.Rule         `json:"rule"`
	Seed                  uint64                `json:"seed"`
	Retraining            pipeline.RetrainingID `json:"retraining"`
	Dir                   string                `json:"dir"`
}

// CompareModelsResult is the judgement.
type CompareModelsResult struct {
	// Better says that the challenger may take the champion's place; Reason
	// is a sentence.
	Better bool   `json:"better"`
	Reason string `json:"reason"`
	// File is comparison.json, which has the classes too.
	File artifact.Ref `json:"file"`
}

// CompareModels notes the challenger, and sets its answers to a test set against
// the champion's.
func (d *Data) CompareModels(ctx context.Context, in CompareModelsInput) (CompareModelsResult, error) {
	by := database.Who{Name: in.Retraining.WorkflowID, Run: in.Retraining.RunID}
	if err := d.Models.Task(in.Retraining.Task).Challenge(ctx, in.Challenger, by, "trained to take the champion's place"); err != nil {
		return CompareModelsResult{}, err
	}
	champion, err := d.answers(ctx, in.Test, in.ChampionPredictions)
	if err != nil {
		return CompareModelsResult{}, err
	}
	challenger, err := d.answers(ctx, in.Test, in.ChallengerPredictions)
	if err != nil {
		return CompareModelsResult{}, err
	}
	judgement, err := retrain.Judge(in.Champion, in.Challenger, champion.answers, challenger.answers, in.Rule, in.Seed)
	if err != nil {
		return CompareModelsResult{}, err
	}
	file, err := d.Store.WriteJSON(ctx, layout.Run(in.Dir).Comparison(), judgement)
	return CompareModelsResult{Better: judgement.Better, Reason: judgement.Reason, File: file}, err
}
