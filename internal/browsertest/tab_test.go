package browsertest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"switchboard/internal/browsertest"
)

// form is a page that is used, and one that it leads to.
const form = `<!doctype html><body><form action="/said"><input name="word" value="old"><button>Say</button></form>
<p id="key"></p><script>document.addEventListener("keydown", e => document.getElementById("key").textContent = "key " + e.key)</script>
<style>p.dark { display: none } @media (prefers-color-scheme: dark) { p.dark { display: block } }</style><p class="dark">dark</p>`

func TestTab(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if word := r.FormValue("word"); word != "" {
			_, _ = io.WriteString(w, "You said "+word)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, form)
	}))
	defer server.Close()
	tab, err := browsertest.Open(t.Context(), 390)
	if err != nil {
		t.Skip(err)
	}
	defer tab.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(tab.Dark(true))
	must(tab.Go(server.URL))
	_, err = tab.Await("dark")
	must(err)
	must(tab.Press("j"))
	_, err = tab.Await("key j")
	must(err)
	must(tab.Fill("[name=word]", "new"))
	must(tab.Click("button"))
	_, err = tab.Await("You said new")
	must(err)
	if path, err := tab.Path(); err != nil || path != "/said?word=new" {
		t.Errorf("the page is %q, %v", path, err)
	}
	if width, err := browsertest.Value[int](tab, "innerWidth"); err != nil || width != 390 {
		t.Errorf("the window is %d wide, %v", width, err)
	}
	must(tab.Scripts(false))
	must(tab.Go(server.URL))
	must(tab.Press("j"))
	if text, err := tab.Text(); err != nil || strings.Contains(text, "key") {
		t.Errorf("without scripts the page shows %q, %v", text, err)
	}
}
