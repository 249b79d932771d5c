package dashboard

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/pipeline"
	"switchboard/internal/runs"
)

// comparedRun is a comparison of a registered model, one that was trained for it, and one
// that is not there.
func comparedRun() runs.Run {
	failed := pipeline.FailedModel("llama", "the provider has no model of that name")
	return runs.Run{
		WorkflowID: "evaluate-tweets-1", RunID: "r1", Workflow: pipeline.EvaluateWorkflow, Task: "airlines", State: runs.Completed, Started: start, Closed: start.Add(time.Minute),
		Result: runs.Result{Evaluate: &pipeline.EvaluateResult{Turns: pipeline.FirstTurn, Report: pipeline.Ref{Path: "evaluate-tweets-1/r1/evaluation/report.html"}, Compared: []pipeline.ComparedModel{
			{
				Name: "champion", Model: "ft:m:old", Accuracy: 0.571, Low: 0.55, High: 0.59, Coverage: 0.211, Precision: 0.951, FirstWords: pipeline.None, MacroF1: 0.2,
				TrainingSeconds: 12.34, AnswersPerSecond: 1234.5, Asked: pipeline.None, Report: pipeline.Ref{Path: "evaluate-tweets-1-1/r2/evaluation/report.html"},
			},
			failed,
			{Name: "gpt-x", Model: "ft:m:trained", Accuracy: 0.642, Low: 0.62, High: 0.66, Coverage: 0.4, Precision: 0.94, FirstWords: 0.6, MacroF1: 0.31, Cost: 12.345, Priced: true, Asked: pipeline.None},
			{Name: "champion, then gpt-x", Accuracy: 0.66, Low: 0.64, High: 0.68, Coverage: 0.45, Precision: 0.95, FirstWords: pipeline.None, MacroF1: 0.33, Asked: 0.71},
		}}},
	}
}

// shown is the page of a run as somebody sees it.
func (w *world) shown(role account.Role, l *locale, run runs.Run) answer {
	w.Helper()
	rec, user := httptest.NewRecorder(), w.people[role]
	v := w.dashboard.visit(rec, httptest.NewRequestWithContext(w.Context(), http.MethodGet, "/runs/x", nil))
	v.user, v.lang = &user, l
	p := runPage{runRow: v.runRow(run), v: v, Warnings: v.warnings(run.Result)}
	var err error
	p.Compared, err = v.comparison(run)
	w.must(err)
	p.ModelPath, err = v.modelOf(run)
	w.must(err)
	w.must(v.render("run", "Run", p))
	return answer{status: rec.Code, body: rec.Body.String()}
}

func TestAComparisonIsShown(t *testing.T) {
	w := newWorld(t)
	w.model("airlines", "ft:m:old")
	page := w.shown(account.Viewer, english, comparedRun())
	page.reads(t,
		"gpt-x is right most often: 64.2%", "only the customer's first words",
		"champion 57.1% 55.0% to 59.0% 21.1% 95.1% - 20.0% 12.3s - 1,234.5",
		"llama This model could not be judged. For whoever looks after the programs The provider has no model of that name.",
		"gpt-x 64.2% 62.0% to 66.0% 40.0% 94.0% 60.0% 31.0% - 12.35 USD -",
		"champion, then gpt-x The second model is asked about 71.0% of the conversations. 66.0%",
		"no call is answered that way")
	page.says(t, http.StatusOK, `<a href="/models/ft:m:old?task=airlines">champion</a>`, `<a href="/runs/evaluate-tweets-1-1?run=r2&amp;report=1">57.1%</a>`, `href="/runs/evaluate-tweets-1?run=r1&amp;report=1"`)
	page.lacks(t, "ft:m:trained") // it is not registered
	w.shown(account.Viewer, german, comparedRun()).reads(t,
		"gpt-x liegt am häufigsten richtig: 64,2%", "nur die ersten Worte des Kunden", "55,0% bis 59,0%", "12,3s - 1.234,5", "12,35 USD",
		"champion, dann gpt-x Das zweite Modell wird nach 71,0% der Unterhaltungen gefragt.", "Dieses Modell ließ sich nicht beurteilen.")
}

// A comparison of nothing but models that cannot be judged has no best one.
func TestNoModelIsRightMostOften(t *testing.T) {
	v := &visit{lang: english}
	if got := v.rightMostOften([]pipeline.ComparedModel{pipeline.FailedModel("a", "x")}); got != "" {
		t.Errorf("it is %q", got)
	}
}

// What a run warns of is read in the reader's language; what the page does not know is
// marked as English.
func TestWarningsOfARun(t *testing.T) {
	w := newWorld(t)
	run := comparedRun()
	run.Workflow, run.Result = pipeline.ApplyWorkflow, runs.Result{Apply: &pipeline.ApplyResult{Model: "ft:m:gone", Warnings: []string{
		"1,234 of 5,678 conversations (21.7%) got no answer in all attempts (mostly timeout) and are left out of all shares: ask them again with --retry-failed",
		"the model's own test had 12 conversations, too few to tell whether these answers are as good: look at some before you use them",
		"61.2% of the conversations are Unknown, against 12.5% in the model's own test",
		pipeline.FirstTurn.Unlike(pipeline.AllTurns),
		"something that is new",
	}}}
	page := w.shown(account.Viewer, german, run)
	page.reads(t, "1.234 von 5.678 Unterhaltungen (21,7%) bekamen in allen Versuchen keine Antwort (meist timeout)", "Der Test des Modells selbst hatte 12 Unterhaltungen:",
		"61,2% der Unterhaltungen sind unbekannt, gegen 12,5%", "Das Modell wurde mit ganzen Unterhaltungen trainiert und wird nach den ersten Worten des Kunden allein gefragt.")
	page.says(t, http.StatusOK, `<p class="warning" lang="en">Something that is new.</p>`)
	if n := strings.Count(page.body, `<p class="warning"`); n != 5 {
		t.Errorf("there are %d warnings", n)
	}
	page.lacks(t, "ft:m:gone")
	w.shown(account.Viewer, english, run).reads(t, "1,234 of 5,678 conversations (21.7%) got no answer", "The model was trained on whole conversations and is asked about the customer's first words alone.")
}
