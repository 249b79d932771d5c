package results

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/pipeline"
)

// varied is number n of calls that differ in whatever a filter looks at.
func varied(n int) (Call, Prediction) {
	c, p := aCall(n), anAnswer(n)
	c.Task = []string{"telecom", "airlines"}[n%2]
	c.Channel = []string{"phone", "chat", ""}[n%3]
	c.Language = []string{"en", "de"}[n/2%2]
	p.Model = []string{"sb-1", "sb-2"}[n/4%2]
	p.Company = []string{"AcmeSupport", "OtherSupport", "ThirdSupport"}[n/3%3]
	p.Confidence = float64(n%10) / 10
	if p.Confidence < p.Threshold {
		p.Company, p.Status = pipeline.Unknown, pipeline.AnswerUnsure
	}
	if n%10 == 9 {
		p = Prediction{CallID: c.ID, Status: pipeline.AnswerFailed, ErrorCode: "rate_limit", Model: p.Model}
	}
	return c, p
}

// fill stores so many varied calls, of which the last five wait for their answer.
// They are a minute apart and more.
func fill(t *testing.T, s *Store, c *clock, calls int) []Result {
	t.Helper()
	for n := range calls {
		c.now = c.now.Add(time.Minute)
		one, p := varied(n)
		save(t, s, one, Stored)
		if n < calls-5 {
			answer(t, s, p, true)
		}
	}
	all := everything(t, s, Filter{}, 7)
	if len(all) != calls {
		t.Fatalf("listed %d calls of %d", len(all), calls)
	}
	return all
}

// everything turns the pages of a list.
func everything(t *testing.T, s *Store, f Filter, limit int) []Result {
	t.Helper()
	var all []Result
	for cursor := ""; ; {
		page, err := s.List(t.Context(), f, cursor, limit)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Results...)
		if page.Next == "" {
			return all
		}
		if len(page.Results) != limit {
			t.Errorf("a page that is not the last has %d calls, want %d", len(page.Results), limit)
		}
		cursor = page.Next
	}
}

func ids(results []Result) []string {
	all := []string{}
	for _, r := range results {
		all = append(all, r.ID)
	}
	return all
}

