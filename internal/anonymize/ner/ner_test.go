package ner_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"switchboard/internal/anonymize"
	"switchboard/internal/anonymize/ner"
	"switchboard/internal/problem"
)

// The model in testdata knows naomi, josh, jose, rach and zoe as first names,
// smith and thakur as what follows one, and paris as a place. It sees 32
// tokens at once. testdata/make_model.py makes it.
const modelDir = "testdata/model"

var load = sync.OnceValues(func() (*ner.Recognizer, error) {
	return ner.Load(context.Background(), ner.Options{Dir: modelDir})
})

// underRace is set in builds with the race detector. It brings checks of
// pointers with it, which the backend's matrix products fail: run
//
//	SWITCHBOARD_NER_RACE=1 go test -race -gcflags=all=-d=checkptr=0 ./internal/anonymize/ner
//
// to look for races without them.
var underRace bool

func loaded(t testing.TB) *ner.Recognizer {
	t.Helper()
	if underRace && os.Getenv("SWITCHBOARD_NER_RACE") == "" {
		t.Skip("the race detector's pointer checks stop the backend; see underRace")
	}
	r, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// names returns the found pieces of each text.
func names(t testing.TB, r anonymize.Recognizer, texts ...string) [][]string {
	t.Helper()
	spans, err := r.Recognize(context.Background(), texts)
	if err != nil {
		t.Fatal(err)
	}
	if len(spans) != len(texts) {
		t.Fatalf("%d answers to %d texts", len(spans), len(texts))
	}
	found := make([][]string, len(texts))
	for i, s := range texts {
		for _, sp := range spans[i] {
			if sp.Kind != anonymize.Person || sp.Recognizer != "ner" || sp.Score < 0.5 || sp.Score > 1 {
				t.Errorf("span %+v in %q", sp, s)
			}
			if sp.Start < 0 || sp.Start >= sp.End || sp.End > len(s) {
				t.Fatalf("span %+v does not fit %q", sp, s)
			}
			if utf8.ValidString(s) && !utf8.ValidString(s[sp.Start:sp.End]) {
				t.Errorf("span %+v splits a character of %q", sp, s)
			}
			found[i] = append(found[i], s[sp.Start:sp.End])
		}
	}
	return found
}

func TestRecognize(t *testing.T) {
	r := loaded(t)
	long := strings.Repeat("we are happy to help you, ", 60)
	cases := []struct {
		name, text string
		want       []string
	}{
		{"one name", "Hello Naomi", []string{"Naomi"}},
		{"no name", "we are happy to have you", nil},
		{"a place is none", "Hello from Paris", nil},
		{"full name", "thanks Josh Smith for the help", []string{"Josh Smith"}},
		{"two names", "thanks Josh, and Naomi Thakur.", []string{"Josh", "Naomi Thakur"}},
		{"hyphen", "Josh-Naomi", []string{"Josh-Naomi"}},
		{"word in pieces", "thanks Rachel", []string{"Rachel"}},
		{"possessive", "Naomi's help", []string{"Naomi"}},
		{"accent", "thanks José for the help", []string{"José"}},
		{"accent as a combining mark", "thanks Jose\u0301 for the help", []string{"Jose\u0301"}},
		{"diaeresis at the end", "thanks Zoë", []string{"Zoë"}},
		{"sign-off behind an emoji", "We are happy to have you! ✈ *Naomi", []string{"Naomi"}},
		{"emoji on both sides", "🙂Naomi🙂", []string{"Naomi"}},
		{"joined emoji and skin tones", "👩‍👩‍👧 Naomi 👍🏽 Josh", []string{"Naomi", "Josh"}},
		{"right-to-left", "שלום Naomi مرحبا Josh", []string{"Naomi", "Josh"}},
		{"Japanese around it", "ありがとうNaomiさん", []string{"Naomi"}},
		{"curly quotes", "“Naomi’s” … — Josh", []string{"Naomi", "Josh"}},
		{"at the very end of a long text", long + "Naomi", []string{"Naomi"}},
		{"all through a long text", "Josh " + long + "Naomi Smith " + long + "José 🙂 " + long, []string{"Josh", "Naomi Smith", "José"}},
		{"one long word", strings.Repeat("x", 5000) + " Naomi", []string{"Naomi"}},
		{"emoji alone", "🙂🙂", nil},
		{"punctuation alone", "?!... --", nil},
		{"special token as text", "[SEP] Naomi [CLS] [PAD]", []string{"Naomi"}},
		{"invalid UTF-8", "\xff\xfeNaomi\xc3", []string{"Naomi"}},
	}
	// All in one call, so that long and short share batches, and each alone.
	texts := make([]string, len(cases))
	for i, c := range cases {
		texts[i] = c.text
	}
	together := names(t, r, texts...)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			alone := names(t, r, c.text)[0]
			if strings.Join(alone, "|") != strings.Join(c.want, "|") {
				t.Errorf("found %q in %.80q, want %q", alone, c.text, c.want)
			}
			if strings.Join(together[i], "|") != strings.Join(c.want, "|") {
				t.Errorf("among others found %q in %.80q, want %q", together[i], c.text, c.want)
			}
		})
	}
}

