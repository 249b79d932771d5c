// Package endpoint is an address at which a program of Switchboard answers by HTTP:
// with which certificate, and whether it does.
package endpoint

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"switchboard/internal/problem"
)

// Endpoint says where a program listens, and which settings say so.
type Endpoint struct {
	// Program is who answers, as sentences call it: "the intake".
	Program string
	// Address is the host and port to listen on.
	Address string
	// Cert and Key are PEM files with which HTTPS is spoken; empty speaks HTTP.
	Cert, Key string
	// AddressSetting, CertSetting and KeySetting are the names of the settings that
	// these came from, for whoever has to mend them.
	AddressSetting, CertSetting, KeySetting string
}

// Validate reports the first setting that cannot work, as a problem of kind BadInput.
// The files are not looked at.
func (e Endpoint) Validate() error {
	if _, _, err := e.split(); err != nil {
		return err
	}
	if (e.Cert == "") != (e.Key == "") {
		return problem.Input("HTTPS needs both %s and %s: give the other one too, or none", e.CertSetting, e.KeySetting)
	}
	return nil
}

// split returns the address's host and port.
func (e Endpoint) split() (host, port string, err error) {
	if host, port, err = net.SplitHostPort(e.Address); err != nil {
		return "", "", problem.Input("%s is %q; give a host and a port such as 127.0.0.1:8000", e.AddressSetting, e.Address)
	}
	return host, port, nil
}

// TLS returns what a server needs to speak HTTPS; nil where it is to speak HTTP. Files
// that are no certificate and its key are a problem of kind BadInput.
func (e Endpoint) TLS() (*tls.Config, error) {
	if e.Cert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(e.Cert, e.Key)
	if err != nil {
		return nil, problem.Input("%s and %s (set by %s and %s) are no certificate and its key: %w", e.Cert, e.Key, e.CertSetting, e.KeySetting, err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}, nil
}

// askTime bounds the question of [Endpoint.Ask].
const askTime = 5 * time.Second

// Ask asks the program of this machine for a path, which it has to answer with 200 OK.
// Where HTTPS is spoken, only the endpoint's own certificate is believed; its key is not
// needed.
func (e Endpoint) Ask(ctx context.Context, path string) error {
	address, err := e.nearest()
	if err != nil {
		return err
	}
	scheme, transport := "http", &http.Transport{}
	defer transport.CloseIdleConnections()
	if e.Cert != "" {
		own, err := e.itself()
		if err != nil {
			return err
		}
		scheme, transport.TLSClientConfig = "https", own
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	question, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+address+path, nil)
	if err != nil {
		return err
	}
	answer, err := (&http.Client{Transport: transport}).Do(question)
	if err != nil {
		return fmt.Errorf("asking %s: %w", e.Program, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", e.Program, answer.Status)
	}
	return nil
}

// nearest is the address at which this machine reaches the program: one that listens
// on all interfaces is asked on the nearest one.
func (e Endpoint) nearest() (string, error) {
	host, port, err := e.split()
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), err
}

// itself trusts exactly the certificate in the file, whatever name and authority it
// has: on this machine a program is reached by an address that its certificate does not
// name.
func (e Endpoint) itself() (*tls.Config, error) {
	content, err := os.ReadFile(e.Cert)
	if err != nil {
		return nil, problem.Input("the certificate of %s cannot be read: %w; check %s", e.Program, err, e.CertSetting)
	}
	leaf, _ := pem.Decode(content) // the program's own certificate comes first
	if leaf == nil {
		return nil, problem.Input("%s (set by %s) holds no certificate in PEM form", e.Cert, e.CertSetting)
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection is stricter
		VerifyConnection: func(state tls.ConnectionState) error {
			if !bytes.Equal(state.PeerCertificates[0].Raw, leaf.Bytes) {
				return errors.New("another certificate is shown than that of " + e.Program)
			}
			return nil
		},
	}, nil
}
