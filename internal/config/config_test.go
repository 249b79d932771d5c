package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/internal/problem"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestDefaults(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := Load(env())
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Artifacts: "artifacts", ProviderURL: "http://127.0.0.1:8090/v1", BaseModel: "switchboard-softmax-1",
		HubURL:        "https://huggingface.co",
		MaxConcurrent: 64, RequestTimeout: time.Minute,
		SpeechModel: "whisper-base", AudioCustomerChannel: "left",
		Review: Review{Share: 0.02, Second: 0.33, Held: 0.5},
	}
	if c != want {
		t.Errorf("got %+v, want %+v", c, want)
	}
}

func TestSharesOfTheReview(t *testing.T) {
	for text, want := range map[string]float64{"5%": 0.05, "0.05": 0.05, "0": 0, "0%": 0, "100 %": 1, "1": 1, "12.5%": 0.125} {
		c, err := Load(env(ReviewShare, text))
		if err != nil || c.Review.Share != want || c.Review.Held != 0.5 {
			t.Errorf("%q is %+v, %v; want %v", text, c.Review, err, want)
		}
	}
	for _, name := range []string{ReviewShare, ReviewSecond, ReviewHeld} {
		for _, text := range []string{"2", "101%", "-1%", "NaN", "half", "%", "Inf"} {
			_, err := Load(env(name, text))
			if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), text) {
				t.Errorf("%s is %q: %v", name, text, err)
			}
		}
	}
}

func TestKeyComesFromTheEnvironmentOrAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		env  func(string) string
		want string
	}{
		{env(ProviderKeyFile, file), "from-file"},
		{env(ProviderKeyFile, file, ProviderKey, "from-env"), "from-env"},
	} {
		got, err := Load(c.env)
		if err != nil || got.ProviderKey != c.want {
			t.Errorf("key %q, %v; want %q", got.ProviderKey, err, c.want)
		}
	}
	if _, err := Load(env(ProviderKeyFile, file+".gone")); err == nil {
		t.Error("a key file that was named and is not there was passed over")
	}
}

func TestValuesThatCannotBeRead(t *testing.T) {
	for name, value := range map[string]string{
		MaxConcurrent:     "0",
		RequestsPerMinute: "many",
		RequestTimeout:    "60",
	} {
		_, err := Load(env(name, value))
		if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), value) {
			t.Errorf("%s=%s gave %v", name, value, err)
		}
	}
}

// The reference shows the settings as this package knows them.
func TestReferenceHasTheTable(t *testing.T) {
	readme, err := os.ReadFile("../../docs/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), table()) {
		t.Errorf("docs/reference.md lacks this table of settings:\n%s", table())
	}
}

// table returns the settings as a Markdown table.
func table() string {
	var b strings.Builder
	b.WriteString("| variable | default | meaning |\n| --- | --- | --- |\n")
	for _, s := range Settings {
		def := "none"
		if s.Default != "" {
			def = "`" + s.Default + "`"
		}
		b.WriteString("| `" + s.Name + "` | " + def + " | " + s.Meaning + " |\n")
	}
	return b.String()
}

func TestAge(t *testing.T) {
	for text, want := range map[string]time.Duration{"": 0, "90d": 90 * 24 * time.Hour, "36h": 36 * time.Hour, "1h30m": 90 * time.Minute} {
		if got, err := Age(text); err != nil || got != want {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"90", "d", "-3d", "0d", "1.5d", "30m", "99999999d", "a week"} {
		if got, err := Age(text); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}
