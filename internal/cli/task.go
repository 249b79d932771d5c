package cli

import (
	"github.com/spf13/cobra"

	"switchboard/internal/config"
)

// taskFlag adds --task, which the environment sets where the command line does not.
func (a *app) taskFlag(cmd *cobra.Command, task *string) {
	cmd.Flags().StringVar(task, "task", config.Get(a.getenv, config.Task), "`name` of the task ("+config.Task+")")
	annotate(cmd, "task", commonFlag, "task")
}
