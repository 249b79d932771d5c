package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"switchboard/internal/config"
	"switchboard/internal/problem"
)

// fault is why Kafka did not do what it was asked for, in a sentence that quotes
// nothing. It is no problem: it may pass by itself, so that it pays to ask again.
type fault struct {
	text  string
	cause error
}

func (f *fault) Error() string { return f.text }

// Unwrap keeps the cause for those who look for one; its text is not for people.
func (f *fault) Unwrap() error { return f.cause }

// faultOf says what went wrong while something was done, such as "reading a
// record". It is nil for nil. The end of the caller's own context is wrapped as it
// is, and a problem stays one.
func faultOf(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	var known *fault
	if _, isProblem := problem.KindOf(err); isProblem || errors.As(err, &known) {
		return err
	}
	if cause := context.Cause(ctx); cause != nil && errors.Is(ctx.Err(), context.Canceled) {
		return &fault{doing + " was given up", cause}
	}
	return &fault{doing + " failed: " + why(err), err}
}

// NoTopic tells that an error of this package is that a topic does not exist.
func NoTopic(err error) bool {
	return errors.Is(err, kerr.UnknownTopicOrPartition) || errors.Is(err, kerr.UnknownTopicID)
}

// why explains an error of the client.
func why(err error) string {
	var trust *tls.CertificateVerificationError
	var alert tls.AlertError
	var header tls.RecordHeaderError
	var early *kgo.ErrFirstReadEOF
	var lookup *net.DNSError
	var broker *kerr.Error
	var operation *net.OpError
	switch {
	case errors.As(err, &trust):
		return "the broker's certificate is not trusted, since " + problem.Distrusted(err) + "; check " + config.KafkaTLSCA
	case errors.As(err, &alert):
		return "the broker ended the TLS handshake (" + alert.Error() + "); check " + config.KafkaTLSCert + " and " + config.KafkaTLSKey
	case errors.As(err, &header):
		return "the broker does not speak TLS there; check the port in " + config.KafkaBrokers + ", or unset the " + config.KafkaTLS + " settings"
	case errors.As(err, &broker):
		return ofBroker(broker)
	case errors.As(err, &early):
		return endedEarly(early)
	case errors.As(err, &lookup):
		return "a broker's host is not found; check " + config.KafkaBrokers
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &operation) && operation.Timeout():
		return "no Kafka broker answered in time; check that one runs at " + config.KafkaBrokers + ", and speaks TLS if and only if the " + config.KafkaTLS + " settings do"
	case errors.Is(err, kgo.ErrClientClosed):
		return "the connection to Kafka was closed"
	case errors.Is(err, kgo.ErrRecordTimeout):
		return "no Kafka broker took the record in time"
	case errors.As(err, &operation) && operation.Op == "dial":
		return "no Kafka broker can be reached; check that one runs at " + config.KafkaBrokers
	case errors.As(err, &operation), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "the broker ended the connection; if it always does, check the user and the password in the " + config.KafkaSASLMechanism + " settings, and the " + config.KafkaTLS + " settings"
	}
	return "what came does not read as an answer of Kafka"
}

func endedEarly(err *kgo.ErrFirstReadEOF) string {
	if strings.Contains(err.Error(), "SASL") {
		return "the broker ended the connection, as it does when it wants to know a user; check the " + config.KafkaSASLMechanism + " settings"
	}
	return "the broker ended the connection, as it does when one side speaks TLS and the other does not; check the " + config.KafkaTLS + " settings"
}

// ofBroker explains an error that a broker answered with. Its name is one of
// Kafka's, whatever else the broker wrote.
func ofBroker(err *kerr.Error) string {
	switch {
	case errors.Is(err, kerr.SaslAuthenticationFailed), errors.Is(err, kerr.IllegalSaslState):
		return "the broker does not accept the user and the password; check the " + config.KafkaSASLMechanism + " settings"
	case errors.Is(err, kerr.UnsupportedSaslMechanism):
		return "the broker does not know users by this mechanism; check " + config.KafkaSASLMechanism
	case errors.Is(err, kerr.UnknownTopicOrPartition), errors.Is(err, kerr.UnknownTopicID):
		return "the topic is missing; create it, or check " + config.CallsTopic
	case errors.Is(err, kerr.TopicAuthorizationFailed), errors.Is(err, kerr.GroupAuthorizationFailed), errors.Is(err, kerr.ClusterAuthorizationFailed):
		return "the broker allows the user no such thing (" + err.Message + "); give that user the rights for topics and group"
	}
	return "the broker answered " + err.Message
}
