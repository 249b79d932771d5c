package account

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"switchboard/internal/database/databasetest"
	"switchboard/internal/problem"
)

// cli is who changes things by a command on the machine.
var cli User

func isBadInput(err error) bool {
	kind, _ := problem.KindOf(err)
	return kind == problem.BadInput
}

func TestAuthenticate(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		ann := create(t, s, "Änn", Reviewer)
		for name, c := range map[string]struct {
			name, password string
			want           error
		}{
			"the password":            {"Änn", password, nil},
			"however the name is put": {" äNN ", password, nil},
			"in another normal form":  {"A\u0308nn", password, nil},
			"another password":        {"Änn", password + "!", ErrLogin},
			"no password":             {"Änn", "", ErrLogin},
			"nobody":                  {"bob", password, ErrLogin},
			"no name":                 {"", password, ErrLogin},
			"a long name":             {strings.Repeat("n", 1000), password, ErrLogin},
			"a long password":         {"Änn", strings.Repeat("p", 1<<20), ErrLogin},
			"the id":                  {ann.ID, password, ErrLogin},
		} {
			t.Run(name, func(t *testing.T) {
				u, err := s.Authenticate(t.Context(), c.name, c.password, Origin{Address: "192.0.2.1"})
				if !errors.Is(err, c.want) || (c.want == nil) != (u == ann) {
					t.Errorf("got %+v, %v", u, err)
				}
			})
		}
	})
}

// What is unknown must cost what is known costs: the same hash is made for both.
func TestAnUnknownNameCostsAHashToo(t *testing.T) {
	hash, err := nobody()
	if err != nil {
		t.Fatal(err)
	}
	params, _, _, err := argon2id.DecodeHash(hash)
	if err != nil || *params != hashing {
		t.Errorf("nobody's hash is of %+v, %v; want %+v", params, err, hashing)
	}
}

func TestNamesAndPasswordsThatWillNotDo(t *testing.T) {
	s, _ := open(t, databasetest.SQLite(t))
	for what, n := range map[string]NewUser{
		"no name":                  {"", password, Viewer},
		"a blank name":             {"  ", password, Viewer},
		"a long name":              {strings.Repeat("n", 65), password, Viewer},
		"a line in a name":         {"ann\nSet-Cookie: x", password, Viewer},
		"markup in a name":         {"<script>", password, Viewer},
		"a formula in a name":      {"=cmd|x", password, Viewer},
		"a name that is not text":  {"ann\xff", password, Viewer},
		"a blank in a name":        {"ann b", password, Viewer},
		"a short password":         {"ann", "elevenchars", Viewer},
		"a long password":          {"ann", strings.Repeat("abcdefgh", 33), Viewer},
		"a password of one letter": {"ann", strings.Repeat("a", 20), Viewer},
		"the name as password":     {"annabella.smith", "Annabella.Smith", Viewer},
		"a password of the lists":  {"ann", "password1234", Viewer},
		"no UTF-8 as password":     {"ann", "correct horse \xff battery", Viewer},
		"no role":                  {"ann", password, ""},
		"another role":             {"ann", password, "root"},
	} {
		if u, err := s.Create(t.Context(), n); !isBadInput(err) {
			t.Errorf("%s: got %+v, %v", what, u, err)
		}
	}
	if users, err := s.Users(t.Context()); err != nil || len(users) != 0 {
		t.Errorf("there are %d users, %v", len(users), err)
	}
}

func TestANameIsTakenHoweverItIsWritten(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		create(t, s, "Jürgen", Viewer)
		for _, name := range []string{"Jürgen", "jÜRGEN", "Ju\u0308rgen", " Jürgen "} {
			if _, err := s.Create(t.Context(), NewUser{name, password, Viewer}); !isBadInput(err) {
				t.Errorf("%q was added: %v", name, err)
			}
		}
	})
}

