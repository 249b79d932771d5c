package cli

import (
	"switchboard/internal/config"
	"switchboard/internal/runs"
)

// webUI is the address of Temporal's Web UI beside a server, see [runs.WebUI].
func (a *app) webUI(server string) string {
	return runs.WebUI(config.Get(a.getenv, config.WebUI), server)
}

// runURL is where the Web UI shows a run, empty if its address is not known.
func (c *connection) runURL(id, run string) string {
	return runs.URL(c.ui, c.Namespace, id, run)
}
