package provider

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"switchboard/internal/problem"
)

// Serve returns the name under which the model of a job that has succeeded is
// asked. Most providers give it with the job. Where a checkpoint has to be made
// a model first, Serve does that, once: it takes the one that was made before.
// The model may take some minutes to answer. "" means that the provider names
// none.
//
// A model that only the operator can deploy is not deployed here: its name is
// returned, and asking it says what to do.
func (c *Client) Serve(ctx context.Context, job Job) (string, error) {
	if job.FineTunedModel != "" || c.profile.serving != servedAsAdapter {
		return job.FineTunedModel, nil
	}
	made, err := c.adapters(ctx)
	if err != nil {
		return "", err
	}
	for _, a := range made {
		if a.JobID == job.ID && a.Status != "deleted" && isName(a.Name) {
			return a.Name, a.failure()
		}
	}
	last, err := c.lastCheckpoint(ctx, job.ID)
	if err != nil || last == "" {
		return "", err
	}
	a := adapter{
		Name: cmp.Or(job.Suffix, job.ID), BaseModel: c.profile.listed(job.BaseModel), Source: job.ID + ":" + last,
	}
	k := aboutJob("serving the fine-tuned model", job.ID)
	err = c.do(ctx, k, func(ctx context.Context) error {
		return c.requestURL(ctx, http.MethodPost, c.adapterURL(""), nil, a, &a)
	})
	if err != nil {
		return "", err
	}
	if !isName(a.Name) {
		return "", c.misnamed(&k, "the fine-tuned model a name")
	}
	return a.Name, a.failure()
}

// adapter is a model made of a checkpoint.
type adapter struct {
	Name      string `json:"name"`
	BaseModel string `json:"base_model,omitempty"`
	// Source is the job's id, a colon, and the checkpoint's.
	Source string `json:"source,omitempty"`
	// Status is "validating", "active", "error" or "deleted".
	Status string `json:"status,omitempty"`
	Reason string `json:"status_reason,omitempty"`
	JobID  string `json:"job_id,omitempty"`
}

func (a adapter) failure() error {
	if a.Status != "error" {
		return nil
	}
	why := "for a reason that is to be seen there"
	if known := tell(a.Reason); known != "" {
		why = known
	}
	return problem.New(problem.Refused, "the provider cannot serve the fine-tuned model %s (%s): delete it there, and start again", a.Name, why)
}

// adapterURL is beside the protocol's own paths, which end in /v1.
func (c *Client) adapterURL(name string) string {
	target := strings.TrimSuffix(c.base, "/v1") + "/v0/models"
	for part := range strings.SplitSeq(name, "/") {
		if part != "" {
			target += "/" + url.PathEscape(part)
		}
	}
	return target
}

func (c *Client) adapters(ctx context.Context) ([]adapter, error) {
	var list []adapter
	err := c.do(ctx, call{op: "listing the provider's custom models"}, func(ctx context.Context) error {
		return c.requestURL(ctx, http.MethodGet, c.adapterURL(""), nil, nil, &list)
	})
	return list, err
}

// adapter looks a custom model up by its whole name.
func (c *Client) adapter(ctx context.Context, k call, name string) (Model, error) {
	var a adapter
	err := c.do(ctx, k, func(ctx context.Context) error {
		return c.requestURL(ctx, http.MethodGet, c.adapterURL(name), nil, nil, &a)
	})
	if err != nil {
		return Model{}, err
	}
	a.Name = name
	return Model{ID: name}, a.failure()
}

type wireCheckpoint struct {
	ID   string `json:"id"`
	Step int    `json:"step_number"`
}

// lastCheckpoint returns the id of the job's last checkpoint, "" if it has
// none. Providers disagree on the order of the list.
func (c *Client) lastCheckpoint(ctx context.Context, jobID string) (string, error) {
	k := aboutJob("listing the fine-tuning job's checkpoints", jobID)
	list, err := all(ctx, c, k, jobPath(jobID)+"/checkpoints", url.Values{"limit": {pageSize}}, func(w wireCheckpoint) string { return w.ID }, nil)
	if err != nil {
		return "", err
	}
	last := wireCheckpoint{Step: -1}
	for _, w := range list {
		if w.Step >= last.Step && isName(w.ID) {
			last = w
		}
	}
	return last.ID, nil
}

// notDeployed is what an operator has to do before a fine-tuned model answers.
func (c *Client) notDeployed(e *Error, model, answer string) *Error {
	name := c.profile.asked(model)
	if name == model {
		return e.permanent(NotFound, problem.Environment, "%s at %s has no deployment %q (%s): deploy the model under this name, or check the name", c.profile.name, c.host, model, answer)
	}
	resource, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(c.host, "https://"), "http://"), ".")
	return e.permanent(NotFound, problem.Environment,
		"%s at %s has not deployed the model %q (%s); deploy it, which costs by the hour, with: "+
			"az cognitiveservices account deployment create --resource-group GROUP --name %s --deployment-name %s --model-name %s --model-version 1 --model-format OpenAI --sku-name Standard --sku-capacity 1",
		c.profile.name, c.host, model, answer, resource, name, model)
}

// filePause is the time to give a provider that still reads a file.
const filePause = 10 * time.Second

// fileReady returns nil once a job can read the uploaded file.
func (c *Client) fileReady(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	var w wireFile
	k := call{op: "looking up the uploaded file", about: fmt.Sprintf("file %q", id)}
	err := c.do(ctx, k, func(ctx context.Context) error {
		return c.request(ctx, http.MethodGet, "/files/"+url.PathEscape(id), nil, nil, &w)
	})
	if err != nil {
		return err
	}
	e := &Error{Op: "creating the fine-tuning job"}
	switch {
	case w.ID == "":
		return c.malformed(&k, flaw("the file has no id"))
	case w.file().usable() && !w.file().inProcess():
		return nil
	case w.file().inProcess():
		e = e.retryable(ServerError, nil, "the provider is still reading the file %s", id)
		e.RetryAfter = filePause
		return e
	}
	return e.permanent(InvalidRequest, problem.Refused, "the provider could not read the file %s (%s): look it up there", id, state(w.Status))
}
