package modelserver

import (
	"bytes"
	"io"
	"mime/multipart"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sashabaranov/go-openai"
)

// uploadForm is an upload of n bytes. Of a pipe net/http does not know the length.
func uploadForm(t *testing.T, n int) (content []byte, contentType string) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("purpose", "fine-tune")
	_, _ = must[io.Writer](t)(w.CreateFormFile("file", "a.jsonl")).Write(bytes.Repeat([]byte("x"), n))
	_ = w.Close()
	return body.Bytes(), w.FormDataContentType()
}

func TestQuotaRefusesUploads(t *testing.T) {
	r, _ := start(t, Options{MaxDiskBytes: 100_000})
	upload := func(n int, told bool) (int, []byte) {
		content, contentType := uploadForm(t, n)
		var body io.Reader = bytes.NewReader(content)
		if !told {
			body = io.MultiReader(body)
		}
		return r.raw(t, "POST", "/v1/files", testKey, contentType, body)
	}
	for range 2 { // as it is after a file was deleted again
		if status, body := upload(60_000, true); status != 200 {
			t.Fatalf("an upload that fits: %d %s", status, body)
		}
		for _, told := range []bool{true, false} {
			status, body := upload(50_000, told)
			checkRefusal(t, body, status, 413, "file", "disk_quota_exceeded")
		}
		if status, body := upload(30_000, false); status != 200 {
			t.Errorf("another that fits: %d %s", status, body)
		}
		if used := r.quota.usage(); used < 90_000 || used > 100_000 {
			t.Errorf("usage is %d", used)
		}
		for _, f := range must[openai.FilesList](t)(r.client.ListFiles(t.Context())).Files {
			if err := r.client.DeleteFile(t.Context(), f.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	if r.quota.uploading != 0 {
		t.Errorf("%d bytes count as under way when nothing is", r.quota.uploading)
	}
	if names := must[[]string](t)(r.disk.names(tempDir, "")); len(names) != 0 {
		t.Errorf("refused uploads have left %v", names)
	}
}

func TestQuotaRefusesJobs(t *testing.T) {
	// Room for one job, whose model is not there yet.
	r, _ := start(t, Options{MaxDiskBytes: jobRoom + jobRoom/2, Faults: &Faults{Jobs: []JobFault{{Endless: true}}}})
	file := r.upload(t, jsonl(1, 12))
	job := map[string]any{"model": BaseModel, "training_file": file}
	first := r.create(t, job)
	response, e := r.do(t, "POST", "/v1/fine_tuning/jobs", testKey, job)
	if response.StatusCode != 413 || *e.Code != "disk_quota_exceeded" {
		t.Errorf("a second job: %d %+v", response.StatusCode, e)
	}
	if _, err := r.client.CancelFineTuningJob(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	r.create(t, job)
}

func TestReadiness(t *testing.T) {
	dir := t.TempDir()
	r, _ := start(t, Options{Dir: dir, MaxDiskBytes: 10_000})
	check := func(name string, want int, reason string) {
		t.Helper()
		r.quota.measured, r.writable.at = time.Time{}, time.Time{}
		status, body := r.raw(t, "GET", "/readyz", "", "", nil)
		if status != want || !strings.Contains(string(body), reason) {
			t.Errorf("%s: %d %s, want %d and %q", name, status, body, want, reason)
		}
		if status, _ := r.raw(t, "GET", "/healthz", "", "", nil); status != 200 {
			t.Errorf("%s: health is %d", name, status)
		}
	}
	check("at the start", 200, "ready")

	large := filepath.Join(dir, filesDir, "file-X.data")
	if err := os.WriteFile(large, make([]byte, 20_000), 0o600); err != nil {
		t.Fatal(err)
	}
	check("over the quota", 503, "over its quota")
	if err := os.Remove(large); err != nil {
		t.Fatal(err)
	}
	check("below it again", 200, "ready")

	if err := os.RemoveAll(filepath.Join(dir, tempDir)); err != nil {
		t.Fatal(err)
	}
	check("no file can be made", 503, "takes no files")
	if err := os.Mkdir(filepath.Join(dir, tempDir), 0o700); err != nil {
		t.Fatal(err)
	}
	check("the disk has recovered", 200, "ready")

	r.closing.Store(true)
	check("closing", 503, "closing")
}

// Many at once do not get more than there is.
func TestQuotaHoldsForManyAtOnce(t *testing.T) {
	const limit = 200_000
	r, _ := start(t, Options{MaxDiskBytes: limit})
	var group sync.WaitGroup
	var accepted, refused atomic.Int64
	for i := range 8 {
		group.Go(func() {
			for range 8 {
				content, contentType := uploadForm(t, 10_000)
				var body io.Reader = bytes.NewReader(content)
				if i%2 == 0 {
					body = io.MultiReader(body) // of unknown length
				}
				switch status, answer := r.raw(t, "POST", "/v1/files", testKey, contentType, body); status {
				case 200:
					accepted.Add(1)
				case 413:
					refused.Add(1)
				default:
					t.Errorf("%d %s", status, answer)
				}
			}
		})
	}
	group.Wait()
	r.quota.measured = time.Time{}
	if used := r.quota.usage(); used > limit || accepted.Load() < 15 || refused.Load() < 40 {
		t.Errorf("%d bytes are used, %d uploads were accepted and %d refused", used, accepted.Load(), refused.Load())
	}
}
