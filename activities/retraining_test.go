package activities

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/database"
	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
)

var retraining = pipeline.RetrainingID{WorkflowID: "retrain-x", RunID: "r1", At: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}

// knows registers a model that was trained on a staged file.
func (l *lab) knows(id string, staged StageConversationsResult, created time.Time) {
	l.t.Helper()
	dir, _, _ := strings.Cut(staged.LoadReport.Path, "/load.json")
	m := registry.Model{
		ID: id, Created: created, DatasetSHA256: staged.Dataset.SHA256, DatasetRows: staged.Dataset.Rows,
		WorkflowID: dir, RunID: id, Labels: artifact.Ref{Path: id + "-labels"}, TestCoverage: 0.8,
	}
	m.WorkflowID, m.RunID, _ = strings.Cut(dir, "/")
	l.must(l.data.RegisterModel, m, nil)
}

func (l *lab) staged(content, dir string) StageConversationsResult {
	l.t.Helper()
	var staged StageConversationsResult
	l.must(l.data.StageConversations, StageConversationsInput{Dataset: l.file("tweets.csv", content), Kind: pipeline.Training, MaxTweets: 64, Dir: dir}, &staged)
	return staged
}

func TestRetrainingIsPlannedByWhatCameIn(t *testing.T) {
	when := pipeline.RetrainWhen{NewRows: 100, NewCorrections: 2, Drift: evaluate.MuchDrift}
	always := when
	always.Always = true
	// All of the second company's threads are the first one's.
	drifted := strings.ReplaceAll(tweets(201), "BoltRail", "AcmeHelp")
	for name, test := range map[string]struct {
		now         string
		corrections int
		when        pipeline.RetrainWhen
		train       bool
		says        string
	}{
		"nothing new":           {tweets(200), 0, when, false, "too little to learn from: 0 new rows, 0 new corrections"},
		"a few rows":            {tweets(220), 0, when, false, "40 new rows"},
		"many rows":             {tweets(260), 0, when, true, "120 new rows"},
		"one correction":        {tweets(200), 1, when, false, "1 new corrections"},
		"corrections":           {tweets(200), 2, when, true, "2 new corrections"},
		"another mix":           {drifted, 0, when, true, "a drift of 0.25 is enough"},
		"without being asked":   {tweets(200), 0, always, true, "trained in any case"},
		"fewer rows are no new": {tweets(150), 0, when, false, "0 new rows"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.knows("ft:champion", l.staged(tweets(200), "old/run"), time.Now().Add(-time.Hour))
			var corrections []registry.Correction
			for i := range test.corrections {
				corrections = append(corrections, registry.Correction{ConversationID: int64(i), Label: "AcmeHelp", At: time.Now()})
			}
			if _, err := l.data.Models.Task("").ImportCorrections(t.Context(), corrections); err != nil {
				t.Fatal(err)
			}
			now := l.staged(test.now, "new/run")
			var plan PlanRetrainingResult
			l.must(l.data.PlanRetraining, PlanRetrainingInput{Dataset: now.Dataset, LoadReport: now.LoadReport, Enough: test.when, Retraining: retraining}, &plan)
			if plan.Train != test.train || !strings.Contains(plan.Reason, test.says) || plan.Champion != "ft:champion" || plan.Labels.Path != "ft:champion-labels" {
				t.Errorf("got %+v, want train %v because %q", plan, test.train, test.says)
			}
			recorded, err := l.data.Models.Task("").Retrainings(t.Context(), 9)
			if err != nil || (len(recorded) == 1) == test.train {
				t.Fatalf("recorded %+v, %v", recorded, err)
			}
			if !test.train && (recorded[0].Decision != registry.Skip || recorded[0].Reason != plan.Reason || recorded[0].Run != "retrain-x/r1") {
				t.Errorf("recorded %+v", recorded[0])
			}
		})
	}
}

