package cli

import (
	"cmp"
	"context"
	"errors"
	"time"

	"switchboard/internal/console"
	"switchboard/internal/temporal"
)

// dialTimeout bounds the first contact with the server. A user waits for it.
const dialTimeout = 5 * time.Second

// lookTimeout bounds one question to the server, or through it to a worker.
const lookTimeout = 5 * time.Second

// connection is what commands ask the server through. It decodes as workers
// encode.
type connection struct {
	*temporal.Client
	// ui is the address of the server's Web UI, empty if it is not known.
	ui string
	// flags are those of the command line that led here, as another needs them.
	flags string
}

// connect reads Temporal's own settings, lets the global flags override them,
// and makes the first contact.
func (a *app) connect(ctx context.Context) (*connection, error) {
	options, err := temporal.Load(a.environ, a.profile)
	if err != nil {
		return nil, err
	}
	options.Address = cmp.Or(a.address, options.Address)
	options.Namespace = cmp.Or(a.namespace, options.Namespace)
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := temporal.Dial(ctx, options)
	if errors.Is(err, context.Canceled) {
		return nil, &interruption{"stopped before the Temporal server answered"}
	}
	if err != nil {
		return nil, err
	}
	return &connection{c, a.webUI(options.Address), a.connectionFlags()}, nil
}

// connectionFlags are what a command that is proposed needs to reach the same
// server. What the environment says holds for that one, too.
func (a *app) connectionFlags() (flags string) {
	for _, f := range []struct{ name, value string }{{"profile", a.profile}, {"address", a.address}, {"namespace", a.namespace}} {
		if f.value != "" {
			flags += " --" + f.name + " " + console.Quote(f.value)
		}
	}
	return flags
}

// next is the command that most likely comes next, "" if none does.
func (c *connection) next(r report) string {
	if line := r.nextCommand(); line != "" {
		return line + c.flags
	}
	return ""
}
