package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/ccojocar/zxcvbn-go"
	"golang.org/x/text/unicode/norm"

	"switchboard/internal/problem"
)

// hashing as OWASP recommends it for argon2id.
var hashing = argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

const (
	hashedAtOnce     = 4
	shortestPassword = 12
	longestPassword  = 256
)

// nobody is the hash that is compared where there is no user, so that an unknown
// name takes as long as a wrong password.
var nobody = sync.OnceValues(func() (string, error) { return argon2id.CreateHash(newToken(), &hashing) })

// checkPassword says what is wrong with a password that somebody chose.
func checkPassword(password, name string) error {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return problem.Input("the password is not UTF-8")
	case n < shortestPassword:
		return problem.Input("the password is too short: %d characters are the least", shortestPassword)
	case n > longestPassword:
		return problem.Input("the password is too long: %d characters are the most", longestPassword)
	}
	if guessable(password, name) {
		return problem.Input("the password is too easy to guess: choose several words that have nothing to do with each other, or let a password manager make one")
	}
	return nil
}

// guessedFirst are words that somebody who guesses at this page tries early, and that
// the lists of English words and of common passwords do not have.
var guessedFirst = []string{
	"switchboard", "passwort", "kennwort", "geheim", "geheimnis", "willkommen", "hallo", "callcenter", "kundendienst", "kundenservice", "kunde", "helpdesk",
	"support", "service", "dashboard", "reviewer", "viewer", "administrator", "temporal", "hotline", "telefon", "anruf", "sommer", "winter", "herbst",
	"fruehling", "fruhling", "frühling", "fussball", "fußball", "schalke", "dortmund", "bayern", "berlin", "hamburg", "münchen", "munchen", "liebe", "schatz", "sonnenschein",
	"montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag", "januar", "februar", "märz", "april", "juni", "juli", "oktober", "dezember",
}

// surest is the least score, of 0 to 4, that a password needs, and read is how much
// of one is looked at: what is longer is not weaker.
const (
	surest = 3
	read   = 64
)

// guessable tells a password that the lists of common ones, words, names, dates, rows
// of keys and the user's own name lead to soon. Which signs it has does not matter.
func guessable(password, name string) bool {
	known := append([]string{name}, strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) })...)
	known = append(known, guessedFirst...)
	for i := range known {
		known[i] = plain(known[i])
	}
	known = slices.DeleteFunc(known, func(word string) bool { return len(word) < 3 })
	for _, written := range []string{plain(password), spelled.Replace(plain(password))} {
		if zxcvbn.PasswordStrength(written[:min(len(written), read)], known).Score < surest {
			return true
		}
	}
	return false
}

// spelled reads digits and signs that stand for letters.
var spelled = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// plain is a text in ASCII, without accents: the estimate counts bytes.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsMark(r):
			return -1
		case r > unicode.MaxASCII:
			return '~'
		}
		return r
	}, norm.NFKD.String(text))
}

// hash makes the hash of a password that is kept.
func (s *Store) hash(ctx context.Context, password string) (string, error) {
	defer s.takeTurn(ctx)()
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	return argon2id.CreateHash(password, &hashing)
}

// matches tells whether a password is the one of a hash, and whether the hash was
// made as it is made now. An empty hash is no password's.
func (s *Store) matches(ctx context.Context, password, hash string) (ok, current bool, err error) {
	defer s.takeTurn(ctx)()
	if ctx.Err() != nil {
		return false, false, context.Cause(ctx)
	}
	known := hash != ""
	if !known {
		if hash, err = nobody(); err != nil {
			return false, false, err
		}
	}
	ok, params, err := argon2id.CheckHash(password, hash)
	if err != nil {
		return false, false, fmt.Errorf("comparing a password: %w", err)
	}
	return ok && known, *params == hashing, nil
}

// takeTurn waits until a password may be hashed, or the context has ended, and
// returns what gives the turn back.
func (s *Store) takeTurn(ctx context.Context) (done func()) {
	select {
	case s.hashing <- struct{}{}:
		return func() { <-s.hashing }
	case <-ctx.Done():
		return func() {}
	}
}
