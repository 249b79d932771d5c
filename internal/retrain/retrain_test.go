package retrain

import (
	"math"
	"strings"
	"testing"
	"time"

	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
)

var trained = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// hours after the champion was trained.
func after(hours int) time.Time { return trained.Add(time.Duration(hours) * time.Hour) }

func imported(at ...time.Time) (list []registry.Correction) {
	for _, t := range at {
		list = append(list, registry.Correction{Imported: t})
	}
	return list
}

func TestRowsAndCorrectionsSinceTheLatestJudgement(t *testing.T) {
	champion := registry.Model{ID: "champion", Created: trained, DatasetSHA256: "old", DatasetRows: 100}
	challenger := registry.Model{ID: "challenger", Created: after(5), DatasetSHA256: "newer", DatasetRows: 130}
	plain, learned := challenger, challenger
	plain.Parameters = map[string]any{"dataset": "tweets.csv"}
	learned.Parameters = map[string]any{"correction_weight": 3.0}
	judgedAgain := champion
	judgedAgain.Judged = after(10)
	for name, c := range map[string]struct {
		dataset     pipeline.DatasetRef
		champion    registry.Model
		others      []registry.Model
		corrections []registry.Correction
		rows, news  int64
	}{
		"the same file":                    {pipeline.DatasetRef{SHA256: "old", Rows: 100}, champion, nil, nil, 0, 0},
		"the same file, counted otherwise": {pipeline.DatasetRef{SHA256: "old", Rows: 120}, champion, nil, nil, 0, 0},
		"a longer file":                    {pipeline.DatasetRef{SHA256: "new", Rows: 150}, champion, nil, nil, 50, 0},
		"a shorter file":                   {pipeline.DatasetRef{SHA256: "new", Rows: 90}, champion, nil, nil, 0, 0},
		"a later model had most of it":     {pipeline.DatasetRef{SHA256: "new", Rows: 150}, champion, []registry.Model{challenger}, nil, 20, 0},
		"a later model had all of it":      {pipeline.DatasetRef{SHA256: "newer", Rows: 130}, champion, []registry.Model{challenger}, nil, 0, 0},
		"corrections before and after":     {pipeline.DatasetRef{SHA256: "old", Rows: 100}, champion, nil, imported(after(-1), trained, after(1), after(2)), 0, 2},
		"a later model had one of them":    {pipeline.DatasetRef{SHA256: "newer", Rows: 130}, champion, []registry.Model{challenger}, imported(after(1), after(6)), 0, 1},
		"a later model left them out":      {pipeline.DatasetRef{SHA256: "newer", Rows: 130}, champion, []registry.Model{plain}, imported(after(1), after(6)), 0, 2},
		"a later model learned from one":   {pipeline.DatasetRef{SHA256: "newer", Rows: 130}, champion, []registry.Model{learned}, imported(after(1), after(6)), 0, 1},
		"the champion was judged again":    {pipeline.DatasetRef{SHA256: "old", Rows: 100}, judgedAgain, []registry.Model{challenger}, imported(after(6), after(11)), 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			e := Evidence{Dataset: c.dataset, Champion: c.champion, Models: append(c.others, c.champion), Corrections: c.corrections}
			if got := e.News(); got.Rows != c.rows || got.Corrections != c.news || got.Drift != 0 || got.ConfidenceDrift != 0 {
				t.Errorf("got %+v, want %d rows and %d corrections", got, c.rows, c.news)
			}
		})
	}
}

func TestJudgedCallsAreNews(t *testing.T) {
	e := Evidence{Champion: registry.Model{ID: "champion", Created: trained}, Corrections: imported(after(1)), Judged: []time.Time{after(-1), after(1), after(2)}}
	if got := e.News().Corrections; got != 3 {
		t.Errorf("%d corrections are new, want 3", got)
	}
}

func TestDriftOfLabels(t *testing.T) {
	half := map[string]int64{"Acme": 50, "Bolt": 50}
	for name, c := range map[string]struct {
		then, now map[string]int64
		drift     float64
	}{
		"the same mix":       {half, map[string]int64{"Acme": 500, "Bolt": 500}, 0},
		"another mix":        {half, map[string]int64{"Acme": 75, "Bolt": 25}, 0.25*math.Log(1.5) + 0.25*math.Log(2)},
		"the folder is gone": {nil, half, 0},
		"nothing came in":    {half, nil, 0},
	} {
		e := Evidence{LabelsThen: c.then, LabelsNow: c.now}
		if got := e.News().Drift; math.Abs(got-c.drift) > 1e-9 {
			t.Errorf("%s: the drift is %g, want %g", name, got, c.drift)
		}
	}
}

