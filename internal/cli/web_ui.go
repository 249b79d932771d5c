package cli

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"switchboard/internal/config"
)

// webUI is the address of Temporal's Web UI beside a server: what the environment
// says, or that of Temporal Cloud, or on this machine the port a thousand above
// the server's, as standalone and `temporal server start-dev` have it. It is empty
// where nobody says where the UI of another server is.
func (a *app) webUI(server string) string {
	if given := config.Get(a.getenv, config.WebUI); given != "" {
		return strings.TrimRight(given, "/")
	}
	host, port, err := net.SplitHostPort(server)
	if err != nil {
		return ""
	}
	if strings.HasSuffix(host, ".tmprl.cloud") || strings.HasSuffix(host, ".api.temporal.io") {
		return "https://cloud.temporal.io"
	}
	n, err := strconv.Atoi(port)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) || n > 65535-1000 {
		return ""
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(n+1000))
}

// runURL is where the Web UI shows a run, empty if its address is not known.
func (c *connection) runURL(id, run string) string {
	if c.ui == "" || id == "" {
		return ""
	}
	parts := []string{c.ui, "namespaces", url.PathEscape(c.Namespace), "workflows", url.PathEscape(id)}
	if run != "" {
		parts = append(parts, url.PathEscape(run), "history")
	}
	return strings.Join(parts, "/")
}
