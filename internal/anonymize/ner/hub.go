package ner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"switchboard/internal/problem"
	"switchboard/internal/transformer"
)

// Hub is where models are downloaded from, and where they are kept.
//
// It speaks the two requests of Hugging Face that a model takes. The backend's
// own downloader has no bound on what it fetches, cannot be stopped, takes a
// connection that breaks for the end of a file, and gives up on a repository
// with several ONNX files.
type Hub struct {
	// Endpoint is the hub's URL, such as https://huggingface.co.
	Endpoint string
	// Token is sent to the hub; models that are public need none.
	Token string
	// Cache is the folder that keeps downloaded models, each under the hash
	// of its files; it is made if needed. If empty, nothing is downloaded.
	Cache string
	// Pin is the name of the setting for the hash, for the sentences that
	// speak of it.
	Pin string
}

// Bounds of what is downloaded. An ONNX file cannot be larger.
const (
	largestWeights = 2 << 30
	largestJSON    = 64 << 20
)

// stalled is how long a server may send nothing.
const stalled = time.Minute

// repository is owner/name, and a revision if one is wanted.
var repository = regexp.MustCompile(`^([A-Za-z0-9][\w.-]*/[\w.-]+?)(?:@([\w./-]+))?$`)

// Find returns the directory of a model: name itself if there is such a
// directory or it is no name of the hub, and else where the model of that name
// (owner/name or owner/name@revision) is kept, downloaded if it is not there
// yet. Only a model whose files have the given SHA-256 is returned, for nobody
// knows what a name will stand for tomorrow; without a hash, the model is
// downloaded and refused with a [problem.Error] that says which it has.
//
// A model that is kept is found without a network.
func (h Hub) Find(ctx context.Context, name, sha256 string) (string, error) {
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		return name, nil
	}
	m := repository.FindStringSubmatch(name)
	if m == nil || strings.Contains(name, "..") {
		return name, nil
	}
	repo, revision := m[1], m[2]
	if revision == "" {
		revision = "main"
	}
	if sha256 != "" && !transformer.IsHash(sha256) {
		return "", problem.Input("%s is %q; it has to be 64 hexadecimal digits", h.Pin, sha256)
	}
	if h.Cache == "" {
		return "", problem.New(problem.Environment, "there is no folder to keep the model %s in: set HOME or XDG_CACHE_HOME, or download the model and give its folder", name)
	}
	sha256 = strings.ToLower(sha256)
	kept := filepath.Join(h.Cache, strings.ReplaceAll(repo, "/", "--"))
	if sha256 != "" {
		dir := filepath.Join(kept, sha256)
		if _, err := os.Stat(dir); err == nil {
			return dir, nil
		}
	}
	dir, got, err := h.download(ctx, repo, revision, kept)
	switch {
	case err != nil:
		return "", err
	case sha256 == "":
		return "", problem.Input("the model %s has no hash to know it by: it was downloaded to %s; look at it, and if it is the one you want, set %s=%s", name, dir, h.Pin, got)
	case sha256 != got:
		return "", problem.Input("the model %s is not the one that is asked for: its files, now in %s, have the SHA-256 %s, and %s is %s", name, dir, got, h.Pin, sha256)
	}
	return dir, nil
}

// download puts a model into a folder of its own below kept, named by its
// hash. It appears there whole or not at all.
func (h Hub) download(ctx context.Context, repo, revision, kept string) (dir, sha256 string, err error) {
	commit, files, err := h.files(ctx, repo, revision)
	if err != nil {
		return "", "", err
	}
	if err := os.MkdirAll(kept, 0o755); err != nil { //nolint:gosec // models are no secret, and users share them
		return "", "", problem.New(problem.Environment, "the folder for downloaded models cannot be made: %w", err)
	}
	part, err := os.MkdirTemp(kept, ".part-")
	if err != nil {
		return "", "", problem.New(problem.Environment, "the folder for downloaded models cannot be written to: %w", err)
	}
	defer os.RemoveAll(part)
	for _, f := range files {
		from, err := url.JoinPath(h.Endpoint, repo, "resolve", commit, f)
		if err != nil {
			return "", "", problem.Input("the hub's URL %q cannot be used: %w", h.Endpoint, err)
		}
		limit := int64(largestJSON)
		if path.Ext(f) == ".onnx" {
			limit = largestWeights
		}
		if err := h.save(ctx, from, filepath.Join(part, path.Base(f)), limit); err != nil {
			return "", "", h.failed(repo, f, err)
		}
	}
	m, err := inspect(part)
	if err != nil {
		return "", "", problem.Input("the model %s was downloaded, but %s", repo, strings.ReplaceAll(err.Error(), part, repo))
	}
	dir = filepath.Join(kept, m.SHA256)
	if err := os.Rename(part, dir); err != nil {
		if _, stat := os.Stat(dir); stat != nil { // no other process was faster
			return "", "", problem.New(problem.Environment, "the downloaded model cannot be moved to its place: %w", err)
		}
	}
	return dir, m.SHA256, os.Chmod(dir, 0o755) //nolint:gosec // as above
}

