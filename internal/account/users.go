package account

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"switchboard/internal/problem"
)

// User is somebody who may use the page.
type User struct {
	// ID stands for the user wherever something is kept of them. It never changes
	// and says nothing of the person.
	ID   string
	Name string
	Role Role
	// Language is the one the user wants to read, "en" or "de"; empty is the
	// browser's.
	Language string
	// External tells that an identity provider knows the user, who has no password
	// here.
	External bool
	Created  time.Time
	// Disabled is when the user was locked out, zero for one who was not.
	Disabled time.Time
}

// Listed is a user as admins see them.
type Listed struct {
	User
	// Sessions is how many are open, Seen when one of them was last used; zero if
	// none is open.
	Sessions int
	Seen     time.Time
	// Invited tells that the user has yet to choose a password.
	Invited bool
}

// NewUser is somebody to come.
type NewUser struct {
	Name string
	// Password is empty for a user who chooses it by an invitation.
	Password string
	Role     Role
}

// Errors of a login, which say no more than whoever tried may know.
var (
	ErrLogin   = errors.New("the name or the password is wrong")
	errUnknown = errors.New("there is no such user")
)

// TooManyLogins is the error of a login that is refused because too many have
// failed.
type TooManyLogins struct{ Wait time.Duration }

func (e *TooManyLogins) Error() string {
	return fmt.Sprintf("too many logins have failed; try again in %s", e.Wait.Round(time.Second))
}

const longestName = 64

// loginOf is what a name is found by: the same however it is written.
func loginOf(name string) string { return strings.ToLower(norm.NFKC.String(strings.TrimSpace(name))) }

func checkName(name string) error {
	fits := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("._-@+", r)
	}
	switch {
	case name == "" || utf8.RuneCountInString(name) > longestName:
		return problem.Input("give a name of 1 to %d characters", longestName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !fits(r) }):
		return problem.Input("a name has letters, digits and . _ - @ + only")
	}
	return nil
}

// Create adds a user with a password of their own. A name that is taken, or a name
// or password that will not do, is a problem of kind BadInput.
func (s *Store) Create(ctx context.Context, n NewUser) (User, error) {
	return s.create(ctx, User{}, n)
}

// CreateBy is Create on behalf of an admin, which the audit tells.
func (s *Store) CreateBy(ctx context.Context, by User, n NewUser) (User, error) {
	return s.create(ctx, by, n)
}

func (s *Store) create(ctx context.Context, by User, n NewUser) (User, error) {
	hash, err := s.prepare(ctx, &n)
	if err != nil {
		return User{}, err
	}
	var u User
	err = s.change(ctx, func(t tx) error {
		if u, err = t.add(ctx, n, hash); err != nil {
			return err
		}
		return t.record(ctx, Entry{Account: by.ID, Action: UserCreated, Target: u.ID, Details: map[string]string{"role": string(u.Role)}})
	})
	return u, wrap("adding a user", err)
}

// prepare checks who is to come and hashes their password: hashing takes too long
// to be done in a transaction.
func (s *Store) prepare(ctx context.Context, n *NewUser) (hash string, err error) {
	n.Name = norm.NFC.String(strings.TrimSpace(n.Name))
	if err := checkName(n.Name); err != nil {
		return "", err
	}
	if _, err := ParseRole(string(n.Role)); err != nil {
		return "", err
	}
	if n.Password == "" {
		return "", nil
	}
	if err := checkPassword(n.Password, n.Name); err != nil {
		return "", err
	}
	return s.hash(ctx, n.Password)
}

func (t tx) add(ctx context.Context, n NewUser, hash string) (User, error) {
	u := User{ID: rand.Text(), Name: n.Name, Role: n.Role, Created: t.s.now().UTC().Truncate(time.Microsecond)}
	added, err := t.exec(ctx, `INSERT INTO users (id, name, login, password, role, language, created, disabled) VALUES (?, ?, ?, ?, ?, '', ?, 0)
		ON CONFLICT DO NOTHING`, u.ID, u.Name, loginOf(u.Name), hash, string(u.Role), micros(u.Created))
	if err == nil && added == 0 {
		err = problem.Input("there is a user of that name already")
	}
	return u, err
}

