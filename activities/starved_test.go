package activities

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"switchboard/internal/pipeline"
)

// However long a piece of work takes, and whether or not it says anything meanwhile, its
// worker is heard of, with what was said last.
func TestStarvedWorkerIsHeardOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestActivityEnvironment()
		env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&Failures{}}})
		heard, silence, told := time.Now(), time.Duration(0), 0
		env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
			silence, heard = max(silence, time.Since(heard)), time.Now()
			var cursor pipeline.Progress
			if details.Get(&cursor) == nil && cursor.Saved == 7 {
				told++
			}
		})
		work := func(ctx context.Context) error {
			report(ctx, pipeline.Progress{Saved: 7, Unit: "conversations"})
			time.Sleep(5 * time.Minute) // on the bubble's clock
			return nil
		}
		env.RegisterActivity(work)
		if _, err := env.ExecuteActivity(work); err != nil {
			t.Fatal(err)
		}
		// The test's server hands on a heartbeat in thirty seconds, a real one gets all.
		if silence > 30*time.Second || told < 10 {
			t.Errorf("the worker was silent for %s, and told what it had %d times", silence, told)
		}
	})
}

// A slice is as long as the time between two savings allows.
func TestNextSlice(t *testing.T) {
	const every = 8 * time.Second
	for _, c := range []struct {
		size int
		took time.Duration
		want int
	}{
		{firstSlice, 0, 2 * firstSlice},
		{firstSlice, time.Second, firstSlice},
		{firstSlice, 4 * time.Second, firstSlice},
		{firstSlice, 5 * time.Second, firstSlice / 2},
		{mostSlice, 0, mostSlice},
		{mostSlice, time.Hour, mostSlice / 2},
		{leastSlice, time.Hour, leastSlice},
	} {
		if got := nextSlice(c.size, c.took, every); got != c.want {
			t.Errorf("after %d conversations in %s come %d, want %d", c.size, c.took, got, c.want)
		}
	}
}
