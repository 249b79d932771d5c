// Package host runs the workflows and activities of Switchboard in a process:
// one worker on each task queue, with what they need (artifact store, database,
// provider, anonymizer) opened from the settings.
package host

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"switchboard/activities"
	"switchboard/internal/account"
	"switchboard/internal/anonymize"
	"switchboard/internal/artifact"
	"switchboard/internal/config"
	"switchboard/internal/cost"
	"switchboard/internal/database"
	"switchboard/internal/fetch"
	"switchboard/internal/installation"
	"switchboard/internal/kafka"
	"switchboard/internal/pipeline"
	"switchboard/internal/privacy"
	"switchboard/internal/problem"
	"switchboard/internal/provider"
	"switchboard/internal/results"
	"switchboard/internal/review"
	"switchboard/internal/speech"
	"switchboard/internal/temporal"
	"switchboard/internal/webhook"
	"switchboard/workflows"
)

// StopTimeout is how long a stopping worker waits for its activities to save
// what they have. Whoever stops the process must allow more.
const StopTimeout = 30 * time.Second

// Host is a set of running workers, one for each task queue.
type Host struct {
	files   *artifact.Store
	models  *database.Store
	results *results.Store
	kafka   *kafka.Client // nil without one
	relay   *relay        // nil without Kafka
	expiry  *retention    // nil where calls are kept without end
	workers []worker.Worker
	failed  chan error
}

// Options are what a host is started with.
type Options struct {
	config.Config
	// Kafka has the events of calls. Without brokers, calls come from files alone.
	Kafka kafka.Options
	// Log gets what nobody asked for; nil drops it.
	Log *slog.Logger
}

// Load reads the options with getenv (such as os.Getenv). What cannot be read is a
// problem of kind BadInput.
func Load(getenv func(string) string) (o Options, err error) {
	if o.Config, err = config.Load(getenv); err != nil {
		return o, err
	}
	o.Kafka, err = kafka.Load(getenv)
	return o, err
}

// recognizer is what turns recordings into text, nil where there is none.
func recognizer(c config.Config) (*speech.Client, *fetch.Fetcher, error) {
	if c.SpeechURL == "" {
		return nil, nil, nil
	}
	client, err := speech.New(speech.Options{
		BaseURL: c.SpeechURL, APIKey: c.SpeechKey, Model: c.SpeechModel, Server: c.SpeechServer, CustomerChannel: c.AudioCustomerChannel,
	})
	if err != nil {
		return nil, nil, err
	}
	fetcher, err := fetch.New(fetch.Options{Hosts: c.AudioHosts})
	return client, fetcher, err
}

// Start opens what the options name and starts the workers, which poll from then on;
// Stop ends them. Options that cannot work are problems.
func Start(ctx context.Context, c *temporal.Client, o Options) (*Host, error) {
	cfg := o.Config
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	remote, err := provider.New(provider.Options{
		BaseURL:           cfg.ProviderURL,
		APIKey:            cfg.ProviderKey,
		RequestTimeout:    cfg.RequestTimeout,
		MaxConcurrent:     cfg.MaxConcurrent,
		RequestsPerMinute: cfg.RequestsPerMinute,
	})
	if err != nil {
		return nil, err
	}
	anonymizer, err := privacy.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	prices, err := cost.Load(cfg.Prices)
	if err != nil {
		return nil, err
	}
	sender, err := webhook.NewSender(cfg.NotifyHosts, cfg.NotifySecret)
	if err != nil {
		return nil, err
	}
	h := &Host{failed: make(chan error, 4)}
	if err := h.open(ctx, o); err != nil {
		return nil, err
	}
	settings, err := h.settings(ctx, cfg, anonymizer.Version())
	if err != nil {
		h.close()
		return nil, err
	}
	if err := h.startWorkers(c, cfg, settings, equipment{anonymizer, remote, prices, sender}); err != nil {
		h.close()
		return nil, err
	}
	if h.kafka != nil {
		h.relay = startRelay(h.results, h.kafka, o.Log)
	}
	if h.expiry != nil {
		h.expiry.log = o.Log
		h.expiry.start()
	}
	return h, nil
}

// equipment is what a host has besides its stores.
type equipment struct {
	anonymizer *anonymize.Anonymizer
	provider   *provider.Client
	prices     cost.Table
	sender     *webhook.Sender
}

