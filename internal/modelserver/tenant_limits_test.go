package modelserver

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sashabaranov/go-openai"

	"switchboard/internal/classifier"
)

// endless makes every job go on until it is cancelled.
var endless = &Faults{Jobs: []JobFault{{Endless: true}}}

func (r *running) checkTooMany(t *testing.T, what, key, path string, body any) {
	t.Helper()
	response, e := r.do(t, "POST", path, key, body)
	if response.StatusCode != 429 || e.Type != "requests" || *e.Code != "rate_limit_exceeded" || response.Header.Get("Retry-After") == "" {
		t.Errorf("%s: %d %+v", what, response.StatusCode, e)
	}
}

// Paused jobs count, and one key's jobs are in nobody else's way.
func TestActiveJobsAreCountedByKey(t *testing.T) {
	r, _ := start(t, Options{MaxActiveJobs: 3, Faults: endless, NamedKeys: []Key{{Name: "ana", Key: "ana-key", ActiveJobs: 2}, {Name: "ben", Key: "ben-key"}}})
	const path = "/v1/fine_tuning/jobs"
	create := func(key string, n int) (body map[string]any, first string) {
		body = quick(r.with(key).upload(t, jsonl(1, 12)))
		for i := range n {
			if id := get[jobObject](t, r, key, "POST", path, body).ID; i == 0 {
				first = id
			}
		}
		return body, first
	}
	body, first := create("ana-key", 2)
	await(t, r.with("ana-key").client, first, statusRunning)
	get[jobObject](t, r, "ana-key", "POST", path+"/"+first+"/pause", nil)
	r.checkTooMany(t, "a third job", "ana-key", path, body)
	other, _ := create("ben-key", 3)
	r.checkTooMany(t, "a fourth job by default", "ben-key", path, other)
	get[jobObject](t, r, "ana-key", "POST", path+"/"+first+"/cancel", nil)
	get[jobObject](t, r, "ana-key", "POST", path, body)
	if metrics := r.scrape(t); !strings.Contains(metrics, `rate_limited_total{key="ana",kind="jobs"} 1`) {
		t.Error("the metrics lack the refusal")
	}
}

func TestActiveBatchesAreCountedByKey(t *testing.T) {
	r, _ := start(t, Options{NamedKeys: []Key{{Name: "ana", Key: "ana-key", ActiveJobs: 1}, {Name: "ben", Key: "ben-key"}}})
	model := func(key string) string {
		id := get[jobObject](t, r, key, "POST", "/v1/fine_tuning/jobs", quick(r.with(key).upload(t, jsonl(1, 12)))).ID
		return await(t, r.with(key).client, id, statusSucceeded).FineTunedModel
	}
	body := func(key string) map[string]any {
		return map[string]any{"input_file_id": r.with(key).uploadBatch(t, batchOf(model(key), "1")), "endpoint": chatEndpoint, "completion_window": "24h"}
	}
	ana, ben := body("ana-key"), body("ben-key")
	release := occupy(r.Server)
	first := get[batchObject](t, r, "ana-key", "POST", "/v1/batches", ana)
	r.checkTooMany(t, "a second batch", "ana-key", "/v1/batches", ana)
	get[batchObject](t, r, "ben-key", "POST", "/v1/batches", ben)
	release()
	r.awaitOwnBatch(t, "ana-key", first.ID)
	get[batchObject](t, r, "ana-key", "POST", "/v1/batches", ana)
}

