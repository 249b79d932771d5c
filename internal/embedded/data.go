package embedded

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
	"github.com/google/uuid"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	sqliteschema "go.temporal.io/server/schema/sqlite"

	"switchboard/internal/problem"
)

// clusterName is the name under which the server knows itself. It is in every
// data file, so it must never change.
const clusterName = "active"

// journal says how SQLite writes a data file.
var journal = map[string]string{
	"mode": "rwc",
	// A write-ahead log: one sequential write a commit, and a killed
	// process leaves nothing to repair.
	"journal_mode": "wal",
	// NORMAL hands a commit to the operating system and waits for the disk
	// only when the log is folded back into the file. A killed process
	// loses nothing. A power failure may lose the last commits, in order,
	// so that workflows go on from a slightly earlier point; activities
	// are idempotent for that reason. FULL would wait for the disk at
	// every commit, for a machine that is used to try things out.
	"synchronous": "normal",
	// Nobody else writes to the file, but a curious person may read it
	// with the sqlite3 tool at the wrong moment.
	"busy_timeout": "10000",
}

// store describes the database to the server. An in-memory database has a name
// of its own: the server's SQLite plugin shares databases by name and keeps
// them for the life of the process.
func store(file string) *config.SQL {
	if file == "" {
		return &config.SQL{
			PluginName:        sqlite.PluginName,
			DatabaseName:      uuid.NewString(),
			ConnectAttributes: map[string]string{"mode": "memory", "cache": "shared"},
		}
	}
	return &config.SQL{
		PluginName: sqlite.PluginName,
		// The name becomes part of a file: URI.
		DatabaseName:      (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath(),
		ConnectAttributes: journal,
	}
}

// lock makes this process the owner of a data file, until the returned lock is
// closed or the process ends in whatever way.
func lock(file string) (*flock.Flock, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, problem.New(problem.Environment, "the folder of Temporal's data file %s cannot be made; choose another place: %w", file, err)
	}
	l := flock.New(file+".lock", flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	switch got, err := l.TryLock(); {
	case err != nil:
		return nil, problem.New(problem.Environment, "Temporal's data file %s cannot be locked; make its folder writable or choose another place: %w", file, err)
	case !got:
		return nil, problem.New(problem.Environment, "Temporal's data file %s is in use by another process; stop that one, or choose another data file", file)
	}
	return l, nil
}

// prepare makes sure that a data file has the schema this server needs. A new
// file gets it in one transaction, so that a process killed half-way leaves an
// empty file and not a broken one.
//
// The server has no migrations for SQLite, so a file of another schema version
// is refused rather than spoiled. The version is kept in SQLite's user_version.
func prepare(ctx context.Context, file string) error {
	// SQLite takes an empty file for an empty database. Made here, it and
	// its log are for this user's eyes only.
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return unusable(file, err)
	}
	if err := f.Close(); err != nil {
		return unusable(file, err)
	}
	db, err := sql.Open("sqlite", "file:"+store(file).DatabaseName+"?mode=rwc&_pragma=journal_mode=wal&_pragma=synchronous=full&_pragma=busy_timeout=10000")
	if err != nil {
		return fmt.Errorf("opening Temporal's data file: %w", err)
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return unusable(file, err)
	}
	defer tx.Rollback() // does nothing after a commit
	var version, tables int
	if err := tx.QueryRowContext(ctx, "SELECT (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_master)").Scan(&version, &tables); err != nil {
		return unusable(file, err)
	}
	switch wanted := schemaVersion(); {
	case version == wanted:
		return nil
	case tables > 0 && version == 0:
		return problem.New(problem.Environment, "%s is an SQLite database, but not one of this program's; choose another data file", file)
	case tables > 0:
		return problem.New(problem.Environment, "Temporal's data file %s has schema version %d, this program needs %d; go on with the version of the program that wrote it, or move the file away to start anew", file, version, wanted)
	}
	if err := sqliteschema.SetupSchemaOnDB(schemaWriter{ctx: ctx, tx: tx}); err != nil {
		return fmt.Errorf("setting up Temporal's data file: %w", err)
	}
	if _, err := tx.ExecContext(ctx, "PRAGMA user_version = "+strconv.Itoa(schemaVersion())); err != nil {
		return fmt.Errorf("setting up Temporal's data file: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("setting up Temporal's data file: %w", err)
	}
	return nil
}

func unusable(file string, err error) error {
	if info, statErr := os.Stat(file); statErr == nil && info.IsDir() {
		return problem.New(problem.Environment, "Temporal's data file %s is a folder; name a file in it", file)
	}
	return problem.New(problem.Environment, "Temporal's data file %s cannot be used; check that it is an SQLite database and writable, or choose another data file: %w", file, err)
}

// schemaVersion packs the versions of the two schemas in one number: main 0.11
// and visibility 0.1 give 11001.
func schemaVersion() int {
	return minor(sqliteschema.Version)*1000 + minor(sqliteschema.VisibilityVersion)
}

func minor(version string) int {
	_, text, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(text)
	if err != nil {
		panic("Temporal's schema version " + version + " is not of the form 0.n")
	}
	return n
}

// schemaWriter lets Temporal's schema be written in a transaction of ours. The
// setup calls nothing but Exec.
type schemaWriter struct {
	sqlplugin.AdminDB
	ctx context.Context
	tx  *sql.Tx
}

func (w schemaWriter) Exec(statement string, args ...any) error {
	_, err := w.tx.ExecContext(w.ctx, statement, args...)
	return err
}
