// Package databasetest gives tests an empty database of either kind.
package databasetest

import (
	"context"
	"database/sql"
	"errors"
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

// server is the location of the PostgreSQL of these tests, to which the name of a
// database is added; "" if there is none.
var server, noServer string

// Main runs a package's tests beside a PostgreSQL server of their own, and returns
// their exit code. Without one, tests skip what needs it, or fail if
// REQUIRE_POSTGRES is set.
func Main(m *testing.M) int {
	stop := startPostgres()
	defer stop()
	return m.Run()
}

// startPostgres starts the server of a package's tests.
func startPostgres() (stop func()) {
	stop = func() {}
	dir, err := os.MkdirTemp("", "switchboard-postgres")
	if err != nil {
		noServer = err.Error()
		return stop
	}
	stop = func() { _ = os.RemoveAll(dir) }
	s, err := newServer(dir)
	if err == nil {
		err = s.start()
	}
	if err != nil {
		noServer = err.Error()
		return stop
	}
	server = s.location
	return func() {
		s.Stop()
		_ = os.RemoveAll(dir)
	}
}

// Server is a PostgreSQL that a test may stop and start.
type Server struct {
	bin, dir string
	as       *syscall.SysProcAttr
	port     int
	// location is a URL that lacks the database's name.
	location string
	process  *exec.Cmd
}

// Own starts a server for one test, which stops with it. Without PostgreSQL it skips the
// test, as [Postgres] does.
func Own(t testing.TB) *Server {
	t.Helper()
	return own(t, folder(t))
}

func own(t testing.TB, dir string) *Server {
	t.Helper()
	s, err := newServer(dir)
	if err != nil {
		missing(t, err.Error())
	}
	s.Start(t)
	t.Cleanup(s.Stop)
	return s
}

// folder makes one for a server, whose user can reach it.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "switchboard-postgres")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// newServer makes the files of a server of the newest version that Debian's packages have
// installed, in a folder that is there.
func newServer(dir string) (*Server, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		return nil, errors.New("PostgreSQL is not installed here (Debian's package is called postgresql)")
	}
	s := &Server{bin: filepath.Dir(slices.Max(found)), dir: dir}
	var err error
	if s.as, err = serverUser(dir); err != nil {
		return nil, err
	}
	initdb := exec.Command(filepath.Join(s.bin, "initdb"), "-D", s.data(), "-U", "switchboard", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync") //nolint:gosec // the server of this machine
	initdb.SysProcAttr, initdb.Dir = s.as, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb failed: %w\n%s", err, out)
	}
	if s.port, err = freePort(); err != nil {
		return nil, err
	}
	s.location = fmt.Sprintf("postgres://switchboard@127.0.0.1:%d/", s.port)
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) start() error {
	s.process = exec.Command(filepath.Join(s.bin, "postgres"), "-D", s.data(), "-p", strconv.Itoa(s.port), "-h", "127.0.0.1", "-k", s.dir, "-c", "fsync=off") //nolint:gosec // the server of this machine
	s.process.SysProcAttr, s.process.Dir = s.as, s.dir
	return s.process.Start()
}

// Start starts the server where it was, and returns once it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", s.Location())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	answers(t, db)
}

// Stop ends the server as an administrator does who does not wait for its clients: what
// they are at is rolled back.
func (s *Server) Stop() { s.end(syscall.SIGINT) }

// Kill ends the server as a power cut would: it recovers at its next start.
func (s *Server) Kill() { s.end(syscall.SIGQUIT) }

func (s *Server) end(with syscall.Signal) {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(with)
	_ = s.process.Wait()
	s.process = nil
}

// Location returns that of the server's own database.
func (s *Server) Location() string { return s.location + "postgres" }

// answers waits until a server that is starting answers.
func answers(t testing.TB, db *sql.DB) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // a test that has ended may still clean up
	var err error
	for range 600 {
		if err = db.PingContext(ctx); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal(err)
}

// missing skips a test that cannot have a server, or fails it.
func missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("REQUIRE_POSTGRES") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
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
		missing(t, noServer)
	}
	return create(t, server, "")
}

// create makes an empty database in a tablespace of a server, the usual one if that is
// empty.
func create(t testing.TB, server, tablespace string) string {
	t.Helper()
	name := fmt.Sprintf("test%d", databases.Add(1))
	db, err := sql.Open("pgx", server+"postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	answers(t, db)
	statement := "CREATE DATABASE " + name //nolint:gosec // both names are made here
	if tablespace != "" {
		statement += " TABLESPACE " + tablespace
	}
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	return server + name
}
