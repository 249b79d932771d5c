package intake

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"switchboard/internal/config"
	"switchboard/internal/kafka"
)

// StopTimeout is how long a stopping intake takes at most to finish what it has
// begun. Whoever stops the process must allow more.
const StopTimeout = 30 * time.Second

// Intake takes calls in until it is stopped.
type Intake struct {
	kafka    *kafka.Client
	consumer *consumer
	sending  *sending
	servers  []*http.Server
	address  string
	ready    atomic.Bool
	log      *slog.Logger
	failed   chan error
	stop     context.CancelFunc
	running  sync.WaitGroup
}

// Start connects to Kafka, creates its topics if they are missing, listens, and takes
// calls in, until Stop. Options that cannot work, and what stands in the way, are
// problems.
func Start(ctx context.Context, o Options) (*Intake, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	client, err := kafka.Open(ctx, o.Kafka)
	if err != nil {
		return nil, err
	}
	i := &Intake{kafka: client, log: o.Log, failed: make(chan error, 2)}
	if err := i.start(ctx, o); err != nil {
		for _, s := range i.servers {
			_ = s.Close()
		}
		client.Close()
		return nil, err
	}
	return i, nil
}

func (i *Intake) start(ctx context.Context, o Options) error {
	if err := i.kafka.EnsureTopics(ctx, o.Partitions); err != nil {
		return err
	}
	i.consumer = newConsumer(o, i.kafka)
	if err := i.serve(o); err != nil {
		return err
	}
	var err error
	if i.consumer.group, err = kafka.Join(ctx, o.Kafka, i.consumer.revoked); err != nil {
		return err
	}
	i.consumer.meters.watch(i)
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	i.stop = stop
	i.running.Go(func() { i.consumer.run(running) })
	i.running.Go(func() { i.consumer.ask(running, "asking Kafka whether it is there", i.askKafka) })
	return nil
}

func newConsumer(o Options, dead letters) *consumer {
	every := cmp.Or(o.every, askEvery)
	c := &consumer{
		letters: dead, runs: o.Runs, gate: o.Switch, room: room{max: o.MaxOpen, settled: 2 * every}, meters: newMeters(), log: o.Log,
		every: every, news: make(chan struct{}, 1),
	}
	// Until the database has said otherwise.
	c.paused.Store(true)
	return c
}

// askKafka decides whether the intake is ready.
func (i *Intake) askKafka(ctx context.Context) error {
	err := i.kafka.Ping(ctx)
	i.ready.Store(err == nil)
	return err
}

// serve listens where the options say.
func (i *Intake) serve(o Options) error {
	api, err := listen(config.IntakeAddress, o.Address)
	if err != nil {
		return err
	}
	i.address = api.Addr().String()
	secured, err := o.secured(api)
	if err != nil {
		_ = api.Close()
		return err
	}
	i.sending = newSending(i.kafka, o.Keys, o.Issued, i.ready.Load, i.consumer.meters, o.Log)
	i.listen(secured, i.sending.handler(), o)
	if o.MetricsAddress == "" {
		return nil
	}
	shown, err := listen(config.IntakeMetricsAddress, o.MetricsAddress)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(i.consumer.meters.registry, promhttp.HandlerOpts{}))
	i.listen(shown, mux, o)
	return nil
}

// listen serves with an end to every wait for a client.
func (i *Intake) listen(l net.Listener, h http.Handler, o Options) {
	whole := cmp.Or(o.requestTime, requestTime)
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: whole / 3, ReadTimeout: whole, WriteTimeout: 2 * whole,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		// It would log what clients send.
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	i.servers = append(i.servers, s)
	i.running.Go(func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			i.failed <- err
		}
	})
}

// Address is the host and port that calls are sent to.
func (i *Intake) Address() string { return i.address }

// Failed yields an error if the intake can no longer be reached.
func (i *Intake) Failed() <-chan error { return i.failed }

// Stop takes in nothing more, finishes what was begun, commits it and leaves the
// group, so that other intakes go on at once.
func (i *Intake) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), StopTimeout)
	defer cancel()
	i.ready.Store(false)
	i.stop()
	for _, s := range i.servers {
		if err := s.Shutdown(ctx); err != nil {
			_ = s.Close()
		}
	}
	i.running.Wait()
	if err := i.consumer.group.Leave(ctx); err != nil {
		i.log.Warn("what was taken in last may be taken in again", "error", err)
	}
	i.kafka.Close()
}
