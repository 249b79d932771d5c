package cli

import (
	"context"

	"github.com/spf13/cobra"

	"switchboard/internal/problem"
)

// scanCommand tells those who know it from earlier versions where it is now: it
// reads texts with the model, neither of which the starter has.
func (a *app) scanCommand() *cobra.Command {
	return &cobra.Command{
		Use:                "scan",
		Short:              "Moved: use `worker scan`",
		DisableFlagParsing: true,
		RunE: a.do(func(context.Context, *cobra.Command, []string) (view, error) {
			return nil, problem.Input("scan is a command of the worker now, which has the anonymizer and its model: use `worker scan`, or `go run ./worker scan`, with the same flags")
		}),
	}
}
