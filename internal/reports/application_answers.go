package reports

import (
	"fmt"

	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/merge"
)

// outcomeRow is what became of some conversations.
type outcomeRow struct {
	Name, Meaning string
	Conversations int64
	Share         evaluate.Share
	Bar           bar
}

// addOutcomes counts what became of all conversations. What did not occur has no
// row, but for the first two.
func (p *applicationPage) addOutcomes() {
	for _, o := range []struct {
		status        dataset.Status
		name, meaning string
		color         string
	}{
		{dataset.Classified, "Sure", "a company was named", "blue"},
		{dataset.Unsure, "Unsure", "counted as Unknown", "grey"},
		{dataset.Invalid, "No company", "the answer was none of the companies; counted as Unknown", "grey"},
		{dataset.Empty, "No text", "there was nothing to read; counted as Unknown", "grey"},
		{dataset.Failed, "No answer", "the model did not answer; left out below", "orange"},
	} {
		n := p.Count(o.status)
		if n == 0 && o.status != dataset.Classified && o.status != dataset.Unsure {
			continue
		}
		share := evaluate.ShareOf(n, p.Conversations)
		p.Outcomes = append(p.Outcomes, outcomeRow{
			o.name, o.meaning, n, share, barOf(evaluate.Interval{Value: share, Low: evaluate.None, High: evaluate.None}, 1, o.color),
		})
	}
}

// Failed is how many conversations got no answer.
func (p *applicationPage) Failed() int64 { return p.Count(dataset.Failed) }

// Lead is the result in two sentences.
func (p *applicationPage) Lead() string {
	all, sure := p.Conversations, p.Count(dataset.Classified)
	if all == 0 {
		return "The file has no conversations."
	}
	if sure == 0 {
		return fmt.Sprintf("The file has %s, and the model was sure of the company in none of them.", quantity(int(all), "conversation", "conversations"))
	}
	first := p.Companies[0]
	lead := fmt.Sprintf("Of %s, %s (%s) were assigned to %s. %s has the most: %s (%s).",
		quantity(int(all), "conversation", "conversations"), thousands(int(sure)), evaluate.ShareOf(sure, all), quantity(len(p.Companies), "company", "companies"),
		first.Name, thousands(first.Conversations), first.Share.Value)
	if n := p.Unknown.Conversations; n > 0 {
		lead += fmt.Sprintf(" The company is unknown for %s.", thousands(n))
	}
	return lead
}

// Sureness says what the threshold is and what it stands for.
func (p *applicationPage) Sureness() string {
	if p.Threshold > 1 {
		return "In its own test this model was not correct often enough at any confidence, so every answer counts as Unknown."
	}
	s := fmt.Sprintf("An answer counts if its confidence is at least %s. Below that, the company is Unknown.", evaluate.Share(p.Threshold))
	if p.Origin != nil && p.Origin.AskedPrecision > 0 {
		s += fmt.Sprintf(" That level was chosen so that %s of the model's answers are correct, on conversations that it was not trained on.", evaluate.Share(p.Origin.AskedPrecision))
	}
	return s
}

// binRow is a tenth of the confidences.
type binRow struct {
	Name        string
	Answers     int64
	Share, Test evaluate.Share
	Bar         bar
}

// Tested tells that the model's own test is there to compare with.
func (p *applicationPage) Tested() bool { return p.Origin != nil && total(p.Origin.Confidences) > 0 }

func total(bins map[int]int64) (n int64) {
	for _, k := range bins {
		n += k
	}
	return n
}

// addBins spreads the answers over tenths of confidence, the surest first.
func (p *applicationPage) addBins() {
	all := total(p.Confidences)
	for i := 9; i >= 0; i-- {
		row := binRow{Name: fmt.Sprintf("%d to %d%%", 10*i, 10*i+10), Answers: p.Confidences[i], Share: evaluate.ShareOf(p.Confidences[i], all)}
		if p.Tested() {
			row.Test = evaluate.ShareOf(p.Origin.Confidences[i], total(p.Origin.Confidences))
		}
		row.Bar = barOf(evaluate.Interval{Value: row.Share, Low: evaluate.None, High: evaluate.None}, 1, "blue")
		p.Bins = append(p.Bins, row)
	}
}

// doubtRow is an answer that the model was not sure of.
type doubtRow struct {
	merge.Doubt
	// Given tells that it counts all the same.
	Given bool
}

func (p *applicationPage) addDoubts() {
	for _, d := range p.LeastSure {
		p.Doubts = append(p.Doubts, doubtRow{d, d.Company != dataset.Unknown && d.Confidence >= p.Threshold})
	}
}
