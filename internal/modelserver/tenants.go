package modelserver

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
)

// unnamedOwner is the owner of what a key without a name makes. It follows from
// the key, and neither the key nor its plain SHA-256, which a file of keys may
// have, follows from it. The colon keeps it apart from names.
func unnamedOwner(sum [sha256.Size]byte) string {
	again := sha256.Sum256(append([]byte("owner of what was made with the key "), sum[:]...))
	return "sha256:" + hex.EncodeToString(again[:16])
}

// may tells whether the holder sees, uses and changes what belongs to an owner.
// What belongs to nobody is the administrator's alone. To everybody else it must
// look like what does not exist.
func (h *holder) may(owner string) bool {
	return h.admin || owner != "" && owner == h.owner
}

// shown is the owner as an answer has it: it is told to administrators, who see
// things of more than one.
func (h *holder) shown(owner string) string {
	if h.admin {
		return owner
	}
	return ""
}

// holderOf returns who makes a request.
func holderOf(r *http.Request) *holder { return exchangeOf(r.Context()).holder }

// find returns a record that the maker of a request may see.
func find[R belonging](c *collection[R], r *http.Request, id string) (R, bool) {
	found, ok := c.get(id)
	if !ok || !holderOf(r).may(found.owner()) {
		var none R
		return none, false
	}
	return found, true
}

// everybody, as the owner in the query of a list, asks for what all keys made.
const everybody = "*"

// lists tells whether a list shows what belongs to an owner: to everybody its own. A
// client looks into lists for what it may take up as its own, so that an administrator
// is shown what others made only when it asks for it, with owner=NAME, or for
// [everybody].
func lists(r *http.Request, owner string) bool {
	h, asked := holderOf(r), r.URL.Query().Get("owner")
	if !h.admin || asked == "" {
		return owner != "" && owner == h.owner
	}
	return asked == everybody || asked == owner
}

// listed returns those of all records that a list shows to the maker of a request.
func listed[R belonging](r *http.Request, all []R) []R {
	return slices.DeleteFunc(all, func(one R) bool { return !lists(r, one.owner()) })
}

// changeOwn is [collection.change] for the maker of a request: what it may not
// see is not there.
func changeOwn[R belonging](c *collection[R], r *http.Request, id string, f func(*R) error) (R, error) {
	h := holderOf(r)
	changed, err := c.change(id, func(one *R) error {
		if !h.may((*one).owner()) {
			return errNoRecord
		}
		return f(one)
	})
	if errors.Is(err, errNoRecord) {
		var none R
		return none, err
	}
	return changed, err
}

// as turns what shows a record to a holder into what shows it to this one.
func as[R record, T any](h *holder, show func(R, *holder) T) func(R) T {
	return func(r R) T { return show(r, h) }
}

// holderFor returns the holder of an owner's key, or one without rights and
// limits of its own if the key was taken away.
func (s *Server) holderFor(owner string) *holder {
	for _, h := range *s.holders.Load() {
		if owner != "" && h.owner == owner {
			return h
		}
	}
	return &holder{owner: owner, limits: s.options.limits(Key{})}
}

// onlyOwner returns the owner that all keys stand for, if there is just one.
func (s *Server) onlyOwner() (owner string, only bool) {
	holders := *s.holders.Load()
	owner = holders[0].owner
	return owner, !slices.ContainsFunc(holders, func(h *holder) bool { return h.owner != owner })
}

func (s *Server) limitsOf(owner string) limits { return s.holderFor(owner).limits }

// turns remembers who had its turn, so that the long queue of one tenant does
// not keep others waiting for more than the one thing in hand.
type turns struct {
	last  map[string]int // by owner; 0 for who had none yet
	count int
}

// nextInTurn returns, of the records with the first of the statuses that any
// has, the oldest of the owner whose last turn is longest ago. All is sorted
// with the latest first.
func nextInTurn[R work](t *turns, all []R, statuses []string) (R, bool) {
	for _, status := range statuses {
		var next R
		found := false
		for _, r := range slices.Backward(all) {
			if r.status() == status && (!found || t.last[r.owner()] < t.last[next.owner()]) {
				next, found = r, true
			}
		}
		if found {
			t.took(next.owner())
			return next, true
		}
	}
	var none R
	return none, false
}

func (t *turns) took(owner string) {
	if t.last == nil {
		t.last = map[string]int{}
	}
	t.count++
	t.last[owner] = t.count
}

// work is a record that a worker takes along from status to status.
type work interface {
	belonging
	status() string
}
