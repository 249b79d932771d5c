package dashboard

import (
	"errors"
	"log/slog"

	"switchboard/internal/account"
	"switchboard/internal/database"
	"switchboard/internal/results"
	"switchboard/internal/temporal"
)

// Options say what a dashboard shows. All fields are required but where they say
// otherwise.
type Options struct {
	Base     *database.Store
	Results  *results.Store
	Accounts *account.Store
	Sessions *account.Sessions
	// Provider lets people in whom an identity provider knows; nil is none.
	Provider *account.Provider
	// Temporal is the server that runs the workflows; nil shows what the database
	// knows, and says of the rest that nobody can be asked.
	Temporal *temporal.Client
	// WebUI is the address of Temporal's Web UI; empty has no links to it.
	WebUI string
	Log   *slog.Logger
}

// Validate reports what is missing.
func (o *Options) Validate() error {
	if o.Base == nil || o.Results == nil || o.Accounts == nil || o.Sessions == nil || o.Log == nil {
		return errors.New("a dashboard needs a database, results, accounts, sessions and a log")
	}
	return nil
}