func TestTokensInTrainingAreBounded(t *testing.T) {
	file := jsonl(1, 12)
	tokens := int64(must[examples](t)(readExamples(bytes.NewReader(file))).tokens) * 2 // quick has two epochs
	r, _ := start(t, Options{Faults: endless, NamedKeys: []Key{
		{Name: "ana", Key: "ana-key", TrainingTokens: 2*tokens - 1}, {Name: "ben", Key: "ben-key", TrainingTokens: tokens}, {Name: "cleo", Key: "cleo-key"}}})
	const path = "/v1/fine_tuning/jobs"
	end := func(key string, body map[string]any, statuses ...string) openai.FineTuningJob {
		id := get[jobObject](t, r, key, "POST", path, body).ID
		return await(t, r.with(key).client, id, statuses...)
	}
	body := map[string]map[string]any{}
	for _, key := range []string{"ana-key", "ben-key", "cleo-key"} {
		body[key] = quick(r.with(key).upload(t, file))
	}
	first := end("ana-key", body["ana-key"], statusRunning)
	failed := end("ana-key", body["ana-key"], statusFailed)
	j := get[jobObject](t, r, "ana-key", "GET", path+"/"+failed.ID, nil)
	if j.Error == nil || j.Error.Code != codeTrainingTokens || !strings.Contains(j.Error.Message, fmt.Sprintf("train %d tokens", tokens)) {
		t.Errorf("the second job is %+v", j.Error)
	}
	// At the limit, the next is refused before it is a job.
	end("ben-key", body["ben-key"], statusQueued)
	r.checkTooMany(t, "a job at the limit", "ben-key", path, body["ben-key"])
	for range 3 {
		end("cleo-key", body["cleo-key"], statusQueued)
	}
	get[jobObject](t, r, "ana-key", "POST", path+"/"+first.ID+"/cancel", nil)
	end("ana-key", body["ana-key"], statusQueued, statusRunning)
}

// What is stored counts whole, and one key's things leave the others' room alone.
func TestBytesAreBoundedByKey(t *testing.T) {
	r, _ := start(t, Options{NamedKeys: []Key{{Name: "ana", Key: "ana-key", Bytes: 100_000}, {Name: "ben", Key: "ben-key"}}})
	upload := func(key string, n int, told bool) (int, []byte) {
		content, contentType := uploadForm(t, n)
		var body io.Reader = bytes.NewReader(content)
		if !told {
			body = io.MultiReader(body)
		}
		return r.raw(t, "POST", "/v1/files", key, contentType, body)
	}
	if status, body := upload("ana-key", 60_000, true); status != 200 {
		t.Fatalf("an upload that fits: %d %s", status, body)
	}
	for _, told := range []bool{true, false} {
		status, body := upload("ana-key", 50_000, told)
		checkRefusal(t, body, status, 413, "file", "disk_quota_exceeded")
		if status, body := upload("ben-key", 500_000, told); status != 200 {
			t.Errorf("another key: %d %s", status, body)
		}
	}
	for _, f := range must[openai.FilesList](t)(r.with("ana-key").client.ListFiles(t.Context())).Files {
		if err := r.with("ana-key").client.DeleteFile(t.Context(), f.ID); err != nil {
			t.Fatal(err)
		}
	}
	if status, body := upload("ana-key", 90_000, false); status != 200 {
		t.Errorf("after deleting: %d %s", status, body)
	}
	// A job keeps room for its models free, which this key does not have.
	if err := r.SetNamedKeys([]Key{{Name: "ana", Key: "ana-key", Bytes: 300_000}, {Name: "ben", Key: "ben-key"}}); err != nil {
		t.Fatal(err)
	}
	body := quick(r.with("ana-key").upload(t, jsonl(1, 12)))
	if response, e := r.do(t, "POST", "/v1/fine_tuning/jobs", "ana-key", body); response.StatusCode != 413 || *e.Code != "disk_quota_exceeded" {
		t.Errorf("a job without room: %d %+v", response.StatusCode, e)
	}
	r.quota.mu.Lock()
	defer r.quota.mu.Unlock()
	if r.quota.uploading != 0 || len(r.quota.uploadingBy) != 0 {
		t.Errorf("%d bytes count as under way, %v by key", r.quota.uploading, r.quota.uploadingBy)
	}
}

// Models and result files count for who made them.
func TestBytesAreThoseOfEverythingMade(t *testing.T) {
	dir := t.TempDir()
	r, _ := start(t, Options{Dir: dir, NamedKeys: twoTenants})
	ana := r.everything(t, "ana-key")
	r.quota.mu.Lock()
	defer r.quota.mu.Unlock()
	r.quota.measure()
	want := int64(0)
	for name, content := range contentsOf(t, dir) {
		if name != "lock" {
			want += int64(len(content))
		}
	}
	if got := r.quota.usedBy["ana"]; got != want || got < 10_000 {
		t.Errorf("%d bytes count for the maker of %s, want %d", got, ana.model, want)
	}
}

