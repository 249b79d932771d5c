package dashboard

import (
	"encoding/csv"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

var (
	rowOf  = regexp.MustCompile(`data-href="([^"]+)"`)
	nextOf = regexp.MustCompile(`href="([^"]+)" rel="next"`)
)

func TestTheListHasEveryCallOnce(t *testing.T) {
	w := newWorld(t)
	w.seed(2*callsOnPage + 7)
	b := w.as(account.Viewer)
	seen := map[string]bool{}
	pages, path := 0, "/calls?task=telecom"
	for path != "" {
		a := b.get(path)
		for _, m := range rowOf.FindAllStringSubmatch(a.body, -1) {
			if seen[m[1]] {
				t.Errorf("%s is there twice", m[1])
			}
			seen[m[1]] = true
		}
		if pages++; pages == 1 {
			a.says(t, http.StatusOK, "107 calls", "data-live")
			w.call(sampleCall("late")) // moves nothing from one page to another
		} else {
			a.says(t, http.StatusOK, "The newest")
			a.lacks(t, "data-live")
		}
		if pages > 5 {
			t.Fatal("the list does not end")
		}
		path = ""
		if next := nextOf.FindStringSubmatch(a.body); next != nil {
			path = html.UnescapeString(next[1])
		}
	}
	if pages != 3 || len(seen) != 2*callsOnPage+7 {
		t.Errorf("%d pages have %d calls", pages, len(seen))
	}
}

func TestFiltersOfTheList(t *testing.T) {
	w := newWorld(t)
	w.busy()
	b := w.as(account.Viewer)
	for _, query := range []string{
		"", "status=answered", "status=waiting", "status=rejected&status=waiting", "company=", "company=&status=answered", "company=Company01&company=Company04", "task=banks&status=failed",
		"from=2026-11-20T00%3A00%3A00Z&until=2026-11-25T00%3A00%3A00Z", "status=answered&status=rejected",
	} {
		link := "/calls?" + query
		m := totalOf.FindStringSubmatch(b.get(link).body)
		if m == nil {
			t.Errorf("%s says no number", link)
			continue
		}
		if got, want := whole(t, m[1]), b.count(link); got != want {
			t.Errorf("%s says %d calls, and has %d", link, got, want)
		}
	}
	// What the counts by hour do not know is not said.
	for _, query := range []string{"channel=phone", "min=50", "q=parcel", "judged=no", "from=2026-11-20T00%3A30%3A00Z"} {
		b.get("/calls?"+query).says(t, http.StatusOK, "calls on this page")
	}
	b.get("/calls?q=zebra").says(t, http.StatusOK, "No call fits.")
	a := b.get("/calls?company=Company01&company=&status=answered&q=parcel+late")
	a.says(t, http.StatusOK, "Company: Company01", "Company: no company", "Status: answered", "Words: parcel late",
		`href="/calls?company=&amp;q=parcel&#43;late&amp;status=answered" aria-label="Remove Company: Company01"`)
	for _, option := range []string{`name="company" value="Company01" checked`, `name="company" value="" checked`, `name="task" value="banks">`, `name="channel" value="phone">`, `name="status" value="waiting">`, `name="status" value="failed" checked`} {
		a.says(t, http.StatusOK, option)
	}
}

// A row says how the customer begins, redacted, and what people say by how many.
func TestTheListSaysWhatTheCallIsAbout(t *testing.T) {
	w := newWorld(t)
	w.seed(3)
	for n, said := range [][]string{{"NewCo", "NewCo"}, {"NewCo", "AcmeSupport"}} {
		for i, role := range []account.Role{account.Reviewer, account.Admin} {
			if _, err := w.results.Judge(t.Context(), results.Judgement{CallID: fmt.Sprintf("call-%04d", n), Label: said[i], Reviewer: w.people[role].ID}); err != nil {
				t.Fatal(err)
			}
		}
	}
	b := w.as(account.Viewer)
	a := b.get("/calls")
	a.says(t, http.StatusOK, "The customer&#39;s first words", "People say", `<td role="cell" class="first">My parcel is late, and nobody answers at Phone.</td>`,
		`<span>NewCo</span> <small>2 people</small></td>`, `<span><i>undecided</i></span> <small>2 people</small></td>`, `<td role="cell" class="said"></td>`)
	a.lacks(t, "how may I help you", "the-reviewer")
}

func TestTheListKeepsViews(t *testing.T) {
	w := newWorld(t)
	w.seed(3)
	b := w.as(account.Viewer)
	b.post("/views", "name", "My <i>view</i>", "query", "company=AcmeSupport&status=unsure").says(t, http.StatusOK, "My &lt;i&gt;view&lt;/i&gt;", `href="/calls?company=AcmeSupport&amp;status=unsure"`)
	w.as(account.Reviewer).get("/calls").lacks(t, "My &lt;i&gt;view")
	b.post("/views/delete", "name", "My <i>view</i>").lacks(t, "My &lt;i&gt;view&lt;/i&gt;</a>")
}

// nasty is what other people may write.
const nasty = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`

func TestMarkupOfOthersIsText(t *testing.T) {
	w := newWorld(t)
	c := sampleCall("call/../" + nasty)
	c.Task, c.Channel, c.Language = nasty, nasty, nasty
	c.Turns = []results.Turn{{Side: nasty, Text: nasty + " Person " + nasty}}
	c.Spans = map[string]int64{"Person": 1, nasty: 2}
	p := sampleAnswer(c.ID, nasty)
	p.Model, p.RunnerUp, p.Named = nasty, nasty+"2", nasty+"3"
	w.call(c, p)
	b := w.as(account.Reviewer)
	if _, err := w.results.Judge(t.Context(), results.Judgement{CallID: c.ID, Label: nasty, Reviewer: b.user.ID}); err != nil {
		t.Fatal(err)
	}
	list := b.get("/calls?company=" + url.QueryEscape(nasty) + "&q=alert")
	rows := rowOf.FindStringSubmatch(list.body)
	if rows == nil {
		t.Fatalf("the list has no call:\n%s", list.body)
	}
	for _, path := range []string{"/", "/?task=" + url.QueryEscape(nasty), "/calls?q=" + url.QueryEscape("alert "+nasty), html.UnescapeString(rows[1]), html.UnescapeString(rows[1]) + "/why", "/calls/" + url.PathEscape(nasty)} {
		a := b.get(path)
		if a.status != http.StatusOK && a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
		a.lacks(t, "<script>alert", "<img", `"><`+"script")
	}
	list.lacks(t, "<script>alert", "<img")
	b.get(html.UnescapeString(rows[1])).says(t, http.StatusOK, "&lt;script&gt;alert(1)&lt;/script&gt;", `<mark class="placeholder"`)
}

