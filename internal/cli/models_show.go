package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
)

func (a *app) modelsShowCommand() *cobra.Command {
	return a.inTask(&cobra.Command{
		Use:   "show MODEL",
		Short: "Show a model's details and history",
		Long: `Show a model's details and history.

MODEL is an id, the start of an id or of one of its parts, or champion, challenger
or previous (the champion before this one).`,
		Example: "  starter models show champion\n  starter models show previous --task airlines\n  starter models show 7g8h9j",
		Args:    oneArg("model"),
	}, func(ctx context.Context, c *connection, task string, args []string) (view, error) {
		var found pipeline.ModelDetails
		err := a.request(ctx, c, pipeline.ShowModelActivity, pipeline.ShowModelInput{Task: task, Model: args[0]}, &found)
		if err != nil {
			return nil, err
		}
		return viewOf(found), nil
	})
}

func viewOf(d pipeline.ModelDetails) modelView {
	return modelView{Model: d.Model, State: modelState(d.Aliases, d.Model), Changes: d.Changes}
}

type modelView struct {
	pipeline.Model
	State string `json:"state,omitempty"`
	// Changes are those that the model was a part of, newest first.
	Changes []pipeline.Change `json:"changes"`
}

func (m modelView) write(t *text) {
	t.fact("model", m.ID)
	t.fact("task", m.Task)
	if m.State != "" {
		t.fact("state", m.State)
	}
	t.fact("base model", m.BaseModel+" at "+m.ProviderURL)
	if m.RetiresOn != "" {
		t.fact("retires", "the provider has announced to stop it on "+m.RetiresOn)
	}
	t.fact("created", t.at(m.Created))
	if !m.Judged.IsZero() {
		t.fact("judged again", t.at(m.Judged))
	}
	t.fact("threshold", fmt.Sprintf("%.3f, for a precision of %s", m.Threshold, percent(m.AskedPrecision)))
	if m.FirstThreshold > 0 {
		t.fact("on first words", fmt.Sprintf("threshold %.3f", m.FirstThreshold))
	}
	t.fact("accuracy", fmt.Sprintf("%s on validation, %s on test; %s of the test set are answered", percent(m.ValidationAccuracy), percent(m.TestAccuracy), percent(m.TestCoverage)))
	t.fact("trained on", trainingData(*pipeline.OriginOf(m.Model))+turnsOf(m.Turns)+", anonymizer "+short(m.Anonymizer)+", prompt "+m.PromptVersion)
	t.fact("made by", madeBy(m.Model))
	var rows [][]string
	for _, c := range m.Changes {
		what := string(c.Action)
		if c.Model != m.ID {
			what = "gave way to " + c.Model
		}
		rows = append(rows, []string{t.at(c.At), what, "by " + c.Who, c.Why})
	}
	t.fact("changes", columns(nil, rows)...)
}

// turnsOf adds how much of conversations a model was trained on, where that is not all.
func turnsOf(turns pipeline.Turns) string {
	if turns == "" {
		return ""
	}
	return ", " + turns.Words()
}

// madeBy names what made a model, as far as it is known: not every build of a worker
// can tell which it is.
func madeBy(m pipeline.Model) string {
	parts := []string{m.WorkflowID, "run " + m.RunID, "job " + m.JobID}
	if m.Code != "" && m.Code != "unknown" {
		parts = append(parts, "program revision "+short(m.Code))
	}
	return strings.Join(parts, ", ")
}

// short shortens a hash.
func short(sum string) string { return sum[:min(12, len(sum))] }
