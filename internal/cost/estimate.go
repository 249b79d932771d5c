package cost

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sort"

	"golang.org/x/sync/errgroup"

	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/split"
)

// Estimate is what one provider's price makes of a fine-tuning.
type Estimate = pipeline.CostEstimate

// tokens are those of a set of examples, each counted once.
type tokens struct{ examples, questions, answers int64 }

func (t *tokens) add(o tokens) {
	t.examples += o.examples
	t.questions += o.questions
	t.answers += o.answers
}

// Counted is a dataset whose tokens were counted. It is what estimates are
// made of.
type Counted struct {
	counter   *Counter
	questions map[int64]int // by conversation
}

// Count counts the tokens of examples with a vocabulary, on all cores; of several with
// one id the last, for they are repetitions. Its errors are the counter's and the
// context's.
func Count(ctx context.Context, vocabulary string, examples []dataset.Example) (*Counted, error) {
	counter, err := NewCounter(vocabulary)
	if err != nil {
		return nil, err
	}
	last := make(map[int64]int, len(examples))
	for i, e := range examples {
		last[e.ID] = i
	}
	distinct := slices.Sorted(maps.Values(last))
	counts := make([]int, len(distinct))
	group, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		group.Go(func() error {
			counting := counter.counting()
			for i := w; i < len(distinct); i += workers {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				var err error
				if counts[i], err = counting.question(examples[distinct[i]].Text); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	c := &Counted{counter: counter, questions: make(map[int64]int, len(distinct))}
	for i, n := range counts {
		c.questions[examples[distinct[i]].ID] = n
	}
	return c, nil
}

// of adds up examples, all of which were counted.
func (c *Counted) of(examples []dataset.Example) (sum tokens, err error) {
	for _, e := range examples {
		question, counted := c.questions[e.ID]
		if !counted {
			return sum, fmt.Errorf("adding up tokens: conversation %d was not counted", e.ID)
		}
		answer, err := c.counter.label(e.Label)
		if err != nil {
			return sum, err
		}
		sum.add(tokens{1, int64(question), int64(answer + c.counter.perMessage)})
	}
	return sum, nil
}

// Estimate tells what training on one split and being judged on the others
// costs at a price. Epochs is how often each example is trained, 0 for what the
// provider chooses.
func (c *Counted) Estimate(r split.Result, p Price, epochs int) (Estimate, error) {
	train, err := c.of(split.Shown(r.Train, r.Turns))
	if err != nil {
		return Estimate{}, err
	}
	judged, err := c.of(slices.Concat(split.Shown(r.Validation, r.Turns), split.Shown(r.Test, r.Turns), r.Known))
	if err != nil {
		return Estimate{}, err
	}
	test, err := c.of(r.Test)
	if err != nil {
		return Estimate{}, err
	}

	e := Estimate{
		Price:    p,
		Examples: train.examples, Epochs: Passes(p, train.examples, epochs),
		EvaluationTokens: judged.questions + judged.answers,
		Evaluation:       asking(p, judged),
	}
	e.TrainingTokens = (train.questions + train.answers) * int64(e.Epochs)
	e.Training = float64(e.TrainingTokens) / 1e6 * p.Training
	if test.examples > 0 {
		e.Thousand = asking(p, test) / float64(test.examples) * 1000
	}
	e.ThousandInBatches = e.Thousand * p.BatchShare
	return e, nil
}

// asking is the price of questions and their answers.
func asking(p Price, t tokens) float64 {
	return p.Answers(t.questions, t.answers, false)
}

// SmallestTarget is the least target size that leaves something to train on and
// something to validate with.
const SmallestTarget = 10

// TargetSize returns the largest target size whose training and evaluation cost
// at most budget dollars: [SmallestTarget] or more, and at most the size of the
// largest class. Epochs must be known, for a trainer that chooses for itself
// keeps to no budget. A budget that no size fits is a problem of kind BadInput,
// and so are examples that cannot be split.
func (c *Counted) TargetSize(examples []dataset.Example, o split.Options, p Price, epochs int, budget float64) (int, error) {
	o.TargetSize = 0
	all, err := split.Examples(examples, o)
	if err != nil {
		return 0, err
	}
	largest := SmallestTarget
	for _, class := range all.Classes {
		largest = max(largest, class.Train+class.Validation)
	}
	costs := func(size int) (float64, error) {
		o.TargetSize = size
		r, err := split.Examples(examples, o)
		if err != nil {
			return 0, err
		}
		e, err := c.Estimate(r, p, epochs)
		return e.Total(), err
	}
	least, err := costs(SmallestTarget)
	if err != nil {
		return 0, err
	}
	if least > budget {
		return 0, problem.Input("the budget is %.2f dollars, but the smallest training on this dataset costs %.2f with %s; give more, or choose a cheaper base model", budget, least, p.BaseModel)
	}
	// A larger target holds all examples of a smaller one, so that costs
	// rise with it and the last that fits can be searched for.
	var failed error
	above := sort.Search(largest-SmallestTarget, func(i int) bool {
		dollars, err := costs(SmallestTarget + 1 + i)
		if err != nil {
			failed = err
		}
		return dollars > budget
	})
	return SmallestTarget + above, failed
}
