package provider

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/internal/problem"
)

func TestOptions(t *testing.T) {
	for _, tc := range []struct {
		name string
		o    Options
		says string
	}{
		{"zero", Options{}, ""},
		{"all", Options{BaseURL: "http://localhost:8080/v1/", APIKey: "k", RequestTimeout: 1, MaxConcurrent: 1, RequestsPerMinute: 1}, ""},
		{"no scheme", Options{BaseURL: "localhost:8080"}, "OPENAI_BASE_URL"},
		{"another scheme", Options{BaseURL: "ftp://host/v1"}, `OPENAI_BASE_URL is "ftp://host/v1"`},
		{"password", Options{BaseURL: "http://me:secret@host/v1"}, "OPENAI_BASE_URL holds a user name or password"},
		{"query", Options{BaseURL: "http://host/v1?key=secret"}, "no query"},
		{"line break in the key", Options{APIKey: "secret\n"}, "OPENAI_API_KEY holds a space, a line break"},
		{"timeout", Options{RequestTimeout: -1}, "request timeout"},
		{"concurrency", Options{MaxConcurrent: -1}, "concurrent requests is -1"},
		{"rate", Options{RequestsPerMinute: -1}, "per minute is -1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := New(tc.o)
			if tc.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v, want bad input that says %q", err, tc.says)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the message holds a secret: %q", err)
			}
		})
	}
}

func TestClassify(t *testing.T) {
	var got map[string]any
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/chat/completions" || r.Header.Get("Authorization") != "Bearer sk-test" {
			t.Errorf("asked %s with %q", r.URL.Path, r.Header.Get("Authorization"))
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		answer(w, " AmazonHelp\n", math.Log(0.5), math.Log(0.8))
	})
	a, err := client(t, f, Options{}).Classify(t.Context(), "m-1", "Name the company.", "where is it?")
	if err != nil {
		t.Fatal(err)
	}
	if a.Text != " AmazonHelp\n" || !a.HasConfidence || math.Abs(a.Confidence-0.4) > 1e-9 || a.PromptTokens != 7 || a.AnswerTokens != 2 {
		t.Errorf("got %+v", a)
	}
	messages, _ := json.Marshal(got["messages"])
	want := `[{"content":"Name the company.","role":"system"},{"content":"where is it?","role":"user"}]`
	if got["model"] != "m-1" || string(messages) != want || got["logprobs"] != true {
		t.Errorf("sent %v", got)
	}
	if temperature, ok := got["temperature"].(float64); !ok || temperature > 1e-6 {
		t.Errorf("sent temperature %v, want as good as 0", got["temperature"])
	}
}

