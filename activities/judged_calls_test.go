package activities

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
	"switchboard/internal/results"
	"switchboard/internal/retrain"
	"switchboard/internal/review"
	"switchboard/internal/split"
)

// answered stores a call that a model was sure is for a company.
func (l *lab) answered(id, company string) {
	l.t.Helper()
	c := results.Call{ID: id, Task: pipeline.DefaultTask, Channel: "phone", Origin: results.Origin{Source: "file", SHA256: strings.Repeat("ab", 32)}}
	for i := range 3 {
		c.Turns = append(c.Turns, results.Turn{Side: "customer", Text: fmt.Sprintf("turn %d of %s", i, id)})
	}
	if _, err := l.data.Results.SaveRedacted(l.t.Context(), c); err != nil {
		l.t.Fatal(err)
	}
	p := results.Prediction{CallID: id, Model: "ft:champion", Company: company, Named: company, Confidence: 0.97, Threshold: 0.5, Status: pipeline.AnswerClassified}
	if _, err := l.data.Results.SavePrediction(l.t.Context(), p); err != nil {
		l.t.Fatal(err)
	}
}

// judge answers n calls and lets somebody say what they are about.
func (l *lab) judgeCalls(n int, prefix, company, label, reviewer string) {
	l.t.Helper()
	for i := range n {
		id := fmt.Sprintf("%s-%d", prefix, i)
		l.answered(id, company)
		l.says(id, label, reviewer)
	}
}

func (l *lab) says(id, label, reviewer string) {
	l.t.Helper()
	if _, err := l.data.Results.Judge(l.t.Context(), results.Judgement{CallID: id, Label: label, Reviewer: reviewer}); err != nil {
		l.t.Fatal(err)
	}
}

// anonymized stores conversations of two companies, as they come out of a
// preparation.
func (l *lab) anonymized(n int) artifact.Ref {
	l.t.Helper()
	var list []dataset.Example
	for i := range n {
		list = append(list, dataset.Example{ID: int64(i + 1), ThreadID: int64(i + 1), Text: fmt.Sprint("tweet ", i), Label: []string{"AcmeHelp", "BoltRail"}[i%2]})
	}
	ref, err := writeRows(l.t.Context(), l.store, "new/run/anonymized.parquet", list)
	if err != nil {
		l.t.Fatal(err)
	}
	return ref
}

func (l *lab) splits(in SplitExamplesInput) (result SplitExamplesResult, train []dataset.Example) {
	l.t.Helper()
	in.Dir, in.Options = "new/run", split.Options{MinClassSize: 30, TestShare: 0.1, Seed: 1, CorrectionWeight: 3}
	if in.Examples == nil {
		in.Examples = []artifact.Ref{l.anonymized(200)}
	}
	l.must(l.data.SplitExamples, in, &result)
	train, err := rows[dataset.Example](l.t.Context(), l.store, result.Train)
	if err != nil {
		l.t.Fatal(err)
	}
	return result, train
}

// sampling lets the calls that are answered from here on be drawn in this way.
func (l *lab) sampling(s review.Sampling) { l.data.Results.Sampling = s }

var (
	nothingHeld    = review.Sampling{}
	everythingHeld = review.Sampling{Share: 1, Held: 1}
)

func TestJudgedCallsAreTrainedOn(t *testing.T) {
	l := newLab(t)
	l.sampling(nothingHeld)
	l.judgeCalls(30, "new", "AcmeHelp", "NovelCo", "anna")
	l.judgeCalls(5, "right", "BoltRail", "BoltRail", "anna")
	l.judgeCalls(3, "nothing", "AcmeHelp", pipeline.Unknown, "anna")
	l.answered("nobody-said", "AcmeHelp")
	l.sampling(everythingHeld)
	l.judgeCalls(40, "held", "AcmeHelp", "NovelCo", "anna")

	// So many say otherwise than the model that a second person has to agree.
	for i := range 30 {
		l.says(fmt.Sprint("new-", i), "NovelCo", "berta")
	}
	result, train := l.splits(SplitExamplesInput{})
	if c := result.Counts; c.Calls != 35 || c.CallExamples != 38 || c.ClassesOfCalls != 1 || c.Unlabelled != 3 || result.SetAside.Calls != 0 {
		t.Errorf("counted %+v, set aside %+v", c, result.SetAside)
	}
	times := map[string]int{}
	for _, e := range train {
		times[e.Text]++
	}
	if n := times["turn 0 of new-7\nturn 1 of new-7\nturn 2 of new-7"]; n != 3 {
		t.Errorf("a call is trained %d times, want 3", n)
	}
	for text := range times {
		if strings.Contains(text, "held") {
			t.Fatalf("a held call is trained on: %q", text)
		}
	}
	var labels, ids []string
	if err := l.store.ReadJSON(t.Context(), result.Labels, &labels); err != nil || !slices.Contains(labels, "NovelCo") {
		t.Errorf("the labels are %v, %v", labels, err)
	}
	if err := l.store.ReadJSON(t.Context(), result.Calls, &ids); err != nil || len(ids) != 38 || !slices.Contains(ids, "new-7") {
		t.Errorf("calls.json has %v, %v", ids, err)
	}
}