// files asks which commit a revision is, and chooses the files of the model.
func (h Hub) files(ctx context.Context, repo, revision string) (commit string, files []string, err error) {
	from, err := url.JoinPath(h.Endpoint, "api/models", repo, "revision", url.PathEscape(revision))
	if err != nil {
		return "", nil, problem.Input("the hub's URL %q cannot be used: %w", h.Endpoint, err)
	}
	var info struct {
		Commit string `json:"sha"`
		Files  []struct {
			Name string `json:"rfilename"`
		} `json:"siblings"`
	}
	err = h.get(ctx, from, func(body io.Reader) error {
		return json.NewDecoder(io.LimitReader(body, largestJSON)).Decode(&info)
	})
	if err != nil {
		return "", nil, h.failed(repo, "", err)
	}
	var names []string
	for _, f := range info.Files {
		names = append(names, f.Name)
	}
	files, err = choose(names)
	if err != nil {
		return "", nil, problem.Input("the model %s cannot be used: %w", repo, err)
	}
	if info.Commit == "" {
		info.Commit = revision
	}
	return info.Commit, files, nil
}

// choose returns the files of a repository that a model is made of: the ONNX
// file, which is model.onnx if there are several, and the two that are beside it
// or at the top.
func choose(names []string) ([]string, error) {
	var all []string
	for _, n := range names {
		if path.Ext(n) == ".onnx" {
			all = append(all, n)
		}
	}
	onnx := ""
	switch {
	case len(all) == 0:
		return nil, errors.New("its repository has no .onnx file; it has to be exported to ONNX first, and given as a folder")
	case len(all) == 1:
		onnx = all[0]
	default:
		for _, n := range []string{"onnx/model.onnx", "model.onnx"} {
			if slices.Contains(all, n) {
				onnx = n
			}
		}
		if onnx == "" {
			return nil, fmt.Errorf("its repository has %d .onnx files and none is model.onnx: download the one you want, and give it as a folder", len(all))
		}
	}
	files := []string{onnx}
	for _, n := range []string{"tokenizer.json", "config.json"} {
		beside := path.Join(path.Dir(onnx), n)
		switch {
		case slices.Contains(names, beside):
			files = append(files, beside)
		case slices.Contains(names, n):
			files = append(files, n)
		default:
			return nil, fmt.Errorf("its repository has no %s", n)
		}
	}
	return files, nil
}

// statusError is an answer other than 200.
type statusError int

func (e statusError) Error() string {
	return fmt.Sprintf("it answered %d %s", int(e), http.StatusText(int(e)))
}

// tooLarge is a file above its bound.
type tooLarge int64

func (e tooLarge) Error() string {
	return fmt.Sprintf("it is larger than %d MiB", int64(e)>>20)
}

// failed makes a sentence of what went wrong with a file, or with the
// repository if file is empty.
func (h Hub) failed(repo, file string, err error) error {
	what := "the model " + repo
	if file != "" {
		what += ", its file " + file + ","
	}
	var status statusError
	var large tooLarge
	switch {
	case errors.As(err, &large):
		return problem.Input("%s is not downloaded: %w", what, err)
	case errors.As(err, &status) && status == http.StatusNotFound:
		return problem.Input("%s is not at %s, and there is no folder of that name", what, h.Endpoint)
	case errors.As(err, &status) && (status == http.StatusUnauthorized || status == http.StatusForbidden):
		return problem.Input("%s cannot be read at %s without permission (%w): the name is wrong, or the model is not public and needs a token in HF_TOKEN", what, h.Endpoint, err)
	}
	return problem.New(problem.Environment, "%s could not be downloaded from %s: %w; start again, or give the model as a folder", what, h.Endpoint, err)
}

// save downloads one file.
func (h Hub) save(ctx context.Context, from, to string, limit int64) error {
	return h.get(ctx, from, func(body io.Reader) error {
		f, err := os.Create(to)
		if err != nil {
			return err
		}
		n, err := io.Copy(f, io.LimitReader(body, limit+1))
		if err == nil && n > limit {
			err = tooLarge(limit)
		}
		return errors.Join(err, f.Close())
	})
}

// get reads what is at a URL. It ends if the server falls silent.
func (h Hub) get(ctx context.Context, from string, read func(io.Reader) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(stalled, func() { cancel(fmt.Errorf("nothing came for %s", stalled)) })
	defer silence.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return err
	}
	if h.Token != "" {
		request.Header.Set("Authorization", "Bearer "+h.Token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return cause(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return statusError(response.StatusCode)
	}
	return cause(ctx, read(heard{response.Body, silence}))
}

// cause prefers why a context ended to the fact that it did.
func cause(ctx context.Context, err error) error {
	if c := context.Cause(ctx); err != nil && c != nil {
		return c
	}
	return err
}

// heard puts the alarm off with every read.
type heard struct {
	io.Reader
	silence *time.Timer
}

func (r heard) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.silence.Reset(stalled)
	return n, err
}
