package databasetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// Disk is a small file system that holds an empty database, and that a test may fill.
type Disk struct{ dir string }

// OwnOnDisk is [Own] with all that the server has on a disk of so many bytes, of which an
// empty server takes some forty million.
func OwnOnDisk(t testing.TB, size int) (*Server, Disk) {
	t.Helper()
	d := Disk{folder(t)}
	d.mount(t, "size="+strconv.Itoa(size))
	return own(t, d.dir), d
}

// OnDisk returns the location of an empty database of the server, whose tables are on a
// disk of their own with so many bytes. It skips the test without the right to mount.
func (s *Server) OnDisk(t testing.TB, size int) (location string, d Disk) {
	t.Helper()
	name := fmt.Sprintf("disk%d", databases.Add(1))
	d.dir = filepath.Join(s.dir, name)
	if err := os.Mkdir(d.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	options := "size=" + strconv.Itoa(size)
	if s.as != nil {
		options += fmt.Sprintf(",uid=%d,gid=%d", s.as.Credential.Uid, s.as.Credential.Gid)
	}
	d.mount(t, options)
	tables := filepath.Join(d.dir, "tables")
	if err := os.Mkdir(tables, 0o700); err != nil {
		t.Fatal(err)
	}
	if s.as != nil {
		if err := os.Chown(tables, int(s.as.Credential.Uid), int(s.as.Credential.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	s.execute(t, fmt.Sprintf("CREATE TABLESPACE %s LOCATION '%s'", name, tables))
	location = create(t, s.location, name)
	t.Cleanup(func() {
		// Whoever is still connected would keep the disk busy.
		s.execute(t, "DROP DATABASE "+filepath.Base(location)+" WITH (FORCE)")
		s.execute(t, "DROP TABLESPACE "+name)
	})
	return location, d
}

// mount needs the right to.
func (d Disk) mount(t testing.TB, options string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", d.dir, "tmpfs", 0, options+",mode=0700"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(d.dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// execute runs a statement on the server. A test that has ended may still clean up.
func (s *Server) execute(t testing.TB, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", s.Location())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	answers(t, db)
	if _, err := db.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
		t.Fatal(err)
	}
}

// Fill leaves no room on the disk.
func (d Disk) Fill(t testing.TB) {
	t.Helper()
	f, err := os.OpenFile(d.filler(), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling the disk: %v", err)
	}
}

// Free makes the room again that Fill took.
func (d Disk) Free(t testing.TB) {
	t.Helper()
	if err := os.Remove(d.filler()); err != nil {
		t.Fatal(err)
	}
}

func (d Disk) filler() string { return filepath.Join(d.dir, "filler") }
