package subword

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// golden is a text as the Python library cuts it; testdata/make_kinds.py of the
// parent folder writes them.
type golden struct {
	Text    string   `json:"text"`
	IDs     []uint32 `json:"ids"`
	Types   []uint32 `json:"types"`
	Offsets [][2]int `json:"offsets"`
	Frame   []int    `json:"frame"`
}

// SUBWORD_KINDS names another folder of kinds, to compare on more texts than
// are kept here.
func kinds(t testing.TB) []string {
	t.Helper()
	dir := os.Getenv("SUBWORD_KINDS")
	if dir == "" {
		dir = "../testdata/kinds"
	}
	found, err := filepath.Glob(filepath.Join(dir, "*", "tokenizer.json"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no kinds in %s: %v", dir, err)
	}
	for i := range found {
		found[i] = filepath.Dir(found[i])
	}
	return found
}

func parse(t testing.TB, dir string) *Tokenizer {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	k, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// multilingual is a tokenizer that follows all text.
const multilingual = "../testdata/unicode"

// Tokenizers for many languages read text as it is, the others ASCII.
func TestUnicode(t *testing.T) {
	if !parse(t, multilingual).Unicode() {
		t.Error("a multilingual tokenizer is followed on ASCII alone")
	}
	for _, kind := range []string{"bert-uncased", "roberta", "albert", "clip"} {
		if parse(t, filepath.Join("../testdata/kinds", kind)).Unicode() {
			t.Errorf("%s claims to be followed on all text", kind)
		}
	}
}

// Every kind of tokenizer cuts texts into the ids of the Python library, and
// at its offsets but for white space in front of a token: the library counts it
// in or not as a file says, and here it always counts. Nor does it count accents
// that it joins to their letter, which here are part of it.
func TestLikeThePythonLibrary(t *testing.T) {
	for _, dir := range append(kinds(t), multilingual) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			k := parse(t, dir)
			raw, err := os.ReadFile(filepath.Join(dir, "golden.json"))
			if err != nil {
				t.Fatal(err)
			}
			var rows []golden
			if err := json.Unmarshal(raw, &rows); err != nil {
				t.Fatal(err)
			}
			for _, want := range rows {
				got := k.Encode(want.Text)
				if !slices.Equal(got.IDs, want.IDs) {
					t.Errorf("%q has the ids\n%v, want\n%v", want.Text, got.IDs, want.IDs)
					continue
				}
				if !slices.Equal(got.TypeIDs, want.Types) {
					t.Errorf("%q has the types\n%v, want\n%v", want.Text, got.TypeIDs, want.Types)
				}
				joined := strings.ContainsFunc(want.Text, unicode.IsMark)
				for i, frame := range got.Frame {
					if frame != (want.Frame[i] == 1) {
						t.Errorf("token %d of %q: frame is %v", i, want.Text, frame)
					}
					if a, b := seen(want.Text, got.Offsets[i]), seen(want.Text, want.Offsets[i]); !frame && !joined && a != b {
						t.Errorf("token %d of %q is at %v %q, want %v %q", i, want.Text, got.Offsets[i], want.Text[a[0]:a[1]], want.Offsets[i], want.Text[b[0]:b[1]])
					}
				}
			}
		})
	}
}

// seen returns the bounds of a token without white space at its ends.
func seen(text string, offsets [2]int) [2]int {
	s := text[offsets[0]:offsets[1]]
	start := len(s) - len(strings.TrimLeft(s, " \t\r\n"))
	trimmed := strings.TrimSpace(s)
	if trimmed == "" {
		return [2]int{}
	}
	return [2]int{offsets[0] + start, offsets[0] + start + len(trimmed)}
}

