package provider

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// page is one page of any list of the protocol.
type page[T any] struct {
	Data    []T  `json:"data"`
	HasMore bool `json:"has_more"`
}

// UnmarshalJSON takes a bare list, too: Together lists its models so.
func (p *page[T]) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		*p = page[T]{}
		return json.Unmarshal(b, &p.Data)
	}
	type object page[T]
	return json.Unmarshal(b, (*object)(p))
}

// all gets the pages of a list until the provider has no more or enough says
// so of a page. id gives the cursor of an entry. Each page is a request of its
// own against the limits.
func all[T any](ctx context.Context, c *Client, k call, path string, query url.Values, id func(T) string, enough func([]T) bool) ([]T, error) {
	var entries []T
	seen := ""
	for {
		var p page[T]
		err := c.do(ctx, k, func(ctx context.Context) error {
			return c.request(ctx, http.MethodGet, path, query, nil, &p)
		})
		if err != nil {
			return nil, err
		}
		entries = append(entries, p.Data...)
		if !p.HasMore || len(p.Data) == 0 || (enough != nil && enough(p.Data)) {
			return entries, nil
		}
		last := id(p.Data[len(p.Data)-1])
		if last == "" || last == seen {
			// A server that ignores the cursor would send the same
			// page for ever.
			return nil, c.malformed(&k, flaw("the list does not advance from page to page"))
		}
		seen = last
		query.Set("after", last)
	}
}

// onePage is what all takes as enough for lists that some providers give whole,
// whatever cursor they are sent.
func onePage[T any](p profile) func([]T) bool {
	if !p.onePage {
		return nil
	}
	return func([]T) bool { return true }
}
