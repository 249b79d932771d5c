package activities

import (
	"context"
	"slices"

	"switchboard/internal/artifact"
	"switchboard/internal/baseline"
	"switchboard/internal/dataset"
	"switchboard/internal/explain"
	"switchboard/internal/merge"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/prompt"
	"switchboard/internal/seal"
)

// Explain tells why a conversation of a run got its answer: it asks the model once
// more about the redacted text, and for its reasons where the provider is the
// project's own model server. The answer holds words of that text and is sealed for
// whoever asks. A conversation that the run does not have is a problem of kind
// BadInput; texts without a passed evaluation do not leave.
func (c *Control) Explain(ctx context.Context, in pipeline.ExplainInput) (pipeline.ExplainResult, error) {
	if in.CallID != "" {
		return c.explainCall(ctx, in)
	}
	var m Manifest
	if err := c.Store.ReadJSON(ctx, in.Manifest, &m); err != nil {
		return pipeline.ExplainResult{}, err
	}
	cleared := pipeline.Clearance{Anonymizer: m.Facts["anonymizer"], Evaluation: m.Privacy}
	if err := cleared.Check(); err != nil {
		return pipeline.ExplainResult{}, err
	}
	example, prediction, err := c.conversation(ctx, m, in.ConversationID)
	if err != nil {
		return pipeline.ExplainResult{}, err
	}
	model, err := c.Models.Task(in.Task).Model(ctx, in.Model)
	if err != nil {
		return pipeline.ExplainResult{}, err
	}
	turns := m.turns().Among(model.Turns)
	example = dataset.Given([]dataset.Example{example}, turns)[0]
	threshold := model.ThresholdFor(turns)
	answer, _ := merge.Surest([]dataset.Prediction{prediction}, threshold)
	x := pipeline.Explanation{
		Model: model.ID, Company: answer.Company, Status: answer.Status, Confidence: prediction.Confidence, Threshold: threshold,
		Answers: []pipeline.LikelyAnswer{},
	}
	if example.Text != "" {
		if err := c.reasons(ctx, model, example.Text, &x); err != nil {
			return pipeline.ExplainResult{}, err
		}
	}
	sealed, err := seal.Seal(in.Key, pipeline.ExplainPurpose, x)
	return pipeline.ExplainResult{Sealed: sealed}, err
}

// explainCall tells why a stored call got its answer. Its turns were redacted by an
// anonymizer that had passed its evaluation, or they would not be stored.
func (c *Control) explainCall(ctx context.Context, in pipeline.ExplainInput) (pipeline.ExplainResult, error) {
	r, err := c.Results.Get(ctx, in.CallID)
	if err != nil {
		return pipeline.ExplainResult{}, err
	}
	p := r.Prediction
	if p == nil || p.Model == "" {
		return pipeline.ExplainResult{}, problem.Input("no model has answered the call %s", in.CallID)
	}
	model, err := c.Models.Task(r.Task).Model(ctx, p.Model)
	if err != nil {
		return pipeline.ExplainResult{}, err
	}
	x := pipeline.Explanation{
		Model: p.Model, Company: p.Company, Status: p.Status, Confidence: p.Confidence, Threshold: p.Threshold,
		Answers: []pipeline.LikelyAnswer{},
	}
	// Of a call in several pieces, the first is what a caller begins with.
	if texts := givenOf(r.Turns, model.Turns); len(texts) > 0 && texts[0] != "" {
		if err := c.reasons(ctx, model, texts[0], &x); err != nil {
			return pipeline.ExplainResult{}, err
		}
	}
	sealed, err := seal.Seal(in.Key, pipeline.ExplainPurpose, x)
	return pipeline.ExplainResult{Sealed: sealed}, err
}

// reasons asks the model.
func (c *Control) reasons(ctx context.Context, model pipeline.Model, text string, x *pipeline.Explanation) error {
	var labels []string
	if err := c.Store.ReadJSON(ctx, model.Labels, &labels); err != nil {
		return err
	}
	if baseline.IsServers(model.BaseModel) {
		told, err := c.Client.Explain(ctx, model.ID, prompt.System, text)
		if err != nil {
			return err
		}
		explain.Add(x, told, labels, text)
		return nil
	}
	answer, candidates, err := c.Client.TopAnswers(ctx, model.ID, prompt.System, text)
	if err != nil {
		return err
	}
	x.Answers = explain.Likely(answer, candidates, labels)
	return nil
}

// conversation finds one of a run with its prediction. Id 0 is the only one of a
// call.
func (c *Control) conversation(ctx context.Context, m Manifest, id int64) (dataset.Example, dataset.Prediction, error) {
	texts, answers := m.files("anonymized"), m.files("predictions")
	for i, ref := range texts {
		examples, err := rows[dataset.Example](ctx, c.Store, ref)
		if err != nil {
			return dataset.Example{}, dataset.Prediction{}, err
		}
		at := slices.IndexFunc(examples, func(e dataset.Example) bool { return e.ID == id })
		if id == 0 && len(texts) == 1 && len(examples) == 1 {
			at = 0
		}
		if at < 0 || i >= len(answers) {
			continue
		}
		predictions, err := rows[dataset.Prediction](ctx, c.Store, answers[i])
		if err != nil || at >= len(predictions) {
			return dataset.Example{}, dataset.Prediction{}, err
		}
		return examples[at], predictions[at], nil
	}
	return dataset.Example{}, dataset.Prediction{}, problem.Input("the run has no conversation %d; give an id of the column conversation_id of its output.csv", id)
}

// turns is how much of a conversation the run asked about, empty where it is not said.
func (m Manifest) turns() pipeline.Turns {
	in, _ := m.Parameters.(map[string]any)
	turns, _ := in["turns"].(string)
	return pipeline.Turns(turns)
}

// files are those of a stage.
func (m Manifest) files(stage string) []artifact.Ref {
	for _, s := range m.Stages {
		if s.Name == stage {
			return s.Files
		}
	}
	return nil
}