func TestOneWhoFlipsLabelsIsSetAside(t *testing.T) {
	l := newLab(t)
	l.sampling(nothingHeld)
	l.judgeCalls(40, "right", "AcmeHelp", "AcmeHelp", "anna")
	l.judgeCalls(30, "flipped", "AcmeHelp", "BoltRail", "mallory")
	l.says("flipped-0", "AcmeHelp", "anna") // as many say one thing as another
	l.says("flipped-0", "AcmeHelp", "berta")
	pseudonym, err := l.data.Models.Pseudonym(t.Context(), "mallory")
	if err != nil {
		t.Fatal(err)
	}
	result, train := l.splits(SplitExamplesInput{})
	if a := result.SetAside; a.Calls != 30 || !slices.Equal(a.Accounts, []string{pseudonym}) || a.Used {
		t.Errorf("set aside %+v", a)
	}
	wrong := func(train []dataset.Example) (n int) {
		for _, e := range train {
			if strings.Contains(e.Text, "flipped") && e.Label == "BoltRail" {
				n++
			}
		}
		return n
	}
	if n := wrong(train); n != 0 || result.Counts.Calls != 41 {
		t.Errorf("%d flipped labels are trained; %d calls", n, result.Counts.Calls)
	}
	used, train := l.splits(SplitExamplesInput{UseSetAside: true})
	if n := wrong(train); n != 3*29 || used.SetAside.Calls != 30 || !used.SetAside.Used {
		t.Errorf("%d flipped labels are trained where a person wants them; set aside %+v", n, used.SetAside)
	}
}

func TestJudgedCallsAreCorrectionsOfAPlan(t *testing.T) {
	l := newLab(t)
	l.sampling(nothingHeld)
	staged := l.staged(tweets(200), "old/run")
	l.judgeCalls(3, "before", "AcmeHelp", "BoltRail", "anna")
	l.knows("ft:champion", staged, time.Now())
	plan := func() (p PlanRetrainingResult) {
		l.must(l.data.PlanRetraining, PlanRetrainingInput{
			Dataset: staged.Dataset, LoadReport: staged.LoadReport, Enough: pipeline.RetrainWhen{NewRows: 100, NewCorrections: 2, Drift: evaluate.MuchDrift}, Retraining: retraining,
		}, &p)
		return p
	}
	if p := plan(); p.Train {
		t.Errorf("what was said before the champion is news: %+v", p)
	}
	l.judgeCalls(1, "after", "AcmeHelp", "BoltRail", "anna")
	l.says("before-1", "AcmeHelp", "anna") // another word on an old call
	if p := plan(); !p.Train || p.Corrections != 2 || p.SetAside.Calls != 0 {
		t.Errorf("two words are no news: %+v", p)
	}
	l.judgeCalls(40, "right", "AcmeHelp", "AcmeHelp", "anna")
	l.judgeCalls(30, "flipped", "AcmeHelp", "BoltRail", "mallory")
	if p := plan(); p.Corrections != 42 || p.SetAside.Calls != 30 || len(p.SetAside.Accounts) != 1 {
		t.Errorf("got %+v", p)
	}
}

func TestHeldCallsAreStaged(t *testing.T) {
	l := newLab(t)
	l.knows("ft:new", l.staged(tweets(50), "old/run"), time.Now())
	in := StageHeldCallsInput{Challenger: "ft:new", Dir: "new/run"}
	l.sampling(nothingHeld)
	l.judgeCalls(30, "trained", "AcmeHelp", "AcmeHelp", "anna")
	l.sampling(everythingHeld)
	l.judgeCalls(19, "held", "AcmeHelp", "AcmeHelp", "anna")
	l.judgeCalls(5, "nobody", "AcmeHelp", pipeline.Unknown, "anna")
	var staged StageHeldCallsResult
	l.must(l.data.StageHeldCalls, in, &staged)
	if staged.Calls.Path != "" {
		t.Errorf("19 calls are said to tell something: %+v", staged)
	}
	l.judgeCalls(1, "twentieth", "AcmeHelp", "BoltRail", "anna")
	l.must(l.data.StageHeldCalls, in, &staged)
	list, err := rows[dataset.Example](t.Context(), l.store, staged.Calls)
	if err != nil || len(list) != 20 || staged.Labels.Path != "ft:new-labels" || list[19].Label != "BoltRail" || !strings.HasPrefix(list[19].Text, "turn 0 of twentieth-0\n") {
		t.Errorf("staged %d calls, %+v, %v", len(list), staged, err)
	}
	if slices.ContainsFunc(list, func(e dataset.Example) bool { return strings.Contains(e.Text, "trained") }) {
		t.Error("a call that may be trained on is held")
	}
}