func TestChangesOfAUserEndTheirSessions(t *testing.T) {
	changes := map[string]func(t *testing.T, s *Store, id string) error{
		"another role": func(t *testing.T, s *Store, id string) error { return s.SetRole(t.Context(), cli, id, Reviewer) },
		"disabled":     func(t *testing.T, s *Store, id string) error { return s.Disable(t.Context(), cli, id) },
		"another password": func(t *testing.T, s *Store, id string) error {
			return s.SetPassword(t.Context(), cli, id, "seven lanterns under water")
		},
		"ended": func(t *testing.T, s *Store, id string) error { return s.EndSessions(t.Context(), cli, id) },
		"a link was used": func(t *testing.T, s *Store, id string) error {
			token, err := s.Invite(t.Context(), cli, id)
			if err == nil {
				_, err = s.Accept(t.Context(), token, "", "seven lanterns under water")
			}
			return err
		},
	}
	each(t, func(t *testing.T, s *Store, _ *clock) {
		bob := create(t, s, "bob", Viewer)
		other := newBrowser(t, s)
		other.begin(bob)
		for what, change := range changes {
			ann := create(t, s, "ann-"+strings.ReplaceAll(what, " ", "-"), Viewer)
			b := newBrowser(t, s)
			b.begin(ann)
			if b.user() != ann {
				t.Fatalf("%s: not logged in", what)
			}
			if err := change(t, s, ann.ID); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			if got := b.user(); got != (User{}) {
				t.Errorf("%s: still logged in as %+v", what, got)
			}
		}
		if other.user() != bob {
			t.Error("somebody else was logged out")
		}
	})
}

func TestADisabledUserStaysOut(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		create(t, s, "root", Admin)
		ann := create(t, s, "ann", Viewer)
		token, err := s.Invite(t.Context(), cli, ann.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Disable(t.Context(), cli, ann.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Authenticate(t.Context(), "ann", password, Origin{}); !errors.Is(err, ErrLogin) {
			t.Errorf("a disabled user got in: %v", err)
		}
		if _, err := s.Accept(t.Context(), token, "", "seven lanterns under water"); !errors.Is(err, ErrInvitation) {
			t.Errorf("a disabled user's link was taken: %v", err)
		}
		if _, err := s.Invite(t.Context(), cli, ann.ID); !isBadInput(err) {
			t.Errorf("a disabled user was invited: %v", err)
		}
		if err := s.Enable(t.Context(), cli, ann.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Authenticate(t.Context(), "ann", password, Origin{}); err != nil {
			t.Errorf("an enabled user was kept out: %v", err)
		}
	})
}

// Whatever happens at once, somebody remains who can change it back.
func TestTheLastAdminStays(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		admins := []User{create(t, s, "ann", Admin), create(t, s, "bob", Admin)}
		var done sync.WaitGroup
		for i, a := range admins {
			done.Go(func() {
				var err error
				if i == 0 {
					err = s.Disable(t.Context(), admins[1], a.ID)
				} else {
					err = s.SetRole(t.Context(), admins[0], a.ID, Viewer)
				}
				if err != nil && !isBadInput(err) {
					t.Error(err)
				}
			})
		}
		done.Wait()
		if n, err := s.direct().admins(t.Context()); err != nil || n != 1 {
			t.Fatalf("%d admins are left, %v", n, err)
		}
		create(t, s, "viewer", Viewer)
		for _, a := range admins {
			_ = s.SetRole(t.Context(), cli, a.ID, Reviewer)
			_ = s.Disable(t.Context(), cli, a.ID)
		}
		if n, err := s.direct().admins(t.Context()); err != nil || n != 1 {
			t.Errorf("then %d admins are left, %v", n, err)
		}
	})
}

func TestAnOldHashIsMadeAnew(t *testing.T) {
	s, _ := open(t, databasetest.SQLite(t))
	ann := create(t, s, "ann", Viewer)
	weak := argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	hash, err := argon2id.CreateHash(password, &weak)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.direct().exec(t.Context(), "UPDATE users SET password = ? WHERE id = ?", hash, ann.ID); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Authenticate(t.Context(), "ann", password, Origin{}); err != nil {
			t.Fatal(err)
		}
	}
	_, now, err := s.direct().byID(t.Context(), ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	if params, _, _, err := argon2id.DecodeHash(now); err != nil || *params != hashing {
		t.Errorf("the hash is of %+v, %v", params, err)
	}
}

// tries is somebody who tries passwords, each from where they say.
type tries struct {
	*testing.T
	s *Store
}

// wrong tries a wrong password and returns how long it has to wait, 0 where it was
// compared.
func (t tries) wrong(name string, from Origin) time.Duration {
	t.Helper()
	_, err := t.s.Authenticate(t.Context(), name, "a wrong password", from)
	var many *TooManyLogins
	switch {
	case errors.As(err, &many):
		return many.Wait
	case !errors.Is(err, ErrLogin):
		t.Fatal(err)
	}
	return 0
}

// right tries the password and tells whether it opens.
func (t tries) right(name string, from Origin) bool {
	t.Helper()
	_, err := t.s.Authenticate(t.Context(), name, password, from)
	var many *TooManyLogins
	if err != nil && !errors.As(err, &many) {
		t.Fatal(err)
	}
	return err == nil
}

func address(n int) Origin { return Origin{Address: fmt.Sprintf("192.0.%d.%d", n/250, 1+n%250)} }

