package cli

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
)

func (a *app) modelsCommand() *cobra.Command {
	return a.group("models", "List the models and choose the champion",
		a.modelsListCommand(), a.modelsShowCommand(), a.modelsPromoteCommand(), a.modelsApproveCommand(), a.modelsRollbackCommand(), a.modelsRetireCommand())
}

// inTask gives a command --task, and makes it ask the workers something about that
// task.
func (a *app) inTask(cmd *cobra.Command, act func(ctx context.Context, c *connection, task string, args []string) (view, error)) *cobra.Command {
	var task string
	a.taskFlag(cmd, &task)
	cmd.RunE = a.do(func(ctx context.Context, _ *cobra.Command, args []string) (view, error) {
		if err := pipeline.CheckTask(task); err != nil {
			return nil, err
		}
		c, err := a.connect(ctx)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		return act(ctx, c, cmp.Or(task, pipeline.DefaultTask), args)
	})
	return cmd
}

func (a *app) modelsListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the fine-tuned models, newest first",
		Long: `List the fine-tuned models, newest first: those of all tasks, task by task, or
with --task those of one.

Accuracy counts every answer. The threshold is the confidence below which an
answer becomes Unknown; coverage is the share of the test set at or above it.
A task's champion answers wherever no model is named. A worker reads the models
from its database.

Wherever a command takes a model, it also takes champion, previous (the champion
before this one), challenger, or the start of an id or of one of its parts.

In JSON, champion and challenger are those of the task that is named, or else of
the default task: that of SWITCHBOARD_TASK, or without it the task named default.
tasks has those of every task that is listed.`,
		Example: "  starter models list\n  starter models list --task airlines --json | jq -r .champion",
		Args:    noArgs,
	}
	return a.inTask(cmd, func(ctx context.Context, c *connection, task string, _ []string) (view, error) {
		l, err := a.listModels(ctx, c, pipeline.ListModelsInput{Task: task, AllTasks: !cmd.Flags().Changed("task")})
		for _, t := range l.Tasks {
			if t.Task == task {
				l.Champion, l.Challenger = t.Champion, t.Challenger
			}
		}
		return l, err
	})
}

// listModels asks for all pages.
func (a *app) listModels(ctx context.Context, c *connection, in pipeline.ListModelsInput) (modelList, error) {
	l := modelList{Models: []pipeline.Model{}}
	for {
		in.Offset = len(l.Models)
		var page pipeline.ListModelsResult
		if err := a.request(ctx, c, pipeline.ListModelsActivity, in, &page); err != nil {
			return l, err
		}
		l.Tasks, l.Models = page.Tasks, append(l.Models, page.Models...)
		if len(page.Models) == 0 || len(l.Models) >= page.Total {
			return l, nil
		}
	}
}

type modelList struct {
	Champion   string                 `json:"champion,omitempty"`
	Challenger string                 `json:"challenger,omitempty"`
	Tasks      []pipeline.TaskAliases `json:"tasks"`
	Models     []pipeline.Model       `json:"models"`
}

// modelState is what a model of the task is at the moment.
func modelState(t pipeline.TaskAliases, m pipeline.Model) string {
	switch {
	case m.ID == t.Champion:
		return "champion"
	case m.ID == t.Challenger:
		return "challenger"
	case !m.Retired.IsZero():
		return "retired"
	}
	return ""
}

func (l modelList) write(t *text) {
	if len(l.Models) == 0 {
		t.line("no models yet; fine-tune one with `starter finetune`")
		return
	}
	header := []string{"MODEL", "BASE", "CREATED", "VALIDATION", "TEST", "THRESHOLD", "COVERAGE", "STATE"}
	// Who has no tasks sees none.
	shown := len(l.Tasks) > 1 || l.Tasks[0].Task != pipeline.DefaultTask
	if shown {
		header = append([]string{"TASK"}, header...)
	}
	states := map[string]pipeline.TaskAliases{}
	for _, task := range l.Tasks {
		states[task.Task] = task
	}
	var rows [][]string
	for _, m := range l.Models {
		row := []string{
			m.ID, m.BaseModel, t.at(m.Created), percent(m.ValidationAccuracy), percent(m.TestAccuracy),
			fmt.Sprintf("%.3f", m.Threshold), percent(m.TestCoverage), modelState(states[m.Task], m),
		}
		if shown {
			row = append([]string{m.Task}, row...)
		}
		rows = append(rows, row)
	}
	t.table(header, rows)
}
