package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"switchboard/internal/config"
	"switchboard/internal/problem"
)

// health asks the intake that has the same settings whether it is ready.
func health(ctx context.Context, getenv func(string) string) error {
	address := config.Get(getenv, config.IntakeAddress)
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return problem.Input("%s is %q; give a host and a port such as 127.0.0.1:8091", config.IntakeAddress, address)
	}
	// One that listens on all interfaces is asked on the nearest.
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme, transport := "http", &http.Transport{}
	if cert := config.Get(getenv, config.IntakeTLSCert); cert != "" {
		scheme = "https"
		if transport.TLSClientConfig, err = pinned(cert); err != nil {
			return err
		}
	}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return fmt.Errorf("asking the intake: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the intake is not ready: it answers %s", answer.Status)
	}
	return nil
}

// pinned trusts the certificate in a file and no other, whatever name it has: the
// intake is reached by an address that its certificate does not name.
func pinned(cert string) (*tls.Config, error) {
	content, err := os.ReadFile(cert) //nolint:gosec // a setting names the file
	if err != nil {
		return nil, problem.Input("the certificate cannot be read from %s (set by %s): %w", cert, config.IntakeTLSCert, err)
	}
	own, _ := pem.Decode(content) // the intake's own certificate comes first
	if own == nil {
		return nil, problem.Input("%s (set by %s) has no certificate in PEM form", cert, config.IntakeTLSCert)
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection is stricter
		VerifyConnection: func(state tls.ConnectionState) error {
			if !bytes.Equal(state.PeerCertificates[0].Raw, own.Bytes) {
				return errors.New("the intake has another certificate than the file")
			}
			return nil
		},
	}, nil
}
