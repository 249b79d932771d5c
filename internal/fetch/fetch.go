// Package fetch gets recordings from where their events say that they are.
//
// An address is somebody else's wish, and the worker that follows it stands inside a
// network. So it asks the hosts on its list alone; follows no redirection to another
// one; connects to no private address unless that address or its network is on the list
// too, whatever a name leads to at that moment; and takes no more, and no longer, than
// it was told. A recording is held in memory and written nowhere.
package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"switchboard/internal/config"
	"switchboard/internal/hostlist"
	"switchboard/internal/problem"
)

// Options configures a [Fetcher].
type Options struct {
	// Hosts are those that may be asked, with commas between them, each with its port
	// where that is not the usual one. Addresses and networks among them, such as
	// 10.1.0.5:9000 and 10.1.0.0/16, are those that a host may have although they are
	// private. Empty is none.
	Hosts string
	// MaxBytes is how large a recording may be; 0 is 256 MiB, an hour in stereo at
	// 16 kHz.
	MaxBytes int64
	// Timeout is how long all of it may take, 0 is ten minutes; Stall how long nothing
	// may come, 0 is half a minute.
	Timeout, Stall time.Duration
}

func (o Options) withDefaults() Options {
	if o.MaxBytes == 0 {
		o.MaxBytes = 256 << 20
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Minute
	}
	if o.Stall == 0 {
		o.Stall = 30 * time.Second
	}
	return o
}

// Fetcher gets recordings. It is safe for concurrent use.
type Fetcher struct {
	opt     Options
	hosts   hostlist.List
	private []permit
	client  *http.Client
}

// permit is a private network that hosts may be in; port 0 is any.
type permit struct {
	network netip.Prefix
	port    uint16
}

var (
	errElsewhere = errors.New("redirected to a host that is not listed")
	errPrivate   = errors.New("a private address")
	errStalled   = errors.New("nothing came in time")
)

// maxRedirects is how often one host may send on to another on the list.
const maxRedirects = 3

// New makes a fetcher. What is no host and no network is a problem of kind BadInput.
func New(o Options) (*Fetcher, error) {
	f := &Fetcher{opt: o.withDefaults()}
	var hosts []string
	for entry := range strings.SplitSeq(o.Hosts, ",") {
		entry = strings.TrimSpace(entry)
		network, err := netip.ParsePrefix(entry)
		if err != nil {
			hosts = append(hosts, entry)
			f.private = append(f.private, permitOf(entry)...)
			continue
		}
		f.private = append(f.private, permit{network: network.Masked()})
	}
	var err error
	if f.hosts, err = hostlist.Parse(config.AudioHosts, strings.Join(hosts, ",")); err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: 10 * time.Second, Control: f.control}).DialContext
	transport.Proxy = nil               // it would look the name up itself, where nobody sees what it leads to
	transport.DisableCompression = true // what is sent is the recording
	transport.ResponseHeaderTimeout = f.opt.Stall
	f.client = &http.Client{Transport: transport, CheckRedirect: f.follow}
	return f, nil
}

// permitOf is what an entry says of private addresses: one that is an address, or this
// machine's own name, allows itself.
func permitOf(entry string) []permit {
	host, port := entry, uint16(0)
	if at, err := netip.ParseAddrPort(entry); err == nil {
		host, port = at.Addr().String(), at.Port()
	} else if name, number, err := net.SplitHostPort(entry); err == nil {
		host = name
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return nil
		}
		port = uint16(n)
	}
	if strings.EqualFold(host, "localhost") {
		return []permit{{netip.MustParsePrefix("127.0.0.0/8"), port}, {netip.MustParsePrefix("::1/128"), port}}
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return []permit{{netip.PrefixFrom(address, address.BitLen()), port}}
	}
	return nil
}

// follow lets a redirection go to hosts on the list, and never from https to http.
func (f *Fetcher) follow(request *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects || !f.hosts.Allows(request.URL) || via[0].URL.Scheme == "https" && request.URL.Scheme != "https" {
		return errElsewhere
	}
	request.Header.Del("Referer")
	return nil
}

// control looks at the address that is connected to, after the name was looked up: a
// name may lead elsewhere from one moment to the next.
func (f *Fetcher) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errPrivate
	}
	ip := at.Addr().Unmap().WithZone("")
	if public(ip) {
		return nil
	}
	for _, p := range f.private {
		if p.network.Contains(ip) && (p.port == 0 || p.port == at.Port()) {
			return nil
		}
	}
	return errPrivate
}

// reserved are networks that are not private by name and lead to no host in the open
// (IANA's registries of special-purpose addresses), or to an address inside another.
var reserved = func() (all []netip.Prefix) {
	for network := range strings.FieldsSeq(`0.0.0.0/8 100.64.0.0/10 192.0.0.0/24 192.0.2.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4
		64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 fec0::/10`) {
		all = append(all, netip.MustParsePrefix(network))
	}
	return all
}()

