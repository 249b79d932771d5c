package request

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/temporal"
)

// Failure finds in a run's error the sentence for a person. Temporal wraps
// what an activity said once for the activity and once for each workflow on
// the way up; the wrappers say nothing that the user could act on.
//
// The innermost failure with a problem's kind as its type wins, and keeps its
// kind. Without one it is the first failure below the last wrapper, whose
// message includes those of its causes.
func Failure(err error) error {
	if err == nil {
		return nil
	}
	var typed *problem.Error
	var told, wrapper error
	late := ""
	for e := err; e != nil; e = errors.Unwrap(e) {
		switch e := e.(type) { //nolint:errorlint // the loop looks at each error of the chain
		case *sdk.ApplicationError:
			switch kind := problem.Kind(e.Type()); kind {
			case problem.BadInput, problem.Environment, problem.Refused:
				typed = problem.New(kind, "%s", e.Message())
			case pipeline.ConnectionFailure:
				// It may come back by itself, so the run tried again and
				// again; to the user it is missing.
				typed = problem.New(problem.Environment, "%s", e.Message())
			}
			if told == nil {
				told = errors.New(e.Message())
			}
		case *sdk.ActivityError, *sdk.ChildWorkflowExecutionError, *sdk.WorkflowExecutionError:
			wrapper, told, late = e, nil, ""
		case *sdk.TimeoutError:
			late = " took too long"
			if e.TimeoutType() == enumspb.TIMEOUT_TYPE_HEARTBEAT {
				late = " lost its worker, which stopped or hangs"
			}
		case *sdk.CanceledError:
			if told == nil {
				told = errors.New("the run was cancelled")
			}
		case *sdk.TerminatedError:
			told = errors.New("the run was terminated: somebody ended it from outside, and nothing was cleaned up")
		case *sdk.PanicError:
			told = fmt.Errorf("the worker failed on a bug: %s", e.Error())
		}
	}
	switch {
	case typed != nil:
		return typed
	case late != "" && told != nil:
		return fmt.Errorf("%s%s; its last failure: %w", step(wrapper), late, told)
	case late != "":
		return errors.New(step(wrapper) + late)
	case told != nil:
		return told
	}
	return err
}

// step names what a wrapper wraps.
func step(wrapper error) string {
	switch w := wrapper.(type) { //nolint:errorlint // wrapper is of one of these types itself
	case *sdk.ActivityError:
		return "the step " + w.ActivityType().GetName()
	case *sdk.ChildWorkflowExecutionError:
		return "the part " + w.WorkflowType()
	}
	return "the run"
}

// Problem turns what a Temporal server says about a request into a
// problem. Subject is what the request was about, such as "run x". Errors of runs pass unchanged.
func Problem(c *temporal.Client, err error, subject string) error {
	var (
		namespace   *serviceerror.NamespaceNotFound
		notFound    *serviceerror.NotFound
		invalid     *serviceerror.InvalidArgument
		denied      *serviceerror.PermissionDenied
		unavailable *serviceerror.Unavailable
		deadline    *serviceerror.DeadlineExceeded
		late        *client.WorkflowUpdateServiceTimeoutOrCanceledError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &namespace):
		return problem.New(problem.Environment, "the Temporal server at %s has no namespace %q; create it, or set TEMPORAL_NAMESPACE", c.Address, c.Namespace)
	case errors.As(err, &notFound):
		return problem.Input("there is no %s in the namespace %q", subject, c.Namespace)
	case errors.As(err, &invalid):
		return problem.Input("the Temporal server refuses the %s: %s", subject, invalid.Message)
	case errors.As(err, &denied):
		return problem.New(problem.Environment, "the Temporal server at %s denies access to the namespace %q; check TEMPORAL_API_KEY, or the client certificate", c.Address, c.Namespace)
	case errors.As(err, &unavailable), errors.As(err, &deadline), errors.As(err, &late), errors.Is(err, context.DeadlineExceeded):
		return problem.New(problem.Environment, "the Temporal server at %s does not answer any more", c.Address)
	}
	return err
}
