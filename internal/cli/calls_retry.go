package cli

import (
	"context"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

func (a *app) callsRetryCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "retry CALL...",
		Short: "Analyze calls once more that failed, were given up or were cancelled",
		Long: `Analyze calls once more that failed, were given up or were cancelled. The worker reads
their events from Kafka again; of one that is no longer there, ` + "`starter calls replay`" + `
sends the dead letter, if there is one. A later answer takes the place of one that
failed. Every other answer stays.`,
		Example: "  starter calls retry call-0042\n  starter calls list --status failed --json | jq -r '.calls[].call_id' | xargs starter calls retry",
		Args:    someArgs("the calls by their ids, as `starter calls list` lists them"),
		RunE: a.do(func(ctx context.Context, _ *cobra.Command, args []string) (view, error) {
			if len(args) > pipeline.PageSize {
				return nil, problem.Input("%s are named; name at most %d at once", count(int64(len(args)), "call"), pipeline.PageSize)
			}
			c, err := a.connect(ctx)
			if err != nil {
				return nil, err
			}
			defer c.Close()
			var done retried
			if err := a.request(ctx, c, pipeline.RetryCallsActivity, pipeline.RetryCallsInput{CallIDs: args}, &done.RetryCallsResult); err != nil {
				return nil, err
			}
			return done, done.refusal()
		}),
	}
}

type retried struct {
	pipeline.RetryCallsResult
}

// refusal is the error of a command of which something was refused.
func (r retried) refusal() error {
	if n := len(r.Refused); n > 0 {
		return problem.Input("%s of %s not analyzed once more", count(int64(n), "call"), number(int64(n+len(r.Retried))))
	}
	return nil
}

func (r retried) write(t *text) {
	t.line("%s being analyzed once more", count(int64(len(r.Retried)), "call"))
	for _, refused := range r.Refused {
		t.line("refused %s: %s", refused.CallID, refused.Reason)
	}
	if len(r.Retried) > 0 {
		t.fact("next", "starter calls show "+r.Retried[0])
	}
}
