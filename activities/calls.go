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

	judging sync.Mutex
	judged  *callJudgement
	labels  sync.Map // of the hash of their file to labels

	start     sync.Once
	redacting chan struct{} // holds one for each call that is being redacted
}

// callJudgement is a judgement that is being made, or was.
type callJudgement struct {
	done       chan struct{}
	evaluation privacy.Evaluation
	err        error
}

// clearance is that of the worker's anonymizer on calls. It is judged when the first
// call comes, which may take longer than one attempt may: the judging goes on, and
// attempts wait for it.
func (c *Calls) clearance(ctx context.Context) (pipeline.Clearance, error) {
	j := c.judge(context.WithoutCancel(ctx))
	select {
	case <-j.done:
	case <-ctx.Done():
		return pipeline.Clearance{}, context.Cause(ctx)
	}
	if j.err != nil {
		return pipeline.Clearance{}, j.err
	}
	if err := pipeline.ClearanceBy(j.evaluation).Check(); err != nil {
		return pipeline.Clearance{}, err
	}
	// The figures are kept among the artifacts; with each call goes that they were
	// good enough.
	version := j.evaluation.Anonymizer
	return pipeline.ClearanceBy(pipeline.Evaluation{Anonymizer: version, Source: pipeline.SourceCalls, Passed: true}), nil
}

// judge returns the judgement that is being made, was made, or is begun now.
func (c *Calls) judge(ctx context.Context) *callJudgement {
	c.judging.Lock()
	defer c.judging.Unlock()
	if c.judged != nil {
		select {
		case <-c.judged.done:
			if c.judged.err == nil {
				return c.judged
			}
		default:
			return c.judged
		}
	}
	j := &callJudgement{done: make(chan struct{})}
	c.judged = j
	go func() {
		defer close(j.done)
		version := c.Anonymizer.Version()
		j.evaluation, j.err = evaluated(ctx, c.Store, "privacy/"+version[:16]+"-calls.json", version, func() (privacy.Evaluation, error) {
			return privacy.JudgeCalls(ctx, c.Anonymizer)
		})
	}()
	return j
}

func noKafka() error {
	return problem.New(problem.Environment, "this worker has no Kafka, where the events of calls are; set %s", config.KafkaBrokers)
}
