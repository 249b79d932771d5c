package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchboard/internal/console"
	"switchboard/internal/problem"
)

// Run carries out one command line and returns the exit code that the package
// comment lists. Args excludes the program's name; environ holds KEY=VALUE
// pairs as [os.Environ] gives them. A command that waits stops waiting when
// ctx is done; what it waited for goes on.
func Run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	a := &app{
		environ:    environ,
		stdout:     stdout,
		stderr:     stderr,
		now:        time.Now,
		acceptWait: time.Minute,
		watchEvery: time.Second,
		takeWait:   10 * time.Second,
	}
	return a.run(ctx, args)
}

// app is one invocation: its surroundings and its global flags.
type app struct {
	environ        []string
	stdout, stderr io.Writer
	now            func() time.Time
	// acceptWait bounds how long a start waits for a worker's answer;
	// watchEvery is the time between two looks at a run.
	acceptWait, watchEvery time.Duration
	// takeWait bounds how long a request waits for a worker to take it.
	takeWait time.Duration

	json                        bool
	profile, address, namespace string
	// anomalies asks a summary for all that was wrong in a file.
	anomalies bool
}

func (a *app) run(ctx context.Context, args []string) int {
	root := a.rootCommand()
	// Cobra would take nil for "the process's own arguments".
	root.SetArgs(append([]string{}, args...))
	err := root.ExecuteContext(ctx)
	// A flag error may come before cobra has seen --json.
	return console.Fail(a.stdout, a.stderr, a.json || slices.Contains(args, "--json"), err)
}

// action is what a command does: it returns what to print, which may be nil,
// and an error.
type action func(ctx context.Context, cmd *cobra.Command, args []string) (view, error)

// do makes an action a cobra function that prints.
func (a *app) do(act action) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		v, err := act(cmd.Context(), cmd, args)
		var told *interruption
		if err != nil && cmd.Context().Err() != nil && !errors.As(err, &told) {
			err = &interruption{"interrupted"}
		}
		if v == nil {
			return err
		}
		return console.Show(a.stdout, printed{v, a.anomalies}, a.json, a.now(), err)
	}
}

// doWithRun is do for what is done with one run: that which the command's argument
// names, or the latest fine-tuning.
func (a *app) doWithRun(act func(ctx context.Context, c *connection, run runRef) (view, error)) func(*cobra.Command, []string) error {
	return a.do(func(ctx context.Context, _ *cobra.Command, args []string) (view, error) {
		c, err := a.connect(ctx)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		run, err := c.named(ctx, args)
		if err != nil {
			return nil, err
		}
		return act(ctx, c, run)
	})
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "starter",
		Short: "Start, watch and schedule Switchboard's runs",
		Long: `Start, watch and schedule Switchboard's runs.

Switchboard assigns customer-support conversations to the company they are
addressed to. The starter asks a Temporal server for runs; workers carry them
out, and they go on when the starter ends.

The connection is configured as for all Temporal programs: by TEMPORAL_ADDRESS,
TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_* and TEMPORAL_PROFILE, or by
Temporal's configuration file.`,
		Example: `  starter doctor
  starter finetune --dataset tweets.csv --target-size 1000 --watch
  starter status
  starter apply --dataset production.csv --watch`,
		Args:              console.NoSuchCommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: a.settle,
		SilenceErrors:     true,
		SilenceUsage:      true,
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	flags := root.PersistentFlags()
	flags.BoolVar(&a.json, "json", false, "print one JSON object instead of text")
	flags.StringVar(&a.profile, "profile", "", "`name` of a profile of Temporal's configuration file (TEMPORAL_PROFILE)")
	flags.StringVar(&a.address, "address", "", "`host:port` of the Temporal server (TEMPORAL_ADDRESS)")
	flags.StringVar(&a.namespace, "namespace", "", "Temporal `namespace` (TEMPORAL_NAMESPACE)")
	root.SetFlagErrorFunc(console.FlagProblem)
	console.AddVersion(root)
	root.SetUsageTemplate(root.UsageTemplate() + exitCodeHelp)
	root.AddCommand(
		a.fineTuneCommand(),
		a.applyCommand(),
		a.callCommand(),
		a.callsCommand(),
		a.retrainCommand(),
		a.evaluateCommand(),
		a.correctionsCommand(),
		a.runsCommand(),
		a.statusCommand(),
		a.openCommand(),
		a.explainCommand(),
		a.cancelCommand(),
		a.scheduleCommand(),
		a.scanCommand(),
		a.modelsCommand(),
		a.doctorCommand(),
		a.versionCommand(),
	)
	a.strict(root)
	a.complete(root)
	return root
}

// settle completes and checks the flags of a command before it does anything.
func (a *app) settle(cmd *cobra.Command, args []string) error {
	if err := a.useProject(cmd, args); err != nil {
		return err
	}
	return checkWords(cmd)
}

// strict makes cobra's own commands refuse what they do not know; as they come,
// they print help and succeed.
func (a *app) strict(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "completion":
			cmd.Args, cmd.RunE = console.NoSuchCommand, needsCommand
		case "help":
			cmd.Args = func(_ *cobra.Command, args []string) error {
				found, rest, _ := root.Find(args)
				return console.NoSuchCommand(found, rest)
			}
		}
	}
}

var exitCodeHelp = fmt.Sprintf(`
Exit codes:
  %-3d  done
  %-3d  failed: the run, or what was asked of it
  %-3d  bad input: a flag, a file, a name
  %-3d  environment: no Temporal server, no worker, no access
  %-3d  interrupted while watching; the run goes on
`, exitDone, exitFailed, exitBadInput, exitEnvironment, exitInterrupted)

// group makes a command that only holds others.
func (a *app) group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: console.NoSuchCommand, RunE: needsCommand}
	cmd.AddCommand(commands...)
	return cmd
}

// needsCommand is what a command does that only holds others.
func needsCommand(cmd *cobra.Command, _ []string) error {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return problem.Input("%s needs a command: %s", cmd.CommandPath(), strings.Join(names, ", "))
}

// noArgs, oneArg and maybeOneArg are argument checks that name what they
// expect.
func noArgs(cmd *cobra.Command, args []string) error { return console.NoArgs(cmd, args) }

func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return problem.Input("%s takes one %s, not %d arguments; see `%s --help`", cmd.CommandPath(), what, len(args), cmd.CommandPath())
		}
		return nil
	}
}

func maybeOneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return problem.Input("%s takes at most one %s, not %d arguments; see `%s --help`", cmd.CommandPath(), what, len(args), cmd.CommandPath())
		}
		return nil
	}
}

// getenv returns the last value that the environment gives a variable, as a
// shell would.
func (a *app) getenv(name string) string {
	for _, pair := range slices.Backward(a.environ) {
		if key, value, ok := strings.Cut(pair, "="); ok && key == name {
			return value
		}
	}
	return ""
}
