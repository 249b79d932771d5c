package modelserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sashabaranov/go-openai"
)

var twoTenants = []Key{{Name: "ana", Key: "ana-key"}, {Name: "ben", Key: "ben-key"}, {Name: "root", Key: "root-key", Admin: true}}

// with is the same server for a client with another key.
func (r *running) with(key string) *running {
	config := openai.DefaultConfig(key)
	config.BaseURL = r.url + "/v1"
	return &running{Server: r.Server, url: r.url, log: r.log, client: openai.NewClientWithConfig(config)}
}

// send makes a request with a JSON body, none if it is nil.
func (r *running) send(t *testing.T, key, method, path string, body any) (status int, answer string) {
	t.Helper()
	var content []byte
	if body != nil {
		content = must[[]byte](t)(json.Marshal(body))
	}
	status, raw := r.raw(t, method, path, key, "application/json", bytes.NewReader(content))
	return status, string(raw)
}

// get makes a request that must succeed.
func get[T any](t *testing.T, r *running, key, method, path string, body any) (into T) {
	t.Helper()
	status, answer := r.send(t, key, method, path, body)
	if status != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	if err := json.Unmarshal([]byte(answer), &into); err != nil {
		t.Fatal(err)
	}
	return into
}

// belongings are one of everything that a key can have.
type belongings struct {
	training, results, input, output string // files
	job, paused, model, checkpoint   string
	batch, event, checkpointID       string
}

func quick(file string) map[string]any {
	return map[string]any{"model": BaseModel, "training_file": file, "suffix": "retail", "hyperparameters": map[string]any{"n_epochs": 2}}
}

func batchOf(model, id string) []byte {
	return fmt.Appendf(nil, `{"custom_id":%q,"method":"POST","url":%q,"body":{"model":%q,"messages":[{"role":"user","content":"my flight"}]}}`+"\n", id, chatEndpoint, model)
}

func (r *running) awaitOwnBatch(t *testing.T, key, id string) batchObject {
	t.Helper()
	for {
		b := get[batchObject](t, r, key, "GET", "/v1/batches/"+id, nil)
		if b.Status == batchCompleted || b.Status == batchFailed {
			return b
		}
	}
}

// everything makes one of everything with a key.
func (r *running) everything(t *testing.T, key string) (b belongings) {
	t.Helper()
	own := r.with(key)
	b.training = own.upload(t, jsonl(1, 60))
	b.job = get[jobObject](t, r, key, "POST", "/v1/fine_tuning/jobs", quick(b.training)).ID
	done := await(t, own.client, b.job, statusSucceeded)
	b.model, b.results = done.FineTunedModel, done.ResultFiles[0]
	b.event = get[list[eventObject]](t, r, key, "GET", "/v1/fine_tuning/jobs/"+b.job+"/events", nil).Data[0].ID
	c := get[list[checkpointObject]](t, r, key, "GET", "/v1/fine_tuning/jobs/"+b.job+"/checkpoints", nil).Data[0]
	b.checkpoint, b.checkpointID = c.Model, c.ID
	b.input = own.uploadBatch(t, batchOf(b.model, "1"))
	b.batch = get[batchObject](t, r, key, "POST", "/v1/batches", map[string]any{"input_file_id": b.input, "endpoint": chatEndpoint, "completion_window": "24h"}).ID
	b.output = *r.awaitOwnBatch(t, key, b.batch).OutputFileID
	return b
}