// piped is an upload whose body comes as the test writes it.
func piped(t *testing.T, r *running, key string) (write func(text string), answer func() *httptest.ResponseRecorder) {
	t.Helper()
	reader, writer := io.Pipe()
	form := multipart.NewWriter(io.Discard)
	request := httptest.NewRequest("POST", "/v1/files", reader)
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", form.FormDataContentType())
	done := make(chan *httptest.ResponseRecorder)
	go func() {
		recorder := httptest.NewRecorder()
		r.ServeHTTP(recorder, request)
		_ = reader.Close()
		done <- recorder
	}()
	write = func(text string) {
		text = strings.ReplaceAll(text, "BOUNDARY", form.Boundary())
		_, _ = io.WriteString(writer, text) // back when the server has read it
	}
	return write, func() *httptest.ResponseRecorder {
		_ = writer.Close()
		return <-done
	}
}

const (
	formStart = "--BOUNDARY\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nfine-tune\r\n" +
		"--BOUNDARY\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n"
	formEnd = "\r\n--BOUNDARY--\r\n"
)

func TestOpenUploadsAreCountedByKey(t *testing.T) {
	r, _ := start(t, Options{NamedKeys: []Key{{Name: "ana", Key: "ana-key", OpenUploads: 1}, {Name: "ben", Key: "ben-key"}}})
	write, answer := piped(t, r, "ana-key")
	write(formStart + "{}")
	_, second := piped(t, r, "ana-key")
	if got := second(); got.Code != 429 || got.Header().Get("Retry-After") == "" || !strings.Contains(got.Body.String(), "1 uploads are under way") {
		t.Errorf("a second upload: %d %s", got.Code, got.Body)
	}
	for range defaultOpenUploads {
		write, answer := piped(t, r, "ben-key")
		write(formStart + "{}")
		defer answer()
	}
	_, beyond := piped(t, r, "ben-key")
	if got := beyond(); got.Code != 429 {
		t.Errorf("beyond the default: %d %s", got.Code, got.Body)
	}
	write(formEnd)
	if got := answer(); got.Code != 200 {
		t.Errorf("the first upload: %d %s", got.Code, got.Body)
	}
	r.with("ana-key").upload(t, jsonl(1, 3)) // there is room again
}

// wire is a listener for the one connection in it.
type wire struct {
	accept chan net.Conn
	closed context.Context
}

func (w wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.accept:
		return c, nil
	case <-w.closed.Done():
		return nil, net.ErrClosed
	}
}
func (w wire) Close() error   { return nil }
func (w wire) Addr() net.Addr { return &net.TCPAddr{} }

// An upload that never stands still, but is slower than its key's least rate, ends
// soon after the first half minute; one that keeps to the rate may take its time.
func TestUploadsHaveALeastRate(t *testing.T) {
	for name, test := range map[string]struct {
		rate               int64
		perSecond, seconds int // what the client sends
		want               int
		ended              time.Duration
	}{
		"slower than the default":       {0, 100, 600, 408, 34 * time.Second},
		"faster than the default":       {0, 2000, 300, 200, 300 * time.Second},
		"slower than a rate of its own": {10_000, 5000, 600, 408, 59 * time.Second},
		"faster than a rate of its own": {10, 20, 600, 200, 600 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			key := Key{Name: "ana", Key: "ana-key", UploadRate: test.rate}
			synctest.Test(t, func(t *testing.T) {
				status, took := uploadAt(t, key, test.perSecond, test.seconds)
				if status != test.want || took.Truncate(time.Second) != test.ended {
					t.Errorf("%d after %v, want %d after %v", status, took, test.want, test.ended)
				}
			})
		})
	}
}

