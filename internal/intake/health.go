package intake

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"switchboard/internal/config"
	"switchboard/internal/problem"
)

// Health asks the intake of this machine that has these options whether it is ready.
func Health(ctx context.Context, o Options) error {
	host, port, err := net.SplitHostPort(o.Address)
	if err != nil {
		return problem.Input("%s is %q; give a host and a port such as 127.0.0.1:8091", config.IntakeAddress, o.Address)
	}
	// An intake on all interfaces is asked on the nearest one.
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme, transport := "http", &http.Transport{}
	if o.Cert != "" {
		scheme = "https"
		if transport.TLSClientConfig, err = o.itself(); err != nil {
			return err
		}
	}
	defer transport.CloseIdleConnections()
	limited, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	r, err := http.NewRequestWithContext(limited, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Transport: transport, Timeout: askTime + time.Second}).Do(r)
	if err != nil {
		return fmt.Errorf("asking the intake: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the intake answers %s", response.Status)
	}
	return nil
}

// itself trusts the one certificate that the intake has, whatever name is in it.
func (o Options) itself() (*tls.Config, error) {
	pair, err := o.pair()
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // verified below
		VerifyConnection: func(state tls.ConnectionState) error {
			if !slices.Equal(state.PeerCertificates[0].Raw, pair.Certificate[0]) {
				return errors.New("another certificate is shown than the intake's")
			}
			return nil
		},
	}, nil
}
