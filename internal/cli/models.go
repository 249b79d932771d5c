package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"switchboard/internal/artifact"
	"switchboard/internal/registry"
)

func (a *app) modelsCommand() *cobra.Command {
	return a.group("models", "Look at the fine-tuned models", a.modelsListCommand())
}

func (a *app) modelsListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the fine-tuned models, newest first",
		Long: `List the fine-tuned models, newest first.

Accuracy counts every answer. The threshold is the confidence below which an
answer becomes Unknown; coverage is the share of the test set at or above it.
The models are read from the artifacts (SWITCHBOARD_ARTIFACTS).`,
		Example: "  starter models list\n  starter models list --json | jq -r '.models[0].id'",
		Args:    noArgs,
		RunE: a.do(func(ctx context.Context, _ *cobra.Command, _ []string) (view, error) {
			store, err := artifact.Open(ctx, a.artifactsRoot())
			if err != nil {
				return nil, err
			}
			defer store.Close()
			models, err := registry.List(ctx, store)
			if err != nil {
				return nil, err
			}
			return modelList{Models: append([]registry.Model{}, models...), Artifacts: store.URL("")}, nil
		}),
	}
}

type modelList struct {
	Models []registry.Model `json:"models"`
	// Artifacts is where the models were looked for.
	Artifacts string `json:"artifacts"`
}

func (l modelList) write(t *text) {
	if len(l.Models) == 0 {
		t.line("no models in %s; fine-tune one with `starter finetune`, or set SWITCHBOARD_ARTIFACTS to where runs leave their files", l.Artifacts)
		return
	}
	var rows [][]string
	shown := make(map[string]bool)
	for _, m := range l.Models {
		// Runs on the same data share a model; the latest judgement counts.
		if shown[m.ID] {
			continue
		}
		shown[m.ID] = true
		rows = append(rows, []string{
			m.ID, m.BaseModel, t.at(m.Created), percent(m.ValidationAccuracy), percent(m.TestAccuracy),
			fmt.Sprintf("%.3f", m.Threshold), percent(m.TestCoverage),
		})
	}
	t.table([]string{"MODEL", "BASE", "CREATED", "VALIDATION", "TEST", "THRESHOLD", "COVERAGE"}, rows)
}
