package dashboard

import (
	"encoding/csv"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchboard/internal/account"
)

func TestAuditPage(t *testing.T) {
	w := newWorld(t)
	now := w.clocked()
	viewer := w.people[account.Viewer]
	for n := range 2*auditPage + 10 {
		*now = now.Add(time.Minute)
		w.must(w.accounts.Record(t.Context(), account.Entry{Account: viewer.ID, Action: "thing.done", Target: "target-" + strconv.Itoa(n)}))
	}
	admin := w.as(account.Admin)
	page := admin.get("/admin/audit?action=thing.done")
	page.says(t, http.StatusOK, "target-209<", "target-110<", "the-viewer")
	page.lacks(t, "target-109<")
	older := regexp.MustCompile(`href="(/admin/audit\?[^"]*before=[^"]*)" rel="next"`).FindStringSubmatch(page.body)
	if older == nil {
		t.Fatal("there is no way to older entries")
	}
	next := admin.get(strings.ReplaceAll(older[1], "&amp;", "&"))
	next.says(t, http.StatusOK, "target-109<", "target-10<")
	next.lacks(t, "target-110<", "target-9<")
	admin.get("/admin/audit?account="+viewer.ID+"&target=target-7").says(t, http.StatusOK, "target-7<")
	w.must(w.accounts.Record(t.Context(), account.Entry{Account: viewer.ID, Action: callJudged, Target: "call 1"}))
	w.must(w.accounts.Record(t.Context(), account.Entry{Account: viewer.ID, Action: modelRetired, Target: "ft:m:old", Details: map[string]string{"task": "airlines"}}))
	admin.get("/admin/audit").says(t, http.StatusOK, `<a href="/calls/call%201">call 1</a>`, `<a href="/models/ft:m:old?task=airlines">ft:m:old</a>`)
	admin.get("/admin/audit?target=nothing").says(t, http.StatusOK, "No entries match.")
	admin.get("/admin/audit?until=2026-11-27").says(t, http.StatusOK, "No entries match.")
	admin.get("/admin/audit?from=2026-11-28&until=2026-11-28").says(t, http.StatusOK, "target-209<")
	admin.get("/admin/audit?from=soon").says(t, http.StatusBadRequest)
}

// An export names nobody, has no formulas, and is in the audit itself.
func TestAuditExport(t *testing.T) {
	w := newWorld(t)
	viewer := w.people[account.Viewer]
	for _, target := range []string{"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "plain", "a,b\n\"c\"", viewer.ID} {
		w.must(w.accounts.Record(t.Context(), account.Entry{Account: viewer.ID, Action: "thing.done", Target: target}))
	}
	admin := w.as(account.Admin)
	got := admin.get("/admin/audit.csv?action=thing.done")
	got.says(t, http.StatusOK)
	got.lacks(t, viewer.ID, viewer.Name)
	if got.header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("it is sent as %v", got.header)
	}
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	if err != nil || len(rows) != 9 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	pseudonym, err := w.base.Pseudonym(t.Context(), viewer.ID)
	w.must(err)
	if rows[1][1] != pseudonym || rows[1][3] != pseudonym {
		t.Errorf("the user is %q and %q, want %q", rows[1][1], rows[1][3], pseudonym)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r") {
				t.Errorf("a spreadsheet takes %q for a formula", cell)
			}
		}
	}
	for n := range 2*auditAtOnce - len(rows) + 1 {
		w.must(w.accounts.Record(t.Context(), account.Entry{Account: viewer.ID, Action: "thing.done", Target: "more-" + strconv.Itoa(n)}))
	}
	all, err := csv.NewReader(strings.NewReader(admin.get("/admin/audit.csv?action=thing.done").body)).ReadAll()
	seen := map[string]bool{}
	for _, row := range all {
		seen[row[3]] = true
	}
	if err != nil || len(all) != 2*auditAtOnce+1 || len(seen) != len(all) {
		t.Errorf("of many there are %d rows, %d of them different, %v", len(all), len(seen), err)
	}
	if again := admin.get("/admin/audit?action=audit.exported"); !strings.Contains(again.body, "<td>exported the audit</td>") {
		t.Error("nobody is told of the export")
	}
}

// Whatever is done has words, in whichever package it is done.
func TestEveryActionOfTheAuditHasWords(t *testing.T) {
	actions := regexp.MustCompile(`(?:account\.)?Action = "([a-z_]+\.[a-z_]+)"`)
	found := 0
	for _, pattern := range []string{"*.go", "../account/*.go", "../../activities/*.go", "../../workflows/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range actions.FindAllStringSubmatch(string(content), -1) {
				if found++; auditTexts[account.Action(m[1])] == "" {
					t.Errorf("%s: %s has no words", name, m[1])
				}
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d actions were found", found)
	}
	v := &visit{lang: german}
	if got := v.details(map[string]string{"from": "viewer", "to": "admin", "other": "x"}); got != "vorher: Betrachter, other: x, jetzt: Admin" {
		t.Errorf("details are %q", got)
	}
}
