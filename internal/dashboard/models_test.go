package dashboard

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
)

// model registers a model of a task; the first one becomes the champion.
func (w *world) model(task, id string) registry.Model {
	w.Helper()
	m := registry.Model{
		ID: id, BaseModel: "base", ProviderURL: "http://here/v1", Created: w.now, ValidationAccuracy: 0.93, TestAccuracy: 0.884,
		Threshold: 0.532, AskedPrecision: 0.95, TestCoverage: 0.751, WorkflowID: "finetune-tweets-1", RunID: "run-" + id,
	}
	w.now = w.now.Add(time.Hour)
	if _, err := w.base.Task(task).Register(w.Context(), m); err != nil {
		w.Fatal(err)
	}
	return m
}

// What is registered is shown without a worker; what only workers know is said to be
// missing.
func TestModelsAreShownFromTheDatabase(t *testing.T) {
	w := newWorld(t)
	viewer := w.as(account.Viewer)
	viewer.get("/models").says(t, http.StatusOK, "There are no models yet.", "This page is connected to no Temporal server")
	w.model("airlines", "ft:m:old")
	w.model("airlines", "ft:m:new")
	w.model("banks", "ft:m:bank")
	viewer.get("/models").says(t, http.StatusOK, "airlines", "banks", `href="/models/ft:m:old?task=airlines"`, ">champion<", "88.4%", "75.1%", "53.2%",
		`href="/calls?model=ft%3Am%3Aold&amp;task=airlines"`, `href="/models/ft:m:old?task=airlines&amp;report=1"`, "2 models, newest first", "Judged on its test set.")
	narrow := viewer.get("/models?task=banks")
	narrow.says(t, http.StatusOK, "ft:m:bank", "1 model, newest first", "Only the task banks.")
	narrow.lacks(t, "ft:m:old")
	viewer.get("/models?task=none").says(t, http.StatusOK, "The task none has no models.")
	viewer.get("/models?task=%3Cb%3E").says(t, http.StatusBadRequest)
	one := viewer.get("/models/ft:m:new?task=airlines")
	one.says(t, http.StatusOK, "ft:m:new", "for a precision of 95.0%", `href="/runs/finetune-tweets-1?run=run-ft%3Am%3Anew"`, "registered")
	one.lacks(t, "<form method=\"post\" action=\"/models/change\"")
	viewer.get("/models/ft:m:none?task=airlines").says(t, http.StatusBadRequest, "There is no such model.")
	viewer.get("/models/ft:m:new?task=airlines&report=1").says(t, http.StatusServiceUnavailable, "connected to no Temporal server")
	admin := w.as(account.Admin)
	admin.get("/models/ft:m:new?task=airlines").says(t, http.StatusOK, "Make it the champion", "Retire it")
	admin.get("/models/ft:m:old?task=airlines").lacks(t, "Make it the champion")
}

// Of a task with many models, the page of all tasks shows the newest, and that of the
// task all, a page at a time.
func TestManyModels(t *testing.T) {
	w := newWorld(t)
	for n := range modelsPerPage + 1 {
		w.model("airlines", "ft:m:"+strconv.Itoa(1000+n))
	}
	viewer := w.as(account.Viewer)
	rows := func(a answer) int { return strings.Count(a.body, "<tr data-href=") }
	if n := rows(viewer.get("/models")); n != modelsAtOnce {
		t.Errorf("the page of all tasks shows %d models", n)
	}
	first := viewer.get("/models?task=airlines")
	if n := rows(first); n != modelsPerPage {
		t.Errorf("the first page of the task shows %d models", n)
	}
	first.says(t, http.StatusOK, `href="/models?from=100&amp;task=airlines"`)
	last := viewer.get("/models?task=airlines&from=100")
	if n := rows(last); n != 1 {
		t.Errorf("the last page shows %d models", n)
	}
	for _, from := range []string{"-1", "x", "99999"} {
		viewer.get("/models?task=airlines&from="+from).says(t, http.StatusOK, "101 models")
	}
}

