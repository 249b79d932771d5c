// Intake takes calls in: from Kafka, and by HTTP. See internal/intake.
//
// It connects to the Temporal server that TEMPORAL_ADDRESS (and Temporal's
// other variables, or its configuration file) names, to Kafka and to the database, by
// the settings that its help lists. SIGINT or SIGTERM stops it: what it has begun it
// finishes within thirty seconds, and what it has not is taken in by another.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"switchboard/internal/callkey"
	"switchboard/internal/config"
	"switchboard/internal/console"
	"switchboard/internal/database"
	"switchboard/internal/intake"
	"switchboard/internal/results"
	"switchboard/internal/temporal"
)

func main() { os.Exit(console.Main(command())) }

func command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "intake",
		Short: "Take calls in from Kafka and by HTTP",
		Long: `Take calls in from Kafka and by HTTP, until it is interrupted.

It takes no flags: the connection to Temporal is configured as for all Temporal programs
(TEMPORAL_ADDRESS and the rest), everything else by these variables. Several intakes
share the calls; they need the same settings as each other, and as the workers.

` + config.Explain(read...),
		Args:          console.NoSuchCommand,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return run(cmd.Context()) },
	}
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.AddCommand(&cobra.Command{
		Use:   "health",
		Short: "Ask the intake of this machine whether it is ready",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options, err := intake.Load(os.Getenv)
			if err != nil {
				return err
			}
			return intake.Health(cmd.Context(), options)
		},
	})
	cmd.SetFlagErrorFunc(console.FlagProblem)
	console.AddVersion(cmd)
	return cmd
}

// read are the settings that the intake reads.
var read = []string{
	config.Artifacts, config.DatabaseURL, config.DatabaseURLFile,
	config.KafkaBrokers, config.KafkaTLS, config.KafkaTLSCA, config.KafkaTLSCert, config.KafkaTLSKey,
	config.KafkaSASLMechanism, config.KafkaSASLUser, config.KafkaSASLPassword, config.KafkaSASLPasswordFile,
	config.CallsTopic, config.CallsGroup,
	config.IntakeAddress, config.IntakeKeys, config.IntakeKeysFile, config.IntakeTLSCert, config.IntakeTLSKey,
	config.IntakeMetricsAddress, config.IntakeMaxOpen,
}

// run takes calls in until ctx ends.
func run(ctx context.Context) error {
	options, err := intake.Load(os.Getenv)
	if err != nil {
		return err
	}
	if err := options.Validate(); err != nil {
		return err
	}
	options.Log = slog.New(slog.NewJSONHandler(os.Stderr, nil))
	c, err := temporal.Connect(ctx, os.Environ(), slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	defer c.Close()
	store, err := database.FromSettings(ctx, os.Getenv)
	if err != nil {
		return err
	}
	defer store.Close()
	options.Runs = intake.Workflows{Client: c.Client, Namespace: c.Namespace}
	options.Switch, options.Issued = results.New(store), callkey.New(store)
	i, err := intake.Start(ctx, options)
	if err != nil {
		return err
	}
	defer i.Stop()
	options.Log.Info("taking calls in", "address", i.Address())
	select {
	case <-ctx.Done():
		return nil
	case err := <-i.Failed():
		return fmt.Errorf("running the intake: %w", err)
	}
}
