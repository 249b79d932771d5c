package dashboard

import (
	"fmt"
	"strings"
	"testing"

	"switchboard/internal/account"
	"switchboard/internal/browsertest"
	"switchboard/internal/results"
)

// Names as long as can be, and many companies, keep a view within a phone's window and a
// desk's.
func TestLongNamesFit(t *testing.T) {
	w := newWorld(t)
	w.drawn(true)
	long := strings.Repeat("Donaudampfschifffahrt", 5)[:longestLabel]
	w.checked("long", sampleAnswer("long", long), map[account.Role]string{account.Reviewer: long, account.Admin: "AcmeSupport"})
	for n := range 70 {
		id := fmt.Sprintf("call-%d", n)
		w.checked(id, sampleAnswer(id, fmt.Sprintf("Company %d", n)), map[account.Role]string{account.Reviewer: long})
	}
	c := sampleCall(strings.Repeat("i", 120))
	c.Turns = []results.Turn{{Side: "customer", Text: strings.Repeat("w", 500)}}
	w.call(c, unsureAnswer(c.ID, long, 0.2))
	w.model("telecom", "ft:"+strings.Repeat("m", 120))
	tab := w.openTab(account.Admin, 390)
	for _, width := range []int64{390, 1440} {
		w.must(tab.Resize(width))
		for _, path := range []string{"/", "/?companies=all", "/calls", "/calls?company=" + long, callPath("long"), callPath(c.ID), "/review?call=" + c.ID, "/quality", "/models", "/admin/audit", "/admin/users"} {
			w.must(tab.Go(w.address + path))
			if wide, err := browsertest.Value[int](tab, "document.documentElement.scrollWidth - innerWidth"); err != nil || wide > 0 {
				t.Errorf("%s is %d pixels wider than a window of %d, %v", path, wide, width, err)
			}
		}
	}
}
