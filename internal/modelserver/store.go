package modelserver

import (
	"bufio"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
)

// Folders under the data directory.
const (
	filesDir   = "files"
	jobsDir    = "jobs"
	batchesDir = "batches"
	modelsDir  = "models"
	tempDir    = "tmp"
	// trainingDir has a folder for each job that a trainer saves its state for.
	trainingDir = "training"
)

// disk is the data directory. An [os.Root] confines it: no name leads out.
type disk struct{ root *os.Root }

// openDisk makes the directory if it is missing.
func openDisk(dir string) (disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return disk{}, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return disk{}, err
	}
	return disk{root}, nil
}

// prepare makes the folders that are missing and empties the one for temporary
// files, whose writers must be gone.
func (d disk) prepare() error {
	if err := d.root.RemoveAll(tempDir); err != nil {
		return err
	}
	for _, name := range []string{filesDir, jobsDir, batchesDir, modelsDir, tempDir, trainingDir} {
		if err := d.root.MkdirAll(name, 0o700); err != nil {
			return err
		}
	}
	return nil
}

// temporary is a file that nobody sees until it is kept.
type temporary struct {
	*os.File
	disk disk
	name string
}

func (d disk) temporary() (*temporary, error) {
	name := tempDir + "/" + rand.Text()
	file, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &temporary{File: file, disk: d, name: name}, nil
}

// keep puts the file under its name: after a crash at any moment, the name
// holds what it held before or the whole new content.
func (t *temporary) keep(name string) error {
	if err := errors.Join(t.Sync(), t.Close()); err != nil {
		return err
	}
	if err := t.disk.root.Rename(t.name, name); err != nil {
		return err
	}
	return t.disk.syncDir(name)
}

// discard removes the file unless it was kept.
func (t *temporary) discard() {
	_ = t.Close()
	_ = t.disk.root.Remove(t.name)
}

// syncDir makes a change of the folder that name is in durable.
func (d disk) syncDir(name string) error {
	folder, err := d.root.Open(name[:strings.LastIndexByte(name, '/')])
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// write replaces a file with what content writes.
func (d disk) write(name string, content io.WriterTo) error {
	file, err := d.temporary()
	if err != nil {
		return err
	}
	defer file.discard()
	buffered := bufio.NewWriterSize(file, 1<<16)
	if _, err := content.WriteTo(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	return file.keep(name)
}

// writeFolder replaces a folder with files of these names, as write does a file. A
// crash at the wrong moment leaves no folder of the name.
func (d disk) writeFolder(name string, files map[string]io.WriterTo) error {
	folder := tempDir + "/" + rand.Text()
	if err := d.root.Mkdir(folder, 0o700); err != nil {
		return err
	}
	defer func() { _ = d.root.RemoveAll(folder) }() // unless it was renamed
	for file, content := range files {
		if err := d.write(folder+"/"+file, content); err != nil {
			return err
		}
	}
	if err := d.root.RemoveAll(name); err != nil {
		return err
	}
	if err := d.root.Rename(folder, name); err != nil {
		return err
	}
	return d.syncDir(name)
}

// remove deletes a file, or a folder with what is in it; one that is not there is
// fine.
func (d disk) remove(name string) error {
	if err := d.root.RemoveAll(name); err != nil {
		return err
	}
	return d.syncDir(name)
}

// size is how many bytes a file has, or the files of a folder.
func (d disk) size(name string) (total int64, err error) {
	err = fs.WalkDir(d.root.FS(), name, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return total, err
}

// names returns the names in a folder that end in suffix, without it.
func (d disk) names(dir, suffix string) ([]string, error) {
	entries, err := fs.ReadDir(d.root.FS(), dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), suffix); ok {
			names = append(names, name)
		}
	}
	return names, nil
}

// record is what a collection keeps: something with an id and a place in
// time. Records are values; what they refer to is never changed in place.
type record interface {
	key() string
	// born orders records: nanoseconds since 1970.
	born() int64
}

// belonging is a record that belongs to a tenant: the owner that
// [holder.may] compares. It is empty for what was made before there were
// tenants.
type belonging interface {
	record
	owner() string
}

// collection is a set of records in memory, each with a JSON file of its own.
// Readers never wait for the disk.
type collection[R record] struct {
	disk disk
	dir  string

	writing sync.Mutex // held while a change goes to disk
	mu      sync.RWMutex
	records map[string]R
}

var errNoRecord = errors.New("no such record")

func openCollection[R record](d disk, dir string) (*collection[R], error) {
	c := &collection[R]{disk: d, dir: dir, records: map[string]R{}}
	ids, err := d.names(dir, ".json")
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		content, err := d.root.ReadFile(c.path(id))
		if err != nil {
			return nil, err
		}
		var r R
		if err := json.Unmarshal(content, &r); err != nil || r.key() != id {
			return nil, fmt.Errorf("%s is damaged: restore it from a backup or remove it", c.path(id))
		}
		c.records[id] = r
	}
	return c, nil
}

func (c *collection[R]) path(id string) string { return c.dir + "/" + id + ".json" }

func (c *collection[R]) get(id string) (R, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	r, ok := c.records[id]
	return r, ok
}

// newest returns all records, the latest first, which is the order of
// OpenAI's lists.
func (c *collection[R]) newest() []R {
	c.mu.RLock()
	all := make([]R, 0, len(c.records))
	for _, r := range c.records {
		all = append(all, r)
	}
	c.mu.RUnlock()
	slices.SortFunc(all, func(a, b R) int {
		return cmp.Or(cmp.Compare(b.born(), a.born()), cmp.Compare(b.key(), a.key()))
	})
	return all
}

// put adds or replaces a record, on disk first.
func (c *collection[R]) put(r R) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.putLocked(r)
}

func (c *collection[R]) putLocked(r R) error {
	content, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := c.disk.write(c.path(r.key()), strings.NewReader(string(content))); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.records[r.key()] = r
	return nil
}

// change replaces a record by what f makes of it, and returns that. Changes
// happen one after another. An error of f is returned as it is and changes
// nothing; errNoRecord says that there is no such record.
func (c *collection[R]) change(id string, f func(*R) error) (R, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	r, ok := c.get(id)
	if !ok {
		return r, errNoRecord
	}
	if err := f(&r); err != nil {
		return r, err
	}
	return r, c.putLocked(r)
}

// remove deletes a record, from disk first.
func (c *collection[R]) remove(id string) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.disk.remove(c.path(id)); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.records, id)
	return nil
}
