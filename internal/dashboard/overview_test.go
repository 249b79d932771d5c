package dashboard

import (
	"encoding/csv"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// busy fills a world with calls of two tasks, twenty companies and every status,
// over two weeks.
func (w *world) busy() {
	w.Helper()
	end := w.now
	const calls = 400
	for n := range calls {
		w.now = end.Add(-time.Duration(calls-1-n) * 50 * time.Minute)
		c := sampleCall(fmt.Sprintf("busy-%03d", n))
		c.Task = []string{"telecom", "banks"}[n%2]
		c.Origin.Produced = w.now.Add(-time.Duration(n%40) * 100 * time.Millisecond)
		p := sampleAnswer(c.ID, fmt.Sprintf("Company%02d", n%23))
		p.Confidence = 0.5 + float64(n%50)/100
		switch n % 13 {
		case 3:
			p = unsureAnswer(c.ID, "Company01", 0.3)
		case 5:
			p = results.Prediction{CallID: c.ID, Model: p.Model, Status: pipeline.AnswerFailed, ErrorCode: "timeout"}
		case 7:
			c.Status, c.Turns = results.NoSpeech, nil
			w.call(c)
			continue
		case 9:
			p = results.Prediction{CallID: c.ID, Model: p.Model, Company: pipeline.Unknown, Status: pipeline.AnswerInvalid}
		case 11:
			w.call(c)
			if n%2 == 0 {
				if err := w.results.Reject(w.Context(), c, "no-turns"); err != nil {
					w.Fatal(err)
				}
			}
			continue
		}
		w.call(c, p)
	}
	w.now = end
}

// count counts the calls behind a link: the rows of the export of the same address.
func (b *browser) count(link string) int {
	b.Helper()
	u, err := url.Parse(html.UnescapeString(link))
	if err != nil || u.Path != "/calls" {
		b.Fatalf("%s is no list of calls", link)
	}
	a := b.get("/calls.csv?" + u.RawQuery)
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || a.status != http.StatusOK {
		b.Fatalf("%s: %d, %v\n%s", link, a.status, err, a.body)
	}
	return len(rows) - 1
}

var (
	figureOf  = regexp.MustCompile(`<dt>([^<]+)</dt><dd><a href="([^"]+)">([^<]+)</a>`)
	beforeOf  = regexp.MustCompile(`<small>before: <a href="([^"]+)">([^<]+)</a></small>`)
	numberOf  = regexp.MustCompile(`<td class="num"><a href="([^"]+)">([^<]+)</a>`)
	barOf     = regexp.MustCompile(`<a href="([^"]+)" class="row"><text class="name"[^>]*>([^<]*)</text><text class="value"[^>]*>([^<]+)</text>`)
	linkOf    = regexp.MustCompile(`href="([^"]+)"`)
	totalOf   = regexp.MustCompile(`<p class="total">([0-9,]+) calls?\b`)
	wholeText = regexp.MustCompile(`^[0-9,]+$`)
)

func whole(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Every number of the overview leads to a list of as many calls.
func TestEveryNumberLeadsToItsCalls(t *testing.T) {
	w := newWorld(t)
	w.busy()
	for _, zone := range []string{"", "Europe/Berlin", "Asia/Kolkata"} {
		b := w.as(account.Viewer)
		if zone != "" {
			u, _ := url.Parse(w.address)
			b.http.Jar.SetCookies(u, []*http.Cookie{{Name: zoneCookie, Value: url.QueryEscape(zone)}})
		}
		for _, query := range []string{"", "range=week", "range=week&by=hour&task=banks", "range=month&task=telecom", "range=month&companies=all"} {
			a := b.get("/?" + query)
			a.says(t, http.StatusOK)
			seen := map[string]int{}
			for _, m := range append(numberOf.FindAllStringSubmatch(a.body, -1), beforeOf.FindAllStringSubmatch(a.body, -1)...) {
				if wholeText.MatchString(m[2]) {
					seen[m[1]] = whole(t, m[2])
				}
			}
			for _, m := range figureOf.FindAllStringSubmatch(a.body, -1) {
				if wholeText.MatchString(m[3]) {
					seen[m[2]] = whole(t, m[3])
				}
			}
			if len(seen) < 20 {
				t.Errorf("%s has %d numbers", query, len(seen))
			}
			checked := 0
			for link, want := range seen {
				if checked++; zone != "" && checked > 25 {
					break // one zone is looked at wholly
				}
				if got := b.count(link); got != want {
					t.Errorf("in %q, %s: the page says %d, and %s leads to %d calls", zone, query, want, html.UnescapeString(link), got)
				}
			}
		}
	}
}

// What the overview shows over time is of the calls that its numbers lead to, by hour and
// by day, and beside the same time before.
func TestTrendsAreThoseOfTheirCalls(t *testing.T) {
	w := newWorld(t)
	w.busy()
	b := w.as(account.Viewer)
	for query, steps := range map[string]int{"": 24, "range=week": 7, "range=week&by=hour": 6*24 + 13, "range=month&task=banks": 30} {
		page := b.get("/?" + query)
		for _, id := range []string{"trend", "unknown", "confidence", "latency"} {
			rows := b.trendOf(page, id)
			if len(rows) != steps {
				t.Fatalf("%q: %s has %d steps, want %d", query, id, len(rows), steps)
			}
			for i, row := range rows {
				if len(row) != 2 {
					t.Fatalf("%q: %s has %d values beside each other, want 2", query, id, len(row))
				}
				if i%9 != 0 {
					continue
				}
				for n, cell := range row {
					calls := b.count(cell[0])
					got, answered := cell[1], b.count(b.trendOf(page, "trend")[i][n][0])
					switch want := fmt.Sprintf("%.1f%%", 100*float64(calls)/float64(answered)); {
					case id == "trend":
						if got != fmt.Sprint(calls) {
							t.Errorf("%q: %s says %s of %d calls", query, id, got, calls)
						}
					case id == "unknown" && answered > 0:
						if got != want {
							t.Errorf("%q: %s says %s, want %s", query, id, got, want)
						}
					case (got == "-") != (calls == 0) && id != "unknown" && id != "latency", answered == 0 && got != "-":
						t.Errorf("%q: %s says %s of %d calls", query, id, got, calls)
					}
				}
			}
		}
	}
	alone := b.get("/?compare=no")
	alone.lacks(t, "the same time before")
	if row := b.trendOf(alone, "latency")[23]; len(row) != 1 || !strings.HasSuffix(row[0][1], "s") {
		t.Errorf("not compared, the last row is %q", row)
	}
}

// trendOf are the rows of the table behind a chart: of each cell its address and its text.
func (b *browser) trendOf(page answer, id string) (rows [][][2]string) {
	b.Helper()
	_, after, found := strings.Cut(page.body, `<figure class="plain" id="`+id+`">`)
	if !found {
		b.Fatalf("%s has no chart %s", page.path, id)
	}
	figure, _, _ := strings.Cut(after, "</figure>")
	_, body, _ := strings.Cut(figure, "<tbody>")
	for _, row := range strings.Split(body, "<tr>")[1:] {
		var cells [][2]string
		for _, m := range regexp.MustCompile(`<td class="num"><a href="([^"]+)">([^<]+)</a>`).FindAllStringSubmatch(row, -1) {
			cells = append(cells, [2]string{m[1], m[2]})
		}
		rows = append(rows, cells)
	}
	return rows
}

func TestTheOverviewSaysWhatTheStoreKnows(t *testing.T) {
	w := newWorld(t)
	w.busy()
	b := w.as(account.Viewer)
	from, until := start.Truncate(time.Hour).Add(-23*time.Hour), start.Truncate(time.Hour).Add(time.Hour)
	totals, err := w.results.Totals(t.Context(), nil, from, until)
	if err != nil {
		t.Fatal(err)
	}
	var answered int64
	for _, n := range totals.Answered {
		answered += n
	}
	a := b.get("/")
	got := map[string]string{}
	for _, m := range figureOf.FindAllStringSubmatch(a.body, -1) {
		got[m[1]] = m[3]
	}
	unknown := b.count("/calls?" + url.Values{"company": {"Unknown"}, "from": {from.Format(time.RFC3339)}, "until": {until.Format(time.RFC3339)}}.Encode())
	for name, want := range map[string]string{
		"Calls":           fmt.Sprint(answered + totals.Waiting + totals.Rejected),
		"Waiting":         fmt.Sprint(totals.Waiting),
		"Failed":          fmt.Sprint(totals.Answered[pipeline.AnswerFailed] + totals.Rejected),
		"Unknown company": fmt.Sprintf("%.1f%%", 100*float64(unknown)/float64(answered)),
	} {
		if got[name] != want {
			t.Errorf("%s is %s, want %s", name, got[name], want)
		}
	}
	for _, name := range []string{"Time to answer, half of calls", "Time to answer, 99 of 100", "Mean confidence"} {
		if got[name] == "" || got[name] == "-" {
			t.Errorf("%s is %q", name, got[name])
		}
	}
	if bars := barOf.FindAllStringSubmatch(a.body, -1); len(bars) < mostBars+1 || !strings.Contains(a.body, "other compan") {
		t.Errorf("%d bars:\n%s", len(bars), a.body)
	}
}

// A page of many numbers is small on its way, to whoever can unpack it.
func TestLargePagesAreSentCompressed(t *testing.T) {
	w := newWorld(t)
	w.busy()
	b := w.as(account.Viewer)
	for _, encoding := range []string{"gzip, br", ""} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.address+"/?range=week&by=hour", nil)
		w.must(err)
		r.Header.Set("Accept-Encoding", encoding) // so that the client does not unpack it
		a := b.do(r)
		a.says(t, http.StatusOK)
		if packed := a.header.Get("Content-Encoding") == "gzip"; packed != (encoding != "") || packed && len(a.body) > 60_000 || a.header.Get("Vary") == "" {
			t.Errorf("accepting %q, %d bytes come as %q", encoding, len(a.body), a.header.Get("Content-Encoding"))
		}
	}
}

