// Package healthcheck looks at what a worker has around it: its folders, its
// database and its provider. `starter doctor` shows what it finds.
package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchboard/internal/config"
	"switchboard/internal/database"
	"switchboard/internal/kafka"
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
	// Kafka has the events of calls; nil where the worker takes none.
	Kafka *kafka.Client
}

// Run makes all checks, in the order in which a person mends what they find. It
// changes nothing but for a small file among the artifacts, which it deletes again.
func Run(ctx context.Context, w Worker) []pipeline.Check {
	var c checks
	c.run(ctx, "artifacts", true, func(ctx context.Context) (string, error) { return artifacts(ctx, w.Config.Artifacts) })
	c.run(ctx, "database", true, func(ctx context.Context) (string, error) { return models(ctx, w) })
	c.run(ctx, "permissions", true, func(context.Context) (string, error) { return permissions(w.Getenv, w.Config) })
	c.provider(ctx, w.Config)
	c.calls(ctx, w)
	return c
}

// calls looks at what calls need. Who has none needs none of it, so that what is
// missing is a note.
func (c *checks) calls(ctx context.Context, w Worker) {
	c.run(ctx, "recognizer", true, func(context.Context) (string, error) { return recognizer(w.Config) })
	if w.Kafka == nil {
		c.run(ctx, "kafka", true, func(context.Context) (string, error) {
			return "", note{fmt.Sprintf("this worker has no Kafka, so that calls come from files alone; %s says where it is", config.KafkaBrokers)}
		})
		return
	}
	reached := c.run(ctx, "kafka", true, func(ctx context.Context) (string, error) { return waitingCalls(ctx, w.Kafka) })
	c.run(ctx, "intake", reached, func(ctx context.Context) (string, error) { return intakes(ctx, w.Kafka) })
}

// recognizer says who writes recordings down. It is not asked: none has a request that
// costs nothing and is the same everywhere.
func recognizer(cfg config.Config) (string, error) {
	if cfg.SpeechURL == "" {
		return "", note{fmt.Sprintf("there is none: calls with a recording and no turns are given up as refused; %s says where one is", config.SpeechURL)}
	}
	return fmt.Sprintf("recordings are transcribed by %s at %s; it is not asked here", cfg.SpeechModel, cfg.SpeechURL), nil
}

// intakes counts who takes calls in.
func intakes(ctx context.Context, k *kafka.Client) (string, error) {
	n, err := k.Members(ctx)
	switch {
	case err != nil:
		return "", err
	case n == 0:
		return "", note{"nobody takes calls in: events wait in Kafka; start an intake with `go run ./intake`"}
	case n == 1:
		return "1 intake takes calls in", nil
	}
	return fmt.Sprintf("%d intakes take calls in", n), nil
}

// waitingCalls asks a broker what waits, which takes the rights that an intake needs.
func waitingCalls(ctx context.Context, k *kafka.Client) (string, error) {
	lags, err := k.Lag(ctx)
	if err != nil {
		return "", err
	}
	waiting := int64(0)
	for _, l := range lags {
		waiting += l.Waiting
	}
	return fmt.Sprintf("%d calls wait in %d partitions of topic %s", waiting, len(lags), k.Options().Topic), nil
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
