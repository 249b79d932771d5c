package cli

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
)

// parse reads flags as finetune does.
func parse(t *testing.T, args ...string) (pipeline.FineTuneInput, error) {
	t.Helper()
	flags := &fineTuneFlags{}
	cmd := &cobra.Command{Use: "finetune"}
	flags.register(cmd)
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	return flags.input(cmd)
}

func TestFineTuneFlags(t *testing.T) {
	in, err := parse(t, "--dataset", "/d/x.csv")
	if err != nil {
		t.Fatal(err)
	}
	if want := (pipeline.FineTuneInput{Dataset: "/d/x.csv"}).WithDefaults(); in != want {
		t.Errorf("without flags the input is\n%+v, want the defaults\n%+v", in, want)
	}
	in, err = parse(t, "--dataset", "/d/x.csv", "--target-size", "1000", "--min-class-size", "150", "--rare-classes", "unknown",
		"--max-tweets", "10", "--max-unusable", "0.5", "--test-share", "0.2", "--precision", "0.9", "--base-model", "m", "--epochs", "3", "--seed", "-7", "--job-deadline", "90m")
	if err != nil {
		t.Fatal(err)
	}
	want := pipeline.FineTuneInput{
		Task:    "default",
		Dataset: "/d/x.csv", TargetSize: 1000, MinClassSize: 150, RareClasses: pipeline.FoldRare, MaxTweets: 10, MaxUnusable: 0.5,
		TestShare: 0.2, Precision: 0.9, BaseModel: "m", Epochs: 3, Seed: -7, JobDeadline: 90 * time.Minute,
	}
	if in != want {
		t.Errorf("the input is\n%+v, want\n%+v", in, want)
	}
}

// A flag that is given its default must not make another run.
func TestDefaultsGiveTheSameWorkflow(t *testing.T) {
	plain, err := parse(t, "--dataset", "/d/x.csv")
	if err != nil {
		t.Fatal(err)
	}
	spelled, err := parse(t, "--dataset", "/d/x.csv", "--seed", "1", "--max-unusable", "0.2", "--test-share", "0.1", "--min-class-size", "30")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := pipeline.FineTuneID(plain), pipeline.FineTuneID(spelled); a != b {
		t.Errorf("two ids: %s and %s", a, b)
	}
}

func TestDatasetURL(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"x.csv":                filepath.Join(here, "x.csv"),
		"../x.csv":             filepath.Join(filepath.Dir(here), "x.csv"),
		"/d/x.csv":             "/d/x.csv",
		"s3://bucket/x.csv.gz": "s3://bucket/x.csv.gz",
		"gopher://x":           "gopher://x",
		"":                     "",
	} {
		if got, err := datasetURL(path); err != nil || got != want {
			t.Errorf("datasetURL(%q) is %q, %v; want %q", path, got, err, want)
		}
	}
}
