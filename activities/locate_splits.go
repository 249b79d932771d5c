package activities

import (
	"context"
	"errors"

	"switchboard/internal/artifact"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/privacy"
	"switchboard/internal/problem"
)

// LocateSplitsInput names the folder of a fine-tuning, as its status has it.
type LocateSplitsInput struct {
	Dir string `json:"dir"`
}

// LocateSplitsResult names what a model can be judged on.
type LocateSplitsResult struct {
	Train      artifact.Ref `json:"train"`
	Validation artifact.Ref `json:"validation"`
	Test       artifact.Ref `json:"test"`
	Labels     artifact.Ref `json:"labels"`
	// TrainFile and ValidationFile are what was uploaded, Epochs and Seed what it was
	// trained with.
	TrainFile      artifact.Ref `json:"train_file,omitzero"`
	ValidationFile artifact.Ref `json:"validation_file,omitzero"`
	Epochs         int          `json:"epochs,omitempty"`
	Seed           int64        `json:"seed,omitempty"`
	// Known are test conversations at several lengths; zero in fine-tunings from
	// before there were any.
	Known artifact.Ref `json:"known,omitzero"`
	// Turns is how much of a conversation the fine-tuning trained on.
	Turns pipeline.Turns `json:"turns,omitempty"`
	// Dataset is the name of the file that they are of, empty if it is not known.
	Dataset    string             `json:"dataset,omitempty"`
	Anonymizer string             `json:"anonymizer"`
	Privacy    privacy.Evaluation `json:"privacy"`
}

// Clearance is that of the splits' texts.
func (r LocateSplitsResult) Clearance() pipeline.Clearance {
	return pipeline.Clearance{Anonymizer: r.Anonymizer, Evaluation: r.Privacy}
}

// LocateSplits finds the splits of a finished fine-tuning in its manifest. A
// folder without one, or one of a run without splits, is a problem of kind
// BadInput.
func (d *Data) LocateSplits(ctx context.Context, in LocateSplitsInput) (LocateSplitsResult, error) {
	dir := layout.Run(in.Dir)
	var manifest Manifest
	err := d.Store.ReadPathJSON(ctx, dir.Manifest(), &manifest)
	if errors.Is(err, artifact.ErrNotFound) {
		return LocateSplitsResult{}, problem.Input("the run in %s has no manifest; name a fine-tuning that has ended", in.Dir)
	}
	if err != nil {
		return LocateSplitsResult{}, err
	}
	result := LocateSplitsResult{Anonymizer: manifest.Facts["anonymizer"], Privacy: manifest.Privacy}
	result.Turns = manifest.turns()
	if in, ok := manifest.Parameters.(map[string]any); ok {
		dataset, _ := in["dataset"].(string)
		epochs, _ := in["epochs"].(float64)
		seed, _ := in["seed"].(float64)
		result.Epochs, result.Seed = int(epochs), int64(seed)
		result.Dataset = pipeline.DatasetName(dataset)
	}
	wanted := map[string]*artifact.Ref{
		dir.Split(layout.Train): &result.Train, dir.Split(layout.Validation): &result.Validation,
		dir.Split(layout.Test): &result.Test, dir.Labels(): &result.Labels,
	}
	found := 0
	for _, stage := range manifest.Stages {
		for _, file := range stage.Files {
			switch file.Path {
			case dir.Growing():
				result.Known = file
			case dir.Uploaded(layout.Train):
				result.TrainFile = file
			case dir.Uploaded(layout.Validation):
				result.ValidationFile = file
			}
			if into := wanted[file.Path]; into != nil {
				*into = file
				found++
			}
		}
	}
	if found != len(wanted) {
		return LocateSplitsResult{}, problem.Input("the run in %s is a %s and has no splits to judge a model on; name a fine-tuning", in.Dir, manifest.Workflow)
	}
	return result, nil
}
