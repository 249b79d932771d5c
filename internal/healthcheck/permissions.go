package healthcheck

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"switchboard/internal/config"
)

// permissions looks whether other users of this machine can read what holds
// texts, keys or the registry. The program makes these for its user alone; what
// an earlier version or somebody's hand left open it does not change.
func permissions(getenv func(string) string, cfg config.Config) (string, error) {
	if runtime.GOOS == "windows" {
		return "not looked at on Windows", nil
	}
	var open, roots []string
	look := func(root string, found []string, err error) error {
		if err == nil && len(found) > 0 {
			open, roots = append(open, found...), append(roots, quoted(root))
		}
		return err
	}
	var err error
	if dir, ok := config.Folder(cfg.Artifacts); ok {
		err = lookInto(dir, look)
	}
	// The standalone keeps its state beside its key.
	if getenv(config.ProviderKeyFile) == "" {
		state := filepath.Dir(config.Get(getenv, config.ProviderKeyFile))
		err = errors.Join(err, lookInto(state, look))
	}
	for _, file := range secretFiles(getenv, cfg) {
		err = errors.Join(err, lookAt(file, look))
	}
	switch {
	case err != nil:
		return "", note{"cannot be looked at: " + err.Error()}
	case len(open) == 0:
		return "texts, keys and the registry are for this user alone", nil
	}
	shown := strings.Join(open[:min(len(open), 3)], ", ")
	if more := len(open) - 3; more > 0 {
		shown += fmt.Sprintf(" and %d more", more)
	}
	return "", note{fmt.Sprintf("other users of this machine can get at %s; close them with: chmod -R go-rwx %s", shown, strings.Join(roots, " "))}
}

// secretFiles are single files with a key or the registry.
func secretFiles(getenv func(string) string, cfg config.Config) []string {
	var files []string
	for _, name := range []string{config.ProviderKeyFile, config.DatabaseURLFile, config.ModelServerKeysFile} {
		if file := getenv(name); file != "" {
			files = append(files, file)
		}
	}
	if u := cfg.DatabaseURL; u != "" && !strings.Contains(u, "://") {
		files = append(files, u, u+"-wal", u+"-shm")
	}
	return files
}

type looking func(root string, found []string, err error) error

// lookInto finds what in a folder is open: the folder itself if others can write
// there, and what lies in it unless the folder is closed. What lies in a closed
// folder nobody reaches. A folder that is not there is no error.
func lookInto(dir string, look looking) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	var found []string
	if info.Mode().Perm()&0o022 != 0 {
		found = append(found, dir)
	}
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		// Files that come with the sources.
		if e.Name() == "README.md" || e.Name() == ".gitignore" || e.Name() == ".gitkeep" {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode()&fs.ModeSymlink == 0 && info.Mode().Perm()&0o077 != 0 {
			found = append(found, filepath.Join(dir, e.Name()))
		}
	}
	return look(dir, found, err)
}

// lookAt finds out whether others can read a file. One that is not there is no
// error.
func lookAt(file string, look looking) error {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	folder, err := os.Stat(filepath.Dir(file))
	if err != nil || folder.Mode().Perm()&0o077 == 0 {
		return err
	}
	return look(file, []string{file}, nil)
}

// quoted is a path as a shell takes it.
func quoted(path string) string {
	if path != "" && !strings.ContainsFunc(path, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-", r))
	}) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