// What Parse does not know it refuses, and says what it is.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name, kind string
		change     func(map[string]any)
		want       string
	}{
		{"normalizer", "bert-cased", set("normalizer", map[string]any{"type": "Punycode"}), `normalizer is of type "Punycode"`},
		{"normalizer within another", "xlm-roberta", set("normalizer", map[string]any{"type": "Sequence", "normalizers": []any{map[string]any{"type": "Punycode"}}}), `"Punycode"`},
		{"expression of a normalizer", "clip", set("normalizer", map[string]any{"type": "Replace", "pattern": map[string]any{"Regex": `(?<=a)b`}, "content": "c"}), `(?<=a)b`},
		{"normalizer that changes the text", "bert-cased", set("normalizer", map[string]any{"type": "Replace", "pattern": map[string]any{"String": "a"}, "content": "e"}), "it places the token"},
		{"normalizer that leaves letters out", "bert-cased", set("normalizer", map[string]any{"type": "Replace", "pattern": map[string]any{"String": "o"}, "content": ""}), "leaves out the letter 'o'"},
		{"map of characters that is cut short", "xlm-roberta", set("normalizer", map[string]any{"type": "Precompiled", "precompiled_charsmap": "/wAAAAAA"}), "map of characters"},
		{"pre-tokenizer", "roberta", set("pre_tokenizer", map[string]any{"type": "UnicodeScripts"}), `pre_tokenizer is of type "UnicodeScripts"`},
		{"expression of a pre-tokenizer", "llama3", set("pre_tokenizer", map[string]any{"type": "Split", "pattern": map[string]any{"Regex": `a++`}, "behavior": "Isolated"}), `a++`},
		{"contradiction", "xlm-roberta", set("pre_tokenizer", map[string]any{"type": "Metaspace", "replacement": "▁", "add_prefix_space": false, "prepend_scheme": "always"}), "contradicts itself"},
		{"post-processor", "bert-cased", set("post_processor", map[string]any{"type": "Unheard"}), `post_processor is of type "Unheard"`},
		{"template of two texts", "xlm-roberta", set("post_processor", map[string]any{"type": "TemplateProcessing", "single": []any{
			map[string]any{"Sequence": map[string]any{"id": "A"}}, map[string]any{"Sequence": map[string]any{"id": "A"}}}}), "more than one text"},
		{"model", "bert-cased", within("model", set("type", "WordLevel")), `model is of type "WordLevel"`},
		{"dropout", "roberta", within("model", set("dropout", 0.1)), "dropout"},
		{"merge of nothing", "roberta", within("model", set("merges", []any{"Q Zq"})), "merge 1 uses a piece"},
		{"no token for the unknown", "bert-cased", within("model", set("unk_token", "<none>")), `"<none>"`},
		{"no unknown in Unigram", "xlm-roberta", within("model", set("unk_id", nil)), "no token for unknown characters"},
		{"vocabulary of another language", "bert-cased", within("model", set("vocab", map[string]any{"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "на": 3})), "knows 0 of"},
		{"no tokenizer", "bert-cased", set("model", 7), "its model cannot be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join("../testdata/kinds", c.kind, "tokenizer.json"))
			if err != nil {
				t.Fatal(err)
			}
			var file map[string]any
			if err := json.Unmarshal(raw, &file); err != nil {
				t.Fatal(err)
			}
			c.change(file)
			if raw, err = json.Marshal(file); err != nil {
				t.Fatal(err)
			}
			if _, err := Parse(raw); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("err = %v, want it to say %q", err, c.want)
			}
		})
	}
}

func set(key string, value any) func(map[string]any) {
	return func(m map[string]any) { m[key] = value }
}

func within(key string, change func(map[string]any)) func(map[string]any) {
	return func(m map[string]any) { change(m[key].(map[string]any)) }
}

// Truncation in a file would hide the end of a text.
func TestNothingIsCutOff(t *testing.T) {
	raw, err := os.ReadFile("../testdata/kinds/bert-cased/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	cut := strings.Replace(string(raw), `"truncation":null`, `"truncation":{"max_length":8,"strategy":"LongestFirst","stride":0,"direction":"Right"}`, 1)
	if cut == string(raw) {
		t.Fatal("the file has no truncation to set")
	}
	k, err := Parse([]byte(cut))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(k.Encode(strings.Repeat("Naomi ", 50)).IDs); n < 50 {
		t.Errorf("50 names are %d tokens", n)
	}
}

// Whatever the text, tokens are in order and within it, and all slices have one
// length.
func FuzzEncode(f *testing.F) {
	var all []*Tokenizer
	for _, dir := range append(kinds(f), multilingual) {
		all = append(all, parse(f, dir))
	}
	for _, s := range []string{"Hello Naomi", " \t\r\n", "''``", "[MASK] <mask>", "\x00\x7f", "José ✈", "fu\u0308r ﬁ\u200b", strings.Repeat("k", 300), "▁Ġ##"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1000 {
			return
		}
		for _, k := range all {
			e := k.Encode(s)
			n := len(e.IDs)
			if len(e.TypeIDs) != n || len(e.Offsets) != n || len(e.Frame) != n {
				t.Fatalf("%q: %d ids, %d types, %d offsets, %d frame", s, n, len(e.TypeIDs), len(e.Offsets), len(e.Frame))
			}
			last := [2]int{}
			for i, at := range e.Offsets {
				if e.Frame[i] {
					continue
				}
				if at[0] < last[0] || at[1] < last[1] || at[0] >= at[1] || at[1] > len(s) {
					t.Fatalf("%q: token %d is at %v, behind one at %v", s, i, at, last)
				}
				if e.IDs[i] > k.LargestID() {
					t.Fatalf("%q: token %d has the id %d, above %d", s, i, e.IDs[i], k.LargestID())
				}
				last = at
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	const tweet = "@help Hello Naomi, my order is late again and it's the 3rd time! Can you look into it please? #delayed http://example.com/a1b2 -Zoe"
	for _, kind := range []string{"bert-cased", "roberta", "xlm-roberta"} {
		k := parse(b, filepath.Join("../testdata/kinds", kind))
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				k.Encode(tweet)
			}
		})
	}
}
