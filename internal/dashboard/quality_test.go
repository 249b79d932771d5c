package dashboard

import (
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/database"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
	"switchboard/internal/results"
	"switchboard/internal/review"
)

// checked stores an answered call of the sample, and what people say about it.
func (w *world) checked(id string, p results.Prediction, said map[account.Role]string) {
	w.Helper()
	w.call(sampleCall(id), p)
	for role, label := range said {
		if _, err := w.results.Judge(w.Context(), results.Judgement{CallID: id, Label: label, Reviewer: w.people[role].ID}); err != nil {
			w.Fatal(err)
		}
	}
}

// plain is the text of a page, with one blank between words.
func (a answer) plain() string {
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(a.body, " ")
	return strings.Join(strings.Fields(html.UnescapeString(text)), " ")
}

func (a answer) reads(t *testing.T, texts ...string) {
	t.Helper()
	plain := a.plain()
	for _, text := range texts {
		if !strings.Contains(plain, text) {
			t.Errorf("%s does not read %q:\n%s", a.path, text, plain)
		}
	}
}

func TestQualityWithoutACheckedCallSaysSo(t *testing.T) {
	w := newWorld(t)
	w.as(account.Viewer).get("/quality").reads(t, "No call of the random sample has been checked yet", "Reviewers check them.", "There are too few days with calls to compare.", "No retraining of this task has ended yet.")
	w.drawn(false)
	w.checked("uncertain", unsureAnswer("uncertain", "AcmeSupport", 0.3), map[account.Role]string{account.Reviewer: "AcmeSupport"})
	page := w.as(account.Reviewer).get("/quality")
	page.reads(t, "No call of the random sample has been checked yet", "Check calls")
	page.says(t, http.StatusOK, `href="/review?task=telecom"`)
	page.lacks(t, "100.0%</dd>", "NaN")
}

func TestQualityIsToldInWords(t *testing.T) {
	w := newWorld(t)
	w.drawn(true)
	one, both := map[account.Role]string{account.Reviewer: "AcmeSupport"}, map[account.Role]string{account.Reviewer: "BorealisHelp", account.Admin: "BorealisHelp"}
	for n := range 8 {
		w.checked(fmt.Sprintf("right-%d", n), sampleAnswer(fmt.Sprintf("right-%d", n), "AcmeSupport"), one)
	}
	for n := range 2 {
		w.checked(fmt.Sprintf("wrong-%d", n), sampleAnswer(fmt.Sprintf("wrong-%d", n), "AcmeSupport"), both)
	}
	w.checked("unsure", unsureAnswer("unsure", "AcmeSupport", 0.3), one)
	w.checked("disputed", sampleAnswer("disputed", "AcmeSupport"), map[account.Role]string{account.Reviewer: "AcmeSupport", account.Admin: "CometCare"})

	page := w.as(account.Viewer).get("/quality?weeks=4")
	page.says(t, http.StatusOK)
	page.reads(t,
		"Of 12 checked calls chosen at random, 8 of the 10 that were answered were right: 80.0%, between 49.0% and 94.3%.",
		"The model was sure enough to name a company for 10 of 11: 90.9%, between 62.3% and 98.4%.",
		"1 call counts for nothing here",
		"That is little to go by",
		"Week of 2026-11-23 80.0% (8 of 10)",
		"ft:base:own:sb-1 12 8 of 10 80.0% 49.0% to 94.3% 90.9%",
		"AcmeSupport BorealisHelp 2",
		"In 2 of 3 pairs two people gave the same label: 66.7%",
		"Kappa is 0.33: they agree little more often than by chance.",
		"Over all 11 calls in which the model named a company, it was 87.3% sure and right in 81.8%, which is no more apart than chance explains.",
		"Answered in the last 7 days 12 Answered in the 28 days before 0",
	)
	page.lacks(t, "the-reviewer", "Administrators alone")

	link := regexp.MustCompile(`<td class="name">BorealisHelp</td><td class="num"><a href="([^"]*)"`).FindStringSubmatch(page.body)
	if link == nil {
		t.Fatalf("the pair has no link:\n%s", page.body)
	}
	f := filterOf(t, w, html.UnescapeString(link[1]))
	found, err := w.results.List(t.Context(), f, "", 10)
	if err != nil || len(found.Results) != 2 || !strings.HasPrefix(found.Results[0].ID, "wrong-") {
		t.Errorf("behind the pair are %+v, %v", found.Results, err)
	}

	w.as(account.Viewer).get("/quality?model=another").reads(t, "No call of the random sample has been checked yet")
	w.as(account.Viewer).get("/quality?weeks=5").says(t, http.StatusBadRequest, "Choose one of the periods of the list.")
	w.as(account.Viewer).get("/quality?task=none").reads(t, "No call of the random sample has been checked yet")
}

