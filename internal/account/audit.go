package account

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Entry is one thing that somebody did.
type Entry struct {
	ID string
	At time.Time
	// Account is the id of who did it, empty for the program itself or a command on
	// the machine.
	Account string
	Action  Action
	// Target is what it was done to: the id of a user, a call or a model, or the name
	// of something.
	Target string
	// Details never holds anything that was said in a call.
	Details map[string]string
}

// Action is what was done, as "thing.done".
type Action string

// What is done to accounts.
const (
	LoggedIn    Action = "session.began"
	UserCreated Action = "user.created"
)

// Record adds to the audit what was done. When it was done and its id are set here.
func (s *Store) Record(ctx context.Context, e Entry) error {
	return wrap("writing the audit", s.direct().record(ctx, e))
}

func (t tx) record(ctx context.Context, e Entry) error {
	if e.Details == nil {
		e.Details = map[string]string{}
	}
	details, err := json.Marshal(e.Details)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "INSERT INTO audit (id, at, account, action, target, details) VALUES (?, ?, ?, ?, ?, ?)",
		id.String(), micros(t.s.now()), e.Account, string(e.Action), e.Target, string(details))
	return err
}
