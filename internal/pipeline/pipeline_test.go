package pipeline

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// unusable tells that an error is a problem of kind BadInput.
func unusable(err error) bool {
	var p *Problem
	return errors.As(err, &p) && p.Kind == BadInput
}

func TestSameInputSameWorkflowID(t *testing.T) {
	in := FineTuneInput{Dataset: "/data/tweets.csv.gz", TargetSize: 10}
	if FineTuneID(in) != FineTuneID(in) {
		t.Error("the same input gave two ids")
	}
	other := in
	other.TargetSize = 11
	if FineTuneID(in) == FineTuneID(other) {
		t.Error("two inputs gave the same id")
	}
	if got := FineTuneID(in); !strings.HasPrefix(got, "finetune-tweets-") || len(got) != len("finetune-tweets-")+8 {
		t.Errorf("id %q", got)
	}
}

func TestWorkflowIDsArePlain(t *testing.T) {
	for _, dataset := range []string{"s3://bucket/with space/täglich.csv?region=eu", `C:\data\tweets.csv`, "", "/"} {
		id := ApplyID(ApplyInput{Dataset: dataset})
		if strings.ContainsAny(id, " /\\?ä:") {
			t.Errorf("dataset %q gave the id %q", dataset, id)
		}
	}
}

func TestDefaultsAreValid(t *testing.T) {
	if err := (FineTuneInput{Dataset: "x.csv"}).WithDefaults().Validate(); err != nil {
		t.Error(err)
	}
	if err := (ApplyInput{Dataset: "x.csv"}).WithDefaults().Validate(); err != nil {
		t.Error(err)
	}
}

