package account

import (
	"net/netip"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// How many logins may fail: at once, and after that one in a while. An address may
// fail more often than a name, because several people can share it.
const (
	nameBurst    = 10
	nameEvery    = 30 * time.Second
	addressBurst = 30
	addressEvery = 5 * time.Second
	remembered   = 10_000
)

// limits counts failed logins by name and by address. A process counts its own.
type limits struct {
	names, addresses *lru.Cache[string, *rate.Limiter]
}

func newLimits() *limits {
	names, _ := lru.New[string, *rate.Limiter](remembered) // the size is right
	addresses, _ := lru.New[string, *rate.Limiter](remembered)
	return &limits{names, addresses}
}

// attempt is a login that counts as failed until it is forgiven.
type attempt struct{ reserved []*rate.Reservation }

// begin counts a login. Where too many have failed it returns how long to wait
// instead, and does not count.
func (l *limits) begin(name, from string, now time.Time) (a attempt, wait time.Duration) {
	for _, one := range []*rate.Limiter{
		limiterOf(l.names, name, rate.Every(nameEvery), nameBurst),
		limiterOf(l.addresses, network(from), rate.Every(addressEvery), addressBurst),
	} {
		r := one.ReserveN(now, 1)
		a.reserved = append(a.reserved, r)
		wait = max(wait, r.DelayFrom(now))
	}
	if wait > 0 {
		a.forgive(now)
	}
	return a, wait
}

func (a attempt) forgive(at time.Time) {
	for _, r := range a.reserved {
		r.CancelAt(at)
	}
}

func limiterOf(known *lru.Cache[string, *rate.Limiter], key string, limit rate.Limit, burst int) *rate.Limiter {
	fresh := rate.NewLimiter(limit, burst)
	if old, found, _ := known.PeekOrAdd(key, fresh); found {
		known.Get(key) // what is in use stays
		return old
	}
	return fresh
}

// network is what counts as one address: whoever has an IPv6 address has as many as
// they like of its network.
func network(from string) string {
	addr, err := netip.ParseAddr(strings.TrimSpace(from))
	if err != nil {
		return from
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return addr.String()
	}
	return prefix.String()
}
