package review

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"switchboard/internal/evaluate"
)

// Counted is how many calls were answered with a company.
type Counted struct {
	// Recent tells the last seven days from the 28 before them.
	Recent  bool
	Company string
	Calls   int64
	// Confidence is the sum of theirs.
	Confidence float64
}

// DriftOf compares counts. What is counted several times is added up.
func DriftOf(counts []Counted) Drift {
	calls := map[bool]map[string]int64{true: {}, false: {}}
	total, confidence := map[bool]int64{}, map[bool]float64{}
	companies := map[string]bool{}
	for _, c := range counts {
		companies[c.Company] = true
		calls[c.Recent][c.Company] += c.Calls
		total[c.Recent] += c.Calls
		confidence[c.Recent] += c.Confidence
	}
	mean := func(recent bool) evaluate.Share {
		if total[recent] == 0 {
			return evaluate.None
		}
		return evaluate.Share(confidence[recent] / float64(total[recent]))
	}
	d := Drift{
		Recent: total[true], Before: total[false], RecentConfidence: mean(true), BeforeConfidence: mean(false),
		Companies: []Mix{}, Moved: evaluate.None,
	}
	moved := 0.0
	for _, company := range slices.Sorted(maps.Keys(companies)) {
		m := Mix{company, evaluate.ShareOf(calls[true][company], d.Recent), evaluate.ShareOf(calls[false][company], d.Before)}
		moved += m.change() / 2
		d.Companies = append(d.Companies, m)
	}
	if d.Recent > 0 && d.Before > 0 {
		d.Moved = evaluate.Share(min(moved, 1))
	}
	slices.SortStableFunc(d.Companies, func(a, b Mix) int {
		return cmp.Or(cmp.Compare(b.change(), a.change()), strings.Compare(a.Company, b.Company))
	})
	return d
}

// change is by how much a share differs, 0 where either is unknown.
func (m Mix) change() float64 {
	if !m.Recent.Known() || !m.Before.Known() {
		return 0
	}
	return math.Abs(float64(m.Recent - m.Before))
}
