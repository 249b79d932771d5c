// Package pipelistener is a network for tests in one process: a listener whose
// connections are pipes.
//
// A real connection waits for the kernel, which has the real clock. With pipes
// both ends of a protocol can run in a bubble of testing/synctest, where time
// passes only when everybody waits:
//
//	listener := pipelistener.New()
//	go server.Serve(listener)
//	client := &http.Client{Transport: &http.Transport{DialContext: listener.DialContext}}
package pipelistener

import (
	"context"
	"net"
	"sync"
)

// Listener accepts the connections that are dialled on it. It is a
// [net.Listener].
type Listener struct {
	dialled chan net.Conn
	closed  chan struct{}
	close   func()
}

// New makes a listener. In a bubble, it belongs to that bubble.
func New() *Listener {
	l := &Listener{dialled: make(chan net.Conn), closed: make(chan struct{})}
	l.close = sync.OnceFunc(func() { close(l.closed) })
	return l
}

// DialContext connects to the listener, whatever network and address are. It
// waits until the connection is accepted. The error is that of ctx, or
// [net.ErrClosed].
func (l *Listener) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.dialled <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: network, Addr: l.Addr(), Err: net.ErrClosed}
	}
}

// Accept returns the next connection, or [net.ErrClosed].
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.dialled:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and DialContext. Connections stay.
func (l *Listener) Close() error {
	l.close()
	return nil
}

// Addr returns a name that is no address of any network.
func (l *Listener) Addr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "pipe" }
func (address) String() string  { return "pipe" }
