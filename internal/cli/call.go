package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"switchboard/internal/call"
	"switchboard/internal/pipeline"
)

func (a *app) callCommand() *cobra.Command {
	var (
		in    pipeline.AnalyzeCallInput
		watch bool
	)
	cmd := &cobra.Command{
		Use:   "call FILE.json",
		Short: "Find out which company a call is for",
		Long: `Find out which company a call is for.

The file is a JSON object: call_id, turns (a list of objects with a text, in the
order in which they were said), and optionally channel and received_at (a time
such as 2026-03-02T12:00:00Z). The worker opens it, so it must exist on the
worker's machine. Without --model the champion answers.

Names are replaced before a turn is sent, as they are in tweets. Nothing is sent
unless the anonymizer has passed its evaluation. The result is call.json. Analyzing
a call again costs nothing.`,
		Example: `  starter call 0042.json --watch
  starter call 0042.json --watch --json | jq -r .answer.company`,
		Args: oneArg("file"),
		RunE: a.do(func(ctx context.Context, _ *cobra.Command, args []string) (view, error) {
			event, err := readCall(args[0])
			if err != nil {
				return nil, err
			}
			in.CallID = event.ID
			if in.Event, err = datasetURL(args[0]); err != nil {
				return nil, err
			}
			if err := in.WithDefaults().Validate(); err != nil {
				return nil, err
			}
			return a.startAndWatch(ctx, launch{pipeline.AnalyzeCallWorkflow, pipeline.CallWorkflowID(in.CallID), in}, watch)
		}),
	}
	a.taskFlag(cmd, &in.Task)
	a.notifyFlag(cmd, &in.Notify)
	cmd.Flags().StringVar(&in.Model, "model", "", "fine-tuned `model` of the task (default: its champion)")
	addWatch(cmd, &watch)
	return cmd
}

// readCall reads the event for the id in it, and refuses here what is none.
func readCall(path string) (call.Event, error) {
	file, err := openInput(path)
	if err != nil {
		return call.Event{}, err
	}
	defer file.Close()
	return call.Read(file, path)
}

// writeCall is the summary of a finished analysis. Whom the call is for is known
// where the run's files can be read.
func writeCall(t *text, r pipeline.AnalyzeCallResult, answer *pipeline.CallAnswer) {
	if answer != nil {
		t.fact("company", answer.Company)
	}
	t.fact("answer", fmt.Sprintf("%s, with a confidence of %.2f", r.Status, r.Confidence))
	writeTask(t, r.Task)
	t.fact("model", r.Model)
	t.fact("replaced", tally(r.Spans)...)
	writePrivacy(t, r.Privacy)
	writeStages(t, r.Stages)
}
