package browsertest

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrNoAxe is returned where axe-core cannot be had.
var ErrNoAxe = errors.New("axe-core cannot be had: npm is not installed, or reaches no registry")

//go:embed axe/package.json axe/package-lock.json
var axePackage embed.FS

// RunAxe is a script that gives, for a page in which axe-core's own was evaluated,
// what it finds wrong: one line each.
const RunAxe = `axe.run().then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + v.help + ": " + n.target.join(" "))))`

// Axe returns the script of axe-core (MPL-2.0), which looks for what keeps people
// from using a page. It is fetched once with npm, by the hashes of the lock file,
// and kept in the user's cache.
func Axe(ctx context.Context) (string, error) {
	lock, err := axePackage.ReadFile("axe/package-lock.json")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("%w (%w)", ErrNoAxe, err)
	}
	sum := sha256.Sum256(lock)
	dir := filepath.Join(cache, "switchboard", "axe-"+hex.EncodeToString(sum[:8]))
	script := filepath.Join(dir, "node_modules", "axe-core", "axe.min.js")
	if content, err := os.ReadFile(script); err == nil {
		return string(content), nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return "", fmt.Errorf("making a folder for axe-core: %w", err)
	}
	// Tests of other packages may be fetching it, too.
	fresh, err := os.MkdirTemp(filepath.Dir(dir), "axe-")
	if err != nil {
		return "", fmt.Errorf("making a folder for axe-core: %w", err)
	}
	defer os.RemoveAll(fresh)
	files, err := axePackage.ReadDir("axe")
	if err != nil {
		return "", err
	}
	for _, f := range files {
		content, err := axePackage.ReadFile("axe/" + f.Name())
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(fresh, f.Name()), content, 0o600); err != nil {
			return "", fmt.Errorf("writing axe-core's lock file: %w", err)
		}
	}
	npm := exec.CommandContext(ctx, "npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts")
	npm.Dir = fresh
	if out, err := npm.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w (%w: %s)", ErrNoAxe, err, strings.TrimSpace(string(out)))
	}
	content, err := os.ReadFile(filepath.Join(fresh, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return "", fmt.Errorf("%w (%w)", ErrNoAxe, err)
	}
	// Whoever was faster has written the same.
	_ = os.Rename(fresh, dir)
	return string(content), nil
}
