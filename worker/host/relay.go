package host

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"switchboard/internal/kafka"
	"switchboard/internal/results"
)

// Bounds of a relay.
const (
	// relayEvery is how soon a relay looks again where there was nothing.
	relayEvery = 500 * time.Millisecond
	relayBatch = 200
	// relayPause is for a broker or a database that does not answer.
	relayPause = 5 * time.Second
)

// relay publishes the answers to calls, at least once each. There is one in every
// worker that has Kafka; they share the outbox.
type relay struct {
	results *results.Store
	kafka   *kafka.Client
	log     *slog.Logger
	stop    context.CancelFunc
	done    chan struct{}
}

func startRelay(r *results.Store, k *kafka.Client, log *slog.Logger) *relay {
	ctx, stop := context.WithCancel(context.Background())
	l := &relay{results: r, kafka: k, log: log, stop: stop, done: make(chan struct{})}
	go l.run(ctx)
	return l
}

// close waits for what is being published.
func (l *relay) close() {
	l.stop()
	<-l.done
}

func (l *relay) run(ctx context.Context) {
	defer close(l.done)
	failing := false
	for ctx.Err() == nil {
		n, err := l.publish(ctx)
		wait := relayEvery
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if !failing {
				l.log.Warn("Answers to calls cannot be published; it is tried again.", "error", err)
			}
			failing, wait = true, relayPause
		case n > 0:
			failing = false
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// publish sends a batch, and takes what was sent out of the outbox.
func (l *relay) publish(ctx context.Context) (int, error) {
	messages, err := l.results.Unpublished(ctx, relayBatch)
	if err != nil || len(messages) == 0 {
		return 0, err
	}
	errs := make([]error, len(messages))
	var sending sync.WaitGroup
	for i, m := range messages {
		sending.Go(func() {
			errs[i] = l.kafka.Produce(ctx, l.kafka.Options().ClassifiedTopic(), []byte(m.Key), m.Value, nil)
		})
	}
	sending.Wait()
	var sent []int64
	for i, m := range messages {
		if errs[i] == nil {
			sent = append(sent, m.ID)
		}
	}
	// What was sent is noted whatever else ended.
	noted, cancel := context.WithTimeout(context.WithoutCancel(ctx), relayPause)
	defer cancel()
	return len(messages), errors.Join(errors.Join(errs...), l.results.Published(noted, sent))
}
