package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"switchboard/internal/account"
)

// A page that says what is wrong with an address repeats nothing of it: whoever made a
// link to it would speak by this page.
func TestErrorsRepeatNothingOfAnAddress(t *testing.T) {
	w := newWorld(t)
	w.model("airlines", "ft:m:old")
	admin := w.as(account.Admin)
	spoken := url.QueryEscape("Your account is locked, call 0800 12345")
	for _, path := range []string{
		"/?range=", "/?kind=", "/calls?status=", "/calls?from=", "/calls?until=", "/calls?min=", "/calls?max=", "/calls?judged=", "/calls?people=", "/calls?kind=", "/calls?cursor=",
		"/calls.csv?status=", "/live?since=", "/quality?weeks=", "/quality?kind=", "/models?task=", "/models/x?task=", "/models/", "/runs?kind=", "/runs?status=", "/runs?since=", "/runs?page=",
		"/admin/audit?from=", "/admin/audit?until=", "/admin/users/", "/calls/", "/review?call=", "/welcome?token=", "/nothing/",
	} {
		if path == "/models/" {
			path += spoken + "?task=airlines"
		} else {
			path += spoken
		}
		page := admin.get(path)
		if page.status < http.StatusBadRequest {
			t.Errorf("%s: status %d", path, page.status)
		}
		page.lacks(t, "0800")
		if page.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: a browser may keep it", path)
		}
	}
}

// Whoever sends a form after their session has ended is led to the page to log in, and
// back to where they were.
func TestASessionThatEndedLeadsBack(t *testing.T) {
	w := newWorld(t)
	stranger := &browser{world: w, http: http.Client{Jar: w.stranger().http.Jar}}
	for from, leads := range map[string]string{
		w.address + "/review?task=telecom": "/login?next=%2Freview%3Ftask%3Dtelecom",
		"https://evil.example/review":      "/login",
		"":                                 "/login",
		w.address + "//evil.example/":      "/login?next=%2F",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.address+"/calls/x/judgement", strings.NewReader("label=x"))
		w.must(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Referer", from)
		stranger.do(r).says(t, http.StatusUnauthorized, `<a class="button" href="`+leads+`">Log in</a>`)
	}
}