func TestListIsNewestFirstAndFiltersAsTheCallsAre(t *testing.T) {
	share := func(f float64) *float64 { return &f }
	filters := map[string]struct {
		f    Filter
		want func(r Result) bool
	}{
		"one task": {Filter{Tasks: []string{"airlines"}}, func(r Result) bool { return r.Task == "airlines" }},
		"two companies": {Filter{Companies: []string{"AcmeSupport", pipeline.Unknown}}, func(r Result) bool {
			p := r.Prediction
			return p != nil && (p.Company == "AcmeSupport" || p.Company == pipeline.Unknown)
		}},
		"those that wait": {Filter{Statuses: []Status{Redacted}}, func(r Result) bool { return r.Prediction == nil }},
		"no channel":      {Filter{Channels: []string{""}}, func(r Result) bool { return r.Channel == "" }},
		"a language and a model": {Filter{Languages: []string{"de"}, Models: []string{"sb-2"}}, func(r Result) bool {
			return r.Language == "de" && r.Prediction != nil && r.Prediction.Model == "sb-2"
		}},
		"a range of time": {Filter{From: noon.Add(10 * time.Minute), Until: noon.Add(20 * time.Minute)}, func(r Result) bool {
			return !r.StoredAt.Before(noon.Add(10*time.Minute)) && r.StoredAt.Before(noon.Add(20*time.Minute))
		}},
		"a range of confidence": {Filter{MinConfidence: share(0.2), MaxConfidence: share(0.6)}, func(r Result) bool {
			return r.Prediction != nil && r.Prediction.Confidence >= 0.2 && r.Prediction.Confidence <= 0.6
		}},
		"a company and its lowest confidence": {Filter{Companies: []string{"AcmeSupport"}, MaxConfidence: share(0.5)}, func(r Result) bool {
			return r.Prediction != nil && r.Prediction.Company == "AcmeSupport" && r.Prediction.Confidence <= 0.5
		}},
		"a company and its highest confidence": {Filter{Companies: []string{"AcmeSupport"}, MinConfidence: share(0.8)}, func(r Result) bool {
			return r.Prediction != nil && r.Prediction.Company == "AcmeSupport" && r.Prediction.Confidence >= 0.8
		}},
		"a company and a confidence that it never has": {Filter{Companies: []string{"AcmeSupport"}, MaxConfidence: share(0.4)}, func(Result) bool { return false }},
		"words and a task":   {Filter{Words: "PARCEL late", Tasks: []string{"telecom"}}, func(r Result) bool { return r.Task == "telecom" }},
		"nothing":            {Filter{Companies: []string{"nobody"}}, func(Result) bool { return false }},
		"no word of anybody": {Filter{Words: "parcel zebra"}, func(Result) bool { return false }},
	}
	each(t, func(t *testing.T, s *Store, c *clock) {
		all := fill(t, s, c, 60)
		if !slices.IsSortedFunc(all, func(a, b Result) int { return b.StoredAt.Compare(a.StoredAt) }) {
			t.Errorf("the list is %v, want the newest first", ids(all))
		}
		for name, tc := range filters {
			var want []Result
			for _, r := range all {
				if tc.want(r) {
					want = append(want, r)
				}
			}
			for _, limit := range []int{1, 7, MaxPage + 1} {
				s.few = fewCalls * (limit % 2) // whichever way words are looked for
				if got := everything(t, s, tc.f, min(limit, MaxPage)); !slices.Equal(ids(got), ids(want)) {
					t.Errorf("%s, %d a page: %v, want %v", name, limit, ids(got), ids(want))
				}
			}
		}
		listed := all[30]
		whole, err := s.Get(t.Context(), listed.ID)
		if err != nil {
			t.Fatal(err)
		}
		listed.Turns, listed.Spans, listed.Origin.SHA256 = whole.Turns, whole.Spans, whole.Origin.SHA256
		if !reflect.DeepEqual(listed, whole) {
			t.Errorf("listed %+v, read %+v", listed, whole)
		}
	})
}

func TestCallsThatComeInMoveNoPage(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		all := fill(t, s, c, 20)
		first, err := s.List(t.Context(), Filter{}, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		save(t, s, aCall(100), Stored)
		second, err := s.List(t.Context(), Filter{}, first.Next, 10)
		if err != nil || !slices.Equal(ids(append(first.Results, second.Results...)), ids(all)) || second.Next != "" {
			t.Errorf("the pages are %v and %v, %v", ids(first.Results), ids(second.Results), err)
		}
	})
}

// Two calls of one moment are stored at two: none is lost between two pages.
func TestCallsOfOneMomentArePagedOnceEach(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		s.now = func() time.Time { return noon }
		want := []string{}
		for n := range 23 {
			save(t, s, aCall(n), Stored)
			want = append(want, aCall(n).ID)
		}
		got := ids(everything(t, s, Filter{}, 5))
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("listed %v", got)
		}
	})
}

func TestCursorsAndWordsThatAreNoneAreRefused(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		for _, cursor := range []string{"x", "eA", "%%%"} {
			_, err := s.List(t.Context(), Filter{}, cursor, 5)
			wantInput(t, err, "the cursor is none")
		}
		_, err := s.List(t.Context(), Filter{Words: "?!*"}, "", 5)
		wantInput(t, err, "no word to look for")
	})
}

// What was said, and who finds it.
var said = []string{
	"Mein Päckchen aus München ist über Nacht verschwunden, Grüße!",
	"mein pa\u0308ckchen", // an umlaut in two characters
	"MÜNCHEN STRASSE 12, Straße 7a",
	"I've e-mailed support@acme about it; order #4471-22",
	"[NAME] said the well-known price is 3.50 €",
	"Ελληνικά και Ёлка 日本語 emoji 😀 done",
	"OR and NOT near AND",
	`quotes " and ' and \ and & | ! ( ) : * stay harmless`,
	"",
}

