package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sashabaranov/go-openai"

	"switchboard/internal/logtest"
)

// serving runs a server until the test ends, and waits until it is healthy.
func serving(t *testing.T, env map[string]string, args ...string) *logtest.Buffer {
	t.Helper()
	ctx, interrupt := context.WithCancel(context.Background())
	done := make(chan error, 1)
	log := &logtest.Buffer{}
	go func() { done <- run(ctx, args, lookUp(env), log) }()
	t.Cleanup(func() {
		interrupt()
		if err := <-done; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	waitUntil(t, "the server is healthy", func() bool {
		if len(done) > 0 {
			t.Fatalf("the server ended:\n%s", log)
		}
		return run(t.Context(), []string{"health"}, lookUp(env), io.Discard) == nil
	})
	return log
}

// waitUntil looks again and again whether something has come true. What ends it
// otherwise is the time that all tests have.
func waitUntil(t *testing.T, what string, met func() bool) {
	t.Helper()
	for ; !met(); time.Sleep(10 * time.Millisecond) {
		if end, ok := t.Deadline(); ok && time.Until(end) < 10*time.Second {
			t.Fatal("no sign yet that " + what)
		}
	}
}

// later makes a file look as if it was changed after it was last looked at,
// however coarse the clock of the file system is.
func later(t *testing.T, file string) {
	t.Helper()
	at := time.Now().Add(time.Minute)
	if err := os.Chtimes(file, at, at); err != nil {
		t.Fatal(err)
	}
}

// selfSigned writes a certificate for a name that no address has, and its key.
func selfSigned(t *testing.T, cert, key string, serial int64) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "models.example"}, DNSNames: []string{"models.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: encoded}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestServesHTTPS(t *testing.T) {
	env := environment(t)
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	selfSigned(t, cert, key, 1)
	env["SWITCHBOARD_MODELSERVER_TLS_CERT"], env["SWITCHBOARD_MODELSERVER_TLS_KEY"] = cert, key
	log := serving(t, env) // waits for a health that goes over HTTPS
	address := env["SWITCHBOARD_MODELSERVER_ADDRESS"]

	serial := func() int64 {
		connection, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		return connection.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if got := serial(); got != 1 {
		t.Errorf("the certificate has serial %d, want 1", got)
	}
	if _, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is accepted")
	}
	if response, err := http.Get("http://" + address + "/healthz"); err == nil && response.StatusCode == http.StatusOK {
		t.Error("plain HTTP is answered")
	}
	// Somebody else's server on the port is not healthy.
	other, otherKey := filepath.Join(dir, "other.pem"), filepath.Join(dir, "other-key.pem")
	selfSigned(t, other, otherKey, 1)
	err := run(t.Context(), []string{"health", "-tls-cert", other, "-tls-key", otherKey}, lookUp(env), io.Discard)
	if err == nil || !strings.Contains(err.Error(), "another certificate") {
		t.Errorf("health with another certificate: %v", err)
	}

	// A renewed certificate is taken up; a broken one is not.
	selfSigned(t, cert, key, 2)
	later(t, cert)
	waitUntil(t, "the renewed certificate is used", func() bool { return serial() == 2 })
	if err := os.WriteFile(cert, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the log tells of the broken file", func() bool {
		if got := serial(); got != 2 {
			t.Fatalf("with a broken file the serial is %d", got)
		}
		return strings.Contains(log.String(), "the old one stays")
	})
}

func TestCertificateThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	selfSigned(t, cert, key, 1)
	other := filepath.Join(dir, "other-key.pem")
	selfSigned(t, filepath.Join(dir, "other.pem"), other, 2)
	if _, err := openCertificate(cert, other, slog.New(slog.DiscardHandler)); exitCode(err) != 2 || !strings.Contains(err.Error(), other) {
		t.Errorf("a key of another certificate: %v", err)
	}
	if _, err := openCertificate(cert, "nowhere.pem", slog.New(slog.DiscardHandler)); exitCode(err) != 2 || !strings.Contains(err.Error(), "nowhere.pem") {
		t.Errorf("a missing key: %v", err)
	}
}

