package dashboard

import (
	"context"
	"net"
	"os"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"switchboard/internal/pipeline"
	"switchboard/internal/temporal"
)

// Announce lets whoever asks through Temporal know that the dashboard runs, and where,
// until Stop. Where the server does not let it, it is not found so, and shows its pages
// all the same.
func (r *Running) Announce(c *temporal.Client) {
	w := worker.New(c.Client, pipeline.DashboardTaskQueue, worker.Options{
		DisableWorkflowWorker: true, MaxConcurrentActivityTaskPollers: 1, MaxConcurrentActivityExecutionSize: 4,
		OnFatalError: func(err error) { r.log.Warn("the dashboard cannot be found through Temporal any more", "error", err) },
	})
	w.RegisterActivityWithOptions(r.describe, activity.RegisterOptions{Name: pipeline.DescribeDashboardActivity})
	if err := w.Start(); err != nil {
		r.log.Warn("the dashboard cannot be found through Temporal", "error", err)
		return
	}
	r.present = w
}

// describe is the activity that says where the dashboard is, once it has seen that it
// answers there.
func (r *Running) describe(ctx context.Context) (pipeline.DashboardDescription, error) {
	return pipeline.DashboardDescription{URL: r.page()}, Health(ctx, r.place)
}

// page is where people reach the dashboard. One that listens on all interfaces and has
// no other address set is named by its machine.
func (r *Running) page() string {
	if r.place.URL != "" {
		return r.place.URL
	}
	host, port, err := net.SplitHostPort(r.place.Address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsUnspecified() {
		return r.URL()
	}
	name, err := os.Hostname()
	if err != nil {
		return r.URL()
	}
	return r.scheme + "://" + net.JoinHostPort(name, port)
}
