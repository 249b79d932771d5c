// Package host runs the workflows and activities of Switchboard in a process:
// one worker on each task queue, with what they need (artifact store, database,
// provider, anonymizer) opened from the settings.
package host

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/config"
	"switchboard/internal/cost"
	"switchboard/internal/database"
	"switchboard/internal/installation"
	"switchboard/internal/pipeline"
	"switchboard/internal/privacy"
	"switchboard/internal/problem"
	"switchboard/internal/provider"
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
	workers []worker.Worker
	failed  chan error
}

// Start opens what the settings name and starts the workers. It returns once
// they poll; Stop ends them. Settings that cannot work are problems.
func Start(ctx context.Context, c *temporal.Client, cfg config.Config) (*Host, error) {
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
	h := &Host{failed: make(chan error, 3)}
	if err := h.open(ctx, cfg); err != nil {
		return nil, err
	}
	settings, err := h.settings(ctx, cfg, anonymizer.Version())
	if err != nil {
		h.close()
		return nil, err
	}
	surroundings := &activities.Installation{Server: c, Settings: settings}
	data := &activities.Data{Store: h.files, Anonymizer: anonymizer, Models: h.models, Prices: prices}
	asking := &activities.Provider{Store: h.files, Models: h.models, Client: remote, Concurrent: cfg.MaxConcurrent, URL: cfg.ProviderURL, BaseModel: cfg.BaseModel, Prices: prices}
	control := &activities.Control{Store: h.files, Models: h.models, Client: remote, Config: cfg, Getenv: os.Getenv, Worker: process()}
	telling := &activities.Notifier{Sender: sender}
	preflight := &activities.Preflight{Data: data, Provider: asking, Installation: surroundings, Notifier: telling}
	h.workers = []worker.Worker{
		h.dataWorker(c, data, surroundings),
		h.providerWorker(c, data, asking, telling, surroundings),
		h.controlWorker(c, control, preflight, surroundings),
	}
	for i, w := range h.workers {
		if err := w.Start(); err != nil {
			for _, started := range h.workers[:i] {
				started.Stop()
			}
			return nil, fmt.Errorf("starting the worker: %w", err)
		}
	}
	return h, nil
}

// open opens the artifacts and the database.
func (h *Host) open(ctx context.Context, cfg config.Config) (err error) {
	location, err := database.Location(cfg.DatabaseURL, cfg.Artifacts)
	if err != nil {
		return err
	}
	if h.files, err = artifact.Open(ctx, cfg.Artifacts); err != nil {
		return err
	}
	if h.models, err = database.Open(ctx, location); err != nil {
		_ = h.files.Close()
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

func (h *Host) dataWorker(c *temporal.Client, data *activities.Data, surroundings *activities.Installation) worker.Worker {
	options := h.options(surroundings)
	// Staging and anonymizing use every core by themselves; more parts at
	// once would only hold more memory, and keep them from other workers.
	options.MaxConcurrentActivityExecutionSize = runtime.NumCPU() + 2
	w := worker.New(c.Client, pipeline.TaskQueue, options)
	workflows.Register(w)
	w.RegisterActivityWithOptions(data, activity.RegisterOptions{})
	w.RegisterActivityWithOptions(surroundings, activity.RegisterOptions{})
	return w
}

func (h *Host) providerWorker(c *temporal.Client, data *activities.Data, asking *activities.Provider, telling *activities.Notifier, surroundings *activities.Installation) worker.Worker {
	options := h.options(surroundings)
	options.DisableWorkflowWorker = true
	w := worker.New(c.Client, pipeline.ProviderTaskQueue, options)
	w.RegisterActivityWithOptions(asking, activity.RegisterOptions{})
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
		// them what an operator sees and the news of a cancellation.
		MaxHeartbeatThrottleInterval: 2 * time.Second,
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
	h.close()
}

// close gives up artifacts and database, in which nothing is being written.
func (h *Host) close() { _, _ = h.files.Close(), h.models.Close() }
