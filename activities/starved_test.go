package activities

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"switchboard/internal/anonymize"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
)

// slow takes its time for every text, on the clock of the test.
type slow struct{ each time.Duration }

func (slow) Name() string    { return "slow" }
func (slow) Version() string { return "1" }
func (s slow) Recognize(_ context.Context, texts []string) ([][]anonymize.Span, error) {
	time.Sleep(time.Duration(len(texts)) * s.each)
	return make([][]anonymize.Span, len(texts)), nil
}

// However long a machine takes for a slice, its worker is heard of, and what it has is
// saved again and again: so it neither counts as lost nor, once it is lost, does it begin
// again.
func TestStarvedWorkerIsHeardOfAndSaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		texts := strings.ReplaceAll(tweets(600), "look into", "look into Quorn's")
		var staged StageConversationsResult
		l.must(l.data.StageConversations, StageConversationsInput{Dataset: l.file("tweets.csv", texts), Kind: pipeline.Training, MaxTweets: 64, Dir: "run"}, &staged)
		l.starve(staged.Conversations[0], 500*time.Millisecond)
	})
}

// starve anonymizes a part with a recognizer that takes so long for each text.
func (l *lab) starve(conversations artifact.Ref, each time.Duration) {
	l.t.Helper()
	var err error
	if l.data.Anonymizer, err = anonymize.New(anonymize.Options{Models: []anonymize.Recognizer{slow{each}}}); err != nil {
		l.t.Fatal(err)
	}
	var heard time.Time
	var silence, unsaved time.Duration
	saved, savedAt := 0, time.Now()
	l.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		if !heard.IsZero() {
			silence = max(silence, time.Since(heard))
		}
		heard = time.Now()
		var cursor pipeline.Progress
		if details.Get(&cursor) == nil && cursor.Saved > saved {
			unsaved, saved, savedAt = max(unsaved, time.Since(savedAt)), cursor.Saved, time.Now()
		}
	})
	l.must(l.data.AnonymizePart, AnonymizePartInput{Conversations: conversations, Dir: "run"}, nil)
	// The test's server hands on a heartbeat in thirty seconds, a real one gets all.
	if silence > 30*time.Second {
		l.t.Errorf("the worker was silent for %s", silence)
	}
	if saved < 5 || unsaved > 2*time.Minute {
		l.t.Errorf("it saved %d times, and once not for %s", saved, unsaved)
	}
}

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
