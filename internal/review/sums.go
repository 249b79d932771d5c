package review

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Part is what is added up of the judged calls of one day that one model answered.
// Parts of any days and models add up to the quality of all their calls.
type Part struct {
	// Day is when the day begins, UTC.
	Day time.Time `json:"-"`
	// Model is the calls' model, and Conversation tells that they are conversations of
	// datasets.
	Model        string `json:"model"`
	Conversation bool   `json:"conversation,omitempty"`
	Sums
}

// Sums are whole numbers, so that they are the same in whatever order they are added
// up. What does not say otherwise counts calls of the random sample alone.
type Sums struct {
	// Judged calls have judgements, of which Disputed have no label; Labelled do. Of
	// these, Answered were answered with a company of which the model was sure, and
	// Right name the same as people.
	Judged   int64 `json:"judged,omitempty"`
	Disputed int64 `json:"disputed,omitempty"`
	Labelled int64 `json:"labelled,omitempty"`
	Answered int64 `json:"answered,omitempty"`
	Right    int64 `json:"right,omitempty"`
	// Bins are those of [Quality].
	Bins [10]BinSums `json:"bins"`
	// Confused counts wrong sure answers by the company and the label that people give.
	Confused map[string]map[string]int64 `json:"confused,omitempty"`
	// Pairs counts every two people who judged the same call, Same those of which both
	// give one label, and Labels what they give.
	Pairs  int64            `json:"pairs,omitempty"`
	Same   int64            `json:"same,omitempty"`
	Labels map[string]int64 `json:"labels,omitempty"`
	// Reviewers are by the account's id, of all calls.
	Reviewers map[string]*ReviewerSums `json:"reviewers,omitempty"`
}

// BinSums are those of a [Bin]; Confidence is in millionths.
type BinSums struct {
	Calls      int64 `json:"calls,omitempty"`
	Right      int64 `json:"right,omitempty"`
	Confidence int64 `json:"confidence,omitempty"`
}

// ReviewerSums are those of a [Reviewer].
type ReviewerSums struct {
	Judged int64 `json:"judged,omitempty"`
	Pairs  int64 `json:"pairs,omitempty"`
	Same   int64 `json:"same,omitempty"`
	// Sure counts judgements of sure answers by the company that the model named.
	Sure map[string]*Opinion `json:"sure,omitempty"`
}

// Opinion is what one person, or several, say about sure answers.
type Opinion struct {
	// Judged is how many judgements there are, of which Against say otherwise; with
	// Alone of these nobody else agrees who judged the same call.
	Judged  int64 `json:"judged,omitempty"`
	Against int64 `json:"against,omitempty"`
	Alone   int64 `json:"alone,omitempty"`
}

// millionths is the unit of summed confidences.
const millionths = 1e6

// PartsOf adds up judged calls, in the order of days, models and kinds.
func PartsOf(calls []Judged) []Part {
	type key struct {
		day          time.Time
		model        string
		conversation bool
	}
	parts := map[key]*Part{}
	for i := range calls {
		j := &calls[i]
		k := key{j.At.UTC().Truncate(24 * time.Hour), j.Model, j.Conversation}
		if parts[k] == nil {
			parts[k] = &Part{Day: k.day, Model: k.model, Conversation: k.conversation}
		}
		parts[k].count(j)
	}
	all := []Part{}
	for _, p := range parts {
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b Part) int {
		kind := 0
		if a.Conversation != b.Conversation {
			kind = map[bool]int{true: 1, false: -1}[a.Conversation]
		}
		return cmp.Or(a.Day.Compare(b.Day), strings.Compare(a.Model, b.Model), kind)
	})
	return all
}

// count adds a call.
func (s *Sums) count(j *Judged) {
	if len(j.Labels) == 0 {
		return
	}
	s.countReviewers(j)
	if !j.Sampled {
		return
	}
	s.countPairs(j)
	s.Judged++
	label, agreed := j.Label()
	if !agreed {
		s.Disputed++
		return
	}
	s.Labelled++
	if j.Named != "" {
		b := &s.Bins[binOf(j.Confidence)]
		b.Calls++
		b.Confidence += int64(math.Round(j.Confidence * millionths))
		if label == j.Named {
			b.Right++
		}
	}
	switch {
	case !j.Answered():
	case label == j.Company:
		s.Answered++
		s.Right++
	default:
		s.Answered++
		within(&s.Confused, j.Company)[label]++
	}
}