func TestWhoeverGuessesAtANameWaits(t *testing.T) {
	s, c := open(t, databasetest.SQLite(t))
	create(t, s, "ann", Viewer)
	guesser, owner := tries{t, s}, tries{t, s}
	for n := range pairBurst {
		if wait := guesser.wrong("ann", address(1)); wait != 0 {
			t.Fatalf("login %d waits %s", n, wait)
		}
	}
	if wait := guesser.wrong(" ANN", address(1)); wait != pairEvery {
		t.Errorf("the next one waits %s, want %s", wait, pairEvery)
	}
	if guesser.right("ann", address(1)) {
		t.Error("the right password tells that the ones before were wrong")
	}
	if !owner.right("ann", address(2)) {
		t.Error("the owner waits for a stranger elsewhere")
	}
	// However long it goes on.
	for range 1000 {
		c.forward(time.Second)
		guesser.wrong("ann", address(1))
	}
	if !owner.right("ann", address(2)) {
		t.Error("the owner waits for a stranger who goes on and on")
	}
	c.forward(pairEvery)
	if !guesser.right("ann", address(1)) {
		t.Error("nobody gets in there after a while")
	}
}

func TestANameFromEverywhereIsLimited(t *testing.T) {
	s, c := open(t, databasetest.SQLite(t))
	create(t, s, "ann", Viewer)
	for n := range nameBurst {
		if wait := (tries{t, s}).wrong("ann", address(n)); wait != 0 {
			t.Fatalf("login %d waits %s", n, wait)
		}
	}
	if wait := (tries{t, s}).wrong("ann", address(nameBurst)); wait != nameEvery {
		t.Errorf("the next one waits %s, want %s", wait, nameEvery)
	}
	c.forward(nameEvery)
	if !(tries{t, s}).right("ann", address(nameBurst)) {
		t.Error("nobody gets in after a while")
	}
}

func TestAnAddressIsLimitedForAllNames(t *testing.T) {
	s, _ := open(t, databasetest.SQLite(t))
	v6 := func(n int) Origin { return Origin{Address: "2001:db8::" + string(rune('1'+n%9))} }
	for n := range addressBurst {
		if wait := (tries{t, s}).wrong("nobody"+string(rune('a'+n)), v6(n)); wait != 0 {
			t.Fatalf("login %d waits %s", n, wait)
		}
	}
	if wait := (tries{t, s}).wrong("somebody", Origin{Address: "2001:db8::ffff"}); wait != addressEvery {
		t.Errorf("many names from one network: wait %s, want %s", wait, addressEvery)
	}
	if wait := (tries{t, s}).wrong("somebody", Origin{Address: "2001:db8:1::1"}); wait != 0 {
		t.Errorf("another network waits %s", wait)
	}
}

// Who has logged in on a device before is kept waiting there by nobody else, and a
// stolen cookie is good for few guesses.
func TestADeviceThatIsKnownWaitsForItselfAlone(t *testing.T) {
	s, c := open(t, databasetest.SQLite(t))
	ann, bob := create(t, s, "Ann", Viewer), create(t, s, "bob", Viewer)
	b := newBrowser(t, s)
	b.begin(ann)
	known := b.s.Origin(b.request())
	if known.Device == "" {
		t.Fatal("a login leaves no cookie of the device")
	}
	strangers := tries{t, s}
	for n := range 2 * nameBurst {
		strangers.wrong("ann", address(n))
		strangers.wrong("bob", Origin{Address: known.Address})
		strangers.wrong("bob", address(n))
	}
	if strangers.right("ann", Origin{Address: known.Address}) {
		t.Error("the name is not limited")
	}
	if !strangers.right("ann", known) {
		t.Error("the owner's device waits for strangers")
	}
	if strangers.right("bob", known) {
		t.Error("the device of one user is that of another")
	}
	for what, device := range map[string]string{
		"another signature": known.Device[:len(known.Device)-4] + "AAAA", "no signature": known.Device[:strings.LastIndex(known.Device, ".")],
		"another device": "A" + known.Device, "a later time": strings.Replace(known.Device, ".1", ".2", 1), "long": strings.Repeat("A.", 1000), "blank": ".", "blanks": "..",
	} {
		if strangers.right("ann", Origin{Address: known.Address, Device: device}) {
			t.Errorf("%s: a cookie that somebody made is taken", what)
		}
	}
	for n := range pairBurst {
		if wait := strangers.wrong("ann", known); wait != 0 {
			t.Fatalf("login %d on the device waits %s", n, wait)
		}
	}
	if wait := strangers.wrong("ann", known); wait != pairEvery {
		t.Errorf("the next guess on the device waits %s, want %s", wait, pairEvery)
	}
	c.forward(deviceLife)
	for n := range 2 * nameBurst {
		strangers.wrong("ann", address(n))
	}
	if strangers.right("ann", known) {
		t.Error("a device is known for ever")
	}
	if err := b.end(); err != nil || b.s.Origin(b.request()).Device == "" {
		t.Errorf("a logout forgets the device: %v", err)
	}
	b.begin(bob)
	if other := b.s.Origin(b.request()); other.Device == known.Device || !strangers.right("bob", other) {
		t.Error("who logs in there next is not known")
	}
}

