package cli

import (
	"context"

	"github.com/spf13/cobra"

	"switchboard/internal/call"
	"switchboard/internal/pipeline"
)

func (a *app) callCommand() *cobra.Command {
	var (
		in    pipeline.AnalyzeCallInput
		keep  bool
		watch bool
	)
	cmd := &cobra.Command{
		Use:   "call FILE.json",
		Short: "Find out which company a call is for",
		Long: `Find out which company a call is for.

The file is a JSON object: call_id, turns (a list of objects with a text, in the
order in which they were said), and optionally channel and received_at (a time
such as 2026-03-02T12:00:00Z). The worker opens it, so it must exist on the
worker's machine. The champion of the file's task answers, unless --task or --model
name another.

Names are replaced before a turn is stored or sent. Neither happens unless the
anonymizer has passed its evaluation on calls. The answer is stored with the redacted
turns, where calls that came in by Kafka are too. A call that is answered is not
analyzed again. With --keep-artifacts each step leaves a file instead, to look
into.`,
		Example: `  starter call 0042.json --watch
  starter call 0042.json --watch --json | jq -r .answer.company`,
		Args: oneArg("file"),
		RunE: a.do(func(ctx context.Context, cmd *cobra.Command, args []string) (view, error) {
			event, err := readCall(args[0])
			if err != nil {
				return nil, err
			}
			if event.Task != "" && !cmd.Flags().Changed("task") {
				in.Task = event.Task
			}
			in.CallID, in.Audio, in.Stored = event.ID, len(event.Turns) == 0, !keep
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
	cmd.Flags().BoolVar(&keep, "keep-artifacts", false, "leave a file of every step among the artifacts, and nothing in the database")
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
	if r.Duplicate != "" {
		writeDuplicate(t, r)
		return
	}
	code := ""
	if answer != nil {
		code = answer.ErrorCode
	}
	t.fact("answer", answerOf(r.Status, r.Confidence, code))
	writeTask(t, r.Task)
	t.fact("model", r.Model)
	t.fact("replaced", tally(r.Spans)...)
	if r.Dir != "" {
		writePrivacy(t, r.Privacy)
	}
	writeStages(t, r.Stages)
}

// writeDuplicate says why a call was not analyzed.
func writeDuplicate(t *text, r pipeline.AnalyzeCallResult) {
	if r.Duplicate == pipeline.CallTaken {
		t.fact("note", "another event has used the id of this call before; a call needs an id of its own")
		return
	}
	t.fact("note", "this call was answered before, and stays as it is")
}
