package activities

import (
	"context"
	"strings"
	"time"

	"switchboard/internal/dataset"
	"switchboard/internal/inference"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/prompt"
	"switchboard/internal/registry"
	"switchboard/internal/results"
)

// ClassifyCallInput names a call whose redacted turns are stored.
type ClassifyCallInput struct {
	CallID string `json:"call_id"`
	Task   string `json:"task"`
	// Model is the id of a fine-tuned model of the task; empty takes its champion.
	Model string `json:"model,omitempty"`
	// Clearance is that of the turns.
	pipeline.Clearance
}

// ClassifyCallResult says how the call was answered; the company is in the database
// alone.
type ClassifyCallResult struct {
	Model      string                `json:"model"`
	Status     pipeline.AnswerStatus `json:"status"`
	Confidence float64               `json:"confidence"`
}

// ClassifyCall asks a model which company a call is for, and stores the answer with
// all that follows from it. The champion is the one at the time of asking. No
// champion, and a model that was retired, are problems of kind BadInput.
func (c *Calls) ClassifyCall(ctx context.Context, in ClassifyCallInput) (ClassifyCallResult, error) {
	stored, err := c.Results.Call(ctx, in.CallID)
	if err != nil {
		return ClassifyCallResult{}, err
	}
	return c.classify(ctx, c.Client, in, stored.Turns)
}

// classify lets whoever is asked name the company of redacted turns.
func (c *Calls) classify(ctx context.Context, asked inference.TopClassifier, in ClassifyCallInput, turns []results.Turn) (ClassifyCallResult, error) {
	if err := in.Clearance.Check(); err != nil {
		return ClassifyCallResult{}, err
	}
	model, err := c.model(ctx, in)
	if err != nil {
		return ClassifyCallResult{}, err
	}
	labels, err := c.labelsOf(ctx, model)
	if err != nil {
		return ClassifyCallResult{}, err
	}
	said, err := inference.Single(ctx, asked, inference.Options{
		Model: model.ID, Prompt: prompt.System, Labels: labels, Concurrency: callConcurrency,
	}, givenOf(turns, model.Turns), model.Threshold)
	if err != nil {
		return ClassifyCallResult{}, err
	}
	_, err = c.Results.SavePrediction(ctx, results.Prediction{
		CallID: in.CallID, Model: model.ID, Threshold: model.Threshold,
		Company: said.Company, Confidence: said.Confidence, Status: said.Status, ErrorCode: said.ErrorCode,
		Named: said.Named, RunnerUp: said.RunnerUp.Label, RunnerUpConfidence: said.RunnerUp.Probability,
	})
	return ClassifyCallResult{Model: model.ID, Status: said.Status, Confidence: said.Confidence}, err
}

// callConcurrency is how many pieces of one long call are asked about at once.
const callConcurrency = 4

func (c *Calls) model(ctx context.Context, in ClassifyCallInput) (registry.Model, error) {
	task := c.Models.Task(in.Task)
	if in.Model == "" {
		return task.Champion(ctx)
	}
	id, err := task.Resolve(ctx, in.Model)
	if err != nil {
		return registry.Model{}, err
	}
	m, err := task.Model(ctx, id)
	if err == nil && !m.Retired.IsZero() {
		return m, problem.Input("the model %q was retired on %s; leave the model out to take the champion", m.ID, m.Retired.Format(time.DateOnly))
	}
	return m, err
}

// labelsOf reads the labels of a model once: the file never changes.
func (c *Calls) labelsOf(ctx context.Context, m registry.Model) ([]string, error) {
	if known, ok := c.labels.Load(m.Labels.SHA256); ok {
		return known.([]string), nil
	}
	var labels []string
	if err := c.Store.ReadJSON(ctx, m.Labels, &labels); err != nil {
		return nil, err
	}
	c.labels.Store(m.Labels.SHA256, labels)
	return labels, nil
}

// agentSide is who speaks for the company.
const agentSide = "agent"

// openingOf is the line, from 1, of a call's first text that is what the customer says
// first; whoever is not known to speak for the company counts as a customer. It is 0
// where the customer says nothing for so long.
func openingOf(turns []results.Turn) int32 {
	line := int32(0)
	for _, t := range turns[:min(len(turns), pipeline.DefaultMaxTweets)] {
		if t.Text == "" {
			continue
		}
		if line++; t.Side != agentSide {
			return line
		}
	}
	return 0
}

// givenOf is what a model is asked about a call: the pieces of [textsOf], or what the
// customer says first where the model knows no more.
func givenOf(turns []results.Turn, trained pipeline.Turns) []string {
	texts := textsOf(turns)
	if len(texts) == 0 || trained.Asked() != pipeline.FirstTurn {
		return texts
	}
	return []string{dataset.Example{Text: texts[0], Opening: openingOf(turns)}.Since(1)}
}

// textsOf cuts a call as package thread cuts a long conversation, and joins the turns
// of each piece as the tweets of one are joined: models read one like the other.
func textsOf(turns []results.Turn) []string {
	var texts []string
	for from := 0; from < len(turns); from += pipeline.DefaultMaxTweets {
		var lines []string
		for _, t := range turns[from:min(from+pipeline.DefaultMaxTweets, len(turns))] {
			if t.Text != "" {
				lines = append(lines, t.Text)
			}
		}
		texts = append(texts, strings.Join(lines, "\n"))
	}
	return texts
}