var searches = []struct {
	query string
	want  []int
}{
	{"päckchen", []int{0, 1}},
	{"PÄCKCHEN", []int{0, 1}},
	{"pa\u0308ckchen", []int{0, 1}},
	{"packchen", nil},
	{"münchen", []int{0, 2}},
	{"münchen über", []int{0}},
	{"über münchen", []int{0}},
	{"mün*", []int{0, 2}},
	{"mün", nil},
	{"straße", []int{2}},
	{"stra*", []int{2}},
	{"7a", []int{2}},
	{"mailed", []int{3}},
	{"e-mailed", []int{3}},
	{"support@acme", []int{3}},
	{"4471", []int{3}},
	{"447*", []int{3}},
	{"name", []int{4}},
	{"known well", []int{4}},
	{"50 3", []int{4}},
	{"ελληνικά", []int{5}},
	{"ёлка", []int{5}},
	{"日本語", []int{5}},
	{"日*", []int{5}},
	{"not", []int{6}},
	{"and OR", []int{6}},
	{"near", []int{6}},
	{`" harmless '`, []int{7}},
	{`and & stay | ! harmless`, []int{7}},
	{"*and stay", []int{7}},
	{"it; DROP TABLE calls", nil},
	{"grüße*", []int{0}},
}

func TestBothDatabasesFindTheSameWords(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		for n, text := range said {
			c := aCall(n)
			c.Turns = []Turn{{Text: text}, {Text: "yes yes"}}
			save(t, s, c, Stored)
		}
		for _, search := range searches {
			want := []string{}
			for _, n := range search.want {
				want = append(want, aCall(n).ID)
			}
			for _, s.few = range []int{0, 1, fewCalls} {
				got := ids(everything(t, s, Filter{Words: search.query}, 3))
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("%q found %v, want %v", search.query, got, want)
				}
			}
		}
	})
}

func TestACallOfManyWordsCanBeStored(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		var text strings.Builder
		for n := range 200_000 {
			fmt.Fprintf(&text, "w%d ", n)
		}
		c := aCall(1)
		c.Turns = []Turn{{Text: strings.Repeat("x", 5000) + " first\x00word \xff"}, {Text: text.String()}}
		save(t, s, c, Stored)
		for query, want := range map[string]int{"first": 1, "word": 1, "w100": 1, "w199999": 0} {
			if got := everything(t, s, Filter{Words: query}, 3); len(got) != want {
				t.Errorf("%q found %d calls, want %d", query, len(got), want)
			}
		}
	})
}

func FuzzSearchesAreHarmless(f *testing.F) {
	for _, s := range searches {
		f.Add(s.query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, w := range parse(query) {
			if w.text == "" || strings.ContainsAny(w.text, "\"'\\*:&|!() \x00") {
				t.Errorf("%q looks for %q", query, w.text)
			}
		}
	})
}

func TestTrendCountsWhatTheListShows(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		all := fill(t, s, c, 200)
		for _, q := range []TrendQuery{
			{}, {By: ByCompany}, {By: ByStatus, Step: Daily}, {By: ByTask, Tasks: []string{"telecom"}},
			{By: ByCompany, Companies: []string{"AcmeSupport"}, Statuses: []Status{pipeline.AnswerClassified}},
			{From: noon.Add(time.Hour), Until: noon.Add(3 * time.Hour)}, {From: noon.Add(90 * time.Minute), Until: noon.Add(121 * time.Minute)},
		} {
			points, err := s.Trend(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if want := trendOf(all, q); !reflect.DeepEqual(points, want) {
				t.Errorf("%+v gave\n%+v\nwant\n%+v", q, points, want)
			}
		}
		for _, q := range []TrendQuery{{By: "model"}, {Step: Step(time.Minute)}} {
			_, err := s.Trend(t.Context(), q)
			wantInput(t, err, "calls are counted by")
		}
	})
}