// A challenger that knows a company from calls is for a person to judge; the held
// calls have the last word.
func TestComparisonHearsCalls(t *testing.T) {
	for name, test := range map[string]struct {
		fromCalls       int
		held            bool // and the challenger is worse on them
		challengerWrong int
		better, ask     bool
		says            string
	}{
		"as good, and a new company":    {1, false, 5, false, true, "it knows 1 company that the champion does not know"},
		"as good, and nothing new":      {0, false, 5, false, false, "not better than the champion"},
		"better, but worse on calls":    {0, true, 21, false, false, "worse than the champion beyond chance on calls"},
		"a new company, worse on calls": {1, true, 5, false, false, "worse than the champion beyond chance on calls"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			staged := l.staged(tweets(50), "old/run")
			known := map[string]artifact.Ref{}
			for id, labels := range map[string][]string{"ft:old": {"AcmeHelp", "BoltRail"}, "ft:new": {"AcmeHelp", "BoltRail", "NovelCo"}} {
				ref, err := l.store.WriteJSON(t.Context(), id+"-labels", labels)
				if err != nil {
					t.Fatal(err)
				}
				known[id] = ref
				l.must(l.data.RegisterModel, registry.Model{ID: id, Created: time.Now(), DatasetSHA256: staged.Dataset.SHA256, TestCoverage: 0.8, RunID: id, Labels: ref}, nil)
			}
			set, answers := l.judged(1000, map[string]int{"ft:old": 5, "ft:new": test.challengerWrong, "held-old": 10, "held-new": 2})
			in := CompareModelsInput{
				Champion: "ft:old", Challenger: "ft:new", Test: set,
				ChampionPredictions: answers["ft:old"], ChallengerPredictions: answers["ft:new"],
				Rule: evaluate.Rule{MaxFall: 0.05, MinExamples: 20}, Seed: 1, Retraining: retraining, Dir: "new/run",
				ChampionLabels: known["ft:old"], FromCalls: test.fromCalls,
			}
			if test.held {
				in.Held, in.HeldChampion, in.HeldChallenger = set, answers["held-old"], answers["held-new"]
			}
			var compared CompareModelsResult
			l.must(l.data.CompareModels, in, &compared)
			if compared.Better != test.better || compared.Ask != test.ask || !strings.HasPrefix(compared.Reason, test.says) || strings.Contains(compared.Reason, "Novel") {
				t.Errorf("compared: %+v", compared)
			}
			if (compared.HeldCalls != nil) != test.held || test.held && (compared.HeldCalls.Calls != 1000 || compared.HeldCalls.Challenger.High >= 0.6) {
				t.Errorf("held calls: %+v", compared.HeldCalls)
			}
		})
	}
}

// Where neither model names a company for any held call, nothing is compared, and a
// challenger that is better on the test set does not take the champion's place.
func TestHeldCallsWithoutAnyAnswerAreNoSuccess(t *testing.T) {
	l := newLab(t)
	staged := l.staged(tweets(50), "old/run")
	l.must(l.data.RegisterModel, registry.Model{ID: "ft:new", Created: time.Now(), DatasetSHA256: staged.Dataset.SHA256, TestCoverage: 0.8, RunID: "ft:new"}, nil)
	set, answers := l.judged(1000, map[string]int{"ft:old": 5, "ft:new": 21})
	in := CompareModelsInput{
		Champion: "ft:old", Challenger: "ft:new", Test: set, ChampionPredictions: answers["ft:old"], ChallengerPredictions: answers["ft:new"],
		Rule: evaluate.Rule{MaxFall: 0.05, MinExamples: 20}, Seed: 1, Retraining: retraining, Dir: "new/run",
	}
	var compared CompareModelsResult
	l.must(l.data.CompareModels, in, &compared)
	if !compared.Better {
		t.Fatalf("the challenger is not better on the test set: %+v", compared)
	}
	var silent []dataset.Prediction
	for i := range 1000 {
		silent = append(silent, dataset.Prediction{ConversationID: int64(i), Company: pipeline.Unknown, Status: dataset.Invalid})
	}
	nothing, err := writeRows(t.Context(), l.store, "new/run/silent.parquet", silent)
	if err != nil {
		t.Fatal(err)
	}
	in.Held, in.HeldChampion, in.HeldChallenger = set, nothing, nothing
	l.must(l.data.CompareModels, in, &compared)
	if compared.Better || compared.Ask || compared.HeldCalls != nil || !strings.HasPrefix(compared.Reason, "neither model named a company for any of 1000 calls that people judged, so that no answer of theirs can be compared (-)") ||
		strings.Contains(compared.Reason, " 0.0%") {
		t.Errorf("compared: %+v", compared)
	}
	if decision, reason := retrain.Conclude(retrain.NotWanted, compared.Reason); decision != registry.Keep || reason != compared.Reason {
		t.Errorf("it ends with %s: %s", decision, reason)
	}
}
