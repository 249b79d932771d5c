package ner_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"switchboard/internal/anonymize/ner"
	"switchboard/internal/problem"
)

const (
	repo   = "somebody/tiny-NER"
	commit = "0123456789abcdef0123456789abcdef01234567"
)

// hub serves one repository in Hugging Face's protocol.
type hub struct {
	*httptest.Server
	files    map[string]string // by path in the repository
	token    string            // asked for, if not empty
	broken   string            // path of the file whose connection breaks half-way
	requests atomic.Int32
	revision atomic.Value // asked for last
}

func newHub(t *testing.T, files map[string]string) *hub {
	t.Helper()
	h := &hub{files: files}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.requests.Add(1)
	if h.token != "" && r.Header.Get("Authorization") != "Bearer "+h.token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if revision, ok := strings.CutPrefix(r.URL.EscapedPath(), "/api/models/"+repo+"/revision/"); ok {
		h.revision.Store(revision)
		type file struct {
			Name string `json:"rfilename"`
		}
		answer := struct {
			Commit string `json:"sha"`
			Files  []file `json:"siblings"`
		}{Commit: commit}
		for name := range h.files {
			answer.Files = append(answer.Files, file{name})
		}
		json.NewEncoder(w).Encode(answer)
		return
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/"+repo+"/resolve/"+commit+"/")
	content, known := h.files[name]
	if !ok || !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(content)))
	if name == h.broken {
		content = content[:len(content)/2]
	}
	w.Write([]byte(content))
}

