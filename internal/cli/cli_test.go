package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"switchboard/internal/console"
)

func TestHelp(t *testing.T) {
	h := newHarness(t)
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if name := cmd.Name(); name == "completion" || name == "help" || cmd.DisableFlagParsing {
			return // cobra's own, and what tells where it is now whatever one asks
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
		path := strings.Fields(cmd.CommandPath())[1:]
		r := h.run(append(path, "--help")...)
		if r.code != exitDone || r.stderr != "" {
			t.Errorf("%v --help: exit code %d, standard error %q", path, r.code, r.stderr)
		}
		if !strings.Contains(r.stdout, "Exit codes:") {
			t.Errorf("%v --help lists no exit codes", path)
		}
		if cmd.Runnable() && !cmd.HasSubCommands() && cmd.Example == "" {
			t.Errorf("%v has no example", path)
		}
		golden(t, "help/"+strings.Join(append([]string{"starter"}, path...), "-")+".txt", r.stdout)
	}
	walk((&app{}).rootCommand())
}

func TestCompletionAndHelpCommands(t *testing.T) {
	h := newHarness(t)
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if r := h.run("completion", shell); r.code != exitDone || !strings.Contains(r.stdout, "starter") {
			t.Errorf("completion %s: exit code %d, %q", shell, r.code, r.stderr)
		}
	}
	if r := h.run("__complete", "schedule", "un"); !strings.Contains(r.stdout, "unpause") {
		t.Errorf("completing \"schedule un\" gives %q", r.stdout)
	}
	if r, want := h.run("help", "schedule", "create"), h.run("schedule", "create", "--help"); r.stdout != want.stdout {
		t.Errorf("help schedule create prints\n%s", r.stdout)
	}
}

func TestBareStarterPrintsHelp(t *testing.T) {
	h := newHarness(t)
	bare, help := h.run(), h.run("--help")
	if bare != help {
		t.Errorf("starter prints\n%s\nwant the help\n%s", bare.stdout, help.stdout)
	}
}

func TestVersionFlag(t *testing.T) {
	if r := newHarness(t).run("--version"); r.code != exitDone || !strings.HasPrefix(r.stdout, "starter ") || strings.Count(r.stdout, "\n") != 1 {
		t.Errorf("exit code %d, %q, %q", r.code, r.stdout, r.stderr)
	}
}

