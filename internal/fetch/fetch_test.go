package fetch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"switchboard/internal/problem"
)

// token is what an address is as good as a password for.
const token = "?signature=Quetzal"

// serve runs a server, and returns where it is, as a list has it.
func serve(t *testing.T, handle http.HandlerFunc) (address, host string) {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL + "/42.wav" + token, strings.TrimPrefix(server.URL, "http://")
}

func fetcher(t *testing.T, o Options) *Fetcher {
	t.Helper()
	f, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// check holds what an error says, of whom it is, and that it keeps the address to itself.
func check(t *testing.T, err error, kind problem.Kind, says string) {
	t.Helper()
	got, _ := problem.KindOf(err)
	if err == nil || got != kind || !strings.Contains(err.Error(), says) {
		t.Errorf("got %q %v, want %q that says %q", got, err, kind, says)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if strings.Contains(e.Error(), "Quetzal") || strings.Contains(e.Error(), "42.wav") {
			t.Errorf("%v holds the address, or what the host said", e)
		}
	}
}

func TestFetch(t *testing.T) {
	asked := 0
	address, host := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Content-Type", "text/html") // content types are often wrong
		_, _ = io.WriteString(w, "RIFF of "+r.Header.Get("User-Agent"))
	})
	got, err := fetcher(t, Options{Hosts: "recordings.example.com, " + host}).Fetch(t.Context(), address)
	if err != nil || string(got) != "RIFF of switchboard" || asked != 1 {
		t.Errorf("got %q, %v after %d requests", got, err, asked)
	}
}

