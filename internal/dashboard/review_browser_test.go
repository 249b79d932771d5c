package dashboard

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"switchboard/internal/account"
	"switchboard/internal/browsertest"
	"switchboard/internal/results"
)

// openTab returns a tab in which the user of a role is logged in.
func (w *world) openTab(role account.Role, width int64) *browsertest.Tab {
	w.Helper()
	tab, err := browsertest.Open(w.Context(), width)
	if errors.Is(err, browsertest.ErrAbsent) {
		w.Skip(err)
	}
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(tab.Close)
	w.must(tab.Go(w.address + door + w.people[role].ID))
	return tab
}

func TestTheQueueIsWorkedThroughByKeys(t *testing.T) {
	w := newWorld(t)
	w.drawn(false)
	for n := range 6 {
		id := fmt.Sprintf("call-%d", n)
		c := sampleCall(id)
		c.Turns = []results.Turn{{Side: "customer", Text: "This is number " + id}}
		w.call(c, unsureAnswer(id, "AcmeSupport", 0.1+float64(n)/100))
	}
	tab := w.openTab(account.Reviewer, 1440)
	shows := func(text string) {
		t.Helper()
		if _, err := tab.Await(text); err != nil {
			t.Fatal(err)
		}
		// The page listens to keys from when the call has the focus.
		if _, err := browsertest.Value[bool](tab, `new Promise(done => { const look = () => document.activeElement.id === "call" ? done(true) : setTimeout(look, 20); look() })`); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(call, label string) {
		t.Helper()
		if said := w.judgements(call); label == "" && len(said) > 0 || label != "" && (len(said) != 1 || said[0].Label != label) {
			t.Errorf("of %s holds %+v, want %q", call, said, label)
		}
	}
	w.must(tab.Go(w.address + "/review"))
	shows("number call-0")

	w.must(tab.Press("1")) // the suggestion
	shows("number call-1")
	holds("call-0", "AcmeSupport")
	if said, err := browsertest.Value[string](tab, `new Promise(done => setTimeout(() => done(document.querySelector("[data-say]").textContent), 300))`); err != nil || !strings.HasPrefix(said, "Answered: AcmeSupport. A call to judge.") {
		t.Errorf("a screen reader hears %q, %v", said, err)
	}

	w.must(tab.Press("u"))
	shows("number call-0")
	holds("call-0", "")
	w.must(tab.Press("0"))
	shows("number call-1")
	holds("call-0", "Unknown")

	w.must(tab.Press("s"))
	shows("number call-2")
	w.must(tab.Press("jj"))
	w.must(tab.Press(kb.Enter)) // the second answer
	shows("number call-3")
	holds("call-2", "OtherSupport")

	// Keys are letters while somebody writes.
	w.must(tab.Press("/"))
	if at, err := browsertest.Value[string](tab, "document.activeElement.id"); err != nil || at != "label" {
		t.Errorf("the focus is on %q, %v; want the field for another company", at, err)
	}
	w.must(tab.Fill("#label", "s1u 9"))
	w.must(tab.Press(kb.Enter))
	shows("Nobody has named the company s1u 9 before.")
	holds("call-3", "")
	w.must(tab.Click(`.answers .warning button[name=label]`))
	shows("number call-4")
	holds("call-3", "s1u 9")
	holds("call-1", "")
	shows("Answered: s1u 9 (new company).")
}

func TestTheQueueWorksWithoutScripts(t *testing.T) {
	w := newWorld(t)
	w.drawn(false)
	for n := range 2 {
		id := fmt.Sprintf("call-%d", n)
		w.call(sampleCall(id), unsureAnswer(id, "AcmeSupport", 0.1+float64(n)/100))
	}
	tab := w.openTab(account.Reviewer, 390)
	w.must(tab.Scripts(false))
	w.must(tab.Go(w.address + "/review"))
	w.must(tab.Click(`[data-key="1"]`))
	if _, err := tab.Await("Answered: AcmeSupport."); err != nil {
		t.Fatal(err)
	}
	if said := w.judgements("call-0"); len(said) != 1 || said[0].Label != "AcmeSupport" {
		t.Errorf("%+v holds", said)
	}
	w.must(tab.Click(`[data-key="u"]`))
	if _, err := tab.Await("Your answer is taken back."); err != nil {
		t.Fatal(err)
	}
	if said := w.judgements("call-0"); len(said) != 0 {
		t.Errorf("%+v holds", said)
	}
}
