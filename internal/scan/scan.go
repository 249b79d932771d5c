// Package scan is the worker's command that shows what the anonymizer of these
// settings replaces in a file, and measures it on labelled texts. It reads local
// text with the model, which is why it is no command of the starter's.
package scan

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"switchboard/internal/config"
	"switchboard/internal/console"
	"switchboard/internal/privacy"
	"switchboard/internal/problem"
	"switchboard/internal/tweet"
)

// scanFlags are the flags of scan.
type scanFlags struct {
	show      bool
	limit     int
	labelled  string
	errors    bool
	failUnder float64
}

// Command makes the command scan, which takes the settings of a worker from getenv.
func Command(getenv func(string) string) *cobra.Command {
	s := &scanner{getenv: getenv}
	cmd := &cobra.Command{
		Use:   "scan [FILE]",
		Short: "Show what the anonymizer replaces in a file, or measure how well it does",
		Long: `Show what the anonymizer replaces in a file, or measure how well it does.

The file is a CSV (also .csv.gz, .csv.zst) with the columns tweet_id, text and a
reply column, as for finetune and apply. The anonymizer is the one that a worker
with this environment has (SWITCHBOARD_NER_MODEL, SWITCHBOARD_ALLOW_NAMES,
SWITCHBOARD_DENY_NAMES). Everything happens here, without Temporal, worker or
provider, and no text is printed unless --show asks for it.

With --evaluate it measures on texts that somebody has labelled, one JSON object
a line: {"text": "Hi Liz", "spans": [{"start": 3, "end": 6, "kind": "Person"}]}.
Offsets are bytes of the text as it stands in the file, end exclusive; the kinds
are Person, Initials, Email, Phone, Card, Iban and Booking. A line may have the
"id" of a tweet in FILE in place of the text, a "thread" that texts share, and a
"sha256" of the text, its first 16 digits.`,
		Example: `  # what would be replaced, and ten examples
  worker scan tweets.csv --show --limit 10

  # recall, precision and leak rate, and where the leaks are
  worker scan --evaluate labelled.jsonl tweets.csv --errors

  # a check in CI
  worker scan --evaluate labelled.jsonl --fail-under 0.95`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return problem.Input("%s takes at most one file, not %d arguments; see `%s --help`", cmd.CommandPath(), len(args), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := s.run(cmd, args)
			if err != nil && cmd.Context().Err() != nil {
				err = console.Interruption("interrupted")
			}
			if v == nil {
				return err
			}
			return console.Show(cmd.OutOrStdout(), v, s.json, time.Now(), err)
		},
	}
	cmd.SetFlagErrorFunc(console.FlagProblem)
	cmd.SetUsageTemplate(cmd.UsageTemplate() + exitCodeHelp)
	flags, f := cmd.Flags(), &s.flags
	flags.BoolVar(&s.json, "json", false, "print one JSON object instead of text")
	flags.BoolVar(&f.show, "show", false, "print texts that are changed, PERSONAL DATA included; with --evaluate the texts of --errors")
	flags.IntVar(&f.limit, "limit", 20, "most texts that --show prints of a file")
	flags.StringVar(&f.labelled, "evaluate", "", "`file` of labelled texts to measure on")
	flags.BoolVar(&f.errors, "errors", false, "with --evaluate: list what leaked and what was replaced needlessly")
	flags.Float64Var(&f.failUnder, "fail-under", 0, "with --evaluate: exit with 1 if the recall of Person is below this `share`")
	return cmd
}

const exitCodeHelp = `
Exit codes:
  0    done
  1    failed: the recall is below --fail-under, or the anonymizer failed
  2    bad input: a flag, a file, a setting
  130  interrupted
`

// scanner is one invocation.
type scanner struct {
	getenv func(string) string
	flags  scanFlags
	json   bool
	stderr io.Writer
}

func (r *scanner) run(cmd *cobra.Command, args []string) (console.View, error) {
	ctx, f := cmd.Context(), r.flags
	r.stderr = cmd.ErrOrStderr()
	if err := f.validate(cmd, args); err != nil {
		return nil, err
	}
	cfg, err := config.Load(r.getenv)
	if err != nil {
		return nil, err
	}
	anonymizer, err := privacy.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if f.labelled != "" {
		return r.evaluateLabelled(ctx, anonymizer, args)
	}
	return r.scanFile(ctx, anonymizer, args[0])
}

func (f scanFlags) validate(cmd *cobra.Command, args []string) error {
	given := cmd.Flags().Changed
	evaluating := given("evaluate")
	switch {
	case evaluating && f.labelled == "":
		return problem.Input("--evaluate is empty; name a file of labelled texts")
	case !evaluating && len(args) == 0:
		return problem.Input("no file is given; name a CSV file, or labelled texts with --evaluate")
	case !evaluating && (given("errors") || given("fail-under")):
		return problem.Input("--errors and --fail-under go with --evaluate: only labelled texts tell what is right")
	case evaluating && f.show && !f.errors:
		return problem.Input("--show goes with --errors when texts are evaluated")
	case given("limit") && (evaluating || !f.show):
		return problem.Input("--limit goes with --show, and not with --evaluate")
	case f.limit < 1:
		return problem.Input("the limit is %d; it must be 1 or more texts", f.limit)
	case given("fail-under") && !(f.failUnder > 0 && f.failUnder <= 1):
		return problem.Input("--fail-under is %v; give a share above 0 and up to 1, such as 0.95", f.failUnder)
	}
	return nil
}

// openInput opens a file on this machine.
func openInput(path string) (*os.File, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, problem.Input("there is no file %s; check the path", path)
	case err == nil && !info.Mode().IsRegular():
		return nil, problem.Input("%s is not a file on disk", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, problem.Input("%s cannot be opened: %w", path, err)
	}
	return file, nil
}

func loadTable(ctx context.Context, path string, kind tweet.Kind) (*tweet.Table, error) {
	file, err := openInput(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return tweet.Load(ctx, file, path, kind, nil)
}