// Authenticate returns the user of a name and a password, wherever the login comes
// from. It fails with [ErrLogin] for a name that nobody has, a wrong password and a
// disabled user alike, and with [TooManyLogins] where too many logins of that name or
// from there have failed; on a device where that name has logged in before, only those
// of the device count.
func (s *Store) Authenticate(ctx context.Context, name, password string, from Origin) (User, error) {
	now, login := s.now(), loginOf(name)
	if len(name) > 4*longestName || len(password) > 4*longestPassword {
		login, password = "", ""
	}
	device, err := s.device(ctx, login, from.Device)
	if err != nil {
		return User{}, wrap("looking a device up", err)
	}
	try, wait := s.logins.begin(login, from.Address, device, now)
	if wait > 0 {
		return User{}, &TooManyLogins{Wait: wait}
	}
	u, hash, err := s.direct().byLogin(ctx, login)
	if err != nil && !errors.Is(err, errUnknown) {
		return User{}, wrap("looking a user up", err)
	}
	ok, current, err := s.matches(ctx, password, hash)
	if err != nil {
		return User{}, err
	}
	if !ok || !u.Disabled.IsZero() {
		return User{}, ErrLogin
	}
	try.forgive(now)
	if !current {
		if err := s.rehash(ctx, u, password, hash); err != nil {
			return User{}, err
		}
	}
	return u, nil
}

// rehash keeps a password's hash as it is made now, unless the password has been
// changed meanwhile.
func (s *Store) rehash(ctx context.Context, u User, password, old string) error {
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	_, err = s.direct().exec(ctx, "UPDATE users SET password = ? WHERE id = ? AND password = ?", hash, u.ID, old)
	return wrap("keeping a password", err)
}

const userColumns = "u.id, u.name, u.role, u.language, u.subject IS NOT NULL, u.created, u.disabled"

func scanUser(row scanner, more ...any) (u User, err error) {
	var created, disabled int64
	err = row.Scan(append([]any{&u.ID, &u.Name, &u.Role, &u.Language, &u.External, &created, &disabled}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, errUnknown
	}
	u.Created, u.Disabled = fromMicros(created), fromMicros(disabled)
	return u, err
}

func (t tx) byLogin(ctx context.Context, login string) (u User, hash string, err error) {
	u, err = scanUser(t.row(ctx, "SELECT "+userColumns+", u.password FROM users u WHERE u.login = ?", login), &hash)
	return u, hash, err
}

func (t tx) byID(ctx context.Context, id string) (u User, hash string, err error) {
	u, err = scanUser(t.row(ctx, "SELECT "+userColumns+", u.password FROM users u WHERE u.id = ?", id), &hash)
	return u, hash, err
}

// Find returns the user of an id, or of a name that has a password here. Where there
// is none it is a problem of kind BadInput.
func (s *Store) Find(ctx context.Context, idOrName string) (User, error) {
	u, _, err := s.direct().byID(ctx, idOrName)
	if errors.Is(err, errUnknown) {
		u, _, err = s.direct().byLogin(ctx, loginOf(idOrName))
	}
	return u, wrap("looking a user up", err)
}

// Users returns everybody, by name.
func (s *Store) Users(ctx context.Context) ([]Listed, error) {
	now := s.now()
	users, err := list(ctx, s.direct(), func(row scanner) (l Listed, err error) {
		var seen int64
		var hash string
		l.User, err = scanUser(row, &hash, &l.Sessions, &seen)
		l.Seen, l.Invited = fromMicros(seen), hash == "" && !l.External
		return l, err
	}, `SELECT `+userColumns+`, u.password, COUNT(s.token_hash), COALESCE(MAX(s.seen), 0) FROM users u
		LEFT JOIN sessions s ON s.user_id = u.id AND s.seen > ? AND s.began > ?
		GROUP BY u.id, u.name, u.role, u.language, u.subject, u.created, u.disabled, u.password`, micros(now.Add(-Idle)), micros(now.Add(-Longest)))
	slices.SortFunc(users, func(a, b Listed) int {
		if c := strings.Compare(loginOf(a.Name), loginOf(b.Name)); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return users, wrap("listing users", err)
}

// wrap says what was being done when an error came. What a person must act on stays
// as it is.
func wrap(doing string, err error) error {
	var p *problem.Error
	switch {
	case err == nil, errors.As(err, &p):
		return err
	case errors.Is(err, errUnknown):
		return problem.Input("there is no such user")
	}
	return fmt.Errorf("%s: %w", doing, err)
}
