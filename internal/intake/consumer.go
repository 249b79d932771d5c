package intake

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard/internal/call"
	"switchboard/internal/kafka"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

const (
	// batch is how many events are taken at once, and atOnce how many of them are
	// started side by side.
	batch  = 128
	atOnce = 16
	// workTime is for one batch. It is well below the time that a consumer group
	// waits for a member.
	workTime = 20 * time.Second
	// askTime is for one question to the database, to Temporal or to Kafka, and
	// askEvery how often each is asked.
	askTime  = 5 * time.Second
	askEvery = time.Second
	// longestWait is between two attempts to take in what could not be.
	longestWait = 5 * time.Second
)

// Switch tells whether calls are to be taken in.
type Switch interface {
	Intake(ctx context.Context) (results.Intake, error)
}

// letters keep the events that nobody can use.
type letters interface {
	DeadLetter(ctx context.Context, r kafka.Record, reason string) error
}

// event is a record that is not done with.
type event struct {
	kafka.Record
	done bool
}

// consumer takes events from Kafka and starts their analysis.
type consumer struct {
	group   *kafka.Group
	letters letters
	runs    Runs
	gate    Switch
	room    room
	meters  *meters
	log     *slog.Logger
	every   time.Duration // askEvery

	// paused holds until it was asked for the first time.
	paused atomic.Bool
	// news wakes what waits for room, or for the end of a pause.
	news chan struct{}

	mu sync.Mutex
	// pending are events that were polled and could not be taken in yet, in their
	// order. They are this member's until the group gives their partition away.
	pending []*event
}

// run takes events in until ctx ends. What it has begun by then it finishes; what was
// polled and not begun comes again.
func (c *consumer) run(ctx context.Context) {
	var asking sync.WaitGroup
	asking.Go(func() { c.ask(ctx, "asking whether calls are to be taken in", c.askPaused) })
	asking.Go(func() { c.ask(ctx, "counting the calls that are being analyzed", c.askOpen) })
	defer asking.Wait()
	wait := time.Duration(0)
	for ctx.Err() == nil {
		if c.paused.Load() || c.room.left() == 0 {
			c.sleep(ctx, c.every)
			continue
		}
		if c.step(ctx) {
			wait = 0
			continue
		}
		wait = min(longestWait, max(c.every/10, 2*wait))
		c.sleep(ctx, wait)
	}
}

// sleep waits for news, for ctx to end, or for a time.
func (c *consumer) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-c.news:
	case <-timer.C:
	}
}

