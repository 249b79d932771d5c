package database

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// server is the PostgreSQL of these tests, "" if there is none.
var server, noServer string

func TestMain(m *testing.M) {
	if location := os.Getenv(promoteForEver); location != "" {
		promote(location) // in a process of its own, until it is killed
	}
	stop := startPostgres()
	code := m.Run()
	stop()
	os.Exit(code)
}

// startPostgres starts a server of the newest version that Debian's packages
// have installed, on a free port of the loopback interface, in a folder of its
// own.
func startPostgres() (stop func()) {
	stop = func() {}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		noServer = "PostgreSQL is not installed here (Debian's package is called postgresql)"
		return stop
	}
	bin := filepath.Dir(slices.Max(found))
	dir, err := os.MkdirTemp("", "switchboard-postgres")
	if err != nil {
		noServer = err.Error()
		return stop
	}
	remove := func() { _ = os.RemoveAll(dir) }
	as, err := serverUser(dir)
	if err != nil {
		noServer = err.Error()
		return remove
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "switchboard", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = as, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		noServer = fmt.Sprintf("initdb failed: %v\n%s", err, out)
		return remove
	}
	port, err := freePort()
	if err != nil {
		noServer = err.Error()
		return remove
	}
	postgres := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port), "-h", "127.0.0.1", "-k", dir)
	postgres.SysProcAttr, postgres.Dir = as, dir
	if err := postgres.Start(); err != nil {
		noServer = err.Error()
		return remove
	}
	server = fmt.Sprintf("postgres://switchboard@127.0.0.1:%d/", port)
	return func() {
		_ = postgres.Process.Signal(syscall.SIGINT) // its fast shutdown
		_ = postgres.Wait()
		remove()
	}
}

// serverUser lets root run the server as another user, as it demands.
func serverUser(dir string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(dir, uid, gid)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

var databases atomic.Int64

// eachBackend runs a test on an empty database of either kind.
func eachBackend(t *testing.T, test func(t *testing.T, location string)) {
	t.Run("SQLite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "new folder?", "switch#board.db")) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, postgresDatabase(t)) })
}

func postgresDatabase(t *testing.T) string {
	t.Helper()
	if noServer != "" {
		if os.Getenv("REQUIRE_POSTGRES") != "" {
			t.Fatal(noServer)
		}
		t.Skip(noServer)
	}
	name := fmt.Sprintf("test%d", databases.Add(1))
	s := &Store{postgres: true}
	var err error
	for range 100 { // it is starting
		if s, err = Open(t.Context(), server+"postgres"); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.db.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return server + name
}

// open opens a database until the test ends, for the task of whoever names none.
func open(t *testing.T, location string) *Task {
	t.Helper()
	s, err := Open(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.Task("")
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("this is no database, whatever its name says"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, location := range []string{file, filepath.Join(file, "below.db"), "postgres://user:hunter2@127.0.0.1:1/db", "postgres://user:hunter2@127.0.0.1:notaport/db"} {
		s, err := Open(t.Context(), location)
		if err == nil {
			_ = s.Close()
			t.Errorf("%s was opened", location)
			continue
		}
		if !strings.Contains(err.Error(), "DATABASE_URL") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("opening %s gave %q", location, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, "postgres://127.0.0.1:1/db"); err != context.Canceled { //nolint:errorlint // it is returned as it is
		t.Errorf("a cancelled start gave %v", err)
	}
}
