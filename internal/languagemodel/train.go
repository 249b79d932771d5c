package languagemodel

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"syscall"
	"time"
)

// MaxTokens is how much of a text a model is trained on, and asked about, in its own
// tokens.
const MaxTokens = 256

const (
	// saveTime is how long a training that is to stop may take to save where it is.
	saveTime = 15 * time.Second
	// silence is how long nothing may be heard of a training, which says something
	// every ten seconds but while it reads weights, and these may have many gigabytes.
	silence = 20 * time.Minute
)

// Job is a training.
type Job struct {
	// Base is the name of the base model.
	Base string
	// Labels are all labels of the examples, ascending.
	Labels            []string
	Epochs, BatchSize int
	// RateMultiplier scales the trainer's own learning rate.
	RateMultiplier float64
	Seed           int64
}

// Example is a text and its label.
type Example struct{ Text, Label string }

// Report is what a training tells while it goes on.
type Report struct {
	// Type is one of the constants below, and says which of the rest are set.
	Type string `json:"type"`

	Parameters int64  `json:"parameters"` // Loaded: of the base
	Trainable  int64  `json:"trainable"`  // Loaded: those that change
	Device     string `json:"device"`     // Loaded: as of [Facts]
	Tokens     int64  `json:"tokens"`     // Loaded: of one epoch. Done: of all

	// Step counts batches from the beginning, of Steps in all; Epoch counts from 1.
	Step  int `json:"step"`
	Steps int `json:"steps"`
	Epoch int `json:"epoch"`
	// The figures of an epoch; the last two are nil without a validation set. Losses
	// are cross-entropies over the labels.
	TrainLoss     float64  `json:"train_loss"`
	TrainAccuracy float64  `json:"train_accuracy"`
	ValidLoss     *float64 `json:"valid_loss"`
	ValidAccuracy *float64 `json:"valid_accuracy"`
	// Adapter is the folder of the epoch's adapter below the state's.
	Adapter string `json:"adapter"`

	Epochs int `json:"epochs"` // Done: that were trained
	Best   int `json:"best"`   // Done: the epoch whose adapter is the best

	Code string `json:"code"`
}

// The types of reports. After a restart of the server a training that goes on says
// Resumed, and the epochs that it had been through once more.
const (
	Loaded  = "loaded"
	Resumed = "resumed"
	Step    = "step"
	Epoch   = "epoch"
	Saved   = "saved"
	Done    = "done"

	stopped  = "stopped"
	gaveUp   = "error"
	training = "train"
)

// adapterName is a folder that a training may name: nothing above it.
var adapterName = regexp.MustCompile(`^epoch-[0-9]{1,4}$`)

// Train trains a job's base with examples, and calls report, from one goroutine, with
// all that the trainer tells, until that is Done. State is a folder, which is made if
// it is missing, in which the trainer saves where it is: a training that was
// interrupted goes on from there if job and examples are the same. The adapters are
// in it too.
//
// When ctx ends, the trainer may save its state once more; the error is then ctx's
// cause. Otherwise it is report's, a [Failure], or the server's own trouble with the
// child.
func (m *Models) Train(ctx context.Context, state string, job Job, train, validation []Example, report func(Report) error) error {
	base, ok := m.Base(job.Base)
	if !ok {
		return Failure{Code: codeBadModel}
	}
	if err := os.MkdirAll(state, 0o700); err != nil {
		return fmt.Errorf("making the folder of a training's state: %w", err)
	}
	c, err := m.program.start(m.log, training, "--state", state)
	if err != nil {
		return err
	}
	heard := time.AfterFunc(silence, c.kill)
	defer heard.Stop()
	stopping := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopping)
		c.signal(syscall.SIGTERM)
		select {
		case <-c.ended:
		case <-time.After(m.saving):
			c.kill()
		}
	})
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		// A child that does not take them all ends, and says why.
		_ = feed(c, base, job, train, validation)
	}()
	err = follow(c, job, func(r Report) error {
		heard.Reset(silence)
		return report(r)
	})
	if !stop() { // ctx ended: the child is stopping
		<-stopping
	}
	grace := m.saving
	if err != nil {
		grace = 0
	}
	c.end(grace)
	<-fed // nothing uses the examples any more
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// wireJob is a job as the trainer reads it.
type wireJob struct {
	Type           string   `json:"type"`
	Base           string   `json:"base"`
	Kind           Kind     `json:"kind"`
	Labels         []string `json:"labels"`
	Epochs         int      `json:"epochs"`
	BatchSize      int      `json:"batch_size"`
	RateMultiplier float64  `json:"learning_rate_multiplier"`
	Seed           int64    `json:"seed"`
	MaxTokens      int      `json:"max_tokens"`
	Threads        int      `json:"threads"`
}

type wireExample struct {
	Type   string `json:"type"`
	Set    string `json:"set"`
	Text   string `json:"text"`
	Label  string `json:"label"`
	Weight int    `json:"weight"`
}

// feed tells the trainer the job and its examples, and leaves its standard input
// open: that it closes would mean that the server has died.
func feed(c *child, base Base, job Job, train, validation []Example) error {
	buffer := bufio.NewWriterSize(c.in, 1<<16)
	lines := json.NewEncoder(buffer)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(wireJob{
		Type: "job", Base: base.Path, Kind: base.Kind, Labels: job.Labels, Epochs: job.Epochs, BatchSize: job.BatchSize,
		RateMultiplier: job.RateMultiplier, Seed: job.Seed, MaxTokens: MaxTokens, Threads: threads(),
	}); err != nil {
		return err
	}
	for _, set := range []struct {
		name     string
		examples []Example
	}{{training, train}, {"validation", validation}} {
		for _, e := range set.examples {
			if err := lines.Encode(wireExample{Type: "example", Set: set.name, Text: e.Text, Label: e.Label, Weight: 1}); err != nil {
				return err
			}
		}
	}
	if err := lines.Encode(map[string]string{"type": "end"}); err != nil {
		return err
	}
	return buffer.Flush()
}

// threads is how many of the machine's processors a child computes on.
func threads() int { return runtime.GOMAXPROCS(0) }

// follow reads what a training tells until it is done.
func follow(c *child, job Job, report func(Report) error) error {
	known := map[int]bool{} // epochs that were told
	for {
		var r Report
		if err := c.next(&r); err != nil {
			return err
		}
		r.Device = deviceOf(r.Device)
		switch r.Type {
		case Loaded, Resumed, Step, Saved:
		case Epoch:
			if !adapterName.MatchString(r.Adapter) || r.Epoch < 1 || r.Epoch > job.Epochs {
				return errProtocol
			}
			known[r.Epoch] = true
		case Done:
			if r.Epochs < 1 || r.Epochs > job.Epochs || !known[r.Best] || !known[r.Epochs] {
				return errProtocol
			}
			return report(r)
		case gaveUp:
			return failure(r.Code)
		case stopped:
			return ErrEnded
		default:
			continue // a newer trainer's
		}
		if err := report(r); err != nil {
			return err
		}
	}
}
