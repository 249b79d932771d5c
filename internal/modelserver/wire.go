package modelserver

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
)

// readJSON decodes the body, which must be one JSON value of the right types.
// Unknown fields are ignored: clients are newer than servers.
func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxJSONBytes))
	if err != nil {
		return readFailure(err)
	}
	err = json.Unmarshal(body, into)
	var wrongType *json.UnmarshalTypeError
	var detailed *apiError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &detailed):
		return detailed
	case errors.As(err, &wrongType):
		return invalid(http.StatusBadRequest, wrongType.Field, "invalid_type",
			"Invalid type for '%s': expected %s.", wrongType.Field, wrongType.Type)
	default:
		return invalid(http.StatusBadRequest, "", "",
			"We could not parse the JSON body of your request. Send one JSON object, with the header \"Content-Type: application/json\".")
	}
}

// readFailure tells a body that was too slow or cut short from one that was
// too large, which writeError knows.
func readFailure(err error) error {
	var tooLarge *http.MaxBytesError
	var refused *apiError
	switch {
	case errors.As(err, &tooLarge), errors.As(err, &refused):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return invalid(http.StatusRequestTimeout, "", "request_timeout", "The request's body did not arrive in time.")
	}
	return invalid(http.StatusBadRequest, "", "incomplete_body", "The request's body did not arrive whole.")
}

// page cuts a list, latest first, to what the query's after and limit ask
// for.
func page[R record](r *http.Request, all []R, limit, maxLimit int) (data []R, more bool, err error) {
	query := r.URL.Query()
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxLimit {
			return nil, false, badParam("limit", "Invalid 'limit': expected an integer from 1 to %d.", maxLimit)
		}
		limit = n
	}
	if after := query.Get("after"); after != "" {
		at := slices.IndexFunc(all, func(r R) bool { return r.key() == after })
		if at < 0 {
			return nil, false, badParam("after", "Invalid 'after': there is no such object in this list.")
		}
		all = all[at+1:]
	}
	if len(all) > limit {
		return all[:limit], true, nil
	}
	return all, false, nil
}

// list is the answer of every list endpoint. First and last are null if it is
// empty.
type list[T any] struct {
	Object  string  `json:"object"`
	Data    []T     `json:"data"`
	FirstID *string `json:"first_id"`
	LastID  *string `json:"last_id"`
	HasMore bool    `json:"has_more"`
}

func listOf[R record, T any](page []R, more bool, show func(R) T) list[T] {
	result := list[T]{Object: "list", Data: make([]T, len(page)), HasMore: more}
	for i, r := range page {
		result.Data[i] = show(r)
	}
	if len(page) > 0 {
		result.FirstID, result.LastID = optional(page[0].key()), optional(page[len(page)-1].key())
	}
	return result
}
