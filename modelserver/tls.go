package main

import (
	"crypto/tls"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"switchboard/internal/problem"
)

// certificate is a pair of PEM files. It is read again when one of them has
// changed, so that a renewed certificate needs no restart, which would make the
// job in training start over.
type certificate struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	version []time.Time // when the files that current is from were changed
	looked  time.Time
}

// lookEvery bounds how often the files are looked at.
const lookEvery = time.Second

// openCertificate reads the files. The error is a problem of kind BadInput.
func openCertificate(cert, key string, log *slog.Logger) (*certificate, error) {
	c := &certificate{cert: cert, key: key, log: log}
	if err := c.load(); err != nil {
		return nil, problem.Input("cannot use the certificate %s with the key %s: %w", cert, key, err)
	}
	return c, nil
}

func (c *certificate) load() error {
	version, err := changed(c.cert, c.key)
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	c.current, c.version = &pair, version
	return nil
}

// changed returns when each of some files was last changed.
func changed(files ...string) (times []time.Time, err error) {
	times = make([]time.Time, len(files))
	for i, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			return times, err
		}
		times[i] = info.ModTime()
	}
	return times, nil
}

// get returns the certificate for a handshake. Files that cannot be used, such
// as a certificate whose key has not been replaced yet, leave the old one.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < lookEvery {
		return c.current, nil
	}
	c.looked = time.Now()
	if version, err := changed(c.cert, c.key); err == nil && slices.Equal(version, c.version) {
		return c.current, nil
	}
	if err := c.load(); err != nil {
		c.log.Error("reading the renewed certificate failed, the old one stays", "error", err)
		return c.current, nil
	}
	c.log.Info("certificate read again")
	return c.current, nil
}

// config offers HTTP/1.1 only, which all clients speak: on one connection of
// HTTP/2 a client could open hundreds of requests.
func (c *certificate) config() *tls.Config {
	return &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
}
