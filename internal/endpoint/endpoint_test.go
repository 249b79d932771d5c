package endpoint_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"switchboard/internal/endpoint"
	"switchboard/internal/endpoint/endpointtest"
	"switchboard/internal/problem"
)

// serve answers at an endpoint: with 503 on /down, 200 elsewhere.
func serve(t *testing.T, e endpoint.Endpoint) endpoint.Endpoint {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/down" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	secret, err := e.TLS()
	if err != nil {
		t.Fatal(err)
	}
	if server.TLS = secret; secret != nil {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	e.Address = server.Listener.Addr().String()
	return e
}

func TestAsk(t *testing.T) {
	set := endpoint.Endpoint{Program: "the intake", AddressSetting: "ADDRESS", CertSetting: "CERT", KeySetting: "KEY"}
	secured := set
	_, secured.Cert, secured.Key = endpointtest.Certificate(t, "calls.example.com")
	_, otherCert, otherKey := endpointtest.Certificate(t, "calls.example.com")
	plain, secured := serve(t, set), serve(t, secured)
	_, port, err := net.SplitHostPort(plain.Address)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		e          endpoint.Endpoint
		path, says string
		code       int
	}{
		"HTTP":                   {plain, "/ready", "", problem.ExitDone},
		"HTTPS":                  {secured, "/ready", "", problem.ExitDone},
		"on all interfaces":      {with(plain, "0.0.0.0:"+port, "", ""), "/ready", "", problem.ExitDone},
		"without a host":         {with(plain, ":"+port, "", ""), "/ready", "", problem.ExitDone},
		"not well":               {plain, "/down", "the intake answers 503", 1},
		"nobody":                 {with(plain, "127.0.0.1:1", "", ""), "/ready", "asking the intake", 1},
		"HTTP with HTTPS":        {with(secured, secured.Address, "", ""), "/ready", "the intake answers 400", 1},
		"another certificate":    {with(secured, secured.Address, otherCert, otherKey), "/ready", "another certificate is shown than that of the intake", 1},
		"no address":             {with(plain, "8091", "", ""), "/ready", `ADDRESS is "8091"; give a host and a port`, problem.ExitBadInput},
		"no such certificate":    {with(secured, secured.Address, otherCert+".gone", otherKey), "/ready", "check CERT", problem.ExitBadInput},
		"a key as a certificate": {with(secured, secured.Address, "endpoint_test.go", otherKey), "/ready", "endpoint_test.go (set by CERT) holds no certificate", problem.ExitBadInput},
	} {
		err := c.e.Ask(t.Context(), c.path)
		if problem.ExitCode(err) != c.code || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want exit code %d and %q", name, err, c.code, c.says)
		}
	}
}

func TestEndpointThatCannotWork(t *testing.T) {
	_, cert, key := endpointtest.Certificate(t)
	set := endpoint.Endpoint{Address: "127.0.0.1:0", AddressSetting: "ADDRESS", CertSetting: "CERT", KeySetting: "KEY"}
	for says, e := range map[string]endpoint.Endpoint{
		"ADDRESS is":         with(set, "here", "", ""),
		"both CERT and KEY:": with(set, set.Address, cert, ""),
		"both CERT and KEY":  with(set, set.Address, "", key),
	} {
		if err := e.Validate(); problem.ExitCode(err) != problem.ExitBadInput || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want %q", e, err, says)
		}
	}
	swapped := with(set, set.Address, key, cert)
	if _, err := swapped.TLS(); problem.ExitCode(err) != problem.ExitBadInput || !strings.Contains(err.Error(), "(set by CERT and KEY) are no certificate and its key") {
		t.Errorf("a key for a certificate: %v", err)
	}
	if err := with(set, set.Address, cert, key).Validate(); err != nil {
		t.Error(err)
	}
}

func with(e endpoint.Endpoint, address, cert, key string) endpoint.Endpoint {
	e.Address, e.Cert, e.Key = address, cert, key
	return e
}
