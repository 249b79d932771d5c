package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"switchboard/internal/artifact"
	"switchboard/internal/config"
	"switchboard/internal/installation"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/provider"
)

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check that everything a run needs is there",
		Long: `Check that everything a run needs is there, and say what to do where it is not.

It looks at the settings, the Temporal server, the workers, the artifacts and the
provider, as seen from here: workers may have other settings. What the provider can
do, it asks the provider, by requests that cost nothing; what is missing there and
not needed is a note. It changes nothing but for a small file among the artifacts,
which it deletes again. It exits with 3 if something is missing.`,
		Example: "  starter doctor\n  starter doctor --json | jq '.checks[] | select(.state == \"problem\")'",
		Args:    noArgs,
		RunE: a.do(func(ctx context.Context, _ *cobra.Command, _ []string) (view, error) {
			d := a.examine(ctx)
			if ctx.Err() != nil {
				return d, &interruption{"stopped before all checks were made"}
			}
			if n := d.problems(); n > 0 {
				return d, problem.New(problem.Environment, "%s found", count(int64(n), "problem"))
			}
			return d, nil
		}),
	}
}

// diagnosis is what the doctor found, in the order of the checks.
type diagnosis struct {
	Checks []check `json:"checks"`
}

type check struct {
	Name string `json:"name"`
	// State is ok, note for what is missing but not needed, problem, or
	// skipped where a check before it failed.
	State string `json:"state"`
	// Message is what was found; for a problem also what to do, for a note
	// what it means for a run.
	Message string `json:"message"`
}

const (
	checkOK      = "ok"
	checkNote    = "note"
	checkProblem = "problem"
	checkSkipped = "skipped"
)

// checkTimeout bounds one check.
const checkTimeout = 10 * time.Second

// run makes a check, unless one that it needs did not succeed, and reports
// whether it did.
func (d *diagnosis) run(ctx context.Context, name string, needs bool, look func(ctx context.Context) (string, error)) bool {
	if !needs {
		d.Checks = append(d.Checks, check{name, checkSkipped, "needs what is missing above"})
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	found, err := look(ctx)
	var told note
	switch {
	case errors.As(err, &told):
		d.Checks = append(d.Checks, check{name, checkNote, told.text})
	case err != nil:
		d.Checks = append(d.Checks, check{name, checkProblem, err.Error()})
	default:
		d.Checks = append(d.Checks, check{name, checkOK, found})
	}
	return err == nil
}

// note is the outcome of a check that found something worth telling and nothing
// to do about.
type note struct{ text string }

func (n note) Error() string { return n.text }

func (d diagnosis) problems() int {
	n := 0
	for _, c := range d.Checks {
		if c.State == checkProblem {
			n++
		}
	}
	return n
}

func (d diagnosis) write(t *text) {
	var rows [][]string
	for _, c := range d.Checks {
		rows = append(rows, []string{c.State, c.Name, oneLine(c.Message)})
	}
	t.table(nil, rows)
}

// examine makes all checks.
func (a *app) examine(ctx context.Context) diagnosis {
	var d diagnosis
	var cfg config.Config
	configured := d.run(ctx, "settings", true, func(context.Context) (_ string, err error) {
		cfg, err = config.Load(a.getenv)
		return "all can be read", err
	})
	a.examineTemporal(ctx, &d)
	d.run(ctx, "artifacts", configured, func(ctx context.Context) (string, error) { return probeArtifacts(ctx, cfg.Artifacts) })
	d.run(ctx, "permissions", configured, func(context.Context) (string, error) { return probePermissions(a.getenv, cfg) })
	examineProvider(ctx, &d, configured, cfg)
	return d
}

func (a *app) examineTemporal(ctx context.Context, d *diagnosis) {
	var c *connection
	connected := d.run(ctx, "temporal", true, func(ctx context.Context) (_ string, err error) {
		if c, err = a.connect(ctx); err != nil {
			return "", err
		}
		return "a server answers at " + c.Address, nil
	})
	if connected {
		defer c.Close()
	}
	there := d.run(ctx, "namespace", connected, func(ctx context.Context) (string, error) {
		_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: c.Namespace})
		return c.Namespace, c.serverProblem(err, "namespace "+c.Namespace)
	})
	d.run(ctx, "attributes", there, c.probeAttributes)
	for _, q := range []struct {
		name, queue string
		kinds       []enumspb.TaskQueueType
	}{
		{"worker", pipeline.TaskQueue, []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_WORKFLOW, enumspb.TASK_QUEUE_TYPE_ACTIVITY}},
		{"provider worker", pipeline.ProviderTaskQueue, []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_ACTIVITY}},
	} {
		d.run(ctx, q.name, there, func(ctx context.Context) (string, error) { return c.probeQueue(ctx, q.queue, q.kinds) })
	}
	d.run(ctx, "workers' settings", there, c.probeWorkers)
}