func TestInputThatMakesNoSense(t *testing.T) {
	good := FineTuneInput{Dataset: "x.csv"}.WithDefaults()
	for name, change := range map[string]func(*FineTuneInput){
		"no dataset":        func(in *FineTuneInput) { in.Dataset = "" },
		"target size is -1": func(in *FineTuneInput) { in.TargetSize = -1 },
		"must be 5 or more": func(in *FineTuneInput) { in.TargetSize = 4 },
		"class size is 1":   func(in *FineTuneInput) { in.MinClassSize = 1 },
		`not "keep"`:        func(in *FineTuneInput) { in.RareClasses = "keep" },
		"set to 1 tweets":   func(in *FineTuneInput) { in.MaxTweets = 1 },
		"unusable is -0.1":  func(in *FineTuneInput) { in.MaxUnusable = -0.1 },
		"test share is 0.6": func(in *FineTuneInput) { in.TestShare = 0.6 },
		"precision is 1.1":  func(in *FineTuneInput) { in.Precision = 1.1 },
		"epochs is -3":      func(in *FineTuneInput) { in.Epochs = -3 },
		"corrections is -1": func(in *FineTuneInput) { in.CorrectionWeight = -1 },
		"budget is -1":      func(in *FineTuneInput) { in.Budget = -1 },
		"leave one out":     func(in *FineTuneInput) { in.Budget, in.TargetSize = 1, 10 },
		"cost is -1":        func(in *FineTuneInput) { in.MaxCost = -1 },
		"deadline is 1ms":   func(in *FineTuneInput) { in.JobDeadline = time.Millisecond },
	} {
		in := good
		change(&in)
		err := in.Validate()
		if !unusable(err) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// The default that a run had before there was a setting gives the id that it had.
func TestDefaultLimitLeavesIDsAlone(t *testing.T) {
	unset, set := ApplyInput{Dataset: "x.csv"}.WithDefaults(), ApplyInput{Dataset: "x.csv", MaxUnusable: DefaultMaxUnusable}.WithDefaults()
	other := ApplyInput{Dataset: "x.csv", MaxUnusable: 1}.WithDefaults()
	if ApplyID(unset) != ApplyID(set) || ApplyID(unset) == ApplyID(other) {
		t.Errorf("ids %s, %s and %s", ApplyID(unset), ApplyID(set), ApplyID(other))
	}
}

// Whatever travels through Temporal must come out as it went in.
func TestEverythingSurvivesJSON(t *testing.T) {
	for _, v := range []any{
		&FineTuneInput{Dataset: "x", JobDeadline: time.Hour, TestShare: 0.1},
		&ApplyInput{Dataset: "x", Resume: &ApplyProgress{Threshold: 0.25, Paused: true}},
		&Status{Workflow: "Apply", Stage: Classifying, Stages: []StageTime{{Stage: Checking, Started: time.Unix(1, 0).UTC(), Seconds: 2}}},
		&JobProgress{LastEvent: "e", Recent: []JobEvent{{ID: "e", Message: "m"}}},
	} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		back := reflect.New(reflect.TypeOf(v).Elem()).Interface()
		if err := json.Unmarshal(text, back); err != nil || !reflect.DeepEqual(v, back) {
			t.Errorf("%T came back as %s (%v)", v, text, err)
		}
	}
}

// Whoever has no tasks has the ids that were there before them: a run that is going
// on is joined, and a schedule is found.
func TestIdsOfTheDefaultTaskAreThoseOfBefore(t *testing.T) {
	retrain := RetrainInput{FineTune: FineTuneInput{Dataset: "s3://data/tweets.csv", TargetSize: 500, CorrectionWeight: DefaultCorrectionWeight}}
	ids := func(task string) []string {
		in := retrain
		in.FineTune.Task = task
		in = in.WithDefaults()
		return []string{
			ScheduleID(task), RetrainID(in), FineTuneID(in.FineTune),
			ApplyID(ApplyInput{Task: task, Dataset: "s3://data/production.csv"}.WithDefaults()),
			EvaluateID(EvaluateInput{Task: task, Dir: "finetune-tweets-1/run-1"}.WithDefaults()),
		}
	}
	before := []string{"retrain", "retrain-tweets-cb375b4a", "finetune-tweets-387c438b", "apply-production-b683af10", "evaluate-finetune-tweets-1-ebec6618"}
	for _, task := range []string{"", DefaultTask} {
		if got := ids(task); !slices.Equal(got, before) {
			t.Errorf("task %q has the ids %q, want %q", task, got, before)
		}
	}
	for i, id := range ids("airlines") {
		if id == before[i] {
			t.Errorf("two tasks have the id %s", id)
		}
	}
	if id := ScheduleID("airlines"); id != "retrain-airlines" {
		t.Errorf("the schedule of airlines is %s", id)
	}
}

func TestNamesThatNoTaskCanHaveAreRefused(t *testing.T) {
	for name, err := range map[string]error{
		"finetune": FineTuneInput{Task: "A", Dataset: "x"}.WithDefaults().Validate(),
		"apply":    ApplyInput{Task: "A", Dataset: "x"}.WithDefaults().Validate(),
		"evaluate": EvaluateInput{Task: "A", Dir: "x"}.WithDefaults().Validate(),
		"call":     AnalyzeCallInput{Task: "A", Event: "x", CallID: "x"}.WithDefaults().Validate(),
		"retrain":  RetrainInput{FineTune: FineTuneInput{Task: "A", Dataset: "x"}}.WithDefaults().Validate(),
	} {
		if !unusable(err) || !strings.Contains(err.Error(), `the task is "A"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatAModelWasTrainedOn(t *testing.T) {
	var old Model
	text := `{"id":"m","created":"2026-09-01T03:00:00Z","dataset_sha256":"d","dataset_rows":9,"test_coverage":0.75,"confidences":{"9":6,"2":2},"parameters":{"dataset":"s3://b/tweets.csv?region=x"}}`
	if err := json.Unmarshal([]byte(text), &old); err != nil {
		t.Fatal(err)
	}
	o := OriginOf(old)
	if o.Dataset != "tweets.csv" || o.DatasetRows != 9 {
		t.Errorf("an old model's origin is %+v", o)
	}
	if o := OriginOf(Model{ID: "m"}); o.Dataset != "" {
		t.Errorf("a model that nothing is known of: %+v", o)
	}
}