// public reports whether an address is one of the open internet.
func public(ip netip.Addr) bool {
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, network := range reserved {
		if network.Contains(ip) {
			return false
		}
	}
	return true
}

// Check returns a problem if no recording may be fetched from an address.
func (f *Fetcher) Check(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return problem.Input("the address of the recording is not an http or https URL; give one such as https://recordings.example.com/42.wav")
	case !f.hosts.Allows(u):
		return problem.Input("recordings may not be fetched from %s; let the workers with %s=%s, or give another address", hostlist.Of(u), config.AudioHosts, hostlist.Of(u))
	}
	return nil
}

// Fetch returns the recording at an address. What will not change is a problem: a host
// that is not allowed, that refuses, or a recording that is too large. Every other error
// may pass, that the recording is not there among them: its event may be ahead of it.
// No error holds the address, which may be as good as a password.
func (f *Fetcher) Fetch(ctx context.Context, address string) ([]byte, error) {
	if err := f.Check(address); err != nil {
		return nil, err
	}
	timed, cancel := context.WithTimeout(ctx, f.opt.Timeout)
	defer cancel()
	watched, stall := context.WithCancelCause(timed)
	defer stall(nil)
	request, err := http.NewRequestWithContext(watched, http.MethodGet, address, nil)
	if err != nil {
		return nil, problem.Input("the address of the recording is not an http or https URL")
	}
	request.Header.Set("User-Agent", "switchboard")
	host := hostlist.Of(request.URL)
	answer, err := f.client.Do(request)
	if err != nil {
		return nil, f.failure(ctx, watched, host, err)
	}
	defer answer.Body.Close()
	if err := f.refused(host, answer); err != nil {
		return nil, err
	}
	timer := time.AfterFunc(f.opt.Stall, func() { stall(errStalled) })
	defer timer.Stop()
	var content bytes.Buffer
	if answer.ContentLength > 0 {
		content.Grow(int(answer.ContentLength) + bytes.MinRead)
	}
	body := io.LimitReader(&watchedReader{answer.Body, func() { timer.Reset(f.opt.Stall) }}, f.opt.MaxBytes+1)
	if _, err := content.ReadFrom(body); err != nil {
		return nil, f.failure(ctx, watched, host, err)
	}
	if int64(content.Len()) > f.opt.MaxBytes {
		return nil, f.tooLarge(host)
	}
	return content.Bytes(), nil
}

// watchedReader tells that bytes come.
type watchedReader struct {
	io.Reader
	moved func()
}

// Read is that of the reader.
func (r *watchedReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if n > 0 {
		r.moved()
	}
	return n, err
}

// refused returns an error unless an answer is a recording of a size that is taken.
func (f *Fetcher) refused(host string, answer *http.Response) error {
	said := fmt.Sprintf("%d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
	switch status := answer.StatusCode; {
	case status == http.StatusOK && answer.ContentLength > f.opt.MaxBytes:
		return f.tooLarge(host)
	case status == http.StatusOK:
		return nil
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return problem.New(problem.Refused, "fetching a recording: %s refuses it (%s); its address may have expired, or lack what it is read with", host, said)
	case status == http.StatusGone:
		return problem.New(problem.Refused, "fetching a recording: %s has it no more (%s)", host, said)
	case status == http.StatusNotFound, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		return fmt.Errorf("fetching a recording: %s answered %s", host, said)
	}
	return problem.New(problem.Refused, "fetching a recording: %s answered %s, and not with the recording", host, said)
}

func (f *Fetcher) tooLarge(host string) error {
	return problem.Input("fetching a recording: that of %s is larger than %d bytes; keep it as FLAC, or with 8 or 16 kHz", host, f.opt.MaxBytes)
}

// failure says why there is no whole answer. The client's own errors quote the address.
func (f *Fetcher) failure(ctx, watched context.Context, host string, err error) error {
	var timeout net.Error
	var untrusted *tls.CertificateVerificationError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("fetching a recording: %w", context.Cause(ctx))
	case errors.Is(err, errPrivate):
		return problem.Input("recordings may not be fetched from %s, which leads to a private address; let the workers by listing the network in %s, such as 10.1.0.0/16, or give another address", host, config.AudioHosts)
	case errors.Is(err, errElsewhere):
		return problem.Input("fetching a recording: %s redirects to a host that is not listed in %s, or too often", host, config.AudioHosts)
	case errors.As(err, &untrusted):
		return problem.New(problem.Environment, "fetching a recording: the certificate of %s is refused: %s", host, problem.Distrusted(untrusted.Err))
	case errors.Is(context.Cause(watched), errStalled):
		return fmt.Errorf("fetching a recording: %s sent nothing for %s", host, f.opt.Stall)
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("fetching a recording: %s did not send it in time", host)
	}
	return fmt.Errorf("fetching a recording: the connection to %s failed (%s)", host, problem.Broken(err))
}
