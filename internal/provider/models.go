package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

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
	list, err := all(ctx, c, call{op: "listing the provider's models"}, "/models", url.Values{}, func(w wireModel) string { return w.ID }, nil)
	if err != nil {
		return nil, err
	}
	var models []Model
	for _, m := range list {
		if isName(m.ID) {
			models = append(models, Model{ID: m.ID, Created: m.Created.Time})
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
	var m wireModel
	err := c.do(ctx, k, func(ctx context.Context) error {
		return c.request(ctx, http.MethodGet, "/models/"+url.PathEscape(id), nil, nil, &m)
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
	return Model{ID: id, Created: m.Created.Time}, nil // whatever the provider repeats
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

// wireModel is Model as it is sent.
type wireModel struct {
	ID      string
	Created unixTime
}

// UnmarshalJSON takes a name alone, too, and never fails.
func (w *wireModel) UnmarshalJSON(b []byte) error {
	var object struct {
		Created unixTime `json:"created"`
	}
	var id word
	_, _ = json.Unmarshal(b, &object), json.Unmarshal(b, &id)
	*w = wireModel{ID: string(id), Created: object.Created}
	return nil
}
