package temporal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"go.temporal.io/sdk/client"
)

// Client is a Temporal client that knows where it is connected to and how its
// values are encoded.
type Client struct {
	client.Client
	// Address and Namespace are those that the client is connected to.
	Address, Namespace string
	// Values decodes as workers and clients of the same settings encode.
	Values
}

// Connect dials the server that the environment names, see [Load] and [Dial]. The log
// takes what the SDK has to say.
func Connect(ctx context.Context, environ []string, log *slog.Logger) (*Client, error) {
	o, err := Load(environ, "")
	if err != nil {
		return nil, err
	}
	o.Log = log
	return Dial(ctx, o)
}

// Dial connects to a server and waits for its first answer, at most as long as
// the context and five seconds allow. A server that cannot be reached is a
// problem of kind Environment, settings that cannot be used are one of kind
// BadInput; the error of a context that was cancelled is not a problem, and is
// wrapped.
func Dial(ctx context.Context, o Options) (*Client, error) {
	options, err := o.client()
	if err != nil {
		return nil, err
	}
	c, err := client.DialContext(ctx, options)
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		// Whatever else went wrong, nobody waits for it.
		return nil, fmt.Errorf("connecting to the Temporal server at %s: %w", options.HostPort, ctx.Err())
	case err != nil:
		return nil, dialProblem(options.HostPort, o.tlsByKey(), err)
	}
	return &Client{c, options.HostPort, options.Namespace, Values{options.DataConverter, options.FailureConverter}}, nil
}
