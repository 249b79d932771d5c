package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"

	"switchboard/internal/installation"
)

// Installation is the activity that looks at what a run has around it, run by
// the worker that runs the workflow. Both fields are required.
type Installation struct {
	Server installation.Server
	// Settings are those of this worker.
	Settings installation.Settings
}

// CheckInstallationResult holds what the workers have in common.
type CheckInstallationResult struct {
	Settings installation.Settings `json:"settings"`
}

// CheckInstallation looks for the search attributes that runs set, and compares
// the settings of the workers, before a run does anything. What is wrong is a
// problem of kind Environment. What the server does not let this worker ask is
// taken for right.
func (i *Installation) CheckInstallation(ctx context.Context) (CheckInstallationResult, error) {
	namespace := activity.GetInfo(ctx).Namespace
	for _, check := range []func() error{
		func() error { return installation.CheckAttributes(ctx, i.Server, namespace) },
		func() error { return installation.CheckWorkers(ctx, i.Server, namespace, time.Now()) },
	} {
		var denied *serviceerror.PermissionDenied
		if err := check(); err != nil && !errors.As(err, &denied) {
			return CheckInstallationResult{}, err
		}
	}
	return CheckInstallationResult{i.Settings}, nil
}
