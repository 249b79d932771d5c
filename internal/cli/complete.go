package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	workflowpb "go.temporal.io/api/workflow/v1"

	"switchboard/internal/pipeline"
	"switchboard/internal/runs"
	"switchboard/internal/temporal"
)

const (
	// completionTimeout bounds what a shell waits for, who presses Tab with it.
	completionTimeout = 2 * time.Second
	// completionRuns is how many of the latest runs names are taken from.
	completionRuns = 200
)

// completer completes one word of a command line.
type completer = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// complete gives the arguments and the flags of all commands their completions. An
// argument is known by its name in the command's usage, a flag by its own name.
func (a *app) complete(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		a.complete(c)
	}
	if cmd.ValidArgsFunction == nil && len(cmd.ValidArgs) == 0 && !cobraOwn(cmd) {
		cmd.ValidArgsFunction = a.argument(cmd.Use)
	}
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		if complete := a.flagValue(cmd, f); complete != nil {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, complete) // fails for a flag that is not there
		}
	})
}

// argument completes what a usage line names.
func (a *app) argument(use string) completer {
	_, arguments, _ := strings.Cut(use, " ")
	first := func(values func(context.Context, *connection, *cobra.Command) []string) completer {
		ask := a.asked(values)
		return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return ask(cmd, args, typed)
		}
	}
	switch {
	case strings.HasPrefix(arguments, "--"), strings.HasPrefix(arguments, "{"):
	case strings.Contains(arguments, "SCHEDULE_ID"):
		return first(completeSchedules)
	case strings.Contains(arguments, "RUN"):
		return first(completeRuns(""))
	case strings.Contains(arguments, "MODEL"):
		return first(completeModels)
	case strings.Contains(arguments, "FILE"):
		return nil // the shell's own
	}
	return cobra.NoFileCompletions
}

// flagValue completes a flag's value, nil where the shell's own completion fits.
func (a *app) flagValue(cmd *cobra.Command, f *pflag.Flag) completer {
	if words := wordsOf(cmd, f.Name); words != nil {
		return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
	}
	switch f.Name {
	case "task":
		return a.asked(completeTasks)
	case "model":
		return a.asked(completeModels)
	case "run", "retry-failed":
		return a.asked(completeRuns(f.Name))
	case "dataset":
		return cobra.FixedCompletions([]string{"csv", "gz", "zst"}, cobra.ShellCompDirectiveFilterFileExt)
	}
	if name, _ := pflag.UnquoteUsage(f); name == "file" {
		return nil
	}
	return cobra.NoFileCompletions
}

// asked completes with what a server says. Where none answers there is nothing to
// offer, and nothing to say about it in the midst of a line.
func (a *app) asked(values func(context.Context, *connection, *cobra.Command) []string) completer {
	return func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
		defer cancel()
		c, err := a.connect(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer c.Close()
		offered := slices.DeleteFunc(values(ctx, c, cmd), func(value string) bool { return !strings.HasPrefix(value, typed) })
		return offered, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

// recent are the latest runs of all kinds, the newest first.
func recent(ctx context.Context, c *connection) []*workflowpb.WorkflowExecutionInfo {
	query, _ := runFilter{limit: completionRuns}.query(time.Now()) // a filter that narrows nothing is sound
	infos, err := c.list(ctx, query, completionRuns)
	if err != nil {
		return nil
	}
	slices.SortFunc(infos, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return b.GetStartTime().AsTime().Compare(a.GetStartTime().AsTime())
	})
	return infos
}

// runsOf are the runs that a command or a flag can do something with, by the names
// of both: those of some types, in a state or out of it. Others take any run.
var runsOf = map[string]struct {
	types   []string
	running bool
}{
	"cancel":             {runs.Types(), true},
	"pause":              {[]string{pipeline.ApplyWorkflow}, true},
	"resume":             {[]string{pipeline.ApplyWorkflow}, true},
	"approve":            {[]string{pipeline.RetrainWorkflow}, true},
	"evaluate run":       {[]string{pipeline.FineTuneWorkflow, pipeline.RetrainWorkflow}, false},
	"apply retry-failed": {[]string{pipeline.ApplyWorkflow}, false},
}

// completeRuns offers the runs that fit a command, or its flag if one is named. What
// a run started in turn is looked at, and nothing else is done with it.
func completeRuns(flag string) func(context.Context, *connection, *cobra.Command) []string {
	return func(ctx context.Context, c *connection, cmd *cobra.Command) (offered []string) {
		of, narrowed := runsOf[strings.TrimSpace(cmd.Name()+" "+flag)]
		seen := map[string]bool{}
		for _, info := range recent(ctx, c) {
			id, workflow := info.GetExecution().GetWorkflowId(), info.GetType().GetName()
			state := runs.StateOf(info.GetStatus())
			running := state == stateRunning
			fits := !narrowed || info.GetParentExecution() == nil && running == of.running && slices.Contains(of.types, workflow)
			if fits && !seen[id] {
				offered = append(offered, fmt.Sprintf("%s\t%s, %s", id, runs.KindOf(workflow), state))
			}
			seen[id] = true
		}
		return offered
	}
}

func completeTasks(ctx context.Context, c *connection, _ *cobra.Command) []string {
	return attributes(recent(ctx, c), pipeline.TaskAttribute, "")
}

// completeModels offers the models of recent runs, those of the task that the line
// names, and what every task has.
func completeModels(ctx context.Context, c *connection, cmd *cobra.Command) []string {
	task := ""
	if f := cmd.Flags().Lookup("task"); f != nil && f.Changed {
		task = f.Value.String()
	}
	aliases := []string{
		pipeline.Champion + "\tthe model that answers", pipeline.Challenger + "\tthe latest model that may take its place",
		pipeline.Previous + "\tthe champion before it",
	}
	return append(aliases, attributes(recent(ctx, c), pipeline.ModelAttribute, task)...)
}

// attributes are the distinct values of a search attribute of runs, of one task's
// if it is named.
func attributes(runs []*workflowpb.WorkflowExecutionInfo, name, task string) (values []string) {
	for _, info := range runs {
		value := temporal.Keyword(info.GetSearchAttributes(), name)
		others := task != "" && temporal.Keyword(info.GetSearchAttributes(), pipeline.TaskAttribute) != task
		if value != "" && !others && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	return values
}

func completeSchedules(ctx context.Context, c *connection, _ *cobra.Command) (offered []string) {
	list, err := c.schedules(ctx)
	if err != nil {
		return nil
	}
	for _, s := range list.Schedules {
		offered = append(offered, s.ScheduleID+"\t"+strings.Join(s.Times, "; "))
	}
	return offered
}
