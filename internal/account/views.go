package account

import (
	"context"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/problem"
)

// View is a list of calls that somebody looks at again and again.
type View struct {
	Name string
	// Query is the query of the list's address, without a question mark.
	Query string
}

// What one account may save.
const (
	mostViews    = 100
	longestQuery = 4000
)

// Views returns the views that a user has saved, by name.
func (s *Store) Views(ctx context.Context, user string) ([]View, error) {
	views, err := list(ctx, s.direct(), func(row scanner) (v View, err error) {
		return v, row.Scan(&v.Name, &v.Query)
	}, "SELECT name, query FROM saved_views WHERE account = ? ORDER BY LOWER(name), name", user)
	return views, wrap("reading saved views", err)
}

// SaveView keeps a view of a user, in place of one of the same name. What cannot be
// kept is a problem of kind BadInput.
func (s *Store) SaveView(ctx context.Context, user string, v View) error {
	v.Name = strings.TrimSpace(v.Name)
	v.Query = strings.TrimPrefix(v.Query, "?")
	switch _, err := url.ParseQuery(v.Query); {
	case v.Name == "" || utf8.RuneCountInString(v.Name) > longestName || !utf8.ValidString(v.Name) || strings.ContainsFunc(v.Name, unicode.IsControl):
		return problem.Input("give the view a name of 1 to %d characters", longestName)
	case err != nil || len(v.Query) > longestQuery || !utf8.ValidString(v.Query) || strings.ContainsFunc(v.Query, unicode.IsControl):
		return problem.Input("this is no address of a list of calls")
	}
	err := s.change(ctx, func(t tx) error {
		if _, err := t.exec(ctx, `INSERT INTO saved_views (account, name, query) VALUES (?, ?, ?)
			ON CONFLICT (account, name) DO UPDATE SET query = excluded.query`, user, v.Name, v.Query); err != nil {
			return err
		}
		var n int
		if err := t.row(ctx, "SELECT COUNT(*) FROM saved_views WHERE account = ?", user).Scan(&n); err != nil {
			return err
		}
		if n > mostViews {
			return problem.Input("%d views are the most that can be saved; remove one first", mostViews)
		}
		return t.record(ctx, Entry{Account: user, Action: ViewSaved})
	})
	return wrap("saving a view", err)
}

// DeleteView removes a view of a user. One that is not there stays so.
func (s *Store) DeleteView(ctx context.Context, user, name string) error {
	err := s.change(ctx, func(t tx) error {
		removed, err := t.exec(ctx, "DELETE FROM saved_views WHERE account = ? AND name = ?", user, name)
		if err != nil || removed == 0 {
			return err
		}
		return t.record(ctx, Entry{Account: user, Action: ViewDeleted})
	})
	return wrap("removing a view", err)
}
