package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// callStatuses are those that a call can be listed by.
var callStatuses = []string{
	string(pipeline.AnswerClassified), string(pipeline.AnswerUnsure), string(pipeline.AnswerInvalid),
	string(pipeline.AnswerEmpty), string(pipeline.AnswerNoSpeech), string(pipeline.AnswerFailed), string(pipeline.AnswerRejected),
}

// callFilter says which calls are listed. Empty fields do not narrow the list.
type callFilter struct {
	statuses, companies, channels []string
	since, until                  string
	limit                         int
}

func (f *callFilter) register(flags *pflag.FlagSet) {
	flags.IntVar(&f.limit, "limit", 20, "most calls to list")
	flags.StringSliceVar(&f.statuses, "status", nil, "only calls of this `status`, or of several with commas between: "+strings.Join(callStatuses, ", "))
	flags.StringSliceVar(&f.companies, "company", nil, "only calls for this `company`, or for several with commas between")
	flags.StringSliceVar(&f.channels, "channel", nil, "only calls by this `channel`, or by several with commas between")
	flags.StringVar(&f.since, "since", "", "only calls stored since: a `time` such as 24h, 7d, 2026-11-01 or 2026-11-01T12:00:00Z")
	flags.StringVar(&f.until, "until", "", "only calls stored before: a `time` such as 24h, 7d, 2026-11-01 or 2026-11-01T12:00:00Z")
}

// input is the filter as a worker takes it.
func (f *callFilter) input(task string, now time.Time) (in pipeline.ListCallsInput, err error) {
	if f.limit < 1 || f.limit > pipeline.PageSize {
		return in, problem.Input("--limit is %d; give a number from 1 to %d, or --csv for all calls", f.limit, pipeline.PageSize)
	}
	in = pipeline.ListCallsInput{Task: task, Companies: f.companies, Channels: f.channels, Limit: f.limit}
	for _, s := range f.statuses {
		if err := oneOf("--status", s, callStatuses); err != nil {
			return in, err
		}
		in.Statuses = append(in.Statuses, pipeline.AnswerStatus(s))
	}
	for _, p := range []struct {
		flag, text string
		at         *time.Time
	}{{"--since", f.since, &in.From}, {"--until", f.until, &in.Until}} {
		if p.text == "" {
			continue
		}
		if *p.at, err = parsePoint(p.flag, p.text, now); err != nil {
			return in, err
		}
	}
	if !in.Until.IsZero() && !in.From.Before(in.Until) {
		return in, problem.Input("--until is not after --since, so that no call can be listed")
	}
	return in, nil
}

func (a *app) callsListCommand() *cobra.Command {
	var (
		f     callFilter
		asCSV bool
	)
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the latest calls with their answers",
		Long: `List the latest calls with their answers.

A call that waits was taken in and is not answered yet. Its status is then
classified, unsure (below the model's threshold, so that the company is Unknown),
invalid (the model's answer was no company), empty (nobody said anything), no_speech
(the same of a recording), failed (the provider gave no answer; ` + "`starter calls retry`" + `
asks once more), or rejected (given up, so that it has no answer; ` + "`starter calls show`" + `
says why). TOOK is the time from the call's event to its answer.

With --csv all calls are written as CSV, one a row, unless --limit is given.`,
		Example: `  starter calls list
  starter calls list --status unsure --limit 100
  starter calls list --company AcmeHelp --channel phone --since 7d
  starter calls list --since 2026-11-01 --until 2026-12-01 --csv > november.csv
  starter calls list --json | jq -r '.calls[] | [.call_id, .company] | @tsv'`,
		Args: noArgs,
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&asCSV, "csv", false, "write CSV, one call a row, all of them unless --limit is given")
	return a.inTask(cmd, func(ctx context.Context, c *connection, task string, _ []string) (view, error) {
		in, err := f.input(task, a.now())
		page := func(in pipeline.ListCallsInput) (list pipeline.CallList, err error) {
			err = a.requestSealed(ctx, c, pipeline.ListCallsActivity, func(key []byte) any { in.Key = key; return in }, &list)
			return list, err
		}
		switch {
		case err != nil:
			return nil, err
		case asCSV && a.json:
			return nil, problem.Input("--csv and --json exclude each other; give one of them")
		case asCSV:
			most := f.limit
			if !cmd.Flags().Changed("limit") {
				most = math.MaxInt
			}
			return nil, export(a.stdout, in, most, page)
		}
		list, err := page(in)
		if err != nil {
			return nil, err
		}
		return listOf(task, list), nil
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
	// More tells that there are more than the limit.
	More bool `json:"more,omitempty"`
	task string
}

// listOf keeps from the reader how the next page is asked for.
func listOf(task string, list pipeline.CallList) callList {
	l := callList{CallList: list, More: list.Next != "", task: task}
	l.Next = ""
	return l
}

func (l callList) write(t *text) {
	if len(l.Calls) == 0 {
		t.line("no such calls of task %s; --task names another, `starter calls send` sends some, and `starter calls dead-letters` lists those that were given up", l.task)
		return
	}
	var rows [][]string
	for _, call := range l.Calls {
		confidence, took := "", ""
		if call.Company != "" {
			confidence = fmt.Sprintf("%.2f", call.Confidence)
		}
		if call.AnswerSeconds != nil {
			took = seconds(*call.AnswerSeconds)
		}
		rows = append(rows, []string{t.at(call.StoredAt), call.CallID, call.Channel, call.Language, call.Company, confidence, statusOf(call), took})
	}
	t.table([]string{"STORED", "CALL", "CHANNEL", "LANGUAGE", "COMPANY", "CONFIDENCE", "STATUS", "TOOK"}, rows)
	var answered int64
	for _, n := range l.Answered {
		answered += n
	}
	t.line("of task %s: %s answered, %s waiting, %s rejected", l.task, count(answered, "call"), number(l.Waiting), number(l.Rejected))
	if l.More {
		t.line("there are more than these: --limit, --since, --until, --status, --company and --channel choose others, --csv lists all")
	}
}

// statusOf is a call's status in a word.
func statusOf(call pipeline.StoredCall) string { return cmp.Or(string(call.Status), "waiting") }
