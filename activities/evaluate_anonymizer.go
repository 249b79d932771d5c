package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"switchboard/internal/artifact"
	"switchboard/internal/layout"
	"switchboard/internal/privacy"
	"switchboard/internal/program"
)

// EvaluateAnonymizerInput names the folder of the run's artifacts.
type EvaluateAnonymizerInput struct {
	Dir string `json:"dir"`
}

// EvaluateAnonymizerResult is the judgement on the anonymizer of the worker
// that did the work.
type EvaluateAnonymizerResult struct {
	Evaluation privacy.Evaluation `json:"evaluation"`
	// File is privacy.json: the same among the run's artifacts.
	File artifact.Ref `json:"file"`
}

// EvaluateAnonymizer judges the worker's anonymizer on labelled texts, or finds
// how it was judged before. An anonymizer that is not good enough is no failure
// here: what becomes of the run is the workflow's decision, and the run's
// artifacts shall show the figures.
func (d *Data) EvaluateAnonymizer(ctx context.Context, in EvaluateAnonymizerInput) (EvaluateAnonymizerResult, error) {
	ctx, stop := untilWorkerStops(ctx)
	defer stop()

	e, err := d.evaluation(ctx)
	if err != nil {
		return EvaluateAnonymizerResult{}, errors.Join(err, context.Cause(ctx))
	}
	// The run keeps a copy: what is found below may be replaced or deleted.
	file, err := d.Store.WriteJSON(ctx, layout.Run(in.Dir).Privacy(), e)
	return EvaluateAnonymizerResult{Evaluation: e, File: file}, err
}

// judgement is an evaluation as it is kept for the runs that follow.
type judgement struct {
	// Program is the SHA-256 of the program that judged. It stands for all
	// that decides the outcome besides the anonymizer: the labelled texts,
	// how they are measured, and what is asked of each kind.
	Program    string             `json:"program"`
	Evaluation privacy.Evaluation `json:"evaluation"`
}

// evaluation judges on tweets.
func (d *Data) evaluation(ctx context.Context) (privacy.Evaluation, error) {
	version := d.Anonymizer.Version()
	return evaluated(ctx, d.Store, "privacy/"+version[:16]+".json", version, func() (privacy.Evaluation, error) {
		return privacy.Judge(ctx, d.Anonymizer)
	})
}

// evaluated judges once for each version of the anonymizer and each build of the
// program. With rules that takes a fifth of a second, with a large model up to an hour.
func evaluated(ctx context.Context, store *artifact.Store, path, version string, judge func() (privacy.Evaluation, error)) (privacy.Evaluation, error) {
	kept, err := keptJudgement(ctx, store, path)
	if err != nil {
		return privacy.Evaluation{}, err
	}
	sum, known := program.SHA256()
	if known && kept.Program == sum && kept.Evaluation.Anonymizer == version {
		return kept.Evaluation, nil
	}
	e, err := judge()
	if err != nil {
		return privacy.Evaluation{}, err
	}
	_, err = store.WriteJSON(ctx, path, judgement{Program: sum, Evaluation: e})
	return e, err
}

// keptJudgement reads what is kept at a path. Nothing, and what cannot be decoded,
// is the zero value: judging anew is always right.
func keptJudgement(ctx context.Context, store *artifact.Store, path string) (judgement, error) {
	content, err := store.ReadPath(ctx, path)
	if errors.Is(err, artifact.ErrNotFound) {
		return judgement{}, nil
	}
	if err != nil {
		return judgement{}, fmt.Errorf("looking for an earlier evaluation of the anonymizer: %w", err)
	}
	var kept judgement
	if json.Unmarshal(content, &kept) != nil {
		return judgement{}, nil
	}
	return kept, nil
}
