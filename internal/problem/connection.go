package problem

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"syscall"
)

// Broken says why a connection failed. Errors of the HTTP client quote what
// does not read as HTTP, and the host of a redirection.
func Broken(err error) string {
	var errno syscall.Errno
	var lookup *net.DNSError
	var alert tls.AlertError
	switch {
	case errors.As(err, &lookup):
		return "its host is not found"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &alert):
		return alert.Error()
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "it ended early"
	case errors.Is(err, net.ErrClosed):
		return "it was closed"
	}
	return "what came does not read as HTTP"
}

// Distrusted says what is wrong with a certificate, without the names in it.
func Distrusted(err error) string {
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &host):
		return "it is for another host"
	case errors.As(err, &unknown):
		return "its authority is unknown"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "it has expired or is not yet valid"
	}
	return "it is not valid"
}
