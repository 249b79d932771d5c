package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"switchboard/internal/problem"
)

// Model is a model that the provider can be asked about or with.
type Model struct {
	ID string
	// Created is zero if the provider does not say.
	Created time.Time
}

// Models lists the models that this account can use, in the provider's order.
func (c *Client) Models(ctx context.Context) ([]Model, error) {
	var list openai.ModelsList
	err := c.do(ctx, call{op: "listing the provider's models"}, func(ctx context.Context) (err error) {
		list, err = c.openai.ListModels(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	var models []Model
	for _, m := range list.Models {
		if isName(m.ID) {
			models = append(models, newModel(m))
		}
	}
	return models, nil
}

// Model looks one model up. If the provider does not have it, the error is an
// [*Error] with [Error.NotFound].
func (c *Client) Model(ctx context.Context, id string) (Model, error) {
	if id == "" || strings.ContainsAny(id, "?#%\\ \t\r\n") || strings.Contains(id, "..") {
		return Model{}, problem.Input("the model name %q cannot be right: expected a name that the provider lists", id)
	}
	k := call{op: "looking up the model", about: fmt.Sprintf("model %q", id)}
	id = c.profile.listed(id)
	if strings.Contains(id, "/") {
		// Names of the form maker/model do not survive in a path: servers
		// disagree on whether the slash is escaped.
		return c.listedModel(ctx, k, id)
	}
	var m openai.Model
	err := c.do(ctx, k, func(ctx context.Context) (err error) {
		m, err = c.openai.GetModel(ctx, id)
		return err
	})
	var missing *Error
	if errors.As(err, &missing) && missing.NotFound() && missing.Code != "model_not_found" {
		// Servers such as those built with FastAPI may list models and have
		// no look-up of one: the list decides.
		if listed, listErr := c.listedModel(ctx, k, id); listErr == nil {
			return listed, nil
		}
	}
	if err != nil {
		return Model{}, err
	}
	m.ID = id // whatever the provider repeats
	return newModel(m), nil
}

func (c *Client) listedModel(ctx context.Context, k call, id string) (Model, error) {
	models, err := c.Models(ctx)
	if err != nil {
		return Model{}, err
	}
	for _, m := range models {
		if m.ID == id {
			return m, nil
		}
	}
	if c.profile.serving == servedAsAdapter {
		return c.adapter(ctx, k, id)
	}
	e := &Error{Op: k.op}
	return Model{}, e.permanent(NotFound, problem.BadInput,
		"the provider at %s lists no %s: check the name, and OPENAI_BASE_URL", c.host, k.about)
}

func newModel(m openai.Model) Model {
	model := Model{ID: m.ID}
	if m.CreatedAt > 0 {
		model.Created = time.Unix(m.CreatedAt, 0).UTC()
	}
	return model
}
