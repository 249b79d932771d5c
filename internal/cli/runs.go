package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"

	"switchboard/internal/pipeline"
	"switchboard/internal/temporal"
)

func (a *app) runsCommand() *cobra.Command {
	var f runFilter
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List the runs, newest first",
		Long: `List the runs, newest first, each with its key figure: the accuracy of a
fine-tuning, the conversations that an application assigned, the decision of a
retraining, or why a run failed.

Running runs come before those that ended longest ago, so a limit never hides
them. What a run started in turn, such as the preparation of its dataset, is left
out, and so are calls unless --kind call asks for them: ` + "`starter calls list`" + ` lists
those.

Every command that is about a run takes its workflow id, its run id, or the start
of one that no other run shares.`,
		Example: `  starter runs
  starter runs --kind apply --status failed --since 7d
  starter runs --task airlines --since 2026-11-01 --limit 100

  # a script: the ids of all runs under way
  starter runs --status running --json | jq -r '.runs[].workflow_id'`,
		Args: noArgs,
		RunE: a.do(func(ctx context.Context, _ *cobra.Command, _ []string) (view, error) {
			query, err := f.query(a.now())
			if err != nil {
				return nil, err
			}
			c, err := a.connect(ctx)
			if err != nil {
				return nil, err
			}
			defer c.Close()
			return c.runs(ctx, query, f.limit)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.kind, "kind", "", "only this `kind`: "+enumeration(kindNames()))
	flags.StringVar(&f.task, "task", "", "only runs of the task of this `name`")
	flags.StringVar(&f.status, "status", "", "only runs of this `status`: "+enumeration(statusNames()))
	flags.StringVar(&f.since, "since", "", "only runs started since: a `time` such as 24h, 7d, 2026-11-01 or 2026-11-01T12:00:00Z")
	flags.IntVar(&f.limit, "limit", 20, "most runs to list")
	return cmd
}

// runList is the answer of runs.
type runList struct {
	Runs []runEntry `json:"runs"`
	// More tells that there are more than the limit.
	More bool `json:"more,omitempty"`
}

// runEntry is one run in a list.
type runEntry struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Kind       string `json:"kind"`
	// Task is empty for runs from before there were tasks.
	Task   string         `json:"task,omitempty"`
	State  string         `json:"state"`
	Stage  pipeline.Stage `json:"stage,omitempty"`
	Start  time.Time      `json:"started"`
	Closed *time.Time     `json:"closed,omitempty"`
	// Seconds is how long the run took, or has been going on.
	Seconds float64 `json:"seconds"`
	// KeyFigure is the result in a few words, or why the run failed.
	KeyFigure string `json:"key_figure,omitempty"`
}

// resultsAtOnce is how many results are asked for at the same time.
const resultsAtOnce = 8

// runs lists the runs of a query, newest first, with what each came to.
func (c *connection) runs(ctx context.Context, query string, limit int) (runList, error) {
	infos, err := c.list(ctx, query, limit+1)
	if err != nil {
		return runList{}, err
	}
	l := runList{More: len(infos) > limit}
	infos = infos[:min(limit, len(infos))]
	l.Runs = make([]runEntry, len(infos))
	var asking errgroup.Group
	asking.SetLimit(resultsAtOnce)
	for i, info := range infos {
		asking.Go(func() error {
			l.Runs[i] = c.entry(ctx, info)
			return nil
		})
	}
	_ = asking.Wait() // what cannot be had is left out
	slices.SortStableFunc(l.Runs, func(a, b runEntry) int { return b.Start.Compare(a.Start) })
	return l, ctx.Err()
}

// entry is a run as the list shows it.
func (c *connection) entry(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) runEntry {
	r := reportOfInfo(info)
	e := runEntry{
		WorkflowID: r.WorkflowID, RunID: r.RunID, Kind: kindOf(r.Workflow), State: r.State, Stage: r.Stage, Closed: r.Closed,
		Start: info.GetStartTime().AsTime(),
	}
	e.Task = temporal.Keyword(info.GetSearchAttributes(), pipeline.TaskAttribute)
	if r.State == stateRunning {
		e.Stage = c.presentStage(ctx, r)
		return e
	}
	e.Seconds = r.Closed.Sub(e.Start).Seconds()
	c.addResult(ctx, &r)
	e.KeyFigure = r.keyFigure()
	return e
}

// presentStage is the stage of a running run as status tells it: that of the part
// that it waits for. No worker is asked.
func (c *connection) presentStage(ctx context.Context, r report) pipeline.Stage {
	described, children, err := c.describeWithChildren(ctx, r.WorkflowID, r.RunID)
	if err != nil {
		return r.Stage
	}
	described.WorkerSilent = true
	for _, child := range children {
		described.addChild(ctx, c, child)
	}
	return described.Stage
}

func (l runList) write(t *text) {
	if len(l.Runs) == 0 {
		t.line("no runs match; start one with `starter finetune` or `starter apply`, or use fewer filters")
		return
	}
	seen := map[string]bool{}
	var rows [][]string
	for _, e := range l.Runs {
		name := e.WorkflowID
		if seen[name] {
			name += fmt.Sprintf(" (run %s)", e.RunID[:min(runStart, len(e.RunID))])
		}
		seen[e.WorkflowID] = true
		took, figure := e.Seconds, e.KeyFigure
		if e.Closed == nil {
			took, figure = t.now.Sub(e.Start).Seconds(), string(e.Stage)
		}
		rows = append(rows, []string{e.Kind, e.Task, e.State, t.at(e.Start), seconds(took), name, clip(oneLine(figure), figureWidth)})
	}
	t.table([]string{"KIND", "TASK", "STATUS", "STARTED", "TOOK", "RUN", "KEY FIGURE"}, rows)
	if l.More {
		t.line("there are more: --limit, --since, --kind, --status and --task choose others")
	}
}

// runStart is how much of a run id tells it from others: run ids begin with the
// time to the millisecond, which takes as many characters.
const runStart = 13

// figureWidth keeps the reason of a failure from filling the screen; status has
// all of it.
const figureWidth = 60