// tiny is the model in testdata, as the files of a repository.
func tiny(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{"README.md": "# Tiny", "vocab.txt": "naomi", "model.safetensors": "weights that nobody asks for"}
	for _, name := range []string{"model.onnx", "tokenizer.json", "config.json"} {
		raw, err := os.ReadFile(filepath.Join(modelDir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(raw)
	}
	return files
}

func tinyHash(t *testing.T) string {
	t.Helper()
	hash, _, _ := strings.Cut(loaded(t).Version(), " ")
	return hash
}

func at(h *hub, cache string) ner.Hub {
	return ner.Hub{Endpoint: h.URL, Cache: cache, Pin: "PIN"}
}

func TestDownload(t *testing.T) {
	hash := tinyHash(t)
	cache := t.TempDir()
	h := newHub(t, tiny(t))
	dir, err := at(h, cache).Find(t.Context(), repo, strings.ToUpper(hash))
	if err != nil {
		t.Fatal(err)
	}
	if n := h.requests.Load(); n != 4 {
		t.Errorf("%d requests, want one for the list and one for each of three files", n)
	}
	r, err := ner.Load(t.Context(), ner.Options{Dir: dir, SHA256: hash})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if found := names(t, r, "Hello Naomi")[0]; len(found) != 1 {
		t.Errorf("found %q", found)
	}

	// The second start needs no hub.
	h.Close()
	again, err := at(h, cache).Find(t.Context(), repo+"@main", hash)
	if err != nil || again != dir {
		t.Errorf("the second time it is at %q, %v; want %q", again, err, dir)
	}
	// Nothing but the model is left behind.
	left, err := filepath.Glob(filepath.Join(cache, "*", ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestRevisionAndToken(t *testing.T) {
	h := newHub(t, tiny(t))
	h.token = "hf_secret"
	from := at(h, t.TempDir())
	from.Token = "hf_secret"
	if _, err := from.Find(t.Context(), repo+"@refs/pr/1", tinyHash(t)); err != nil {
		t.Fatal(err)
	}
	if got := h.revision.Load(); got != "refs%2Fpr%2F1" {
		t.Errorf("asked for the revision %q", got)
	}
}

// Repositories have their ONNX files in a folder of their own, and several.
func TestFilesOfARepository(t *testing.T) {
	hash := tinyHash(t)
	files := tiny(t)
	files["onnx/model.onnx"] = files["model.onnx"]
	files["onnx/model_quantized.onnx"] = "another"
	delete(files, "model.onnx")
	if _, err := at(newHub(t, files), t.TempDir()).Find(t.Context(), repo, hash); err != nil {
		t.Error(err)
	}
	files["onnx/config.json"] = files["config.json"]
	files["config.json"] = "{}"
	if _, err := at(newHub(t, files), t.TempDir()).Find(t.Context(), repo, hash); err != nil {
		t.Error(err)
	}
}

func TestDownloadsThatFail(t *testing.T) {
	hash := tinyHash(t)
	other := strings.Repeat("0123456789abcdef", 4)
	for _, c := range []struct {
		name   string
		change func(*hub)
		ask    string
		sha256 string
		kind   problem.Kind
		want   []string
	}{
		{"no hash", nil, repo, "", problem.BadInput, []string{"set PIN=" + hash, "was downloaded to"}},
		{"another hash", nil, repo, other, problem.BadInput, []string{hash, "PIN is " + other}},
		{"hash that is none", nil, repo, "latest", problem.BadInput, []string{`PIN is "latest"`, "64 hexadecimal digits"}},
		{"no such repository", nil, "somebody/else", hash, problem.BadInput, []string{"the model somebody/else is not at http://127.0.0.1", "no folder of that name"}},
		{"not public", func(h *hub) { h.token = "x" }, repo, hash, problem.BadInput, []string{"401 Unauthorized", "HF_TOKEN"}},
		{"no ONNX file", func(h *hub) { delete(h.files, "model.onnx") }, repo, hash, problem.BadInput, []string{"no .onnx file", "exported to ONNX"}},
		{"no tokenizer", func(h *hub) { delete(h.files, "tokenizer.json") }, repo, hash, problem.BadInput, []string{"no tokenizer.json"}},
		{"several ONNX files", func(h *hub) {
			h.files["a.onnx"], h.files["b.onnx"] = h.files["model.onnx"], ""
			delete(h.files, "model.onnx")
		}, repo, hash, problem.BadInput, []string{"2 .onnx files"}},
		{"no labels for persons", func(h *hub) { h.files["config.json"] = `{"id2label":{"0":"O","1":"LOC"}}` }, repo, hash, problem.BadInput, []string{"was downloaded, but " + repo + "/config.json: no label"}},
		{"file without end", func(h *hub) { h.files["config.json"] = strings.Repeat(" ", 64<<20+1) }, repo, hash, problem.BadInput, []string{"config.json, is not downloaded", "larger than 64 MiB"}},
		{"broken connection", func(h *hub) { h.broken = "model.onnx" }, repo, hash, problem.Environment, []string{"model.onnx, could not be downloaded", "unexpected EOF"}},
		{"no hub", func(h *hub) { h.Close() }, repo, hash, problem.Environment, []string{"could not be downloaded", "give the model as a folder"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t, tiny(t))
			if c.change != nil {
				c.change(h)
			}
			cache := t.TempDir()
			dir, err := at(h, cache).Find(t.Context(), c.ask, c.sha256)
			if err == nil {
				t.Fatalf("found %s", dir)
			}
			if kind, _ := problem.KindOf(err); kind != c.kind {
				t.Errorf("%v is of kind %q, want %q", err, kind, c.kind)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("err = %q, want it to say %q", err, want)
				}
			}
			if left, _ := filepath.Glob(filepath.Join(cache, "*", ".*")); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// A model that was refused for want of a hash is not downloaded again once the
// hash is set.
func TestHashSetAfterALook(t *testing.T) {
	h := newHub(t, tiny(t))
	from := at(h, t.TempDir())
	_, err := from.Find(t.Context(), repo, "")
	if err == nil {
		t.Fatal("a model without a hash was taken")
	}
	_, hash, _ := strings.Cut(err.Error(), "PIN=")
	before := h.requests.Load()
	if _, err := from.Find(t.Context(), repo, hash); err != nil || h.requests.Load() != before {
		t.Errorf("%v, after %d more requests", err, h.requests.Load()-before)
	}
}

// A folder is a folder, whatever it is called; and what cannot be a name on the
// hub is left to be opened as one.
func TestFoldersAreNotDownloaded(t *testing.T) {
	h := newHub(t, tiny(t))
	t.Chdir(t.TempDir())
	if err := os.MkdirAll(repo, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{repo, "/models/absent", "./somebody/else", "../a", "a/b/c", "models"} {
		if dir, err := at(h, t.TempDir()).Find(t.Context(), name, ""); err != nil || dir != name {
			t.Errorf("%q was found at %q, %v", name, dir, err)
		}
	}
	if n := h.requests.Load(); n > 0 {
		t.Errorf("%d requests", n)
	}
}

// Without a folder to keep a model in, none is downloaded.
func TestNowhereToKeepAModel(t *testing.T) {
	h := newHub(t, tiny(t))
	_, err := at(h, "").Find(t.Context(), repo, tinyHash(t))
	if kind, _ := problem.KindOf(err); kind != problem.Environment || h.requests.Load() > 0 {
		t.Errorf("%d requests, and %v", h.requests.Load(), err)
	}
}

// A download ends with its context.
func TestDownloadIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer silent.Close()
	_, err := ner.Hub{Endpoint: silent.URL, Cache: t.TempDir()}.Find(ctx, repo, tinyHash(t))
	if err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("err = %v", err)
	}
}
