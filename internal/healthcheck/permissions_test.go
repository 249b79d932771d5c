package healthcheck

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/config"
)

func TestDoctorLooksAtPermissions(t *testing.T) {
	for _, tc := range []struct {
		name string
		// modes are those of what there is, by path; a folder ends in "/".
		modes map[string]os.FileMode
		says  []string // nothing: all is well
		not   []string
	}{
		{"nothing there", nil, nil, nil},
		{"as the program makes it", map[string]os.FileMode{"artifacts/": 0o755, "artifacts/run/": 0o700, "artifacts/switchboard.db": 0o600, "artifacts/README.md": 0o644}, nil, nil},
		{"an open file in a closed folder", map[string]os.FileMode{"artifacts/": 0o700, "artifacts/switchboard.db": 0o644}, nil, nil},
		{"an open run", map[string]os.FileMode{"artifacts/": 0o755, "artifacts/run/": 0o755}, []string{"artifacts/run", "chmod -R go-rwx"}, nil},
		{"an open registry", map[string]os.FileMode{"artifacts/": 0o755, "artifacts/switchboard.db": 0o644}, []string{"artifacts/switchboard.db"}, nil},
		{"a folder in which all may write", map[string]os.FileMode{"artifacts/": 0o777}, []string{"artifacts;"}, nil},
		{"an open state", map[string]os.FileMode{".switchboard/": 0o755, ".switchboard/temporal.db": 0o640}, []string{"temporal.db", ".switchboard"}, []string{"artifacts"}},
		{"a key that a group reads", map[string]os.FileMode{"keys/": 0o755, "keys/key": 0o640}, []string{"keys/key"}, nil},
		{"many", map[string]os.FileMode{"artifacts/": 0o755, "artifacts/a/": 0o750, "artifacts/b/": 0o705, "artifacts/c/": 0o755, "artifacts/d/": 0o755}, []string{"and 1 more"}, nil},
		{"a name with a blank", map[string]os.FileMode{"my artifacts/": 0o755, "my artifacts/a/": 0o755}, []string{"chmod -R go-rwx '"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			env := map[string]string{}
			cfg := config.Config{Artifacts: filepath.Join(dir, "artifacts")}
			for _, folders := range []bool{true, false} {
				for path, mode := range tc.modes {
					name, isFolder := strings.CutSuffix(path, "/")
					switch {
					case isFolder && folders && !strings.Contains(name, "/"):
						must(t, os.Mkdir(name, 0o700))
					case isFolder && !folders && strings.Contains(name, "/"):
						must(t, os.Mkdir(name, 0o700))
					case !isFolder && !folders:
						must(t, os.WriteFile(name, nil, 0o600))
					default:
						continue
					}
					must(t, os.Chmod(name, mode))
					if strings.HasPrefix(name, "my ") && isFolder && !strings.Contains(name, "/") {
						cfg.Artifacts = filepath.Join(dir, name)
					}
					if name == "keys/key" {
						env[config.ProviderKeyFile] = name
					}
				}
			}
			_, err := permissions(func(name string) string { return env[name] }, cfg)
			var told note
			if errors.As(err, &told) != (len(tc.says) > 0) {
				t.Fatalf("got %v", err)
			}
			for _, want := range tc.says {
				if !strings.Contains(told.text, want) {
					t.Errorf("%q does not say %q", told.text, want)
				}
			}
			for _, other := range tc.not {
				if strings.Contains(told.text, other) {
					t.Errorf("%q says %q", told.text, other)
				}
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
