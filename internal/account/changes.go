package account

import (
	"context"

	"switchboard/internal/problem"
)

// SetRole gives a user another role, and ends their sessions. It is a problem of kind
// BadInput where an identity provider decides on it, or where no admin would be left.
func (s *Store) SetRole(ctx context.Context, by User, id string, role Role) error {
	if _, err := ParseRole(string(role)); err != nil {
		return err
	}
	err := s.change(ctx, func(t tx) error {
		u, _, err := t.byID(ctx, id)
		if err != nil || u.Role == role {
			return err
		}
		if u.External {
			return problem.Input("the identity provider decides on this user's role")
		}
		if _, err := t.exec(ctx, "UPDATE users SET role = ? WHERE id = ?", string(role), id); err != nil {
			return err
		}
		if err := t.keepAnAdmin(ctx, u); err != nil {
			return err
		}
		if err := t.endSessions(ctx, id); err != nil {
			return err
		}
		return t.record(ctx, Entry{Account: by.ID, Action: RoleChanged, Target: id, Details: map[string]string{"from": string(u.Role), "to": string(role)}})
	})
	return wrap("changing a user's role", err)
}

// keepAnAdmin refuses a change after which there is no admin any more, of a user who
// was one.
func (t tx) keepAnAdmin(ctx context.Context, was User) error {
	if was.Role != Admin || !was.Disabled.IsZero() {
		return nil
	}
	n, err := t.admins(ctx)
	if err == nil && n == 0 {
		err = problem.Input("this is the last admin; make somebody else an admin first")
	}
	return err
}

// admins counts the admins who can log in, now or when they have chosen a password.
func (t tx) admins(ctx context.Context) (n int, err error) {
	err = t.row(ctx, "SELECT COUNT(*) FROM users WHERE role = 'admin' AND disabled = 0").Scan(&n)
	return n, err
}

// Disable locks a user out and ends their sessions. It is a problem of kind BadInput
// where no admin would be left.
func (s *Store) Disable(ctx context.Context, by User, id string) error {
	err := s.change(ctx, func(t tx) error {
		u, _, err := t.byID(ctx, id)
		if err != nil || !u.Disabled.IsZero() {
			return err
		}
		if _, err := t.exec(ctx, "UPDATE users SET disabled = ? WHERE id = ?", micros(s.now()), id); err != nil {
			return err
		}
		if err := t.keepAnAdmin(ctx, u); err != nil {
			return err
		}
		if err := t.endSessions(ctx, id); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "DELETE FROM invitations WHERE user_id = ?", id); err != nil {
			return err
		}
		return t.record(ctx, Entry{Account: by.ID, Action: UserDisabled, Target: id})
	})
	return wrap("disabling a user", err)
}

// Enable lets a disabled user log in again.
func (s *Store) Enable(ctx context.Context, by User, id string) error {
	err := s.change(ctx, func(t tx) error {
		u, _, err := t.byID(ctx, id)
		if err != nil || u.Disabled.IsZero() {
			return err
		}
		if _, err := t.exec(ctx, "UPDATE users SET disabled = 0 WHERE id = ?", id); err != nil {
			return err
		}
		return t.record(ctx, Entry{Account: by.ID, Action: UserEnabled, Target: id})
	})
	return wrap("enabling a user", err)
}

// EndSessions ends all sessions of a user.
func (s *Store) EndSessions(ctx context.Context, by User, id string) error {
	err := s.change(ctx, func(t tx) error {
		if _, _, err := t.byID(ctx, id); err != nil {
			return err
		}
		if err := t.endSessions(ctx, id); err != nil {
			return err
		}
		return t.record(ctx, Entry{Account: by.ID, Action: SessionsEnded, Target: id})
	})
	return wrap("ending a user's sessions", err)
}

// SetPassword gives a user another password and ends their sessions. A password that
// will not do, and a user whom an identity provider knows, are problems of kind
// BadInput.
func (s *Store) SetPassword(ctx context.Context, by User, id, password string) error {
	u, err := s.Find(ctx, id)
	if err != nil {
		return err
	}
	if err := checkPassword(password, u.Name); err != nil {
		return err
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	err = s.change(ctx, func(t tx) error {
		if err := t.setPassword(ctx, u.ID, hash); err != nil {
			return err
		}
		return t.record(ctx, Entry{Account: by.ID, Action: PasswordChanged, Target: u.ID})
	})
	return wrap("changing a password", err)
}

// setPassword changes a password. Whoever came in with the one before, or had a link
// to choose one, is out.
func (t tx) setPassword(ctx context.Context, id, hash string) error {
	changed, err := t.exec(ctx, "UPDATE users SET password = ? WHERE id = ? AND login IS NOT NULL", hash, id)
	if err != nil {
		return err
	}
	if changed == 0 {
		return problem.Input("this user has no password here: the identity provider knows them")
	}
	if _, err := t.exec(ctx, "DELETE FROM invitations WHERE user_id = ?", id); err != nil {
		return err
	}
	return t.endSessions(ctx, id)
}

// Languages that the page speaks.
var languages = map[string]bool{"": true, "en": true, "de": true}

// SetLanguage keeps the language that a user wants to read: "en", "de", or empty for
// the browser's.
func (s *Store) SetLanguage(ctx context.Context, id, language string) error {
	if !languages[language] {
		return problem.Input("%q is no language of the page; give en or de", language)
	}
	err := s.change(ctx, func(t tx) error {
		changed, err := t.exec(ctx, "UPDATE users SET language = ? WHERE id = ? AND language <> ?", language, id, language)
		if err != nil || changed == 0 {
			return err
		}
		return t.record(ctx, Entry{Account: id, Action: LanguageChanged, Target: id})
	})
	return wrap("keeping a language", err)
}
