// Dashboard shows calls to people, who judge them and manage models. See
// internal/dashboard.
//
// It connects to the Temporal server that TEMPORAL_ADDRESS (and Temporal's other
// variables, or its configuration file) names, and to the database, by the settings
// that its help lists. SIGINT or SIGTERM stops it: what it was asked it answers first.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"switchboard/internal/config"
	"switchboard/internal/console"
	"switchboard/internal/dashboard"
	"switchboard/internal/database"
	"switchboard/internal/runs"
	"switchboard/internal/temporal"
)

func main() { os.Exit(console.Main(command())) }

func command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dashboard",
		Short: "Show calls, judge them and manage models in a browser",
		Long: `Show calls, judge them and manage models in a browser, until it is interrupted.

It takes no flags: the connection to Temporal is configured as for all Temporal programs
(TEMPORAL_ADDRESS and the rest), everything else by these variables. It needs the
database that the workers have. Several dashboards may run beside each other.

` + config.Explain(read...),
		Args:          console.NoSuchCommand,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd.Context(), cmd.OutOrStdout(), slog.New(slog.NewJSONHandler(os.Stderr, nil)))
		},
	}
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.AddCommand(&cobra.Command{
		Use:   "health",
		Short: "Ask the dashboard of this machine whether it answers",
		Args:  console.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return dashboard.Health(cmd.Context(), dashboard.LoadPlace(os.Getenv))
		},
	})
	cmd.AddCommand(usersCommand())
	cmd.SetFlagErrorFunc(console.FlagProblem)
	console.AddVersion(cmd)
	return cmd
}

// read are the settings that the dashboard reads.
var read = []string{
	config.Artifacts, config.DatabaseURL, config.DatabaseURLFile, config.WebUI,
	config.DashboardAddress, config.DashboardURL, config.DashboardTLSCert, config.DashboardTLSKey,
	config.DashboardOIDCIssuer, config.DashboardOIDCClientID, config.DashboardOIDCClientSecret, config.DashboardOIDCClientSecretFile,
	config.DashboardOIDCClaim, config.DashboardOIDCRoles,
}

// run shows the pages until ctx ends.
func run(ctx context.Context, out io.Writer, log *slog.Logger) error {
	place := dashboard.LoadPlace(os.Getenv)
	if err := place.Validate(); err != nil {
		return err
	}
	c, err := temporal.Connect(ctx, os.Environ(), slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	defer c.Close()
	base, err := database.FromSettings(ctx, os.Getenv)
	if err != nil {
		return err
	}
	defer base.Close()
	over, err := dashboard.Over(base, place, os.Getenv)
	if err != nil {
		return err
	}
	over.Temporal, over.WebUI, over.Log = c, runs.WebUI(config.Get(os.Getenv, config.WebUI), c.Address), log
	pages, err := dashboard.New(over)
	if err != nil {
		return err
	}
	running, err := dashboard.Start(pages, place, log)
	if err != nil {
		return err
	}
	defer running.Stop()
	log.Info("showing pages", "url", running.URL())
	running.Announce(c)
	go pages.Prepare(ctx)
	if place.URL == "" {
		place.URL = running.URL()
	}
	welcome, err := over.Welcome(ctx, place)
	if err != nil {
		return err
	}
	if welcome != "" {
		// Whoever reads this may become the first admin: it is not for a log.
		fmt.Fprintf(out, "Nobody is an administrator yet. Within a day, choose a name and a password at\n%s\n", welcome)
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-running.Failed():
		return fmt.Errorf("running the dashboard: %w", err)
	}
}
