package database

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Full tells whether an error is that the database has no room left.
func Full(err error) bool { return codeOf(err) == sqlite3.SQLITE_FULL || stateOf(err) == "53100" }

// Unusable tells whether an error is of a database that nothing can be done with
// until a person has looked at it: it is gone, may not be read or written, or is
// damaged.
func Unusable(err error) bool {
	switch codeOf(err) {
	case sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB:
		return true
	}
	switch stateOf(err) {
	case "25006", "42501", "28000", "28P01", "3D000": // read only, no privilege, no login, no such database
		return true
	}
	return false
}

// codeOf returns SQLite's code without its extension, 0 for other errors.
func codeOf(err error) int {
	var failed *sqlite.Error
	if errors.As(err, &failed) {
		return failed.Code() & 0xff
	}
	return 0
}

// stateOf returns PostgreSQL's SQLSTATE, "" for other errors.
func stateOf(err error) string {
	var failed *pgconn.PgError
	if errors.As(err, &failed) {
		return failed.Code
	}
	return ""
}