// Whoever changes something has the role, says why, and means something that there is.
func TestChangesAreRefused(t *testing.T) {
	w := newWorld(t)
	w.model("airlines", "ft:m:old")
	forms := map[string][]string{
		"/models/change":       {"task", "airlines", "model", "ft:m:old", "action", "promoted"},
		"/models/approve":      {"workflow", "retrain-x", "verdict", "approve"},
		"/schedules":           {"id", "retrain", "do", "pause"},
		"/intake":              {"do", "pause"},
		"/intake/dead-letters": {"do", "replay", "id", "1"},
		"/admin/retention":     {"do", "look", "ids", "call-1"},
	}
	for path, form := range forms {
		reasoned := append([]string{"why", "it is time"}, form...)
		for _, role := range []account.Role{account.Viewer, account.Reviewer} {
			w.as(role).post(path, reasoned...).says(t, http.StatusForbidden)
		}
		admin := w.as(account.Admin)
		if path == "/intake" {
			continue // it asks no worker, and succeeds
		}
		admin.post(path, reasoned...).says(t, http.StatusServiceUnavailable, "connected to no Temporal server")
		if path == "/intake/dead-letters" || path == "/admin/retention" {
			continue // these need no reason
		}
		admin.post(path, append([]string{"why", "  "}, form...)...).says(t, http.StatusBadRequest, "Give a reason")
		admin.post(path, append([]string{"why", strings.Repeat("ä", longestReason+1)}, form...)...).says(t, http.StatusBadRequest, "longer than 500 characters")
	}
	admin := w.as(account.Admin)
	admin.post("/models/change", "why", "x", "task", "airlines", "action", "registered").says(t, http.StatusBadRequest, "can be promoted, retired and rolled back")
	admin.post("/models/change", "why", "x", "task", "a b", "action", "promoted").says(t, http.StatusBadRequest)
	admin.post("/models/approve", "why", "x", "workflow", "w", "verdict", "").says(t, http.StatusBadRequest, "Approve the proposal or reject it.")
	if all := w.audited(""); len(all) != 0 {
		for _, e := range all {
			if e.Action != account.LoggedIn && e.Action != account.UserCreated {
				t.Errorf("something was done: %+v", e)
			}
		}
	}
}

// A proposal, a reason, or a name is other people's text, and no markup.
func TestTextsAreNoMarkup(t *testing.T) {
	w := newWorld(t)
	m := w.model("airlines", "ft:m:old")
	const evil = `<script>alert(1)</script>`
	m.ID, m.RunID, m.BaseModel = "ft:m:"+evil, "r2", evil
	if _, err := w.base.Task("airlines").Register(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	viewer := w.as(account.Viewer)
	viewer.get("/models").lacks(t, evil)
	viewer.get("/models/"+url.PathEscape(m.ID)+"?task=airlines").lacks(t, evil)
	viewer.get("/runs?kind="+url.QueryEscape(evil)).lacks(t, evil)
	viewer.get("/intake?reason="+url.QueryEscape(evil)).lacks(t, evil)
	w.as(account.Admin).get("/admin/retention?id="+url.QueryEscape(evil)).lacks(t, evil)
}

// Every state, kind and decision that there can be has words.
func TestWordsOfRuns(t *testing.T) {
	v := &visit{lang: german}
	for _, d := range []pipeline.Decision{pipeline.Promote, pipeline.Keep, pipeline.Skip} {
		if word(v, decisionTexts, d) == string(d) {
			t.Errorf("the decision %q has no German", d)
		}
	}
	if got := word(v, stateTexts, "new state"); got != "new state" {
		t.Errorf("a state of another version is %q", got)
	}
	if got := v.portion(pipeline.None); got != "-" {
		t.Errorf("0 of 0 is %q", got)
	}
	if got := v.portion(0.884); got != "88,4%" {
		t.Errorf("a share is %q in German", got)
	}
}
