package cli

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// An API key turns TLS on without anybody having said TLS, so that a failure of
// TLS names the key.
func TestTLSFailureWithAnAPIKeyNamesTheKey(t *testing.T) {
	selfSigned := httptest.NewTLSServer(nil)
	t.Cleanup(selfSigned.Close)
	profile := filepath.Join(t.TempDir(), "temporal.toml")
	if err := os.WriteFile(profile, []byte("[profile.default]\napi_key = \"sk-test\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, surroundings := range map[string]map[string]string{
		"key in the environment, server without TLS": {"TEMPORAL_API_KEY": "sk-test"},
		"key in a profile, server without TLS":       {"TEMPORAL_CONFIG_FILE": profile},
		"key, and TLS asked for":                     {"TEMPORAL_API_KEY": "sk-test", "TEMPORAL_TLS": "true"},
		"key, server of an unknown authority":        {"TEMPORAL_API_KEY": "sk-test", "TEMPORAL_ADDRESS": selfSigned.Listener.Addr().String()},
		"key, nobody at the address":                 {"TEMPORAL_API_KEY": "sk-test", "TEMPORAL_ADDRESS": nobody},
	} {
		t.Run(name, func(t *testing.T) {
			h := (&frontend{}).serve(t)
			for variable, value := range surroundings {
				h.set(variable, value)
			}
			r := h.run("status")
			r.oneSentence(t)
			if r.code != exitEnvironment || !strings.Contains(r.stderr, "an API key is set (TEMPORAL_API_KEY") || strings.Contains(r.stderr, "sk-test") {
				t.Errorf("exit code %d, %q", r.code, r.stderr)
			}
		})
	}
	h := (&frontend{}).serve(t)
	h.set("TEMPORAL_API_KEY", "sk-test")
	h.set("TEMPORAL_TLS", "false")
	if r := h.run("status", theRun); r.code != exitDone {
		t.Errorf("a key without TLS: exit code %d, %q", r.code, r.stderr)
	}
}

// pflag takes the first words between backticks for the name of the value, such
// as FILE in --dataset FILE.
func TestFlagDescriptionsNameTheirValues(t *testing.T) {
	aName := regexp.MustCompile(`^[a-z]+([:|][a-z]+)*$`)
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, c := range cmd.Commands() {
			walk(c)
		}
		for _, set := range []*pflag.FlagSet{cmd.LocalFlags(), cmd.PersistentFlags()} {
			set.VisitAll(func(f *pflag.Flag) {
				value, usage := pflag.UnquoteUsage(f)
				switch isBool := f.Value.Type() == "bool"; {
				case isBool && value != "":
					t.Errorf("%s --%s takes no value, and its help says %q", cmd.CommandPath(), f.Name, value)
				case !isBool && !aName.MatchString(value):
					t.Errorf("%s --%s: its help calls the value %q", cmd.CommandPath(), f.Name, value)
				case strings.Contains(usage, "`"):
					t.Errorf("%s --%s has backticks in its help: %q", cmd.CommandPath(), f.Name, usage)
				}
			})
		}
	}
	walk((&app{}).rootCommand())
}
