// Package registry remembers the models that were fine-tuned: what they were
// trained on, how they were judged, and from which confidence on their answers
// count.
//
// Each model is one JSON file in the artifact store, under models/. Files are
// only ever added, so runs that finish at the same time cannot lose each
// other's entry.
package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/problem"
)

// Model is one entry.
type Model struct {
	// ID is the model's name at the provider.
	ID        string `json:"id"`
	BaseModel string `json:"base_model"`
	// ProviderURL tells which provider has it.
	ProviderURL string    `json:"provider_url"`
	JobID       string    `json:"job_id"`
	Created     time.Time `json:"created"`
	// Threshold is the confidence below which an answer becomes Unknown;
	// AskedPrecision is what it was calibrated to.
	Threshold      float64 `json:"threshold"`
	AskedPrecision float64 `json:"asked_precision"`
	// Labels is the artifact with the answers that the model may give.
	Labels artifact.Ref `json:"labels"`
	// PromptVersion and DatasetSHA256 tell what it was trained with.
	PromptVersion      string  `json:"prompt_version"`
	DatasetSHA256      string  `json:"dataset_sha256"`
	ValidationAccuracy float64 `json:"validation_accuracy"`
	TestAccuracy       float64 `json:"test_accuracy"`
	TestCoverage       float64 `json:"test_coverage"`
	// WorkflowID and RunID name the run that made it.
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

const dir = "models"

// Record adds a model. Recording the same model of the same run again changes
// nothing.
func Record(ctx context.Context, store *artifact.Store, m Model) (artifact.Ref, error) {
	sum := sha256.Sum256([]byte(m.ID + "\x00" + m.RunID))
	ref, err := store.WriteJSON(ctx, dir+"/"+hex.EncodeToString(sum[:8])+".json", m)
	if err != nil {
		return artifact.Ref{}, fmt.Errorf("recording the model: %w", err)
	}
	return ref, nil
}

// List returns all models, newest first.
func List(ctx context.Context, store *artifact.Store) ([]Model, error) {
	paths, err := store.List(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("listing the models: %w", err)
	}
	var models []Model
	for _, path := range paths {
		content, err := store.ReadPath(ctx, path)
		if err != nil {
			return nil, fmt.Errorf("listing the models: %w", err)
		}
		var m Model
		if err := json.Unmarshal(content, &m); err != nil {
			return nil, fmt.Errorf("decoding the model entry %s: %w", path, err)
		}
		models = append(models, m)
	}
	slices.SortFunc(models, func(a, b Model) int { return b.Created.Compare(a.Created) })
	return models, nil
}

// Find returns the newest entry of the model with this id, or of any model if
// id is empty. No such model is a problem of kind BadInput.
func Find(ctx context.Context, store *artifact.Store, id string) (Model, error) {
	models, err := List(ctx, store)
	if err != nil {
		return Model{}, err
	}
	for _, m := range models {
		if id == "" || m.ID == id {
			return m, nil
		}
	}
	if id == "" {
		return Model{}, problem.Input("there is no fine-tuned model yet; run `starter finetune` first, or name a model with --model")
	}
	return Model{}, problem.Input("there is no fine-tuned model %q; `starter models list` shows those there are", id)
}