func TestServesATeam(t *testing.T) {
	env := environment(t)
	delete(env, "SWITCHBOARD_MODELSERVER_KEYS")
	dir := t.TempDir()
	keysFile := filepath.Join(dir, "keys.json")
	if err := os.WriteFile(keysFile, []byte(`{"keys": [{"name": "reports", "key": "hidden", "requests_per_minute": 1}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	faults := filepath.Join(dir, "faults.json")
	if err := os.WriteFile(faults, []byte(`{"requests": [{"route": "/v1/files", "status": 502}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	metrics := environment(t)["SWITCHBOARD_MODELSERVER_ADDRESS"] // another free port
	log := serving(t, env, "-keys-file", keysFile, "-metrics-address", metrics, "-max-disk", "1GB", "-faults", faults, "-allow-faults")
	ask := func(address, path string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer hidden")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	address := env["SWITCHBOARD_MODELSERVER_ADDRESS"]
	for i, want := range []int{502, 429} {
		if status, body := ask(address, "/v1/files"); status != want {
			t.Errorf("request %d: %d %s, want %d", i+1, status, body, want)
		}
	}
	if status, body := ask(address, "/readyz"); status != 200 {
		t.Errorf("readiness: %d %s", status, body)
	}
	status, body := ask(metrics, "/metrics")
	if status != 200 || !strings.Contains(body, `rate_limited_total{key="reports",kind="requests"} 1`) || !strings.Contains(body, "disk_limit_bytes 1e+09") {
		t.Errorf("metrics: %d %s", status, body)
	}
	if status, _ := ask(metrics, "/v1/files"); status != 404 {
		t.Errorf("the listener for metrics answers other paths: %d", status)
	}
	// A key that is taken away is refused without a restart.
	if err := os.WriteFile(keysFile, []byte(`{"keys": [{"name": "other", "key": "another"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	later(t, keysFile)
	waitUntil(t, "the key is not accepted any more", func() bool {
		status, _ := ask(address, "/v1/files")
		return status == http.StatusUnauthorized
	})
	if !strings.Contains(log.String(), "fail on purpose") || strings.Contains(log.String(), "hidden") {
		t.Errorf("the log has no warning of the faults, or has a key:\n%s", log)
	}
}

// With an encoder there is a second base model.
func TestServesAHybrid(t *testing.T) {
	env := environment(t)
	env["SWITCHBOARD_MODELSERVER_ENCODER"] = "../internal/anonymize/ner/testdata/model"
	log := serving(t, env)
	config := openai.DefaultConfig("first")
	config.BaseURL = "http://" + env["SWITCHBOARD_MODELSERVER_ADDRESS"] + "/v1"
	if _, err := openai.NewClientWithConfig(config).GetModel(t.Context(), "switchboard-hybrid-1"); err != nil {
		t.Errorf("the hybrid is not there: %v", err)
	}
	if !strings.Contains(log.String(), "sentence encoder loaded") {
		t.Errorf("the log does not name the encoder:\n%s", log)
	}
}

func TestRefusesSettings(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	faults := filepath.Join(t.TempDir(), "faults.json")
	if err := os.WriteFile(faults, []byte(`{"requests": [{"route": "/v1/nothing", "status": 502}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		want string
		code int
	}{
		"a certificate alone":   {[]string{"-tls-cert", "cert.pem"}, "both -tls-cert and -tls-key", 2},
		"a key alone":           {[]string{"health", "-tls-key", "key.pem"}, "both -tls-cert and -tls-key", 2},
		"no certificate there":  {[]string{"-tls-cert", "nowhere.pem", "-tls-key", "nowhere.pem"}, "nowhere.pem", 2},
		"health without it":     {[]string{"health", "-tls-cert", "nowhere.pem", "-tls-key", "nowhere.pem"}, "nowhere.pem", 2},
		"no keys file there":    {[]string{"-keys-file", "nowhere.json"}, "nowhere.json", 2},
		"a strange quota":       {[]string{"-max-disk", "much"}, `-max-disk is "much"`, 2},
		"no quota":              {[]string{"-max-disk", "0"}, `-max-disk is "0"`, 2},
		"faults without leave":  {[]string{"-faults", faults}, "add -allow-faults", 2},
		"faults of no route":    {[]string{"-faults", faults, "-allow-faults"}, faults + `: request fault 1: there is no route "/v1/nothing"`, 2},
		"no encoder there":      {[]string{"-encoder", "nowhere"}, "nowhere does not exist", 2},
		"metrics on a bad port": {[]string{"-metrics-address", listener.Addr().String()}, "cannot serve metrics on", 3},
		"negative chats":        {[]string{"-max-chats", "-1"}, "-1", 2},
		"negative drain":        {[]string{"-drain", "-1s"}, "-1s", 2},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(t.Context(), test.args, lookUp(environment(t)), io.Discard)
			if err == nil || !strings.Contains(err.Error(), test.want) || exitCode(err) != test.code {
				t.Errorf("ends with %v, exit code %d; want %q and %d", err, exitCode(err), test.want, test.code)
			}
		})
	}
}

// While it drains, a server says that it is not ready, and serves.
// The option reaches the server; what it does there is that package's. The hour
// is longer than this process lives.
func TestDrains(t *testing.T) {
	env := environment(t)
	ctx, interrupt := context.WithCancel(context.Background())
	go func() { _ = run(ctx, []string{"-drain", "1h"}, lookUp(env), io.Discard) }()
	ready := func() int {
		response, err := http.Get(fmt.Sprintf("http://%s/readyz", env["SWITCHBOARD_MODELSERVER_ADDRESS"]))
		if err != nil {
			return 0
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	waitUntil(t, "the server is ready", func() bool { return ready() == http.StatusOK })
	interrupt()
	waitUntil(t, "the server drains", func() bool { return ready() != http.StatusOK })
	if got := ready(); got != http.StatusServiceUnavailable {
		t.Errorf("readiness is %d", got)
	}
}
