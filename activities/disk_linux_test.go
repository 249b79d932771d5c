package activities

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/database"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/registry"
)

// disk is a small file system of its own, which a test may fill, and make
// read-only, as a user's would be.
type disk struct {
	t   *testing.T
	dir string
}

// newDisk needs the right to mount.
func newDisk(t *testing.T) disk {
	t.Helper()
	d := disk{t, t.TempDir()}
	if err := syscall.Mount("tmpfs", d.dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(d.dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d disk) fill() {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, "filler"), make([]byte, 5<<20), 0o600); err == nil {
		d.t.Fatal("5 MiB fit on a disk of 4 MiB")
	}
}

func (d disk) makeRoom() { d.must(os.Remove(filepath.Join(d.dir, "filler"))) }

func (d disk) readOnly(yes bool) {
	flags := uintptr(syscall.MS_REMOUNT)
	if yes {
		flags |= syscall.MS_RDONLY
	}
	d.must(syscall.Mount("tmpfs", d.dir, "tmpfs", flags, "size=4m"))
}

func (d disk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// A full disk and one that may not be written end the step at once, and the same
// step goes on when that is over.
func TestStepEndsAtOnceWhereNothingCanBeWritten(t *testing.T) {
	for name, c := range map[string]struct {
		hurt, mend func(disk)
		says       string
	}{
		"full disk":        {disk.fill, disk.makeRoom, "make room on the disk"},
		"read-only folder": {func(d disk) { d.readOnly(true) }, func(d disk) { d.readOnly(false) }, "let the worker's user read and write"},
	} {
		t.Run(name, func(t *testing.T) {
			l, d := newLab(t), newDisk(t)
			var err error
			l.data.Store, err = artifact.Open(t.Context(), filepath.Join(d.dir, "artifacts"))
			d.must(err)
			in := StageConversationsInput{Dataset: l.file("tweets.csv", tweets(40)), Kind: pipeline.Training, MaxTweets: 64, Dir: "run"}
			c.hurt(d)
			l.wantKind(l.do(l.data.StageConversations, in, nil), problem.Environment, c.says)
			c.mend(d)
			l.must(l.data.StageConversations, in, nil)
		})
	}
}

// The database may be on such a disk too, or be damaged there.
func TestStepEndsAtOnceWhereTheDatabaseCannotBeWritten(t *testing.T) {
	made := registry.Model{ID: "ft:1", RunID: "ft:1", Threshold: 0.25, Created: time.Now()}
	open := func(l *lab, path string) {
		t.Helper()
		var err error
		if l.data.Models, err = database.Open(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.data.Models.Close() })
	}
	t.Run("full disk", func(t *testing.T) {
		l, d := newLab(t), newDisk(t)
		open(l, filepath.Join(d.dir, "switchboard.db"))
		d.fill()
		l.wantKind(l.do(l.data.RegisterModel, made, nil), problem.Environment, "make room on the disk")
		d.makeRoom()
		l.must(l.data.RegisterModel, made, nil)
	})
	t.Run("another file in its place", func(t *testing.T) {
		l := newLab(t)
		path := filepath.Join(t.TempDir(), "switchboard.db")
		open(l, path)
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.WriteFile(path+suffix, []byte(strings.Repeat("no database ", 4096)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		l.wantKind(l.do(l.data.RegisterModel, made, nil), problem.Environment, "whether it is whole")
	})
}

// A file of the run that somebody deleted is no reason to try again.
func TestStepEndsAtOnceWhereAFileIsGone(t *testing.T) {
	l := newLab(t)
	path := l.file("tweets.csv", tweets(40))
	staged, examples := l.prepare(path, pipeline.Training, "run")
	root := l.store.URL("")
	for name, c := range map[string]struct {
		lose func()
		do   func() error
		says string
	}{
		"conversations": {
			func() { removed(t, root+staged.Conversations[0].Path) },
			func() error {
				return l.do(l.data.AnonymizePart, AnonymizePartInput{Conversations: staged.Conversations[0], Dir: "again", Force: true}, nil)
			}, "it was deleted",
		},
		"examples, with their folder": {
			func() { removed(t, filepath.Dir(root+examples[0].Path)) },
			func() error {
				return l.do(l.data.SplitExamples, SplitExamplesInput{Examples: examples, Dir: "run", Force: true}, nil)
			}, "it was deleted",
		},
		"the dataset itself": {
			func() { removed(t, path) },
			func() error {
				_, err := l.merge(nil, staged, nil, 0.5)
				return err
			}, "put it back",
		},
		"a folder that became a file": {
			func() {
				removed(t, root+"split")
				if err := os.WriteFile(root+"split", []byte("not a folder"), 0o600); err != nil {
					t.Fatal(err)
				}
			},
			func() error {
				return l.do(l.data.WriteManifest, WriteManifestInput{Dir: "split/run"}, nil)
			}, "look at the worker's disk",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.lose()
			err := c.do()
			l.wantKind(err, problem.Environment, c.says)
			if err != nil && !strings.Contains(err.Error(), "start the run again") {
				t.Errorf("%v does not say what to do", err)
			}
		})
	}
}

func removed(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}