func TestConfidence(t *testing.T) {
	for _, tc := range []struct {
		body string
		want float64
		has  bool
	}{
		{`"logprobs":{"content":[{"token":"a","logprob":0.0001}]},`, 1, true},
		{`"logprobs":{"content":[{"token":"a","logprob":-9999}]},`, 0, true},
		{`"logprobs":{"content":[]},`, 0, false},
		{`"logprobs":null,`, 0, false},
		{``, 0, false},
	} {
		f := serve(t, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"choices":[{%s"message":{"content":"a"}}]}`, tc.body)
		})
		a, err := client(t, f, Options{}).Classify(t.Context(), "m", "s", "t")
		if err != nil || a.Confidence != tc.want || a.HasConfidence != tc.has {
			t.Errorf("%s gives %+v, %v", tc.body, a, err)
		}
	}
}

func TestModels(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/models":
			fmt.Fprint(w, `{"object":"list","data":[{"id":"m-1","created":1700000000,"owned_by":"x"},{"id":"maker/m-2"}]}`)
		case "/v1/models/m-1":
			fmt.Fprint(w, `{"id":"m-1","created":1700000000,"owned_by":"x"}`)
		default:
			w.WriteHeader(404)
		}
	})
	c := client(t, f, Options{})
	models, err := c.Models(t.Context())
	first := Model{ID: "m-1", Created: time.Unix(1700000000, 0).UTC()}
	if err != nil || !slices.Equal(models, []Model{first, {ID: "maker/m-2"}}) {
		t.Fatalf("got %+v, %v", models, err)
	}
	for id, want := range map[string]Model{"m-1": first, "maker/m-2": {ID: "maker/m-2"}} {
		if m, err := c.Model(t.Context(), id); err != nil || m != want {
			t.Errorf("%s: got %+v, %v", id, m, err)
		}
	}
	for _, id := range []string{"m-3", "maker/m-3"} {
		_, err := c.Model(t.Context(), id)
		var e *Error
		if !errors.As(err, &e) || !e.NotFound() || !strings.Contains(err.Error(), strconv.Quote(id)) {
			t.Errorf("%s: got %v, want not found", id, err)
		}
	}
	before := f.requests.Load()
	for _, id := range []string{"", "a b", "../files", "a?b", "a%2fb"} {
		if _, err := c.Model(t.Context(), id); err == nil {
			t.Errorf("%q passes as a model name", id)
		}
	}
	if f.requests.Load() != before {
		t.Error("an impossible name was asked for")
	}
}

// A job may have succeeded a moment before its model can be found. Whoever knows
// that can tell this answer from all others.
func TestModelThatIsLate(t *testing.T) {
	late := 2
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if late--; late >= 0 {
			w.WriteHeader(404)
			fmt.Fprint(w, `{"error":{"code":"model_not_found","message":"The model does not exist"}}`)
			return
		}
		answer(w, "Acme", 0)
	})
	c := client(t, f, Options{})
	for range 2 {
		_, err := c.Classify(t.Context(), "m", "s", "t")
		var e *Error
		if !errors.As(err, &e) || !e.NotFound() {
			t.Fatalf("got %v, want not found", err)
		}
	}
	if _, err := c.Classify(t.Context(), "m", "s", "t"); err != nil {
		t.Fatal(err)
	}
}

// zeros is n bytes that nobody stores.
type zeros struct{ left int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), z.left))
	clear(p[:n])
	z.left -= int64(n)
	return n, nil
}

func TestUploadStreams(t *testing.T) {
	const size = 64 << 20
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength < size {
			t.Errorf("the length of the upload is given as %d", r.ContentLength)
		}
		form, err := r.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		fields := map[string]int64{}
		for {
			part, err := form.NextPart()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Error(err)
				return
			}
			n, _ := io.Copy(io.Discard, part)
			fields[part.FormName()+" "+part.FileName()] = n
		}
		if fields["file train-abc.jsonl"] != size || fields["purpose "] != int64(len(PurposeFineTune)) {
			t.Errorf("got %v", fields)
		}
		fmt.Fprintf(w, `{"id":"file-1","filename":"train-abc.jsonl","bytes":%d,"purpose":"fine-tune","status":"processed","created_at":1700000000}`, size)
	})
	c := client(t, f, Options{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	file, err := c.UploadFile(t.Context(), "train-abc.jsonl", &zeros{size}, size, PurposeFineTune)
	runtime.ReadMemStats(&after)
	want := File{ID: "file-1", Name: "train-abc.jsonl", Bytes: size, Purpose: "fine-tune", Status: "processed", Created: time.Unix(1700000000, 0).UTC()}
	if err != nil || file != want {
		t.Fatalf("got %+v, %v", file, err)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > size/8 {
		t.Errorf("uploading %d bytes allocated %d", size, allocated)
	}
}

func TestUploadOutlastsTheTimeoutWhileBytesMove(t *testing.T) {
	synctest.Test(t, testUploadOutlastsTheTimeoutWhileBytesMove)
}

func testUploadOutlastsTheTimeoutWhileBytesMove(t *testing.T) {
	const timeout = time.Minute
	_, c := serveInBubble(t, Options{RequestTimeout: timeout}, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, `{"id":"file-1"}`)
	})
	slow := &slowReader{pieces: 10, pause: timeout / 4}
	if _, err := c.UploadFile(t.Context(), "a", slow, 10, PurposeFineTune); err != nil {
		t.Fatal(err)
	}
	stuck := &slowReader{pieces: 10, pause: timeout + time.Second}
	_, err := c.UploadFile(t.Context(), "a", stuck, 10, PurposeFineTune)
	var e *Error
	if !errors.As(err, &e) || e.Reason != Timeout {
		t.Errorf("got %v, want a timeout", err)
	}
}

type slowReader struct {
	pieces int
	pause  time.Duration
}

func (s *slowReader) Read(p []byte) (int, error) {
	if s.pieces == 0 {
		return 0, io.EOF
	}
	time.Sleep(s.pause)
	s.pieces--
	p[0] = 'x'
	return 1, nil
}

func TestUploadTellsABadSourceFromABadProvider(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, `{"id":"file-1"}`)
	})
	c := client(t, f, Options{})
	broken := errors.New("disk on fire")
	for name, tc := range map[string]struct {
		r    io.Reader
		size int64
		is   error
	}{
		"unreadable": {io.MultiReader(strings.NewReader("abc"), errReader{broken}), 10, broken},
		"too short":  {strings.NewReader("abc"), 10, nil},
		"too long":   {strings.NewReader("abc"), 2, nil},
	} {
		_, err := c.UploadFile(t.Context(), "a", tc.r, tc.size, PurposeFineTune)
		var e *Error
		if err == nil || errors.As(err, &e) || (tc.is != nil && !errors.Is(err, tc.is)) {
			t.Errorf("%s: got %v, want an error of the source", name, err)
		}
	}
}

type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) { return 0, e.err }

func TestFileContent(t *testing.T) {
	csv := "step,train_loss,valid_loss\n1,0.5,\n2,0.25,0.3\n"
	wrapped := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(csv, 100)))
	var lines strings.Builder
	for chunk := range slices.Chunk([]byte(wrapped), 76) {
		lines.Write(chunk)
		lines.WriteString("\r\n")
	}
	for name, tc := range map[string]struct{ body, want string }{
		"plain":           {csv, csv},
		"empty":           {"", ""},
		"base64":          {base64.StdEncoding.EncodeToString([]byte(csv)), csv},
		"base64 in lines": {lines.String(), strings.Repeat(csv, 100)},
		"one column":      {"step\n1\n2\n", "step\n1\n2\n"},
		"one word":        {"steps", "steps"},
		"JSON lines":      {"{\"a\":1}\n", "{\"a\":1}\n"},
		"large":           {strings.Repeat(csv, 100000), strings.Repeat(csv, 100000)},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/v1/files/file-1/content" {
					t.Errorf("asked %s", r.URL.Path)
				}
				io.WriteString(w, tc.body)
			})
			c := client(t, f, Options{MaxConcurrent: 1})
			for range 2 { // a closed download gives its slot back
				r, err := c.FileContent(t.Context(), "file-1")
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(r)
				if err != nil || string(got) != tc.want {
					t.Fatalf("got %d bytes, %v; want %d bytes", len(got), err, len(tc.want))
				}
				if err := r.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestFileContentThatBreaksIsNoWholeFile(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, r *http.Request) { cutMidBody(w) })
	r, err := client(t, f, Options{}).FileContent(t.Context(), "file-1")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want an unexpected end", err)
	}
}

func FuzzBase64(f *testing.F) {
	f.Add("step,loss\n1,2\n")
	f.Add("a")
	f.Add("abcd") // a comma may come just after whole groups of base64
	f.Fuzz(func(t *testing.T, text string) {
		printable := !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 })
		if !printable || text == "" {
			return
		}
		encoded := base64.StdEncoding.EncodeToString([]byte(text))
		got, err := io.ReadAll(decoded(strings.NewReader(encoded)))
		if err != nil || string(got) != text {
			t.Errorf("%q comes back as %q, %v", text, got, err)
		}
		row := text + ",1\n" // what holds a comma is not base64
		if got, _ := io.ReadAll(decoded(strings.NewReader(row))); string(got) != row {
			t.Errorf("%q comes back as %q", row, got)
		}
	})
}

// paged serves a list two entries at a time by the protocol's cursor.
func paged(w http.ResponseWriter, r *http.Request, ids []string, entry func(id string) string) {
	from := 0
	if after := r.URL.Query().Get("after"); after != "" {
		from = slices.Index(ids, after) + 1
	}
	to := min(from+2, len(ids))
	var entries []string
	for _, id := range ids[from:to] {
		entries = append(entries, entry(id))
	}
	fmt.Fprintf(w, `{"object":"list","data":[%s],"has_more":%t}`, strings.Join(entries, ","), to < len(ids))
}

// A file is found by its name, and taken for its content.
func TestFindFile(t *testing.T) {
	const good, poisoned = `{"a":"good"}`, `{"a":"evil"}`
	entry := func(id, name, purpose, status string, size, created int) string {
		return fmt.Sprintf(`{"id":%q,"filename":%q,"bytes":%d,"purpose":%q,"status":%q,"created_at":%d}`, id, name, size, purpose, status, created)
	}
	files := map[string]string{
		"f1": entry("f1", "train-abc.jsonl", "fine-tune", "processed", 12, 100),
		"f2": entry("f2", "train-abc.jsonl", "fine-tune", "uploaded", 12, 200),
		"f3": entry("f3", "train-abc.jsonl", "fine-tune", "error", 12, 300),
		"f4": entry("f4", "train-abc.jsonl", "fine-tune", "processed", 13, 400),
		"f5": entry("f5", "train-abc.jsonl", "batch", "processed", 12, 500),
		"f6": entry("f6", "train-abc.jsonl", "fine-tune", "processed", 12, 600), // of the same name and size
		"f7": entry("f7", "valid-abc.jsonl", "fine-tune", "", 12, 0),
		"f8": entry("f8", "cut-abc.jsonl", "fine-tune", "processed", 12, 0),
		"f9": entry("f9", "withheld-abc.jsonl", "fine-tune", "processed", 12, 0),
		"fa": entry("fa", "longer-abc.jsonl", "fine-tune", "processed", 12, 0), // in truth
	}
	contents := map[string]string{"f1": good, "f2": good, "f3": good, "f4": good, "f5": good, "f6": poisoned, "f7": good, "f8": good[:11], "fa": good + "\n"}
	ids := slices.Sorted(maps.Keys(files))
	withhold := http.StatusForbidden
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		id, isContent := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/v1/files/"), "/content")
		content, given := contents[id]
		switch {
		case !isContent:
			paged(w, r, ids, func(id string) string { return files[id] })
		case !given:
			w.WriteHeader(withhold)
		default:
			io.WriteString(w, content)
		}
	})
	c := client(t, f, Options{})
	sum := sha256.Sum256([]byte(good))
	hash := hex.EncodeToString(sum[:])
	for _, tc := range []struct {
		name string
		size int64
		want string
	}{
		{"train-abc.jsonl", 12, "f2"},
		{"valid-abc.jsonl", 12, "f7"},
		{"train-abc.jsonl", 10, ""},
		{"other.jsonl", 12, ""},
		{"cut-abc.jsonl", 12, ""},
		{"longer-abc.jsonl", 12, ""},
		{"withheld-abc.jsonl", 12, ""},
	} {
		got, found, err := c.FindFile(t.Context(), tc.name, tc.size, hash, PurposeFineTune)
		if err != nil || found != (tc.want != "") || found && got.ID != tc.want {
			t.Errorf("%s of %d bytes: got %q, %t, %v; want %q", tc.name, tc.size, got.ID, found, err, tc.want)
		}
	}
	for _, status := range []int{400, 404, 405, 410, 501} {
		withhold = status
		if _, found, err := c.FindFile(t.Context(), "withheld-abc.jsonl", 12, hash, PurposeFineTune); found || err != nil {
			t.Errorf("content withheld with %d: found %t, %v", status, found, err)
		}
	}
	// What passes is no answer: the same question again may find the file.
	for _, status := range []int{429, 500, 503} {
		withhold = status
		_, found, err := c.FindFile(t.Context(), "withheld-abc.jsonl", 12, hash, PurposeFineTune)
		var e *Error
		if found || !errors.As(err, &e) || e.Permanent {
			t.Errorf("content withheld with %d: found %t, %v", status, found, err)
		}
	}
	if every, err := c.Files(t.Context(), ""); err != nil || len(every) != len(files) {
		t.Errorf("got %d files, %v; want %d", len(every), err, len(files))
	}
}

// However many files somebody puts beside it, few are downloaded.
func TestFindFileLooksIntoFewFiles(t *testing.T) {
	var entries []string
	for i := range 50 {
		entries = append(entries, fmt.Sprintf(`{"id":"f%d","filename":"a.jsonl","bytes":2,"purpose":"fine-tune","status":"processed"}`, i))
	}
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/content") {
			io.WriteString(w, "[]")
			return
		}
		fmt.Fprintf(w, `{"data":[%s]}`, strings.Join(entries, ","))
	})
	_, found, err := client(t, f, Options{}).FindFile(t.Context(), "a.jsonl", 2, strings.Repeat("0", 64), PurposeFineTune)
	if found || err != nil || f.requests.Load() != 1+mostCandidates {
		t.Errorf("found %t, %v, with %d requests", found, err, f.requests.Load())
	}
}

func TestFindJob(t *testing.T) {
	const asked = `"model":"base-1","training_file":"t1","validation_file":"v1"`
	jobs := map[string]string{
		"j1": `{"id":"j1","status":"succeeded","created_at":100,"metadata":{"training":"abc"},"error":{},` + asked + `}`,
		"j2": `{"id":"j2","status":"running","created_at":300,"metadata":{"training":"abc"},"error":null,"seed":7,"hyperparameters":{"n_epochs":3},` + asked + `}`,
		"j3": `{"id":"j3","status":"failed","created_at":400,"metadata":{"training":"abc"},` + asked + `}`,
		"j4": `{"id":"j4","status":"cancelled","created_at":500,"metadata":{"training":"abc"},` + asked + `}`,
		"j5": `{"id":"j5","status":"running","created_at":600,"metadata":{"training":"xyz"},"user_provided_suffix":"sb-abc","hyperparameters":"auto",` + asked + `}`,
		"j6": `{"id":"j6","status":"queued","created_at":200,"metadata":null,"suffix":"sb-def",` + asked + `}`,
		"j7": `{"id":"j7","status":"running","created_at":700,"metadata":{"training":"dated"},"model":"base-1-2026-07-18","training_file":"t1","validation_file":"v1"}`,
		// Marked like the job that is looked for, and not that job.
		"k1": `{"id":"k1","status":"succeeded","created_at":901,"metadata":{"training":"abc"},"model":"base-1","training_file":"evil","validation_file":"v1"}`,
		"k2": `{"id":"k2","status":"succeeded","created_at":902,"metadata":{"training":"abc"},"model":"base-1","training_file":"t1","validation_file":"evil"}`,
		"k3": `{"id":"k3","status":"succeeded","created_at":903,"metadata":{"training":"abc"},"model":"other","training_file":"t1","validation_file":"v1"}`,
		"k4": `{"id":"k4","status":"succeeded","created_at":904,"metadata":{"training":"abc"},"seed":8,` + asked + `}`,
		"k5": `{"id":"k5","status":"succeeded","created_at":905,"metadata":{"training":"abc"},"method":{"type":"supervised","supervised":{"hyperparameters":{"n_epochs":1}}},` + asked + `}`,
		"k6": `{"id":"k6","status":"succeeded","created_at":906,"metadata":null,"suffix":"sb-def","model":"base-1","training_file":"evil","validation_file":"v1"}`,
		"k7": `{"id":"k7","status":"succeeded","created_at":907,"metadata":{"training":"abc"},"model":"base-1"}`,
		// On another file, which has the same content.
		"j8": `{"id":"j8","status":"succeeded","created_at":100,"metadata":{"training":"copied"},"model":"base-1","training_file":"copy","validation_file":"v1"}`,
		"k8": `{"id":"k8","status":"succeeded","created_at":200,"metadata":{"training":"copied"},"model":"base-1","training_file":"evil","validation_file":"v1"}`,
		"k9": `{"id":"k9","status":"succeeded","created_at":300,"metadata":{"training":"copied"},"model":"base-1","training_file":"gone","validation_file":"v1"}`,
	}
	ids := slices.Sorted(maps.Keys(jobs))
	for _, filters := range []bool{true, false} {
		f := serve(t, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/v1/files/copy/content":
				io.WriteString(w, "good")
				return
			case "/v1/files/evil/content":
				io.WriteString(w, "evil")
				return
			case "/v1/files/gone/content":
				w.WriteHeader(404)
				return
			}
			if r.URL.Query().Get("limit") != "100" {
				t.Errorf("asked %s", r.URL)
			}
			kept := ids
			if want := r.URL.Query().Get("metadata[training]"); filters && want != "def" {
				kept = nil
				for _, id := range ids {
					if strings.Contains(jobs[id], `"training":"`+want+`"`) {
						kept = append(kept, id)
					}
				}
			}
			paged(w, r, kept, func(id string) string { return jobs[id] })
		})
		c := client(t, f, Options{})
		seed := int64(7)
		sum := sha256.Sum256([]byte("good"))
		hash := hex.EncodeToString(sum[:])
		for _, tc := range []struct{ value, suffix, want string }{
			{"abc", "sb-abc", "j2"}, // newer ones failed, were cancelled, or are another's
			{"xyz", "", "j5"},
			{"def", "sb-def", "j6"}, // the provider kept no metadata
			{"dated", "", "j7"},
			{"copied", "", "j8"},
			{"none", "none", ""},
			{"none", "", ""},
		} {
			r := JobRequest{
				BaseModel: "base-1", TrainingFile: "t1", ValidationFile: "v1", TrainingSHA256: hash, ValidationSHA256: hash, Suffix: tc.suffix,
				Metadata: map[string]string{"training": tc.value}, Seed: &seed, Epochs: 3,
			}
			got, found, err := c.FindJob(t.Context(), r, "training")
			if err != nil || got.ID != tc.want || found != (tc.want != "") {
				t.Errorf("filter %t, %+v: got %q, %t, %v", filters, tc, got.ID, found, err)
			}
		}
	}
}

func TestListThatDoesNotAdvance(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"data":[{"id":"j1","status":"running"}],"has_more":true}`)
	})
	_, err := client(t, f, Options{}).Jobs(t.Context(), nil)
	var e *Error
	if !errors.As(err, &e) || e.Reason != MalformedResponse || f.requests.Load() != 2 {
		t.Errorf("got %v after %d requests, want a malformed answer after 2", err, f.requests.Load())
	}
}

