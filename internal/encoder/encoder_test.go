package encoder_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"switchboard/internal/encoder"
	"switchboard/internal/problem"
)

// The model for names that tests have is an encoder as well: naomi, josh, jose,
// rach and zoe have the same vector, paris has another, and all other words a
// third.
const modelDir = "../anonymize/ner/testdata/model"

var load = sync.OnceValues(func() (*encoder.Encoder, error) { return encoder.Load(context.Background(), modelDir) })

// underRace is set in builds with the race detector, whose pointer checks the
// backend's matrix products fail.
var underRace bool

func loaded(t testing.TB) *encoder.Encoder {
	t.Helper()
	if underRace {
		t.Skip("the race detector's pointer checks stop the backend")
	}
	e, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func encode(t testing.TB, texts ...string) [][]float32 {
	t.Helper()
	vectors, err := loaded(t).Encode(t.Context(), texts, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(vectors) != len(texts) {
		t.Fatalf("%d vectors for %d texts", len(vectors), len(texts))
	}
	return vectors
}

// cosine is how near two vectors of length 1 are.
func cosine(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func TestLikeTextsHaveLikeVectors(t *testing.T) {
	v := encode(t, "hello naomi", "hello josh", "hello paris", "Hello, NAOMI!", "hello náomi")
	if got := cosine(v[0], v[1]); got < 0.999 {
		t.Errorf("two names are %.3f alike, want 1", got)
	}
	if got := cosine(v[0], v[2]); got > 0.9 {
		t.Errorf("a name and a place are %.3f alike, want less than 0.9", got)
	}
	if !reflect.DeepEqual(v[0], v[4]) {
		t.Errorf("an accent makes another vector: %v and %v", v[0], v[4])
	}
}

// Texts of all lengths, in whatever order, among more than a batch's rows.
func TestEachTextHasItsVector(t *testing.T) {
	var texts []string
	for i := range 70 {
		texts = append(texts, strings.Repeat("thanks ", i%40)+[]string{"naomi", "paris"}[i%2])
	}
	texts = append(texts, "", "🙂", "\xff", strings.Repeat("x", 100_000), strings.Repeat("happy to help ", 5000))
	together := encode(t, texts...)
	width := len(together[0])
	for i, text := range texts {
		var square float64
		for _, v := range together[i] {
			square += float64(v) * float64(v)
		}
		if len(together[i]) != width || width != 4 || math.Abs(square-1) > 1e-5 {
			t.Fatalf("%.40q has %d numbers and the length %v", text, len(together[i]), math.Sqrt(square))
		}
		if got := cosine(together[i], encode(t, text)[0]); got < 0.99999 {
			t.Errorf("%.40q alone is %.6f like itself among others", text, got)
		}
	}
	if again := encode(t, texts...); !reflect.DeepEqual(again, together) {
		t.Error("the same texts have other vectors the second time")
	}
}

// The model sees 32 tokens: what is behind them makes no difference.
func TestLongTextsAreCut(t *testing.T) {
	long := strings.Repeat("thanks ", 30)
	v := encode(t, long+"naomi", long+"paris", "naomi "+long)
	if !reflect.DeepEqual(v[0], v[1]) {
		t.Error("what stands behind the 32nd token counts")
	}
	if reflect.DeepEqual(v[0], v[2]) {
		t.Error("what stands in front does not count")
	}
}

// A tokenizer that puts nothing around a text leaves nothing of an empty one.
func TestTextsWithoutTokens(t *testing.T) {
	loaded(t)
	dir := copied(t, "")
	path := filepath.Join(dir, "tokenizer.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var tokenizer map[string]any
	if err := json.Unmarshal(raw, &tokenizer); err != nil {
		t.Fatal(err)
	}
	tokenizer["post_processor"] = nil
	if raw, err = json.Marshal(tokenizer); err != nil {
		t.Fatal(err)
	}
	put(t, path, string(raw))
	e, err := encoder.Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for name, texts := range map[string][]string{"alone": {""}, "among others": {"", "hello naomi", " ", "hello"}, "many": make([]string, 70)} {
		told := -1
		vectors, err := e.Encode(t.Context(), texts, func(done int) { told = done })
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, text := range texts {
			want := 1.0
			if strings.TrimSpace(text) == "" {
				want = 0
			}
			if got := cosine(vectors[i], vectors[i]); len(vectors[i]) != 4 || math.Abs(got-want) > 1e-5 {
				t.Errorf("%s: %q has %d numbers of length %v, want %v", name, text, len(vectors[i]), got, want)
			}
		}
		if want := len(texts); name == "among others" && told != want {
			t.Errorf("%s: %d of %d texts were told of", name, told, want)
		}
	}
}

func TestProgress(t *testing.T) {
	var told []int
	if _, err := loaded(t).Encode(t.Context(), make([]string, 70), func(done int) { told = append(told, done) }); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(told, []int{32, 64, 70}) {
		t.Errorf("told %v", told)
	}
}

func TestCancelled(t *testing.T) {
	why := errors.New("no more")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := loaded(t).Encode(ctx, make([]string, 200), func(int) { cancel(why) })
	if !errors.Is(err, why) {
		t.Errorf("err = %v, want the context's cause", err)
	}
}

func copied(t *testing.T, pooling string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(modelDir)); err != nil {
		t.Fatal(err)
	}
	if pooling != "" {
		put(t, filepath.Join(dir, "1_Pooling", "config.json"), pooling)
	}
	return dir
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// prompted is a copy of the model with a file that says what stands in front of
// texts.
func prompted(t *testing.T, content string) string {
	t.Helper()
	dir := copied(t, "")
	put(t, filepath.Join(dir, "config_sentence_transformers.json"), content)
	return dir
}

// What stands in front of every text is part of what an encoder is, too.
func TestPrompt(t *testing.T) {
	bare := loaded(t)
	for name, c := range map[string]struct {
		content string
		same    bool
	}{
		"none is the default": {`{"prompts": {"query": "paris "}, "default_prompt_name": null}`, true},
		"an empty one":        {`{"prompts": {"query": ""}, "default_prompt_name": "query"}`, true},
		"another program's":   {`{"__version__": {"pytorch": "2.0"}}`, true},
		"one":                 {`{"prompts": {"query": "paris ", "passage": "naomi "}, "default_prompt_name": "query"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := encoder.Load(t.Context(), prompted(t, c.content))
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if (e.Name() == bare.Name()) != c.same {
				t.Errorf("it is named %q, and that without a prompt %q", e.Name(), bare.Name())
			}
			got, err := e.Encode(t.Context(), []string{"naomi"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := encode(t, "naomi")
			if !c.same {
				want = encode(t, "paris naomi")
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("the vector is %v, want %v", got, want)
			}
		})
	}
}

// A model for many languages reads letters as they are, and not what they look
// like in ASCII.
func TestTextIsNotFolded(t *testing.T) {
	loaded(t)
	e, err := encoder.Load(t.Context(), "../transformer/testdata/unicode")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if !strings.HasSuffix(e.Name(), " unicode") {
		t.Errorf("it is named %q", e.Name())
	}
	v, err := e.Encode(t.Context(), []string{"danke Naömi", "danke Nao\u0308mi", "danke Naomi"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(v[0], v[1]) {
		t.Error("an umlaut of two runes is another one")
	}
	if reflect.DeepEqual(v[0], v[2]) {
		t.Error("an umlaut makes no difference")
	}
}

// How tokens become a text's vector is part of what an encoder is.
func TestPooling(t *testing.T) {
	mean := loaded(t)
	for name, c := range map[string]struct {
		pooling string
		same    bool
	}{
		"not said":    {"", true},
		"mean":        {`{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": false}`, true},
		"first token": {`{"pooling_mode_cls_token": true}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := encoder.Load(t.Context(), copied(t, c.pooling))
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if (e.Name() == mean.Name()) != c.same {
				t.Errorf("it is named %q, and that of the mean %q", e.Name(), mean.Name())
			}
			got, err := e.Encode(t.Context(), []string{"naomi"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if reflect.DeepEqual(got, encode(t, "naomi")) != c.same {
				t.Errorf("the vector is %v", got)
			}
		})
	}
}

func TestWrongDirectories(t *testing.T) {
	loaded(t)
	broken := copied(t, "")
	if err := os.WriteFile(filepath.Join(broken, "model.onnx"), []byte("no model"), 0o600); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		filepath.Join(t.TempDir(), "absent"): "does not exist",
		t.TempDir():                          "has no .onnx file",
		broken:                               "cannot be used",
		copied(t, `{"pooling_mode_max_tokens": true}`): "neither the mean of the tokens nor the first one",
		copied(t, `[`):   "cannot be read",
		prompted(t, `[`): "cannot be read",
		prompted(t, `{"prompts": {"query": "q: "}, "default_prompt_name": "passage"}`):                           "which is none of its prompts",
		prompted(t, `{"prompts": {"query": "`+strings.Repeat("long ", 21)+`"}, "default_prompt_name": "query"}`): "prompt of 105 bytes",
	} {
		e, err := encoder.Load(t.Context(), dir)
		if err == nil {
			e.Close()
			t.Errorf("%s was taken, want %q", dir, want)
			continue
		}
		if kind, ok := problem.KindOf(err); !ok || kind != problem.BadInput || !strings.Contains(err.Error(), want) {
			t.Errorf("err = %v, want bad input that says %q", err, want)
		}
	}
}
