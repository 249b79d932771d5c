package account

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"switchboard/internal/database"
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

// What is done to accounts. Other packages have actions of their own.
const (
	LoggedIn        Action = "session.began"
	LoggedOut       Action = "session.ended"
	SessionsEnded   Action = "sessions.ended"
	UserCreated     Action = "user.created"
	UserInvited     Action = "user.invited"
	UserDisabled    Action = "user.disabled"
	UserEnabled     Action = "user.enabled"
	RoleChanged     Action = "user.role_changed"
	PasswordChanged Action = "user.password_changed"
	LanguageChanged Action = "user.language_changed"
	ViewSaved       Action = "view.saved"
	ViewDeleted     Action = "view.deleted"
)

// Record adds to the audit what was done. When it was done and its id are set here.
func (s *Store) Record(ctx context.Context, e Entry) error {
	return wrap("writing the audit", s.direct().record(ctx, e))
}

// RecordIn is Record within a transaction of the database in which it is done: either
// both are kept, or neither.
func (s *Store) RecordIn(ctx context.Context, t database.Tx, e Entry) error {
	return wrap("writing the audit", tx{t, s}.record(ctx, e))
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

// AuditQuery says which entries are wanted. What is zero does not narrow them.
type AuditQuery struct {
	Account, Target string
	Action          Action
	// From is the first moment, Until the first one after.
	From, Until time.Time
	// Before is the id of the entry after which the page begins, in the order in which
	// they are shown.
	Before string
	// Limit is how many are wanted at most, 0 for all.
	Limit int
}

// Audit calls f with the entries that are wanted, the newest first, until it fails.
func (s *Store) Audit(ctx context.Context, q AuditQuery, f func(Entry) error) error {
	where, args := q.where()
	query := "SELECT id, at, account, action, target, details FROM audit WHERE " + where + " ORDER BY id DESC"
	if q.Limit > 0 {
		query += " LIMIT ?"
		args = append(args, q.Limit)
	}
	rows, err := s.base.DB().QueryContext(ctx, s.base.Rebind(query), args...)
	if err != nil {
		return wrap("reading the audit", err)
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return wrap("reading the audit", err)
		}
		if err := f(e); err != nil {
			return err
		}
	}
	return wrap("reading the audit", rows.Err())
}

func (q AuditQuery) where() (where string, args []any) {
	parts := []string{"1 = 1"}
	add := func(part string, wanted bool, arg any) {
		if wanted {
			parts, args = append(parts, part), append(args, arg)
		}
	}
	add("account = ?", q.Account != "", q.Account)
	add("target = ?", q.Target != "", q.Target)
	add("action = ?", q.Action != "", string(q.Action))
	add("at >= ?", !q.From.IsZero(), micros(q.From))
	add("at < ?", !q.Until.IsZero(), micros(q.Until))
	add("id < ?", q.Before != "", q.Before)
	return strings.Join(parts, " AND "), args
}

func scanEntry(row scanner) (e Entry, err error) {
	var at int64
	var details string
	if err := row.Scan(&e.ID, &at, &e.Account, &e.Action, &e.Target, &details); err != nil {
		return e, err
	}
	e.At = fromMicros(at)
	return e, json.Unmarshal([]byte(details), &e.Details)
}

// Actions returns the actions that are in the audit, by name.
func (s *Store) Actions(ctx context.Context) ([]Action, error) {
	actions, err := list(ctx, s.direct(), func(row scanner) (a Action, err error) { return a, row.Scan(&a) },
		"SELECT DISTINCT action FROM audit ORDER BY action")
	return actions, wrap("reading the audit", err)
}
