package cli

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"

	"switchboard/internal/problem"
)

// dialTimeout bounds the first contact with the server. A user waits for it.
const dialTimeout = 5 * time.Second

// lookTimeout bounds one question to the server, or through it to a worker.
const lookTimeout = 5 * time.Second

// connection is a Temporal client that knows where it is connected to.
type connection struct {
	client.Client
	address, namespace string
}

// connect reads Temporal's own settings, lets the global flags override them,
// and makes the first contact.
func (a *app) connect(ctx context.Context) (*connection, error) {
	options, err := a.clientOptions()
	if err != nil {
		return nil, err
	}
	c := &connection{address: options.HostPort, namespace: options.Namespace}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if c.Client, err = client.DialContext(ctx, options); err != nil {
		return nil, c.dialProblem(err)
	}
	return c, nil
}

func (a *app) clientOptions() (client.Options, error) {
	profile, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{
		ConfigFileProfile: a.profile,
		EnvLookup:         lookup{a},
	})
	if err != nil {
		return client.Options{}, problem.Input("Temporal's settings cannot be used: %w; check TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE and the file it names", err)
	}
	if a.address != "" {
		profile.Address = a.address
	}
	if a.namespace != "" {
		profile.Namespace = a.namespace
	}
	options, err := profile.ToClientOptions(envconfig.ToClientOptionsRequest{IncludeRemoteCodec: true})
	if err != nil {
		return client.Options{}, problem.Input("Temporal's settings cannot be used: %w; check the TEMPORAL_TLS variables", err)
	}
	if options.HostPort == "" {
		options.HostPort = client.DefaultHostPort
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	options.ConnectionOptions.GetSystemInfoTimeout = dialTimeout
	// Whatever goes wrong becomes one sentence; the SDK's log would add to it.
	options.Logger = log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	return options, nil
}

func (c *connection) dialProblem(err error) error {
	var denied *serviceerror.PermissionDenied
	switch {
	case errors.Is(err, context.Canceled):
		return &interruption{"stopped before the Temporal server answered"}
	case errors.As(err, &denied), strings.Contains(err.Error(), "Unauthenticated"), strings.Contains(err.Error(), "unauthorized"):
		return problem.New(problem.Environment, "the Temporal server at %s denies access; check TEMPORAL_API_KEY, or the client certificate", c.address)
	case strings.Contains(err.Error(), "authentication handshake failed"):
		return problem.New(problem.Environment, "the TLS handshake with the Temporal server at %s failed; check the TEMPORAL_TLS variables", c.address)
	}
	return problem.New(problem.Environment, "no Temporal server answers at %s; start one with `go run ./standalone`, or set TEMPORAL_ADDRESS", c.address)
}

// lookup gives envconfig the environment that the command was started with.
type lookup struct{ a *app }

func (l lookup) Environ() []string { return l.a.environ }

// LookupEnv takes an empty variable for an unset one, as compose files pass
// them.
func (l lookup) LookupEnv(name string) (string, bool) {
	v := l.a.getenv(name)
	return v, v != ""
}
