package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// Each preset is one kind of work. Every attempt is bounded, and so is their
// number; a failure that a person has to act on is not repeated at all. The summary
// is what the Web UI writes beside the activity: it says of several of one type which
// is which, and holds nothing that was read from a file.

// lost is how long an activity may be silent before its worker counts as lost.
// Every activity sends a heartbeat every two seconds.
const lost = 20 * time.Second

// starved is the same for work that takes all of a machine's cores: there a worker that
// lives may come to its heartbeats late, and what is taken from it would only be begun
// once more on the same machine.
const starved = time.Minute

// quick is for small local work: drawing a chart, writing a manifest.
func quick(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:             summary,
		StartToCloseTimeout: 5 * time.Minute,
		HeartbeatTimeout:    lost,
		RetryPolicy:         retries(30*time.Second, 5),
	})
}

// bulk is for work on the CPU over a whole dataset. Two hours are a hundred
// times what the largest known dataset takes.
func bulk(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:             summary,
		StartToCloseTimeout: 2 * time.Hour,
		HeartbeatTimeout:    starved,
		RetryPolicy:         retries(time.Minute, 5),
	})
}

// anonymizing is for one part, and for judging the anonymizer. With rules it takes seconds; a large model on a
// slow machine may take hours.
func anonymizing(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:             summary,
		StartToCloseTimeout: 24 * time.Hour,
		HeartbeatTimeout:    starved,
		RetryPolicy:         retries(time.Minute, 20),
	})
}

// local is for a few questions to the Temporal server, which cost no task of
// their own.
func local(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		Summary:             summary,
		StartToCloseTimeout: 10 * time.Second,
		RetryPolicy:         retries(2*time.Second, 5),
	})
}

// call is for single requests to the provider. Its attempts span about a
// quarter of an hour, longer than a provider's usual outage.
func call(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:             summary,
		TaskQueue:           pipeline.ProviderTaskQueue,
		StartToCloseTimeout: 15 * time.Minute,
		HeartbeatTimeout:    lost,
		RetryPolicy:         retries(2*time.Minute, 15),
	})
}

// check is for what decides whether a run is accepted: a look at the dataset,
// requests to the provider. Somebody waits for the answer, so it gives up
// sooner, and does not queue behind the work on the CPU.
func check(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:             summary,
		TaskQueue:           pipeline.ProviderTaskQueue,
		StartToCloseTimeout: time.Minute,
		HeartbeatTimeout:    lost,
		RetryPolicy:         retries(5*time.Second, 5),
	})
}

// await is for the one activity that watches a provider's job until the job's
// deadline. Attempts are short of nothing but time: a worker that is replaced
// every few minutes may use many.
func await(ctx workflow.Context, summary string, deadline time.Duration) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:                summary,
		TaskQueue:              pipeline.ProviderTaskQueue,
		ScheduleToCloseTimeout: deadline,
		HeartbeatTimeout:       lost,
		WaitForCancellation:    true,
		RetryPolicy:            retries(time.Minute, 1000),
	})
}

// appear is for asking whether a new model answers. Providers announce a model
// some minutes before it does; after half an hour it will not come.
func appear(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:                summary,
		TaskQueue:              pipeline.ProviderTaskQueue,
		StartToCloseTimeout:    time.Minute,
		ScheduleToCloseTimeout: 30 * time.Minute,
		HeartbeatTimeout:       lost,
		RetryPolicy:            retries(30*time.Second, 100),
	})
}

// ask is for classifying a part: many requests, saved as they are answered, so
// that an attempt goes on where the one before it stopped. A refusal for
// haste ends an attempt too, hence their number.
func ask(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:             summary,
		TaskQueue:           pipeline.ProviderTaskQueue,
		StartToCloseTimeout: 12 * time.Hour,
		HeartbeatTimeout:    lost,
		WaitForCancellation: true,
		RetryPolicy:         retries(2*time.Minute, pipeline.ClassifyAttempts),
	})
}

// once is for a call that can be answered at once, by the worker that has its workflow
// task: the task waits for it, and nothing is written at Temporal between the call's
// start and its end. What does not succeed at the first attempt is left to the steps
// that have the patience.
func once(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		Summary:             summary,
		StartToCloseTimeout: 2 * time.Minute,
		RetryPolicy:         retries(time.Second, 1),
	})
}

// redacting is for the turns of one call, and for storing them. A caller's call comes
// before the files that others wait for. Whatever a person has to mend, such as a
// full disk, is waited for: calls come in whether or not it is mended.
func redacting(ctx workflow.Context, summary string) workflow.Context {
	// The longest event is one turn of 900 KB, which takes a busy machine minutes.
	return live(ctx, summary, pipeline.TaskQueue, 15*time.Minute)
}

// transcribing is for one recording, which may be an hour long.
func transcribing(ctx workflow.Context, summary string) workflow.Context {
	return live(ctx, summary, pipeline.SpeechTaskQueue, 2*time.Hour)
}

// answering is for asking about one call.
func answering(ctx workflow.Context, summary string) workflow.Context {
	return live(ctx, summary, pipeline.ProviderTaskQueue, 5*time.Minute)
}

// live is for a step of a call. A day is longer than an outage should last; what is
// given up then is kept as a dead letter.
func live(ctx workflow.Context, summary, queue string, attempt time.Duration) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:                summary,
		TaskQueue:              queue,
		StartToCloseTimeout:    attempt,
		ScheduleToCloseTimeout: 24 * time.Hour,
		HeartbeatTimeout:       lost,
		RetryPolicy:            retries(time.Minute, 2000),
	})
}

// telling is for a notification, whose receiver may be away for some minutes. The
// run waits for it at its end, but not for longer: whoever misses it finds the run.
func telling(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:                summary,
		TaskQueue:              pipeline.ProviderTaskQueue,
		StartToCloseTimeout:    time.Minute,
		ScheduleToCloseTimeout: 10 * time.Minute,
		HeartbeatTimeout:       lost,
		RetryPolicy:            retries(time.Minute, 100),
	})
}

// child is for a child workflow, which is listed under these attributes from its
// start; its activities bound themselves.
func child(ctx workflow.Context, id string, m pipeline.Metadata, attributes ...temporal.SearchAttributeUpdate) workflow.Context {
	return workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            id,
		WaitForCancellation:   true,
		StaticSummary:         m.Summary,
		StaticDetails:         m.Details,
		TypedSearchAttributes: temporal.NewSearchAttributes(attributes...),
	})
}

func retries(most time.Duration, attempts int32) *temporal.RetryPolicy {
	return &temporal.RetryPolicy{
		InitialInterval:        time.Second,
		BackoffCoefficient:     2,
		MaximumInterval:        most,
		MaximumAttempts:        attempts,
		NonRetryableErrorTypes: []string{string(problem.BadInput), string(problem.Environment), string(problem.Refused)},
	}
}
