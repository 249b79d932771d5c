package intake

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/endpoint/endpointtest"
	"switchboard/internal/problem"
)

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, []byte("0123456789abcdef\n\nfedcba9876543210\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"SWITCHBOARD_KAFKA_BROKERS": "kafka.example.com:9092", "SWITCHBOARD_INTAKE_KEYS_FILE": file}
	load := func() (Options, error) {
		o, err := Load(func(name string) string { return env[name] })
		if err == nil {
			err = o.Validate()
		}
		return o, err
	}
	o, err := load()
	if err != nil || !slices.Equal(o.Keys, []string{"0123456789abcdef", "fedcba9876543210"}) || o.MaxOpen != 1000 || o.Address != "127.0.0.1:8091" || o.MetricsAddress != "" {
		t.Errorf("%+v, %v", o, err)
	}
	for name, c := range map[string]struct{ value, says string }{
		"SWITCHBOARD_INTAKE_MAX_OPEN":        {"0", "SWITCHBOARD_INTAKE_MAX_OPEN is 0"},
		"SWITCHBOARD_INTAKE_KEYS":            {"s3cret", "key 1 in SWITCHBOARD_INTAKE_KEYS has less than 16 characters"},
		"SWITCHBOARD_INTAKE_KEYS_FILE":       {file + ".gone", "cannot be read from"},
		"SWITCHBOARD_INTAKE_ADDRESS":         {"8091", "SWITCHBOARD_INTAKE_ADDRESS is \"8091\""},
		"SWITCHBOARD_INTAKE_METRICS_ADDRESS": {"here", "SWITCHBOARD_INTAKE_METRICS_ADDRESS is \"here\""},
		"SWITCHBOARD_INTAKE_TLS_CERT":        {"cert.pem", "HTTPS needs both"},
		"SWITCHBOARD_KAFKA_BROKERS":          {"", "no Kafka broker is set"},
	} {
		before, set := env[name]
		env[name] = c.value
		if _, err := load(); problem.ExitCode(err) != problem.ExitBadInput || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s=%s: got %v, want %q", name, c.value, err, c.says)
		}
		if delete(env, name); set {
			env[name] = before
		}
	}
}

// With a certificate the intake speaks HTTPS, and its health is asked of it alone.
func TestHTTPS(t *testing.T) {
	s := newSite(t)
	_, s.options.Cert, s.options.Key = endpointtest.Certificate(t)
	i, _ := s.start()
	o := s.options
	o.Address = i.Address()
	for Health(t.Context(), o) != nil { // until Kafka has answered
	}
	o.Cert, o.Key = "", ""
	if err := Health(t.Context(), o); err == nil {
		t.Error("an intake with a certificate speaks HTTP")
	}
	s.options.Address = i.Address()
	if _, err := Start(t.Context(), s.options); problem.ExitCode(err) != problem.ExitEnvironment || !strings.Contains(err.Error(), "SWITCHBOARD_INTAKE_ADDRESS") {
		t.Errorf("a second intake at the address: %v", err)
	}
	s.options.Address, s.options.Key = "127.0.0.1:0", s.options.Cert
	if _, err := Start(t.Context(), s.options); problem.ExitCode(err) != problem.ExitBadInput || !strings.Contains(err.Error(), "are no certificate and its key") {
		t.Errorf("a certificate for a key: %v", err)
	}
}
