package pipeline

import (
	"cmp"
	"fmt"
	"slices"
)

// Untuned is a way to have a model's base model answer without training.
type Untuned string

const (
	// Base tells it the companies there are.
	Base Untuned = "base"
	// FewShot shows it conversations of the training split too.
	FewShot Untuned = "few-shot"
)

// EvaluateInput starts an Evaluate. Dir is required.
type EvaluateInput struct {
	// Task is what the model belongs to; empty is [DefaultTask].
	Task string `json:"task,omitempty"`
	// Model is the id of a fine-tuned model of the task; empty takes its champion.
	Model string `json:"model,omitempty"`
	// Dir is the folder of a finished FineTune, whose splits are used.
	Dir string `json:"dir"`
	// Precision is what the threshold is calibrated to.
	Precision float64 `json:"precision,omitempty"`
	// MaxUnusable is the largest part of the answers that may be no label; 0 is
	// [DefaultMaxUnusable].
	MaxUnusable float64 `json:"max_unusable,omitempty"`
	Seed        int64   `json:"seed,omitempty"`
	// Turns is how much of a conversation the model is given: [AllTurns] or
	// [FirstTurn]; empty is what the fine-tuning of Dir trained on.
	Turns Turns `json:"turns,omitempty"`
	// With are further columns: the model's base model, asked untrained.
	With []Untuned `json:"with,omitempty"`
	// Compare names models to judge one after another and to set side by side, in the
	// place of Model: ids and aliases of fine-tuned ones, and base models, which are
	// trained on the splits first.
	Compare []string `json:"compare,omitempty"`
	// Contender is set for the part of a comparison that is about one model: Model
	// may be a base model there.
	Contender bool `json:"contender,omitempty"`
	// WithoutTexts leaves the conversations out of the report.
	WithoutTexts bool `json:"without_texts,omitempty"`
	// Notify is as in [FineTuneInput].
	Notify string `json:"notify,omitempty"`
}

// WithDefaults returns in with every unset field filled.
func (in EvaluateInput) WithDefaults() EvaluateInput {
	in.Task = orDefault(in.Task, DefaultTask)
	in.MaxUnusable = unlessDefault(in.MaxUnusable)
	in.Precision = orDefault(in.Precision, DefaultPrecision)
	in.Seed = orDefault(in.Seed, 1)
	return in
}

// Validate reports the first field that makes no sense, as a problem of kind
// BadInput. It expects defaults to be filled.
func (in EvaluateInput) Validate() error {
	switch {
	case in.Dir == "":
		return badInput("no run is given; name a finished fine-tuning with --run")
	case !validMaxUnusable(in.MaxUnusable):
		return badInput(maxUnusableText, in.MaxUnusable)
	case in.Precision <= 0 || in.Precision > 1:
		return badInput("the precision is %g; it must be above 0 and at most 1", in.Precision)
	}
	if err := in.checkCompare(); err != nil {
		return err
	}
	for i, way := range in.With {
		if way != Base && way != FewShot || slices.Contains(in.With[:i], way) {
			return badInput("the base model can be asked as %q and as %q, each once; %q is not possible", Base, FewShot, way)
		}
	}
	return cmp.Or(checkTurns(in.Turns, AllTurns, FirstTurn), checkNotify(in.Notify), CheckTask(in.Task))
}

// MostCompared is how many models one comparison takes.
const MostCompared = 10

func (in EvaluateInput) checkCompare() error {
	switch {
	case len(in.Compare) == 0:
		return nil
	case in.Model != "" || len(in.With) > 0:
		return badInput("several models are compared: leave --model and --with out")
	case len(in.Compare) == 1 || len(in.Compare) > MostCompared:
		return badInput("%d models are to be compared; name 2 to %d", len(in.Compare), MostCompared)
	}
	for i, name := range in.Compare {
		if name == "" || slices.Contains(in.Compare[:i], name) {
			return badInput("the models to compare are %q; name each once", in.Compare)
		}
	}
	return nil
}

