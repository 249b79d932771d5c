package runs

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

// WebUI is the address of Temporal's Web UI beside a server: the one that is
// configured, or that of Temporal Cloud, or on this machine the port a thousand above
// the server's, as standalone and `temporal server start-dev` have it. It is empty
// where nobody says where the UI of another server is.
func WebUI(configured, server string) string {
	if configured != "" {
		return strings.TrimRight(configured, "/")
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

// URL is where a Web UI shows a run of a namespace, empty if its address is not known.
// Without a run id it shows the latest of the workflow id.
func URL(webUI, namespace, workflowID, runID string) string {
	if webUI == "" || workflowID == "" {
		return ""
	}
	parts := []string{webUI, "namespaces", url.PathEscape(namespace), "workflows", url.PathEscape(workflowID)}
	if runID != "" {
		parts = append(parts, url.PathEscape(runID), "history")
	}
	return strings.Join(parts, "/")
}