// binOf is the bin of a confidence.
func binOf(confidence float64) int {
	n := len(Sums{}.Bins) - 1
	for n > 0 && confidence < bound(n) {
		n--
	}
	return n
}

func (s *Sums) countPairs(j *Judged) {
	for a, first := range j.Labels {
		for _, second := range j.Labels[a+1:] {
			s.Pairs++
			if first.Label == second.Label {
				s.Same++
			}
			if s.Labels == nil {
				s.Labels = map[string]int64{}
			}
			s.Labels[first.Label]++
			s.Labels[second.Label]++
		}
	}
}

func (s *Sums) countReviewers(j *Judged) {
	for _, l := range j.Labels {
		r := s.reviewer(l.Reviewer)
		r.Judged++
		backed := false
		for _, other := range j.Labels {
			if other.Reviewer == l.Reviewer {
				continue
			}
			r.Pairs++
			if other.Label == l.Label {
				r.Same++
				backed = true
			}
		}
		if !j.Answered() {
			continue
		}
		o := r.opinion(j.Company)
		o.Judged++
		if l.Label != j.Company {
			o.Against++
			if !backed {
				o.Alone++
			}
		}
	}
}

func (s *Sums) reviewer(account string) *ReviewerSums {
	if s.Reviewers == nil {
		s.Reviewers = map[string]*ReviewerSums{}
	}
	if s.Reviewers[account] == nil {
		s.Reviewers[account] = &ReviewerSums{}
	}
	return s.Reviewers[account]
}

func (r *ReviewerSums) opinion(company string) *Opinion {
	if r.Sure == nil {
		r.Sure = map[string]*Opinion{}
	}
	if r.Sure[company] == nil {
		r.Sure[company] = &Opinion{}
	}
	return r.Sure[company]
}

// all is the opinion about all companies.
func (r *ReviewerSums) all() (all Opinion) {
	for _, o := range r.Sure {
		all.add(o, 1)
	}
	return all
}

// add adds another opinion so many times.
func (o *Opinion) add(other *Opinion, times int64) {
	o.Judged += times * other.Judged
	o.Against += times * other.Against
	o.Alone += times * other.Alone
}

// addCounts adds what a [Group] needs of other sums.
func (s *Sums) addCounts(o *Sums) {
	s.Judged += o.Judged
	s.Disputed += o.Disputed
	s.Labelled += o.Labelled
	s.Answered += o.Answered
	s.Right += o.Right
}

// add adds other sums.
func (s *Sums) add(o *Sums) {
	s.addCounts(o)
	for n, b := range o.Bins {
		s.Bins[n].Calls += b.Calls
		s.Bins[n].Right += b.Right
		s.Bins[n].Confidence += b.Confidence
	}
	for company, labels := range o.Confused {
		for label, n := range labels {
			within(&s.Confused, company)[label] += n
		}
	}
	s.Pairs += o.Pairs
	s.Same += o.Same
	if s.Labels == nil {
		s.Labels = map[string]int64{}
	}
	for label, n := range o.Labels {
		s.Labels[label] += n
	}
	for account, of := range o.Reviewers {
		r := s.reviewer(account)
		r.Judged += of.Judged
		r.Pairs += of.Pairs
		r.Same += of.Same
		for company, opinion := range of.Sure {
			r.opinion(company).add(opinion, 1)
		}
	}
}

// within returns the counts under a name, which it makes where there are none.
func within(counts *map[string]map[string]int64, name string) map[string]int64 {
	if *counts == nil {
		*counts = map[string]map[string]int64{}
	}
	if (*counts)[name] == nil {
		(*counts)[name] = map[string]int64{}
	}
	return (*counts)[name]
}

// accounts are those of the reviewers, in order.
func (s *Sums) accounts() []string { return slices.Sorted(maps.Keys(s.Reviewers)) }
