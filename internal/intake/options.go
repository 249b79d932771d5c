package intake

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/config"
	"switchboard/internal/endpoint"
	"switchboard/internal/kafka"
	"switchboard/internal/problem"
)

// Options says what an intake takes in, from where, and to where. Everything is
// required that does not say otherwise.
type Options struct {
	Kafka kafka.Options
	// Partitions is how many the topic of calls gets if it is missing; 0 leaves
	// that to the broker.
	Partitions int32
	// Runs is where calls are analyzed, Switch whether they are to be.
	Runs   Runs
	Switch Switch
	// MaxOpen is how many calls may be analyzed at once, those of all intakes
	// together.
	MaxOpen int
	// Address is the host and port to listen on; port 0 takes a free one.
	Address string
	// Keys are those with which calls may be sent by HTTP. Without any nobody can.
	Keys []string
	// Issued are keys that people manage elsewhere; nil is none.
	Issued Issued
	// Cert and Key are PEM files with which HTTPS is spoken; empty speaks HTTP.
	Cert, Key string
	// MetricsAddress is where metrics are shown to whoever asks; empty shows none.
	MetricsAddress string
	// Log takes what an operator should see.
	Log *slog.Logger

	every       time.Duration // askEvery if 0
	requestTime time.Duration // requestTime if 0
}

// Load reads the options that are settings with getenv (such as os.Getenv). What
// cannot be read is a problem of kind BadInput.
func Load(getenv func(string) string) (Options, error) {
	o := Options{
		Address:        config.Get(getenv, config.IntakeAddress),
		Cert:           config.Get(getenv, config.IntakeTLSCert),
		Key:            config.Get(getenv, config.IntakeTLSKey),
		MetricsAddress: config.Get(getenv, config.IntakeMetricsAddress),
	}
	var err error
	if o.Kafka, err = kafka.Load(getenv); err != nil {
		return Options{}, err
	}
	keys, err := config.IntakeAPIKeys(getenv)
	if err != nil {
		return Options{}, err
	}
	for _, key := range strings.FieldsFunc(keys, func(r rune) bool { return r == ',' || r == '\n' }) {
		if key = strings.TrimSpace(key); key != "" {
			o.Keys = append(o.Keys, key)
		}
	}
	o.MaxOpen, err = strconv.Atoi(config.Get(getenv, config.IntakeMaxOpen))
	if err != nil {
		return Options{}, problem.Input("%s is %q; give a whole number of 1 or more", config.IntakeMaxOpen, config.Get(getenv, config.IntakeMaxOpen))
	}
	return o, nil
}

// Validate reports the first option that cannot work, as a problem of kind BadInput.
func (o Options) Validate() error {
	if err := o.Kafka.Validate(); err != nil {
		return err
	}
	if o.MaxOpen < 1 {
		return problem.Input("%s is %d; give a whole number of 1 or more", config.IntakeMaxOpen, o.MaxOpen)
	}
	for i, key := range o.Keys {
		if len(key) < 16 {
			return problem.Input("key %d in %s has less than 16 characters, so that it could be guessed; take the output of \"openssl rand -hex 24\"", i+1, config.IntakeKeys)
		}
	}
	if _, _, err := net.SplitHostPort(o.MetricsAddress); err != nil && o.MetricsAddress != "" {
		return problem.Input("%s is %q; give a host and a port such as 127.0.0.1:9100", config.IntakeMetricsAddress, o.MetricsAddress)
	}
	return o.endpoint().Validate()
}

// listen opens a port. One that is not to be had is a problem of kind Environment.
func listen(setting, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, problem.New(problem.Environment, "the address %s cannot be listened on: %w; set %s to another", address, err, setting)
	}
	return l, nil
}

// secured speaks HTTPS on a listener, if there is a certificate.
func (o Options) secured(l net.Listener) (net.Listener, error) {
	secret, err := o.endpoint().TLS()
	if err != nil || secret == nil {
		return l, err
	}
	secret.NextProtos = []string{"http/1.1"}
	return tls.NewListener(l, secret), nil
}

// endpoint is where calls are sent to.
func (o Options) endpoint() endpoint.Endpoint {
	return endpoint.Endpoint{
		Program: "the intake", Address: o.Address, Cert: o.Cert, Key: o.Key,
		AddressSetting: config.IntakeAddress, CertSetting: config.IntakeTLSCert, KeySetting: config.IntakeTLSKey,
	}
}

// Health asks the intake of this machine that has these options whether it is ready.
func Health(ctx context.Context, o Options) error { return o.endpoint().Ask(ctx, "/readyz") }
