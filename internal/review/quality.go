package review

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"switchboard/internal/evaluate"
)

// Proportion is Count of Of, as a share with its 95% Wilson interval. Of nothing all
// three are unknown, and print as "-".
type Proportion struct {
	Count int64 `json:"count"`
	Of    int64 `json:"of"`
	evaluate.Interval
}

// ProportionOf is count of all.
func ProportionOf(count, all int64) Proportion {
	return Proportion{count, all, evaluate.Wilson(count, all)}
}

// Quality is how good a model's answers are, as far as people have looked. What does
// not say otherwise counts calls of the random sample alone, which no confidence
// chose.
type Quality struct {
	Group
	// Models are told apart by the model, Weeks by the ISO week, as 2026-W48, of when
	// a call was stored: the oldest first.
	Models []Group `json:"models"`
	Weeks  []Group `json:"weeks"`
	// Bins are ten, of the confidences from 0 to 0.1 and so on; 1 is in the last.
	Bins [10]Bin `json:"bins"`
	// Confused are the companies that models most often named for another, at most
	// five, the most frequent first.
	Confused []Confusion `json:"confused"`
	// Agreement is that of every two people who judged the same sampled call.
	Agreement Agreement `json:"agreement"`
	// Reviewers counts all calls that people judged, the sampled and the others, by
	// the account's id.
	Reviewers []Reviewer `json:"reviewers"`
	// Suspects are those whose judgements are to be looked at, see [Suspects].
	Suspects []Suspect `json:"suspects"`
	// Drift counts all answered calls, whether anybody judged them or not.
	Drift Drift `json:"drift"`
}

// Group counts judged calls of the random sample.
type Group struct {
	// Value is the model, or the week; empty for all.
	Value string `json:"value,omitempty"`
	// Start is when the week begins, UTC; zero for what is none.
	Start time.Time `json:"start,omitzero"`
	// Judged is how many calls people judged, of which Disputed have no label because
	// as many say one thing as another: they count for nothing else.
	Judged   int64 `json:"judged"`
	Disputed int64 `json:"disputed"`
	// Accuracy is the share of the answers that are right among those in which the
	// model named a company and was sure. Coverage is the share of these among all.
	Accuracy Proportion `json:"accuracy"`
	Coverage Proportion `json:"coverage"`
}

// Bin compares what models said of their confidence with what people say, for calls
// in which the model named a label, sure or not.
type Bin struct {
	// Low is part of it, and High is not, but for 1.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Confidence is the mean; [evaluate.None] if there are no calls.
	Confidence evaluate.Share `json:"confidence"`
	// Right is the share in which the label that was named is that of people.
	Right Proportion `json:"right"`
}

// Confusion counts calls that a model was sure are for one company, and people say
// are for another, or for none.
type Confusion struct {
	Company string `json:"company"`
	Label   string `json:"label"`
	Calls   int64  `json:"calls"`
}

// Agreement tells how alike people judge.
type Agreement struct {
	// Same is the share of pairs in which both give one label.
	Same Proportion `json:"same"`
	// Kappa is Cohen's, with each pair in both orders: 1 where they always agree, 0
	// where they agree as often as by chance. It is nil where there is no pair, or all
	// give one single label, which tells nothing.
	Kappa *float64 `json:"kappa"`
}

// Reviewer is how one person judges.
type Reviewer struct {
	// Account is its id.
	Account string `json:"account"`
	// Judged is how many calls they judged.
	Judged int64 `json:"judged"`
	// Against is the share of those in which the model named a company and was sure,
	// and they say otherwise.
	Against Proportion `json:"against"`
	// Same is the share of pairs with another person in which both give one label.
	Same Proportion `json:"same"`
}

// Drift compares the answered calls of the last seven days with those of the 28 days
// before.
type Drift struct {
	// Recent and Before are how many calls there are.
	Recent int64 `json:"recent"`
	Before int64 `json:"before"`
	// RecentConfidence and BeforeConfidence are means; unknown without calls.
	RecentConfidence evaluate.Share `json:"recent_confidence"`
	BeforeConfidence evaluate.Share `json:"before_confidence"`
	// Companies are those that either has, those whose share has changed most first.
	Companies []Mix `json:"companies"`
	// Moved is the share of calls that would have to be for another company to make
	// the two alike: 0 if they are, 1 if they share no company. It is unknown where
	// either has no call.
	Moved evaluate.Share `json:"moved"`
}

// Mix is one company's share of the calls; unknown where there are none.
type Mix struct {
	Company string         `json:"company"`
	Recent  evaluate.Share `json:"recent"`
	Before  evaluate.Share `json:"before"`
}

// QualityOf sums up judged calls. Drift is left out: see [DriftOf].
func QualityOf(calls []Judged) Quality { return QualityOfParts(PartsOf(calls)) }

// QualityOfParts sums up parts, in whatever order they come. Drift is left out: see
// [DriftOf].
func QualityOfParts(parts []Part) Quality {
	var all Sums
	models, weeks, starts := map[string]*Sums{}, map[string]*Sums{}, map[string]time.Time{}
	for i := range parts {
		p := &parts[i]
		all.add(&p.Sums)
		name, start := weekOf(p.Day)
		starts[name] = start
		for groups, value := range map[*map[string]*Sums]string{&models: p.Model, &weeks: name} {
			if p.Judged == 0 {
				continue
			}
			if (*groups)[value] == nil {
				(*groups)[value] = &Sums{}
			}
			(*groups)[value].addCounts(&p.Sums)
		}
	}
	q := Quality{
		Group: all.group(""), Models: grouped(models), Weeks: grouped(weeks), Bins: all.bins(), Confused: all.confused(),
		Agreement: all.agreement(), Reviewers: all.reviewers(), Suspects: all.suspects(), Drift: DriftOf(nil),
	}
	for i := range q.Weeks {
		q.Weeks[i].Start = starts[q.Weeks[i].Value]
	}
	return q
}

func (s *Sums) group(value string) Group {
	return Group{
		Value: value, Judged: s.Judged, Disputed: s.Disputed,
		Accuracy: ProportionOf(s.Right, s.Answered), Coverage: ProportionOf(s.Answered, s.Labelled),
	}
}

func grouped(parts map[string]*Sums) []Group {
	groups := []Group{}
	for _, value := range slices.Sorted(maps.Keys(parts)) {
		groups = append(groups, parts[value].group(value))
	}
	return groups
}

// weekOf is the ISO week of a day, and when it begins.
func weekOf(day time.Time) (name string, monday time.Time) {
	year, week := day.ISOWeek()
	return fmt.Sprintf("%04d-W%02d", year, week), day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}

func (s *Sums) bins() (bins [10]Bin) {
	for n, b := range s.Bins {
		bins[n] = Bin{bound(n), bound(n + 1), evaluate.None, ProportionOf(b.Right, b.Calls)}
		if b.Calls > 0 {
			bins[n].Confidence = evaluate.Share(float64(b.Confidence) / millionths / float64(b.Calls))
		}
	}
	return bins
}

// bound is where a bin begins.
func bound(n int) float64 { return float64(n) / 10 }

func (s *Sums) confused() []Confusion {
	pairs := []Confusion{}
	for company, labels := range s.Confused {
		for label, n := range labels {
			pairs = append(pairs, Confusion{company, label, n})
		}
	}
	slices.SortFunc(pairs, func(a, b Confusion) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), strings.Compare(a.Company, b.Company), strings.Compare(a.Label, b.Label))
	})
	return pairs[:min(len(pairs), 5)]
}