func TestExitCodesWithoutServer(t *testing.T) {
	const noServer = "no Temporal server answers at " + nobody + "; start one with `go run ./standalone`, or set TEMPORAL_ADDRESS"
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"finetune --dataset x.csv", 3, noServer},
		{"finetune --dataset x.csv --watch", 3, noServer},
		{"apply --dataset x.csv", 3, noServer},
		{"apply pause x", 3, noServer},
		{"apply resume x", 3, noServer},
		{"status", 3, noServer},
		{"status x --watch", 3, noServer},
		{"cancel", 3, noServer},
		{"schedule create --dataset x.csv --cron @daily", 3, noServer},
		{"schedule list", 3, noServer},
		{"schedule describe", 3, noServer},
		{"schedule pause", 3, noServer},
		{"schedule unpause", 3, noServer},
		{"schedule trigger", 3, noServer},
		{"schedule delete x", 3, noServer},
		{"doctor", 3, "1 problem found"},
		{"models list", 3, noServer},
		{"corrections list", 3, noServer},
		{"scan x.csv --show", 2, "use `worker scan`"},
		{"version", 0, ""},

		{"--address 127.0.0.1:2 status", 3, "no Temporal server answers at 127.0.0.1:2;"},
		{"--profile nobody status", 2, "unable to find profile nobody"},

		{"bogus", 2, `starter has no command "bogus"; see`},
		{"statu", 2, "did you mean status? See `starter --help`"},
		{"stat", 2, "did you mean status?"},
		{"--bogus", 2, "unknown flag: --bogus; see `starter --help`"},
		{"finetune --bogus", 2, "unknown flag: --bogus; see `starter finetune --help`"},
		{"schedule", 2, "starter schedule needs a command: create, delete,"},
		{"schedule nope", 2, `starter schedule has no command "nope"`},
		{"models", 2, "starter models needs a command: approve, list"},
		{"models lst", 2, "did you mean list?"},
		{"completion", 2, "starter completion needs a command: bash, fish, powershell, zsh"},
		{"completion nope", 2, `starter completion has no command "nope"`},
		{"help nope", 2, `starter has no command "nope"`},
		{"help schedule nope", 2, `starter schedule has no command "nope"`},
		{"apply nope", 2, `starter apply has no command "nope"`},
		{"apply pause", 2, "takes one run, not 0 arguments"},
		{"status a b", 2, "takes at most one run, not 2 arguments"},
		{"finetune x.csv", 2, `takes flags only, not "x.csv"`},

		{"finetune", 2, "no dataset is given; name a CSV file with --dataset"},
		{"apply", 2, "no dataset is given; name a CSV file with --dataset"},
		{"finetune --dataset x --target-size 0", 2, "the target size is 0 conversations a class; it must be 5 or more"},
		{"finetune --dataset x --target-size -3", 2, "the target size is -3"},
		{"finetune --dataset x --target-size many", 2, `--target-size is "many"; give a whole number`},
		{"finetune --dataset x --min-class-size 0", 2, "the minimal class size is 0"},
		{"finetune --dataset x --rare-classes keep", 2, `--rare-classes is "keep"; it can be drop or unknown`},
		{"retrain --dataset x --rare-classes dorp", 2, `--rare-classes is "dorp"; did you mean drop?`},
		{"apply --dataset x --mode bach", 2, `--mode is "bach"; did you mean batch?`},
		{"evaluate --run x --with base,few-shto", 2, `--with is "few-shto"; did you mean few-shot?`},
		{"schedule create --dataset x --every 1h --overlap skp", 2, `--overlap is "skp"; did you mean skip?`},
		{"runs --status complete", 2, `--status is "complete"; did you mean completed?`},
		{"finetune --dataset x --max-tweets 0", 2, "set to 0 tweets"},
		{"finetune --dataset x --max-unusable 0", 2, "may be unusable is 0; it must be above 0 and at most 1"},
		{"finetune --dataset x --max-unusable NaN", 2, "may be unusable is NaN;"},
		{"apply --dataset x --max-unusable 0", 2, "may be unusable is 0;"},
		{"apply --dataset x --max-unusable 1.5", 2, "may be unusable is 1.5;"},
		{"finetune --dataset x --notify hooks.example.com", 2, "the address to notify is not an http or https URL"},
		{"apply --dataset x --notify ftp://hooks.example.com/x", 2, "the address to notify is not an http or https URL"},
		{"retrain --dataset x --notify https://me:secret@hooks.example.com/x", 2, "holds a user or a password"},
		{"schedule create --dataset x --every 24h --notify http://hooks.example.com/x", 2, "on hooks.example.com is not encrypted"},
		{"finetune --dataset x.csv --notify http://localhost:8000/x", 3, noServer},
		{"finetune --dataset x --test-share 0", 2, "the test share is 0;"},
		{"finetune --dataset x --test-share 0.6", 2, "the test share is 0.6;"},
		{"finetune --dataset x --test-share half", 2, `--test-share is "half"; give a number such as 0.5, without a percent sign`},
		{"finetune --dataset x --precision 1.1", 2, "the precision is 1.1;"},
		{"finetune --dataset x --epochs 0", 2, "the number of epochs is 0;"},
		{"finetune --dataset x --seed 0", 2, "the seed is 0;"},
		{"finetune --dataset x --base-model=", 2, "the base model is empty;"},
		{"finetune --dataset x --job-deadline 0s", 2, "the job's deadline is 0s;"},
		{"finetune --dataset x --job-deadline soon", 2, `--job-deadline is "soon"; give a duration such as 90s, 30m or 24h`},
		{"finetune --dataset x --watch=maybe", 2, `--watch is "maybe"; give true or false`},
		{"apply --dataset x --max-tweets 1", 2, "set to 1 tweets"},

		{"call testdata/call.json", 3, noServer},
		{"call", 2, "takes one file, not 0 arguments"},
		{"call no/such.json", 2, "there is no file no/such.json"},
		{"call cli_test.go", 2, "cli_test.go: the event is no JSON"},

		{"schedule create --dataset x", 2, "the schedule has no time; give --cron or --every"},
		{"schedule create --cron @daily", 2, "no dataset is given"},
		{"schedule create --dataset x --cron @daily --every 1h", 2, "exclude each other"},
		{"schedule create --dataset x --every 10s", 2, "the interval is 10s; it must be a minute or more"},
		{"schedule create --dataset x --every -1h", 2, "it must be a minute or more"},
		{"schedule create --dataset x --every 1m", 2, "the jitter is 1m, and the interval 1m; the jitter must be shorter"},
		{"schedule create --dataset x --every 1m --jitter 10s", 3, noServer},
		{"schedule create --dataset x --cron @dayly", 2, `--cron is "@dayly"; the words there are @hourly, @daily,`},
		{"schedule create --dataset x --cron @daily --time-zone Berlin", 2, `there is no time zone "Berlin"; did you mean Europe/Berlin?`},
		{"schedule create --dataset x --cron @daily --time-zone Local", 2, `there is no time zone "Local"; give a name of the IANA's list`},
		{"schedule create --dataset x --every 1h --time-zone Europe/Berlin", 2, "--time-zone goes with --cron"},
		{"schedule create --dataset x --every 1h --jitter -1s", 2, "the jitter is -1s;"},
		{"schedule create --dataset x --cron @daily --id=", 2, "the schedule's id is empty"},
		{"schedule create --dataset x --cron @daily --target-size 0", 2, "the target size is 0"},
		{"schedule delete", 2, "takes one schedule id, not 0 arguments"},
	} {
		t.Run(c.args, func(t *testing.T) {
			h := newHarness(t)
			r := h.run(strings.Fields(c.args)...)
			if r.code != c.code {
				t.Errorf("exit code %d, want %d (standard error %q)", r.code, c.code, r.stderr)
			}
			if !strings.Contains(r.stderr, c.want) {
				t.Errorf("standard error is %q, want %q in it", r.stderr, c.want)
			}
			if c.code != exitDone {
				r.oneSentence(t)
			}
			checkJSON(t, h.run(append(strings.Fields(c.args), "--json")...), r)
		})
	}
}