func TestTheOverviewOfNothing(t *testing.T) {
	w := newWorld(t)
	a := w.as(account.Viewer).get("/")
	a.says(t, http.StatusOK, "No calls have come in yet.")
	a.lacks(t, "NaN", "0%", "100")
	w.call(sampleCall("waits"))
	a = w.as(account.Viewer).get("/")
	a.says(t, http.StatusOK, ">1</a>", "last call less than a minute ago")
	a.lacks(t, "NaN", "+Inf")
}

// Calls that have stopped are worth a warning where there were some a week ago.
func TestAWarningWhereCallsHaveStopped(t *testing.T) {
	w := newWorld(t)
	w.seed(24 * 8) // one each hour
	b := w.as(account.Viewer)
	b.get("/").lacks(t, "a week ago")
	w.now = start.Add(12*time.Hour + time.Minute)
	b.get("/").says(t, http.StatusOK, "The last call came in 12 hours ago; a week ago there were 11 calls in as much time.")
	b.get("/calls").says(t, http.StatusOK, "a week ago there were 11 calls")
	if err := w.results.SetPaused(t.Context(), true, "somebody"); err != nil {
		t.Fatal(err)
	}
	b.get("/").says(t, http.StatusOK, "The intake is paused")
}

func TestAPeriodHasWholeHours(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, now := range []time.Time{start, time.Date(2026, 10, 25, 23, 59, 0, 0, time.UTC), time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)} {
			for _, r := range ranges {
				v := &visit{Server: &Server{now: func() time.Time { return now }}, lang: english, zone: location, r: &http.Request{URL: &url.URL{RawQuery: "range=" + r.name}}}
				a, err := v.wanted()
				if err != nil {
					t.Fatal(err)
				}
				days := 0
				for at := a.from; at.Before(a.until); at = v.next(at, a.step) {
					if !at.Equal(at.Truncate(time.Hour)) {
						t.Fatalf("in %s, a step begins at %v", zone, at)
					}
					days++
				}
				if want := map[string]int{"day": 24, "week": 7, "month": 30}[r.name]; days != want || now.Before(a.from) || !now.Before(a.until) {
					t.Errorf("in %s at %v, %s has %d steps from %v to %v, want %d", zone, now, r.name, days, a.from, a.until, want)
				}
			}
		}
	}
}
