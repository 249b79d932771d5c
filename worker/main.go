// Worker runs the workflows and activities of Switchboard.
//
// It connects to the Temporal server that TEMPORAL_ADDRESS (and Temporal's
// other variables, or its configuration file) names, and reads the settings
// that the README lists. SIGINT or SIGTERM stops it: running activities get
// thirty seconds to save what they have, and go on elsewhere.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"

	"switchboard/internal/config"
	"switchboard/internal/problem"
	"switchboard/worker/host"
)

func main() {
	err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
	}
	os.Exit(problem.ExitCode(err))
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cfg, err := config.Load(os.Getenv)
	if err != nil {
		return err
	}
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return problem.Input("the connection to Temporal is not configured well: %w", err)
	}
	options.HostPort = cmp.Or(options.HostPort, client.DefaultHostPort) // for the sentence below
	options.Logger = log.NewStructuredLogger(slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return problem.New(problem.Environment, "no Temporal server answers at %s; start one (`go run ./standalone` has its own), or set TEMPORAL_ADDRESS: %w", options.HostPort, err)
	}
	defer c.Close()
	h, err := host.Start(ctx, c, cfg)
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
