package intake

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"switchboard/internal/call"
	"switchboard/internal/kafka"
)

const namespace = "switchboard_intake"

// meters are what the intake tells Prometheus. No label holds what is in an event.
type meters struct {
	registry *prometheus.Registry
	started  prometheus.Counter
	known    prometheus.Counter
	refused  *prometheus.CounterVec
	failures *prometheus.CounterVec
	delay    prometheus.Histogram
	requests *prometheus.CounterVec
}

func newMeters() *meters {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
	}
	vector := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	}
	m := &meters{
		registry: prometheus.NewRegistry(),
		started:  counter("calls_started_total", "Calls whose analysis this intake started."),
		known:    counter("calls_known_total", "Events of calls that are being analyzed, or were, already."),
		refused:  vector("events_refused_total", "Events that nobody can use, by where they came from (kafka or http) and reason.", "from", "reason"),
		failures: vector("failures_total", "What could not be done and is tried again: poll, start, or dead_letter.", "doing"),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: "delay_seconds",
			Help: "Time from an event's arrival in Kafka to the start of the call's analysis.", Buckets: prometheus.ExponentialBuckets(0.005, 2, 20)}),
		requests: vector("requests_total", "Requests of calls by HTTP, by status.", "status"),
	}
	for _, reason := range call.Reasons {
		m.refused.WithLabelValues("kafka", string(reason))
	}
	m.registry.MustRegister(m.started, m.known, m.refused, m.failures, m.delay, m.requests,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// watch registers what is read off the intake when Prometheus asks.
func (m *meters) watch(i *Intake) {
	gauge := func(name, help string, read func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, read))
	}
	gauge("open_calls", "Calls that are being analyzed, those of all intakes.", func() float64 { return float64(i.consumer.room.openCalls()) })
	gauge("open_calls_limit", "Calls that may be analyzed at once.", func() float64 { return float64(i.consumer.room.max) })
	gauge("paused", "1 while no calls are taken in.", func() float64 { return number(i.consumer.paused.Load()) })
	gauge("ready", "1 if /readyz says 200.", func() float64 { return number(i.ready.Load()) })
	m.registry.MustRegister(waiting{i.kafka})
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

var (
	waitingDesc = prometheus.NewDesc(namespace+"_waiting_events", "Events in Kafka that no intake has taken in, by partition.", []string{"partition"}, nil)
	oldestDesc  = prometheus.NewDesc(namespace+"_oldest_waiting_seconds", "How long the oldest of them has waited, 0 if none does.", []string{"partition"}, nil)
)

// waiting asks Kafka how much waits, whenever Prometheus asks. Where Kafka does not
// answer, there are no figures.
type waiting struct{ kafka *kafka.Client }

func (waiting) Describe(out chan<- *prometheus.Desc) {
	out <- waitingDesc
	out <- oldestDesc
}

func (w waiting) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	lags, err := w.kafka.Lag(ctx)
	if err != nil {
		return
	}
	for _, l := range lags {
		partition, age := strconv.Itoa(int(l.Partition)), 0.0
		if !l.Oldest.IsZero() {
			age = max(0, time.Since(l.Oldest).Seconds())
		}
		out <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(l.Waiting), partition)
		out <- prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, age, partition)
	}
}