// trendOf counts calls one by one.
func trendOf(all []Result, q TrendQuery) []Point {
	step := max(time.Duration(q.Step), time.Hour)
	from, until := q.From.Truncate(time.Hour), q.Until.Add(time.Hour-1).Truncate(time.Hour)
	points := []Point{}
	confidences, latencies := map[int]int64{}, map[int]time.Duration{}
	for _, r := range slices.Backward(all) {
		p := r.Prediction
		if p == nil || r.StoredAt.Before(from) && !q.From.IsZero() || !r.StoredAt.Before(until) && !q.Until.IsZero() ||
			len(q.Tasks) > 0 && !slices.Contains(q.Tasks, r.Task) || len(q.Companies) > 0 && !slices.Contains(q.Companies, p.Company) || len(q.Statuses) > 0 && !slices.Contains(q.Statuses, p.Status) {
			continue
		}
		value := map[Dimension]string{ByTask: r.Task, ByCompany: p.Company, ByStatus: string(p.Status)}[q.By]
		start := r.StoredAt.Truncate(step)
		i := slices.IndexFunc(points, func(o Point) bool { return o.Start.Equal(start) && o.Value == value })
		if i < 0 {
			i, points = len(points), append(points, Point{Start: start, Value: value})
		}
		points[i].Calls++
		points[i].Latency.Calls++
		points[i].Latency.Buckets[bucketOf(r.Latency)]++
		confidences[i] += int64(p.Confidence*millionths + 0.5)
		latencies[i] += r.Latency
	}
	for i := range points {
		points[i].Confidence = float64(confidences[i]) / millionths / float64(points[i].Calls)
		points[i].Latency.Mean = (latencies[i] / time.Duration(points[i].Calls)).Truncate(time.Microsecond)
	}
	slices.SortStableFunc(points, func(a, b Point) int {
		if order := a.Start.Compare(b.Start); order != 0 {
			return order
		}
		return strings.Compare(a.Value, b.Value)
	})
	return points
}

func TestLatencyIsThatOfTheEventOrUnknown(t *testing.T) {
	at := noon
	for name, c := range map[string]struct {
		received, produced time.Time
		want               time.Duration
	}{
		"from when it was received":  {at.Add(-3 * time.Second), time.Time{}, 3 * time.Second},
		"from when it was written":   {at.Add(-time.Hour), at.Add(-2 * time.Second), 2 * time.Second},
		"nothing is known":           {time.Time{}, time.Time{}, -1},
		"in the future":              {at.Add(time.Hour), time.Time{}, -1},
		"in the year 9999":           {time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Time{}, -1},
		"ancient":                    {time.Date(1066, 10, 14, 9, 0, 0, 0, time.UTC), time.Time{}, -1},
		"of yesterday, just in time": {at.Add(-mostLatency), time.Time{}, mostLatency},
	} {
		if got := latency(c.received, c.produced, at); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestQuantilesAreUpperBounds(t *testing.T) {
	var l Latency
	if _, ok := l.AtMost(0.5); ok {
		t.Error("no calls have a latency")
	}
	for n := range 100 {
		l.Calls++
		l.Buckets[bucketOf(time.Duration(n)*25*time.Millisecond)]++ // to 2.475 s
	}
	for share, want := range map[float64]time.Duration{0.05: 100 * time.Millisecond, 0.1: 250 * time.Millisecond, 0.41: time.Second, 0.81: 2 * time.Second, 0.99: 5 * time.Second} {
		if got, ok := l.AtMost(share); !ok || got != want {
			t.Errorf("%v of them are within %v, %v; want %v", share, got, ok, want)
		}
	}
	l.Calls++
	l.Buckets[bucketOf(time.Hour)]++
	if _, ok := l.AtMost(1); ok {
		t.Error("an hour is beyond all bounds")
	}
}

// A time that is wrong, or from another age, neither fails nor moves a call.
func TestFutureAndAncientTimesAreToldAndMoveNothing(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		times := []time.Time{{}, time.Unix(0, 0).UTC(), time.Date(1066, 10, 14, 9, 0, 0, 0, time.UTC), noon.AddDate(20, 0, 0), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 0, time.FixedZone("", 86340))}
		for n, at := range times {
			c := aCall(n)
			c.ReceivedAt = at
			save(t, s, c, Stored)
			answer(t, s, anAnswer(n), true)
		}
		for i, r := range slices.Backward(everything(t, s, Filter{}, 2)) {
			if want := times[len(times)-1-i]; !r.ReceivedAt.Equal(want) || r.Latency >= 0 || r.StoredAt.Sub(noon) > time.Second {
				t.Errorf("a call of %v is %+v", want, r)
			}
		}
		points, err := s.Trend(t.Context(), TrendQuery{})
		if err != nil || len(points) != 1 || points[0].Latency.Calls != 0 || points[0].Calls != int64(len(times)) {
			t.Errorf("the trend is %+v, %v", points, err)
		}
	})
}

