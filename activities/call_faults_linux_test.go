package activities

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"switchboard/internal/database"
	"switchboard/internal/database/databasetest"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// on lets a desk keep its calls in a database of PostgreSQL.
func (d *desk) on(location string) {
	d.t.Helper()
	base, err := database.Open(d.t.Context(), location)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = base.Close() })
	d.calls.Results = results.New(base)
}

// untilItFails has one call after another redacted, and returns the first that could not
// be, and why.
func (d *desk) untilItFails(from int) (RedactCallInput, error) {
	d.t.Helper()
	for n := from; n < from+20_000; n++ {
		id := fmt.Sprintf("call-%d", n)
		in := RedactCallInput{CallID: id, Task: pipeline.DefaultTask, Event: d.file("call.json", event(id, 60))}
		if err := d.do(d.calls.RedactCall, in, nil); err != nil {
			return in, err
		}
	}
	d.t.Fatal("nothing fails")
	return RedactCallInput{}, nil
}

// A call waits for its database: what ails it is told, is tried again by itself, and once
// it is mended the call is stored.
func TestACallWaitsForItsDatabase(t *testing.T) {
	server := databasetest.Own(t)
	for name, c := range map[string]struct {
		location func(d *desk) (location string, hurt, mend func())
		says     string
		delay    time.Duration // asked for before the next attempt; 0 is the usual one
	}{
		"full": {func(d *desk) (string, func(), func()) {
			location, disk := server.OnDisk(d.t, 32<<20)
			return location, func() { disk.Fill(d.t) }, func() { disk.Free(d.t) }
		}, "make room on the disk; the call is tried again by itself", mendDelay},
		"stopped": {func(d *desk) (string, func(), func()) {
			return server.Location(), server.Stop, func() { server.Start(d.t) }
		}, "", 0},
		"read only": {func(d *desk) (string, func(), func()) {
			location, _ := server.OnDisk(d.t, 32<<20)
			return location, func() { d.readOnly(location, true) }, func() { d.readOnly(location, false) }
		}, "whether it is whole; the call is tried again by itself", mendDelay},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			location, hurt, mend := c.location(d)
			d.on(location)
			d.must(d.calls.RedactCall, RedactCallInput{CallID: "first", Task: pipeline.DefaultTask, Event: d.file("call.json", event("first", 3))}, nil)
			hurt()
			in, err := d.untilItFails(0)
			var app *temporal.ApplicationError
			if !errors.As(err, &app) || app.NonRetryable() || app.NextRetryDelay() != c.delay || !strings.Contains(app.Error(), c.says) {
				t.Errorf("got %v, want an error that is repeated and says %q", err, c.says)
			}
			if strings.Contains(err.Error(), "Naomi") {
				t.Errorf("the error quotes the caller: %v", err)
			}
			mend()
			var done RedactCallResult
			d.must(d.calls.RedactCall, in, &done)
			if done.Outcome != pipeline.CallStored || len(d.stored(in.CallID).Turns) != 60 {
				t.Errorf("mended: %+v", done)
			}
		})
	}
}

// readOnly forbids every change of a database, as a replica does, or allows it again.
func (d *desk) readOnly(location string, yes bool) {
	d.t.Helper()
	admin, err := sql.Open("pgx", location+"?default_transaction_read_only=off")
	if err != nil {
		d.t.Fatal(err)
	}
	defer admin.Close()
	name := location[strings.LastIndex(location, "/")+1:]
	if _, err := admin.ExecContext(d.t.Context(), fmt.Sprintf("ALTER DATABASE %s SET default_transaction_read_only = %v", name, yes)); err != nil {
		d.t.Fatal(err)
	}
	d.on(location) // whoever is connected has the old setting
}