// The champion was sure of nine in ten of its test's answers.
func TestRetrainingIsPlannedByConfidence(t *testing.T) {
	when := pipeline.RetrainWhen{NewRows: 100, NewCorrections: 2, Drift: evaluate.MuchDrift}
	surely := func(sure, unsure int64) map[int]int64 { return map[int]int64{9: sure, 5: unsure} }
	for name, test := range map[string]struct {
		reference map[int]int64
		runs      []map[int]int64 // oldest first
		train     bool
		says      string
	}{
		"never applied":         {surely(900, 100), nil, false, "0.000 of the confidence"},
		"as in the test":        {surely(900, 100), []map[int]int64{surely(1800, 200)}, false, "0.000 of the confidence"},
		"far less sure":         {surely(900, 100), []map[int]int64{surely(500, 500)}, true, "a drift of 0.25 is enough, and the confidence has it"},
		"less sure of a few":    {surely(900, 100), []map[int]int64{surely(50, 50)}, false, "0.000 of the confidence"},
		"a few runs add up":     {surely(900, 100), []map[int]int64{surely(150, 150), surely(150, 150)}, true, "the confidence has it"},
		"the latest runs count": {surely(900, 100), []map[int]int64{surely(0, 5000), surely(900, 100)}, false, "0.000 of the confidence"},
		"no reference":          {nil, []map[int]int64{surely(500, 500)}, false, "0.000 of the confidence"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			staged := l.staged(tweets(200), "old/run")
			l.must(l.data.RegisterModel, registry.Model{
				ID: "ft:champion", Created: time.Now().Add(-time.Hour), DatasetSHA256: staged.Dataset.SHA256, DatasetRows: staged.Dataset.Rows,
				TestCoverage: 0.8, WorkflowID: "old", RunID: "run", Labels: artifact.Ref{Path: "labels"}, Confidences: test.reference,
			}, nil)
			for i, bins := range test.runs {
				a := registry.Application{Run: fmt.Sprint("apply/", i), At: time.Now().Add(time.Duration(i) * time.Minute), Model: "ft:champion", Confidences: bins}
				if err := l.data.Models.Task("").RecordApplication(t.Context(), a); err != nil {
					t.Fatal(err)
				}
			}
			var plan PlanRetrainingResult
			l.must(l.data.PlanRetraining, PlanRetrainingInput{Dataset: staged.Dataset, LoadReport: staged.LoadReport, Enough: when, Retraining: retraining}, &plan)
			if plan.Train != test.train || !strings.Contains(plan.Reason, test.says) {
				t.Errorf("got %+v, want train %v because %q", plan, test.train, test.says)
			}
		})
	}
}