func TestNamesThatNoDatabaseTakesAreMadeStorable(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		random := rand.New(rand.NewPCG(1, 2))
		long := make([]byte, 9000)
		for i := range long {
			long[i] = byte(random.UintN(256))
		}
		c := aCall(1)
		c.Channel, c.Language, c.Task = string(long), "d\x00e", "t\xff"
		save(t, s, c, Stored)
		p := anAnswer(1)
		p.Company, p.Model, p.ErrorCode = string(long), strings.Repeat("ä", 200), "\x00"
		answer(t, s, p, true)
		r, err := s.Get(t.Context(), c.ID)
		if err != nil || r.Language != "de" || r.Task != "t\uFFFD" || len(r.Channel) > longest || r.Prediction.Model != strings.Repeat("ä", 100) {
			t.Errorf("it is %+v, %v", r, err)
		}
	})
}

// Days are counted by day, what is left of the first and the last by hour, and both
// are as if call after call were counted.
func TestDaysThatAreCutAreCountedByHour(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		for n := range 60 {
			c.now = noon.Add(time.Duration(n) * 97 * time.Minute) // some four days
			one, p := varied(n)
			one.ReceivedAt = c.now
			save(t, s, one, Stored)
			answer(t, s, p, true)
		}
		if _, err := s.Erase(t.Context(), []string{aCall(30).ID}, false); err != nil {
			t.Fatal(err)
		}
		all := everything(t, s, Filter{}, MaxPage)
		for _, from := range []time.Time{{}, noon, noon.Add(13 * time.Hour), noon.Add(12 * time.Hour), noon.Add(50*time.Hour + time.Minute)} {
			for _, until := range []time.Time{{}, noon.Add(14 * time.Hour), noon.Add(36 * time.Hour), noon.Add(61*time.Hour + time.Minute), noon.Add(100 * time.Hour)} {
				q := TrendQuery{By: ByCompany, Step: Daily, From: from, Until: until, Tasks: []string{"telecom"}}
				points, err := s.Trend(t.Context(), q)
				want := trendOf(all, q)
				if err != nil || !reflect.DeepEqual(points, want) {
					t.Errorf("from %v until %v\n%+v, %v\nwant\n%+v", from, until, points, err, want)
				}
				totals, err := s.Totals(t.Context(), q.Tasks, from, until)
				var counted, calls int64
				for _, n := range totals.Answered {
					counted += n
				}
				for _, p := range want {
					calls += p.Calls
				}
				if err != nil || counted != calls {
					t.Errorf("from %v until %v there are %d calls, %v; want %d", from, until, counted, err, calls)
				}
			}
		}
	})
}
