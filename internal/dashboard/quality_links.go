package dashboard

import (
	"net/url"
	"time"

	"switchboard/internal/results"
	"switchboard/internal/review"
)

// Calls leads to the calls of the sample that people judged; to those alone of which
// they say the same as the model, or something else, if right is "yes" or "no".
func (q *quality) Calls(right string) string { return q.calls(q.of, right) }

func (q *quality) calls(f results.Filter, right string) string {
	reviewed := true
	f.Reviewed = &reviewed
	if right != "" {
		said := right == "yes"
		f.Right = &said
	}
	return callsPath(f)
}

// Confusion leads to the calls behind a pair.
func (q *quality) Confusion(c review.Confusion) string {
	f := q.of
	f.Companies, f.JudgedLabels = []string{c.Company}, []string{c.Label}
	return q.calls(f, "no")
}

// Several leads to the calls that two people judged.
func (q *quality) Several() string {
	f := q.of
	f.People = 2
	return q.calls(f, "")
}

// Undecided leads to the calls of which as many people say one thing as another.
func (q *quality) Undecided() string {
	f := q.of
	f.Disputed = true
	return q.calls(f, "")
}

// By leads to the calls that an account judged, or to those alone in which it goes
// against what the model was sure of.
func (q *quality) By(reviewer string, against bool) string {
	f := q.of
	f.Sampled, f.Reviewers, f.Against = nil, []string{reviewer}, against
	return q.calls(f, "")
}

// Recent leads to the calls of a company that the drift counts as those of the last
// seven days, or to those of all companies.
func (q *quality) Recent(company string) string {
	f := q.drifting()
	f.From = f.Until.Add(-week)
	if company != "" {
		f.Companies = []string{company}
	}
	return callsPath(f)
}

// Earlier leads to those of the 28 days before.
func (q *quality) Earlier() string {
	f := q.drifting()
	f.Until = f.Until.Add(-week)
	f.From = f.Until.Add(-4 * week)
	return callsPath(f)
}

// drifting means the calls that the drift counts, up to the end of the hour that has
// begun.
func (q *quality) drifting() results.Filter {
	return results.Filter{Tasks: q.of.Tasks, Kind: q.Kind, Statuses: named, Until: q.v.now().UTC().Add(time.Hour - time.Microsecond).Truncate(time.Hour)}
}

// InBin leads to the calls behind a bin of the diagram of confidences.
func (q *quality) InBin(b review.Bin) string {
	f := q.of
	f.Settled, f.Named, f.MinConfidence = true, true, &b.Low
	if b.High < 1 {
		f.Below = &b.High
	}
	return q.calls(f, "")
}

// RightOf leads to those that one model answered rightly.
func (q *quality) RightOf(model string) string {
	f := q.of
	f.Models = []string{model}
	return q.calls(f, "yes")
}

// Of leads to the checked calls of one model.
func (q *quality) Of(model string) string {
	f := q.of
	f.Models = []string{model}
	return q.calls(f, "")
}

// Queue is the page of calls to review.
func (q *quality) Queue() string { return "/review?" + url.Values{"task": {q.Task}}.Encode() }
