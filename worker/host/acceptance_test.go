package host

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/installation"
)

// A run that was accepted with one database does no step in a worker that has
// another, and neither does what it starts in turn. The anonymizer may be another:
// what depends on it has checks of its own, and an upgrade changes it.
func TestStepsStayWhereTheRunWasAccepted(t *testing.T) {
	accepted := installation.Settings{Artifacts: "aaaaaaaa", Database: "bbbbbbbb", Anonymizer: "cccccccc"}
	for name, test := range map[string]struct {
		own   installation.Settings
		child bool
		says  string
	}{
		"the same":                  {own: accepted},
		"another anonymizer":        {own: installation.Settings{Artifacts: "aaaaaaaa", Database: "bbbbbbbb", Anonymizer: "dddddddd"}},
		"another database":          {own: installation.Settings{Artifacts: "aaaaaaaa", Database: "eeeeeeee"}, says: "the worker 7@here has another place for the database (DATABASE_URL)"},
		"another folder":            {own: installation.Settings{Artifacts: "eeeeeeee", Database: "bbbbbbbb"}, says: "for the artifacts (SWITCHBOARD_ARTIFACTS)"},
		"another database, a child": {own: installation.Settings{Artifacts: "aaaaaaaa", Database: "eeeeeeee"}, child: true, says: "for the database"},
	} {
		t.Run(name, func(t *testing.T) {
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestWorkflowEnvironment()
			env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute, Interceptors: []interceptor.WorkerInterceptor{&acceptance{settings: test.own, worker: "7@here"}}})
			look := &activities.Installation{}
			env.RegisterActivity(look)
			done := false
			env.RegisterActivityWithOptions(func(context.Context) error { done = true; return nil }, activity.RegisterOptions{Name: "Step"})
			step := func(ctx workflow.Context) error {
				ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 2}})
				return workflow.ExecuteActivity(ctx, "Step").Get(ctx, nil)
			}
			env.RegisterWorkflowWithOptions(step, workflow.RegisterOptions{Name: "Part"})
			env.OnActivity(look.CheckInstallation, mock.Anything).Return(activities.CheckInstallationResult{Settings: accepted}, nil)
			env.ExecuteWorkflow(func(ctx workflow.Context) error {
				local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Minute})
				if err := workflow.ExecuteLocalActivity(local, look.CheckInstallation).Get(local, nil); err != nil {
					return err
				}
				if test.child {
					return workflow.ExecuteChildWorkflow(ctx, "Part").Get(ctx, nil)
				}
				return step(ctx)
			})
			err := env.GetWorkflowError()
			if done != (test.says == "") || (err == nil) != done || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("the step was done: %t, %v; want %q", done, err, test.says)
			}
		})
	}
}
