package reports

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"switchboard/internal/baseline"
	"switchboard/internal/config"
	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
)

// Answers are a model's answers to the two splits that it is judged on.
type Answers struct {
	Validation, Test []evaluate.Answer
	// Invalid counts those to the test set, or to both, that were no label.
	Invalid int
}

// Subject is all that an evaluation is made of.
type Subject struct {
	Model, BaseModel string
	Dataset, Run     string
	At               time.Time
	// Trained are the classes of the training split, in order and each once.
	Trained []string
	// Test is the test set, Answers what the model said of it and of validation,
	// Predictions what it said of the test set in all detail.
	Test        []dataset.Example
	Answers     Answers
	Predictions []dataset.Prediction
	// Precision is what thresholds are calibrated to.
	Precision     float64
	Seed          int64
	TrainedTokens int64
	// Estimates are the run's; the first tells the price, if it was chosen.
	Estimates []pipeline.CostEstimate
	// WithoutTexts leaves the conversations out, for a report to be shared.
	WithoutTexts bool
	// Turns is how much of a conversation the model is given, and Known how it does
	// by how much it knows.
	Turns pipeline.Turns
	Known []pipeline.KnownScore
}

// Judge judges the model beside others, whose columns come first in the report.
func (s Subject) Judge(beside []Column, notes []string) Evaluation {
	model := s.column("this model", s.Model+".", s.Answers)
	threshold := model.Natural.Threshold
	return Evaluation{
		Version: EvaluationVersion, At: s.At, Dataset: s.Dataset, Run: s.Run, Model: s.Model, BaseModel: s.BaseModel,
		Precision: s.Precision, Threshold: threshold,
		Columns: append(slices.Clone(beside), model), Notes: notes,
		NoLabel:   Part{Count: int64(s.Answers.Invalid), Of: int64(len(s.Answers.Test))},
		Confusion: confusion(s.Answers.Test, model.Natural.Classes),
		Slices:    s.slices(threshold),
		Turns:     s.Turns, Known: s.Known,
		Cost:   s.cost(),
		Timing: timing(s.Predictions),
		Errors: s.surestErrors(),
	}
}

// column judges answers with the threshold that the validation set gives them.
func (s Subject) column(name, note string, a Answers) Column {
	judged := evaluate.Judge(a.Test, s.Trained, evaluate.Threshold(a.Validation, s.Precision), uint64(s.Seed))
	return Column{Name: name, Note: note, Natural: judged, Balanced: judged.MacroRecall}
}

// Majority is always naming the commonest company of the test set.
func (s Subject) Majority(validation []dataset.Example) Column {
	company, say := baseline.Majority(s.Answers.Test)
	return s.column("majority", "always answers "+company+", the commonest company of the test conversations.",
		Answers{Validation: say.Answers(validation), Test: say.Answers(s.Test)})
}

// IsBaseline says, in the place of a column, that the baseline is the model itself.
const IsBaseline = "The usual baseline is left out: this model is the model server's classifier with its default settings, which is that baseline."

// Baseline is the model server's classifier, trained on the same examples.
func (s Subject) Baseline(a Answers) Column {
	note := "the model server's classifier, trained on the same examples on a CPU; it needs no provider."
	switch s.BaseModel {
	case config.SoftmaxBaseModel:
		note += " This model is of the same kind."
	case config.HybridBaseModel:
		note += " This model is of the same kind, and also learned from sentence embeddings."
	}
	return s.column("baseline", note, a)
}

// Untuned is the base model, asked without training in one of the ways.
func (s Subject) Untuned(way pipeline.Untuned, a Answers) Column {
	note := s.BaseModel + " without training, told which companies there are."
	if way == pipeline.FewShot {
		note = s.BaseModel + " without training, told which companies there are, and shown a conversation of each of the commonest."
	}
	if a.Invalid > 0 {
		note += fmt.Sprintf(" %d of its %d answers were no label.", a.Invalid, len(a.Validation)+len(a.Test))
	}
	return s.column(string(way), note, a)
}

// cost sets what was spent against what was expected.
func (s Subject) cost() Cost {
	c := Cost{TrainedTokens: s.TrainedTokens}
	var questions, answers int64
	for _, p := range s.Predictions {
		questions += int64(p.PromptTokens)
		answers += int64(p.AnswerTokens)
	}
	c.EvaluationTokens = questions + answers
	if len(s.Estimates) == 0 || !s.Estimates[0].Chosen {
		return c
	}
	expected := s.Estimates[0]
	c.Known, c.Source = true, expected.Price.Source
	c.Training, c.TrainingExpected = float64(c.TrainedTokens)/1e6*expected.Price.Training, expected.Training
	c.Evaluation = expected.Price.Answers(questions, answers, false)
	c.EvaluationExpect = expected.Evaluation
	return c
}

// timing is over the answers that were asked for.
func timing(predictions []dataset.Prediction) Timing {
	var took []int32
	for _, p := range predictions {
		if p.LatencyMS > 0 {
			took = append(took, p.LatencyMS)
		}
	}
	if len(took) == 0 {
		return Timing{}
	}
	slices.Sort(took)
	at := func(share float64) float64 { return float64(took[int(share*float64(len(took)-1))]) }
	return Timing{P50: at(0.5), P95: at(0.95)}
}

// mostErrors is how many errors are shown.
const mostErrors = 50

// surestErrors are the wrong answers that the model was surest of, one of a thread:
// the conversations of one share tweets, and its errors are one error.
func (s Subject) surestErrors() []WorstError {
	var wrong []int
	for i, a := range s.Answers.Test {
		if a.Company != a.Truth && a.Company != dataset.Unknown {
			wrong = append(wrong, i)
		}
	}
	slices.SortStableFunc(wrong, func(a, b int) int {
		return cmp.Compare(s.Answers.Test[b].Confidence, s.Answers.Test[a].Confidence)
	})
	list := []WorstError{}
	seen := map[int64]bool{}
	for _, i := range wrong {
		a := s.Answers.Test[i]
		if seen[a.Thread] || len(list) == mostErrors {
			continue
		}
		seen[a.Thread] = true
		w := WorstError{Truth: a.Truth, Answer: a.Company, Confidence: a.Confidence}
		if !s.WithoutTexts {
			w.Text = s.Test[i].Text
		}
		list = append(list, w)
	}
	return list
}
