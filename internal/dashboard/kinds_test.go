package dashboard

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"switchboard/internal/account"
	"switchboard/internal/database/databasetest"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// flood stores conversations of a dataset, as a run does.
func (w *world) flood(n int) {
	w.Helper()
	var list []results.Conversation
	for i := range n {
		id := fmt.Sprintf("apply-flood/%d", i)
		sum := sha256.Sum256([]byte(id))
		list = append(list, results.Conversation{
			Call: results.Call{
				ID: id, Task: "telecom", Channel: pipeline.DatasetChannel, Origin: results.Origin{SHA256: hex.EncodeToString(sum[:])},
				Turns: []results.Turn{{Text: "nobody answers my tweet"}},
			},
			Answer: sampleAnswer(id, "FloodCo"),
		})
	}
	_, _, err := w.results.SaveConversations(w.Context(), list)
	w.must(err)
}

// Conversations of a dataset are on no page of calls until somebody asks for them, and
// whatever such a page leads to is about them as well.
func TestConversationsOfADatasetFloodNoPage(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, location string) {
		w := newWorldAt(t, location)
		w.drawn(true)
		w.seed(30)
		b := w.as(account.Reviewer)
		for _, path := range []string{"/", "/calls", "/quality"} {
			b.get(path).lacks(t, "conversations of datasets")
		}
		w.flood(60)
		if _, err := w.results.Judge(t.Context(), results.Judgement{CallID: "apply-flood/1", Label: "FloodCo", Reviewer: b.user.ID}); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/", "/?range=week", "/calls", "/calls?q=tweet", "/quality"} {
			b.get(path).lacks(t, "FloodCo</td>", "FloodCo</text>", "apply-flood")
		}
		b.get("/").says(t, http.StatusOK, "conversations of datasets", `kind=conversations`)
		b.get("/calls").says(t, http.StatusOK, "30 calls")
		list := b.get("/calls?kind=conversations&task=telecom")
		list.says(t, http.StatusOK, "60 calls", "FloodCo", "Shown: conversations of datasets", `type="hidden" name="kind" value="conversations"`, "nobody answers my tweet")
		b.get("/calls?kind=all").says(t, http.StatusOK, "90 calls", "calls and conversations of datasets")
		for _, path := range []string{"/?kind=conversations", "/?kind=conversations&range=week&by=hour", "/quality?kind=conversations"} {
			page := b.get(path)
			links := 0
			for _, m := range linkOf.FindAllStringSubmatch(page.body, -1) {
				if strings.HasPrefix(m[1], "/calls?") || strings.HasPrefix(m[1], "/?") {
					links++
					if !strings.Contains(m[1], "kind=conversations") && !strings.Contains(page.body, `<li><a href="`+m[1]) {
						t.Errorf("%s leads to %s, which is of calls", path, m[1])
					}
				}
			}
			if links < 3 {
				t.Errorf("%s has %d links to calls", path, links)
			}
		}
		b.get("/quality?kind=conversations").says(t, http.StatusOK, ">1</a><small>chosen")
		for query, want := range map[string]int{"": 30, "kind=conversations": 60, "kind=all": 90} {
			if got := b.count("/calls?" + query); got != want {
				t.Errorf("%q exports %d calls, want %d", query, got, want)
			}
		}
	})
}
