// Package webhook tells others what has happened, as the Standard Webhooks
// specification (https://www.standardwebhooks.com) has it: a POST with a JSON body
// and three headers.
//
//	webhook-id         the same for every attempt to tell of one event
//	webhook-timestamp  when this attempt was made, in seconds since 1970
//	webhook-signature  v1, and the HMAC-SHA256 over id.timestamp.body in base64
//
// The receiver has the secret too. It computes the signature over the bytes as they
// came, compares, refuses timestamps that are minutes old, and takes an id that it
// has seen for a repetition; [Secret.Verify] does the first three. Any status from
// 200 to 299 says that it has understood.
//
// An address is somebody else's wish, and the worker that sends stands inside a
// network: so it sends to the hosts on its list alone, follows no redirection, and
// reads nothing of the answer but its status.
package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"switchboard/internal/config"
	"switchboard/internal/hostlist"
	"switchboard/internal/problem"
)

// Headers of a notification.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

// timeout bounds one attempt.
const timeout = 10 * time.Second

// Sender sends notifications.
type Sender struct {
	hosts  hostlist.List
	secret Secret
	client *http.Client
}

// NewSender returns a sender to the hosts of a list with commas; each is a name, or
// a name with a port where that is not the usual one. The secret is as [ParseSecret]
// takes it. With an empty list there is nobody to send to, and no secret is needed.
func NewSender(hosts, secret string) (*Sender, error) {
	s := &Sender{client: &http.Client{
		Timeout: timeout,
		// Another host may not be on the list.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	var err error
	if s.hosts, err = hostlist.Parse(config.NotifyHosts, hosts); err != nil {
		return nil, err
	}
	if len(s.hosts) == 0 {
		return s, nil
	}
	s.secret, err = ParseSecret(secret)
	return s, err
}

var errNoURL = problem.Input("the address to notify is not an http or https URL; give one such as https://hooks.example.com/switchboard")

// Check returns a problem if nothing may be sent to an address.
func (s *Sender) Check(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return errNoURL
	}
	if !s.hosts.Allows(u) {
		return problem.Input("the workers may not notify %s; let them with %s=%s (and %s, to sign with), or give another address", hostlist.Of(u), config.NotifyHosts, hostlist.Of(u), config.NotifySecret)
	}
	return nil
}

func (s *Sender) request(ctx context.Context, address, id string, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, errNoURL
	}
	now := time.Now()
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "switchboard")
	request.Header.Set(HeaderID, id)
	request.Header.Set(HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	request.Header.Set(HeaderSignature, s.secret.Sign(id, now, body))
	return request, nil
}

// ErrGone is returned where the receiver wants to hear no more.
var ErrGone = errors.New("the receiver answered 410 Gone: it wants no more notifications")

// Send tells an address of an event, once. No error holds the address, which may be as
// good as a password, nor a word of the receiver's.
func (s *Sender) Send(ctx context.Context, address, id string, body []byte) error {
	if err := s.Check(address); err != nil {
		return err
	}
	request, err := s.request(ctx, address, id, body)
	if err != nil {
		return err
	}
	answer, err := s.client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("notifying %s: %w", request.URL.Host, ctx.Err())
		}
		return fmt.Errorf("notifying %s: %s", request.URL.Host, reason(err))
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 4096) // so that the connection can be used again
	switch {
	case answer.StatusCode == http.StatusGone:
		return ErrGone
	case answer.StatusCode/100 != 2:
		return fmt.Errorf("notifying %s: it answered %d %s", request.URL.Host, answer.StatusCode, http.StatusText(answer.StatusCode))
	}
	return nil
}

// reason says why there is no answer. The client's own errors quote the address, and
// what does not read as HTTP.
func reason(err error) string {
	var timeout net.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return "it did not answer in time"
	case errors.As(err, &certificate):
		return "its certificate is refused: " + problem.Distrusted(err)
	}
	return problem.Broken(err)
}
