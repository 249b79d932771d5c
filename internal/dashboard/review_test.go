package dashboard

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
	"switchboard/internal/review"
)

// drawn makes all calls that are answered from now on part of the random sample, or
// none.
func (w *world) drawn(all bool) {
	w.results.Sampling = review.Sampling{}
	if all {
		w.results.Sampling = review.Sampling{Share: 1}
	}
}

// asked returns the id of the call that a page of the queue asks about, empty if
// there is none.
func asked(a answer) string {
	m := regexp.MustCompile(`action="/calls/([^"/]*)/judgement"`).FindStringSubmatch(a.body)
	if m == nil {
		return ""
	}
	id, _ := url.PathUnescape(html.UnescapeString(m[1]))
	return id
}

// judgements returns what holds about a call.
func (w *world) judgements(call string) []results.Judgement {
	w.Helper()
	said, err := w.results.Judgements(w.Context(), call)
	if err != nil {
		w.Fatal(err)
	}
	return slices.DeleteFunc(said, func(j results.Judgement) bool { return !j.Holds })
}

// audited returns what the audit has of an action.
func (w *world) audited(action account.Action) (entries []account.Entry) {
	w.Helper()
	err := w.accounts.Audit(w.Context(), account.AuditQuery{Action: action}, func(e account.Entry) error {
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
	return entries
}

func TestAReviewerJudgesOneCallAfterTheOther(t *testing.T) {
	w := newWorld(t)
	w.drawn(false)
	for n := range 3 {
		id := fmt.Sprintf("call-%d", n)
		w.call(sampleCall(id), unsureAnswer(id, "AcmeSupport", 0.1+float64(n)/10))
	}
	b := w.as(account.Reviewer)
	page := b.get("/review")
	page.says(t, http.StatusOK, "The model was not sure", "My parcel is late", "AcmeSupport", "suggested, 10.0% sure", "None of them: Unknown")
	for n := range 3 {
		id := fmt.Sprintf("call-%d", n)
		if got := asked(page); got != id {
			t.Fatalf("call %d is %q, want the least sure, %s", n, got, id)
		}
		page = b.post("/calls/"+id+"/judgement", "label", "AcmeSupport", "next", "/review?task=telecom", "kind", "uncertain")
		page.says(t, http.StatusOK, "Answered: AcmeSupport.", "Undo")
		if !strings.HasPrefix(page.path, "/review?done="+id) {
			t.Errorf("the answer leads to %s", page.path)
		}
		said := w.judgements(id)
		if len(said) != 1 || said[0].Label != "AcmeSupport" || said[0].Reviewer != b.user.ID || said[0].Reason != "" {
			t.Errorf("%s was judged %+v", id, said)
		}
	}
	page.says(t, http.StatusOK, "Nothing waits to be judged. Well done.", "<dt>Judged by you today</dt><dd>3</dd>")
	entries := w.audited(callJudged)
	if len(entries) != 3 || entries[0].Target != "call-2" || entries[0].Account != b.user.ID || entries[0].Details["kind"] != "uncertain" {
		t.Errorf("the audit has %+v", entries)
	}
	for _, e := range entries {
		if strings.Contains(fmt.Sprint(e), "AcmeSupport") {
			t.Errorf("the audit tells what was said: %+v", e)
		}
	}
}

func TestOneTakesBackOnesOwnAnswerOnly(t *testing.T) {
	w := newWorld(t)
	w.drawn(false)
	w.call(sampleCall("call-1"), unsureAnswer("call-1", "AcmeSupport", 0.3))
	b := w.as(account.Reviewer)
	b.post("/calls/call-1/judgement", "label", "AcmeSupport", "next", "/review")
	undo := fmt.Sprintf("/judgements/%d/undo", w.judgements("call-1")[0].ID)

	w.login(w.person("another", account.Reviewer)).post(undo).says(t, http.StatusBadRequest, "You have given no such answer.")
	w.as(account.Viewer).post(undo).says(t, http.StatusForbidden)
	b.post("/judgements/none/undo").says(t, http.StatusNotFound)
	b.post("/judgements/999/undo").says(t, http.StatusBadRequest, "You have given no such answer.")
	if len(w.judgements("call-1")) != 1 || len(w.audited(judgementUndone)) != 0 {
		t.Error("somebody else has taken the answer back")
	}

	again := b.post(undo, "next", "/review?task=telecom&call=call-1")
	again.says(t, http.StatusOK, "Your answer is taken back.")
	if asked(again) != "call-1" || len(w.judgements("call-1")) != 0 {
		t.Errorf("after undoing, the page asks about %q, and %+v holds", asked(again), w.judgements("call-1"))
	}
	if entries := w.audited(judgementUndone); len(entries) != 1 || entries[0].Account != b.user.ID {
		t.Errorf("the audit has %+v", entries)
	}
}

func TestTheSampleIsShownWithoutTheModelsAnswer(t *testing.T) {
	w := newWorld(t)
	w.drawn(false)
	for n, company := range []string{"Zeta", "Alpha", "Zeta", "Mid"} {
		id := fmt.Sprintf("known-%d", n)
		w.call(sampleCall(id), sampleAnswer(id, company))
	}
	w.drawn(true)
	answered := sampleAnswer("call-1", "Mid")
	answered.Confidence = 0.8765
	w.call(sampleCall("call-1"), answered)
	page := w.as(account.Reviewer).get("/review")
	page.says(t, http.StatusOK, "Chosen at random", "is not shown")
	page.lacks(t, "suggested", "87.7", "0.8765", `href="/calls/call-1"`)
	order := regexp.MustCompile(`data-key="\d"><kbd>(\d)</kbd> <span>([^<]*)`).FindAllStringSubmatch(page.body, -1)
	got := ""
	for _, m := range order {
		got += m[1] + m[2] + " "
	}
	if got != "1Alpha 2Mid 3Zeta 0None of them: Unknown " {
		t.Errorf("the answers are %q", got)
	}
	// An answer that was taken back is asked for in the same way.
	w.as(account.Reviewer).get("/review?call=call-1").lacks(t, "suggested", "87.7")
}

func TestTwoReviewersAtOnceGetDifferentCalls(t *testing.T) {
	w := newWorld(t)
	w.drawn(false)
	for n := range 2 {
		id := fmt.Sprintf("call-%d", n)
		w.call(sampleCall(id), unsureAnswer(id, "AcmeSupport", 0.1+float64(n)/10))
	}
	one, two, three := w.as(account.Reviewer), w.login(w.person("second", account.Reviewer)), w.as(account.Admin)
	first, second := asked(one.get("/review")), asked(two.get("/review"))
	if first != "call-0" || second != "call-1" {
		t.Errorf("they get %q and %q", first, second)
	}
	if asked(one.get("/review")) != first || asked(two.get("/review")) != second {
		t.Error("a page that is loaded again asks about another call")
	}
	three.get("/review").says(t, http.StatusOK, "Other reviewers have all the waiting calls open. Look again in a few minutes.")
	w.now = w.now.Add(offered + time.Second)
	if got := asked(three.get("/review")); got != "call-0" {
		t.Errorf("a call that was left lying is not offered again: %q", got)
	}
}

func TestNobodyIsAskedTwiceAboutACall(t *testing.T) {
	w := newWorld(t)
	w.results.Sampling = review.Sampling{Share: 1, Second: 1}
	w.call(sampleCall("call-1"), sampleAnswer("call-1", "AcmeSupport"))
	one, two := w.as(account.Reviewer), w.login(w.person("second", account.Reviewer))
	after := one.post("/calls/call-1/judgement", "label", "AcmeSupport", "next", "/review")
	if asked(after) != "" {
		t.Errorf("the first reviewer is asked about %q again", asked(after))
	}
	page := two.get("/review")
	page.says(t, http.StatusOK, "for a second opinion")
	page = two.post("/calls/call-1/judgement", "label", "Unknown", "reason", "not_enough_said", "next", "/review")
	page.says(t, http.StatusOK, "Answered: Unknown (too little said).", "Nothing waits")
	one.get("/review").says(t, http.StatusOK, "Nothing waits")
	if said := w.judgements("call-1"); len(said) != 2 {
		t.Errorf("%+v hold", said)
	}
}

func TestSkippedCallsComeLast(t *testing.T) {
	w := newWorld(t)
	w.drawn(false)
	for n := range 2 {
		id := fmt.Sprintf("call %d&x=1", n) // ids are other people's text
		w.call(sampleCall(id), unsureAnswer(id, "AcmeSupport", 0.1+float64(n)/10))
	}
	b := w.as(account.Reviewer)
	skip := regexp.MustCompile(`href="([^"]*)" data-key="s"`)
	page := b.get("/review")
	for n := range 2 {
		if got := asked(page); got != fmt.Sprintf("call %d&x=1", n) {
			t.Fatalf("asked about %q", got)
		}
		page = b.get(html.UnescapeString(skip.FindStringSubmatch(page.body)[1]))
	}
	page.says(t, http.StatusOK, "There is nothing left but what you skipped.", `href="/review?task=telecom"`)
	for n := range 2 * mostSkipped {
		page.path += fmt.Sprintf("&skip=%d", n)
	}
	page = b.get(page.path)
	if asked(page) == "" || strings.Count(skip.FindStringSubmatch(page.body)[1], "skip=") != mostSkipped+1 {
		t.Errorf("an address remembers more than %d skipped calls:\n%s", mostSkipped, page.body)
	}
}

func TestWhatNoAnswerCanBe(t *testing.T) {
	w := newWorld(t)
	w.drawn(false)
	w.call(sampleCall("call-1"), unsureAnswer("call-1", "AcmeSupport", 0.3))
	w.call(sampleCall("waits"))
	b := w.as(account.Reviewer)
	for name, c := range map[string]struct{ call, label, reason, says string }{
		"none":            {"call-1", "", "", "names no company"},
		"blank":           {"call-1", " \t ", "", "names no company"},
		"long":            {"call-1", strings.Repeat("x", 10<<10), "new_company", "too long"},
		"a line break":    {"call-1", "Acme\nSupport", "new_company", "characters"},
		"a NUL":           {"call-1", "Acme\x00", "new_company", "characters"},
		"turned around":   {"call-1", "Acme\u202etroppuS", "new_company", "characters"},
		"no UTF-8":        {"call-1", "Acme\xff", "new_company", "characters"},
		"another reason":  {"call-1", "AcmeSupport", "because", "no such reason"},
		"an unknown call": {"nobody", "AcmeSupport", "", "There is no call"},
		"no answer yet":   {"waits", "AcmeSupport", "", "waits for its answer"},
	} {
		t.Run(name, func(t *testing.T) {
			b.post("/calls/"+c.call+"/judgement", "label", c.label, "reason", c.reason).says(t, http.StatusBadRequest, c.says)
		})
	}
	b.get("/review?call=waits").says(t, http.StatusBadRequest, "waits for its answer")
	b.get("/review?call=nobody").says(t, http.StatusNotFound, "There is no such call")
	if len(w.judgements("call-1")) != 0 || len(w.audited(callJudged)) != 0 {
		t.Error("something was stored")
	}
}

func TestACompanyThatNobodyKnowsIsAskedAbout(t *testing.T) {
	w := newWorld(t)
	w.drawn(false)
	for _, id := range []string{"call-1", "call-2", "call-3"} {
		w.call(sampleCall(id), sampleAnswer(id, "AcmeSupport"))
	}
	b := w.as(account.Reviewer)
	page := b.post("/calls/call-1/judgement", "label", " acme  support", "next", "/review")
	if said := w.judgements("call-1"); len(said) != 1 || said[0].Label != "AcmeSupport" {
		t.Errorf("another spelling was stored as %+v", said)
	}
	page = b.post("/calls/call-2/judgement", "label", "Acme Supprt", "next", "/review?skip=a")
	page.says(t, http.StatusOK, "Nobody has named the company Acme Supprt before.", "It is new: Acme Supprt", `value="AcmeSupport">AcmeSupport</button>`)
	if len(w.judgements("call-2")) != 0 {
		t.Error("a company that nobody knows was stored unasked")
	}
	if !strings.Contains(page.body, `name="next" value="/review?skip=a"`) {
		t.Errorf("the page forgets where it leads:\n%s", page.body)
	}
	page = b.post("/calls/call-2/judgement", "label", "Fresh & Co", "reason", "new_company", "next", "/review")
	page.says(t, http.StatusOK, "Answered: Fresh &amp; Co (new company).")
	// From now on it is known.
	b.post("/calls/call-3/judgement", "label", "fresh & co", "reason", "new_company", "next", "/review").says(t, http.StatusOK, "Answered: Fresh &amp; Co.")
	if said := w.judgements("call-3"); len(said) != 1 || said[0].Label != "Fresh & Co" || said[0].Reason != "" {
		t.Errorf("it was stored as %+v", said)
	}
}

func TestMarkupInCallsAndLabelsIsText(t *testing.T) {
	w := newWorld(t)
	w.drawn(false)
	const markup = `<script>alert("x")</script>`
	c := sampleCall(markup)
	c.Channel, c.Language = markup, markup
	c.Turns = []results.Turn{{Side: markup, Text: markup}}
	w.call(c, unsureAnswer(markup, markup, 0.3))
	b := w.as(account.Reviewer)
	page := b.get("/review")
	page.says(t, http.StatusOK, "&lt;script&gt;")
	page.lacks(t, "<script>alert")
	page = b.post("/calls/"+url.PathEscape(markup)+"/judgement", "label", markup, "next", "/review")
	page.says(t, http.StatusOK, "Answered: &lt;script&gt;")
	page.lacks(t, "<script>alert")
	if said := w.judgements(markup); len(said) != 1 || said[0].Label != markup {
		t.Errorf("it was stored as %+v", said)
	}
}

func TestOnlyReviewersJudge(t *testing.T) {
	w := newWorld(t)
	w.call(sampleCall("call-1"), unsureAnswer("call-1", "AcmeSupport", 0.3))
	b := w.as(account.Viewer)
	b.get("/review").says(t, http.StatusForbidden)
	b.post("/calls/call-1/judgement", "label", "AcmeSupport").says(t, http.StatusForbidden)
	if len(w.judgements("call-1")) != 0 {
		t.Error("a viewer has judged a call")
	}
	w.as(account.Admin).get("/review").says(t, http.StatusOK)
}

func TestALocalPathLeadsNowhereElse(t *testing.T) {
	for given, want := range map[string]string{
		"/review?task=a&skip=b":  "/review?task=a&skip=b",
		"/calls/a%2Fb":           "/calls/a%2Fb",
		"/calls?q=%5Cx":          "/calls?q=%5Cx",
		"":                       "/else",
		"review":                 "/else",
		"//evil.test/x":          "/else",
		"///evil.test/x":         "/else",
		`/\evil.test`:            "/else",
		`\\evil.test`:            "/else",
		"https://evil.test/":     "/else",
		"https:/evil":            "/else",
		"javascript:alert(1)":    "/else",
		"/%09/evil.test":         "/%09/evil.test",
		"/\t/evil.test":          "/else",
		"/review\r\nSet-Cookie:": "/else",
		"?x":                     "/else",
	} {
		if got := localPath(given, "/else"); got != want {
			t.Errorf("%q leads to %q, want %q", given, got, want)
		}
	}
}

func TestOffersEndByThemselves(t *testing.T) {
	var o offers
	if !o.give("a", "one", start) || !o.give("a", "one", start) || o.give("a", "two", start) {
		t.Error("a call is before two reviewers")
	}
	if got := o.taken("two", start); !slices.Equal(got, []string{"a"}) || len(o.taken("one", start)) != 0 {
		t.Errorf("before others are %v", got)
	}
	o.give("b", "one", start)
	if !o.give("a", "two", start) {
		t.Error("a call that its reviewer has left is kept for them")
	}
	if len(o.taken("three", start.Add(offered))) != 0 || len(o.calls) != 0 {
		t.Errorf("after the time there are still %v", o.calls)
	}
}

func TestLikelyAnswers(t *testing.T) {
	known := &labels{Known: []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}, Frequent: []string{"k", "j", "i", "h", "g", "f", "e", "d", "c", "b", "a"}}
	r := &results.Result{Prediction: &results.Prediction{Named: "z", RunnerUp: "h", Confidence: 0.4, RunnerUpConfidence: 0.3}}
	for kind, want := range map[string]string{
		results.Uncertain:     "1z 2h 3d 4e 5f 6g 7i 8j 9k",
		results.FromSample:    "1c 2d 3e 4f 5g 6h 7i 8j 9k",
		results.SecondOpinion: "1c 2d 3e 4f 5g 6h 7i 8j 9k",
	} {
		var got []string
		for _, a := range answers(known, r, kind) {
			got = append(got, fmt.Sprint(a.Key)+a.Label)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", kind, got, want)
		}
	}
	r.Prediction.Named, r.Prediction.RunnerUp = pipeline.Unknown, ""
	if got := answers(&labels{}, r, results.Uncertain); len(got) != 0 {
		t.Errorf("nothing is suggested as %v", got)
	}
}

func TestTheTaskInWhichMostCallsWaitComesFirst(t *testing.T) {
	w := newWorld(t)
	w.drawn(false)
	for n, task := range []string{"airlines", "telecom", "telecom", "banks"} {
		c := sampleCall(fmt.Sprintf("call-%d", n))
		c.Task = task
		w.call(c, unsureAnswer(c.ID, "AcmeSupport", 0.3))
	}
	b := w.as(account.Reviewer)
	page := b.get("/review")
	page.says(t, http.StatusOK, `<a class="tag" href="/review?task=telecom" aria-current="true">telecom</a>`, `<a class="tag" href="/review?task=airlines">airlines</a>`)
	if got := asked(page); got != "call-1" {
		t.Errorf("asked about %s", got)
	}
	if got := asked(b.get("/review?task=banks")); got != "call-3" {
		t.Errorf("of banks asked about %s", got)
	}
}
