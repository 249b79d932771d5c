package reports

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"switchboard/internal/browsertest"
)

// missing skips a test for want of a tool, unless it has to run here.
func missing(t *testing.T, why error) {
	t.Helper()
	if os.Getenv("REQUIRE_CLIENTS") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// fits is a script that tells what stands out of the window, and whether the
// page's own style holds under its policy.
const fits = `(() => {
	const wrong = [...document.querySelectorAll("body *")].filter(e => {
		const box = e.getBoundingClientRect();
		return box.width > 0 && box.right > window.innerWidth + 1 && !e.closest(".scroll");
	}).map(e => e.tagName + " " + e.textContent.slice(0, 40));
	if (document.documentElement.scrollWidth > window.innerWidth) wrong.push("the page scrolls sideways");
	if (getComputedStyle(document.querySelector("h2")).fontSize !== "20px") wrong.push("the style does not hold");
	for (const i of document.images) if (!i.complete || i.naturalWidth === 0) wrong.push("a picture is not shown: " + i.alt);
	return wrong;
})()`

// Both reports are read on a desk and on a phone, and by people who do not see
// them.
func TestPagesInABrowser(t *testing.T) {
	if _, err := browsertest.Find(); err != nil {
		missing(t, err)
	}
	axe, noAxe := browsertest.Axe(t.Context())
	scripts := []string{axe, "Promise.all([" + fits + ", " + browsertest.RunAxe + "]).then(lists => lists.flat())"}
	if errors.Is(noAxe, browsertest.ErrNoAxe) {
		scripts = []string{fits}
	} else if noAxe != nil {
		t.Fatal(noAxe)
	}
	pages := examplePages(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(pages[filepath.Base(r.URL.Path)])
	}))
	defer server.Close()
	for name := range pages {
		for window, width := range map[string]int64{"desk": 1280, "phone": 360} {
			t.Run(name+" on a "+window, func(t *testing.T) {
				shot := ""
				if dir := os.Getenv("SWITCHBOARD_PICTURES"); dir != "" {
					shot = filepath.Join(dir, name+"-"+window+".png")
				}
				wrong, err := browsertest.Look[[]string](t.Context(), server.URL+"/"+name, width, shot, scripts...)
				if err != nil || len(wrong) > 0 {
					t.Errorf("%q, %v", wrong, err)
				}
			})
		}
	}
	if noAxe != nil {
		missing(t, noAxe)
	}
}