func TestOnlyListedHostsAreAsked(t *testing.T) {
	for name, c := range map[string]struct {
		hosts, address string
		want           bool
	}{
		"nobody by default":           {"", "http://localhost/x", false},
		"a listed host":               {"a.example, r.example.com", "https://r.example.com/x?y=z", true},
		"however it is written":       {"R.example.com", "https://r.Example.com:443/x", true},
		"another":                     {"r.example.com", "https://example.com/x", false},
		"one that begins so":          {"r.example.com", "https://r.example.com.evil.org/x", false},
		"one behind a user":           {"r.example.com", "https://r.example.com@evil.org/x", false},
		"another port":                {"r.example.com", "https://r.example.com:8080/x", false},
		"a listed port":               {"localhost:8080", "http://localhost:8080/x", true},
		"an address in a network":     {"10.0.0.0/8", "http://10.0.0.5/x", false},
		"a listed address":            {"[::1]:8080", "http://[::1]:8080/x", true},
		"the metadata of a cloud":     {"r.example.com", "http://169.254.169.254/latest", false},
		"a file":                      {"r.example.com", "file:///etc/passwd", false},
		"a file of a host":            {"r.example.com", "file://r.example.com/etc/passwd", false},
		"another protocol":            {"r.example.com", "ftp://r.example.com/x", false},
		"s3":                          {"r.example.com", "s3://r.example.com/x", false},
		"no URL":                      {"r.example.com", "r.example.com", false},
		"no port where one is listed": {"localhost:8080", "http://localhost/x", false},
	} {
		t.Run(name, func(t *testing.T) {
			err := fetcher(t, Options{Hosts: c.hosts}).Check(c.address)
			if kind, _ := problem.KindOf(err); (err == nil) != c.want || err != nil && kind != problem.BadInput {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestListsThatCannotBe(t *testing.T) {
	for _, hosts := range []string{"https://r.example.com", "*.example.com", "r.example.com/x", "10.0.0.0/99"} {
		_, err := New(Options{Hosts: hosts})
		if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), "SWITCHBOARD_AUDIO_HOSTS") {
			t.Errorf("%s gives %v", hosts, err)
		}
	}
}

// A name on the list may lead to a private address, now or at the next look: what is
// connected to counts.
func TestPrivateAddressIsRefusedWhateverTheName(t *testing.T) {
	address, host := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "RIFF") })
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		t.Fatal(err)
	}
	// A name that leads here and is not "localhost".
	names, err := net.DefaultResolver.LookupAddr(t.Context(), "127.0.0.1")
	name := "localhost."
	for _, n := range names {
		if !strings.HasPrefix(n, "localhost") {
			name = n
		}
	}
	_ = err // localhost with a dot is a name of its own
	rebound := strings.Replace(address, host, net.JoinHostPort(name, port), 1)
	t.Run("a name", func(t *testing.T) {
		_, err := fetcher(t, Options{Hosts: net.JoinHostPort(name, port)}).Fetch(t.Context(), rebound)
		check(t, err, problem.BadInput, "which leads to a private address")
	})
	for what, more := range map[string]string{"a network on the list": "127.0.0.0/8", "an address on the list": host} {
		t.Run(what, func(t *testing.T) {
			got, err := fetcher(t, Options{Hosts: net.JoinHostPort(name, port) + "," + more}).Fetch(t.Context(), rebound)
			if err != nil || string(got) != "RIFF" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// However this machine is written, it is not asked: neither where the list does not have
// it, nor where the list has a form that only looks like a name.
func TestThisMachineIsNotAskedHoweverItIsWritten(t *testing.T) {
	asked := 0
	_, host := serve(t, func(http.ResponseWriter, *http.Request) { asked++ })
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"0x7f.1", "0x7f000001", "127.1", "0177.0.0.1", "2130706433", "localhost.", "localhost.localdomain", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[0:0:0:0:0:0:0:1]", "127.0.0.1.", "r.example.com@127.0.0.1", "①②⑦.0.0.1"} {
		address := "http://" + name + ":" + port + "/42.wav" + token
		_, err := fetcher(t, Options{Hosts: "r.example.com"}).Fetch(t.Context(), address)
		check(t, err, problem.BadInput, "")
		if strings.ContainsAny(name, "@[") {
			continue // a list has no such host, or that very address, which it allows
		}
		if _, err := fetcher(t, Options{Hosts: name + ":" + port}).Fetch(t.Context(), address); err == nil || strings.Contains(err.Error(), "Quetzal") {
			t.Errorf("%s, listed: %v", name, err)
		}
	}
	if asked > 0 {
		t.Errorf("this machine was asked %d times", asked)
	}
}

func TestAddressesThatAreNotPublic(t *testing.T) {
	f := fetcher(t, Options{Hosts: "r.example.com, 10.1.0.0/16, 192.168.0.5:9000, localhost:8080"})
	for address, want := range map[string]bool{
		"93.184.216.34:80": true, "[2606:2800:220:1:248:1893:25c8:1946]:443": true,
		"10.1.2.3:80": true, "[::ffff:10.1.2.3]:80": true, "10.2.0.1:80": false, "[::ffff:10.2.0.1]:80": false,
		"192.168.0.5:9000": true, "192.168.0.5:22": false, "127.0.0.1:8080": true, "[::1]:8080": true, "127.0.0.1:22": false,
		"172.16.0.1:80": false, "169.254.169.254:80": false, "[fe80::1%25eth0]:80": false, "[fd00::1]:80": false, "[fec0::1]:80": false,
		"0.0.0.0:80": false, "[::]:80": false, "100.64.0.1:80": false, "198.18.0.1:80": false, "224.0.0.1:80": false, "255.255.255.255:80": false, "240.0.0.1:80": false,
		"[64:ff9b::a01:203]:80": false, "[2002:a01:203::1]:80": false, "[2001::1]:80": false, "no address": false,
	} {
		if err := f.control("tcp", address, nil); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestRedirections(t *testing.T) {
	target, targetHost := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Referer") != "" {
			t.Errorf("it is told where the request comes from")
		}
		_, _ = io.WriteString(w, "RIFF")
	})
	address, host := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, http.StatusFound) })
	t.Run("to a listed host", func(t *testing.T) {
		got, err := fetcher(t, Options{Hosts: host + "," + targetHost}).Fetch(t.Context(), address)
		if err != nil || string(got) != "RIFF" {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("to another host", func(t *testing.T) {
		_, err := fetcher(t, Options{Hosts: host}).Fetch(t.Context(), address)
		check(t, err, problem.BadInput, "redirects to a host that is not listed")
	})
	for name, location := range map[string]string{"to a file": "file:///etc/passwd", "to the metadata of a cloud": "http://169.254.169.254/Quetzal", "to nowhere": "://Quetzal", "to no place": ""} {
		t.Run(name, func(t *testing.T) {
			address, host := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", location)
				w.WriteHeader(http.StatusFound)
			})
			_, err := fetcher(t, Options{Hosts: host}).Fetch(t.Context(), address)
			if kind, _ := problem.KindOf(err); err == nil || kind == "" && location != "" && !strings.Contains(location, "://Q") {
				t.Errorf("got %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "Quetzal") {
				t.Errorf("%v quotes the host", err)
			}
		})
	}
	t.Run("from host to host", func(t *testing.T) {
		for hops, want := range map[int]string{maxRedirects: "", maxRedirects + 1: "or too often"} {
			address, hosts := target, []string{targetHost}
			for range hops {
				next := address
				var host string
				address, host = serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, next, http.StatusTemporaryRedirect) })
				hosts = append(hosts, host)
			}
			_, err := fetcher(t, Options{Hosts: strings.Join(hosts, ",")}).Fetch(t.Context(), address)
			if want == "" && err != nil {
				t.Errorf("%d redirections: %v", hops, err)
			}
			if want != "" {
				check(t, err, problem.BadInput, want)
			}
		}
	})
	t.Run("around", func(t *testing.T) {
		asked := 0
		address, host := serve(t, func(w http.ResponseWriter, r *http.Request) { asked++; http.Redirect(w, r, "/again", http.StatusFound) })
		_, err := fetcher(t, Options{Hosts: host}).Fetch(t.Context(), address)
		check(t, err, problem.BadInput, "or too often")
		if asked > maxRedirects+1 {
			t.Errorf("asked %d times", asked)
		}
	})
}