// startWorkers starts one on each task queue, or none.
func (h *Host) startWorkers(c *temporal.Client, cfg config.Config, settings installation.Settings, e equipment) (err error) {
	surroundings := &activities.Installation{Server: c, Settings: settings}
	data := &activities.Data{Store: h.files, Anonymizer: e.anonymizer, Models: h.models, Results: h.results, Prices: e.prices}
	asking := &activities.Provider{Store: h.files, Models: h.models, Client: e.provider, Concurrent: cfg.MaxConcurrent, URL: cfg.ProviderURL, BaseModel: cfg.BaseModel, Prices: e.prices}
	calls := &activities.Calls{Results: h.results, Models: h.models, Store: h.files, Anonymizer: e.anonymizer, Client: e.provider, Kafka: h.kafka}
	if calls.Speech, calls.Recordings, err = recognizer(cfg); err != nil {
		return err
	}
	control := &activities.Control{Store: h.files, Models: h.models, Results: h.results, Accounts: account.New(h.models), Kafka: h.kafka, Client: e.provider, Server: c, Config: cfg, Getenv: os.Getenv, Worker: process()}
	if cfg.Retention > 0 {
		h.expiry = &retention{keep: cfg.Retention, expire: control.ExpireCalls, now: time.Now}
	}
	telling := &activities.Notifier{Sender: e.sender}
	preflight := &activities.Preflight{Data: data, Provider: asking, Installation: surroundings, Notifier: telling}
	h.workers = []worker.Worker{
		h.dataWorker(c, data, calls, surroundings),
		h.speechWorker(c, calls, surroundings),
		h.providerWorker(c, data, asking, calls, telling, surroundings),
		h.controlWorker(c, control, preflight, surroundings),
	}
	for i, w := range h.workers {
		if err := w.Start(); err != nil {
			for _, started := range h.workers[:i] {
				started.Stop()
			}
			return fmt.Errorf("starting the worker: %w", err)
		}
	}
	return nil
}

// open opens the artifacts and the database.
func (h *Host) open(ctx context.Context, o Options) (err error) {
	location, err := database.Location(o.DatabaseURL, o.Artifacts)
	if err != nil {
		return err
	}
	if h.files, err = artifact.Open(ctx, o.Artifacts); err != nil {
		return err
	}
	if h.models, err = database.Open(ctx, location); err != nil {
		_ = h.files.Close()
		return err
	}
	h.results = results.New(h.models)
	h.results.Withdraws = len(o.Kafka.Brokers) > 0
	if o.Review != (config.Review{}) {
		h.results.Sampling = review.Sampling(o.Review)
	}
	if len(o.Kafka.Brokers) == 0 {
		return nil
	}
	if h.kafka, err = kafka.Open(ctx, o.Kafka); err != nil {
		h.close()
	}
	return err
}

// settings are what the other workers must have too.
func (h *Host) settings(ctx context.Context, cfg config.Config, anonymizer string) (s installation.Settings, err error) {
	files, err := h.files.ID(ctx)
	if err != nil {
		return s, problem.New(problem.Environment, "the artifacts in %s cannot be used: %w; set %s to a folder or URL that can be read and written", strings.TrimSuffix(h.files.URL(""), "/"), err, config.Artifacts)
	}
	models, err := h.models.ID(ctx)
	if err != nil {
		return s, problem.New(problem.Environment, "the database cannot be used: %w; check %s", err, config.DatabaseURL)
	}
	var prices []byte
	if cfg.Prices != "" {
		if prices, err = os.ReadFile(cfg.Prices); err != nil {
			return s, problem.Input("the prices cannot be read: %w; check %s", err, config.Prices)
		}
	}
	return installation.Settings{
		Artifacts:  installation.Digest(files),
		Database:   installation.Digest(models),
		Anonymizer: installation.Digest(anonymizer),
		Provider:   installation.Digest(cfg.ProviderURL),
		BaseModel:  installation.Digest(cfg.BaseModel),
		Prices:     installation.Digest(string(prices)),
	}, nil
}

func (h *Host) dataWorker(c *temporal.Client, data *activities.Data, calls *activities.Calls, surroundings *activities.Installation) worker.Worker {
	options := h.options(surroundings)
	// Staging and anonymizing use every core by themselves; more parts at
	// once would only hold more memory, and keep them from other workers.
	options.MaxConcurrentActivityExecutionSize = runtime.NumCPU() + 2
	// A call is answered within its workflow task, which mostly waits for the provider.
	// Tasks that wait for long are renewed at the server, so a thousand of them, the
	// default, would keep it busy with nothing.
	options.MaxConcurrentWorkflowTaskExecutionSize = 256
	w := worker.New(c.Client, pipeline.TaskQueue, options)
	workflows.Register(w)
	w.RegisterActivityWithOptions(data, activity.RegisterOptions{})
	w.RegisterActivityWithOptions(calls.AnswerCall, activity.RegisterOptions{Name: "AnswerCall"})
	w.RegisterActivityWithOptions(calls.RedactCall, activity.RegisterOptions{Name: "RedactCall"})
	w.RegisterActivityWithOptions(calls.RejectCall, activity.RegisterOptions{Name: "RejectCall"})
	w.RegisterActivityWithOptions(surroundings, activity.RegisterOptions{})
	return w
}

