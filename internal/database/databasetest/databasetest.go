// Package databasetest gives tests an empty database of either kind.
package databasetest

import (
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// server is the PostgreSQL of these tests, "" if there is none.
var server, noServer string

// Main runs a package's tests beside a PostgreSQL server of their own, and returns
// their exit code. Without one, tests skip what needs it, or fail if
// REQUIRE_POSTGRES is set.
func Main(m *testing.M) int {
	stop := startPostgres()
	defer stop()
	return m.Run()
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
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "switchboard", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync") //nolint:gosec // the server of this machine
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
	postgres := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port), "-h", "127.0.0.1", "-k", dir, "-c", "fsync=off") //nolint:gosec // as above
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

// Each runs a test on an empty database of either kind, with its location.
func Each(t *testing.T, test func(t *testing.T, location string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite returns the location of a file that is not there yet, in a folder that is
// not there yet.
func SQLite(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "new folder?", "switch#board.db")
}

// Postgres returns the location of an empty database of the server. Without a
// server it skips the test.
func Postgres(t testing.TB) string {
	t.Helper()
	if noServer != "" {
		if os.Getenv("REQUIRE_POSTGRES") != "" {
			t.Fatal(noServer)
		}
		t.Skip(noServer)
	}
	name := fmt.Sprintf("test%d", databases.Add(1))
	db, err := sql.Open("pgx", server+"postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for range 100 { // it is starting
		if err = db.PingContext(t.Context()); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return server + name
}
