package modelserver

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"

	"switchboard/internal/logtest"
	"switchboard/internal/pipelistener"
)

// inBubble runs a test where time passes only when everybody waits: a sleep is
// over when all that can be done is done. The server's connections are pipes.
func inBubble(t *testing.T, options Options, test func(t *testing.T, r *running, listener *pipelistener.Listener)) {
	synctest.Test(t, func(t *testing.T) {
		log := &logtest.Buffer{}
		options.Dir = t.TempDir()
		options.Keys = append(options.Keys, testKey)
		options.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		server, err := New(options)
		if err != nil {
			t.Fatal(err)
		}
		listener := pipelistener.New()
		usual := http.DefaultTransport
		own := &http.Transport{DialContext: listener.DialContext}
		http.DefaultTransport = own
		served, stop := context.WithCancel(t.Context())
		var serving sync.WaitGroup
		t.Cleanup(func() {
			http.DefaultTransport = usual
			own.CloseIdleConnections()
			stop()
			serving.Wait()
			if err := server.Close(); err != nil {
				t.Errorf("closing: %v", err)
			}
		})
		r := &running{Server: server, url: "http://server", client: clientOf("http://server"), log: log}
		begin := sync.OnceFunc(func() {
			serving.Go(func() {
				if err := server.Serve(served, listener); err != nil {
					t.Errorf("serving: %v", err)
				}
			})
		})
		own.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			begin() // after the test has set the server's timeouts
			return listener.DialContext(ctx, network, address)
		}
		test(t, r, listener)
	})
}
