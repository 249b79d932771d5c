package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"switchboard/internal/config"
	"switchboard/internal/registry"
	"switchboard/internal/store"
)

func (a *app) modelsCommand() *cobra.Command {
	return a.group("models", "Look at the fine-tuned models, and say which one answers",
		a.modelsListCommand(), a.modelsShowCommand(), a.modelsPromoteCommand(), a.modelsApproveCommand(), a.modelsRollbackCommand(), a.modelsRetireCommand())
}

// database opens the database of models, as this environment names it.
func (a *app) database(ctx context.Context) (*store.Store, error) {
	set, err := config.Database(a.getenv)
	if err != nil {
		return nil, err
	}
	location, err := store.Location(set, a.artifactsRoot())
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, location)
}

// inTask gives a command --task, and makes it do something that needs what the
// database holds of that task.
func (a *app) inTask(cmd *cobra.Command, act func(ctx context.Context, task *store.Task, args []string) (view, error)) *cobra.Command {
	var name string
	a.taskFlag(cmd, &name)
	cmd.RunE = a.do(func(ctx context.Context, _ *cobra.Command, args []string) (view, error) {
		if err := registry.CheckTask(name); err != nil {
			return nil, err
		}
		s, err := a.database(ctx)
		if err != nil {
			return nil, err
		}
		defer s.Close()
		return act(ctx, s.Task(name), args)
	})
	return cmd
}

func (a *app) modelsListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the fine-tuned models, newest first",
		Long: `List the fine-tuned models, newest first: those of all tasks, one task after
another, or with --task those of one.

Accuracy counts every answer. The threshold is the confidence below which an
answer becomes Unknown; coverage is the share of the test set at or above it.
A task's champion answers wherever nobody names a model. The models are read from
the database (DATABASE_URL, or a file among the artifacts).

In JSON, champion and challenger are those of the task that is named, or else of
the default one; tasks has those of every task that is listed.`,
		Example: "  starter models list\n  starter models list --task airlines --json | jq -r .champion",
		Args:    noArgs,
	}
	return a.inTask(cmd, func(ctx context.Context, task *store.Task, _ []string) (view, error) {
		names := []string{task.Name()}
		if !cmd.Flags().Changed("task") {
			var err error
			if names, err = task.Tasks(ctx); err != nil {
				return nil, err
			}
		}
		l := modelList{Tasks: []taskAliases{}, Models: []registry.Model{}}
		for _, name := range names {
			if err := l.add(ctx, task.Task(name)); err != nil {
				return nil, err
			}
		}
		for _, t := range l.Tasks {
			if t.Task == task.Name() {
				l.Champion, l.Challenger = t.Champion, t.Challenger
			}
		}
		return l, nil
	})
}

type modelList struct {
	Champion   string           `json:"champion,omitempty"`
	Challenger string           `json:"challenger,omitempty"`
	Tasks      []taskAliases    `json:"tasks"`
	Models     []registry.Model `json:"models"`
}

// taskAliases are which of a task's models answers, and which is up against it.
type taskAliases struct {
	Task       string `json:"task"`
	Champion   string `json:"champion,omitempty"`
	Challenger string `json:"challenger,omitempty"`
}

func aliasesOf(ctx context.Context, task *store.Task) (t taskAliases, err error) {
	t.Task = task.Name()
	t.Champion, t.Challenger, err = task.Aliases(ctx)
	return t, err
}

// add adds a task's models, if it has any.
func (l *modelList) add(ctx context.Context, task *store.Task) error {
	models, err := task.Models(ctx)
	if err != nil || len(models) == 0 {
		return err
	}
	aliases, err := aliasesOf(ctx, task)
	l.Tasks, l.Models = append(l.Tasks, aliases), append(l.Models, models...)
	return err
}

// state is what a model of the task is at the moment.
func (t taskAliases) state(m registry.Model) string {
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
		t.line("no models yet; fine-tune one with `starter finetune`, or set SWITCHBOARD_ARTIFACTS or DATABASE_URL to those of the worker")
		return
	}
	header := []string{"MODEL", "BASE", "CREATED", "VALIDATION", "TEST", "THRESHOLD", "COVERAGE", "STATE"}
	// Who has no tasks sees none.
	shown := len(l.Tasks) > 1 || l.Tasks[0].Task != registry.DefaultTask
	if shown {
		header = append([]string{"TASK"}, header...)
	}
	states := map[string]taskAliases{}
	for _, task := range l.Tasks {
		states[task.Task] = task
	}
	var rows [][]string
	for _, m := range l.Models {
		row := []string{
			m.ID, m.BaseModel, t.at(m.Created), percent(m.ValidationAccuracy), percent(m.TestAccuracy),
			fmt.Sprintf("%.3f", m.Threshold), percent(m.TestCoverage), states[m.Task].state(m),
		}
		if shown {
			row = append([]string{m.Task}, row...)
		}
		rows = append(rows, row)
	}
	t.table(header, rows)
}
