package activities

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"gocloud.dev/gcerrors"

	"switchboard/internal/artifact"
	"switchboard/internal/database"
	"switchboard/internal/problem"
	"switchboard/internal/provider"
	"switchboard/internal/speech"
)

// Failures surrounds every activity with what all of them need: heartbeats,
// and failures that Temporal and an operator understand:
//
//   - a problem becomes a failure of its kind, which is never repeated;
//   - a provider's error carries its reason, and the waiting time that it asks
//     for to the next attempt;
//   - a file that is gone, a full disk, a folder or a database that may not be
//     written become one of kind Environment: no attempt would mend them;
//   - a panic becomes an error without the panic's value, which might hold
//     text;
//   - everything else stays as it is and is repeated as the activity's options
//     say.
type Failures struct {
	interceptor.WorkerInterceptorBase
}

// InterceptActivity is called by the SDK for every activity.
func (*Failures) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &failures{interceptor.ActivityInboundInterceptorBase{Next: next}}
}

type failures struct {
	interceptor.ActivityInboundInterceptorBase
}

func (f *failures) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (result any, err error) {
	ctx, stop := (&pulse{}).start(ctx)
	defer stop()
	defer func() {
		if v := recover(); v != nil {
			result, err = nil, panicked(v)
		}
	}()
	result, err = f.Next.ExecuteActivity(ctx, in)
	info := activity.GetInfo(ctx)
	err = failure(err, info.Attempt >= enough && !savesAnswers[info.ActivityType.Name])
	if waits[info.ActivityType.Name] {
		err = mendable(err)
	}
	return result, err
}

// panicked describes a panic. Values of the runtime's own hold indexes and
// types; others are left out.
func panicked(v any) error {
	if own, ok := v.(runtime.Error); ok {
		return fmt.Errorf("the activity panicked, which is a bug: %w", own)
	}
	return fmt.Errorf("the activity panicked, which is a bug, with a %T", v)
}

// enough attempts show that an answer of a strange shape is the provider's way and
// no accident.
const enough = 3

// savesAnswers are the activities that ask many questions: what is strange about one
// answer is no reason to lose the others, and they mark it as failed in the end.
var savesAnswers = map[string]bool{"ClassifyPart": true, "CollectBatch": true}

// waits are the activities of calls, which come in whether or not somebody mends what
// is wrong with the disk, the database or Kafka: nobody starts them again.
var waits = map[string]bool{"RedactCall": true, "TranscribeCall": true, "ClassifyCall": true, "RejectCall": true}

// mendDelay is how soon it is tried again what a person has to mend.
const mendDelay = 30 * time.Second

// mendable lets a failure of kind Environment be tried again.
func mendable(err error) error {
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || app.Type() != string(problem.Environment) {
		return err
	}
	message := strings.TrimSuffix(app.Message(), startAgain) + "; the call is tried again by itself"
	return temporal.NewApplicationErrorWithOptions(message, waitingType, temporal.ApplicationErrorOptions{NextRetryDelay: mendDelay})
}

// waitingType is the type of such a failure: that of kind Environment is never
// repeated.
const waitingType = "WaitsForEnvironment"

// failure returns the application failure for err, or err itself. An answer of a
// strange shape is not asked for again if that was done often enough.
func failure(err error, often bool) error {
	if err == nil {
		return nil
	}
	if kind, ok := problem.KindOf(err); ok {
		options := temporal.ApplicationErrorOptions{NonRetryable: true}
		if kind == problem.BadInput {
			// A user's mistake is no failure of the worker's: not in its log, and in
			// no count of failures that somebody is woken for.
			options.Category = temporal.ApplicationErrorCategoryBenign
		}
		return temporal.NewApplicationErrorWithOptions(err.Error(), string(kind), options)
	}
	var refused *provider.Error
	if errors.As(err, &refused) {
		return temporal.NewApplicationErrorWithOptions(err.Error(), string(refused.Reason), temporal.ApplicationErrorOptions{
			NonRetryable:   refused.Permanent || often && refused.Misshapen(),
			NextRetryDelay: refused.RetryAfter,
		})
	}
	var unheard *speech.Error
	if errors.As(err, &unheard) {
		return temporal.NewApplicationErrorWithOptions(err.Error(), string(unheard.Reason), temporal.ApplicationErrorOptions{
			NonRetryable: unheard.Permanent, NextRetryDelay: unheard.RetryAfter,
		})
	}
	if remedy, ok := remedy(err); ok {
		return temporal.NewNonRetryableApplicationError(err.Error()+"; "+remedy, string(problem.Environment), nil)
	}
	return err
}

// startAgain is what a person does once a run's surroundings are mended.
const startAgain = ", and start the run again, which goes on from what is done"

// remedy says what a person does about an error of the files or the database
// that does not pass by itself, and false for other errors. The run goes on where
// it was when it is started again: what is done is found.
func remedy(err error) (string, bool) {
	is := func(errs ...error) bool {
		return slices.ContainsFunc(errs, func(one error) bool { return errors.Is(err, one) })
	}
	switch {
	case is(syscall.ENOSPC, syscall.EDQUOT) || database.Full(err):
		return "make room on the disk" + startAgain, true
	case is(artifact.ErrNotFound):
		return "it was deleted, or this worker keeps its artifacts elsewhere than the one that wrote it; start the run again, which makes what is missing", true
	case is(fs.ErrPermission, syscall.EROFS) || gcerrors.Code(err) == gcerrors.PermissionDenied:
		return "let the worker's user read and write there" + startAgain, true
	case is(fs.ErrNotExist, syscall.ENOTDIR, syscall.EISDIR, syscall.EIO, syscall.ENODEV, syscall.ESTALE):
		return "look at the worker's disk" + startAgain, true
	case database.Unusable(err):
		return "look whether the worker may write the database and whether it is whole" + startAgain, true
	}
	return "", false
}