func TestStatusesOfAHost(t *testing.T) {
	for status, kind := range map[int]problem.Kind{
		http.StatusUnauthorized: problem.Refused, http.StatusForbidden: problem.Refused, http.StatusGone: problem.Refused, http.StatusBadRequest: problem.Refused, http.StatusNoContent: problem.Refused,
		http.StatusPartialContent: problem.Refused, http.StatusNotFound: "", http.StatusRequestTimeout: "", http.StatusTooManyRequests: "", http.StatusInternalServerError: "", http.StatusServiceUnavailable: "",
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			address, host := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
			_, err := fetcher(t, Options{Hosts: host}).Fetch(t.Context(), address)
			check(t, err, kind, http.StatusText(status))
		})
	}
}

func TestTooLarge(t *testing.T) {
	big := bytes.Repeat([]byte("RIFF"), 1000)
	for name, handle := range map[string]http.HandlerFunc{
		"as it says": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(big[:1001]) },
		"and does not say": func(w http.ResponseWriter, _ *http.Request) {
			for len(big) > 0 {
				if _, err := w.Write(big[:10]); err != nil {
					return
				}
				w.(http.Flusher).Flush()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			address, host := serve(t, handle)
			_, err := fetcher(t, Options{Hosts: host, MaxBytes: 1000}).Fetch(t.Context(), address)
			check(t, err, problem.BadInput, "larger than 1000 bytes")
		})
	}
	address, host := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(big[:1000]) })
	if got, err := fetcher(t, Options{Hosts: host, MaxBytes: 1000}).Fetch(t.Context(), address); err != nil || len(got) != 1000 {
		t.Errorf("just as much as it may have: %d bytes, %v", len(got), err)
	}
}

func TestHostThatIsDown(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	host := strings.TrimPrefix(server.URL, "http://")
	server.Close()
	_, err := fetcher(t, Options{Hosts: host}).Fetch(t.Context(), server.URL+"/42.wav"+token)
	check(t, err, "", "connection refused")
}

func TestHostThatIsNotFound(t *testing.T) {
	_, err := fetcher(t, Options{Hosts: "recordings.invalid"}).Fetch(t.Context(), "http://recordings.invalid/42.wav"+token)
	check(t, err, "", "failed")
}

func TestHostThatIsSlow(t *testing.T) {
	for name, c := range map[string]struct {
		handle http.HandlerFunc
		opt    Options
		says   string
	}{
		"before it answers": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, Options{Stall: 20 * time.Millisecond}, "did not send it in time"},
		"after its header": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, Options{Stall: 20 * time.Millisecond}, "sent nothing for 20ms"},
		"in the middle": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "RIFF")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, Options{Stall: 20 * time.Millisecond}, "sent nothing for 20ms"},
		"in all": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "RIFF")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, Options{Timeout: 20 * time.Millisecond}, "did not send it in time"},
	} {
		t.Run(name, func(t *testing.T) {
			address, host := serve(t, c.handle)
			c.opt.Hosts = host
			_, err := fetcher(t, c.opt).Fetch(t.Context(), address)
			check(t, err, "", c.says)
		})
	}
}

func TestRecordingThatBreaksOff(t *testing.T) {
	address, host := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "RIFF")
	})
	_, err := fetcher(t, Options{Hosts: host}).Fetch(t.Context(), address)
	check(t, err, "", "it ended early")
}

func TestHostThatIsNotQuoted(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 1000))
			_, _ = io.WriteString(c, "Quetzal\r\n\r\n")
			c.Close()
		}
	}()
	host := listener.Addr().String()
	_, err = fetcher(t, Options{Hosts: host}).Fetch(t.Context(), "http://"+host+"/42.wav"+token)
	check(t, err, "", "does not read as HTTP")
}

func TestUnknownCertificate(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "https://")
	_, err := fetcher(t, Options{Hosts: host}).Fetch(t.Context(), server.URL+"/42.wav"+token)
	check(t, err, problem.Environment, "its authority is unknown")
}

func TestCancelled(t *testing.T) {
	gone := errors.New("the worker stops")
	ctx, cancel := context.WithCancelCause(t.Context())
	address, host := serve(t, func(_ http.ResponseWriter, r *http.Request) { cancel(gone); <-r.Context().Done() })
	if _, err := fetcher(t, Options{Hosts: host}).Fetch(ctx, address); !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}
