// Package healthcheck looks at what a worker has around it: its folders, its
// database and its provider. `starter doctor` shows what it finds.
package healthcheck

import (
	"context"
	"errors"
	"time"

	"switchboard/internal/config"
	"switchboard/internal/database"
	"switchboard/internal/pipeline"
)

// timeout bounds one check.
const timeout = 10 * time.Second

// Worker is what a worker was started with.
type Worker struct {
	Config config.Config
	// Getenv reads the environment that Config was made of.
	Getenv func(string) string
	Models *database.Store
}

// Run makes all checks, in the order in which a person mends what they find. It
// changes nothing but for a small file among the artifacts, which it deletes again.
func Run(ctx context.Context, w Worker) []pipeline.Check {
	var c checks
	c.run(ctx, "artifacts", true, func(ctx context.Context) (string, error) { return artifacts(ctx, w.Config.Artifacts) })
	c.run(ctx, "database", true, func(ctx context.Context) (string, error) { return models(ctx, w) })
	c.run(ctx, "permissions", true, func(context.Context) (string, error) { return permissions(w.Getenv, w.Config) })
	c.provider(ctx, w.Config)
	return c
}

// checks are those that were made.
type checks []pipeline.Check

// run makes a check, unless one that it needs did not succeed, and reports
// whether it did.
func (c *checks) run(ctx context.Context, name string, needs bool, look func(ctx context.Context) (string, error)) bool {
	if !needs {
		*c = append(*c, pipeline.Check{Name: name, State: pipeline.CheckSkipped, Message: "needs what is missing above"})
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	found, err := look(ctx)
	var told note
	switch {
	case errors.As(err, &told):
		*c = append(*c, pipeline.Check{Name: name, State: pipeline.CheckNote, Message: told.text})
	case err != nil:
		*c = append(*c, pipeline.Check{Name: name, State: pipeline.CheckProblem, Message: err.Error()})
	default:
		*c = append(*c, pipeline.Check{Name: name, State: pipeline.CheckOK, Message: found})
	}
	return err == nil
}

// note is the outcome of a check that found something worth telling and nothing
// to do about.
type note struct{ text string }

func (n note) Error() string { return n.text }
