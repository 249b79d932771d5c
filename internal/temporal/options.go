package temporal

import (
	"cmp"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"

	"switchboard/internal/problem"
)

// Options says which server to connect to, and as whom. The zero value is a
// server on this machine that asks for neither TLS nor a key. [Load] gives what
// a user has set.
type Options struct {
	// Address is the server's host and port; [client.DefaultHostPort] if empty.
	Address string
	// Namespace is [client.DefaultNamespace] if empty.
	Namespace string
	// Log takes what the SDK has to say; nil drops it. What makes a call fail
	// is in the call's error all the same.
	Log *slog.Logger

	// profile is the rest of what was loaded: TLS, API key, codec, gRPC
	// metadata.
	profile envconfig.ClientConfigProfile
}

// Load reads the settings that all programs of Temporal share: TEMPORAL_ADDRESS,
// TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_*, TEMPORAL_CODEC_* and the
// profile of a configuration file, in which a variable overrides the file. The
// environment is KEY=VALUE pairs, as [os.Environ] gives them; an empty variable
// counts as unset, since that is how compose files pass it. The profile's name
// comes from TEMPORAL_PROFILE where it is empty.
//
// What cannot be read is a problem of kind BadInput.
func Load(environ []string, profile string) (Options, error) {
	p, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{
		ConfigFileProfile: profile,
		EnvLookup:         environment(environ),
	})
	if err != nil {
		return Options{}, problem.Input("Temporal's settings cannot be used: %w; check TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE and the file it names", err)
	}
	return Options{Address: p.Address, Namespace: p.Namespace, profile: p}, nil
}

// OfServer returns the options for a server that this process started at an
// address. It asks for no TLS, no key and no metadata, which the settings have
// for another server; values are encoded as they say, since a starter with the
// same settings encodes them so.
func (o Options) OfServer(address string) Options {
	return Options{Address: address, Log: o.Log, profile: envconfig.ClientConfigProfile{Codec: o.profile.Codec}}
}

// Validate reports the first setting that cannot work, as a problem of kind
// BadInput. [Dial] calls it.
func (o Options) Validate() error {
	_, err := o.client()
	return err
}

// client returns what the SDK is given. Whatever every connection is to have,
// such as an interceptor or a handler of metrics, is set here.
func (o Options) client() (client.Options, error) {
	o = o.withDefaults()
	if err := o.checkCodec(); err != nil {
		return client.Options{}, err
	}
	// A worker includes the codec too, although the SDK advises against it:
	// with a codec on one side only, neither side could read the other.
	c, err := o.profile.ToClientOptions(envconfig.ToClientOptionsRequest{IncludeRemoteCodec: true})
	if err != nil {
		return client.Options{}, problem.Input("Temporal's settings cannot be used: %w; check the TEMPORAL_TLS variables", err)
	}
	// The one place that decides how values are encoded.
	encoded := c.DataConverter != nil
	if !encoded {
		c.DataConverter = converter.GetDefaultDataConverter()
	}
	// Messages and stack traces of failures are values, too.
	c.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: c.DataConverter, EncodeCommonAttributes: encoded,
	})
	c.Logger = log.NewStructuredLogger(o.Log)
	return c, nil
}

func (o Options) withDefaults() Options {
	o.Address = cmp.Or(o.Address, client.DefaultHostPort)
	o.Namespace = cmp.Or(o.Namespace, client.DefaultNamespace)
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	o.profile.Address, o.profile.Namespace = o.Address, o.Namespace
	return o
}

// checkCodec looks at the codec's address. A mistake in it would otherwise show
// at the first value that is sent, as an error of that.
func (o Options) checkCodec() error {
	codec := o.profile.Codec
	if codec == nil {
		return nil
	}
	at, err := url.Parse(codec.Endpoint)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return problem.Input("the codec's address is %q; give a URL such as https://codec.example.com (TEMPORAL_CODEC_ENDPOINT, or codec.endpoint in the profile)", codec.Endpoint)
	}
	return nil
}

// tlsByKey tells that TLS is on because there is an API key, and perhaps not
// because somebody wants it.
func (o Options) tlsByKey() bool {
	return o.profile.APIKey != "" && (o.profile.TLS == nil || !o.profile.TLS.Disabled)
}

// environment gives envconfig the variables of a program.
type environment []string

func (e environment) Environ() []string { return e }

// LookupEnv returns the last value that a variable is given, as a shell would.
func (e environment) LookupEnv(name string) (string, bool) {
	for _, pair := range slices.Backward(e) {
		if key, value, ok := strings.Cut(pair, "="); ok && key == name {
			return value, value != ""
		}
	}
	return "", false
}
