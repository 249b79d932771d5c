package host

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"switchboard/internal/pipeline"
)

// What is too much for one request is removed by several; what fails is not repeated
// at once.
func TestRetentionRemovesAllThatIsOld(t *testing.T) {
	noon := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	var asked []time.Time
	var fails error
	r := retention{keep: 90 * 24 * time.Hour, now: func() time.Time { return noon }, log: slog.New(slog.DiscardHandler),
		expire: func(_ context.Context, in pipeline.ExpireCallsInput) (pipeline.ErasedCalls, error) {
			asked = append(asked, in.Before)
			return pipeline.ErasedCalls{More: len(asked) < 3}, fails
		}}
	if err := r.remove(t.Context()); err != nil || len(asked) != 3 || !asked[0].Equal(noon.AddDate(0, 0, -90)) {
		t.Errorf("asked to remove what is before %v, %v", asked, err)
	}
	asked, fails = nil, errors.New("no database")
	if err := r.remove(t.Context()); !errors.Is(err, fails) || len(asked) != 1 {
		t.Errorf("asked %d times, %v", len(asked), err)
	}
	fails = nil
	r.start()
	r.close()
}
