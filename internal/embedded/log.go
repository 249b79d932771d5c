package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// logger hands the server's log lines to slog.
type logger struct{ to *slog.Logger }

var (
	_ log.Logger      = logger{}
	_ log.WithLogger  = logger{}
	_ log.SLogWrapper = logger{}
)

// newLogger returns a logger that writes to to what [notable] lets through.
func newLogger(to *slog.Logger, stopping *atomic.Bool) logger {
	return logger{slog.New(notable{to.Handler(), stopping}).With("component", "temporal")}
}

// fatal is what the server panics with when it cannot go on. While it starts,
// [Start] turns it into an error.
type fatal struct{ text string }

func (f fatal) Error() string { return f.text }

func (l logger) Debug(string, ...tag.Tag)           {}
func (l logger) Info(string, ...tag.Tag)            {}
func (l logger) Warn(msg string, tags ...tag.Tag)   { l.log(slog.LevelWarn, msg, tags) }
func (l logger) Error(msg string, tags ...tag.Tag)  { l.log(slog.LevelError, msg, tags) }
func (l logger) DPanic(msg string, tags ...tag.Tag) { l.log(slog.LevelError, msg, tags) }
func (l logger) Panic(msg string, tags ...tag.Tag)  { panic(fatal{sentence(msg, tags)}) }
func (l logger) Fatal(msg string, tags ...tag.Tag)  { panic(fatal{sentence(msg, tags)}) }

// With returns a logger that adds the tags to every line.
func (l logger) With(tags ...tag.Tag) log.Logger {
	return logger{slog.New(l.to.Handler().WithAttrs(attrs(tags)))}
}

// SLog returns the logger below, for the workers that the server itself runs.
func (l logger) SLog() *slog.Logger { return l.to }

func (l logger) log(level slog.Level, msg string, tags []tag.Tag) {
	if ctx := context.Background(); l.to.Enabled(ctx, level) {
		l.to.LogAttrs(ctx, level, msg, attrs(tags)...) //nolint:sloglint // the message is the server's
	}
}

func attrs(tags []tag.Tag) []slog.Attr {
	out := make([]slog.Attr, len(tags))
	for i, t := range tags {
		out[i] = slog.Any(t.Key(), t.Value())
	}
	return out
}

func sentence(msg string, tags []tag.Tag) string {
	for _, t := range tags {
		msg += fmt.Sprintf("; %s: %v", t.Key(), t.Value())
	}
	return msg
}

// notable is a slog handler that passes on what the user of one local server
// may have to know: warnings and errors, but not the warnings of parts that
// lose each other while everything stops, and not those about what is left out
// on purpose.
type notable struct {
	slog.Handler
	stopping *atomic.Bool
}

// intended begins the warning that the frontend serves no HTTP API beside gRPC.
// The Web UI does not use it.
const intended = "HTTP API port has not been set"

func (n notable) Enabled(ctx context.Context, level slog.Level) bool {
	least := slog.LevelWarn
	if n.stopping.Load() {
		least = slog.LevelError
	}
	return level >= least && n.Handler.Enabled(ctx, level)
}

func (n notable) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, intended) {
		return nil
	}
	return n.Handler.Handle(ctx, r)
}

func (n notable) WithAttrs(a []slog.Attr) slog.Handler {
	return notable{n.Handler.WithAttrs(a), n.stopping}
}

func (n notable) WithGroup(name string) slog.Handler {
	return notable{n.Handler.WithGroup(name), n.stopping}
}