// uploadAt uploads evenly, by the clock of the bubble it runs in.
func uploadAt(t *testing.T, key Key, perSecond, seconds int) (status int, took time.Duration) {
	t.Helper()
	server := must[*Server](t)(New(Options{Dir: t.TempDir(), NamedKeys: []Key{key}, Logger: slog.New(slog.DiscardHandler)}))
	ctx, stop := context.WithCancel(t.Context())
	client, far := net.Pipe()
	listener := wire{make(chan net.Conn, 1), ctx}
	listener.accept <- far
	web := &http.Server{Handler: server}
	go func() { _ = web.Serve(listener) }()
	var sending sync.WaitGroup
	defer func() {
		stop()
		_ = client.Close()
		sending.Wait()
		_ = web.Close()
		time.Sleep(time.Second) // net/http lingers
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}()
	begin := time.Now()
	sending.Go(func() {
		length := len(formStart) + perSecond*seconds + len(formEnd)
		_, err := fmt.Fprintf(client, "POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: multipart/form-data; boundary=BOUNDARY\r\nContent-Length: %d\r\n\r\n%s",
			key.Key, length, formStart)
		for i := 0; i < seconds && err == nil; i++ {
			time.Sleep(time.Second)
			_, err = client.Write(bytes.Repeat([]byte("x"), perSecond))
		}
		if err == nil {
			_, _ = io.WriteString(client, formEnd)
		}
	})
	response := must[*http.Response](t)(http.ReadResponse(bufio.NewReader(client), nil))
	return response.StatusCode, time.Since(begin)
}

// Of a job's events the first ones and the latest stay.
func TestEventsAreBounded(t *testing.T) {
	var j job
	for i := range 3 * maxEvents {
		j.inform("event %d", i)
	}
	if len(j.Events) != maxEvents {
		t.Fatalf("%d events, want %d", len(j.Events), maxEvents)
	}
	for at, want := range map[int]string{0: "event 0", firstEvents - 1: fmt.Sprint("event ", firstEvents-1),
		firstEvents: fmt.Sprint("event ", 2*maxEvents+firstEvents), maxEvents - 1: fmt.Sprint("event ", 3*maxEvents-1)} {
		if j.Events[at].Message != want {
			t.Errorf("event %d is %q, want %q", at, j.Events[at].Message, want)
		}
	}
}

// A client that pauses and resumes for ever makes no record that grows for ever.
func TestPausingForEverIsBounded(t *testing.T) {
	r, _ := start(t, Options{Faults: endless})
	id := get[jobObject](t, r, testKey, "POST", "/v1/fine_tuning/jobs", quick(r.upload(t, jsonl(1, 12)))).ID
	await(t, r.client, id, statusQueued, statusRunning)
	must[job](t)(r.jobs.change(id, func(j *job) error {
		for len(j.Events) < maxEvents {
			j.inform("The job was paused.")
		}
		return nil
	}))
	for range 5 {
		for _, what := range []string{"pause", "resume"} {
			get[jobObject](t, r, testKey, "POST", "/v1/fine_tuning/jobs/"+id+"/"+what, nil)
		}
	}
	j, _ := r.jobs.get(id)
	if len(j.Events) != maxEvents || !strings.Contains(j.Events[0].Message, "Created") {
		t.Errorf("%d events, the first of which is %q", len(j.Events), j.Events[0].Message)
	}
}

// A job that would take too much memory fails before it takes it, with a sentence
// that says what to do, and the next one is trained.
func TestMemoryOfATrainingIsBounded(t *testing.T) {
	small, large := jsonl(1, 30), jsonl(1, 8000)
	limit := classifier.TrainingMemory(1000, 0, 60_000, 3, 0)
	r, _ := start(t, Options{MaxTrainingBytes: limit})
	smallFile, largeFile := r.upload(t, small), r.upload(t, large)
	for name, body := range map[string]map[string]any{
		"training":   quick(largeFile),
		"validation": {"model": BaseModel, "training_file": smallFile, "validation_file": largeFile},
	} {
		id := get[jobObject](t, r, testKey, "POST", "/v1/fine_tuning/jobs", body).ID
		await(t, r.client, id, statusFailed)
		j := get[jobObject](t, r, testKey, "GET", "/v1/fine_tuning/jobs/"+id, nil)
		if j.Error.Code != "invalid_training_file" || !strings.Contains(j.Error.Message, "of memory") || !strings.Contains(j.Error.Message, "leave examples out") {
			t.Errorf("a large file for %s: %+v", name, j.Error)
		}
		if stored, _ := r.jobs.get(id); stored.Attempts != 0 {
			t.Errorf("a large file for %s: training was started", name)
		}
	}
	id := get[jobObject](t, r, testKey, "POST", "/v1/fine_tuning/jobs", quick(smallFile)).ID
	await(t, r.client, id, statusSucceeded)
}

