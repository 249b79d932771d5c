package cli

import (
	"github.com/spf13/cobra"

	"switchboard/internal/config"
)

// notifyFlag adds --notify, which the environment sets where the command line does not.
func (a *app) notifyFlag(cmd *cobra.Command, url *string) {
	cmd.Flags().StringVar(url, "notify", config.Get(a.getenv, config.Notify), "`url` to notify of the run's end and of what it waits for ("+config.Notify+")")
}
