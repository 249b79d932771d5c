package merge

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
)

// SummaryVersion is that of the form of summary.json. It grows when a field
// changes its meaning or goes.
const SummaryVersion = 1

// Summary is what one application of a model came to: what a report is made of,
// and what the next application is compared with.
type Summary struct {
	Version int `json:"version"`
	// At is when the answers were merged, Dataset the file's name. Whoever writes
	// the summary fills in these, and the warnings.
	At            time.Time `json:"at"`
	Task          string    `json:"task,omitempty"`
	Model         string    `json:"model,omitempty"`
	Dataset       string    `json:"dataset"`
	DatasetSHA256 string    `json:"dataset_sha256"`

	Threshold     float64 `json:"threshold"`
	Conversations int64   `json:"conversations"`
	// Statuses counts conversations by status, ErrorCodes those that failed.
	Statuses   map[string]int64 `json:"statuses"`
	ErrorCodes map[string]int64 `json:"error_codes,omitempty"`
	// Companies are those that were named, the commonest first; Unknown has the
	// same of all others. Those that failed are in no share.
	Companies []Company `json:"companies"`
	Unknown   Company   `json:"unknown"`
	// Confidences counts the model's answers by tenth, before the threshold.
	Confidences map[int]int64 `json:"confidences"`
	LeastSure   []Doubt       `json:"least_sure"`
	Warnings    []string      `json:"warnings,omitempty"`
}

// Company is one that conversations were assigned to.
type Company struct {
	Name          string            `json:"name"`
	Conversations int               `json:"conversations"`
	Share         evaluate.Interval `json:"share"`
	// Confidence is the mean of the answers that name it.
	Confidence float64 `json:"confidence,omitempty"`
}

// Count is how many conversations have a status.
func (s Summary) Count(status dataset.Status) int64 { return s.Statuses[string(status)] }

// InShares is how many conversations the shares are of: all but those that failed.
func (s Summary) InShares() int64 { return s.Conversations - s.Count(dataset.Failed) }

// ShareOf is a company's share, none where the summary does not name it.
func (s Summary) ShareOf(company string) evaluate.Interval {
	if company == dataset.Unknown {
		return s.Unknown.Share
	}
	if i := slices.IndexFunc(s.Companies, func(c Company) bool { return c.Name == company }); i >= 0 {
		return s.Companies[i].Share
	}
	return evaluate.NoneOf(s.InShares())
}

// Summary sums up what was added.
func (m *Merge) Summary() Summary {
	s := Summary{
		Version: SummaryVersion, Threshold: m.threshold, Conversations: m.conversations,
		Statuses: maps.Clone(m.statuses), ErrorCodes: maps.Clone(m.errorCodes),
		Unknown:     Company{Name: dataset.Unknown, Conversations: m.companies[dataset.Unknown], Share: m.shares.Of(dataset.Unknown)},
		Confidences: m.Confidences(), LeastSure: m.least.list,
	}
	for name, n := range m.companies {
		if name != dataset.Unknown {
			s.Companies = append(s.Companies, Company{name, n, m.shares.Of(name), m.sums[name] / float64(n)})
		}
	}
	slices.SortFunc(s.Companies, func(a, b Company) int {
		return cmp.Or(cmp.Compare(b.Conversations, a.Conversations), cmp.Compare(a.Name, b.Name))
	})
	return s
}

// Doubt is an answer that the model was not sure of.
type Doubt struct {
	// Company is what the model answered, whatever the threshold.
	Company    string  `json:"company"`
	Confidence float64 `json:"confidence"`
	// Text is the anonymized conversation, a long one cut.
	Text string `json:"text"`
	// conversation and thread tell doubts apart.
	conversation, thread int64
}

const (
	// mostDoubts is how many of the least sure answers are kept.
	mostDoubts = 20
	// longestDoubt bounds a text, in characters.
	longestDoubt = 600
)

// leastSure keeps the answers with the lowest confidence, one of a thread, none
// with the text of another.
type leastSure struct{ list []Doubt }

func (l *leastSure) add(e dataset.Example, p dataset.Prediction) {
	d := Doubt{Company: p.Company, Confidence: p.Confidence, Text: cut(e.Text), conversation: e.ID, thread: e.ThreadID}
	if len(l.list) == mostDoubts && surer(d, l.list[mostDoubts-1]) > 0 {
		return
	}
	twin := func(o Doubt) bool { return o.thread == d.thread || o.Text == d.Text }
	if slices.ContainsFunc(l.list, func(o Doubt) bool { return twin(o) && surer(d, o) >= 0 }) {
		return
	}
	l.list = slices.DeleteFunc(l.list, twin)
	l.list = l.list[:min(len(l.list), mostDoubts-1)]
	at, _ := slices.BinarySearchFunc(l.list, d, surer)
	l.list = slices.Insert(l.list, at, d)
}

// surer orders answers by confidence, and then by conversation, so that the same
// answers give the same list.
func surer(a, b Doubt) int {
	return cmp.Or(cmp.Compare(a.Confidence, b.Confidence), cmp.Compare(a.conversation, b.conversation))
}

func cut(text string) string {
	if len(text) <= longestDoubt {
		return text
	}
	if runes := []rune(text); len(runes) > longestDoubt {
		return string(runes[:longestDoubt]) + "…"
	}
	return text
}
