package reports

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"

	"switchboard/internal/evaluate"
)

//go:embed evaluation.html.tmpl
var evaluationText string

var evaluationTemplate = newPage("evaluation", evaluationText)

// evaluationPage is an evaluation with its pictures.
type evaluationPage struct {
	Evaluation
	Last                            Column
	Reliability, Curve, ConfusedPNG []byte
}

// NotTrainedExamples counts the conversations of companies that were not trained,
// NotTrainedNamed those that the model took for another company.
func (p evaluationPage) NotTrainedExamples() (n int) {
	for _, c := range p.Last.Natural.NotTrained {
		n += c.Examples
	}
	return n
}

// NotTrainedNamed is as [evaluationPage.NotTrainedExamples] says.
func (p evaluationPage) NotTrainedNamed() (n int) {
	for _, c := range p.Last.Natural.NotTrained {
		n += c.Named
	}
	return n
}

// Mistaken are the commonest mistakes on companies that were trained. Those on
// others have a section of their own.
func (p evaluationPage) Mistaken() []evaluate.Mistake {
	var list []evaluate.Mistake
	for _, m := range p.Last.Natural.Confused {
		if !p.notTrained(m.Truth) {
			list = append(list, m)
		}
	}
	return list
}

func (p evaluationPage) notTrained(label string) bool {
	for _, c := range p.Last.Natural.NotTrained {
		if c.Label == label {
			return true
		}
	}
	return false
}

// WriteEvaluation writes report.html: one page that needs nothing beside it, no
// script and no network. Everything in it is escaped.
func WriteEvaluation(w io.Writer, e Evaluation) error {
	page := evaluationPage{Evaluation: e, Last: e.Columns[len(e.Columns)-1]}
	for _, picture := range []struct {
		into *[]byte
		draw func(io.Writer) error
	}{
		{&page.Reliability, func(w io.Writer) error { return Reliability(w, page.Last.Natural.Reliability) }},
		{&page.Curve, func(w io.Writer) error { return Coverage(w, e.Columns, e.Precision) }},
		{&page.ConfusedPNG, func(w io.Writer) error { return Confused(w, e.Confusion) }},
	} {
		var png bytes.Buffer
		if err := picture.draw(&png); err != nil {
			return err
		}
		*picture.into = png.Bytes()
	}
	if err := evaluationTemplate.Execute(w, page); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
