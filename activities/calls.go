package activities

import (
	"context"
	"sync"

	"switchboard/internal/anonymize"
	"switchboard/internal/artifact"
	"switchboard/internal/config"
	"switchboard/internal/database"
	"switchboard/internal/fetch"
	"switchboard/internal/kafka"
	"switchboard/internal/pipeline"
	"switchboard/internal/privacy"
	"switchboard/internal/problem"
	"switchboard/internal/provider"
	"switchboard/internal/results"
	"switchboard/internal/speech"
)

// Calls is the set of activities that analyze one call after another. All fields are
// required but where they say otherwise.
type Calls struct {
	Results    *results.Store
	Models     *database.Store
	Store      *artifact.Store
	Anonymizer *anonymize.Anonymizer
	Client     *provider.Client
	// Kafka has the events. It is nil where there is none: events are files then.
	Kafka *kafka.Client
	// Speech turns recordings into text, and Recordings gets them; both are nil
	// where there is no recognizer.
	Speech     *speech.Client
	Recordings *fetch.Fetcher

	judged sync.Mutex
	clear  *pipeline.Clearance
	labels sync.Map // of the hash of their file to labels
}

// clearance is that of the worker's anonymizer on calls. It is judged when the first
// call comes, which takes some seconds, and then known.
func (c *Calls) clearance(ctx context.Context) (pipeline.Clearance, error) {
	version := c.Anonymizer.Version()
	c.judged.Lock()
	defer c.judged.Unlock()
	if c.clear == nil {
		e, err := privacy.JudgeCalls(ctx, c.Anonymizer)
		if err != nil {
			return pipeline.Clearance{}, err
		}
		c.clear = &pipeline.Clearance{Anonymizer: version, Evaluation: e}
	}
	if err := c.clear.Check(); err != nil {
		return pipeline.Clearance{}, err
	}
	// The figures are in the worker's log and in the documents; with each call goes
	// that they were good enough.
	return pipeline.Clearance{Anonymizer: version, Evaluation: pipeline.Evaluation{Anonymizer: version, Passed: true}}, nil
}

func noKafka() error {
	return problem.New(problem.Environment, "this worker has no Kafka, where the events of calls are; set %s", config.KafkaBrokers)
}
