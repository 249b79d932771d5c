// Worker runs the workflows and activities of Switchboard, and shows what its
// anonymizer does to a file (worker scan).
//
// It connects to the Temporal server that TEMPORAL_ADDRESS (and Temporal's
// other variables, or its configuration file) names, and reads the settings
// that the README lists. SIGINT or SIGTERM stops it: running activities get
// thirty seconds to save what they have, and go on elsewhere.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"switchboard/internal/console"
	"switchboard/internal/problem"
	"switchboard/internal/scan"
	"switchboard/internal/temporal"
	"switchboard/worker/host"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	cmd, err := command().ExecuteContextC(ctx)
	stop()
	// What scans is a command like those of the starter, and fails as they do.
	if cmd.Name() == "scan" {
		os.Exit(console.Fail(os.Stdout, os.Stderr, slices.Contains(os.Args, "--json"), err))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
	}
	os.Exit(problem.ExitCode(err))
}

func command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Run the workflows and activities of Switchboard",
		Long: `Run the workflows and activities of Switchboard, until it is interrupted.

Without a command it takes no flags: the connection is configured as for all Temporal programs
(TEMPORAL_ADDRESS and the rest), everything else by the variables that the README
lists. Workers of one namespace share its runs, so they need the same settings.`,
		Args:          console.NoSuchCommand,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return run(cmd.Context()) },
	}
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.AddCommand(scan.Command(os.Getenv))
	cmd.SetFlagErrorFunc(console.FlagProblem)
	console.AddVersion(cmd)
	return cmd
}

// run works until ctx ends.
func run(ctx context.Context) error {
	o, err := host.Load(os.Getenv)
	if err != nil {
		return err
	}
	o.Log = slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	c, err := temporal.Connect(ctx, os.Environ(), o.Log)
	if err != nil {
		return err
	}
	defer c.Close()
	h, err := host.Start(ctx, c, o)
	if err != nil {
		return err
	}
	defer h.Stop()
	select {
	case <-ctx.Done():
		return nil
	case err := <-h.Failed():
		return fmt.Errorf("running the worker: %w", err)
	}
}
