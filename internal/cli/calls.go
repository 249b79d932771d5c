package cli

import (
	"context"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/seal"
)

func (a *app) callsCommand() *cobra.Command {
	return a.group("calls", "Send phone calls and see their answers",
		a.callsSendCommand(), a.callsListCommand(), a.callsShowCommand(),
		a.callsIntakeCommand(), a.callsPauseCommand(), a.callsResumeCommand(), a.callsDrainCommand(),
		a.callsDeadLettersCommand(), a.callsReplayCommand(), a.callsDiscardCommand(), a.callsRetryCommand(),
		a.callsEraseCommand(), a.callsExpireCommand())
}

// requestSealed lets a worker answer with what Temporal must not keep: in takes the
// key to seal with.
func (a *app) requestSealed(ctx context.Context, c *connection, activity string, in func(key []byte) any, answer any) error {
	key, err := seal.NewKey()
	if err != nil {
		return err
	}
	var sealed pipeline.SealedCalls
	if err := a.request(ctx, c, activity, in(key.Public()), &sealed); err != nil {
		return err
	}
	if err := key.Open(sealed.Sealed, pipeline.CallsPurpose, answer); err != nil {
		return problem.New(problem.Environment, "the worker's answer cannot be read (%w); let worker and starter be of one version", err)
	}
	return nil
}

// withServer is do for what workers are asked, without arguments.
func (a *app) withServer(act func(ctx context.Context, c *connection, args []string) (view, error)) func(*cobra.Command, []string) error {
	return a.do(func(ctx context.Context, _ *cobra.Command, args []string) (view, error) {
		c, err := a.connect(ctx)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		v, err := act(ctx, c, args)
		if err != nil {
			return nil, err // what was not answered is not shown
		}
		return v, nil
	})
}
