package dashboard

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"switchboard/internal/account"
	"switchboard/internal/results"
)

// hidden is a field of the first form of a page that has it.
func hidden(t *testing.T, page answer, name string) string {
	t.Helper()
	m := regexp.MustCompile(`<input type="hidden" name="` + name + `" value="([^"]*)">`).FindStringSubmatch(page.body)
	if m == nil {
		t.Fatalf("%s has no field %s", page.path, name)
	}
	return m[1]
}

// A browser that goes back shows a call that was answered since. What is sent from
// there changes nothing, unless somebody opens the call to change the answer.
func TestAFormFromBeforeAnAnswerChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.drawn(false)
	w.call(sampleCall("call-1"), unsureAnswer("call-1", "AcmeSupport", 0.3))
	w.call(sampleCall("call-2"), unsureAnswer("call-2", "AcmeSupport", 0.4))
	b := w.as(account.Reviewer)
	old := b.get("/review")
	answer := func(page answer, label string) answer {
		return b.post("/calls/call-1/judgement", "label", label, "next", "/review", "kind", hidden(t, page, "kind"), "seen", hidden(t, page, "seen"))
	}
	answer(old, "AcmeSupport").says(t, http.StatusOK, "Answered: AcmeSupport.")
	first := w.judgements("call-1")
	stale := answer(old, "OtherSupport")
	stale.says(t, http.StatusConflict, "You have answered this call since you opened that page: AcmeSupport. That answer stays.", `href="/calls/call-1"`)
	answer(old, "AcmeSupport").says(t, http.StatusOK, "Answered: AcmeSupport.") // sent twice
	if said := w.judgements("call-1"); len(said) != 1 || said[0].ID != first[0].ID {
		t.Errorf("the old form was taken: %+v", said)
	}
	again := b.get("/review?call=call-1")
	again.says(t, http.StatusOK, "You have answered this call: AcmeSupport. Another answer takes its place.")
	answer(again, "OtherSupport").says(t, http.StatusOK, "Answered: OtherSupport.")
	if said := w.judgements("call-1"); len(said) != 1 || said[0].Label != "OtherSupport" {
		t.Errorf("the new form was not taken: %+v", said)
	}
	call := b.get("/calls/call-1")
	b.post("/calls/call-1/judgement", "label", "AcmeSupport", "next", "/calls/call-1", "seen", hidden(t, call, "seen")).says(t, http.StatusOK, "Answered: AcmeSupport.")
	b.post("/calls/call-1/judgement", "label", "Unknown", "next", "/calls/call-1", "seen", hidden(t, call, "seen")).says(t, http.StatusConflict)
	if old.header.Get("Cache-Control") != "no-store" {
		t.Error("a browser keeps the page with the call")
	}
}

// Why a call was asked about is what the queue can have said, for the audit tells it.
func TestWhyACallWasAskedAboutIsChecked(t *testing.T) {
	w := newWorld(t)
	w.drawn(false)
	w.call(sampleCall("unsure"), unsureAnswer("unsure", "AcmeSupport", 0.3))
	w.call(sampleCall("sure"), sampleAnswer("sure", "AcmeSupport"))
	w.drawn(true)
	w.call(sampleCall("drawn"), unsureAnswer("drawn", "AcmeSupport", 0.3))
	b := w.as(account.Reviewer)
	for _, c := range []struct {
		call, kind string
		fits       bool
	}{
		{"unsure", results.Uncertain, true}, {"unsure", results.FromSample, false}, {"unsure", results.SecondOpinion, false}, {"unsure", kindAgain, true}, {"unsure", "", true}, {"unsure", "else", false},
		{"sure", results.Uncertain, false}, {"sure", results.FromSample, false}, {"sure", kindAgain, true},
		{"drawn", results.FromSample, true}, {"drawn", results.SecondOpinion, true}, {"drawn", results.Uncertain, false},
	} {
		before := len(w.audited(callJudged))
		got := b.post("/calls/"+c.call+"/judgement", "label", "AcmeSupport", "kind", c.kind)
		if c.fits {
			got.says(t, http.StatusOK)
		} else {
			got.says(t, http.StatusBadRequest, "This form does not belong to this call.")
		}
		if said := len(w.audited(callJudged)) > before; said != c.fits {
			t.Errorf("%s as %q: in the audit %v", c.call, c.kind, said)
		}
	}
}

