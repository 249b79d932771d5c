package main

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/config"
	"switchboard/internal/problem"
)

// aServer answers /readyz with a status, over HTTPS if it is to be secured, and
// returns the settings of an intake there.
func aServer(t *testing.T, status int, secured bool) map[string]string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	s := httptest.NewUnstartedServer(mux)
	settings := map[string]string{}
	if secured {
		s.StartTLS()
		file := filepath.Join(t.TempDir(), "cert.pem")
		block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
		if err := os.WriteFile(file, block, 0o600); err != nil {
			t.Fatal(err)
		}
		settings[config.IntakeTLSCert] = file
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	settings[config.IntakeAddress] = s.Listener.Addr().String()
	return settings
}

func TestHealth(t *testing.T) {
	ready, secured := aServer(t, http.StatusOK, false), aServer(t, http.StatusOK, true)
	_, port, _ := strings.Cut(ready[config.IntakeAddress], ":")
	gone := httptest.NewServer(nil)
	gone.Close()
	// Another intake's certificate: the test server has the same for all.
	mine := filepath.Join(t.TempDir(), "other.pem")
	if err := os.WriteFile(mine, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("another")}), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		settings map[string]string
		says     string // empty if it is ready
		exit     int
	}{
		"ready":                    {ready, "", 0},
		"ready, on all interfaces": {map[string]string{config.IntakeAddress: "0.0.0.0:" + port}, "", 0},
		"ready, by its port alone": {map[string]string{config.IntakeAddress: ":" + port}, "", 0},
		"ready, over HTTPS":        {secured, "", 0},
		"Kafka does not answer":    {aServer(t, http.StatusServiceUnavailable, false), "not ready", 1},
		"nobody is there":          {map[string]string{config.IntakeAddress: strings.TrimPrefix(gone.URL, "http://")}, "asking the intake", 1},
		"another certificate":      {map[string]string{config.IntakeAddress: secured[config.IntakeAddress], config.IntakeTLSCert: mine}, "another certificate", 1},
		"no certificate":           {map[string]string{config.IntakeTLSCert: filepath.Join(t.TempDir(), "none.pem")}, "cannot be read", 2},
		"no address":               {map[string]string{config.IntakeAddress: "8091"}, "give a host and a port", 2},
	} {
		t.Run(name, func(t *testing.T) {
			err := health(t.Context(), func(name string) string { return tt.settings[name] })
			switch {
			case tt.says == "" && err != nil:
				t.Errorf("it is told unhealthy: %v", err)
			case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("it says %v, want something with %q", err, tt.says)
			}
			if code := problem.ExitCode(err); code != tt.exit {
				t.Errorf("the exit code is %d, want %d", code, tt.exit)
			}
		})
	}
}
