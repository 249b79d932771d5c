package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// aVisit is one of somebody in Berlin.
func aVisit(t testing.TB) *visit {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return &visit{lang: english, zone: berlin}
}

func TestAnAddressMeansAFilter(t *testing.T) {
	at := func(s string) time.Time {
		parsed, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	half, all, third, fourth := 0.5, 1.0, 0.3, 0.4
	so, not := true, false
	for query, want := range map[string]results.Filter{
		"":                                     {},
		"company=B&company=A&company=B&task=t": {Companies: []string{"A", "B"}, Tasks: []string{"t"}},
		"company=":                             {Companies: []string{""}},
		"status=waiting":                       {Statuses: []results.Status{results.Redacted}},
		"status=unsure&status=failed":          {Statuses: []results.Status{pipeline.AnswerFailed, pipeline.AnswerUnsure}},
		"from=2026-11-28T12:00:00Z":            {From: at("2026-11-28T12:00:00Z")},
		"from=2026-11-28T12:00":                {From: at("2026-11-28T11:00:00Z")}, // in Berlin
		"from=2026-11-28&until=2026-11-28":     {From: at("2026-11-27T23:00:00Z"), Until: at("2026-11-28T23:00:00Z")},
		"min=50&max=100":                       {MinConfidence: &half, MaxConfidence: &all},
		"q=++parcel+late+":                     {Words: "parcel late"},
		"from=&until=&min=&max=&q=":            {},
		"judged=yes&sampled=no&right=no&disputed=yes":   {Reviewed: &so, Sampled: &not, Right: &not, Disputed: true},
		"said=A&reviewer=u1&against=yes&people=2&x=any": {JudgedLabels: []string{"A"}, Reviewers: []string{"u1"}, Against: true, People: 2},
		"disputed=no":                           {},
		"min=30&below=40&named=yes&settled=yes": {MinConfidence: &third, Below: &fourth, Named: true, Settled: true},
		"kind=conversations&company=A":          {Kind: results.Conversations, Companies: []string{"A"}},
		"channel=phone&language=de&model=m":     {Channels: []string{"phone"}, Languages: []string{"de"}, Models: []string{"m"}},
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if want.Kind == "" {
			want.Kind = results.Calls
		}
		f, err := aVisit(t).filter(q)
		if got, wanted := queryOf(f).Encode(), queryOf(want).Encode(); err != nil || got != wanted {
			t.Errorf("%q means %s, %v; want %s", query, got, err, wanted)
		}
	}
}

// What a program links to is what the page reads.
func TestAFilterIsItsAddress(t *testing.T) {
	third := 0.3
	for _, f := range []results.Filter{
		{}, {Companies: []string{""}}, {Companies: []string{"A & B", "+", "Ünïcode", "<b>"}}, {Statuses: answeredStatuses}, {Statuses: allStatuses}, {Statuses: named},
		{From: start.Add(time.Microsecond), Until: start.AddDate(0, 0, 1)}, {MinConfidence: &third, MaxConfidence: &third}, {Words: `refund* "x"`},
		{Kind: results.Calls, Below: &third, Named: true, Settled: true}, {Kind: results.Conversations},
	} {
		path := callsPath(f)
		u, err := url.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := aVisit(t).filter(u.Query())
		if err != nil || callsPath(got) != path || len(got.Statuses) != len(f.Statuses) || !got.From.Equal(f.From) || got.MinConfidence != nil && *got.MinConfidence != third || got.Below != nil && *got.Below != third || got.Kind != f.Kind {
			t.Errorf("%s means %+v, %v; want %+v", path, got, err, f)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"", "company=&status=answered&from=2026-11-28&min=33.3", "until=2026-11-28T12%3A00&status=waiting&people=3", "max=1e-3&q=%00", "from=0001-01-01", "min=NaN"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Skip()
		}
		v := aVisit(t)
		first, err := v.filter(q)
		if err != nil {
			return
		}
		clean := queryOf(first)
		again, err := v.filter(clean)
		if err != nil || queryOf(again).Encode() != clean.Encode() {
			t.Errorf("%q is %q, which is %q, %v", query, clean.Encode(), queryOf(again).Encode(), err)
		}
	})
}

func TestAFormLeadsToACleanAddress(t *testing.T) {
	w := newWorld(t)
	w.seed(3)
	b := w.as(account.Viewer)
	a := b.get("/calls?q=&from=2026-11-28T12%3A00&until=&min=&max=&company=Zulu&company=Alpha")
	a.says(t, http.StatusOK)
	if want := "/calls?company=Alpha&company=Zulu&from=2026-11-28T12%3A00%3A00Z"; a.path != want {
		t.Errorf("the form leads to %s, want %s", a.path, want)
	}
}

func TestAddressesThatMeanNothing(t *testing.T) {
	w := newWorld(t)
	w.seed(3)
	b := w.as(account.Viewer)
	for query, says := range map[string]string{
		"min=x":                            "The confidence is not a number of percent",
		"max=101":                          "not a number of percent from 0 to 100",
		"min=NaN":                          "not a number of percent from 0 to 100",
		"status=nothing":                   "There is no such status of calls.",
		"from=yesterday":                   "That is no time. Write one like 2026-11-28T14:30",
		"from=0001-01-01T00:00:00Z":        "That is no time.",
		"from=2026-11-28&until=2026-11-1":  "That is no time.",
		"from=2026-11-28&until=2026-11-26": "The period ends before it begins",
		"judged=maybe":                     "something else than yes or no",
		"kind=fax":                         "There is no such kind.",
		"people=-1":                        "not one from 0 to 1000",
		"cursor=%3Cb%3E":                   "This address is not a page of the list.",
		"q=%2A":                            "There is no word to look for",
		"company=" + strings.Repeat("x", longestValue+1):                 "too many values, or too long ones",
		strings.TrimPrefix(strings.Repeat("&task=t", mostValues+1), "&"): "too many values, or too long ones",
		"min=%3Cscript%3E": "not a number of percent from 0 to 100",
	} {
		for _, path := range []string{"/calls?", "/calls.csv?", "/live?since=1&"} {
			if strings.Contains(query, "cursor") && path != "/calls?" || strings.HasPrefix(path, "/live") && strings.Contains(query, "q=") {
				continue
			}
			a := b.get(path + query)
			a.says(t, http.StatusBadRequest, says)
			a.lacks(t, "<script>")
		}
	}
	b.get("/?range=year").says(t, http.StatusBadRequest, "There is no such period.")
	b.get("/live").says(t, http.StatusBadRequest, "since when")
}
