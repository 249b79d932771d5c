package temporal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"switchboard/internal/problem"
)

// load reads an environment in which there is no file but the one given.
func load(t *testing.T, file, profile string, environ ...string) (client.Options, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "temporal.toml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := Load(append([]string{"TEMPORAL_CONFIG_FILE=" + path}, environ...), profile)
	if err != nil {
		return client.Options{}, err
	}
	return o.client()
}

const twoProfiles = `
[profile.default]
address = "one.example:7233"
[profile.prod]
address = "two.example:7233"
namespace = "production"
api_key = "sk-test"
`

func TestSettings(t *testing.T) {
	for name, c := range map[string]struct {
		file, profile      string
		environ            []string
		address, namespace string
		tls                bool
	}{
		"nothing":                  {address: "localhost:7233", namespace: "default"},
		"variables":                {environ: []string{"TEMPORAL_ADDRESS=a:1", "TEMPORAL_NAMESPACE=n"}, address: "a:1", namespace: "n"},
		"the last of two":          {environ: []string{"TEMPORAL_ADDRESS=a:1", "TEMPORAL_ADDRESS=b:2"}, address: "b:2", namespace: "default"},
		"empty variables":          {environ: []string{"TEMPORAL_ADDRESS=", "TEMPORAL_NAMESPACE=", "TEMPORAL_API_KEY=", "TEMPORAL_PROFILE="}, address: "localhost:7233", namespace: "default"},
		"the default profile":      {file: twoProfiles, address: "one.example:7233", namespace: "default"},
		"a profile by flag":        {file: twoProfiles, profile: "prod", address: "two.example:7233", namespace: "production", tls: true},
		"a profile by variable":    {file: twoProfiles, environ: []string{"TEMPORAL_PROFILE=prod"}, address: "two.example:7233", namespace: "production", tls: true},
		"a flag over a variable":   {file: twoProfiles, profile: "prod", environ: []string{"TEMPORAL_PROFILE=default"}, address: "two.example:7233", namespace: "production", tls: true},
		"a variable over a file":   {file: twoProfiles, environ: []string{"TEMPORAL_ADDRESS=a:1"}, address: "a:1", namespace: "default"},
		"an empty one over a file": {file: twoProfiles, environ: []string{"TEMPORAL_ADDRESS="}, address: "one.example:7233", namespace: "default"},
		"TLS":                      {environ: []string{"TEMPORAL_TLS=true"}, address: "localhost:7233", namespace: "default", tls: true},
		"a key without TLS":        {environ: []string{"TEMPORAL_API_KEY=sk-test", "TEMPORAL_TLS=false"}, address: "localhost:7233", namespace: "default"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := load(t, c.file, c.profile, c.environ...)
			if err != nil {
				t.Fatal(err)
			}
			if got.HostPort != c.address || got.Namespace != c.namespace || (got.ConnectionOptions.TLS != nil) != c.tls {
				t.Errorf("got %s, %s, TLS %v", got.HostPort, got.Namespace, got.ConnectionOptions.TLS != nil)
			}
		})
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		environ []string
		says    string
	}{
		"no such profile":         {environ: []string{"TEMPORAL_PROFILE=prod"}, says: "check TEMPORAL_PROFILE"},
		"a file that is no TOML":  {file: "[", says: "check TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE"},
		"a certificate alone":     {environ: []string{"TEMPORAL_TLS_CLIENT_CERT_PATH=/absent.pem"}, says: "check the TEMPORAL_TLS variables"},
		"no such authority":       {environ: []string{"TEMPORAL_TLS_SERVER_CA_CERT_PATH=/absent.pem"}, says: "check the TEMPORAL_TLS variables"},
		"a codec without scheme":  {environ: []string{"TEMPORAL_CODEC_ENDPOINT=codec.example:8081"}, says: `the codec's address is "codec.example:8081"`},
		"a codec of a profile":    {file: "[profile.default.codec]\nendpoint = \"/codec\"", says: "codec.endpoint in the profile"},
		"a codec without address": {environ: []string{"TEMPORAL_CODEC_AUTH=Bearer x"}, says: `the codec's address is ""`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, c.file, "", c.environ...)
			if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// What is set for another server does not reach the one that this process
// started, except for how values are encoded.
func TestServerOfThisProcess(t *testing.T) {
	o, err := Load([]string{
		"TEMPORAL_CONFIG_FILE=/absent.toml", "TEMPORAL_ADDRESS=a:1", "TEMPORAL_NAMESPACE=n", "TEMPORAL_API_KEY=sk-test",
		"TEMPORAL_GRPC_META_TENANT=t", "TEMPORAL_CLIENT_AUTHORITY=x", "TEMPORAL_CODEC_ENDPOINT=http://codec:8081",
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := o.OfServer("127.0.0.1:7").client()
	if err != nil {
		t.Fatal(err)
	}
	if got.HostPort != "127.0.0.1:7" || got.Namespace != "default" || got.Credentials != nil || got.ConnectionOptions.TLS != nil || got.HeadersProvider != nil || got.ConnectionOptions.Authority != "" {
		t.Errorf("got %+v", got)
	}
	if got.DataConverter == converter.GetDefaultDataConverter() {
		t.Error("its values are not encoded as the starter's are")
	}
}

func TestDecodeOfFewerValues(t *testing.T) {
	o, err := Options{}.client()
	if err != nil {
		t.Fatal(err)
	}
	v := Values{o.DataConverter, o.FailureConverter}
	two, err := converter.GetDefaultDataConverter().ToPayloads("a", 7)
	if err != nil {
		t.Fatal(err)
	}
	var text string
	var number int
	if err := v.Decode(two, &text, &number); err != nil || text != "a" || number != 7 {
		t.Errorf("got %q, %d, %v", text, number, err)
	}
	if err := v.Decode(two, &text); err != nil {
		t.Error(err)
	}
	for _, few := range []*commonpb.Payloads{nil, {}, {Payloads: two.Payloads[:1]}} {
		if err := v.Decode(few, &text, &number); err == nil {
			t.Errorf("two values were decoded of %v", few)
		}
	}
}
