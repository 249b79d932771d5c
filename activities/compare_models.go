package activities

import (
	"context"
	"slices"

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
	// ChampionLabels are the answers that the champion may give; FromCalls counts
	// the classes that the challenger knows from calls alone.
	ChampionLabels artifact.Ref `json:"champion_labels,omitzero"`
	FromCalls      int          `json:"from_calls,omitempty"`
	// Held are calls that people judged, the other two the answers about them; all
	// zero where there are too few.
	Held           artifact.Ref `json:"held,omitzero"`
	HeldChampion   artifact.Ref `json:"held_champion,omitzero"`
	HeldChallenger artifact.Ref `json:"held_challenger,omitzero"`
}

// CompareModelsResult is the judgement.
type CompareModelsResult struct {
	// Better says that the challenger may take the champion's place; Reason
	// is a sentence.
	Better bool   `json:"better"`
	Reason string `json:"reason"`
	// Ask says that a person is to decide; see [retrain.Judgement].
	Ask bool `json:"ask,omitempty"`
	// HeldCalls compares both on held calls; nil where there are too few.
	HeldCalls *pipeline.HeldCalls `json:"held_calls,omitempty"`
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
	if in.FromCalls > 0 {
		companies, err := d.unknownTo(ctx, in, champion.answers)
		if err != nil {
			return CompareModelsResult{}, err
		}
		judgement.Meet(companies)
	}
	if err := d.hear(ctx, in, &judgement); err != nil {
		return CompareModelsResult{}, err
	}
	file, err := d.Store.WriteJSON(ctx, layout.Run(in.Dir).Comparison(), judgement)
	return CompareModelsResult{Better: judgement.Better, Ask: judgement.Ask, Reason: judgement.Reason, HeldCalls: judgement.HeldCalls(), File: file}, err
}

// unknownTo counts the companies that the challenger knows, the champion does not, and
// no test conversation is of.
func (d *Data) unknownTo(ctx context.Context, in CompareModelsInput, test []evaluate.Answer) (n int, err error) {
	challenger, err := d.Models.Task(in.Retraining.Task).Model(ctx, in.Challenger)
	if err != nil {
		return 0, err
	}
	var known, knows []string
	if err := d.Store.ReadJSON(ctx, in.ChampionLabels, &known); err != nil {
		return 0, err
	}
	if err := d.Store.ReadJSON(ctx, challenger.Labels, &knows); err != nil {
		return 0, err
	}
	for _, label := range knows {
		tested := slices.ContainsFunc(test, func(a evaluate.Answer) bool { return a.Truth == label })
		if label != pipeline.Unknown && !slices.Contains(known, label) && !tested {
			n++
		}
	}
	return n, nil
}

// hear lets held calls have their say.
func (d *Data) hear(ctx context.Context, in CompareModelsInput, j *retrain.Judgement) error {
	if in.Held.Path == "" {
		return nil
	}
	champion, err := d.answers(ctx, in.Held, in.HeldChampion)
	if err != nil {
		return err
	}
	challenger, err := d.answers(ctx, in.Held, in.HeldChallenger)
	if err != nil {
		return err
	}
	if !anyNamed(champion.answers) && !anyNamed(challenger.answers) {
		j.HearNothing(len(champion.answers))
		return nil
	}
	held, err := evaluate.Compare(champion.answers, challenger.answers, in.Seed)
	if err != nil {
		return err
	}
	j.Hear(held)
	return nil
}

// anyNamed tells that a model named a company in one answer at least.
func anyNamed(answers []evaluate.Answer) bool {
	return slices.ContainsFunc(answers, func(a evaluate.Answer) bool { return a.Company != pipeline.Unknown })
}
