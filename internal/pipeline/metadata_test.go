package pipeline

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

type describedInput interface{ Metadata() Metadata }

func TestMetadata(t *testing.T) {
	for name, test := range map[string]struct {
		in               describedInput
		summary, details string
	}{
		"fine-tuning, as it is by default": {
			FineTuneInput{Dataset: "/home/ann/tweets.csv"}.WithDefaults(), "Fine-tune a model on tweets.csv",
			"- task: `default`\n- dataset: `tweets.csv`\n",
		},
		"fine-tuning with options": {
			FineTuneInput{Task: "airlines", Dataset: "s3://data/tweets.csv.zst?region=eu", BaseModel: "gpt", TargetSize: 100, JobDeadline: time.Hour, Force: true},
			"Fine-tune gpt on tweets.csv.zst",
			"- task: `airlines`\n- dataset: `tweets.csv.zst`\n- base model: `gpt`\n- `--target-size=100`\n- `--job-deadline=1h0m0s`\n- `--force`\n",
		},
		"dry run": {
			FineTuneInput{Dataset: "tweets.csv", DryRun: true}, "Estimate what it costs to fine-tune on tweets.csv",
			"- task: `default`\n- dataset: `tweets.csv`\n- `--dry-run`\n",
		},
		"application of the champion": {
			ApplyInput{Dataset: "/data/production.csv"}, "Apply the champion to production.csv",
			"- task: `default`\n- dataset: `production.csv`\n- model: `the champion`\n",
		},
		"application in batches": {
			ApplyInput{Dataset: "/data/production.csv", Model: "ft:a", Mode: InBatches, Notify: "https://hooks.example.com/T0/secret?x=1"}, "Apply ft:a to production.csv",
			"- task: `default`\n- dataset: `production.csv`\n- model: `ft:a`\n- `--mode=batch`\n- notifies: `hooks.example.com`\n",
		},
		"evaluation": {
			EvaluateInput{Dir: "finetune-tweets-1a2b3c4d/run", With: []Untuned{Base, FewShot}}, "Evaluate the champion on the test set of finetune-tweets-1a2b3c4d",
			"- task: `default`\n- test set of: `finetune-tweets-1a2b3c4d`\n- model: `the champion`\n- `--with=base`\n- `--with=few-shot`\n",
		},
		"comparison": {
			EvaluateInput{Dir: "finetune-tweets-1a2b3c4d/run", Compare: []string{"champion", "gpt"}, Turns: FirstTurn}, "Compare 2 models on the test set of finetune-tweets-1a2b3c4d",
			"- task: `default`\n- test set of: `finetune-tweets-1a2b3c4d`\n- models: `champion, gpt`\n- `--turns=first`\n",
		},
		"part of a comparison": {
			EvaluateInput{Dir: "finetune-tweets-1a2b3c4d/run", Model: "gpt", Contender: true}, "Judge gpt for a comparison on the test set of finetune-tweets-1a2b3c4d",
			"- task: `default`\n- test set of: `finetune-tweets-1a2b3c4d`\n- model: `gpt`\n",
		},
		"call": {
			AnalyzeCallInput{Event: "/calls/0042.json", CallID: "0042", Stored: true}, "Analyze the call of 0042.json",
			"- task: `default`\n- event: `0042.json`\n- model: `the champion`\n",
		},
		"call that came in by Kafka": {
			AnalyzeCallInput{Record: &RecordRef{Topic: "calls", Partition: 3, Offset: 17}, CallID: "0042", Task: "air", Audio: true, Stored: true}, "Analyze a call",
			"- task: `air`\n- record: `calls/3/17`\n- model: `the champion`\n- `--recording`\n",
		},
		"retraining": {
			RetrainInput{FineTune: FineTuneInput{Dataset: "tweets.csv", Seed: 4, CorrectionWeight: DefaultCorrectionWeight}, Approve: true}, "Retrain on tweets.csv",
			"- task: `default`\n- dataset: `tweets.csv`\n- `--approve`\n- `--seed=4`\n",
		},
		"preparation": {
			PrepareInput{Dataset: "tweets.csv", Kind: Training, MaxTweets: DefaultMaxTweets, Dir: "finetune-x/run"}, "Prepare tweets.csv for finetune-x",
			"- dataset: `tweets.csv`\n- kind: `training`\n- for: `finetune-x`\n",
		},
		"a name that is Markdown": {
			PrepareInput{Dataset: "a`b.csv", MaxTweets: DefaultMaxTweets, Dir: "x/run"}, "Prepare a'b.csv for x", "- dataset: `a'b.csv`\n- for: `x`\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := test.in.Metadata()
			if got.Summary != test.summary || got.Details != test.details {
				t.Errorf("got  %q\n     %q\nwant %q\n     %q", got.Summary, got.Details, test.summary, test.details)
			}
		})
	}
}

// A summary that Temporal finds too long would keep the run from starting.
func TestLongNamesFitASummary(t *testing.T) {
	long := strings.Repeat("ä", 2000)
	for _, in := range []describedInput{
		FineTuneInput{Dataset: long, BaseModel: long}, ApplyInput{Dataset: long, Model: long}, EvaluateInput{Dir: long, Model: long},
		AnalyzeCallInput{Event: long}, RetrainInput{FineTune: FineTuneInput{Dataset: long}}, PrepareInput{Dataset: long},
	} {
		if got := in.Metadata(); len(got.Summary) > 300 || len(got.Details) > 15_000 {
			t.Errorf("%T: %d and %d bytes", in, len(got.Summary), len(got.Details))
		}
	}
}

// Every field of an input is told where it is not as by default.
func TestMetadataTellsEveryOption(t *testing.T) {
	tellsEveryOption(t, FineTuneInput{})
	tellsEveryOption(t, ApplyInput{Mode: InBatches}, "resume")
	tellsEveryOption(t, EvaluateInput{})
	tellsEveryOption(t, AnalyzeCallInput{}, "call_id", "record")
	tellsEveryOption(t, RetrainInput{}, "fine_tune", "when", "rule")
}

func tellsEveryOption[T describedInput](t *testing.T, usual T, except ...string) {
	t.Helper()
	for _, field := range fields[T]() {
		if slices.Contains(except, field) {
			continue
		}
		told := false
		for _, value := range []string{`"x"`, `7`, `0.07`, `true`, `["x"]`} {
			in := usual
			if json.Unmarshal([]byte(`{"`+field+`":`+value+`}`), &in) == nil && in.Metadata() != usual.Metadata() {
				told = true
			}
		}
		if !told {
			t.Errorf("%T: the Web UI does not say of %s what it is", usual, field)
		}
	}
}

// fields are the JSON names of a type's fields.
func fields[T any]() (names []string) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}
