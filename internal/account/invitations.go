package account

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"time"

	"switchboard/internal/problem"
)

// How long a link lets its holder choose a password: the first admin, who is at the
// machine, and a user whom an admin sends it to.
const (
	firstLife  = 24 * time.Hour
	invitation = 3 * 24 * time.Hour
)

// Invitation is what a link's token lets its holder do.
type Invitation struct {
	// User is who chooses a password, the zero user for the first admin, who also
	// chooses a name.
	User User
	Role Role
}

// ErrInvitation is the error of a token that is none, is used, or is too old.
var ErrInvitation = errors.New("this link has been used, replaced, or is too old")

// InvitationPath is the path of the page, with its query, where a token is used.
func InvitationPath(token string) string {
	return "/welcome?" + url.Values{"token": {token}}.Encode()
}

// FirstInvitation returns the token of a link that lets its holder become the first
// admin, once, within a day. It replaces the link before it. It is empty where there
// is an admin, and the link is worth nothing as soon as there is one.
func (s *Store) FirstInvitation(ctx context.Context) (token string, err error) {
	err = s.change(ctx, func(t tx) error {
		if n, err := t.admins(ctx); err != nil || n > 0 {
			return err
		}
		token = newToken()
		return t.invite(ctx, token, "", Admin, firstLife)
	})
	return token, wrap("inviting the first admin", err)
}

// Invite returns the token of a link that lets a user choose a password, once, within
// three days. It replaces the link before it; a password that the user has holds until
// they choose another.
func (s *Store) Invite(ctx context.Context, by User, id string) (token string, err error) {
	err = s.change(ctx, func(t tx) error {
		u, _, err := t.byID(ctx, id)
		switch {
		case err != nil:
			return err
		case u.External:
			return problem.Input("this user has no password here: the identity provider knows them")
		case !u.Disabled.IsZero():
			return problem.Input("this user is disabled; enable them first")
		}
		token = newToken()
		if err := t.invite(ctx, token, u.ID, u.Role, invitation); err != nil {
			return err
		}
		return t.record(ctx, Entry{Account: by.ID, Action: UserInvited, Target: u.ID})
	})
	return token, wrap("inviting a user", err)
}

func (t tx) invite(ctx context.Context, token, user string, role Role, life time.Duration) error {
	if _, err := t.exec(ctx, "DELETE FROM invitations WHERE user_id = ? OR expires <= ?", user, micros(t.s.now())); err != nil {
		return err
	}
	_, err := t.exec(ctx, "INSERT INTO invitations (token_hash, user_id, role, expires) VALUES (?, ?, ?, ?)",
		hashOf(token), user, string(role), micros(t.s.now().Add(life)))
	return err
}

// Invitation returns what a token lets its holder do, and [ErrInvitation] where that
// is nothing.
func (s *Store) Invitation(ctx context.Context, token string) (Invitation, error) {
	i, err := s.direct().invitation(ctx, token)
	return i, wrapInvitation("looking an invitation up", err)
}

func (t tx) invitation(ctx context.Context, token string) (i Invitation, err error) {
	var id string
	err = t.row(ctx, "SELECT user_id, role FROM invitations WHERE token_hash = ? AND expires > ?", hashOf(token), micros(t.s.now())).Scan(&id, &i.Role)
	if errors.Is(err, sql.ErrNoRows) {
		return i, ErrInvitation
	}
	if err != nil {
		return i, err
	}
	if id != "" {
		i.User, _, err = t.byID(ctx, id)
		return i, err
	}
	n, err := t.admins(ctx)
	if err == nil && n > 0 {
		err = ErrInvitation
	}
	return i, err
}

// Accept uses a token: the user chooses a password, and the first admin also a name,
// which is passed over for others. It fails with [ErrInvitation] where the token is
// worth nothing, and with a problem of kind BadInput where the name or the password
// will not do; the token can then be used again.
func (s *Store) Accept(ctx context.Context, token, name, password string) (User, error) {
	i, err := s.Invitation(ctx, token)
	if err != nil {
		return User{}, err
	}
	n := NewUser{Name: name, Password: password, Role: i.Role}
	if i.User.ID != "" {
		n.Name = i.User.Name
	}
	if password == "" {
		return User{}, checkPassword(password, n.Name)
	}
	hash, err := s.prepare(ctx, &n)
	if err != nil {
		return User{}, err
	}
	u := i.User
	err = s.change(ctx, func(t tx) error {
		again, err := t.invitation(ctx, token)
		if err != nil {
			return err
		}
		if again.User.ID != "" {
			if err := t.setPassword(ctx, u.ID, hash); err != nil {
				return err
			}
			return t.record(ctx, Entry{Account: u.ID, Action: PasswordChanged, Target: u.ID})
		}
		if u, err = t.add(ctx, n, hash); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "DELETE FROM invitations WHERE user_id = ''"); err != nil {
			return err
		}
		return t.record(ctx, Entry{Account: u.ID, Action: UserCreated, Target: u.ID, Details: map[string]string{"role": string(u.Role)}})
	})
	return u, wrapInvitation("accepting an invitation", err)
}

func wrapInvitation(doing string, err error) error {
	if errors.Is(err, ErrInvitation) || errors.Is(err, errUnknown) {
		return ErrInvitation
	}
	return wrap(doing, err)
}
