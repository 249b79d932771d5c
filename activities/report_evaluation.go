package activities

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/abadojack/whatlanggo"

	"switchboard/internal/artifact"
	"switchboard/internal/classifier"
	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
	page "switchboard/internal/report"
)

// ReportEvaluationInput names the splits, a model's answers, and what is known
// of the model.
type ReportEvaluationInput struct {
	Train                 artifact.Ref `json:"train"`
	Validation            artifact.Ref `json:"validation"`
	ValidationPredictions artifact.Ref `json:"validation_predictions"`
	Test                  artifact.Ref `json:"test"`
	TestPredictions       artifact.Ref `json:"test_predictions"`
	Model                 string       `json:"model"`
	BaseModel             string       `json:"base_model"`
	// Untuned are the answers of its base model, each a column.
	Untuned []UntunedAnswers `json:"untuned,omitempty"`
	// Precision is what thresholds are calibrated to.
	Precision     float64 `json:"precision"`
	TrainedTokens int64   `json:"trained_tokens"`
	// Estimates are the run's; the first tells the price, if it was chosen.
	Estimates []pipeline.CostEstimate `json:"estimates,omitempty"`
	Seed      int64                   `json:"seed"`
	// TrainedOnThese is true if the model was trained on Train, with Epochs
	// (0 is what the trainer chooses) and Seed.
	TrainedOnThese bool `json:"trained_on_these,omitempty"`
	Epochs         int  `json:"epochs,omitempty"`
	// WithoutTexts leaves the conversations out, for a report to be shared.
	WithoutTexts bool   `json:"without_texts,omitempty"`
	Dir          string `json:"dir"`
}

// UntunedAnswers are those of a base model that was not trained.
type UntunedAnswers struct {
	Way        pipeline.Untuned `json:"way"`
	Validation artifact.Ref     `json:"validation"`
	Test       artifact.Ref     `json:"test"`
}

// ReportEvaluationResult names the report and its parts.
type ReportEvaluationResult struct {
	// JSON is for machines, HTML for people; it holds its pictures. Confusion
	// is one of them.
	JSON      artifact.Ref `json:"json"`
	HTML      artifact.Ref `json:"html"`
	Confusion artifact.Ref `json:"confusion"`
}

// ReportEvaluation judges a model on the test set, beside the commonest class
// and a classifier that is trained here on the same split, and writes what came
// out for people and for machines. The same input gives the same report, but
// for its timing.
func (d *Data) ReportEvaluation(ctx context.Context, in ReportEvaluationInput) (ReportEvaluationResult, error) {
	j, err := d.jury(ctx, in)
	if err != nil {
		return ReportEvaluationResult{}, err
	}
	e, err := j.report(ctx)
	if err != nil {
		return ReportEvaluationResult{}, err
	}
	dir := in.Dir + "/evaluation/"
	var result ReportEvaluationResult
	if result.JSON, err = d.Store.WriteJSON(ctx, dir+"report.json", e); err != nil {
		return result, err
	}
	if result.HTML, err = d.draw(ctx, dir+"report.html", func(w io.Writer) error { return page.WriteEvaluation(w, e) }); err != nil {
		return result, err
	}
	result.Confusion, err = d.draw(ctx, dir+"confusion.png", func(w io.Writer) error { return page.Confused(w, e.Confusion) })
	return result, err
}

// draw stores what paint writes.
func (d *Data) draw(ctx context.Context, path string, paint func(io.Writer) error) (artifact.Ref, error) {
	var content bytes.Buffer
	if err := paint(&content); err != nil {
		return artifact.Ref{}, err
	}
	return d.Store.Write(ctx, path, content.Bytes())
}

// jury has everything that a judgement is made of.
type jury struct {
	in                      ReportEvaluationInput
	train, validation, test []dataset.Example
	said                    []dataset.Prediction // on test
	onValidation, onTest    judged
	untuned                 []page.Column
}

func (d *Data) jury(ctx context.Context, in ReportEvaluationInput) (jury, error) {
	j := jury{in: in}
	for _, s := range []struct {
		ref  artifact.Ref
		into *[]dataset.Example
	}{{in.Train, &j.train}, {in.Validation, &j.validation}, {in.Test, &j.test}} {
		var err error
		if *s.into, err = rows[dataset.Example](ctx, d.Store, s.ref); err != nil {
			return j, err
		}
	}
	var err error
	if j.onValidation, err = d.answers(ctx, in.Validation, in.ValidationPredictions); err != nil {
		return j, err
	}
	if j.onTest, err = d.answers(ctx, in.Test, in.TestPredictions); err != nil {
		return j, err
	}
	if j.said, err = rows[dataset.Prediction](ctx, d.Store, in.TestPredictions); err != nil {
		return j, err
	}
	for _, u := range in.Untuned {
		column, err := d.untuned(ctx, j, u)
		if err != nil {
			return j, err
		}
		j.untuned = append(j.untuned, column)
	}
	return j, nil
}