// A name has to be found wherever a window may end.
func TestEveryPositionOfALongText(t *testing.T) {
	r := loaded(t)
	words := strings.Fields(strings.Repeat("we are happy to help you ", 25))
	var texts []string
	for i := range words {
		w := append([]string{}, words...)
		w[i] = "Naomi Smith"
		texts = append(texts, strings.Join(w, " "))
	}
	for i, found := range names(t, r, texts...) {
		if len(found) != 1 || found[0] != "Naomi Smith" {
			t.Errorf("found %q with the name at word %d", found, i)
		}
	}
}

func TestRecognizeConcurrently(t *testing.T) {
	r := loaded(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, found := range names(t, r, "Hello Naomi", strings.Repeat("thanks Josh ", 40), "José 🙂") {
				if len(found) == 0 {
					t.Error("a name was missed")
				}
			}
		})
	}
	wg.Wait()
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := loaded(t).Recognize(ctx, []string{"Hello Naomi"}); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want context.Canceled", err)
	}
}

func TestInsideTheAnonymizer(t *testing.T) {
	r := loaded(t)
	a, err := anonymize.New(anonymize.Options{Models: []anonymize.Recognizer{r}})
	if err != nil {
		t.Fatal(err)
	}
	results, err := a.Threads(context.Background(), [][]string{{"we have Josh Thakur here", "thanks thakur 🙂", ""}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"we have Person here", "thanks Person 🙂", ""} {
		if got := results[0][i].Text; got != want {
			t.Errorf("tweet %d: %q, want %q", i, got, want)
		}
	}
	alone, err := anonymize.New(anonymize.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if alone.Version() == a.Version() {
		t.Error("the version does not tell that there is a model")
	}
}

// A directory that will not do is refused before any work, in a sentence.
func TestWrongDirectories(t *testing.T) {
	file := func(name string) []byte {
		raw, err := os.ReadFile(filepath.Join(modelDir, name))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	config := func(change func(map[string]any)) []byte {
		var c map[string]any
		if err := json.Unmarshal(file("config.json"), &c); err != nil {
			t.Fatal(err)
		}
		change(c)
		raw, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	good := map[string][]byte{"model.onnx": file("model.onnx"), "tokenizer.json": file("tokenizer.json"), "config.json": file("config.json")}
	for _, c := range []struct {
		name   string
		change map[string][]byte // nil removes
		want   string
	}{
		{"no weights", map[string][]byte{"model.onnx": nil}, "has no .onnx file"},
		{"two weights", map[string][]byte{"model.onnx": nil, "a.onnx": {1}, "b.onnx": {2}}, "has 2 .onnx files"},
		{"no tokenizer", map[string][]byte{"tokenizer.json": nil}, "has no tokenizer.json"},
		{"no configuration", map[string][]byte{"config.json": nil}, "has no config.json"},
		{"configuration is not JSON", map[string][]byte{"config.json": []byte("{")}, "is not the configuration of a model"},
		{"no labels", map[string][]byte{"config.json": config(func(c map[string]any) { delete(c, "id2label") })}, "no model for token classification"},
		{"no label for persons", map[string][]byte{"config.json": config(func(c map[string]any) {
			c["id2label"] = map[string]string{"0": "O", "1": "B-LOC", "2": "I-LOC", "3": "B-ORG"}
		})}, "no label of id2label is one for persons, such as PER or PERSON: B-LOC, B-ORG, I-LOC, O"},
		{"labels of another model", map[string][]byte{"config.json": config(func(c map[string]any) {
			c["id2label"] = map[string]string{"0": "O", "1": "PER"}
		})}, "puts out 4 scores a token, but config.json names 2 labels"},
		{"labels not numbered", map[string][]byte{"config.json": config(func(c map[string]any) {
			c["id2label"] = map[string]string{"0": "O", "7": "PER"}
		})}, "expected the numbers from 0 to 1"},
		{"no room for a text", map[string][]byte{"config.json": config(func(c map[string]any) { c["max_position_embeddings"] = 4 })}, "allows 4 tokens"},
		{"weights are no ONNX", map[string][]byte{"model.onnx": []byte("not a model")}, "cannot be used"},
		{"weights cut short", map[string][]byte{"model.onnx": file("model.onnx")[:1000]}, "cannot be used"},
		{"tokenizer is no tokenizer", map[string][]byte{"tokenizer.json": []byte(`[]`)}, "cannot be used"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, raw := range good {
				if _, ok := c.change[name]; !ok {
					write(t, dir, name, raw)
				}
			}
			for name, raw := range c.change {
				if raw != nil {
					write(t, dir, name, raw)
				}
			}
			refused(t, ner.Options{Dir: dir}, c.want)
		})
	}
	refused(t, ner.Options{}, "no directory is given")
	refused(t, ner.Options{Dir: filepath.Join(t.TempDir(), "absent")}, "does not exist")
	refused(t, ner.Options{Dir: filepath.Join(modelDir, "config.json")}, "is a file")
	refused(t, ner.Options{Dir: modelDir, Threshold: 1.5}, "threshold")
}

func write(t *testing.T, dir, name string, raw []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, o ner.Options, want string) {
	t.Helper()
	r, err := ner.Load(context.Background(), o)
	if err == nil {
		r.Close()
		t.Fatalf("options %+v were taken", o)
	}
	if kind, ok := problem.KindOf(err); !ok || kind != problem.BadInput {
		t.Errorf("err = %v, which is no bad input", err)
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("err = %q, want it to say %q", err, want)
	}
}

func TestVersion(t *testing.T) {
	r := loaded(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(modelDir)); err != nil {
		t.Fatal(err)
	}
	same, err := ner.Load(context.Background(), ner.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer same.Close()
	if same.Version() != r.Version() {
		t.Error("a copy of the model has another version")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "tokenizer.json", append(raw, '\n'))
	changed, err := ner.Load(context.Background(), ner.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer changed.Close()
	if changed.Version() == r.Version() {
		t.Error("another tokenizer.json has the same version")
	}
	strict, err := ner.Load(context.Background(), ner.Options{Dir: modelDir, Threshold: 0.99})
	if err != nil {
		t.Fatal(err)
	}
	defer strict.Close()
	if strict.Version() == r.Version() {
		t.Error("another threshold has the same version")
	}
	if found := names(t, strict, "Hello Naomi")[0]; found != nil {
		t.Errorf("found %q above a threshold of 0.99", found)
	}
}

func BenchmarkRecognize(b *testing.B) {
	r := loaded(b)
	var texts []string
	for i := range 512 {
		texts = append(texts, strings.Repeat("we are happy to help you ", 1+i%4)+"Naomi")
	}
	for b.Loop() {
		if _, err := r.Recognize(context.Background(), texts); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(texts))/b.Elapsed().Seconds(), "tweets/s")
}

func FuzzRecognize(f *testing.F) {
	r := loaded(f)
	for _, s := range []string{"Hello Naomi", "We are happy to have you! ✈ *TMT", "José", "👩‍👩‍👧Naomi", "\xff", "Zoe\u0308's", "x y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 4000 {
			return
		}
		names(t, r, s, s+" Naomi")
		if found := names(t, r, s+" Naomi")[0]; len(found) == 0 || !strings.HasSuffix(found[len(found)-1], "Naomi") {
			t.Errorf("the name behind %q was missed: %q", s, found)
		}
	})
}
