package account

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"switchboard/internal/database/databasetest"
)

// audited returns the entries that are wanted.
func audited(t *testing.T, s *Store, q AuditQuery) (all []Entry) {
	t.Helper()
	err := s.Audit(t.Context(), q, func(e Entry) error {
		all = append(all, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Every change of an account is told, by whom and to whom, and what fails is not.
func TestEveryChangeIsAudited(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		ctx := t.Context()
		root := create(t, s, "root", Admin)
		ann, err := s.CreateBy(ctx, root, NewUser{Name: "ann", Role: Viewer})
		if err != nil {
			t.Fatal(err)
		}
		token, err := s.Invite(ctx, root, ann.ID)
		if err != nil {
			t.Fatal(err)
		}
		b := newBrowser(t, s)
		steps := []struct {
			what string
			do   func() error
			want Entry
		}{
			{"accepting", func() error { _, err := s.Accept(ctx, token, "", password); return err }, Entry{Account: ann.ID, Action: PasswordChanged, Target: ann.ID}},
			{"logging in", func() error { b.begin(ann); return nil }, Entry{Account: ann.ID, Action: LoggedIn}},
			{"logging out", func() error { return b.end() }, Entry{Account: ann.ID, Action: LoggedOut}},
			{"a language", func() error { return s.SetLanguage(ctx, ann.ID, "de") }, Entry{Account: ann.ID, Action: LanguageChanged, Target: ann.ID}},
			{"a view", func() error { return s.SaveView(ctx, ann.ID, View{"mine", "company=acme"}) }, Entry{Account: ann.ID, Action: ViewSaved}},
			{"a view less", func() error { return s.DeleteView(ctx, ann.ID, "mine") }, Entry{Account: ann.ID, Action: ViewDeleted}},
			{"a role", func() error { return s.SetRole(ctx, root, ann.ID, Reviewer) }, Entry{Account: root.ID, Action: RoleChanged, Target: ann.ID, Details: map[string]string{"from": "viewer", "to": "reviewer"}}},
			{"ending sessions", func() error { return s.EndSessions(ctx, root, ann.ID) }, Entry{Account: root.ID, Action: SessionsEnded, Target: ann.ID}},
			{"a password", func() error { return s.SetPassword(ctx, cli, ann.ID, "seven lanterns under water") }, Entry{Action: PasswordChanged, Target: ann.ID}},
			{"disabling", func() error { return s.Disable(ctx, root, ann.ID) }, Entry{Account: root.ID, Action: UserDisabled, Target: ann.ID}},
			{"enabling", func() error { return s.Enable(ctx, root, ann.ID) }, Entry{Account: root.ID, Action: UserEnabled, Target: ann.ID}},
			{"a new user", func() error { _, err := s.CreateBy(ctx, root, NewUser{"bob", password, Viewer}); return err }, Entry{Account: root.ID, Action: UserCreated, Details: map[string]string{"role": "viewer"}}},
		}
		for _, step := range steps {
			before := len(audited(t, s, AuditQuery{}))
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.what, err)
			}
			all := audited(t, s, AuditQuery{})
			if len(all) != before+1 {
				t.Errorf("%s wrote %d entries", step.what, len(all)-before)
				continue
			}
			got := all[0]
			if got.ID == "" || got.At.IsZero() {
				t.Errorf("%s: the entry has no id or time: %+v", step.what, got)
			}
			got.ID, got.At = "", time.Time{}
			if step.want.Details == nil {
				step.want.Details = map[string]string{}
			}
			if step.want.Action == UserCreated {
				step.want.Target = got.Target
			}
			if !reflect.DeepEqual(got, step.want) {
				t.Errorf("%s: got %+v, want %+v", step.what, got, step.want)
			}
		}
		before := len(audited(t, s, AuditQuery{}))
		for what, err := range map[string]error{
			"the last admin":  s.SetRole(ctx, root, root.ID, Viewer),
			"a taken name":    second(s.CreateBy(ctx, root, NewUser{"bob", password, Viewer})),
			"nobody":          s.Disable(ctx, root, "nobody"),
			"a bad password":  s.SetPassword(ctx, root, ann.ID, "short"),
			"a bad view":      s.SaveView(ctx, ann.ID, View{"", "x=1"}),
			"another bad one": s.SaveView(ctx, ann.ID, View{"x", "%zz"}),
		} {
			if !isBadInput(err) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if n := len(audited(t, s, AuditQuery{})) - before; n != 0 {
			t.Errorf("what failed wrote %d entries", n)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestAuditIsNarrowedAndPaged(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		begin := c.at
		for n := range 10 {
			err := s.Record(t.Context(), Entry{Account: fmt.Sprint("u", n%2), Action: Action(fmt.Sprint("thing.", n%3)), Target: fmt.Sprint("t", n), Details: map[string]string{"n": fmt.Sprint(n)}})
			if err != nil {
				t.Fatal(err)
			}
			c.forward(time.Hour)
		}
		targets := func(q AuditQuery) string {
			var all []string
			for _, e := range audited(t, s, q) {
				all = append(all, e.Target)
			}
			return strings.Join(all, " ")
		}
		page := audited(t, s, AuditQuery{Limit: 4})
		for what, c := range map[string]struct {
			q    AuditQuery
			want string
		}{
			"all":         {AuditQuery{}, "t9 t8 t7 t6 t5 t4 t3 t2 t1 t0"},
			"an account":  {AuditQuery{Account: "u1"}, "t9 t7 t5 t3 t1"},
			"an action":   {AuditQuery{Action: "thing.2"}, "t8 t5 t2"},
			"a target":    {AuditQuery{Target: "t4"}, "t4"},
			"both":        {AuditQuery{Account: "u0", Action: "thing.2"}, "t8 t2"},
			"a time":      {AuditQuery{From: begin.Add(3 * time.Hour), Until: begin.Add(5 * time.Hour)}, "t4 t3"},
			"a page":      {AuditQuery{Limit: 4}, "t9 t8 t7 t6"},
			"the next":    {AuditQuery{Limit: 4, Before: page[3].ID}, "t5 t4 t3 t2"},
			"nothing":     {AuditQuery{Account: "u1' OR '1'='1"}, ""},
			"the actions": {AuditQuery{Action: "thing.0", Limit: 1}, "t9"},
		} {
			if got := targets(c.q); got != c.want {
				t.Errorf("%s: got %q, want %q", what, got, c.want)
			}
		}
		actions, err := s.Actions(t.Context())
		if err != nil || !reflect.DeepEqual(actions, []Action{"thing.0", "thing.1", "thing.2"}) {
			t.Errorf("the actions are %v, %v", actions, err)
		}
		stop := errors.New("enough")
		if err := s.Audit(t.Context(), AuditQuery{}, func(Entry) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("it went on: %v", err)
		}
	})
}

func TestViews(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		ctx := t.Context()
		for _, v := range []View{{"late", "?company=acme&company=b"}, {"Early", "status=unsure"}, {"late", "company=acme"}} {
			if err := s.SaveView(ctx, "ann", v); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.SaveView(ctx, "bob", View{"late", "x=1"}); err != nil {
			t.Fatal(err)
		}
		got, err := s.Views(ctx, "ann")
		if want := []View{{"Early", "status=unsure"}, {"late", "company=acme"}}; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, %v; want %v", got, err, want)
		}
		if err := s.DeleteView(ctx, "ann", "late"); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteView(ctx, "ann", "nothing"); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Views(ctx, "bob"); err != nil || len(got) != 1 {
			t.Errorf("somebody else's are %v, %v", got, err)
		}
	})
}

func TestViewsAreBounded(t *testing.T) {
	s, _ := open(t, databasetest.SQLite(t))
	for n := range mostViews {
		if err := s.SaveView(t.Context(), "ann", View{fmt.Sprint("view ", n), ""}); err != nil {
			t.Fatal(err)
		}
	}
	for what, v := range map[string]View{
		"one too many":  {"more", ""},
		"a long query":  {"view 0", strings.Repeat("x", 5000)},
		"a long name":   {strings.Repeat("x", 65), ""},
		"a line":        {"a\nb", ""},
		"no text":       {"a\xff", ""},
		"no query":      {"view 0", "a;b"},
		"a split query": {"view 0", "a=1\r\nSet-Cookie: b"},
	} {
		if err := s.SaveView(t.Context(), "ann", v); !isBadInput(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := s.SaveView(t.Context(), "ann", View{"view 0", "x=1"}); err != nil {
		t.Errorf("one that is there cannot be changed: %v", err)
	}
}