func TestPasswordsThatAreGuessed(t *testing.T) {
	for _, weak := range []string{
		"password1234", "Password1234", "P@ssw0rd1234", "switchboard1", "Switchboard!", "sw1tchb0ard1", "switchboard2026", "annabella.smith", "Annabella.Smith", "smith.annabella", "annabella2026",
		"qwertyuiop12", "123456789012", "abcdefghijkl", "aaaaaaaaaaaaaaaa", "passwort1234", "Passwort2026!", "willkommen123", "Kundendienst1", "fußball12345", "iloveyou1234", "support12345", "letmein12345", "admin1234567",
		"passwordpassword", "switchboardswitchboard", "01.02.2003.04", "19991231235959",
	} {
		if !guessable(weak, "annabella.smith") {
			t.Errorf("%q is taken", weak)
		}
	}
	for _, strong := range []string{password, "seven lanterns under water", "korrektes Pferd Batterie", "Zwölf Ölfässer im Nebel", "q7#vN2pXw9!t", "ежик в тумане ночью", strings.Repeat("abcdefgh ijklmn", 16), "ann likes yellow submarines"} {
		if guessable(strong, "annabella.smith") {
			t.Errorf("%q is refused", strong)
		}
	}
}

func TestLoginsThatSucceedDoNotCount(t *testing.T) {
	s, _ := open(t, databasetest.SQLite(t))
	create(t, s, "ann", Viewer)
	for n := range addressBurst + 5 {
		if _, err := s.Authenticate(t.Context(), "ann", password, Origin{Address: "192.0.2.1"}); err != nil {
			t.Fatalf("login %d: %v", n, err)
		}
	}
}

func TestUsersAreListed(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		bob := create(t, s, "bob", Viewer)
		invited, err := s.Create(t.Context(), NewUser{Name: "Ann", Role: Admin})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			newBrowser(t, s).begin(bob)
		}
		c.forward(time.Hour)
		b := newBrowser(t, s)
		b.begin(bob)
		got, err := s.Users(t.Context())
		if err != nil || len(got) != 2 {
			t.Fatalf("%+v, %v", got, err)
		}
		if want := (Listed{User: invited, Invited: true}); got[0] != want {
			t.Errorf("got %+v, want %+v", got[0], want)
		}
		if want := (Listed{User: bob, Sessions: 3, Seen: c.at}); got[1] != want {
			t.Errorf("got %+v, want %+v", got[1], want)
		}
		c.forward(Idle)
		if got, err = s.Users(t.Context()); err != nil || got[1].Sessions != 0 || !got[1].Seen.IsZero() {
			t.Errorf("sessions that have ended are listed: %+v, %v", got, err)
		}
	})
}

func TestRoles(t *testing.T) {
	for _, c := range []struct {
		role, needs Role
		want        bool
	}{
		{Viewer, Viewer, true}, {Viewer, Reviewer, false}, {Viewer, Admin, false},
		{Reviewer, Viewer, true}, {Reviewer, Reviewer, true}, {Reviewer, Admin, false},
		{Admin, Viewer, true}, {Admin, Reviewer, true}, {Admin, Admin, true},
		{"", Viewer, false}, {"root", Viewer, false}, {"", "", false}, {Admin, "", false}, {Admin, "root", false},
	} {
		if got := c.role.Includes(c.needs); got != c.want {
			t.Errorf("%q includes %q: %v", c.role, c.needs, got)
		}
	}
}

func TestLanguage(t *testing.T) {
	s, _ := open(t, databasetest.SQLite(t))
	ann := create(t, s, "ann", Viewer)
	for language, ok := range map[string]bool{"de": true, "fr": false, "../de": false, "en": true, "": true} {
		if err := s.SetLanguage(t.Context(), ann.ID, language); (err == nil) != ok {
			t.Errorf("%q: %v", language, err)
		}
		if u, err := s.Find(t.Context(), "ann"); err != nil || ok && u.Language != language {
			t.Errorf("%q: it is %q, %v", language, u.Language, err)
		}
	}
}
