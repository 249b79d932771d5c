package modelserver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sha256 of "secret-word"
const secretSum = "29021b36ce7f1c50f6ae7afb1bf62d704238abb7cf57886e5e9cf0504ae9db2d"

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.json")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadKeys(t *testing.T) {
	keys, err := ReadKeys(write(t, `{"keys": [
		{"name": "hashed", "sha256": "`+secretSum+`", "requests_per_minute": 60},
		{"name": "plain_2", "key": "other", "tokens_per_minute": 1000}
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	r, _ := start(t, Options{NamedKeys: keys})
	for key, want := range map[string]int{"secret-word": 200, "other": 200, secretSum: 401, "hashed": 401} {
		if status, _ := r.raw(t, "GET", "/v1/models", key, "", nil); status != want {
			t.Errorf("%q gets %d, want %d", key, status, want)
		}
	}
}

// What is wrong is told by file and place, and never by what may be a key.
func TestReadKeysRefuses(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"no JSON":        {"{\n\"keys\": sk-hidden}", "line 2 is not valid JSON"},
		"cut short":      {`{"keys": [`, "ends too early"},
		"more after it":  {`{"keys": [{"name": "a", "key": "sk-hidden"}]} {}`, "something after the end"},
		"unknown field":  {`{"keys": [{"sk-hidden": "a"}]}`, "unknown field: a key has name"},
		"wrong type":     {"{\"keys\": [\n{\"name\": \"a\", \"key\": \"sk-hidden\", \"requests_per_minute\": \"many\"}]}", `line 2: the field "keys.requests_per_minute"`},
		"no keys":        {`{}`, "has no API key"},
		"no name":        {`{"keys": [{"key": "sk-hidden"}]}`, "API key 1: its name is missing"},
		"a strange name": {`{"keys": [{"name": "sk hidden", "key": "sk-hidden"}]}`, "API key 1: its name"},
		"name is key":    {`{"keys": [{"name": "sk-hidden", "key": "sk-hidden"}]}`, "its name is its key"},
		"no key":         {`{"keys": [{"name": "a"}]}`, "either key or sha256"},
		"both":           {`{"keys": [{"name": "a", "key": "sk-hidden", "sha256": "` + secretSum + `"}]}`, "either key or sha256"},
		"a padded key":   {`{"keys": [{"name": "a", "key": " sk-hidden"}]}`, "blanks around"},
		"a short hash":   {`{"keys": [{"name": "a", "sha256": "sk-hidden"}]}`, "64 hexadecimal digits"},
		"below 0":        {`{"keys": [{"name": "a", "key": "sk-hidden", "tokens_per_minute": -1}]}`, "below 0"},
		"same name":      {`{"keys": [{"name": "a", "key": "sk-hidden"}, {"name": "a", "key": "x"}]}`, "API key 2 has the name or the value"},
		"same key":       {`{"keys": [{"name": "a", "key": "secret-word"}, {"name": "b", "sha256": "` + secretSum + `"}]}`, "API key 2 has the name or the value"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, test.content)
			_, err := ReadKeys(path)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error is %v, want one with %q and the file", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "hidden") {
				t.Errorf("the error shows a key: %v", err)
			}
		})
	}
	if _, err := ReadKeys("/nowhere/keys.json"); err == nil || !strings.Contains(err.Error(), "/nowhere/keys.json") {
		t.Errorf("a missing file: %v", err)
	}
}

// Keys can be replaced while the server runs. A new file is no new minute.
func TestKeysAreReplaced(t *testing.T) {
	kept, gone := Key{Name: "kept", Key: "k1", RequestsPerMinute: 2}, Key{Name: "gone", Key: "k2"}
	r, _ := start(t, Options{NamedKeys: []Key{kept, gone}})
	check := func(key string, want int) {
		t.Helper()
		if status, _ := r.raw(t, "GET", "/v1/models", key, "", nil); status != want {
			t.Errorf("%s gets %d, want %d", key, status, want)
		}
	}
	check("k1", 200)
	check("k2", 200)
	if err := r.SetNamedKeys([]Key{kept, {Name: "new", Key: "k3"}}); err != nil {
		t.Fatal(err)
	}
	check("k2", 401)
	check("k3", 200)
	check("k1", 200)
	check("k1", 429)
	if err := r.SetNamedKeys([]Key{{Name: "kept"}}); err == nil {
		t.Error("a key without a value is taken")
	}
	check("k3", 200)
	kept.RequestsPerMinute = 3
	if err := r.SetNamedKeys([]Key{kept}); err != nil {
		t.Fatal(err)
	}
	check("k1", 200)
	check(testKey, 200)
}
