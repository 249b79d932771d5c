package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/seal"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain RUN [CONVERSATION_ID]",
		Short: "Show why a conversation or call got its answer",
		Long: `Show why a conversation or call got its answer.

RUN is a finished ` + "`apply` or `call`" + `; CONVERSATION_ID is in the column of that name
in the output.csv of an ` + "`apply`" + `. The command shows the answer with its confidence
and threshold, and the likeliest answers with their probabilities. For a model of
the project's own model server it also shows the words that speak for the answer
and for the one after it. Other providers show only the likeliest answers, if they
send log-probabilities; asking them costs as much as one conversation.

Words are those of the redacted text. They are encrypted on their way, so that
Temporal keeps none of them in the clear.`,
		Example: `  starter explain apply-production 2874
  starter explain call/0042
  starter explain apply-production 2874 --json | jq '.for[].word'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 && len(args) != 2 {
				return problem.Input("%s takes a run and a conversation id, not %d arguments; see `%s --help`", cmd.CommandPath(), len(args), cmd.CommandPath())
			}
			return nil
		},
		RunE: a.do(func(ctx context.Context, _ *cobra.Command, args []string) (view, error) {
			var id int64
			if len(args) == 2 {
				var err error
				if id, err = strconv.ParseInt(args[1], 10, 64); err != nil || id < 0 {
					return nil, problem.Input("the conversation id is %q; give a number from the column conversation_id of output.csv", args[1])
				}
			}
			c, err := a.connect(ctx)
			if err != nil {
				return nil, err
			}
			defer c.Close()
			r, err := c.reportOf(ctx, args[0])
			if err != nil {
				return nil, err
			}
			return a.explain(ctx, c, r, id)
		}),
	}
}

// explain lets a worker find the reasons. They are sealed for this process.
func (a *app) explain(ctx context.Context, c *connection, r report, id int64) (view, error) {
	in, err := r.explainInput(id)
	if err != nil {
		return nil, err
	}
	key, err := seal.NewKey()
	if err != nil {
		return nil, err
	}
	in.Key = key.Public()
	var result pipeline.ExplainResult
	if err := a.request(ctx, c, pipeline.ExplainActivity, in, &result); err != nil {
		return nil, err
	}
	v := explained{WorkflowID: r.WorkflowID, RunID: r.RunID, ConversationID: id}
	err = key.Open(result.Sealed, pipeline.ExplainPurpose, &v.Explanation)
	return v, err
}

// explainInput is what a finished run tells of itself.
func (r report) explainInput(id int64) (in pipeline.ExplainInput, err error) {
	switch {
	case r.Apply != nil && id == 0:
		return in, problem.Input("no conversation is given; name one by an id from the column conversation_id of the output.csv of %s", r.WorkflowID)
	case r.Apply != nil:
		return pipeline.ExplainInput{Task: r.Apply.Task, Model: r.Apply.Model, Manifest: r.Apply.Manifest, ConversationID: id}, nil
	case r.Call != nil && r.Call.Dir == "":
		return pipeline.ExplainInput{Task: r.Call.Task, Model: r.Call.Model, CallID: r.callID()}, nil
	case r.Call != nil:
		return pipeline.ExplainInput{Task: r.Call.Task, Model: r.Call.Model, Manifest: r.Call.Manifest}, nil
	case r.Workflow == pipeline.ApplyWorkflow || r.Workflow == pipeline.AnalyzeCallWorkflow:
		return in, problem.Input("the run %s has no result to explain (%s)", r.WorkflowID, r.State)
	}
	return in, problem.Input("the run %s is of the type %s; only an `apply` or a `call` has answers to explain", r.WorkflowID, r.Workflow)
}

// explained is why a conversation got its answer.
type explained struct {
	WorkflowID     string `json:"workflow_id"`
	RunID          string `json:"run_id"`
	ConversationID int64  `json:"conversation_id,omitempty"`
	pipeline.Explanation
}

func (v explained) write(t *text) {
	if v.Status == pipeline.AnswerEmpty {
		t.line("%s: there is no text, so that no model was asked", v.Company)
		return
	}
	t.line("%s: %s, with a confidence of %.3f", v.Company, v.Status, v.Confidence)
	t.fact("threshold", fmt.Sprintf("%.3f; answers below it become %s", v.Threshold, pipeline.Unknown))
	t.fact("model", v.Model)
	var rows [][]string
	for _, answer := range v.Answers {
		rows = append(rows, []string{answer.Label, percent(answer.Probability)})
	}
	if len(rows) == 0 {
		t.fact("answers", "the provider tells no probabilities")
	} else {
		t.fact("answers", columns(nil, rows)...)
	}
	if v.Label == "" {
		t.fact("words", "only a model of the project's own model server can tell which words speak for an answer")
		return
	}
	t.fact("for", weighed("for "+v.Label, v.For)...)
	t.fact("against", weighed("for "+v.Rival, v.Against)...)
	if v.Embedding != 0 {
		t.fact("encoder", fmt.Sprintf("%+.2f for %s", v.Embedding, v.Label))
	}
	t.fact("note", "words of the redacted text, digits as 0, with what each adds to the logarithm of the odds of "+v.Label+" against "+v.Rival)
}

// weighed lists words with their weights; what says for whom they speak.
func weighed(what string, words []pipeline.WordWeight) []string {
	if len(words) == 0 {
		return []string{"no word " + what}
	}
	var rows [][]string
	for _, w := range words {
		rows = append(rows, []string{fmt.Sprintf("%+.2f", w.Weight), strconv.Quote(w.Word)})
	}
	return columns(nil, rows)
}
