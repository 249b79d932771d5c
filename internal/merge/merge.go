// Package merge turns a model's answers to conversations into what a user asked
// for: one answer for every row of the input, counts, and a summary of both.
//
//	m := merge.New(rows, threshold)
//	err := m.Add(examples, predictions) // part by part
//	m.AddDuplicates(duplicates)
//	for n := range rows {
//		added, err := m.Row(n, repeatsHeader)
//	}
//
// A row of the input is a tweet, and a tweet may be on several conversations: it
// takes the answer that says most. Conversations that got no answer in all
// attempts are a class of their own, and are in no share.
package merge

import (
	"fmt"

	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
)

// Answer is what the output says of one row, or of one call.
type Answer struct {
	Conversation int64
	Company      string
	Confidence   float64
	Status       dataset.Status
	ErrorCode    string
}

// rank orders statuses by how much they say.
var rank = map[dataset.Status]int{
	dataset.Classified: 5, dataset.Unsure: 4, dataset.Invalid: 3, dataset.Failed: 2, dataset.Empty: 1,
}

// beats tells whether a says more than b: an answer more than none, a surer one
// more than a less sure one.
func (a Answer) beats(b Answer) bool {
	if x, y := rank[a.Status], rank[b.Status]; x != y {
		return x > y
	}
	return a.Confidence > b.Confidence
}

// decide applies the threshold to a model's answer.
func decide(p dataset.Prediction, threshold float64) Answer {
	a := Answer{p.ConversationID, p.Company, p.Confidence, p.Status, p.ErrorCode}
	if a.Status == dataset.Classified && (a.Company == dataset.Unknown || a.Confidence < threshold) {
		a.Company, a.Status = dataset.Unknown, dataset.Unsure
	}
	return a
}

// Surest is the answer that says most of those to the pieces of one conversation,
// false where there is none.
func Surest(predictions []dataset.Prediction, threshold float64) (surest Answer, any bool) {
	for _, p := range predictions {
		if a := decide(p, threshold); a.beats(surest) {
			surest = a
		}
	}
	return surest, surest.Status != ""
}

// Merge collects the answers to one input. It needs some 64 bytes for each row.
type Merge struct {
	threshold float64
	rows      []Answer
	// written counts the rows that were given out, by status.
	written map[string]int64

	conversations int64
	statuses      map[string]int64
	errorCodes    map[string]int64
	// companies counts conversations by company, those that failed left out.
	companies map[string]int
	shares    evaluate.Shares
	// confidences are the model's, before the threshold.
	confidences []float64
	// sums are of the confidences of those that were named, by company.
	sums map[string]float64
	// asked and answered are the tokens of questions and answers.
	asked, answered int64
	least           leastSure
}

// New starts a merge for an input of so many rows. An answer below the threshold
// becomes Unknown.
func New(rows int64, threshold float64) *Merge {
	return &Merge{
		threshold: threshold, rows: make([]Answer, rows), written: map[string]int64{},
		statuses: map[string]int64{}, errorCodes: map[string]int64{}, companies: map[string]int{}, sums: map[string]float64{},
	}
}

// Add takes in one part: its examples, and the predictions for them in the same
// order. Threads are whole within a part.
func (m *Merge) Add(examples []dataset.Example, predictions []dataset.Prediction) error {
	if len(predictions) != len(examples) {
		return fmt.Errorf("there are %d predictions for %d conversations", len(predictions), len(examples))
	}
	threads := map[int64]map[string]int64{}
	for i, e := range examples {
		p := predictions[i]
		if p.ConversationID != e.ID {
			return fmt.Errorf("prediction %d is for conversation %d, where conversation %d is", i, p.ConversationID, e.ID)
		}
		a := m.add(e, p)
		if a.Status == dataset.Failed {
			continue
		}
		if threads[e.ThreadID] == nil {
			threads[e.ThreadID] = map[string]int64{}
		}
		threads[e.ThreadID][a.Company]++
	}
	for _, classes := range threads {
		m.shares.AddThread(classes)
	}
	return nil
}

func (m *Merge) add(e dataset.Example, p dataset.Prediction) Answer {
	a := decide(p, m.threshold)
	m.conversations++
	m.statuses[string(a.Status)]++
	m.asked += int64(p.PromptTokens)
	m.answered += int64(p.AnswerTokens)
	if a.Status == dataset.Failed {
		m.errorCodes[a.ErrorCode]++
	} else {
		m.companies[a.Company]++
	}
	if a.Status == dataset.Classified {
		m.sums[a.Company] += a.Confidence
	}
	if p.Status == dataset.Classified {
		m.confidences = append(m.confidences, p.Confidence)
		m.least.add(e, p)
	}
	for _, row := range e.Rows {
		if a.beats(m.rows[row]) {
			m.rows[row] = a
		}
	}
	return a
}

// AddDuplicates gives each row that repeats an earlier tweet what that tweet got.
// All parts must have been added.
func (m *Merge) AddDuplicates(duplicates []dataset.Duplicate) {
	for _, d := range duplicates {
		m.rows[d.Row] = m.rows[d.First]
	}
}
