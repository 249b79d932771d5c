package activities

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"

	"switchboard/internal/problem"
	"switchboard/internal/provider"
)

// Failures surrounds every activity with what all of them need: heartbeats,
// and failures that Temporal and an operator understand:
//
//   - a problem becomes a failure of its kind, which is never repeated;
//   - a provider's error carries its reason, and the waiting time that it asks
//     for to the next attempt;
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
	return result, failure(err, info.Attempt >= enough && !savesAnswers[info.ActivityType.Name])
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

// failure returns the application failure for err, or err itself. An answer of a
// strange shape is not asked for again if that was done often enough.
func failure(err error, often bool) error {
	if err == nil {
		return nil
	}
	if kind, ok := problem.KindOf(err); ok {
		return temporal.NewNonRetryableApplicationError(err.Error(), string(kind), nil)
	}
	var refused *provider.Error
	if errors.As(err, &refused) {
		return temporal.NewApplicationErrorWithOptions(err.Error(), string(refused.Reason), temporal.ApplicationErrorOptions{
			NonRetryable:   refused.Permanent || often && refused.Misshapen(),
			NextRetryDelay: refused.RetryAfter,
		})
	}
	return err
}