// speechWorker turns recordings into text, as many at a time as the recognizer takes.
func (h *Host) speechWorker(c *temporal.Client, calls *activities.Calls, surroundings *activities.Installation) worker.Worker {
	options := h.options(surroundings)
	options.DisableWorkflowWorker = true
	w := worker.New(c.Client, pipeline.SpeechTaskQueue, options)
	w.RegisterActivityWithOptions(calls.TranscribeCall, activity.RegisterOptions{Name: "TranscribeCall"})
	return w
}

func (h *Host) providerWorker(c *temporal.Client, data *activities.Data, asking *activities.Provider, calls *activities.Calls, telling *activities.Notifier, surroundings *activities.Installation) worker.Worker {
	options := h.options(surroundings)
	options.DisableWorkflowWorker = true
	w := worker.New(c.Client, pipeline.ProviderTaskQueue, options)
	w.RegisterActivityWithOptions(asking, activity.RegisterOptions{})
	w.RegisterActivityWithOptions(calls.ClassifyCall, activity.RegisterOptions{Name: "ClassifyCall"})
	w.RegisterActivityWithOptions(telling, activity.RegisterOptions{})
	// The look at a dataset before a run is accepted must not wait for a
	// slot behind the parts of another run.
	w.RegisterActivityWithOptions(data.CheckDataset, activity.RegisterOptions{Name: "CheckDataset"})
	return w
}

// controlWorker answers what people ask. It has slots of its own, so that nobody
// waits behind the parts of a run.
func (h *Host) controlWorker(c *temporal.Client, control *activities.Control, preflight *activities.Preflight, surroundings *activities.Installation) worker.Worker {
	options := h.options(surroundings)
	options.DisableWorkflowWorker = true
	w := worker.New(c.Client, pipeline.ControlTaskQueue, options)
	w.RegisterActivityWithOptions(control, activity.RegisterOptions{})
	w.RegisterActivityWithOptions(preflight, activity.RegisterOptions{})
	return w
}

func (h *Host) options(surroundings *activities.Installation) worker.Options {
	return worker.Options{
		// Whoever looks at the task queues sees whether all have the same.
		Identity:          surroundings.Settings.Identity(os.Getpid(), hostname()),
		WorkerStopTimeout: StopTimeout,
		// The SDK would hold heartbeats back for most of the timeout, and with
		// them what an operator sees and the news of a cancellation. This is also
		// how long it waits for the answer to one before it takes its attempt for
		// lost, which a busy server must have time for.
		MaxHeartbeatThrottleInterval: 5 * time.Second,
		Interceptors:                 []interceptor.WorkerInterceptor{&activities.Failures{}, &acceptance{settings: surroundings.Settings, worker: process()}},
		OnFatalError:                 func(err error) { h.failed <- err },
	}
}

// process names this process to people.
func process() string { return fmt.Sprintf("%d@%s", os.Getpid(), hostname()) }

func hostname() string {
	name, _ := os.Hostname()
	return cmp.Or(name, "unknown")
}

// Failed yields an error if a worker cannot go on, such as when its namespace
// is gone.
func (h *Host) Failed() <-chan error { return h.failed }

// Results are those that the host stores calls in, for whoever shares its process.
// They end with it.
func (h *Host) Results() *results.Store { return h.results }

// Database returns the database that the host has opened, of which the results are a
// part.
func (h *Host) Database() *database.Store { return h.models }

// Stop lets running activities save what they have, for at most [StopTimeout],
// and stops the workers.
func (h *Host) Stop() {
	done := make(chan struct{}, len(h.workers))
	for _, w := range h.workers {
		go func() {
			w.Stop()
			done <- struct{}{}
		}()
	}
	for range h.workers {
		<-done
	}
	if h.relay != nil {
		h.relay.close()
	}
	if h.expiry != nil {
		h.expiry.close()
	}
	h.close()
}

// close gives up artifacts, database and Kafka, in which nothing is being written.
func (h *Host) close() {
	_, _ = h.files.Close(), h.models.Close()
	if h.kafka != nil {
		h.kafka.Close()
	}
}
