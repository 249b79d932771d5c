package account

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"switchboard/internal/database/databasetest"
)

func firstInvitation(t *testing.T, s *Store) string {
	t.Helper()
	token, err := s.FirstInvitation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTheFirstAdmin(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		old := firstInvitation(t, s)
		token := firstInvitation(t, s)
		refused := func(what, token string) {
			t.Helper()
			if _, err := s.Accept(t.Context(), token, "mallory", password); !errors.Is(err, ErrInvitation) {
				t.Errorf("%s: %v", what, err)
			}
			if _, err := s.Invitation(t.Context(), token); !errors.Is(err, ErrInvitation) {
				t.Errorf("%s is shown: %v", what, err)
			}
		}
		refused("the link before", old)
		refused("no token", "")
		refused("a hash of it", hashOf(token))
		if _, err := s.Accept(t.Context(), token, "ann", "short"); !isBadInput(err) {
			t.Errorf("a short password: %v", err)
		}
		if _, err := s.Accept(t.Context(), token, "ann", ""); !isBadInput(err) {
			t.Errorf("no password: %v", err)
		}
		c.forward(firstLife)
		refused("a link of yesterday", token)
		token = firstInvitation(t, s)
		ann, err := s.Accept(t.Context(), token, "ann", password)
		if err != nil || ann.Role != Admin || ann.Name != "ann" {
			t.Fatalf("%+v, %v", ann, err)
		}
		if u, err := s.Authenticate(t.Context(), "ann", password, Origin{}); err != nil || u != ann {
			t.Errorf("%+v, %v", u, err)
		}
		refused("a used link", token)
		if again := firstInvitation(t, s); again != "" {
			t.Error("a second first admin is invited")
		}
	})
}

// Whoever has the link from a log must not become an admin beside the one whom a
// command has made.
func TestTheFirstLinkEndsWithTheFirstAdmin(t *testing.T) {
	s, _ := open(t, databasetest.SQLite(t))
	token := firstInvitation(t, s)
	create(t, s, "viewer", Viewer)
	if _, err := s.Invitation(t.Context(), token); err != nil {
		t.Errorf("a viewer ended it: %v", err)
	}
	create(t, s, "ann", Admin)
	if _, err := s.Accept(t.Context(), token, "mallory", password); !errors.Is(err, ErrInvitation) {
		t.Errorf("it is taken beside an admin: %v", err)
	}
}

func TestALinkIsUsedOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		token := firstInvitation(t, s)
		var accepted atomic.Int64
		var done sync.WaitGroup
		for n := range 4 {
			done.Go(func() {
				_, err := s.Accept(t.Context(), token, "admin"+string(rune('a'+n)), password)
				if err == nil {
					accepted.Add(1)
				} else if !errors.Is(err, ErrInvitation) {
					t.Error(err)
				}
			})
		}
		done.Wait()
		if accepted.Load() != 1 {
			t.Errorf("it was used %d times", accepted.Load())
		}
	})
}

func TestInvite(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		root := create(t, s, "root", Admin)
		ann, err := s.CreateBy(t.Context(), root, NewUser{Name: "ann", Role: Reviewer})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Authenticate(t.Context(), "ann", "", Origin{}); !errors.Is(err, ErrLogin) {
			t.Errorf("who has no password gets in: %v", err)
		}
		old, err := s.Invite(t.Context(), root, ann.ID)
		if err != nil {
			t.Fatal(err)
		}
		token, err := s.Invite(t.Context(), root, ann.ID)
		if err != nil {
			t.Fatal(err)
		}
		if i, err := s.Invitation(t.Context(), token); err != nil || i.User != ann || i.Role != Reviewer {
			t.Errorf("the link is for %+v, %v", i, err)
		}
		if _, err := s.Accept(t.Context(), old, "", password); !errors.Is(err, ErrInvitation) {
			t.Errorf("the link before is taken: %v", err)
		}
		u, err := s.Accept(t.Context(), token, "somebody else", password)
		if err != nil || u != ann {
			t.Errorf("%+v, %v; want %+v", u, err, ann)
		}
		if _, err := s.Accept(t.Context(), token, "", password); !errors.Is(err, ErrInvitation) {
			t.Errorf("it is taken twice: %v", err)
		}
		if token, err = s.Invite(t.Context(), root, ann.ID); err != nil {
			t.Fatal(err)
		}
		c.forward(invitation)
		if _, err := s.Accept(t.Context(), token, "", password); !errors.Is(err, ErrInvitation) {
			t.Errorf("it is taken days later: %v", err)
		}
		if _, err := s.Invite(t.Context(), root, "nobody"); !isBadInput(err) {
			t.Errorf("nobody was invited: %v", err)
		}
	})
}

// Whoever reads the database must not be able to log in.
func TestTheDatabaseHasHashesOnly(t *testing.T) {
	s, _ := open(t, databasetest.SQLite(t))
	first := firstInvitation(t, s)
	ann := create(t, s, "ann", Admin)
	link, err := s.Invite(t.Context(), cli, ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, s)
	b.begin(ann)
	secrets := map[string]string{"password": password, "first link": first, "link": link, "session": b.cookies[sessionCookie].Value}
	cells := 0
	for _, table := range []string{"users", "sessions", "invitations", "audit"} {
		rows, err := s.base.DB().QueryContext(t.Context(), "SELECT * FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			for i, v := range values {
				cells++
				cell, _ := (*v.(*any)).(string)
				for what, secret := range secrets {
					if strings.Contains(cell, secret) {
						t.Errorf("%s.%s has the %s", table, columns[i], what)
					}
				}
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		_ = rows.Close()
	}
	if cells < 20 {
		t.Errorf("only %d cells were read", cells)
	}
}