func TestAFormThatIsTooLarge(t *testing.T) {
	w := newWorld(t)
	w.call(sampleCall("call-1"), unsureAnswer("call-1", "AcmeSupport", 0.3))
	large := strings.Repeat("x", 3<<20)
	for _, path := range []string{"/calls/call-1/judgement", "/admin/retention", "/views", "/login"} {
		b := w.as(account.Admin)
		b.post(path, "label", large, "ids", large, "query", large, "name", large).says(t, http.StatusRequestEntityTooLarge, "larger than this page takes", "</html>")
	}
	if len(w.judgements("call-1")) != 0 {
		t.Error("something was stored")
	}
	b := w.as(account.Admin)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.address+"/views", strings.NewReader("name=%zz"))
	w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	b.do(r).says(t, http.StatusBadRequest, "The form cannot be read.")
}

// What is done and that it was done are kept together.
func TestWhatIsNotAuditedIsNotDone(t *testing.T) {
	w := newWorld(t)
	w.drawn(false)
	w.call(sampleCall("call-1"), unsureAnswer("call-1", "AcmeSupport", 0.3))
	w.call(sampleCall("call-2"), unsureAnswer("call-2", "AcmeSupport", 0.4))
	b := w.as(account.Admin)
	b.post("/calls/call-1/judgement", "label", "AcmeSupport").says(t, http.StatusOK)
	undo := "/judgements/1/undo"
	_, err := w.base.DB().ExecContext(t.Context(), "CREATE TRIGGER no_audit BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
	w.must(err)
	b.post("/calls/call-2/judgement", "label", "AcmeSupport").says(t, http.StatusInternalServerError)
	b.post(undo).says(t, http.StatusInternalServerError)
	b.post("/intake", "do", "pause", "why", "it is time").says(t, http.StatusInternalServerError)
	if len(w.judgements("call-2")) != 0 || len(w.judgements("call-1")) != 1 {
		t.Error("a judgement changed that the audit does not have")
	}
	if now, err := w.results.Intake(t.Context()); err != nil || now.Paused {
		t.Errorf("the intake is %+v, %v", now, err)
	}
	_, err = w.base.DB().ExecContext(t.Context(), "DROP TRIGGER no_audit")
	w.must(err)
	b.post("/calls/call-2/judgement", "label", "AcmeSupport").says(t, http.StatusOK)
	b.post(undo).says(t, http.StatusOK)
	b.post("/intake", "do", "pause", "why", "it is time").says(t, http.StatusOK)
	if len(w.audited(callJudged)) != 2 || len(w.audited(judgementUndone)) != 1 || len(w.audited(intakePaused)) != 1 {
		t.Error("the audit lacks what was done")
	}
}

// Who cannot be asked who they are is told so in their language, and so is a form from
// another site.
func TestErrorsBeforeAnyPageArePages(t *testing.T) {
	w := newWorld(t)
	v := w.visitor(account.Admin)
	b := &browser{world: w, http: v.http}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.address+"/account/language", strings.NewReader("language=de"))
	w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Accept-Language", "de")
	b.do(r).says(t, http.StatusForbidden, "Das kam von einer fremden Seite.", `lang="de"`)
	_ = w.base.Close()
	r, err = http.NewRequestWithContext(t.Context(), http.MethodGet, w.address+"/calls", nil)
	w.must(err)
	r.Header.Set("Accept-Language", "de")
	b.do(r).says(t, http.StatusServiceUnavailable, "Die Datenbank antwortet nicht.", `lang="de"`)
}
