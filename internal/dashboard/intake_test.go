package dashboard

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"switchboard/internal/account"
	"switchboard/internal/database/databasetest"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// The intake is held by the database: no worker and no Temporal is needed for it.
func TestTheIntakeIsHeld(t *testing.T) {
	w := newWorld(t)
	w.call(sampleCall("call-waits"))
	viewer, admin := w.as(account.Viewer), w.as(account.Admin)
	page := viewer.get("/intake")
	page.says(t, http.StatusOK, "Calls are taken in", "cannot be told", `<a href="/calls?status=waiting">1</a>`)
	page.lacks(t, "Pause the intake")
	admin.get("/intake").says(t, http.StatusOK, "Pause the intake")
	done := admin.post("/intake", "do", "pause", "why", "the provider moves")
	done.says(t, http.StatusOK, "No more calls are taken in", "The intake is paused", "by the-admin", "Take calls in again")
	if flag, err := w.results.Intake(t.Context()); err != nil || !flag.Paused || flag.By != "the-admin" {
		t.Errorf("the intake is %+v, %v", flag, err)
	}
	if found := w.audited(intakePaused); len(found) != 1 || found[0].Details["reason"] != "the provider moves" || found[0].Account != w.people[account.Admin].ID {
		t.Errorf("the audit has %+v", found)
	}
	admin.post("/intake", "do", "resume", "why", "it has moved").says(t, http.StatusOK, "Calls are taken in again", "Pause the intake")
	if flag, err := w.results.Intake(t.Context()); err != nil || flag.Paused {
		t.Errorf("the intake is %+v, %v", flag, err)
	}
	admin.post("/intake", "do", "stop", "why", "x").says(t, http.StatusBadRequest, "paused, or go on")
	admin.post("/intake/dead-letters", "do", "replay").says(t, http.StatusBadRequest, "Choose the dead letters first")
	admin.post("/intake/dead-letters", "do", "replay-reason").says(t, http.StatusBadRequest, "Choose a reason first")
	admin.post("/intake/dead-letters", "do", "burn", "id", "1").says(t, http.StatusBadRequest, "sent again or discarded")
	if n := len(w.audited(lettersReplayed)); n != 0 {
		t.Errorf("%d replays are in the audit, and there was none", n)
	}
}

// Of many dead letters those of one reason are shown, each with what is known of it.
func TestDeadLettersAreNarrowed(t *testing.T) {
	list := pipeline.DeadLetterList{More: true}
	for n := range lettersShown + 5 {
		l := pipeline.DeadLetter{ID: string(rune('a' + n%26)), Reason: "not-json"}
		if n%2 == 0 {
			l.Reason, l.CallID, l.Replayed = "refused", "call/"+l.ID, true
		}
		list.DeadLetters = append(list.DeadLetters, l)
	}
	v := &visit{lang: english}
	all, some := intakePage{}, intakePage{Reason: "refused"}
	all.addLetters(v, list)
	some.addLetters(v, list)
	if len(all.Letters) != lettersShown || !all.More || len(all.Reasons) != 2 || all.Reasons[0].Name != "not JSON" {
		t.Errorf("%d letters, more %v, reasons %+v", len(all.Letters), all.More, all.Reasons)
	}
	if len(some.Letters) != (lettersShown+6)/2 || !some.Reasons[1].Chosen {
		t.Errorf("%d letters, reasons %+v", len(some.Letters), some.Reasons)
	}
	if l := some.Letters[0]; l.Run != "/runs/"+url.PathEscape("call/call/a") || l.State != "sent again" || l.Why != "refused by the model's provider, the recognizer, or the recording's host" {
		t.Errorf("a letter is %+v", l)
	}
}

// A dead letter leads to its call where there is one, and to the run that gave it up
// where there was one.
func TestDeadLettersLeadToWhatThereIs(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, location string) {
		w := newWorldAt(t, location)
		for _, id := range []string{"rejected", "erased", "taken in"} {
			w.call(sampleCall(id))
		}
		w.must(w.results.Reject(t.Context(), sampleCall("rejected"), "refused"))
		if _, err := w.results.Erase(t.Context(), []string{"erased"}, false); err != nil {
			t.Fatal(err)
		}
		v := &visit{Server: w.dashboard, lang: english, r: httptest.NewRequest(http.MethodGet, "/intake", nil).WithContext(t.Context())}
		p := intakePage{}
		for _, l := range []pipeline.DeadLetter{{CallID: "rejected", Reason: "refused"}, {CallID: "erased", Reason: "gave-up"}, {CallID: "never taken in", Reason: "in-parts"}, {Reason: "not-json"}, {CallID: "taken in", Reason: "too-large"}} {
			p.addLetters(v, pipeline.DeadLetterList{DeadLetters: []pipeline.DeadLetter{l}})
		}
		if err := p.linkLetters(v); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range p.Letters {
			got = append(got, l.Path+" "+l.Run)
		}
		if want := []string{"/calls/rejected /runs/call%2Frejected", " /runs/call%2Ferased", " ", " ", "/calls/taken%20in "}; !slices.Equal(got, want) {
			t.Errorf("they lead to %q, want %q", got, want)
		}
		w.as(account.Viewer).get("/calls/rejected").says(t, http.StatusOK, "refused by the model&#39;s provider", `href="/runs/call%2Frejected"`)
	})
}

func TestLagOfPartitions(t *testing.T) {
	p := intakePage{State: pipeline.IntakeState{Partitions: []pipeline.PartitionLag{
		{Partition: 0, Waiting: 3, Oldest: start}, {Partition: 1}, {Partition: 2, Waiting: 4, Oldest: start.Add(-1)},
	}}}
	p.addLag()
	if p.InKafka != 7 || !p.Oldest.Equal(start.Add(-1)) {
		t.Errorf("%d wait, the oldest since %s", p.InKafka, p.Oldest)
	}
	if got := p.Age(intakePage{}.Oldest); got != "-" {
		t.Errorf("the age of nothing is %q", got)
	}
}

// What is to be erased is named in one way, and nothing is erased by a slip.
func TestErasingIsMeant(t *testing.T) {
	w := newWorld(t)
	w.call(sampleCall("call-1"))
	admin := w.as(account.Admin)
	w.as(account.Reviewer).get("/admin/retention").says(t, http.StatusForbidden)
	admin.get("/admin/retention?id=call-1&id=call-2").says(t, http.StatusOK, "call-1\ncall-2</textarea>", "Retention")
	for want, form := range map[string][]string{
		"not both":                {"do", "look", "ids", "call-1", "before", "2026-01-01"},
		"Name the calls":          {"do", "look"},
		"Tick the box to confirm": {"do", "erase", "ids", "call-1"},
		"looked for or":           {"ids", "call-1"},
		"is not a date":           {"do", "look", "before", "yesterday"},
		"lies in the future":      {"do", "look", "before", "2999-01-01"},
		"connected to no Tem":     {"do", "erase", "sure", "yes", "ids", "call-1"},
	} {
		status := http.StatusBadRequest
		if want == "connected to no Tem" {
			status = http.StatusServiceUnavailable
		}
		admin.post("/admin/retention", form...).says(t, status, want)
	}
	if c, err := w.results.Get(t.Context(), "call-1"); err != nil || c.Status != results.Redacted {
		t.Errorf("the call is %+v, %v", c.Status, err)
	}
}

func TestIDsOfALine(t *testing.T) {
	got := idsOf(" a \r\n\r\nb/c\na\n  \n")
	if len(got) != 2 || got[0] != "a" || got[1] != "b/c" {
		t.Errorf("%q", got)
	}
}
