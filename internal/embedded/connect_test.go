package embedded_test

import (
	"testing"
	"time"

	"go.temporal.io/sdk/worker"

	"switchboard/internal/temporal"
)

// dial connects to a server, and closes the connection with the test.
func dial(t testing.TB, address string) *temporal.Client {
	t.Helper()
	c, err := temporal.Dial(t.Context(), temporal.Options{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// work runs a worker for the test workflows until the test ends.
func work(t testing.TB, c *temporal.Client) worker.Worker {
	t.Helper()
	w := worker.New(c.Client, queue, worker.Options{StickyScheduleToStartTimeout: time.Second})
	w.RegisterWorkflow(greet)
	w.RegisterWorkflow(wait)
	w.RegisterWorkflow(count)
	w.RegisterActivity(compose)
	w.RegisterActivity(next)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	return w
}