// checkJSON holds a command's JSON against its text: the same exit code, one
// object, and the sentence of standard error as its error.
func checkJSON(t *testing.T, got, text result) {
	t.Helper()
	if got.code != text.code {
		t.Errorf("exit code %d with --json, %d without", got.code, text.code)
	}
	var object struct{ Error *failure }
	decoder := json.NewDecoder(strings.NewReader(got.stdout))
	if err := decoder.Decode(&object); err != nil {
		t.Fatalf("standard output is no JSON object: %v\n%s", err, got.stdout)
	}
	if decoder.More() {
		t.Errorf("standard output is more than one JSON object:\n%s", got.stdout)
	}
	switch {
	case got.code == exitDone:
		if object.Error != nil {
			t.Errorf("a command that succeeds has the error %v", *object.Error)
		}
	case object.Error == nil:
		t.Errorf("a command that fails has no error in its JSON:\n%s", got.stdout)
	default:
		if object.Error.Code != got.code || console.Failure(*object.Error).Line()+"\n" != got.stderr {
			t.Errorf("the JSON's error is %+v, standard error says %q with exit code %d", *object.Error, got.stderr, got.code)
		}
	}
}

func TestFailureIsShortWithoutServer(t *testing.T) {
	r := newHarness(t).run("status")
	if r.stdout != "" {
		t.Errorf("standard output is %q, want nothing", r.stdout)
	}
	r.oneSentence(t)
}

func TestLastValueOfAVariableCounts(t *testing.T) {
	a := &app{environ: []string{"A=1", "B=2", "A=3", "EMPTY=", "ODD"}}
	for name, want := range map[string]string{"A": "3", "B": "2", "EMPTY": "", "ODD": "", "NONE": ""} {
		if got := a.getenv(name); got != want {
			t.Errorf("getenv(%q) is %q, want %q", name, got, want)
		}
	}
}