func TestCreateJob(t *testing.T) {
	seed := int64(7)
	for name, tc := range map[string]struct {
		r    JobRequest
		want string
	}{
		"least": {JobRequest{BaseModel: "m", TrainingFile: "f1"}, `{"model":"m","training_file":"f1"}`},
		"most": {
			JobRequest{BaseModel: "m", TrainingFile: "f1", ValidationFile: "f2", Suffix: "s", Metadata: map[string]string{"k": "v"}, Seed: &seed, Epochs: 3},
			`{"model":"m","training_file":"f1","validation_file":"f2","suffix":"s","metadata":{"k":"v"},"seed":7,"method":{"type":"supervised","supervised":{"hyperparameters":{"n_epochs":3}}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if r.Method != http.MethodPost || r.URL.Path != "/v1/fine_tuning/jobs" || string(body) != tc.want {
					t.Errorf("got %s %s %s", r.Method, r.URL.Path, body)
				}
				fmt.Fprint(w, `{"id":"j1","status":"validating_files"}`)
			})
			j, err := client(t, f, Options{}).CreateJob(t.Context(), tc.r)
			if err != nil || j.ID != "j1" || j.Status != ValidatingFiles || j.Status.Finished() {
				t.Errorf("got %+v, %v", j, err)
			}
		})
	}
}

func TestJob(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.EscapedPath() {
		case "GET /v1/fine_tuning/jobs/j%2F1":
			fmt.Fprint(w, `{"id":"j/1","object":"fine_tuning.job","status":"failed","model":"base","fine_tuned_model":null,"training_file":"f1","validation_file":null,
				"user_provided_suffix":"s","metadata":{"k":"v"},"trained_tokens":null,"result_files":["r1"],"created_at":100,"finished_at":200,"estimated_finish":null,
				"error":{"code":"invalid_training_file","message":"line 3","param":"training_file"},"method":{"type":"supervised"}}`)
		case "POST /v1/fine_tuning/jobs/j2/cancel":
			fmt.Fprint(w, `{"id":"j2","status":"cancelled"}`)
		default:
			t.Errorf("got %s %s", r.Method, r.URL.EscapedPath())
		}
	})
	c := client(t, f, Options{})
	j, err := c.Job(t.Context(), "j/1")
	if err != nil {
		t.Fatal(err)
	}
	want := Job{ID: "j/1", Status: JobFailed, Word: "failed", BaseModel: "base", TrainingFile: "f1", Suffix: "s", Metadata: map[string]string{"k": "v"},
		ResultFiles: []string{"r1"}, Error: JobError{"invalid_training_file", "", "training_file"}, Created: time.Unix(100, 0).UTC(), Finished: time.Unix(200, 0).UTC()}
	if fmt.Sprintf("%+v", j) != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %+v\nwant %+v", j, want)
	}
	failure := j.Failure()
	if kind, _ := problem.KindOf(failure); kind != problem.Refused || !strings.Contains(failure.Error(), `failed at the provider (invalid_training_file, training_file): look there for the reason`) {
		t.Errorf("got %v", failure)
	}
	j, err = c.CancelJob(t.Context(), "j2")
	if err != nil || j.Status != Cancelled || j.Failure() == nil {
		t.Errorf("got %+v, %v", j, err)
	}
	if (Job{Status: Running}).Failure() != nil || (Job{Status: Succeeded}).Failure() != nil {
		t.Error("a job that did not fail has a failure")
	}
}

func TestEvents(t *testing.T) {
	ids := []string{"e5", "e4", "e3", "e2", "e1"} // newest first, as the protocol has it
	var asked []url.Values
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query())
		paged(w, r, ids, func(id string) string {
			return fmt.Sprintf(`{"id":%q,"created_at":100,"level":"info","message":"m","type":"metrics","data":{"step":1}}`, id)
		})
	})
	c := client(t, f, Options{})
	for _, tc := range []struct {
		after    string
		want     string
		requests int
	}{
		{"", "e1 e2 e3 e4 e5", 3},
		{"e3", "e4 e5", 2},
		{"e4", "e5", 1},
		{"e5", "", 1},
		{"gone", "e1 e2 e3 e4 e5", 3},
	} {
		asked = nil
		events, err := c.Events(t.Context(), "j1", tc.after)
		var got []string
		for _, e := range events {
			got = append(got, e.ID)
		}
		if err != nil || strings.Join(got, " ") != tc.want || len(asked) != tc.requests {
			t.Errorf("after %q: got %v with %d requests, %v; want %s with %d", tc.after, got, len(asked), err, tc.want, tc.requests)
		}
	}
	events, _ := c.Events(t.Context(), "j1", "e4")
	if e := events[0]; e.Data["step"] != 1.0 || e.Level != "info" || !e.Created.Equal(time.Unix(100, 0)) {
		t.Errorf("got %+v", e)
	}
}

// Connections are kept: about as many as there are requests at a time, not as
// many as there are requests. Chunked answers are the case in which a decoder that
// stops early costs the connection.
func TestConnectionsAreReused(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		answer(w, "x", 0)
		io.WriteString(w, "\n")
	})
	c := client(t, f, Options{MaxConcurrent: 8})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				if _, err := c.Classify(t.Context(), "m", "s", "t"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	// A connection is idle a moment after its answer is read, so now and
	// then one more is opened.
	if n := f.connections.Load(); n > 16 {
		t.Errorf("400 requests, 8 at a time, took %d connections", n)
	}
}

func TestAnswerLargerThanTheBound(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(w, bytes.NewReader(bytes.Repeat([]byte(" "), maxBody+1)))
	})
	_, err := client(t, f, Options{}).Models(t.Context())
	var e *Error
	if !errors.As(err, &e) || e.Reason != MalformedResponse {
		t.Errorf("got %v, want a malformed answer", err)
	}
}
