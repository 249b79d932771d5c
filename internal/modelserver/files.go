package modelserver

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Purposes of files.
const (
	purposeFineTune    = "fine-tune"
	purposeResults     = "fine-tune-results"
	purposeBatch       = "batch"
	purposeBatchOutput = "batch_output"
)

// file is the record of a file; its content lies beside it.
type file struct {
	ID       string `json:"id"`
	Owner    string `json:"owner,omitempty"`
	Filename string `json:"filename"`
	Purpose  string `json:"purpose"`
	Bytes    int64  `json:"bytes"`
	// Created is in nanoseconds since 1970, here and in other records.
	Created int64 `json:"created_ns"`
}

func (f file) key() string     { return f.ID }
func (f file) born() int64     { return f.Created }
func (f file) owner() string   { return f.Owner }
func (f file) content() string { return contentPath(f.ID) }

func contentPath(id string) string { return filesDir + "/" + id + ".data" }

// fileObject is a file as OpenAI shows it.
type fileObject struct {
	ID        string `json:"id"`
	Object    string `json:"object"`
	Bytes     int64  `json:"bytes"`
	CreatedAt int64  `json:"created_at"`
	Filename  string `json:"filename"`
	Purpose   string `json:"purpose"`
	Status    string `json:"status"`
	Owner     string `json:"owner,omitempty"`
}

func (f file) object(h *holder) fileObject {
	return fileObject{
		Owner: h.shown(f.Owner),
		ID:    f.ID, Object: "file", Bytes: f.Bytes, CreatedAt: seconds(f.Created),
		Filename: f.Filename, Purpose: f.Purpose, Status: "processed",
	}
}

func seconds(nanoseconds int64) int64 { return nanoseconds / int64(time.Second) }

func noSuchFile(id string) *apiError {
	return invalid(http.StatusNotFound, "id", "", "No such File object: %.64s", id)
}

// uploadFile streams a multipart form to disk: the fields "file" and
// "purpose", in any order.
func (s *Server) uploadFile(w http.ResponseWriter, r *http.Request) error {
	// The form around the file may take a little more.
	r.Body = http.MaxBytesReader(w, r.Body, s.options.MaxFileBytes+1<<20)
	form, err := r.MultipartReader()
	if err != nil {
		return invalid(http.StatusBadRequest, "", "", "Send the file as multipart/form-data with the fields 'file' and 'purpose'.")
	}
	upload := upload{limit: s.options.MaxFileBytes}
	defer upload.discard()
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return readFailure(err)
		}
		if err := upload.take(s.disk, part); err != nil {
			return err
		}
	}
	if err := upload.check(); err != nil {
		return err
	}
	h := holderOf(r)
	f := file{ID: "file-" + rand.Text(), Owner: h.owner, Filename: upload.filename, Purpose: upload.purpose, Bytes: upload.bytes, Created: time.Now().UnixNano()}
	// The record makes the file exist, so the content comes first.
	if err := upload.content.keep(f.content()); err != nil {
		return err
	}
	if err := s.files.put(f); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, f.object(h))
	return nil
}

// upload is a form as it comes in.
type upload struct {
	limit int64

	purpose  string
	filename string
	bytes    int64
	content  *temporary // nil until the file's part was seen
}

func (u *upload) discard() {
	if u.content != nil {
		u.content.discard()
	}
}

func (u *upload) take(d disk, part *multipart.Part) error {
	switch part.FormName() {
	case "purpose":
		value, err := io.ReadAll(io.LimitReader(part, 64))
		if err != nil {
			return readFailure(err)
		}
		u.purpose = string(value)
		if u.purpose == purposeBatch {
			u.limit = min(u.limit, maxBatchBytes)
		}
	case "file":
		if u.content != nil {
			return badParam("file", "The form has two files: send one.")
		}
		return u.takeFile(d, part)
	}
	return nil // other fields, such as expires_after, are skipped
}

