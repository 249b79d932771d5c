package modelserver

import (
	"errors"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/logtest"
	"switchboard/internal/problem"
)

// The folder in testdata was left by the last version without tenants: a file of
// examples with two labels, a job of one epoch, its model, and a batch that asked
// the model one question.
const (
	oldTraining   = "file-GOMOFGTBUFF7AYBZK5PZHTMJER"
	oldInput      = "file-LTDMOL2XUMT57XLOB2VUCZPSVD"
	oldResults    = "file-6LBZRVOW4N4R4QI5AYQF5P5PHO"
	oldOutput     = "file-7LB2R4JJIT2XBNXMHZGY5RUOGN"
	oldJob        = "ftjob-JRHMT2RKMG7YPVBOTQDN2HZP6U"
	oldBatch      = "batch_X4A37RHOK4M22JOL3G4CAY5KPM"
	oldModel      = "ft:switchboard-softmax-1:switchboard:before:JRHMT2RKMG"
	oldCheckpoint = oldModel + ":ckpt-step-1"
)

func oldFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/before-tenants")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// seesOld reports which of the old things a key is shown that asks for what everybody
// made: all, or none.
func (r *running) seesOld(t *testing.T, key string) (files, jobs, batches, models int) {
	t.Helper()
	files = len(get[list[fileObject]](t, r, key, "GET", "/v1/files?owner=*", nil).Data)
	jobs = len(get[list[jobObject]](t, r, key, "GET", "/v1/fine_tuning/jobs?owner=*", nil).Data)
	batches = len(get[list[batchObject]](t, r, key, "GET", "/v1/batches?owner=*", nil).Data)
	models = len(get[list[modelObject]](t, r, key, "GET", "/v1/models?owner=*", nil).Data) - 1
	return files, jobs, batches, models
}

func (r *running) checkOld(t *testing.T, key string, all bool) {
	t.Helper()
	want, status := [4]int{}, 404
	if all {
		want, status = [4]int{4, 1, 1, 2}, 200
	}
	if f, j, b, m := r.seesOld(t, key); [4]int{f, j, b, m} != want {
		t.Errorf("%s is shown %d files, %d jobs, %d batches and %d models, want %v", key, f, j, b, m, want)
	}
	for _, path := range []string{"/v1/files/" + oldTraining + "/content", "/v1/files/" + oldInput, "/v1/files/" + oldResults + "/content", "/v1/files/" + oldOutput + "/content",
		"/v1/fine_tuning/jobs/" + oldJob + "/events", "/v1/fine_tuning/jobs/" + oldJob + "/checkpoints", "/v1/batches/" + oldBatch, "/v1/models/" + oldModel} {
		if got, answer := r.send(t, key, "GET", path, nil); got != status {
			t.Errorf("%s with %s: %d %s, want %d", path, key, got, answer, status)
		}
	}
	for _, model := range []string{oldModel, oldCheckpoint} {
		got, answer := r.send(t, key, "POST", "/v1/chat/completions", ask(model, "my flight is late at the gate"))
		if got != status || all && !strings.Contains(answer, `"content":"SkyFast"`) {
			t.Errorf("asking %s with %s: %d %s, want %d", model, key, got, answer, status)
		}
	}
}

// A server with one key goes on with its folder, and the key keeps it when others
// are added.
func TestFolderFromBeforeTenantsBelongsToTheOnlyKey(t *testing.T) {
	t.Run("without a name", func(t *testing.T) {
		dir := oldFolder(t)
		before := contentsOf(t, dir)
		r, stop := start(t, Options{Dir: dir})
		r.checkOld(t, testKey, true)
		id := get[jobObject](t, r, testKey, "POST", "/v1/fine_tuning/jobs", quick(oldTraining)).ID
		await(t, r.client, id, statusSucceeded)
		after := contentsOf(t, dir)
		for name, content := range before {
			if !strings.HasSuffix(name, ".json") && after[name] != content {
				t.Errorf("%s has changed", name)
			}
		}
		stop()
		r, _ = start(t, Options{Dir: dir, NamedKeys: twoTenants})
		r.with("ana-key").checkNothing(t, "ana-key")
	})
	t.Run("with a name", func(t *testing.T) {
		dir := oldFolder(t)
		server, err := New(Options{Dir: dir, NamedKeys: twoTenants[:1]})
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
		r, _ := start(t, Options{Dir: dir, NamedKeys: twoTenants})
		r.checkOld(t, "ana-key", true)
		r.checkOld(t, "ben-key", false)
		r.checkOld(t, testKey, false)
	})
}

func (r *running) checkNothing(t *testing.T, key string) {
	t.Helper()
	if f, j, b, m := r.seesOld(t, key); f+j+b+m != 0 {
		t.Errorf("%s is shown %d files, %d jobs, %d batches and %d models", key, f, j, b, m)
	}
}

