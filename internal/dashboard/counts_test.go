package dashboard

import (
	"reflect"
	"testing"
	"time"

	"switchboard/internal/results"
)

// Parts of a question that are kept make the same answer as the whole.
func TestCountsAreThoseOfTheStore(t *testing.T) {
	w := newWorld(t)
	w.busy()
	day := 24 * time.Hour
	for _, q := range []results.TrendQuery{
		{}, {Step: results.Daily, By: results.ByStatus}, {Tasks: []string{"banks"}, From: start.Add(-9 * day)}, {From: start.Add(-12 * day), Until: start.Add(-5 * day), By: results.ByCompany},
		{From: start.Add(-3 * day), Until: start}, {From: start.Add(-day)}, {Until: start.Add(-10 * day)}, {From: start.Add(-8*day - 7*time.Hour), Until: start.Add(-day), Step: results.Daily},
	} {
		want, err := w.results.Trend(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // asked, and kept
			if got, err := w.dashboard.counts(t.Context(), q); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v: %d points, %v; want %d", q, len(got), err, len(want))
			}
		}
	}
}

func TestCountsOfPastDaysAreKeptForMinutes(t *testing.T) {
	w := newWorld(t)
	w.seed(24 * 6)
	q := results.TrendQuery{Step: results.Daily}
	sum := func() (n int64) {
		points, err := w.dashboard.counts(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range points {
			n += p.Calls
		}
		return n
	}
	before := sum()
	at := w.now
	w.now = start.AddDate(0, 0, -4)
	w.call(sampleCall("old"), sampleAnswer("old", "AcmeSupport"))
	w.now = at
	w.call(sampleCall("new"), sampleAnswer("new", "AcmeSupport"))
	if n := sum(); n != before+1 {
		t.Errorf("%d calls, want the %d of before and the new one", n, before)
	}
	w.now = w.now.Add(countsKept)
	if n := sum(); n != before+2 {
		t.Errorf("some minutes later there are %d calls, want %d", n, before+2)
	}
}