// untuned judges the base model.
func (d *Data) untuned(ctx context.Context, j jury, u UntunedAnswers) (page.Column, error) {
	validation, err := d.answers(ctx, j.in.Validation, u.Validation)
	if err != nil {
		return page.Column{}, err
	}
	test, err := d.answers(ctx, j.in.Test, u.Test)
	if err != nil {
		return page.Column{}, err
	}
	note := j.in.BaseModel + " without training, told which companies there are."
	if u.Way == pipeline.FewShot {
		note = j.in.BaseModel + " without training, told which companies there are, and shown a conversation of each of the commonest."
	}
	if invalid := validation.invalid + test.invalid; invalid > 0 {
		note += fmt.Sprintf(" %d of its %d answers were no label.", invalid, len(validation.answers)+len(test.answers))
	}
	return j.column(string(u.Way), note, validation.answers, test.answers), nil
}

func (j jury) report(ctx context.Context) (page.Evaluation, error) {
	baseline, err := j.baseline(ctx)
	if err != nil {
		return page.Evaluation{}, err
	}
	model := j.column("this model", j.in.Model+".", j.onValidation.answers, j.onTest.answers)
	e := page.Evaluation{
		Version: page.EvaluationVersion, Model: j.in.Model, BaseModel: j.in.BaseModel,
		Precision: j.in.Precision, Threshold: model.Natural.Threshold,
		Columns:   slices.Concat([]page.Column{j.majority(), baseline}, j.untuned, []page.Column{model}),
		NoLabel:   page.Part{Count: int64(j.onTest.invalid), Of: int64(len(j.onTest.answers))},
		Confusion: confusion(j.onTest.answers, model.Natural.Classes),
		Slices:    j.slices(model.Natural.Threshold),
		Cost:      j.cost(),
		Timing:    j.timing(),
		Errors:    j.worst(),
	}
	return e, nil
}

// column judges answers with the threshold that the validation set gives them.
func (j jury) column(name, note string, validation, test []evaluate.Answer) page.Column {
	judged := evaluate.Judge(test, j.labels(), evaluate.Threshold(validation, j.in.Precision), uint64(j.in.Seed))
	return page.Column{Name: name, Note: note, Natural: judged, Balanced: judged.MacroRecall}
}

// labels are the classes that were trained.
func (j jury) labels() []string { return labelsOf(j.train) }