// EvaluateResult is what Evaluate leaves.
type EvaluateResult struct {
	// Task is as in [Status].
	Task  string `json:"task,omitempty"`
	Model string `json:"model"`
	// Turns is how much of a conversation the model was given; empty is [AllTurns].
	Turns   Turns   `json:"turns,omitempty"`
	Metrics Metrics `json:"metrics"`
	// Notes say what is to be known of the judgement, a sentence each.
	Notes []string `json:"notes,omitempty"`
	// Contender is set in the part of a comparison that is about one model, Compared
	// in the comparison itself, which has no metrics of its own.
	Contender *Contender      `json:"contender,omitempty"`
	Compared  []ComparedModel `json:"compared,omitempty"`
	// Report is report.html, JSON report.json.
	Report Ref         `json:"report"`
	JSON   Ref         `json:"json"`
	Dir    string      `json:"dir"`
	Stages []StageTime `json:"stages"`
}

// Contender is what a comparison wants to know of a model beside how it was judged.
type Contender struct {
	BaseModel string `json:"base_model"`
	// Provider is its base URL.
	Provider string `json:"provider,omitempty"`
	// Job is the last that is known of its training; zero where nothing is.
	Job JobState `json:"job,omitzero"`
	// AnswersPerSecond is how fast it answered; 0 where all answers were there.
	AnswersPerSecond float64 `json:"answers_per_second,omitempty"`
	// The splits that it was judged on, and its answers to them.
	Validation            Ref `json:"validation"`
	ValidationPredictions Ref `json:"validation_predictions"`
	Test                  Ref `json:"test"`
	TestPredictions       Ref `json:"test_predictions"`
}

// ComparedModel is a row of a comparison. What is not known is [None], or 0 where it is
// no share.
type ComparedModel struct {
	// Name is what the model was called, Model its id. A cascade has no id: its
	// first model answers where it is sure, and its second is asked about the rest.
	Name  string `json:"name"`
	Model string `json:"model,omitempty"`
	// Failure says why nothing else is known.
	Failure string `json:"failure,omitempty"`
	// Accuracy counts every answer, Low and High bound it with 95% confidence.
	Accuracy Share `json:"accuracy"`
	Low      Share `json:"low"`
	High     Share `json:"high"`
	// Coverage is the share that is answered at the threshold, Precision how much of
	// that is right.
	Coverage  Share `json:"coverage"`
	Precision Share `json:"precision"`
	// FirstWords is the accuracy on first words alone, of a sample.
	FirstWords Share `json:"first_words"`
	MacroF1    Share `json:"macro_f1"`
	// TrainingSeconds is how long the job took, its waiting included. Cost is in US
	// dollars, where Priced.
	TrainingSeconds float64 `json:"training_seconds,omitempty"`
	TrainedTokens   int64   `json:"trained_tokens,omitempty"`
	Cost            float64 `json:"cost_usd,omitempty"`
	Priced          bool    `json:"priced,omitempty"`
	// AnswersPerSecond is as in [Contender].
	AnswersPerSecond float64 `json:"answers_per_second,omitempty"`
	// ModelBytes is as in [JobState].
	ModelBytes int64 `json:"model_bytes,omitempty"`
	// Asked is the share of conversations about which a cascade asks its second
	// model.
	Asked Share `json:"asked"`
	// Report is the model's own.
	Report Ref `json:"report,omitzero"`
}

// Size is the model's in megabytes, a dash where it is not known.
func (m ComparedModel) Size() string {
	if m.ModelBytes == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f MB", float64(m.ModelBytes)/1e6)
}

// FailedModel is the row of a model that could not be judged.
func FailedModel(name, why string) ComparedModel {
	return ComparedModel{
		Name: name, Failure: why, Accuracy: None, Low: None, High: None, Coverage: None, Precision: None, FirstWords: None, MacroF1: None, Asked: None,
	}
}
