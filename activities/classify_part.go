package activities

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/inference"
	"switchboard/internal/pipeline"
	"switchboard/internal/prompt"
)

// ClassifyPartInput names examples, and the model to ask about them.
type ClassifyPartInput struct {
	Model    string       `json:"model"`
	Labels   artifact.Ref `json:"labels"`
	Examples artifact.Ref `json:"examples"`
	// Prompt is the instruction; the zero value stands for that which models
	// are trained with.
	Prompt artifact.Ref `json:"prompt,omitzero"`
	// Path is where the predictions go.
	Path string `json:"path"`
	// Turns is how much of each example is asked about: all of it, or
	// [pipeline.FirstTurn].
	Turns pipeline.Turns `json:"turns,omitempty"`
	// Clearance is that of the examples.
	pipeline.Clearance
}

// ClassifyPartResult names the predictions: one for each example, in their
// order.
type ClassifyPartResult struct {
	Predictions artifact.Ref `json:"predictions"`
	// WithoutConfidence counts answers of this attempt for which the provider
	// gave no probability. They count as certain, so no threshold helps.
	WithoutConfidence int `json:"without_confidence,omitempty"`
	// Questions is how many answers this attempt asked for, in so many Seconds; what
	// was answered before is in neither.
	Questions int     `json:"questions,omitempty"`
	Seconds   float64 `json:"seconds,omitempty"`
}

// ClassifyPart asks a model about every example of a part. Answers are kept as
// they come, under a name made of what was asked, so that nothing is asked and
// paid for twice: not by another attempt, and not by another run on the same
// data. On the last attempt, examples without an answer are marked as failed.
// Texts of an anonymizer without a passed evaluation do not leave: that is a
// problem of kind Refused.
func (p *Provider) ClassifyPart(ctx context.Context, in ClassifyPartInput) (ClassifyPartResult, error) {
	if err := in.Clearance.Check(); err != nil {
		return ClassifyPartResult{}, err
	}
	report(ctx, pipeline.Progress{Total: in.Examples.Rows, Unit: "conversations"})
	attempt := activity.GetInfo(ctx).Attempt
	stored := context.WithoutCancel(ctx) // what was paid for is saved, whatever ends
	ctx, stop := untilWorkerStops(ctx)
	defer stop()

	examples, err := in.asked(ctx, p.Store)
	if err != nil {
		return ClassifyPartResult{}, err
	}
	var labels []string
	if err := p.Store.ReadJSON(ctx, in.Labels, &labels); err != nil {
		return ClassifyPartResult{}, err
	}
	system, err := in.instruction(ctx, p.Store)
	if err != nil {
		return ClassifyPartResult{}, err
	}
	journal := in.journal(ctx, p.Store)
	saved, err := journal.read(ctx)
	if err != nil {
		return ClassifyPartResult{}, err
	}
	task := p.asking.Begin()
	defer task.End()
	began, answered := time.Now(), len(saved.Done)
	outcome, err := inference.Run(ctx, p.Client, inference.Options{
		Model: in.Model, Prompt: system, Labels: labels,
		Concurrency: p.Concurrent, LastAttempt: attempt >= pipeline.ClassifyAttempts,
	}, examples, saved, func(chunk int, predictions []dataset.Prediction) error {
		return journal.save(stored, chunk, predictions)
	}, func(now inference.Progress) {
		task.Did(int64(now.Done - answered))
		answered = now.Done
		report(ctx, pipeline.Progress{Done: int64(now.Done), Total: int64(now.Total), Unit: "conversations", Rate: p.asking.Rate()})
	})
	if err != nil {
		return ClassifyPartResult{}, err
	}
	asked := time.Since(began)
	if err := journal.join(stored, outcome.Predictions); err != nil {
		return ClassifyPartResult{}, err
	}
	ref, err := writeRows(stored, p.Store, in.Path, outcome.Predictions)
	result := ClassifyPartResult{Predictions: ref, WithoutConfidence: outcome.WithoutConfidence, Questions: outcome.Questions}
	if outcome.Questions > 0 {
		result.Seconds = asked.Seconds()
	}
	return result, err
}

// asked are the examples as the model is asked about them.
func (in ClassifyPartInput) asked(ctx context.Context, store *artifact.Store) ([]dataset.Example, error) {
	examples, err := rows[dataset.Example](ctx, store, in.Examples)
	return dataset.Given(examples, in.Turns), err
}

// key identifies the questions: the same model asked in the same words about
// the same texts, with the same answers to choose from.
func (in ClassifyPartInput) key() string {
	words := cmp.Or(in.Prompt.SHA256, prompt.Version())
	text := fmt.Sprintf("%s\n%s\n%s\n%s", in.Model, words, in.Labels.SHA256, in.Examples.SHA256)
	if in.Turns == pipeline.FirstTurn {
		text += "\n" + string(in.Turns)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

func (in ClassifyPartInput) instruction(ctx context.Context, store *artifact.Store) (string, error) {
	if in.Prompt == (artifact.Ref{}) {
		return prompt.System, nil
	}
	text, err := store.Read(ctx, in.Prompt)
	return string(text), err
}

// journal is the folder with the answers to one part's questions: small files
// while they come in, one file when all are there.
type journal struct {
	store *artifact.Store
	dir   string
	// writer is this attempt, of all that ever write here: one that was given
	// up for lost may still be at work, and an earlier run's answers count
	// until they are joined.
	writer string
}

// allAnswers is the name of the file with every answer.
const allAnswers = "all.parquet"

func (in ClassifyPartInput) journal(ctx context.Context, store *artifact.Store) journal {
	info := activity.GetInfo(ctx)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d", info.WorkflowExecution.RunID, info.ActivityID, info.Attempt))
	return journal{store: store, dir: "answers/" + in.key(), writer: hex.EncodeToString(sum[:8])}
}

// read returns what earlier attempts and runs saved. Answers that failed are
// left out: they are to be asked for again.
func (j journal) read(ctx context.Context) (inference.Resume, error) {
	paths, err := j.store.List(ctx, j.dir)
	if err != nil {
		return inference.Resume{}, err
	}
	var saved inference.Resume
	for _, path := range paths {
		list, err := rowsAt[dataset.Prediction](ctx, j.store, path)
		if errors.Is(err, artifact.ErrNotFound) {
			continue // another attempt joined it meanwhile
		}
		if err != nil {
			return inference.Resume{}, err
		}
		saved.Done = append(saved.Done, list...)
	}
	saved.Done = slices.DeleteFunc(saved.Done, func(p dataset.Prediction) bool { return p.Status == dataset.Failed })
	return saved, nil
}

// save writes one small file.
func (j journal) save(ctx context.Context, i int, predictions []dataset.Prediction) error {
	_, err := writeRows(ctx, j.store, fmt.Sprintf("%s/%s-%06d.parquet", j.dir, j.writer, i), predictions)
	return err
}

// join replaces the small files by one.
func (j journal) join(ctx context.Context, predictions []dataset.Prediction) error {
	paths, err := j.store.List(ctx, j.dir)
	if err != nil {
		return err
	}
	if len(paths) == 1 && paths[0] == j.dir+"/"+allAnswers {
		return nil
	}
	if _, err := writeRows(ctx, j.store, j.dir+"/"+allAnswers, predictions); err != nil {
		return err
	}
	for _, path := range paths {
		if path == j.dir+"/"+allAnswers {
			continue
		}
		if err := j.store.Delete(ctx, path); err != nil {
			return err
		}
	}
	return nil
}
