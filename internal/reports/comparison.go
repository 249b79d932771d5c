package reports

import (
	_ "embed"
	"fmt"
	"io"
	"time"

	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
)

// ComparisonVersion is that of the form of a comparison's report.json. It grows when a
// field changes its meaning or goes.
const ComparisonVersion = 1

// Comparison is what the report.json of a comparison holds and its report.html shows.
type Comparison struct {
	Version int `json:"version"`
	// At is when the models were judged, on the conversations of Dataset, a file's
	// name, that the fine-tuning in the folder Run held out.
	At      time.Time `json:"at"`
	Dataset string    `json:"dataset,omitempty"`
	Run     string    `json:"run"`
	// Turns is how much of a conversation the models were given; empty is all of it.
	Turns pipeline.Turns `json:"turns,omitempty"`
	// Precision is what the thresholds were calibrated to, on validation.
	Precision float64                  `json:"asked_precision"`
	Models    []pipeline.ComparedModel `json:"models"`
}

// Cascades are the rows of two models.
func (c Comparison) Cascades() (list []pipeline.ComparedModel) {
	for _, m := range c.Models {
		if m.Asked.Known() {
			list = append(list, m)
		}
	}
	return list
}

// RowOf is a model's row of a comparison, as far as its own report tells.
func RowOf(name string, e Evaluation) pipeline.ComparedModel {
	row := rowOf(name, e.Columns[len(e.Columns)-1].Natural)
	row.Model = e.Model
	for _, k := range e.Known {
		if k.Tweets == 1 {
			row.FirstWords = k.Accuracy
		}
	}
	return row
}

// CascadeRow is the row of two models of which the second is asked about a share of the
// conversations.
func CascadeRow(first, second string, j evaluate.Judgement, asked evaluate.Share) pipeline.ComparedModel {
	row := rowOf(first+", then "+second, j)
	row.Asked = asked
	return row
}

func rowOf(name string, j evaluate.Judgement) pipeline.ComparedModel {
	return pipeline.ComparedModel{
		Name: name, Accuracy: j.Accuracy.Value, Low: j.Accuracy.Low, High: j.Accuracy.High,
		Coverage: j.Coverage.Value, Precision: j.Precision.Value, MacroF1: j.MacroF1.Value,
		FirstWords: pipeline.None, Asked: pipeline.None,
	}
}

//go:embed comparison.html.tmpl
var comparisonText string

var comparisonTemplate = newPage("comparison", comparisonText)

// WriteComparison writes the report.html of a comparison, as [WriteEvaluation] writes
// that of one model.
func WriteComparison(w io.Writer, c Comparison) error {
	if err := comparisonTemplate.Execute(w, c); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// lasted is a time in seconds, as people write it.
func lasted(seconds float64) string {
	if seconds == 0 {
		return "-"
	}
	return (time.Duration(seconds) * time.Second).String()
}

// pace is a number a second.
func pace(perSecond float64) string {
	switch {
	case perSecond == 0:
		return "-"
	case perSecond < 10:
		return fmt.Sprintf("%.1f", perSecond)
	}
	return thousands(int(perSecond))
}
