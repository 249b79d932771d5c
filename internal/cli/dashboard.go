package cli

import (
	"context"
	"errors"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"

	"switchboard/internal/config"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/request"
)

// errNoDashboard tells that none answers.
var errNoDashboard = problem.New(problem.Environment, "no dashboard answers; start one with `go run ./dashboard`, or everything with `go run ./standalone`, or set %s to the address of one", config.DashboardURL)

// dashboard is where calls are looked at: where the setting says, or else where a
// dashboard that runs says that it is.
func (a *app) dashboard(ctx context.Context) (page, error) {
	if url := a.getenv(config.DashboardURL); url != "" {
		return page{Kind: "dashboard", Address: strings.TrimRight(url, "/")}, nil
	}
	c, err := a.connect(ctx)
	if err != nil {
		return page{}, err
	}
	defer c.Close()
	url, err := a.findDashboard(ctx, c)
	return page{Kind: "dashboard", Address: url}, err
}

// findDashboard asks the dashboards that run where they are, and takes the first
// answer. Where none runs it is errNoDashboard.
func (a *app) findDashboard(ctx context.Context, c *connection) (string, error) {
	polled, err := c.polled(ctx, pipeline.DashboardTaskQueue, enumspb.TASK_QUEUE_TYPE_ACTIVITY)
	if err != nil {
		return "", err
	}
	if !polled {
		return "", errNoDashboard
	}
	var found pipeline.DashboardDescription
	err = request.Ask(ctx, c.Client, request.Request{Queue: pipeline.DashboardTaskQueue, Activity: pipeline.DescribeDashboardActivity, Wait: lookTimeout}, &found)
	if errors.Is(err, request.ErrNoWorker) {
		return "", errNoDashboard // the server remembers for some minutes who has polled
	}
	if ctx.Err() != nil {
		return "", &interruption{"stopped before a dashboard answered"}
	}
	return found.URL, err
}