// contentsOf holds all of the data directory: names and contents.
func contentsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(name, tempDir) {
			return err
		}
		content, err := os.ReadFile(dir + "/" + name)
		all[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// probe is a request that names something; of puts the id in.
type probe struct {
	method, route string
	path          string // with %s for the id
	body          func(id string) any
	id            string // of the other key
}

func probes(b belongings) []probe {
	job := func(field string) func(id string) any {
		return func(id string) any {
			body := quick(id)
			if field == "validation_file" {
				body["training_file"], body["validation_file"] = "file-own", id
			}
			return body
		}
	}
	p := []probe{
		{"POST", "/v1/fine_tuning/jobs", "/v1/fine_tuning/jobs", job("training_file"), b.training},
		{"POST", "/v1/fine_tuning/jobs", "/v1/fine_tuning/jobs", job("validation_file"), b.training},
		{"POST", "/v1/batches", "/v1/batches", func(id string) any {
			return map[string]any{"input_file_id": id, "endpoint": chatEndpoint, "completion_window": "24h"}
		}, b.input},
		{"GET", "/v1/batches/{id}", "/v1/batches/%s", nil, b.batch},
		{"POST", "/v1/batches/{id}/cancel", "/v1/batches/%s/cancel", nil, b.batch},
		{"GET", "/v1/files", "/v1/files?after=%s", nil, b.training},
		{"GET", "/v1/fine_tuning/jobs", "/v1/fine_tuning/jobs?after=%s", nil, b.job},
		{"GET", "/v1/batches", "/v1/batches?after=%s", nil, b.batch},
		{"GET", "/v1/fine_tuning/jobs/{id}/events", "/v1/fine_tuning/jobs/%s/events?after=" + b.event, nil, b.job},
		{"GET", "/v1/fine_tuning/jobs/{id}/checkpoints", "/v1/fine_tuning/jobs/%s/checkpoints?after=" + b.checkpointID, nil, b.job},
	}
	for _, file := range []string{b.training, b.results, b.input, b.output} {
		p = append(p, probe{"GET", "/v1/files/{id}", "/v1/files/%s", nil, file},
			probe{"GET", "/v1/files/{id}/content", "/v1/files/%s/content", nil, file},
			probe{"DELETE", "/v1/files/{id}", "/v1/files/%s", nil, file})
	}
	for _, model := range []string{b.model, b.checkpoint} {
		p = append(p, probe{"GET", "/v1/models/{id}", "/v1/models/%s", nil, model},
			probe{"DELETE", "/v1/models/{id}", "/v1/models/%s", nil, model},
			probe{"POST", "/v1/chat/completions", "/v1/chat/completions", func(id string) any { return ask(id, "my flight") }, model},
			probe{"POST", "/v1/switchboard/explain", "/v1/switchboard/explain", func(id string) any { return ask(id, "my flight") }, model})
	}
	p = append(p, probe{"GET", "/v1/fine_tuning/jobs/{id}", "/v1/fine_tuning/jobs/%s", nil, b.job})
	for _, what := range []string{"events", "checkpoints"} {
		p = append(p, probe{"GET", "/v1/fine_tuning/jobs/{id}/" + what, "/v1/fine_tuning/jobs/%s/" + what, nil, b.job})
	}
	for _, job := range []string{b.job, b.paused} {
		for _, what := range []string{"cancel", "pause", "resume"} {
			p = append(p, probe{"POST", "/v1/fine_tuning/jobs/{id}/" + what, "/v1/fine_tuning/jobs/%s/" + what, nil, job})
		}
	}
	return p
}

func (p probe) send(t *testing.T, r *running, key, id string) (status int, answer string) {
	t.Helper()
	path := p.path
	if strings.Contains(path, "%s") {
		path = fmt.Sprintf(path, url.PathEscape(id))
	}
	var body any
	if p.body != nil {
		body = p.body(id)
	}
	status, answer = r.send(t, key, p.method, path, body)
	return status, strings.ReplaceAll(answer, id, "ID")
}

// resembling is an id that looks like another and is nobody's.
func resembling(id string) string {
	changed := []byte(id)
	if at := len(changed) - 1; changed[at] == 'A' {
		changed[at] = 'B'
	} else {
		changed[at] = 'A'
	}
	return string(changed)
}

// Every route is asked with a second key for everything that the first one has,
// and answers, to the letter, as for what does not exist. Nothing changes.
func TestNothingCrossesBetweenKeys(t *testing.T) {
	dir := t.TempDir()
	r, _ := start(t, Options{Dir: dir, NamedKeys: twoTenants, Faults: &Faults{Jobs: []JobFault{{Chance: Chance{First: 1}, Endless: true}}}})
	slow := r.with("ana-key").upload(t, jsonl(1, 12))
	paused := get[jobObject](t, r, "ana-key", "POST", "/v1/fine_tuning/jobs", quick(slow)).ID
	await(t, r.with("ana-key").client, paused, statusRunning)
	get[jobObject](t, r, "ana-key", "POST", "/v1/fine_tuning/jobs/"+paused+"/pause", nil)
	ana := r.everything(t, "ana-key")
	ana.paused = paused
	before := contentsOf(t, dir)

	// What names nothing of somebody else, and is looked at below.
	covered := map[string]bool{"GET /v1/models": true, "POST /v1/files": true, "GET /healthz": true, "GET /readyz": true, "GET /metrics": true}
	for _, key := range []string{"ben-key", testKey} {
		for _, p := range probes(ana) {
			covered[p.method+" "+p.route] = true
			status, answer := p.send(t, r, key, p.id)
			wantStatus, want := p.send(t, r, key, resembling(p.id))
			if status != wantStatus || answer != want || status < 400 {
				t.Errorf("%s %s with %s: %d %s, want what is said of nothing: %d %s", p.method, p.path, key, status, answer, wantStatus, want)
			}
			if !strings.Contains(p.path, "after=") && p.route != "/v1/batches" && !(p.method == "POST" && p.route == "/v1/fine_tuning/jobs") && status != http.StatusNotFound {
				t.Errorf("%s %s with %s: %d, want 404", p.method, p.path, key, status)
			}
		}
		for _, path := range []string{"/v1/files", "/v1/files?purpose=batch_output", "/v1/fine_tuning/jobs", "/v1/batches"} {
			if got := get[list[map[string]any]](t, r, key, "GET", path, nil); len(got.Data) > 0 || got.FirstID != nil || got.LastID != nil || got.HasMore {
				t.Errorf("%s lists %v to %s", path, got, key)
			}
		}
		if got := get[list[modelObject]](t, r, key, "GET", "/v1/models", nil); len(got.Data) != 1 || *got.LastID != BaseModel {
			t.Errorf("models of %s are %v", key, got.Data)
		}
		if status, answer := r.send(t, key, "GET", "/metrics", nil); status != http.StatusForbidden || strings.Contains(answer, "ana") {
			t.Errorf("metrics with %s: %d %s", key, status, answer)
		}
	}
	for path, byMethod := range r.table() {
		for method := range byMethod {
			if !covered[method+" "+path] {
				t.Errorf("%s %s is not tried", method, path)
			}
		}
	}
	if after := contentsOf(t, dir); !maps.Equal(before, after) {
		t.Errorf("the data directory has changed: %v", difference(before, after))
	}
	if status, _ := r.send(t, "ana-key", "GET", "/v1/models/"+ana.model, nil); status != 200 {
		t.Errorf("the owner gets %d for the model", status)
	}
}

func difference(before, after map[string]string) (names []string) {
	for name := range maps.Keys(before) {
		if after[name] != before[name] {
			names = append(names, name)
		}
	}
	for name := range maps.Keys(after) {
		if _, ok := before[name]; !ok {
			names = append(names, name)
		}
	}
	return names
}

// A batch answers with the models of its owner, and of nobody else.
func TestBatchAsksOwnModelsOnly(t *testing.T) {
	r, _ := start(t, Options{NamedKeys: twoTenants})
	ana := r.everything(t, "ana-key")
	failure := func(key, model string) string {
		own := r.with(key)
		id := get[batchObject](t, r, key, "POST", "/v1/batches", map[string]any{
			"input_file_id": own.uploadBatch(t, batchOf(model, "1")), "endpoint": chatEndpoint, "completion_window": "24h"}).ID
		b := r.awaitOwnBatch(t, key, id)
		if b.OutputFileID != nil {
			return "answered"
		}
		_, content := r.send(t, key, "GET", "/v1/files/"+*b.ErrorFileID+"/content", nil)
		var result struct {
			Response struct {
				StatusCode int             `json:"status_code"`
				Body       json.RawMessage `json:"body"`
			} `json:"response"`
		}
		if err := json.Unmarshal([]byte(content), &result); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(result.Response.StatusCode, " ", strings.ReplaceAll(string(result.Response.Body), model, "ID"))
	}
	if got, want := failure("ben-key", ana.model), failure("ben-key", resembling(ana.model)); got != want || !strings.HasPrefix(got, "404 ") {
		t.Errorf("a batch for another's model: %s, want %s", got, want)
	}
	for _, key := range []string{"ana-key", "root-key"} {
		if got := failure(key, ana.model); got != "answered" {
			t.Errorf("%s: %s", key, got)
		}
	}
}

// An administrator sees whose everything is, uses and removes it. Others are not
// told owners at all.
func TestAdministratorSeesEverything(t *testing.T) {
	r, _ := start(t, Options{NamedKeys: twoTenants})
	ana, ben := r.everything(t, "ana-key"), r.everything(t, "ben-key")
	type owned struct {
		ID    string `json:"id"`
		Owner string `json:"owner"`
	}
	for path, want := range map[string]map[string]string{
		"/v1/files": {ana.training: "ana", ana.results: "ana", ana.input: "ana", ana.output: "ana",
			ben.training: "ben", ben.results: "ben", ben.input: "ben", ben.output: "ben"},
		"/v1/fine_tuning/jobs": {ana.job: "ana", ben.job: "ben"},
		"/v1/batches":          {ana.batch: "ana", ben.batch: "ben"},
	} {
		got := map[string]string{}
		for _, one := range get[list[owned]](t, r, "root-key", "GET", path+"?owner=*", nil).Data {
			got[one.ID] = one.Owner
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s lists %v to the administrator, want %v", path, got, want)
		}
		if _, answer := r.send(t, "root-key", "GET", path+"?owner=ben", nil); !strings.Contains(answer, `"ben"`) || strings.Contains(answer, `"ana"`) {
			t.Errorf("%s lists as ben's %s", path, answer)
		}
		if _, answer := r.send(t, "ana-key", "GET", path, nil); strings.Contains(answer, `"owner"`) || strings.Contains(answer, ben.job) {
			t.Errorf("%s tells a tenant %s", path, answer)
		}
	}
	if got := get[owned](t, r, "root-key", "GET", "/v1/models/"+ana.model, nil); got.Owner != "ana" {
		t.Errorf("the model is %+v", got)
	}
	if status, answer := r.send(t, "root-key", "GET", "/metrics", nil); status != 200 || !strings.Contains(answer, "switchboard_modelserver_jobs") {
		t.Errorf("metrics: %d", status)
	}
	if status, answer := r.send(t, "root-key", "POST", "/v1/chat/completions", ask(ana.model, "my flight")); status != 200 {
		t.Errorf("asking: %d %s", status, answer)
	}
	// What an administrator makes of another's file is the administrator's.
	j := get[jobObject](t, r, "root-key", "POST", "/v1/fine_tuning/jobs", quick(ben.training))
	model := await(t, r.with("root-key").client, j.ID, statusSucceeded).FineTunedModel
	if status, _ := r.send(t, "ben-key", "GET", "/v1/models/"+model, nil); status != 404 {
		t.Errorf("the administrator's model is answered to a tenant with %d", status)
	}
	for _, path := range []string{"/v1/files/" + ben.training, "/v1/models/" + ben.model} {
		if status, answer := r.send(t, "root-key", "DELETE", path, nil); status != 200 {
			t.Errorf("deleting %s: %d %s", path, status, answer)
		}
		if status, _ := r.send(t, "ben-key", "GET", path, nil); status != 404 {
			t.Errorf("%s is still there: %d", path, status)
		}
	}
}

// Clients take up jobs and files of a list as their own, so that nobody's list has what
// others made unless an administrator asks for it.
func TestListsHaveWhatTheKeyMade(t *testing.T) {
	r, _ := start(t, Options{NamedKeys: twoTenants})
	ana, root := r.everything(t, "ana-key"), r.everything(t, "root-key")
	for path, one := range map[string]struct{ theirs, own string }{
		"/v1/files":            {ana.training, root.training},
		"/v1/fine_tuning/jobs": {ana.job, root.job},
		"/v1/batches":          {ana.batch, root.batch},
		"/v1/models":           {ana.model, root.model},
	} {
		if _, answer := r.send(t, "root-key", "GET", path, nil); strings.Contains(answer, one.theirs) || !strings.Contains(answer, one.own) {
			t.Errorf("%s lists to an administrator %s", path, answer)
		}
		for _, asked := range []string{"?owner=root", "?owner=*"} {
			if _, answer := r.send(t, "ana-key", "GET", path+asked, nil); strings.Contains(answer, one.own) || !strings.Contains(answer, one.theirs) {
				t.Errorf("%s%s lists to a tenant %s", path, asked, answer)
			}
		}
	}
}

// While an administrator's job reads a tenant's file, the tenant is not told
// which job that is.
func TestFileInUseNamesNoForeignJob(t *testing.T) {
	r, _ := start(t, Options{NamedKeys: twoTenants, Faults: &Faults{Jobs: []JobFault{{Endless: true}}}})
	file := r.with("ana-key").upload(t, jsonl(1, 12))
	j := get[jobObject](t, r, "root-key", "POST", "/v1/fine_tuning/jobs", quick(file))
	for key, told := range map[string]bool{"ana-key": false, "root-key": true} {
		if status, answer := r.send(t, key, "DELETE", "/v1/files/"+file, nil); status != 409 || strings.Contains(answer, j.ID) != told {
			t.Errorf("%s: %d %s", key, status, answer)
		}
	}
}

// Key B does to key A's files what it can: the same names, sizes and suffixes
// with other labels, and deletes. A's next model is byte for byte the first.
func TestPoisonReachesNobodyElse(t *testing.T) {
	dir := t.TempDir()
	r, _ := start(t, Options{Dir: dir, NamedKeys: twoTenants})
	good := jsonl(1, 60)
	poison := bytes.ReplaceAll(good, []byte("SkyFast"), []byte("TuneBox"))
	if len(good) != len(poison) || bytes.Equal(good, poison) {
		t.Fatal("the poison shows by its size, or is none")
	}
	ana, ben := r.with("ana-key"), r.with("ben-key")
	file := ana.upload(t, good)
	train := func(key string, own *running, file string) string {
		id := get[jobObject](t, r, key, "POST", "/v1/fine_tuning/jobs", quick(file)).ID
		await(t, own.client, id, statusSucceeded)
		return id
	}
	first := train("ana-key", ana, file)

	for range 3 {
		poisoned := ben.upload(t, poison)
		if status, _ := r.send(t, "ben-key", "DELETE", "/v1/files/"+file, nil); status != 404 {
			t.Errorf("deleting another's file: %d", status)
		}
		train("ben-key", ben, poisoned)
	}
	files := must[openai.FilesList](t)(ana.client.ListFiles(t.Context())).Files
	if !slices.ContainsFunc(files, func(f openai.File) bool { return f.ID == file }) || len(files) != 2 { // its upload and its result
		t.Fatalf("files are %+v", files)
	}
	if _, content := r.send(t, "ana-key", "GET", "/v1/files/"+file+"/content", nil); content != string(good) {
		t.Error("the file has other content")
	}
	second := train("ana-key", ana, file)
	want := must[[]byte](t)(os.ReadFile(dir + "/" + modelPath(first)))
	if got := must[[]byte](t)(os.ReadFile(dir + "/" + modelPath(second))); !bytes.Equal(got, want) {
		t.Error("the next model is another one")
	}
	jobs := get[list[jobObject]](t, r, "ana-key", "GET", "/v1/fine_tuning/jobs", nil)
	if len(jobs.Data) != 2 || jobs.Data[0].ID != second || jobs.Data[1].ID != first {
		t.Errorf("jobs are %+v", jobs.Data)
	}
}

// No spelling of an id reaches what is another's, or leads out of the folders.
func TestIDsAreTakenLiterally(t *testing.T) {
	dir := t.TempDir()
	r, _ := start(t, Options{Dir: dir, NamedKeys: twoTenants})
	ana := r.everything(t, "ana-key")
	before := contentsOf(t, dir)
	for _, id := range []string{ana.training, ana.job, ana.batch, ana.model} {
		tricks := []string{
			id, strings.ToLower(id), strings.ToUpper(id), id + "%00", id + "%20", "%20" + id, id + "%2e", "./" + id, "%2e%2f" + id, "..%2Ffiles%2F" + id,
			"%2e%2e%2fjobs%2f" + id + ".json", id + ".json", id + ".data", id + "%2Fcontent", id + "?after=" + id, id + ";x", "*", "%25", "..%5C" + id,
			strings.ReplaceAll(id, "-", "%2D"), strings.ReplaceAll(id, ":", "%3A"),
		}
		for _, trick := range tricks {
			for _, route := range []string{"/v1/files/%s", "/v1/files/%s/content", "/v1/fine_tuning/jobs/%s", "/v1/fine_tuning/jobs/%s/events",
				"/v1/batches/%s", "/v1/models/%s"} {
				for _, method := range []string{"GET", "DELETE", "POST"} {
					path := fmt.Sprintf(route, trick)
					if status, answer := r.send(t, "ben-key", method, path, nil); status < 400 || status >= 500 {
						t.Errorf("%s %s: %d %s", method, path, status, answer)
					}
				}
			}
		}
	}
	if after := contentsOf(t, dir); !maps.Equal(before, after) {
		t.Errorf("the data directory has changed: %v", difference(before, after))
	}
	// Encoded as some clients do it, its owner's still finds it.
	if status, _ := r.send(t, "ana-key", "GET", "/v1/models/"+strings.ReplaceAll(ana.model, ":", "%3A"), nil); status != 200 {
		t.Errorf("an encoded name gets its owner %d", status)
	}
}

// The owner reads a file whole or not at all while it is being deleted, and
// another key never sees that it is there.
func TestFileIsReadWhileItIsDeleted(t *testing.T) {
	r, _ := start(t, Options{NamedKeys: twoTenants})
	content := jsonl(1, 60)
	var all sync.WaitGroup
	for range 20 {
		path := "/v1/files/" + r.with("ana-key").upload(t, content)
		for _, key := range []string{"ana-key", "ana-key", "ben-key", "ben-key"} {
			all.Go(func() {
				for range 5 {
					status, answer := r.send(t, key, "GET", path+"/content", nil)
					if whole := status == 200 && answer == string(content); status != 404 && (!whole || key == "ben-key") {
						t.Errorf("%s gets %d and %d bytes", key, status, len(answer))
					}
				}
			})
		}
		all.Go(func() {
			if status, answer := r.send(t, "ana-key", "DELETE", path, nil); status != 200 {
				t.Errorf("deleting: %d %s", status, answer)
			}
		})
	}
	all.Wait()
}

// What a key made belongs to its name: the value can be replaced, and a name that
// is taken away and given back finds its things.
func TestNamesOwnWhatTheirKeysMake(t *testing.T) {
	dir := t.TempDir()
	r, stop := start(t, Options{Dir: dir, NamedKeys: twoTenants})
	ana := r.everything(t, "ana-key")
	check := func(when, key string, want int) {
		t.Helper()
		if status, answer := r.send(t, key, "POST", "/v1/chat/completions", ask(ana.model, "my flight")); status != want {
			t.Errorf("%s: %d %s, want %d", when, status, answer, want)
		}
	}
	set := func(keys ...Key) {
		t.Helper()
		if err := r.SetNamedKeys(keys); err != nil {
			t.Fatal(err)
		}
	}
	set(Key{Name: "ana", Key: "new-key"}, Key{Name: "ben", Key: "ben-key"})
	check("a new value", "new-key", 200)
	check("the old value", "ana-key", 401)
	set(Key{Name: "ana", Key: "ben-key"}, Key{Name: "ben", Key: "ana-key"})
	check("the value of a key that is another's now", "ana-key", 404)
	set(Key{Name: "ben", Key: "ben-key"})
	check("the name is gone", "ben-key", 404)
	set(Key{Name: "ana", Key: "third-key"}, Key{Name: "ben", Key: "ben-key"})
	check("the name is back", "third-key", 200)
	stop()
	r, _ = start(t, Options{Dir: dir, NamedKeys: []Key{{Name: "ana", Key: "fourth-key"}, {Name: "ben", Key: "ben-key"}}})
	check("after a restart", "fourth-key", 200)
	check("another after a restart", "ben-key", 404)
	check("without a name after a restart", testKey, 404)
}

// Keys without a name are tenants too. One that gets a name takes what it made
// along, and nothing on disk gives the key away.
func TestKeysWithoutANameAreTenants(t *testing.T) {
	dir := t.TempDir()
	r, stop := start(t, Options{Dir: dir, Keys: []string{"first-key", "second-key"}})
	first := r.everything(t, "first-key")
	check := func(key string, want int) {
		t.Helper()
		if status, answer := r.send(t, key, "GET", "/v1/files/"+first.training, nil); status != want {
			t.Errorf("%s: %d %s, want %d", key, status, answer, want)
		}
	}
	check("first-key", 200)
	check("second-key", 404)
	sum := fmt.Sprintf("%x", Key{Key: "first-key"}.sum())
	for name, content := range contentsOf(t, dir) {
		if strings.Contains(content, "first-key") || strings.Contains(content, sum[:16]) {
			t.Errorf("%s has the key, or its SHA-256", name)
		}
	}
	stop()
	r, stop = start(t, Options{Dir: dir, Keys: []string{"second-key"}})
	check("second-key", 404)
	stop()
	r, stop = start(t, Options{Dir: dir, Keys: []string{"second-key"}, NamedKeys: []Key{{Name: "team", SHA256: sum}}})
	check("first-key", 200)
	stop()
	r, _ = start(t, Options{Dir: dir, NamedKeys: []Key{{Name: "team", Key: "replaced-key"}}})
	check("replaced-key", 200)
	if status, _ := r.send(t, "replaced-key", "POST", "/v1/chat/completions", ask(first.model, "my flight")); status != 200 {
		t.Errorf("asking the model: %d", status)
	}
}

// Whatever two keys do at once, in any order, each finds its own things and no
// others.
func TestKeysAtOnce(t *testing.T) {
	r, _ := start(t, Options{NamedKeys: twoTenants})
	var all sync.WaitGroup
	for i, key := range []string{"ana-key", "ben-key"} {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			own, mine := r.with(key), map[string]bool{}
			for range 40 {
				if len(mine) > 0 && random.IntN(3) == 0 {
					for id := range mine {
						if status, answer := r.send(t, key, "DELETE", "/v1/files/"+id, nil); status != 200 {
							t.Errorf("deleting: %d %s", status, answer)
						}
						delete(mine, id)
						break
					}
				} else {
					mine[own.upload(t, jsonl(uint64(i), 3))] = true
				}
				seen := map[string]bool{}
				for _, f := range get[list[fileObject]](t, r, key, "GET", "/v1/files", nil).Data {
					seen[f.ID] = true
				}
				if !maps.Equal(seen, mine) {
					t.Errorf("%s sees %v, and has %v", key, seen, mine)
				}
			}
		})
	}
	all.Wait()
}