// filterOf reads an address of the list of calls.
func filterOf(t *testing.T, w *world, address string) results.Filter {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Path != "/calls" {
		t.Fatalf("%s is no list of calls, %v", address, err)
	}
	v := &visit{lang: english, zone: time.UTC}
	f, err := v.filter(u.Query())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestEveryNumberOfTheQualityLeadsToTheCallsBehind(t *testing.T) {
	w := newWorld(t)
	w.drawn(true)
	for n := range 6 {
		id, says := fmt.Sprintf("call-%d", n), "AcmeSupport"
		if n%3 == 0 {
			says = "CometCare"
		}
		w.checked(id, sampleAnswer(id, "AcmeSupport"), map[account.Role]string{account.Reviewer: says, account.Admin: says})
	}
	page := w.as(account.Admin).get("/quality")
	for what, c := range map[string]struct {
		link  string
		calls int
	}{
		"checked":  {`<dd><a href="([^"]*)">6</a><small>chosen`, 6},
		"wrong":    {`<dd><a href="([^"]*)">2</a><small>said`, 2},
		"week":     {`<a href="([^"]*)" class="row"`, 6},
		"recent":   {`last 7 days</dt><dd><a href="([^"]*)">6</a>`, 6},
		"earlier":  {`28 days before</dt><dd><a href="([^"]*)">0</a>`, 0},
		"model":    {`class="id">ft:base:own:sb-1</th><td class="num"><a href="([^"]*)"`, 6},
		"right":    {`<td class="num"><a href="([^"]*)">4 of 6</a>`, 4},
		"several":  {`<p><a href="([^"]*)">Calls that several`, 6},
		"company":  {`<td class="name"><a href="([^"]*)">AcmeSupport`, 6},
		"reviewer": {`the-reviewer</th><td class="num"><a href="([^"]*)"`, 6},
		"against":  {`<td class="num"><a href="([^"]*)">2 of 6`, 2},
	} {
		m := regexp.MustCompile(c.link).FindStringSubmatch(page.body)
		if m == nil {
			t.Errorf("%s has no link:\n%s", what, page.body)
			continue
		}
		found, err := w.results.List(t.Context(), filterOf(t, w, html.UnescapeString(m[1])), "", 50)
		if err != nil || len(found.Results) != c.calls {
			t.Errorf("behind %s are %d calls, %v; want %d: %s", what, len(found.Results), err, c.calls, m[1])
		}
	}
}

// Each number of a table that is a link leads to as many calls, those behind the bins of
// confidence among them.
func TestLinkedNumbersOfTheQualityAreTheLengthsOfTheirLists(t *testing.T) {
	w := newWorld(t)
	w.busy()
	w.drawn(true)
	random, end := rand.New(rand.NewPCG(7, 8)), w.now
	for n := range 120 {
		w.now = end.Add(-time.Duration(120-n) * 5 * time.Hour)
		id := fmt.Sprintf("drawn-%03d", n)
		p := sampleAnswer(id, companies[n%3])
		p.Confidence = float64(random.IntN(11)) / 10
		if p.Confidence < p.Threshold {
			p = unsureAnswer(id, companies[n%3], p.Confidence)
		}
		said := map[account.Role]string{account.Reviewer: companies[random.IntN(3)]}
		if n%4 == 0 {
			said[account.Admin] = companies[n%3]
		}
		w.checked(id, p, said)
	}
	w.now = end
	b := w.as(account.Admin)
	for _, query := range []string{"task=telecom", "task=telecom&weeks=4", "task=telecom&kind=all", "task=telecom&kind=conversations", "task=banks"} {
		page, seen, bins := b.get("/quality?"+query), 0, 0
		for _, m := range numberOf.FindAllStringSubmatch(page.body, -1) {
			if !wholeText.MatchString(m[2]) {
				continue
			}
			seen++
			if strings.Contains(m[1], "settled=yes") {
				bins++
			}
			if got, want := b.count(m[1]), whole(t, m[2]); got != want {
				t.Errorf("%s: the page says %d, and %s leads to %d calls", query, want, html.UnescapeString(m[1]), got)
			}
		}
		if strings.HasPrefix(query, "task=telecom") && !strings.Contains(query, "conversations") && (bins != 10 || seen < 15) {
			t.Errorf("%s has %d numbers, %d of them of bins", query, seen, bins)
		}
	}
}

func TestAdminsAloneSeeWhoTheReviewersAre(t *testing.T) {
	w := newWorld(t)
	w.drawn(true)
	mallory := w.person("mallory", account.Reviewer)
	for n := range 30 {
		id := fmt.Sprintf("call-%d", n)
		w.checked(id, sampleAnswer(id, companies[n%3]), map[account.Role]string{account.Reviewer: companies[n%3]})
		if _, err := w.results.Judge(t.Context(), results.Judgement{CallID: id, Label: "Elsewhere", Reviewer: mallory.ID}); err != nil {
			t.Fatal(err)
		}
	}
	admin := w.as(account.Admin).get("/quality")
	admin.reads(t, "Look at what these reviewers say before a model learns from it.", "mallory : 100.0% (30 of 30) against the model, others 0.0%",
		"mallory 30 30 of 30 100.0% 0 of 30 0.0%", "the-reviewer 30 0 of 30 0.0% 0 of 30 0.0%")
	for _, role := range []account.Role{account.Viewer, account.Reviewer} {
		page := w.as(role).get("/quality")
		page.reads(t, "1 reviewer goes against sure answers much more often than others do. An administrator sees who.")
		page.lacks(t, "mallory", mallory.ID)
	}
}

func TestWhatTheLastRetrainingDid(t *testing.T) {
	w := newWorld(t)
	w.drawn(true)
	task := w.base.Task("telecom")
	for i, id := range []string{"ft:base:own:sb-1", "ft:base:own:sb-2"} {
		m := registry.Model{ID: id, TestAccuracy: 0.86 + float64(i)*0.05, Created: start, RunID: id, WorkflowID: "finetune/x"}
		if _, err := task.Register(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if err := task.Promote(t.Context(), "ft:base:own:sb-1", "", database.Who{Name: "somebody"}, "a test"); err != nil {
		t.Fatal(err)
	}
	r := registry.Retraining{Run: "a/b", At: start, Decision: registry.Keep, Reason: "the difference is <within> chance", Champion: "ft:base:own:sb-1", Challenger: "ft:base:own:sb-2"}
	if err := task.RecordRetraining(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	w.now = start.Add(-time.Hour)
	w.checked("call-1", sampleAnswer("call-1", "AcmeSupport"), map[account.Role]string{account.Reviewer: "AcmeSupport"})
	w.now = start.Add(time.Hour)
	w.checked("call-2", sampleAnswer("call-2", "AcmeSupport"), map[account.Role]string{account.Reviewer: "OtherSupport"})
	page := w.as(account.Viewer).get("/quality")
	page.reads(t, "champion kept 2026-11-28 12:00:00", "the difference is <within> chance",
		"ft:base:own:sb-2 challenger 91.0% -", "ft:base:own:sb-1 champion then 86.0% 100.0% (1 of 1)", "ft:base:own:sb-1 (champion)")
	page.lacks(t, "<within>")
}

func TestQualityReadsInGerman(t *testing.T) {
	w := newWorld(t)
	w.drawn(true)
	w.checked("call-1", sampleAnswer("call-1", pipeline.Unknown+"e Firma"), map[account.Role]string{account.Reviewer: "AcmeSupport"})
	v := &visit{lang: german, zone: time.UTC}
	q := &quality{v: v, Quality: review.QualityOf([]review.Judged{{CallID: "a", Model: "m", Status: pipeline.AnswerClassified, Company: "A", Named: "A", Confidence: 0.9, Sampled: true, Labels: []review.Label{{Reviewer: "x", Label: "A"}}}})}
	if got, want := q.Right(), "Ein zufällig ausgewählter Anruf ist geprüft, und seine Antwort ist richtig."; got != want {
		t.Errorf("it reads %q, want %q", got, want)
	}
}

func TestWordsForKappa(t *testing.T) {
	q := &quality{v: &visit{lang: english}}
	for k, want := range map[float64]string{-0.2: "no more often than by chance", 0: "no more often", 0.3: "little more often", 0.5: "moderately", 0.7: "substantially", 0.9: "almost always"} {
		q.Agreement.Kappa = &k
		if got := q.Kappa(); !strings.Contains(got, want) || !strings.Contains(got, fmt.Sprintf("%.2f", k)) {
			t.Errorf("%v is told as %q", k, got)
		}
	}
	q.Agreement.Kappa = nil
	if got := q.Kappa(); got != "" {
		t.Errorf("nothing is told as %q", got)
	}
	q.Agreement.Same = review.ProportionOf(3, 3)
	if got := q.Kappa(); !strings.Contains(got, "one single label") {
		t.Errorf("one label is told as %q", got)
	}
}

func TestCalibrationIsNotToldFromChance(t *testing.T) {
	for name, c := range map[string]struct {
		count, of int64
		says      string
	}{
		"nothing":  {0, 0, ""},
		"as it is": {89, 100, "no more apart than chance explains"},
		"few":      {2, 3, "no more apart than chance explains"},
		"too sure": {60, 100, "too sure of itself"},
		"better":   {1000, 1000, "better than it says"},
	} {
		q := &quality{v: &visit{lang: english}}
		q.Bins[9] = review.Bin{Low: 0.9, High: 1, Confidence: 0.9, Right: review.ProportionOf(c.count, c.of)}
		if got := q.Calibrated(); !strings.Contains(got, c.says) || (got == "") != (c.says == "") {
			t.Errorf("%s is told as %q", name, got)
		}
	}
}
