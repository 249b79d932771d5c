package modelserver

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// meters are what the server tells Prometheus. No label holds what a client
// chose: paths are patterns, methods those that exist, and the names of keys
// come from the operator.
type meters struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	tokens   *prometheus.CounterVec
	limited  *prometheus.CounterVec
	training prometheus.Counter
}

const namespace = "switchboard_modelserver"

func newMeters() *meters {
	m := &meters{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: "requests_total",
			Help: "Requests by route, method and status; the status is \"none\" if the connection ended before an answer."}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: "request_duration_seconds",
			Help: "Time from a request's headers to the end of its answer.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 16)}, []string{"route", "method"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: "tokens_total",
			Help: "Tokens of chat completions, by kind: prompt or completion."}, []string{"kind"}),
		limited: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: "rate_limited_total",
			Help: "Requests refused because of a key's limit, by the key's name and which: requests, tokens, jobs, batches, training_tokens or uploads."}, []string{"key", "kind"}),
		training: prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "training_seconds_total",
			Help: "Time spent on training jobs, also on those that did not succeed."}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.tokens, m.limited, m.training,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// answered counts an answer's tokens.
func (m *meters) answered(u usage) {
	m.tokens.WithLabelValues("prompt").Add(float64(u.PromptTokens))
	m.tokens.WithLabelValues("completion").Add(float64(u.CompletionTokens))
}

// trained counts the time since the start of a training.
func (m *meters) trained(start time.Time) { m.training.Add(time.Since(start).Seconds()) }

// request counts an answered request. Status 0 is no answer.
func (m *meters) request(r *http.Request, status int, duration time.Duration) {
	method, code := methodOf(r), strconv.Itoa(status)
	if status == 0 {
		code = "none"
	}
	m.requests.WithLabelValues(r.Pattern, method, code).Inc()
	m.seconds.WithLabelValues(r.Pattern, method).Observe(duration.Seconds())
}

// methodOf is the method for log and metrics: a client can make any word one.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// watch registers what is read off the server when Prometheus asks.
func (s *Server) watch() {
	gauge := func(name, help string, read func() float64) {
		s.meters.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, read))
	}
	gauge("chats_working", "Chat completions in work.", func() float64 { return float64(s.chats.working() + s.languageChats.working()) })
	gauge("chats_waiting", "Chat completions waiting for their turn.", func() float64 { return float64(s.chats.waiting.Load() + s.languageChats.waiting.Load()) })
	gauge("disk_used_bytes", "Size of the data directory.", func() float64 { return float64(s.quota.usage()) })
	gauge("disk_limit_bytes", "Quota of the data directory; 0 if it has none.", func() float64 { return float64(s.options.MaxDiskBytes) })
	gauge("ready", "1 if the server is ready for requests, 0 if not.", func() float64 {
		if s.unready() != nil {
			return 0
		}
		return 1
	})
	s.meters.registry.MustRegister(jobsCollector{s})
}

var (
	jobsDesc    = prometheus.NewDesc(namespace+"_jobs", "Fine-tuning jobs by status.", []string{"status"}, nil)
	trainedDesc = prometheus.NewDesc(namespace+"_trained_tokens_total", "Tokens that the jobs which succeeded were trained on.", nil, nil)
)

// jobsCollector counts the records of jobs, so that the figures are right
// after a restart too.
type jobsCollector struct{ server *Server }

func (c jobsCollector) Describe(out chan<- *prometheus.Desc) {
	out <- jobsDesc
	out <- trainedDesc
}

func (c jobsCollector) Collect(out chan<- prometheus.Metric) {
	count := map[string]int{}
	for _, status := range statuses {
		count[status] = 0
	}
	tokens := 0
	for _, j := range c.server.jobs.newest() {
		count[j.Status]++
		tokens += j.TrainedTokens
	}
	for status, n := range count {
		out <- prometheus.MustNewConstMetric(jobsDesc, prometheus.GaugeValue, float64(n), status)
	}
	out <- prometheus.MustNewConstMetric(trainedDesc, prometheus.CounterValue, float64(tokens))
}

// statuses are those that are shown with 0 too.
var statuses = []string{
	statusValidating, statusQueued, statusRunning, statusPaused, statusSucceeded, statusFailed, statusCancelled,
}

// Metrics serves the metrics to whoever asks, for a listener that only
// Prometheus reaches. On the server itself /metrics needs the key of an
// administrator, or the only key there is: how much others work, and when, is
// nobody else's business.
func (s *Server) Metrics() http.Handler {
	return promhttp.HandlerFor(s.meters.registry, promhttp.HandlerOpts{})
}

func (s *Server) showMetrics(w http.ResponseWriter, r *http.Request) error {
	if _, only := s.onlyOwner(); !only && !holderOf(r).admin {
		return invalid(http.StatusForbidden, "", "insufficient_permissions", "The metrics are of all keys: ask with a key that is admin, or at the address that the server has for metrics.")
	}
	s.Metrics().ServeHTTP(w, r)
	return nil
}
