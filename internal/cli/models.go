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

// inDatabase makes an action of something that needs the database.
func (a *app) inDatabase(act func(ctx context.Context, s *store.Store, args []string) (view, error)) func(*cobra.Command, []string) error {
	return a.do(func(ctx context.Context, _ *cobra.Command, args []string) (view, error) {
		s, err := a.database(ctx)
		if err != nil {
			return nil, err
		}
		defer s.Close()
		return act(ctx, s, args)
	})
}

func (a *app) modelsListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the fine-tuned models, newest first",
		Long: `List the fine-tuned models, newest first.

Accuracy counts every answer. The threshold is the confidence below which an
answer becomes Unknown; coverage is the share of the test set at or above it.
The champion answers wherever nobody names a model. The models are read from the
database (DATABASE_URL, or a file among the artifacts).`,
		Example: "  starter models list\n  starter models list --json | jq -r .champion",
		Args:    noArgs,
		RunE: a.inDatabase(func(ctx context.Context, s *store.Store, _ []string) (view, error) {
			models, err := s.Models(ctx)
			if err != nil {
				return nil, err
			}
			l := modelList{Models: models}
			l.Champion, l.Challenger, err = s.Aliases(ctx)
			return l, err
		}),
	}
}

type modelList struct {
	Champion   string           `json:"champion,omitempty"`
	Challenger string           `json:"challenger,omitempty"`
	Models     []registry.Model `json:"models"`
}

// state is what a model is at the moment.
func (l modelList) state(m registry.Model) string {
	switch {
	case m.ID == l.Champion:
		return "champion"
	case m.ID == l.Challenger:
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
	var rows [][]string
	for _, m := range l.Models {
		rows = append(rows, []string{
			m.ID, m.BaseModel, t.at(m.Created), percent(m.ValidationAccuracy), percent(m.TestAccuracy),
			fmt.Sprintf("%.3f", m.Threshold), percent(m.TestCoverage), l.state(m),
		})
	}
	t.table([]string{"MODEL", "BASE", "CREATED", "VALIDATION", "TEST", "THRESHOLD", "COVERAGE", "STATE"}, rows)
}