// A file with a different label on every line is counted without being kept.
func TestCensusIsBounded(t *testing.T) {
	var c census
	for i := range 100_000 {
		c.add(classifier.Example{Text: "text", Label: fmt.Sprint(i)}, 2)
	}
	if len(c.labels) != classifier.MaxClasses+1 || c.examples != 100_000 || c.textBytes != 400_000 || c.tokens != 200_000 {
		t.Errorf("%d labels, %d examples, %d bytes, %d tokens", len(c.labels), c.examples, c.textBytes, c.tokens)
	}
	if err := c.check(); err == nil || !strings.Contains(err.Error(), "at least 1001 different labels") {
		t.Errorf("error is %v", err)
	}
}

// waiting is a job in a queue.
func waiting(owner string, born int64, status string) job {
	return job{ID: fmt.Sprint(owner, born), Owner: owner, Created: born, Status: status}
}

func TestOwnersTakeTurns(t *testing.T) {
	for name, test := range map[string]struct {
		queue []job
		want  string
	}{
		"one owner, the oldest first":       {[]job{waiting("a", 2, "queued"), waiting("a", 1, "queued")}, "a1 a2"},
		"a long queue keeps nobody waiting": {[]job{waiting("a", 1, "queued"), waiting("a", 2, "queued"), waiting("a", 3, "queued"), waiting("b", 9, "queued")}, "a1 b9 a2 a3"},
		"three owners":                      {[]job{waiting("a", 1, "queued"), waiting("a", 2, "queued"), waiting("b", 3, "queued"), waiting("b", 4, "queued"), waiting("c", 5, "queued")}, "a1 b3 c5 a2 b4"},
		"what ran before a restart":         {[]job{waiting("a", 1, "queued"), waiting("b", 2, "running"), waiting("b", 3, "queued")}, "b2 a1 b3"},
		"things of nobody":                  {[]job{waiting("", 1, "queued"), waiting("", 2, "queued"), waiting("a", 3, "queued")}, "1 a3 2"},
		"others wait for nothing":           {[]job{waiting("a", 1, "paused"), waiting("b", 2, "succeeded")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var turns turns
			var got []string
			queue := slices.Clone(test.queue)
			for {
				slices.SortFunc(queue, func(a, b job) int { return int(b.Created - a.Created) })
				j, found := nextInTurn(&turns, queue, []string{statusRunning, statusQueued})
				if !found {
					break
				}
				got = append(got, j.ID)
				queue = slices.DeleteFunc(queue, func(other job) bool { return other.ID == j.ID })
			}
			if text := strings.Join(got, " "); text != test.want {
				t.Errorf("turns are %q, want %q", text, test.want)
			}
		})
	}
}

// While one key's jobs queue up, another's is trained as soon as the one in
// training ends.
func TestQueueOfOneKeyStarvesNobody(t *testing.T) {
	r, _ := start(t, Options{NamedKeys: twoTenants, Faults: &Faults{Jobs: []JobFault{{Chance: Chance{First: 1}, Endless: true}}}})
	create := func(key string) string {
		id := get[jobObject](t, r, key, "POST", "/v1/fine_tuning/jobs", quick(r.with(key).upload(t, jsonl(1, 30)))).ID
		await(t, r.with(key).client, id, statusQueued, statusRunning)
		return id
	}
	first := create("ana-key")
	await(t, r.with("ana-key").client, first, statusRunning)
	var queued []string
	for range 4 {
		queued = append(queued, create("ana-key"))
	}
	other := create("ben-key")
	get[jobObject](t, r, "ana-key", "POST", "/v1/fine_tuning/jobs/"+first+"/cancel", nil)
	for _, id := range queued {
		await(t, r.with("ana-key").client, id, statusSucceeded)
	}
	await(t, r.with("ben-key").client, other, statusSucceeded)
	ended := func(id string) int64 { j, _ := r.jobs.get(id); return j.Finished }
	for _, id := range queued {
		if ended(other) > ended(id) {
			t.Errorf("the other key's job ended after %s, which was one of many", id)
		}
	}
}

