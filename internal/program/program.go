// Package program tells which program is running: by the hash of its file, and
// by what the Go tool chain wrote into it.
//
// The hash is part of the name of everything that may be used again later, such
// as the result of a stage: what another build of the program made is not found
// under it. So it must be the hash of the program that runs, and not of the file
// that lies by now where that program was started from. An upgrade replaces the
// file under a worker that goes on for hours.
package program

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
)

// SHA256 returns the hash of the running program's file in hexadecimal, and
// false where it cannot be told for sure. The file is read once.
func SHA256() (sum string, known bool) {
	sum, err := hashed()
	return sum, err == nil
}

var hashed = sync.OnceValues(func() (string, error) {
	file, err := open()
	if err != nil {
		return "", fmt.Errorf("opening the program's file: %w", err)
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", fmt.Errorf("reading the program's file: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
})

// running is the link by which Linux gives a process the file that it runs,
// whatever became of its name.
const running = "/proc/self/exe"

// open opens the file that runs. Where there is no such link, the file that has
// the program's name is taken if nothing about it has changed since the start.
func open() (*os.File, error) {
	if file, err := os.Open(running); err == nil {
		return file, nil
	}
	if startErr != nil {
		return nil, startErr
	}
	file, err := os.Open(startPath)
	if err != nil {
		return nil, err
	}
	now, err := file.Stat()
	if err != nil || !unchanged(startFile, now) {
		file.Close()
		return nil, errors.Join(err, errors.New("it was replaced since the program started"))
	}
	return file, nil
}

// What the program's file was when the program started.
var startPath, startFile, startErr = func() (string, fs.FileInfo, error) {
	path, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	info, err := os.Stat(path)
	return path, info, err
}()

func unchanged(before, now fs.FileInfo) bool {
	return os.SameFile(before, now) && before.Size() == now.Size() && before.ModTime().Equal(now.ModTime())
}

// Build is what the Go tool chain wrote into the program.
type Build struct {
	// Version is that of the module, "(unknown)" if the program does not say.
	Version string
	// Revision is the commit, empty for a program built outside a repository.
	Revision string
	// Modified tells that the source differed from the revision.
	Modified bool
	// Go is the version of the tool chain.
	Go string
}

// Name tells one build from another: the version, and the revision where there is
// no version.
func (b Build) Name() string {
	if b.Revision == "" || b.Version != "" && b.Version != unknown && b.Version != devel {
		return cmp.Or(b.Version, unknown)
	}
	name := "revision " + b.Revision
	if b.Modified {
		name += ", modified"
	}
	return name
}

// What the tool chain writes where it knows no version.
const (
	unknown = "(unknown)"
	devel   = "(devel)"
)

// ReadBuild returns it.
func ReadBuild() Build {
	b := Build{Version: unknown, Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Version = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}
