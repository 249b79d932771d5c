package dashboard

import (
	"testing"

	"switchboard/internal/account"
	"switchboard/internal/browsertest"
)

// New calls are told of, and move nothing until somebody wants to see them.
func TestANewCallWaitsBehindABar(t *testing.T) {
	w := newWorld(t).hurried()
	w.seed(5)
	tab := w.openTab(account.Viewer, 1440)
	w.must(tab.Go(w.address + "/calls"))
	const rows = `document.querySelectorAll("table.calls tbody tr").length`
	w.call(sampleCall("new"), sampleAnswer("new", "AcmeSupport"))
	if _, err := tab.Await("1 new call"); err != nil {
		t.Fatal(err)
	}
	if n, err := browsertest.Value[int](tab, rows); err != nil || n != 5 {
		t.Errorf("the list has %d rows, %v", n, err)
	}
	w.must(tab.Click(".news a"))
	if _, err := tab.Await("6 calls"); err != nil {
		t.Fatal(err)
	}
	if n, err := browsertest.Value[int](tab, rows); err != nil || n != 6 {
		t.Errorf("after a click, the list has %d rows, %v", n, err)
	}
}

func TestTheListIsUsedByKeys(t *testing.T) {
	w := newWorld(t)
	w.seed(5)
	tab := w.openTab(account.Reviewer, 1440)
	w.must(tab.Go(w.address + "/calls"))
	w.must(tab.Press("j"))
	w.must(tab.Press("j"))
	chosen, err := browsertest.Value[string](tab, `document.querySelector("tr.chosen").dataset.href`)
	if err != nil || chosen != "/calls/call-0003" {
		t.Errorf("after two steps, %q is chosen, %v", chosen, err)
	}
	w.must(tab.Press("\r"))
	if _, err := tab.Await("What was said"); err != nil {
		t.Fatal(err)
	}
	// Why is told in its place, and says here that nobody can be asked.
	w.must(tab.Click("#why a"))
	if _, err := tab.Await("connected to no Temporal server"); err != nil {
		t.Fatal(err)
	}
	if path, err := tab.Path(); err != nil || path != "/calls/call-0003" {
		t.Errorf("the page is %s, %v", path, err)
	}
}

// Without scripts the lists, their filters and one call are all there.
func TestPagesWithoutScripts(t *testing.T) {
	w := newWorld(t)
	w.seed(5)
	tab := w.openTab(account.Viewer, 1440)
	w.must(tab.Scripts(false))
	for path, says := range map[string]string{"/": "Calls by company", "/calls?company=Unknown": "Company: Unknown", "/calls/call-0003": "What was said", "/calls/call-0003/why": "Back to the call"} {
		w.must(tab.Go(w.address + path))
		if _, err := tab.Await(says); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}