func labelsOf(examples []dataset.Example) []string {
	var list []string
	for _, e := range examples {
		list = append(list, e.Label)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// majority always names the commonest company of the test set, which has the
// natural mix of companies, where the other splits may be balanced. It is as sure
// of it as it is common there.
func (j jury) majority() page.Column {
	commonest, share := evaluate.Majority(j.onTest.answers)
	say := func(examples []dataset.Example) []evaluate.Answer {
		return answersOf(examples, func(string) (string, float64) { return commonest, max(0, float64(share)) })
	}
	return j.column("majority", "always says "+commonest+", the commonest company of the test conversations.", say(j.validation), say(j.test))
}

// ownBaseModel and ownHybridModel are the model server's base models, and ownSeed is
// the seed of its jobs that name none.
const (
	ownBaseModel   = "switchboard-softmax-1"
	ownHybridModel = "switchboard-hybrid-1"
	ownSeed        = 1
)

// isOwn tells whether a base model is one of the model server's classifiers.
func isOwn(baseModel string) bool {
	return baseModel == ownBaseModel || baseModel == ownHybridModel
}

// isBaseline tells whether training the baseline would give the model once more:
// training is deterministic.
func (j jury) isBaseline() bool {
	return j.in.TrainedOnThese && j.in.BaseModel == ownBaseModel && j.in.Epochs == 0 && j.in.Seed == ownSeed
}

// baseline is the model server's classifier, trained in this process on the same
// examples with its own settings.
func (j jury) baseline(ctx context.Context) (page.Column, error) {
	if j.isBaseline() {
		return j.column("baseline", "the model server's classifier, trained on the same examples with its own settings: this model.", j.onValidation.answers, j.onTest.answers), nil
	}
	texts := func(examples []dataset.Example) []classifier.Example {
		list := make([]classifier.Example, len(examples))
		for i, e := range examples {
			list[i] = classifier.Example{Text: e.Text, Label: e.Label}
		}
		return list
	}
	trained, err := classifier.Train(ctx, texts(j.train), texts(j.validation), classifier.Options{
		Seed: ownSeed, OnEpoch: func(e classifier.Epoch) {
			report(ctx, pipeline.Progress{Done: int64(e.Number), Total: int64(e.Of), Unit: "epochs"})
		},
	})
	if err != nil {
		return page.Column{}, fmt.Errorf("training the baseline: %w", err)
	}
	say := func(examples []dataset.Example) []evaluate.Answer {
		return answersOf(examples, func(text string) (string, float64) {
			best := trained.Predict(text)[0]
			return best.Label, best.Probability
		})
	}
	note := "the model server's classifier, trained on the same examples on a CPU: what is left when a vendor leaves."
	switch j.in.BaseModel {
	case ownBaseModel:
		note += " This model is of the same kind."
	case ownHybridModel:
		note += " This model is of the same kind, and learnt from sentence embeddings too."
	}
	return j.column("baseline", note, say(j.validation), say(j.test)), nil
}

func answersOf(examples []dataset.Example, say func(text string) (string, float64)) []evaluate.Answer {
	answers := make([]evaluate.Answer, len(examples))
	for i, e := range examples {
		company, confidence := say(e.Text)
		answers[i] = evaluate.Answer{Thread: e.ThreadID, Truth: e.Label, Company: company, Confidence: confidence}
	}
	return answers
}

// confusedClasses is how many classes a picture can hold.
const confusedClasses = 15

func confusion(answers []evaluate.Answer, classes []evaluate.Class) page.Confusion {
	var c page.Confusion
	place := map[string]int{}
	for _, class := range classes[:min(len(classes), confusedClasses)] {
		place[class.Label] = len(c.Labels)
		c.Labels = append(c.Labels, class.Label)
	}
	other := len(c.Labels)
	c.Labels = append(c.Labels, "all others")
	for range c.Labels {
		c.Counts = append(c.Counts, make([]int, len(c.Labels)))
	}
	at := func(label string) int {
		if i, known := place[label]; known {
			return i
		}
		return other
	}
	for _, a := range answers {
		c.Counts[at(a.Truth)][at(a.Company)]++
	}
	return c
}

// smallSlice is the size below which a slice says nothing.
const smallSlice = 20

// slices measures parts of the test set. Classes have a table of their own.
func (j jury) slices(threshold float64) []page.Slice {
	var list []page.Slice
	for _, by := range []struct {
		name string
		of   func(dataset.Example) string
	}{
		{"the company's answer", answered}, {"length", lengthOf}, {"language", language},
	} {
		parts := map[string][]evaluate.Answer{}
		for i, e := range j.test {
			name := by.of(e)
			parts[name] = append(parts[name], j.onTest.answers[i])
		}
		var found []page.Slice
		for name, answers := range parts {
			if len(answers) < smallSlice {
				continue
			}
			s := evaluate.Measure(answers, threshold)
			found = append(found, page.Slice{By: by.name, Name: name, Examples: len(answers), Accuracy: s.Accuracy, Coverage: s.Coverage})
		}
		slices.SortFunc(found, func(a, b page.Slice) int {
			return cmp.Or(cmp.Compare(b.Examples, a.Examples), cmp.Compare(a.Name, b.Name))
		})
		list = append(list, found...)
	}
	return list
}

func answered(e dataset.Example) string {
	if e.Answered {
		return "is in the conversation"
	}
	return "is not there yet"
}

func lengthOf(e dataset.Example) string {
	switch tweets := 1 + strings.Count(e.Text, "\n"); {
	case tweets == 1:
		return "1 tweet"
	case tweets == 2:
		return "2 tweets"
	case tweets <= 4:
		return "3 to 4 tweets"
	}
	return "5 tweets or more"
}

// language is a guess from trigrams (Cavnar and Trenkle, "N-Gram-Based Text
// Categorization", 1994), which short texts leave unclear.
func language(e dataset.Example) string {
	info := whatlanggo.Detect(e.Text)
	if !info.IsReliable() {
		return "unclear"
	}
	return info.Lang.String()
}

// cost sets what was spent against what was expected.
func (j jury) cost() page.Cost {
	c := page.Cost{TrainedTokens: j.in.TrainedTokens}
	var questions, answers int64
	for _, p := range j.said {
		questions += int64(p.PromptTokens)
		answers += int64(p.AnswerTokens)
	}
	c.EvaluationTokens = questions + answers
	if len(j.in.Estimates) == 0 || !j.in.Estimates[0].Chosen {
		return c
	}
	expected := j.in.Estimates[0]
	c.Known, c.Source = true, expected.Price.Source
	c.Training, c.TrainingExpected = float64(c.TrainedTokens)/1e6*expected.Price.Training, expected.Training
	c.Evaluation = expected.Price.Answers(questions, answers, false)
	c.EvaluationExpect = expected.Evaluation
	return c
}

// timing is over the answers that were asked for.
func (j jury) timing() page.Timing {
	var took []int32
	for _, p := range j.said {
		if p.LatencyMS > 0 {
			took = append(took, p.LatencyMS)
		}
	}
	if len(took) == 0 {
		return page.Timing{}
	}
	slices.Sort(took)
	at := func(share float64) float64 { return float64(took[int(share*float64(len(took)-1))]) }
	return page.Timing{P50: at(0.5), P95: at(0.95)}
}

// worstErrors is how many errors are shown.
const worstErrors = 50

// worst are the errors that the model was surest of.
func (j jury) worst() []page.WorstError {
	list := []page.WorstError{}
	for i, a := range j.onTest.answers {
		if a.Company == a.Truth || a.Company == dataset.Unknown {
			continue
		}
		w := page.WorstError{Truth: a.Truth, Answer: a.Company, Confidence: a.Confidence, Text: j.test[i].Text}
		list = append(list, w)
	}
	slices.SortStableFunc(list, func(a, b page.WorstError) int { return cmp.Compare(b.Confidence, a.Confidence) })
	list = list[:min(len(list), worstErrors)]
	if j.in.WithoutTexts {
		for i := range list {
			list[i].Text = ""
		}
	}
	return list
}
