// Package hostlist holds the hosts that a program may turn to at somebody else's wish:
// whoever gives it an address stands outside its network, and the program inside.
package hostlist

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"switchboard/internal/problem"
)

// List are hosts in lower case, each with its port where that is not the usual one. The
// zero value allows none.
type List []string

// Parse reads hosts with commas between them. The setting is named in the problem that
// it returns for what is no host.
func Parse(setting, text string) (List, error) {
	var l List
	for host := range strings.SplitSeq(text, ",") {
		if host = strings.ToLower(strings.TrimSpace(host)); host == "" {
			continue
		}
		if strings.ContainsAny(host, "/@*? ") {
			return nil, problem.Input("%s has %q, which is no host; give names such as hooks.example.com, with commas between them", setting, host)
		}
		l = append(l, host)
	}
	return l, nil
}

// Allows reports whether the host of an address is in the list.
func (l List) Allows(u *url.URL) bool { return slices.Contains(l, Of(u)) }

// Of is the host of an address as a list has it: the port is left out where it is the
// scheme's.
func Of(u *url.URL) string {
	host := strings.ToLower(u.Hostname())
	if port := u.Port(); port != "" && port != map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		return net.JoinHostPort(host, port)
	}
	return host
}
