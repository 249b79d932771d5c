package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"switchboard/internal/problem"
)

// Capability is something that a provider may be able to do.
type Capability struct {
	// Name is a word or two.
	Name string
	// Needed: a run fails without it.
	Needed bool
	// Without says what a run does without it; "" where it is needed.
	Without string

	ask func(ctx context.Context, c *Client, baseModel string) (string, error)
}

// Capabilities are what [Client.Ask] can find out, in the order in which a run
// uses them.
var Capabilities = []Capability{
	{"base model", true, "", askBaseModel},
	{"files", true, "", askFiles},
	{"jobs", true, "", askJobs},
	{"events", true, "", askEvents},
	{"checkpoints", false, "a run uses the job's last model", askCheckpoints},
	{"answers", true, "", askChat},
	{"batches", false, "apply asks call by call, and refuses --mode batch", askBatches},
}

// ErrUnknown is returned, wrapped, by [Client.Ask] where only a fine-tuning job could
// show it, and there is none.
var ErrUnknown = errors.New("the provider has no fine-tuning job yet")

// Ask asks the provider whether it has a capability, by requests that change
// nothing and cost nothing, and returns what it found in a few words. An error
// says that the provider lacks it, or why it did not tell; see [Missing] and
// [ErrUnknown]. baseModel is the one that a fine-tuning would start from.
//
// Whether a job may be created cannot be asked without creating one, and
// whether answers have log-probabilities not without paying for an answer.
func (c *Client) Ask(ctx context.Context, capability Capability, baseModel string) (string, error) {
	return capability.ask(ctx, c, baseModel)
}

// Missing reports whether an error of [Client.Ask] says that the provider lacks
// the capability, as against one that passes or that a better key would spare.
func Missing(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.NotFound()
}

// Deployment says what the operator has to do between a fine-tuning and its
// model's first answer; "" if that is nothing.
func (c *Client) Deployment() string {
	switch c.profile.serving {
	case servedByDeployment:
		return "a fine-tuned model answers once you have deployed it: the run waits for that half an hour, and says with which command"
	case servedAsAdapter:
		return "the last checkpoint of a job is made a model of its own, by the run"
	}
	return ""
}

func askBaseModel(ctx context.Context, c *Client, model string) (string, error) {
	if _, err := c.Model(ctx, model); err != nil {
		return "", err
	}
	last, ok := Retirement(c.base, model)
	switch {
	case !ok:
		return model, nil
	case time.Until(last) < RetirementNotice:
		return "", problem.Input("the provider stops models fine-tuned from %s on %s: choose another base model", model, last.Format(time.DateOnly))
	}
	return fmt.Sprintf("%s, until %s", model, last.Format(time.DateOnly)), nil
}

// first asks for one entry of a list.
func first[T any](ctx context.Context, c *Client, op, path string) ([]T, error) {
	var p page[T]
	err := c.do(ctx, call{op: op}, func(ctx context.Context) error {
		return c.request(ctx, http.MethodGet, path, url.Values{"limit": {"1"}}, nil, &p)
	})
	return p.Data, err
}

func askFiles(ctx context.Context, c *Client, _ string) (string, error) {
	_, err := first[wireFile](ctx, c, "listing the provider's files", "/files")
	return "can be listed, so that none is uploaded twice", err
}

func askJobs(ctx context.Context, c *Client, _ string) (string, error) {
	jobs, err := c.Jobs(ctx, nil)
	return fmt.Sprintf("can be listed; the provider has %d", len(jobs)), err
}

func askEvents(ctx context.Context, c *Client, _ string) (string, error) {
	return "of the newest job can be listed", c.ofNewestJob(ctx, "listing the fine-tuning job's events", "/events")
}

func askCheckpoints(ctx context.Context, c *Client, _ string) (string, error) {
	return "of the newest job can be listed", c.ofNewestJob(ctx, "listing the fine-tuning job's checkpoints", "/checkpoints")
}

// ofNewestJob asks for something that only a job can have.
func (c *Client) ofNewestJob(ctx context.Context, op, path string) error {
	jobs, err := first[wireJob](ctx, c, "listing the fine-tuning jobs", "/fine_tuning/jobs")
	if err != nil {
		return err
	}
	if len(jobs) == 0 || jobs[0].ID == "" {
		return fmt.Errorf("%s: %w", op, ErrUnknown)
	}
	_, err = first[struct{}](ctx, c, op, jobPath(jobs[0].ID)+path)
	return err
}

// askChat sends a question without a model and without a message. Whoever has
// the endpoint refuses it; nothing is answered, and nothing is paid.
func askChat(ctx context.Context, c *Client, _ string) (string, error) {
	k := call{op: "asking for an answer", private: true}
	err := c.do(ctx, k, func(ctx context.Context) error {
		var ignored any
		return c.request(ctx, http.MethodPost, "/chat/completions", nil, struct{}{}, &ignored)
	})
	var e *Error
	if errors.As(err, &e) && (e.Reason == InvalidRequest || (e.NotFound() && !e.noEndpoint)) {
		err = nil
	}
	return "can be asked for; whether with log-probabilities shows with the first one", err
}

func askBatches(ctx context.Context, c *Client, _ string) (string, error) {
	return "can be listed", c.CanBatch(ctx)
}
