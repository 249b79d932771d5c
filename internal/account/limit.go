package account

import (
	"net/netip"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// How many logins may fail: at once, and after that one in a while. Whoever guesses
// at a name from one address waits soon, and keeps nobody else waiting: for all
// addresses together a name may fail far more often, as may an address for all names,
// because several people can share it.
const (
	pairBurst    = 10
	pairEvery    = 30 * time.Second
	nameBurst    = 100
	nameEvery    = 10 * time.Second
	addressBurst = 30
	addressEvery = 5 * time.Second
	remembered   = 10_000
)

// limits counts failed logins by name and address, by either alone, and by the devices
// of people who have logged in before. A process counts its own.
type limits struct {
	pairs, names, addresses, devices *lru.Cache[string, *rate.Limiter]
}

func newLimits() *limits {
	var l limits
	for _, known := range []**lru.Cache[string, *rate.Limiter]{&l.pairs, &l.names, &l.addresses, &l.devices} {
		*known, _ = lru.New[string, *rate.Limiter](remembered) // the size is right
	}
	return &l
}

// attempt is a login that counts as failed until it is forgiven.
type attempt struct{ reserved []*rate.Reservation }

// begin counts a login of a name from an address, or from a device on which that name
// has logged in before; of such a one nothing else counts. Where too many have failed
// it returns how long to wait instead, and does not count.
func (l *limits) begin(name, address, device string, now time.Time) (a attempt, wait time.Duration) {
	for _, one := range l.counting(name, network(address), device) {
		r := one.ReserveN(now, 1)
		a.reserved = append(a.reserved, r)
		wait = max(wait, r.DelayFrom(now))
	}
	if wait > 0 {
		a.forgive(now)
	}
	return a, wait
}

func (l *limits) counting(name, network, device string) []*rate.Limiter {
	if device != "" {
		return []*rate.Limiter{limiterOf(l.devices, device, rate.Every(pairEvery), pairBurst)}
	}
	return []*rate.Limiter{
		limiterOf(l.pairs, name+"\x00"+network, rate.Every(pairEvery), pairBurst),
		limiterOf(l.names, name, rate.Every(nameEvery), nameBurst),
		limiterOf(l.addresses, network, rate.Every(addressEvery), addressBurst),
	}
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