func (u *upload) takeFile(d disk, part *multipart.Part) (err error) {
	u.filename = path.Base(strings.ReplaceAll(strings.ToValidUTF8(part.FileName(), "_"), `\`, "/"))
	for len(u.filename) > 255 {
		_, size := utf8.DecodeLastRuneInString(u.filename)
		u.filename = u.filename[:len(u.filename)-size]
	}
	if u.content, err = d.temporary(); err != nil {
		return err
	}
	source := &source{reader: part}
	u.bytes, err = io.Copy(u.content, io.LimitReader(source, u.limit+1))
	switch {
	case source.err != nil:
		return readFailure(source.err)
	case err != nil:
		return err // the disk's
	case u.bytes > u.limit:
		return &http.MaxBytesError{Limit: u.limit}
	}
	return nil
}

// source remembers a reader's error, to tell it from the writer's.
type source struct {
	reader io.Reader
	err    error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func (u *upload) check() error {
	switch {
	case u.content == nil:
		return invalid(http.StatusBadRequest, "file", "missing_required_parameter", "Missing required parameter: 'file'.")
	case u.purpose == "":
		return invalid(http.StatusBadRequest, "purpose", "missing_required_parameter", "Missing required parameter: 'purpose'.")
	case u.purpose != purposeFineTune && u.purpose != purposeBatch:
		return badParam("purpose", "Invalid purpose: this server takes files for '%s' and '%s'.", purposeFineTune, purposeBatch)
	case u.bytes == 0:
		return badParam("file", "The file is empty.")
	case u.purpose == purposeBatch && !strings.HasSuffix(u.filename, ".jsonl"):
		return badParam("file", "Invalid file format for Batch API. Must be .jsonl")
	case u.purpose == purposeBatch && u.bytes > maxBatchBytes:
		return &http.MaxBytesError{Limit: maxBatchBytes}
	}
	return nil
}

func (s *Server) listFiles(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	all := listed(r, s.files.newest())
	if purpose := query.Get("purpose"); purpose != "" {
		all = slices.DeleteFunc(all, func(f file) bool { return f.Purpose != purpose })
	}
	switch order := query.Get("order"); order {
	case "", "desc":
	case "asc":
		slices.Reverse(all)
	default:
		return badParam("order", "Invalid 'order': expected 'asc' or 'desc'.")
	}
	const most = 10_000
	data, more, err := page(r, all, most, most)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, listOf(data, more, as(holderOf(r), file.object)))
	return nil
}

func (s *Server) getFile(w http.ResponseWriter, r *http.Request) error {
	f, ok := find(s.files, r, r.PathValue("id"))
	if !ok {
		return noSuchFile(r.PathValue("id"))
	}
	writeJSON(w, http.StatusOK, f.object(holderOf(r)))
	return nil
}

func (s *Server) getFileContent(w http.ResponseWriter, r *http.Request) error {
	f, ok := find(s.files, r, r.PathValue("id"))
	if !ok {
		return noSuchFile(r.PathValue("id"))
	}
	content, err := s.disk.root.Open(f.content())
	if _, still := s.files.get(f.ID); err != nil && !still {
		return noSuchFile(f.ID) // it was deleted just now
	}
	if err != nil {
		return err
	}
	defer content.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	if f.Purpose == purposeResults {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	}
	w.Header().Set("Content-Length", strconv.FormatInt(f.Bytes, 10))
	w.WriteHeader(http.StatusOK)
	_, _ = io.Copy(w, content) // too late for another answer
	return nil
}

// deleteFile refuses while a job or a batch needs the file: it may have to be
// read again.
func (s *Server) deleteFile(w http.ResponseWriter, r *http.Request) error {
	s.creating.Lock() // no job may come to need it meanwhile
	defer s.creating.Unlock()
	f, ok := find(s.files, r, r.PathValue("id"))
	if !ok {
		return noSuchFile(r.PathValue("id"))
	}
	for _, j := range s.jobs.newest() {
		if j.active() && (j.TrainingFile == f.ID || j.ValidationFile == f.ID) {
			return inUse(r, j, "job")
		}
	}
	for _, b := range s.batches.newest() {
		if b.active() && b.InputFile == f.ID {
			return inUse(r, b, "batch")
		}
	}
	if err := s.dropFile(f.ID); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, deleted{ID: f.ID, Object: "file", Deleted: true})
	return nil
}

// inUse names what needs a file, unless it is an administrator's, which may use
// the files of others.
func inUse(r *http.Request, by belonging, what string) *apiError {
	name := "a " + what + " of the server's administrator"
	if holderOf(r).may(by.owner()) {
		name = by.key()
	}
	return invalid(http.StatusConflict, "id", "file_in_use", "The file is in use by %s: wait for the %s to end, or cancel it.", name, what)
}

type deleted struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Deleted bool   `json:"deleted"`
}

// dropFile removes the record before the content: see sweep.
func (s *Server) dropFile(id string) error {
	return errors.Join(s.files.remove(id), s.disk.remove(contentPath(id)))
}

// resultsID returns the id of a job's result file. It follows from the job's,
// so that a job that is done twice because of a crash has one.
func resultsID(jobID string) string { return "file-" + derived("results of "+jobID) }

// derived makes the part of an id that looks random out of what it belongs to.
func derived(from string) string {
	sum := sha256.Sum256([]byte(from))
	return base32.StdEncoding.EncodeToString(sum[:])[:26]
}

// sweep removes what a crash left without an owner: content without a record,
// models that no finished job made, and the result files of jobs and batches
// that are not over, which are written again under the same names.
func (s *Server) sweep() error {
	if err := s.sweepContents(); err != nil {
		return err
	}
	made := map[string]bool{}
	var unfinished []string
	for _, j := range s.jobs.newest() {
		for _, m := range j.models() {
			made[m.path] = true
		}
		if j.Status != statusSucceeded {
			unfinished = append(unfinished, resultsID(j.ID))
		}
	}
	for _, b := range s.batches.newest() {
		if b.active() {
			unfinished = append(unfinished, outputID(b.ID), errorsID(b.ID))
		}
	}
	if err := s.sweepModels(made); err != nil {
		return err
	}
	if err := s.sweepStates(); err != nil {
		return err
	}
	for _, id := range unfinished {
		if _, ok := s.files.get(id); !ok {
			continue
		}
		if err := s.dropFile(id); err != nil {
			return err
		}
	}
	return nil
}

// sweepContents removes content without a record.
func (s *Server) sweepContents() error {
	contents, err := s.disk.names(filesDir, ".data")
	if err != nil {
		return err
	}
	for _, id := range contents {
		if _, ok := s.files.get(id); !ok {
			if err := s.disk.remove(contentPath(id)); err != nil {
				return err
			}
		}
	}
	return nil
}

// sweepModels removes the models that are not among those made by finished jobs.
func (s *Server) sweepModels(made map[string]bool) error {
	models, err := s.disk.names(modelsDir, ".model")
	if err != nil {
		return err
	}
	for _, name := range models {
		if made[modelPath(name)] {
			continue
		}
		if err := s.disk.remove(modelPath(name)); err != nil {
			return err
		}
	}
	return nil
}