// With several keys nobody can tell whose a thing was: the administrator sees it,
// the log says so, and assigning gives it to a key.
func TestFolderFromBeforeTenantsIsAssigned(t *testing.T) {
	dir := oldFolder(t)
	r, stop := start(t, Options{Dir: dir, NamedKeys: twoTenants})
	for _, key := range []string{"ana-key", "ben-key", testKey} {
		r.checkOld(t, key, false)
	}
	r.checkOld(t, "root-key", true)
	if log := r.log.String(); !strings.Contains(log, "modelserver assign") || !strings.Contains(log, "records=6") || !strings.Contains(log, "(nobody)") {
		t.Errorf("the log does not tell:\n%s", log)
	}
	if _, err := Assign(dir, "ana", nil); err == nil || !strings.Contains(err.Error(), "another model server uses") {
		t.Errorf("assigning beside a server: %v", err)
	}
	stop()
	if changed, err := Assign(dir, "ana", nil); err != nil || changed != 6 {
		t.Errorf("assigned %d records with %v, want 6", changed, err)
	}
	r, stop = start(t, Options{Dir: dir, NamedKeys: twoTenants})
	r.checkOld(t, "ana-key", true)
	r.checkOld(t, "ben-key", false)
	if log := r.log.String(); strings.Contains(log, "modelserver assign") {
		t.Errorf("the log still tells:\n%s", log)
	}
	stop()
	// Everything of a name goes to another one, and single things by their ids,
	// with what a job or a batch made.
	if changed, err := Assign(dir, "ben", []string{"ana"}); err != nil || changed != 6 {
		t.Errorf("assigned %d records with %v, want 6", changed, err)
	}
	if changed, err := Assign(dir, "ana", []string{oldJob, oldInput}); err != nil || changed != 3 {
		t.Errorf("assigned %d records with %v, want 3", changed, err)
	}
	r, _ = start(t, Options{Dir: dir, NamedKeys: twoTenants})
	var ids []string
	for _, f := range get[list[fileObject]](t, r, "ana-key", "GET", "/v1/files", nil).Data {
		ids = append(ids, f.ID)
	}
	slices.Sort(ids)
	if want := []string{oldResults, oldInput}; !slices.Equal(ids, want) {
		t.Errorf("ana has the files %v, want %v", ids, want)
	}
	for key, want := range map[string]int{"ana-key": 200, "ben-key": 404} {
		if status, _ := r.send(t, key, "GET", "/v1/models/"+oldModel, nil); status != want {
			t.Errorf("the model answers %s with %d, want %d", key, status, want)
		}
	}
}

func TestAssignRefuses(t *testing.T) {
	dir := oldFolder(t)
	before := contentsOf(t, dir)
	for name, test := range map[string]struct {
		dir, to string
		things  []string
		want    string
		kind    problem.Kind
	}{
		"no name":      {dir, "", nil, "the name of a key", problem.BadInput},
		"a bare hash":  {dir, strings.Repeat("ab", 32), nil, "the name of a key", problem.BadInput},
		"a key":        {dir, "sk-ABC", nil, "the name of a key", problem.BadInput},
		"unknown id":   {dir, "ana", []string{oldJob, "file-NONE"}, `"file-NONE" is no file`, problem.BadInput},
		"unknown name": {dir, "ana", []string{"ben"}, `"ben" is no file`, problem.BadInput},
		"no directory": {dir + "/none", "ana", nil, "cannot be read", problem.Environment},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Assign(test.dir, test.to, test.things)
			var p *problem.Error
			if !errors.As(err, &p) || p.Kind != test.kind || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
	after := contentsOf(t, dir)
	delete(after, "lock")
	if !maps.Equal(before, after) {
		t.Errorf("refused, and changed: %v", difference(before, after))
	}
}

// A key without a name that is replaced leaves its things behind, the log tells
// what both are called, and assigning moves them.
func TestThingsOfAReplacedKeyAreAssigned(t *testing.T) {
	dir := oldFolder(t)
	_, stop := start(t, Options{Dir: dir}) // testKey has everything now
	stop()
	log := &logtest.Buffer{}
	server := must[*Server](t)(New(Options{Dir: dir, Keys: []string{"next-key"}, Logger: slog.New(slog.NewTextHandler(log, nil))}))
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	old, next := unnamedOwner(Key{Key: testKey}.sum()), unnamedOwner(Key{Key: "next-key"}.sum())
	if !strings.Contains(log.String(), "owners=["+old+"] keys=["+next+"]") {
		t.Errorf("the log does not tell:\n%s", log)
	}
	if changed, err := Assign(dir, next, []string{old}); err != nil || changed != 6 {
		t.Errorf("assigned %d records with %v, want 6", changed, err)
	}
	r, _ := start(t, Options{Dir: dir, Keys: []string{"next-key"}})
	r.checkOld(t, "next-key", true)
	r.checkOld(t, testKey, false)
}
