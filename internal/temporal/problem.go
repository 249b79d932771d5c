package temporal

import (
	"errors"
	"strings"

	"go.temporal.io/api/serviceerror"

	"switchboard/internal/problem"
)

// dialProblem turns a failed first contact with the Temporal server at an
// address into a problem of kind Environment. With a key, an API key was set,
// which turns TLS on.
func dialProblem(address string, key bool, err error) error {
	var denied *serviceerror.PermissionDenied
	text := err.Error()
	switch {
	case errors.As(err, &denied), strings.Contains(text, "Unauthenticated"), strings.Contains(text, "unauthorized"):
		return problem.New(problem.Environment, "the Temporal server at %s denies access; check TEMPORAL_API_KEY, or the client certificate", address)
	case strings.Contains(text, "authentication handshake failed") && key:
		return problem.New(problem.Environment, "the TLS handshake with the Temporal server at %s failed; TLS is on because an API key is set (TEMPORAL_API_KEY, or api_key in the profile): unset the key for a server without TLS, or check the TEMPORAL_TLS variables", address)
	case strings.Contains(text, "authentication handshake failed"):
		return problem.New(problem.Environment, "the TLS handshake with the Temporal server at %s failed; check the TEMPORAL_TLS variables", address)
	case key:
		return problem.New(problem.Environment, "no Temporal server answers with TLS at %s; TLS is on because an API key is set (TEMPORAL_API_KEY, or api_key in the profile): check TEMPORAL_ADDRESS, or unset the key for a server without TLS", address)
	}
	return problem.New(problem.Environment, "no Temporal server answers at %s; start one with `go run ./standalone`, or set TEMPORAL_ADDRESS", address)
}
