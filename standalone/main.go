// Standalone is all of Switchboard in one process: a Temporal server with its
// Web UI, the model server and a worker, on this machine alone.
//
//	go run ./standalone        stay up, for use with the starter
//	go run ./standalone demo   run the pipeline on the sample and leave
//
// Its state lies in one folder and survives a restart.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"switchboard/internal/config"
	"switchboard/internal/console"
	"switchboard/internal/modelserver"
	"switchboard/internal/problem"
)

func main() { os.Exit(run()) }

func run() int {
	// What the broker keeps is raw, and it makes its files for everybody to read.
	syscall.Umask(0o077)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := command().ExecuteContext(ctx)
	var code exitCode
	if errors.As(err, &code) {
		return int(code)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "standalone:", err)
	}
	return problem.ExitCode(err)
}

// exitCode is that of a command which has said all there is to say.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

func command() *cobra.Command {
	var o options
	root := &cobra.Command{
		Use:   "standalone",
		Short: "Run Temporal, its Web UI, the model server, a worker, the intake of calls and the dashboard in one process",
		Long: `Run Temporal, its Web UI, the model server, a worker, the intake of calls with a
broker of Kafka's protocol, and the dashboard in one process, until it is interrupted.
Use the starter beside it. The recognizer that "make asr" installs is started, too.

With OPENAI_BASE_URL set, that provider is used and no model server is started.`,
		Args:          console.NoSuchCommand,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return stay(cmd.Context(), o, cmd.OutOrStdout())
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&o.dir, "data", config.StateDir, "folder that keeps the state")
	flags.IntVar(&o.temporalPort, "temporal-port", temporalPort, "port for Temporal; 0 takes a free one")
	flags.IntVar(&o.uiPort, "ui-port", uiPort, "port for the Web UI; 0 takes a free one")
	flags.IntVar(&o.modelPort, "model-port", config.ModelServerPort, "port for the model server; 0 takes a free one")
	flags.IntVar(&o.kafkaPort, "kafka-port", kafkaPort, "port for the broker that calls come by; 0 takes a free one")
	flags.IntVar(&o.intakePort, "intake-port", config.IntakePort, "port to which calls are sent; 0 takes a free one")
	flags.IntVar(&o.dashboardPort, "dashboard-port", config.DashboardPort, "port for the dashboard; 0 takes a free one")
	flags.StringVar(&o.encoder, "encoder", "", "directory of a sentence encoder in ONNX, for the model server's base model "+modelserver.HybridModel)
	flags.StringVar(&o.languageModels, "language-models", os.Getenv(config.ModelServerLanguage), "JSON file of language models that the model server can fine-tune")
	flags.StringVar(&o.trainer, "trainer", os.Getenv(config.ModelServerTrainer), "Python that runs the trainer; that of trainer/.venv, if empty")
	root.AddCommand(&cobra.Command{
		Use:   "demo",
		Short: "Fine-tune on the sample, apply the model to its production file, print a summary and leave",
		Args:  console.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	})
	root.SetFlagErrorFunc(console.FlagProblem)
	console.AddVersion(root)
	return root
}