// probeAttributes looks for the search attributes that runs set.
func (c *connection) probeAttributes(ctx context.Context) (string, error) {
	if err := installation.CheckAttributes(ctx, c, c.Namespace); err != nil {
		return "", c.serverProblem(err, "search attributes")
	}
	return strings.Join(pipeline.SearchAttributes, ", "), nil
}

// probeWorkers compares the workers' settings.
func (c *connection) probeWorkers(ctx context.Context) (string, error) {
	if err := installation.CheckWorkers(ctx, c, c.Namespace, time.Now()); err != nil {
		return "", c.serverProblem(err, "workers")
	}
	return "all workers have the same", nil
}

func (c *connection) probeQueue(ctx context.Context, queue string, kinds []enumspb.TaskQueueType) (string, error) {
	for _, kind := range kinds {
		polled, err := c.polled(ctx, queue, kind)
		if err != nil {
			return "", err
		}
		if !polled {
			return "", problem.New(problem.Environment, "no worker polls the task queue %s; start one with `go run ./worker`, or everything with `go run ./standalone`", queue)
		}
	}
	return "polls the task queue " + queue, nil
}

// probeArtifacts writes a file and deletes it.
func probeArtifacts(ctx context.Context, root string) (string, error) {
	store, err := artifact.Open(ctx, root)
	if err != nil {
		return "", err
	}
	defer store.Close()
	path := fmt.Sprintf("doctor-%d", time.Now().UnixNano())
	_, err = store.Write(ctx, path, []byte("written by starter doctor\n"))
	if err == nil {
		err = store.Delete(ctx, path)
	}
	if err != nil {
		return "", problem.New(problem.Environment, "%s cannot be written: %w; set %s to a folder or URL that can", strings.TrimSuffix(store.URL(""), "/"), err, config.Artifacts)
	}
	return strings.TrimSuffix(store.URL(""), "/") + " can be written", nil
}

// examineProvider asks the provider what it can do.
func examineProvider(ctx context.Context, d *diagnosis, configured bool, cfg config.Config) {
	var p *provider.Client
	reached := d.run(ctx, "provider", configured, func(ctx context.Context) (_ string, err error) {
		if p, err = provider.New(provider.Options{BaseURL: cfg.ProviderURL, APIKey: cfg.ProviderKey, RequestTimeout: cfg.RequestTimeout}); err != nil {
			return "", err
		}
		_, err = p.Models(ctx)
		if err != nil && cfg.ProviderKey == "" {
			return "", problem.New(problem.Environment, "%w; no key is set here (%s, %s)", err, config.ProviderKey, config.ProviderKeyFile)
		}
		return fmt.Sprintf("%s answers and takes the key; used as %s", cfg.ProviderURL, p.Provider()), err
	})
	for _, capability := range provider.Capabilities {
		d.run(ctx, capability.Name, reached, func(ctx context.Context) (string, error) {
			found, err := p.Ask(ctx, capability, cfg.BaseModel)
			return found, meaning(capability, err)
		})
	}
	if reached && p.Deployment() != "" {
		d.run(ctx, "deployment", true, func(context.Context) (string, error) { return "", note{p.Deployment()} })
	}
}

// meaning is what the lack of a capability means for a run.
func meaning(c provider.Capability, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, provider.ErrUnknown):
		return note{err.Error()}
	case c.Needed:
		return err
	case provider.Missing(err):
		return note{"not offered; without them " + c.Without}
	}
	return note{err.Error() + "; without them " + c.Without}
}
