package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"switchboard/internal/provider"
)

// SubmitJobInput says what to train on what.
type SubmitJobInput struct {
	BaseModel      string `json:"base_model"`
	TrainingFile   string `json:"training_file"`
	ValidationFile string `json:"validation_file"`
	// TrainingSHA256 and ValidationSHA256 are those of the files' content.
	TrainingSHA256   string `json:"training_sha256"`
	ValidationSHA256 string `json:"validation_sha256"`
	// Owner is the run that submits: it alone may cancel the job.
	Owner string `json:"owner"`
	// Epochs 0 lets the provider choose.
	Epochs int   `json:"epochs"`
	Seed   int64 `json:"seed"`
}

// SubmitJobResult is the job.
type SubmitJobResult struct {
	JobID string `json:"job_id"`
	// Adopted is true if the job was there already.
	Adopted bool `json:"adopted"`
}

// A job's suffix is the mark and so many bytes of the submission's hash: the
// provider that keeps no metadata tells jobs apart by it.
const (
	suffixMark  = "sb-"
	suffixBytes = 6
)

// Metadata keys of what we create at the provider: what was bought, and the run
// that bought it.
const (
	submissionKey = "switchboard_submission"
	ownerKey      = "switchboard_run"
)

// SubmitJob creates a fine-tuning job, once. A job on these files, or on files
// that are the same byte by byte, for the same base model, epochs and seed, that
// has not failed is taken instead: training again would be paid again and give
// the same model. A job on other texts is never taken, whatever it is marked
// with; nor is one whose model was deleted since.
func (p *Provider) SubmitJob(ctx context.Context, in SubmitJobInput) (SubmitJobResult, error) {
	key := in.key()
	request := provider.JobRequest{
		BaseModel:      in.BaseModel,
		TrainingFile:   in.TrainingFile,
		ValidationFile: in.ValidationFile,
		// What was uploaded with --force is in other files, and the same.
		TrainingSHA256:   in.TrainingSHA256,
		ValidationSHA256: in.ValidationSHA256,

		Suffix:   suffixMark + key[:2*suffixBytes],
		Metadata: map[string]string{submissionKey: key, ownerKey: in.Owner},
		Seed:     &in.Seed,
		Epochs:   in.Epochs,
	}
	job, ok, err := p.Client.FindJob(ctx, request, submissionKey)
	if err != nil {
		return SubmitJobResult{}, err
	}
	if ok {
		if ok, err = p.usable(ctx, job); err != nil {
			return SubmitJobResult{}, err
		}
	}
	if ok {
		return SubmitJobResult{JobID: job.ID, Adopted: true}, nil
	}
	job, err = p.Client.CreateJob(ctx, request)
	if err != nil {
		return SubmitJobResult{}, err
	}
	return SubmitJobResult{JobID: job.ID}, nil
}

// usable tells whether the job will end, or has ended, in a model.
func (p *Provider) usable(ctx context.Context, job provider.Job) (bool, error) {
	if job.FineTunedModel == "" {
		return true, nil
	}
	_, err := p.Client.Model(ctx, job.FineTunedModel)
	var refused *provider.Error
	if errors.As(err, &refused) && refused.NotFound() {
		return false, nil
	}
	return err == nil, err
}

// key identifies what the submission buys. The run is not part of it: two runs
// on the same data buy one model.
func (in SubmitJobInput) key() string {
	text := fmt.Sprintf("%s\n%s\n%s\n%d\n%d", in.BaseModel, in.TrainingSHA256, in.ValidationSHA256, in.Epochs, in.Seed)
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