// The champion was sure of nine in ten of its test's answers.
func TestDriftOfConfidence(t *testing.T) {
	surely := func(sure, unsure int64) map[int]int64 { return map[int]int64{9: sure, 5: unsure} }
	for name, c := range map[string]struct {
		test   map[int]int64
		runs   []map[int]int64 // newest first
		drifts bool
	}{
		"never applied":              {surely(900, 100), nil, false},
		"as in the test":             {surely(900, 100), []map[int]int64{surely(1800, 200)}, false},
		"far less sure":              {surely(900, 100), []map[int]int64{surely(500, 500)}, true},
		"far less sure of too few":   {surely(900, 100), []map[int]int64{surely(249, 250)}, false},
		"a few runs add up":          {surely(900, 100), []map[int]int64{surely(150, 150), surely(150, 150)}, true},
		"enough runs are read":       {surely(900, 100), []map[int]int64{surely(900, 100), surely(0, 5000)}, false},
		"too few in the test":        {surely(400, 99), []map[int]int64{surely(500, 500)}, false},
		"a model from before counts": {nil, []map[int]int64{surely(500, 500)}, false},
	} {
		e := Evidence{Champion: registry.Model{Confidences: c.test}}
		for _, bins := range c.runs {
			e.Applications = append(e.Applications, registry.Application{Confidences: bins})
		}
		if got := e.News().ConfidenceDrift; (got >= evaluate.MuchDrift) != c.drifts || !c.drifts && got != 0 {
			t.Errorf("%s: the drift is %g", name, got)
		}
	}
}

// answers are n, of which every nth is wrong.
func answers(n, wrongEvery int) (list []evaluate.Answer) {
	for i := range n {
		a := evaluate.Answer{Thread: int64(i), Truth: []string{"Acme", "Bolt"}[i%2]}
		a.Company = a.Truth
		if i%wrongEvery == 0 {
			a.Company = "Neither"
		}
		list = append(list, a)
	}
	return list
}

func TestJudge(t *testing.T) {
	rule := evaluate.Rule{MaxFall: 0.05, MinExamples: 20}
	for name, c := range map[string]struct {
		wrong  int
		better bool
	}{"better": {21, true}, "worse": {3, false}, "the same": {5, false}} {
		j, err := Judge("old", "new", answers(1000, 5), answers(1000, c.wrong), rule, 1)
		if err != nil {
			t.Fatal(err)
		}
		if j.Better != c.better || j.Reason == "" || strings.Contains(j.Reason, "Acme") {
			t.Errorf("%s: %+v", name, j)
		}
		if j.ChampionModel != "old" || j.ChallengerModel != "new" || j.Rule != rule || j.Champion != 0.8 || len(j.Classes) != 2 {
			t.Errorf("%s: the file would hold %+v", name, j)
		}
	}
	if _, err := Judge("old", "new", answers(10, 5), answers(9, 5), rule, 1); err == nil {
		t.Error("answers to different questions were compared")
	}
}

// judged is what a test set says: right as often as the champion, or worse.
func judged(t *testing.T, champion, challenger int) Judgement {
	t.Helper()
	j, err := Judge("old", "new", answers(1000, champion), answers(1000, challenger), evaluate.Rule{MaxFall: 0.05, MinExamples: 20}, 1)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestHeldCallsMayForbidAndMayAsk(t *testing.T) {
	for name, c := range map[string]struct {
		champion, challenger         int // every nth of the test set is wrong
		heldChampion, heldChallenger int // and of the held calls
		held                         int
		better, ask                  bool
		says                         string
	}{
		"better, and worse on calls":       {5, 21, 21, 2, 200, false, false, "worse than the champion beyond chance on calls that people judged, 50.0% against"},
		"better, and as good on calls":     {5, 21, 5, 5, 200, true, false, "of calls that people judged, 80.0% against 80.0% of 200"},
		"as good, and better on calls":     {5, 5, 2, 21, 200, false, true, "a person is to weigh"},
		"worse, and better on calls":       {21, 3, 2, 21, 200, false, false, "not better"},
		"better, and worse on a few calls": {5, 21, 21, 2, 19, true, false, "better than the champion beyond chance"},
	} {
		t.Run(name, func(t *testing.T) {
			j := judged(t, c.champion, c.challenger)
			held, err := evaluate.Compare(answers(c.held, c.heldChampion), answers(c.held, c.heldChallenger), 1)
			if err != nil {
				t.Fatal(err)
			}
			j.Hear(held)
			if j.Better != c.better || j.Ask != c.ask || !strings.Contains(j.Reason, c.says) || strings.Contains(j.Reason, "Acme") {
				t.Errorf("better %v, ask %v: %s", j.Better, j.Ask, j.Reason)
			}
			if told := j.HeldCalls(); (told == nil) != (c.held < FewestHeld) || told != nil && (told.Calls != c.held || told.Champion.Low >= told.Champion.Value) {
				t.Errorf("told %+v", told)
			}
		})
	}
}

func TestNewCompanyAsksAPerson(t *testing.T) {
	for name, c := range map[string]struct {
		companies, challenger int
		better, ask           bool
	}{
		"as good":       {1, 5, false, true},
		"nothing new":   {0, 5, false, false},
		"worse":         {2, 3, false, false},
		"better anyway": {2, 21, true, false},
	} {
		j := judged(t, 5, c.challenger)
		j.Meet(c.companies)
		if j.Better != c.better || j.Ask != c.ask || c.ask != strings.Contains(j.Reason, "1 company that the champion does not know") {
			t.Errorf("%s: better %v, ask %v: %s", name, j.Better, j.Ask, j.Reason)
		}
	}
}

func TestConclude(t *testing.T) {
	for outcome, want := range map[Promotion]struct {
		decision registry.Decision
		says     string
	}{
		NotWanted: {registry.Keep, "why"},
		Done:      {registry.Promote, "why"},
		Overtaken: {registry.Keep, "another model became the champion meanwhile"},
	} {
		if d, reason := Conclude(outcome, "why"); d != want.decision || !strings.HasPrefix(reason, want.says) {
			t.Errorf("%d: %s because %q", outcome, d, reason)
		}
	}
}
