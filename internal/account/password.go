package account

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

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
	different := map[rune]bool{}
	for _, r := range password {
		different[r] = true
	}
	if len(different) < 5 || strings.EqualFold(strings.TrimSpace(password), name) {
		return problem.Input("the password is too easy to guess")
	}
	return nil
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
