package cli

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"

	"switchboard/internal/installation"
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
	// ui is the address of the server's Web UI, empty if it is not known.
	ui string
}

// connect reads Temporal's own settings, lets the global flags override them,
// and makes the first contact.
func (a *app) connect(ctx context.Context) (*connection, error) {
	options, err := a.clientOptions()
	if err != nil {
		return nil, err
	}
	c := &connection{address: options.HostPort, namespace: options.Namespace, ui: a.webUI(options.HostPort)}
	key := options.Credentials != nil && !options.ConnectionOptions.TLSDisabled
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if c.Client, err = client.DialContext(ctx, options); err != nil {
		if errors.Is(err, context.Canceled) {
			return nil, &interruption{"stopped before the Temporal server answered"}
		}
		return nil, installation.DialProblem(c.address, key, err)
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

// lookup gives envconfig the environment that the command was started with.
type lookup struct{ a *app }

func (l lookup) Environ() []string { return l.a.environ }

// LookupEnv takes an empty variable for an unset one, as compose files pass
// them.
func (l lookup) LookupEnv(name string) (string, bool) {
	v := l.a.getenv(name)
	return v, v != ""
}
