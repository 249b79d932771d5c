package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// callStatuses are those that a call can be listed by.
var callStatuses = []string{
	string(pipeline.AnswerClassified), string(pipeline.AnswerUnsure), string(pipeline.AnswerInvalid),
	string(pipeline.AnswerEmpty), string(pipeline.AnswerNoSpeech), string(pipeline.AnswerFailed),
}

func (a *app) callsListCommand() *cobra.Command {
	var (
		limit    int
		statuses []string
	)
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the latest calls with their answers",
		Long: `List the latest calls with their answers.

A call without a status was taken in and is not answered yet. Its status is then
classified, unsure (below the model's threshold, so that the company is Unknown),
invalid (the model's answer was no company), empty (nobody said anything), no_speech
(the same of a recording) or failed.`,
		Example: "  starter calls list\n  starter calls list --status unsure --limit 100\n  starter calls list --json | jq -r '.calls[] | [.call_id, .company] | @tsv'",
		Args:    noArgs,
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "how `many` calls to list")
	cmd.Flags().StringSliceVar(&statuses, "status", nil, "list only calls of these `statuses`: "+strings.Join(callStatuses, ", "))
	return a.inTask(cmd, func(ctx context.Context, c *connection, task string, _ []string) (view, error) {
		in := pipeline.ListCallsInput{Task: task, Limit: limit}
		if limit < 1 || limit > pipeline.PageSize {
			return nil, problem.Input("--limit is %d; give a number from 1 to %d", limit, pipeline.PageSize)
		}
		for _, s := range statuses {
			if err := oneOf("--status", s, callStatuses); err != nil {
				return nil, err
			}
			in.Statuses = append(in.Statuses, pipeline.AnswerStatus(s))
		}
		list := callList{task: task}
		if err := a.requestSealed(ctx, c, pipeline.ListCallsActivity, func(key []byte) any { in.Key = key; return in }, &list.CallList); err != nil {
			return nil, err
		}
		return list, nil
	})
}

// oneOf refuses a value that a flag does not have.
func oneOf(flag, value string, values []string) error {
	for _, v := range values {
		if v == value {
			return nil
		}
	}
	return problem.Input("%s is %q; give %s", flag, value, strings.Join(values, ", "))
}

type callList struct {
	pipeline.CallList
	task string
}

func (l callList) write(t *text) {
	if len(l.Calls) == 0 {
		t.line("no such calls of task %s; --task names another, `starter calls send` sends some, and `starter calls dead-letters` lists those that were given up", l.task)
		return
	}
	var rows [][]string
	for _, call := range l.Calls {
		confidence := ""
		if call.Company != "" {
			confidence = fmt.Sprintf("%.2f", call.Confidence)
		}
		status := string(call.Status)
		if status == "" {
			status = "waiting"
		}
		rows = append(rows, []string{t.at(call.StoredAt), call.CallID, call.Channel, call.Language, call.Company, confidence, status})
	}
	t.table([]string{"STORED", "CALL", "CHANNEL", "LANGUAGE", "COMPANY", "CONFIDENCE", "STATUS"}, rows)
	var answered int64
	for _, n := range l.Answered {
		answered += n
	}
	t.line("%s answered, %s waiting", count(answered, "call"), number(l.Waiting))
	if l.Waiting > 0 {
		t.line("A call that stays so was given up: see `starter calls dead-letters`.")
	}
}