// ask puts a question again and again. What goes wrong is logged when it begins.
func (c *consumer) ask(ctx context.Context, doing string, question func(context.Context) error) {
	ticker := time.NewTicker(c.every)
	defer ticker.Stop()
	failing := false
	for {
		limited, cancel := context.WithTimeout(ctx, askTime)
		err := question(limited)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failing {
			c.log.Warn("Something that is asked again and again has no answer.", "asking", doing, "error", err)
		}
		failing = err != nil
		select {
		case c.news <- struct{}{}:
		default:
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// askPaused leaves everything as it is where the database does not answer.
func (c *consumer) askPaused(ctx context.Context) error {
	state, err := c.gate.Intake(ctx)
	if err == nil && c.paused.Swap(state.Paused) != state.Paused {
		c.log.Info("the intake changed", "paused", state.Paused)
	}
	return err
}

// askOpen leaves room for what the last count left, where there is no other.
func (c *consumer) askOpen(ctx context.Context) error {
	begun := time.Now()
	open, err := c.runs.Open(ctx)
	if err != nil {
		return err
	}
	share, err := c.group.Share(ctx)
	if err != nil {
		return err
	}
	c.room.counted(begun, open, share)
	return nil
}

// step takes in one batch: what could not be taken in before, and what comes next. It
// tells false where something could not be taken in this time.
func (c *consumer) step(ctx context.Context) bool {
	limit := min(batch, c.room.left())
	events, held := c.left(limit)
	well := true
	// What cannot be started holds up what comes after it only when there is too
	// much of it.
	if more := min(limit-len(events), batch-held); more > 0 {
		// Another member waits for this poll to end before it gets partitions.
		polling, cancel := context.WithTimeout(ctx, c.every)
		records, err := c.group.Poll(polling, more)
		cancel()
		if err != nil {
			c.meters.failures.WithLabelValues("poll").Inc()
			c.log.Warn("reading calls fails", "error", err)
			well = false
		}
		events = append(events, c.keep(records)...)
	}
	defer c.group.Release()
	// The end of the process does not break off what was begun.
	working, cancel := context.WithTimeout(context.WithoutCancel(ctx), workTime)
	defer cancel()
	if err := c.work(working, events); err != nil {
		c.log.Warn("calls cannot be taken in", "error", err)
		well = false
	}
	c.mark()
	return well
}

// left returns the first of the events that are not done with, and how many events
// are held for their sake.
func (c *consumer) left(limit int) (left []*event, held int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.pending {
		if !e.done && len(left) < limit {
			left = append(left, e)
		}
	}
	return left, len(c.pending)
}

// keep makes records pending.
func (c *consumer) keep(records []kafka.Record) []*event {
	c.mu.Lock()
	defer c.mu.Unlock()
	var events []*event
	for _, r := range records {
		events = append(events, &event{Record: r})
	}
	c.pending = append(c.pending, events...)
	return events
}

// revoked drops what is another member's from now on.
func (c *consumer) revoked(partitions []int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending = slices.DeleteFunc(c.pending, func(e *event) bool { return slices.Contains(partitions, e.Partition) })
}

// mark marks what is done with in each partition, up to the first event that is not:
// what comes after it must come again if that one has to.
func (c *consumer) mark() {
	c.mu.Lock()
	defer c.mu.Unlock()
	stuck := map[int32]bool{}
	var rest []*event
	for _, e := range c.pending {
		if stuck[e.Partition] = stuck[e.Partition] || !e.done; stuck[e.Partition] {
			rest = append(rest, e)
			continue
		}
		c.group.Mark(e.Record)
	}
	c.pending = rest
}

// work takes events in side by side, and returns the first error.
func (c *consumer) work(ctx context.Context, events []*event) error {
	var side errgroup.Group
	side.SetLimit(atOnce)
	for _, e := range events {
		side.Go(func() error {
			err := c.take(ctx, e.Record)
			e.done = err == nil
			return err
		})
	}
	return side.Wait()
}

// take starts the analysis of one call, or makes a dead letter of its event.
func (c *consumer) take(ctx context.Context, r kafka.Record) error {
	e, err := read(r)
	var bad *call.Unusable
	if errors.As(err, &bad) {
		if err := c.letters.DeadLetter(ctx, r, string(bad.Reason)); err != nil {
			c.meters.failures.WithLabelValues("dead_letter").Inc()
			return err
		}
		c.meters.refused.WithLabelValues("kafka", string(bad.Reason)).Inc()
		return nil
	}
	isNew, err := c.runs.Start(ctx, pipeline.AnalyzeCallInput{
		CallID: e.ID, Task: e.Task, Audio: len(e.Turns) == 0, Stored: true,
		Record: &pipeline.RecordRef{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, SHA256: kafka.SHA256(r.Value), Arrived: r.Time},
	})
	if err != nil {
		c.meters.failures.WithLabelValues("start").Inc()
		return err
	}
	if !isNew {
		c.meters.known.Inc()
		return nil
	}
	c.room.started(time.Now())
	c.meters.started.Inc()
	c.meters.delay.Observe(max(0, time.Since(r.Time).Seconds()))
	return nil
}

// read reads the event of a record. Its time is held against the record's own, so
// that it is read the same whenever that is.
func read(r kafka.Record) (call.Event, error) {
	if r.Unread {
		return call.Event{}, call.TooLong()
	}
	e, err := call.Parse(r.Value)
	return e, cmp.Or(err, e.CheckTime(r.Time))
}
