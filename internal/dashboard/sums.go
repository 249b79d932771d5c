package dashboard

import (
	"slices"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// sums are the counts of a period.
type sums struct {
	// hours are those of each hour.
	hours    map[time.Time]*counts
	byStatus map[results.Status]int64
	waiting  int64
	rejected int64
	counts
}

// counts are answered calls.
type counts struct {
	answered, unknown int64
	// sure sums the confidences of the calls that have one, which are named.
	sure    float64
	named   int64
	latency results.Latency
}

// add adds others.
func (c *counts) add(o *counts) {
	c.answered += o.answered
	c.unknown += o.unknown
	c.sure += o.sure
	c.named += o.named
	c.latency = c.latency.And(o.latency)
}

// in are the counts of a stretch of whole hours.
func (t *sums) in(p period) (c counts) {
	for at := p.from; at.Before(p.until); at = at.Add(time.Hour) {
		if of := t.hours[at]; of != nil {
			c.add(of)
		}
	}
	return c
}

// hour is what is counted in one.
func (t *sums) hour(at time.Time) *counts {
	if t.hours[at] == nil {
		t.hours[at] = &counts{}
	}
	return t.hours[at]
}

func (v *visit) sum(a *shown, p period) (t sums, err error) {
	ctx := v.r.Context()
	q := results.TrendQuery{Tasks: a.tasks, Kind: a.kind, From: p.from, Until: p.until, By: results.ByStatus}
	points, err := v.counts(ctx, q)
	if err != nil {
		return t, err
	}
	t.hours, t.byStatus = map[time.Time]*counts{}, map[results.Status]int64{}
	for _, point := range points {
		t.point(point)
	}
	q.By, q.Companies = "", []string{pipeline.Unknown}
	if points, err = v.counts(ctx, q); err != nil {
		return t, err
	}
	for _, point := range points {
		t.hour(point.Start).unknown += point.Calls
	}
	for _, of := range t.hours {
		t.add(of)
	}
	f := a.filter(p)
	for status, n := range map[results.Status]*int64{results.Redacted: &t.waiting, results.Rejected: &t.rejected} {
		if *n, err = v.unanswered(f, status); err != nil {
			return t, err
		}
	}
	return t, nil
}

// point adds the calls of one status in one hour.
func (t *sums) point(p results.Point) {
	status, of := results.Status(p.Value), counts{answered: p.Calls, latency: p.Latency}
	t.byStatus[status] += p.Calls
	if slices.Contains(named, status) {
		of.named, of.sure = p.Calls, p.Confidence*float64(p.Calls)
	}
	t.hour(p.Start).add(&of)
}

func (t *sums) all() int64 { return t.answered + t.waiting + t.rejected }