// Chat completions are answered by turns among owners, and a line that is full is
// full for its owner alone.
func TestChatsOfOwnersTakeTurns(t *testing.T) {
	q := newQueue(1, 3)
	in := func(owner string) context.Context {
		return context.WithValue(t.Context(), exchangeKey{}, &exchange{holder: &holder{owner: owner}})
	}
	leave := must[func()](t)(q.enter(in("a"), nil))
	var order []string
	type place struct {
		owner string
		turn  chan struct{}
	}
	var places []place
	for _, owner := range []string{"a", "a", "a", "b", "c", "b"} {
		turn, ok := q.line(owner, 3)
		if !ok {
			t.Fatalf("no place for %s", owner)
		}
		places = append(places, place{owner, turn})
	}
	recorder := httptest.NewRecorder()
	if _, err := q.enter(in("a"), recorder); err == nil || recorder.Header().Get("Retry-After") != "1" {
		t.Errorf("a fourth place of one owner: %v", err)
	}
	if turn, ok := q.line("b", 3); !ok || !q.giveUp("b", turn) || q.giveUp("b", turn) {
		t.Error("a place is not given up once")
	}
	for leave(); len(places) > 0; q.leave() {
		at := slices.IndexFunc(places, func(p place) bool {
			select {
			case <-p.turn:
				return true
			default:
				return false
			}
		})
		if at < 0 {
			t.Fatal("nobody's turn")
		}
		order = append(order, places[at].owner)
		places = slices.Delete(places, at, at+1)
	}
	if got := strings.Join(order, " "); got != "a b c a b a" {
		t.Errorf("turns are %s, want a b c a b a", got)
	}
	if q.waiting.Load() != 0 || q.working() != 0 || len(q.lines) != 0 || len(q.order) != 0 {
		t.Errorf("%d wait and %d work when all are gone; lines are %v", q.waiting.Load(), q.working(), q.lines)
	}
}

// Who goes away just as the turn comes hands it on.
func TestTurnThatComesTooLateIsHandedOn(t *testing.T) {
	q := newQueue(1, 3)
	first, _ := q.line("a", math.MaxInt)
	<-first
	second, _ := q.line("a", math.MaxInt)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	q.leave() // second has the turn now
	for range 100 {
		// Either way the turn is not lost.
		if err := q.wait(gone, "a", second); err == nil {
			q.leave()
		}
		if q.working() != 0 {
			t.Fatal("a turn was lost")
		}
		second, _ = q.line("a", math.MaxInt)
	}
}

// The new limits and the administrator's right are read from a file of keys, and
// a limit below 0 is refused.
func TestReadKeysWithLimits(t *testing.T) {
	keys, err := ReadKeys(write(t, `{"keys": [{"name": "a", "key": "k", "admin": true, "active_jobs": 1, "training_tokens": 2, "bytes": 3,
		"open_uploads": 4, "upload_bytes_per_second": 5}]}`))
	want := Key{Name: "a", Key: "k", Admin: true, ActiveJobs: 1, TrainingTokens: 2, Bytes: 3, OpenUploads: 4, UploadRate: 5}
	if err != nil || len(keys) != 1 || keys[0] != want {
		t.Errorf("keys are %+v, %v, want %+v", keys, err, want)
	}
	for _, field := range []string{"active_jobs", "training_tokens", "bytes", "open_uploads", "upload_bytes_per_second"} {
		if _, err := ReadKeys(write(t, fmt.Sprintf(`{"keys": [{"name": "a", "key": "k", %q: -1}]}`, field))); err == nil || !strings.Contains(err.Error(), "below 0") {
			t.Errorf("%s below 0: %v", field, err)
		}
	}
	options := Options{}.withDefaults()
	if got := options.limits(Key{}); got != (limits{ActiveJobs: 16, OpenUploads: 16, UploadRate: 1024}) {
		t.Errorf("defaults are %+v", got)
	}
}
