package cli

import (
	"context"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// reason is what the audit trail asks of everybody who changes something.
type reason struct{ who, why string }

func (r *reason) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.why, "why", "", "`reason` for the audit trail (required)")
	cmd.Flags().StringVar(&r.who, "who", "", "`name` for the audit trail (default: the login name)")
}

func (r *reason) by() (string, error) {
	if strings.TrimSpace(r.why) == "" {
		return "", problem.Input("no reason is given; say with --why for what, for those who read the audit trail")
	}
	if r.who != "" {
		return r.who, nil
	}
	u, err := user.Current()
	if err != nil {
		return "", problem.Input("the login name cannot be found: %w; give a name with --who", err)
	}
	return u.Username, nil
}

// change makes a command that changes something about a task's models, and shows
// the model that it was about.
func (a *app) change(cmd *cobra.Command, action pipeline.Action) *cobra.Command {
	r := &reason{}
	r.register(cmd)
	return a.inTask(cmd, func(ctx context.Context, c *connection, task string, args []string) (view, error) {
		by, err := r.by()
		if err != nil {
			return nil, err
		}
		in := pipeline.ChangeModelInput{Task: task, Action: action, Who: by, Why: r.why}
		if len(args) > 0 {
			in.Model = args[0]
		}
		var changed pipeline.ModelDetails
		if err := a.request(ctx, c, pipeline.ChangeModelActivity, in, &changed); err != nil {
			return nil, err
		}
		v := changedModel{viewOf(changed), changed.Unchanged, action}
		return v, nil
	})
}

// changedModel is a model after a change was asked for.
type changedModel struct {
	modelView
	// Unchanged tells that the model was already what it was to become.
	Unchanged bool `json:"unchanged,omitempty"`
	action    pipeline.Action
}

func (m changedModel) write(t *text) {
	if m.Unchanged {
		is := "retired"
		if m.action == pipeline.Promoted {
			is = "the champion"
		}
		t.line("nothing changed: %s is %s already", m.ID, is)
	}
	m.modelView.write(t)
}

func (a *app) modelsPromoteCommand() *cobra.Command {
	return a.change(&cobra.Command{
		Use:   "promote MODEL --why REASON",
		Short: "Make a model the champion of its task",
		Long: `Make a model the champion of its task: it answers wherever no model is named.

Runs that have started keep the model they started with.`,
		Example: `  starter models promote ft:switchboard-softmax-1:own:sb-1a2b3c4d5e6f:7g8h9j0k --why "the old one misses Spotify"
  starter models promote 7g8h9j --why "the old one misses Spotify"`,
		Args: oneArg("model"),
	}, pipeline.Promoted)
}

func (a *app) modelsRollbackCommand() *cobra.Command {
	return a.change(&cobra.Command{
		Use:   "rollback --why REASON",
		Short: "Make the previous champion the champion again",
		Long: `Make the previous champion the champion again. Rolling back twice goes back
two champions.`,
		Example: `  starter models rollback --why "half of the answers are Unknown"`,
		Args:    noArgs,
	}, pipeline.RolledBack)
}

func (a *app) modelsRetireCommand() *cobra.Command {
	return a.change(&cobra.Command{
		Use:   "retire MODEL --why REASON",
		Short: "Take a model out of use",
		Long: `Take a model out of use: it gets no more questions. The champion cannot be
retired. The model stays at the provider, and its record in the database.`,
		Example: `  starter models retire ft:switchboard-softmax-1:own:sb-1a2b3c4d5e6f:7g8h9j0k --why "trained on leaked labels"`,
		Args:    oneArg("model"),
	}, pipeline.Retired)
}