func TestOneCall(t *testing.T) {
	w := newWorld(t)
	c := sampleCall("call 1/2?#%")
	w.call(c, unsureAnswer(c.ID, "AcmeSupport", 0.31))
	viewer, reviewer := w.as(account.Viewer), w.as(account.Reviewer)
	a := viewer.get(callPath(c.ID))
	a.says(t, http.StatusOK, "Unknown", "less sure than its threshold", "31.0%", "50.0%", "AcmeSupport", "OtherSupport", `<mark class="placeholder" title="replaced before the call was stored">Person</mark>`,
		"person × 1", "phone × 1", "0:03", "Customer", "Agent", `role="img" aria-labelledby="gauge"`, "v7", "a transcript")
	a.lacks(t, "/judgement\"")
	reviewer.get(callPath(c.ID)).says(t, http.StatusOK, `action="/calls/call%201%2F2%3F%23%25/judgement"`, "Say what it is about")
	a = reviewer.post(callPath(c.ID)+"/judgement", "label", "AcmeSupport", "next", callPath(c.ID))
	a.says(t, http.StatusOK, "What people say", "the-reviewer", "Change your answer", "Undo")
	viewer.get(callPath(c.ID)).lacks(t, "Undo")
	viewer.get(callPath(c.ID)+"/why").says(t, http.StatusOK, "connected to no Temporal server", `id="why"`)
	viewer.get("/calls/nobody").says(t, http.StatusNotFound, "There is no such call.")
	viewer.get("/calls/nobody/why").says(t, http.StatusNotFound, "There is no such call.")
	waits := sampleCall("waits")
	w.call(waits)
	a = reviewer.get(callPath("waits"))
	a.says(t, http.StatusOK, "The call is stored and waits for its answer.", "no company")
	a.lacks(t, "Why this answer?", "/judgement\"", "gauge")
}

func TestPieces(t *testing.T) {
	for _, test := range []struct {
		text  string
		spans map[string]int64
		want  string
	}{
		{"Person here, Email there", map[string]int64{"Person": 1, "Email": 1}, "[Person] here, [Email] there"},
		{"Email me, Person", map[string]int64{"Person": 1}, "Email me, [Person]"},
		{"Personal Persons", map[string]int64{"Person": 1}, "Personal Persons"},
		{"a person", map[string]int64{"Person": 1}, "a person"},
		{"Address of Passport", map[string]int64{"Address": 1}, "[Address] of Passport"},
		{"PersonPerson Person", map[string]int64{"person": 2}, "PersonPerson [Person]"},
		{"", nil, ""},
	} {
		got := ""
		for _, p := range pieces(test.text, test.spans) {
			if p.Kind != "" {
				p.Text = "[" + p.Text + "]"
			}
			got += p.Text
		}
		if got != test.want {
			t.Errorf("%q with %v is %q, want %q", test.text, test.spans, got, test.want)
		}
	}
}

// Whatever the anonymizer puts in the place of something is told from what was said.
func TestEveryKindOfDetailIsAPiece(t *testing.T) {
	for _, kind := range pipeline.Details() {
		if got := pieces("my "+kind+".", map[string]int64{kind: 1}); len(got) != 3 || got[1] != (piece{kind, kind}) {
			t.Errorf("of %s there are the pieces %q", kind, got)
		}
	}
}

