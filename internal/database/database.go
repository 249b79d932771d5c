package database

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"switchboard/internal/config"
	"switchboard/internal/problem"
)

//go:embed migrations/*.sql
var migrations embed.FS

// connections is how many a process has at most. PostgreSQL allows 100 in all
// unless it is told otherwise, and several processes share them.
const connections = 16

// Store is an open database. It is safe for concurrent use.
type Store struct {
	db       *sql.DB
	postgres bool
}

// Open opens the database at a URL: "postgres://..." for PostgreSQL, anything
// else is the path of an SQLite file, which is made if it is missing. It brings
// the schema up to date, also where several processes start at once. What stands
// in the way is a problem of kind Environment that does not show the URL's
// password.
func Open(ctx context.Context, location string) (*Store, error) {
	s := &Store{postgres: isPostgres(location)}
	var err error
	if s.postgres {
		s.db, err = sql.Open("pgx", location)
	} else {
		s.db, err = openFile(location)
	}
	if err == nil {
		s.db.SetMaxOpenConns(connections)
		s.db.SetMaxIdleConns(connections)
		s.db.SetConnMaxIdleTime(5 * time.Minute)
		err = s.migrate(ctx)
	}
	if err == nil {
		return s, nil
	}
	if s.db != nil {
		_ = s.db.Close()
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return nil, problem.New(problem.Environment, "the database %s cannot be used: %w; check DATABASE_URL", Redact(location), err)
}

// FromSettings opens the database that the settings name, read with getenv (such as
// os.Getenv). Settings that name none are a problem of kind BadInput.
func FromSettings(ctx context.Context, getenv func(string) string) (*Store, error) {
	url, err := config.Database(getenv)
	if err != nil {
		return nil, err
	}
	location, err := Location(url, config.Get(getenv, config.Artifacts))
	if err != nil {
		return nil, err
	}
	return Open(ctx, location)
}

// Location returns where the database is: the URL that is set, or a file beside
// the artifacts, where every process of one machine finds it. Artifacts that are
// in no folder leave no such place, which is a problem of kind BadInput.
func Location(databaseURL, artifacts string) (string, error) {
	if databaseURL != "" {
		return databaseURL, nil
	}
	dir, ok := config.Folder(artifacts)
	if !ok {
		return "", problem.Input("the artifacts are in no folder of this machine, so that the database needs a place of its own: set DATABASE_URL to the URL of a PostgreSQL database")
	}
	return filepath.Join(dir, "switchboard.db"), nil
}

func isPostgres(location string) bool {
	return strings.HasPrefix(location, "postgres://") || strings.HasPrefix(location, "postgresql://")
}

// Redact returns a database's URL without its password, for people to see.
func Redact(location string) string {
	if !isPostgres(location) {
		return location
	}
	u, err := url.Parse(location)
	if err != nil {
		return "postgres://..." // whatever is wrong with it may be the password
	}
	u.RawQuery = ""
	return u.Redacted()
}

// openFile sets what several processes need that share a file: readers do not
// wait for a writer, a writer waits for another, and takes its lock before it
// reads what it is going to change.
func openFile(path string) (*sql.DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil { //nolint:gosec // a setting names the file
		return nil, err
	}
	// SQLite takes an empty file for an empty database, and makes its log and
	// its index of the same mode: made here, they are for this user's eyes only.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // as above
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	query := url.Values{
		// What moves within a page leaves no copy where it was, or erasing would miss it.
		"_pragma": {"journal_mode(WAL)", "busy_timeout(15000)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(FAST)"},
		"_txlock": {"immediate"},
	}
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String())
}

func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	dialect, options := goose.DialectSQLite3, []goose.ProviderOption{goose.WithExcludeNames(only(files, ".postgres.sql"))}
	if s.postgres {
		dialect, options = goose.DialectPostgres, []goose.ProviderOption{goose.WithExcludeNames(only(files, ".sqlite.sql"))}
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, s.db, files, options...)
	if err != nil {
		return err
	}
	if s.postgres {
		_, err = p.Up(ctx)
		return err
	}
	return s.migrateFile(ctx, p)
}

// only returns the migrations that are of one kind of database alone.
func only(files fs.FS, suffix string) []string {
	names, _ := fs.Glob(files, "*"+suffix) // the pattern is right
	return names
}

// migrateFile lets one process after another try: the first brings the file up
// to date, and those that began at the same time find it so.
func (s *Store) migrateFile(ctx context.Context, p *goose.Provider) error {
	var err error
	for range 10 {
		if pending, checked := p.HasPending(ctx); checked == nil && !pending {
			return nil
		}
		if _, err = p.Up(ctx); err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// DB is the database itself, for packages with tables of their own in it.
func (s *Store) DB() *sql.DB { return s.db }

// Postgres tells PostgreSQL from SQLite.
func (s *Store) Postgres() bool { return s.postgres }

// timeFormat sorts as text.
const timeFormat = "2006-01-02T15:04:05.000000Z"

func stamp(at time.Time) string { return at.UTC().Format(timeFormat) }
