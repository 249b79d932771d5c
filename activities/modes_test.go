//go:build unix

package activities

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"switchboard/internal/pipeline"
)

// Whatever the umask, nobody else reads what a run leaves: artifacts, the
// registry, and what the model server keeps.
func TestWhatARunLeavesIsItsOwners(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o077} {
		t.Run(fmt.Sprintf("umask %03o", umask), func(t *testing.T) {
			before := syscall.Umask(umask)
			defer syscall.Umask(before)
			m := newMarket(t)
			model, splits, _ := m.train()
			if _, err := m.classify(asking(model, splits.Labels, splits.Test)); err != nil {
				t.Fatal(err)
			}
			m.must(m.data.RegisterModel, registered(model, splits), nil)
			m.prepare(m.file("production.csv", tweets(20)), pipeline.Training, "second")

			// The test's own folders are numbered, and made with the umask.
			root := filepath.Dir(t.TempDir())
			looked, database := 0, false
			err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				name, _ := filepath.Rel(root, path)
				if !strings.Contains(name, string(filepath.Separator)) {
					return nil
				}
				looked++
				database = database || strings.HasSuffix(name, "switchboard.db-wal")
				info, err := d.Info()
				if err != nil {
					return err
				}
				want := fs.FileMode(0o600)
				if d.IsDir() {
					want = 0o700
				}
				if info.Mode().Perm() != want {
					t.Errorf("%s has the mode %v, want %v", name, info.Mode().Perm(), want)
				}
				return nil
			})
			if err != nil || looked < 30 || !database {
				t.Errorf("looked at %d files and folders, %v, the database's log among them: %t", looked, err, database)
			}
		})
	}
}