func TestTheExportHasOneRowACall(t *testing.T) {
	w := newWorld(t)
	const calls = 2*results.MaxPage + 3
	for n := range calls {
		id := fmt.Sprintf("call-%05d", n)
		w.call(sampleCall(id), sampleAnswer(id, companies[n%5]))
	}
	reviewer := w.people[account.Reviewer]
	if _, err := w.results.Judge(t.Context(), results.Judgement{CallID: "call-00001", Label: "NewCo", Reviewer: reviewer.ID}); err != nil {
		t.Fatal(err)
	}
	b := w.as(account.Viewer)
	a := b.get("/calls.csv")
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || len(rows) != calls+1 || strings.Join(rows[0], ",") != strings.Join(csvColumns, ",") {
		t.Fatalf("%d rows, %v, %v", len(rows), rows[0], err)
	}
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		seen[row[0]] = true
		if len(row) != len(csvColumns) {
			t.Fatalf("a row has %d cells: %q", len(row), row)
		}
	}
	if len(seen) != calls {
		t.Errorf("%d of %d calls are in it", len(seen), calls)
	}
	judged := rows[calls-1]
	pseudonym, err := w.base.Pseudonym(t.Context(), reviewer.ID)
	if err != nil || judged[0] != "call-00001" || judged[19] != "1" || judged[20] != "NewCo" || judged[21] != pseudonym {
		t.Errorf("the judged call is %q, want the pseudonym %s (%v)", judged, pseudonym, err)
	}
	if strings.Contains(a.body, reviewer.Name) || strings.Contains(a.body, reviewer.ID) || strings.Contains(a.body, "parcel") {
		t.Error("the export names a reviewer, or holds what was said")
	}
	if got := a.header.Get("Content-Type"); got != "text/csv; charset=utf-8" {
		t.Errorf("the type is %q", got)
	}
	if got := a.header.Get("Content-Disposition"); !regexp.MustCompile(`^attachment; filename="calls-[0-9]{8}-[0-9]{6}\.csv"$`).MatchString(got) {
		t.Errorf("the disposition is %q", got)
	}
	b.get("/calls.csv?q=parcel")
	var entries []account.Entry
	if err := w.accounts.Audit(t.Context(), account.AuditQuery{Action: callsExported}, func(e account.Entry) error { entries = append(entries, e); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 || entries[0].Account != b.user.ID || entries[0].Details["filter"] != "q" || strings.Contains(fmt.Sprint(entries), "parcel") {
		t.Errorf("the audit has %+v", entries)
	}
}

func TestAnExportHasNoFormulas(t *testing.T) {
	w := newWorld(t)
	for _, evil := range []string{`=HYPERLINK("http://x")`, "+1", "-1", "@SUM(A1)", "\tx", "\r=1", "＝1", "line\nbreak", `quote",=1`, "|calc", "%x"} {
		c := sampleCall(evil + "-id")
		c.Task, c.Channel, c.Language = evil, evil, evil
		p := sampleAnswer(c.ID, evil)
		p.Model = evil
		w.call(c, p)
	}
	rows, err := csv.NewReader(strings.NewReader(w.as(account.Viewer).get("/calls.csv").body)).ReadAll()
	if err != nil || len(rows) != 12 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r\n|%") || strings.HasPrefix(cell, "＝") {
				t.Errorf("a cell is %q", cell)
			}
		}
	}
}

// What an address holds does not reach a header.
func TestNoHeaderIsInjected(t *testing.T) {
	w := newWorld(t)
	w.seed(2)
	b := w.as(account.Viewer)
	for _, path := range []string{"/calls?company=a%0d%0aX-Evil:%201", "/calls.csv?company=a%0d%0aX-Evil:%201", "/calls?q=a%0d%0aX-Evil:%201&from=", "/?task=a%0d%0aX-Evil:%201"} {
		a := b.get(path)
		if a.status != http.StatusOK || a.header.Get("X-Evil") != "" {
			t.Errorf("%s: %d, %v", path, a.status, a.header)
		}
	}
}

func TestAgo(t *testing.T) {
	v := &visit{lang: english}
	for d, want := range map[time.Duration]string{
		0: "less than a minute ago", time.Minute: "1 minute ago", 59 * time.Minute: "59 minutes ago", time.Hour: "1 hour ago", 47 * time.Hour: "47 hours ago", 49 * time.Hour: "2 days ago",
	} {
		if got := v.ago(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{-1: "-", 80 * time.Millisecond: "80 ms", 1500 * time.Millisecond: "1.5 s", 90 * time.Second: "1 min", 90 * time.Minute: "1.5 h"} {
		if got := v.took(d); got != want {
			t.Errorf("%v took %q, want %q", d, got, want)
		}
	}
}