// Corrections that a run has seen are no news, also where it found the provider's
// finished job, and neither are another task's.
func TestRetrainingCountsFromTheLatestJudgement(t *testing.T) {
	l := newLab(t)
	staged := l.staged(tweets(200), "old/run")
	l.knows("ft:champion", staged, time.Now().Add(-48*time.Hour))
	correct := func(task string) {
		c := []registry.Correction{{ConversationID: 1, Label: "AcmeHelp", At: time.Now()}, {ConversationID: 2, Label: "AcmeHelp", At: time.Now()}}
		if _, err := l.data.Models.Task(task).ImportCorrections(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	plan := func() (p PlanRetrainingResult) {
		l.must(l.data.PlanRetraining, PlanRetrainingInput{
			Dataset: staged.Dataset, LoadReport: staged.LoadReport, Enough: pipeline.RetrainWhen{NewRows: 100, NewCorrections: 2, Drift: evaluate.MuchDrift}, Retraining: retraining,
		}, &p)
		return p
	}
	correct("demo")
	if p := plan(); p.Train {
		t.Errorf("another task's corrections are news: %+v", p)
	}
	correct("")
	if p := plan(); !p.Train || p.Corrections != 2 {
		t.Errorf("two corrections are no news: %+v", p)
	}
	m, err := l.data.Models.Task("").Model(t.Context(), "ft:champion")
	if err != nil {
		t.Fatal(err)
	}
	m.RunID, m.Created = "another", time.Now().Add(time.Minute)
	l.must(l.data.RegisterModel, m, nil)
	if p := plan(); p.Train {
		t.Errorf("what the latest run has seen is news again: %+v", p)
	}
}

func TestUnfitModelIsRegisteredWithAReason(t *testing.T) {
	l := newLab(t)
	for name, test := range map[string]struct {
		m        registry.Model
		champion string
		says     string
	}{
		"answers nothing":  {registry.Model{ID: "ft:mute", TestAccuracy: 0.9}, "", "answers nothing"},
		"as the commonest": {registry.Model{ID: "ft:dull", TestAccuracy: 0.3, TestCoverage: 0.1, MajorityAccuracy: 0.3}, "", "commonest company"},
		"better":           {registry.Model{ID: "ft:good", TestAccuracy: 0.31, TestCoverage: 0.1, MajorityAccuracy: 0.3}, "ft:good", ""},
	} {
		test.m.Task, test.m.RunID = "task-"+test.m.ID[3:], "r"
		var r RegisterModelResult
		l.must(l.data.RegisterModel, test.m, &r)
		if r.Champion != test.champion || !strings.Contains(r.Unfit, test.says) || (r.Unfit == "") != (test.says == "") {
			t.Errorf("%s: got %+v", name, r)
		}
	}
}

func TestRetrainingWithoutAChampionTrains(t *testing.T) {
	l := newLab(t)
	now := l.staged(tweets(50), "new/run")
	var plan PlanRetrainingResult
	l.must(l.data.PlanRetraining, PlanRetrainingInput{Dataset: now.Dataset, LoadReport: now.LoadReport, Retraining: retraining}, &plan)
	if !plan.Train || plan.Champion != "" {
		t.Errorf("got %+v", plan)
	}
}

// judged stores a test set of n conversations, and answers of which every
// nth is wrong.
func (l *lab) judged(n int, wrongEvery map[string]int) (test artifact.Ref, answers map[string]artifact.Ref) {
	l.t.Helper()
	var examples []dataset.Example
	for i := range n {
		examples = append(examples, dataset.Example{ID: int64(i), ThreadID: int64(i), Text: "x", Label: []string{"AcmeHelp", "BoltRail"}[i%2]})
	}
	ref, err := writeRows(l.t.Context(), l.store, "new/run/test.parquet", examples)
	if err != nil {
		l.t.Fatal(err)
	}
	answers = map[string]artifact.Ref{}
	for model, every := range wrongEvery {
		var said []dataset.Prediction
		for i, e := range examples {
			p := dataset.Prediction{ConversationID: e.ID, Company: e.Label, Confidence: 0.9, Status: dataset.Classified}
			if i%every == 0 {
				p.Company = "Neither"
			}
			said = append(said, p)
		}
		if answers[model], err = writeRows(l.t.Context(), l.store, "new/run/"+model+".parquet", said); err != nil {
			l.t.Fatal(err)
		}
	}
	return ref, answers
}

func TestChallengerIsComparedAndConcluded(t *testing.T) {
	for name, test := range map[string]struct {
		challengerWrong int
		meanwhile       bool // another model becomes the champion
		better          bool
		decision        registry.Decision
		champion        string
	}{
		"better":                 {21, false, true, registry.Promote, "ft:new"},
		"worse":                  {3, false, false, registry.Keep, "ft:old"},
		"better than a past one": {21, true, true, registry.Keep, "ft:third"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			staged := l.staged(tweets(50), "old/run")
			for _, id := range []string{"ft:old", "ft:new", "ft:third"} {
				l.knows(id, staged, time.Now())
			}
			testSet, answers := l.judged(1000, map[string]int{"ft:old": 5, "ft:new": test.challengerWrong})
			var compared CompareModelsResult
			l.must(l.data.CompareModels, CompareModelsInput{
				Champion: "ft:old", Challenger: "ft:new", Test: testSet,
				ChampionPredictions: answers["ft:old"], ChallengerPredictions: answers["ft:new"],
				Rule: evaluate.Rule{MaxFall: 0.05, MinExamples: 20}, Seed: 1, Retraining: retraining, Dir: "new/run",
			}, &compared)
			if compared.Better != test.better || strings.Contains(compared.Reason, "AcmeHelp") {
				t.Errorf("compared: %+v", compared)
			}
			var file struct {
				Classes  []evaluate.ClassChange
				Champion float64
			}
			if err := l.store.ReadJSON(t.Context(), compared.File, &file); err != nil || len(file.Classes) != 2 || file.Champion != 0.8 {
				t.Errorf("comparison.json holds %+v, %v", file, err)
			}
			if _, challenger, err := l.data.Models.Task("").Aliases(t.Context()); err != nil || challenger != "ft:new" {
				t.Errorf("the challenger is %q, %v", challenger, err)
			}
			if test.meanwhile {
				if err := l.data.Models.Task("").Promote(t.Context(), "ft:third", "", database.Who{Name: "anna"}, "now"); err != nil {
					t.Fatal(err)
				}
			}
			var done ConcludeRetrainingResult
			for range 2 { // an attempt whose answer was lost
				l.must(l.data.ConcludeRetraining, ConcludeRetrainingInput{
					Promote: compared.Better, Reason: compared.Reason, Champion: "ft:old", Challenger: "ft:new", Retraining: retraining,
				}, &done)
			}
			if done.Decision != test.decision {
				t.Errorf("decided %+v, want %s", done, test.decision)
			}
			if c, err := l.data.Models.Task("").Champion(t.Context()); err != nil || c.ID != test.champion {
				t.Errorf("the champion is %s, %v; want %s", c.ID, err, test.champion)
			}
			if recorded, err := l.data.Models.Task("").Retrainings(t.Context(), 9); err != nil || len(recorded) != 1 || recorded[0].Decision != test.decision {
				t.Errorf("recorded %+v, %v", recorded, err)
			}
		})
	}
}
