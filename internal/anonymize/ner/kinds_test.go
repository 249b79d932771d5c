package ner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/anonymize/gazetteer"
	"switchboard/internal/anonymize/ner"
)

// internal/transformer/testdata/kinds has a model for each kind of tokenizer; make_kinds.py makes
// them. They know Naomi, Josh, Rachel, Zoe, Smith and Thakur.
func TestEveryKindOfTokenizer(t *testing.T) {
	dirs, err := filepath.Glob("../../transformer/testdata/kinds/*")
	if err != nil || len(dirs) == 0 {
		t.Fatal("no kinds", err)
	}
	loaded(t) // skips where the backend cannot run
	long := strings.Repeat("we are happy to have you here today, ", 20)
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			r, err := ner.Load(t.Context(), ner.Options{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			for _, c := range []struct {
				text string
				want []string
			}{
				{"Hello Naomi", []string{"Naomi"}},
				{"Naomi", []string{"Naomi"}},
				{"we are happy to have you", nil},
				{"thanks Josh Smith, for the help", []string{"Josh Smith"}},
				{"Rachel's order is late again", []string{"Rachel"}},
				{"  two  spaces   Naomi  ", []string{"Naomi"}},
				{"line\nbreak\tJosh\r\n", []string{"Josh"}},
				{"“Naomi’s” order … — Josh ✈", []string{"Naomi", "Josh"}},
				{"Hello Náomi 👍🏽, thanks Zoë", []string{"Náomi", "Zoë"}},
				{"is it $5 or 50%? a1b2 Naomi #x_y", []string{"Naomi"}},
				{"ask for Naomi Thakur.", []string{"Naomi Thakur"}},
				{long + "Naomi", []string{"Naomi"}},
				{"Josh " + long + "thanks Naomi Smith " + long, []string{"Josh", "Naomi Smith"}},
				{"[SEP] Naomi <mask> Josh <|endoftext|>", []string{"Naomi", "Josh"}},
			} {
				found := names(t, r, c.text)[0]
				if strings.Join(found, "|") != strings.Join(c.want, "|") {
					t.Errorf("found %q in %.80q, want %q", found, c.text, c.want)
				}
			}
		})
	}
}

// A name may be labelled in any scheme. The model's labels are: nothing, the
// first name, what follows it, a place.
func TestEveryScheme(t *testing.T) {
	loaded(t)
	for name, labels := range map[string][4]string{
		"BIO":                    {"O", "B-PER", "I-PER", "B-LOC"},
		"BIO of persons":         {"O", "B-PERSON", "I-PERSON", "B-GPE"},
		"BIO in lower case":      {"O", "b-person", "i-person", "b-location"},
		"BILOU":                  {"O", "U-PER", "L-PER", "U-LOC"},
		"BILOU, split names":     {"O", "B-PER", "L-PER", "U-LOC"},
		"IOBES":                  {"O", "S-PER", "E-PER", "S-LOC"},
		"BMES":                   {"O", "B-NAME", "M-NAME", "S-LOC"},
		"IO":                     {"O", "I-PER", "I-PERS", "I-LOC"},
		"underscore":             {"O", "B_PER", "I_PER", "B_LOC"},
		"no prefix":              {"O", "PER", "PERSON", "LOC"},
		"no prefix, parts":       {"none", "first_name", "last_name", "city"},
		"parts with a prefix":    {"O", "B-GIVENNAME", "I-SURNAME", "B-CITY"},
		"one word, two spaces":   {"O", "Person Name", "Full Name", "Place"},
		"label of a privacy set": {"O", "private_person", "B-private_person", "private_address"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(modelDir)); err != nil {
				t.Fatal(err)
			}
			write(t, dir, "config.json", config(t, labels[:]))
			r, err := ner.Load(t.Context(), ner.Options{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			found := names(t, r, "thanks Josh Smith, and hello from Paris")[0]
			if strings.Join(found, "|") != "Josh Smith" {
				t.Errorf("found %q", found)
			}
		})
	}
}

func config(t *testing.T, labels []string) []byte {
	t.Helper()
	byID := map[int]string{}
	for i, l := range labels {
		byID[i] = l
	}
	raw, err := json.Marshal(map[string]any{"id2label": byID, "max_position_embeddings": 32})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// A hash pins all three files.
func TestPin(t *testing.T) {
	r := loaded(t)
	hash, _, _ := strings.Cut(r.Version(), " ")
	same, err := ner.Load(context.Background(), ner.Options{Dir: modelDir, SHA256: strings.ToUpper(hash)})
	if err != nil {
		t.Fatal(err)
	}
	same.Close()
	other := strings.Repeat("0123456789abcdef", 4)
	refused(t, ner.Options{Dir: modelDir, SHA256: other}, hash)
	refused(t, ner.Options{Dir: modelDir, SHA256: other}, "asked for is "+other)
	refused(t, ner.Options{Dir: modelDir, SHA256: hash[:63]}, "64 hexadecimal digits")
}

// What a hash would not cover, and what the backend or the model would read as
// something else, is refused.
func TestModelsThatWouldBeMisread(t *testing.T) {
	copied := func(t *testing.T) string {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(modelDir)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	file := func(name string) []byte {
		raw, err := os.ReadFile(filepath.Join(modelDir, name))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	t.Run("weights in another file", func(t *testing.T) {
		dir := copied(t)
		write(t, dir, "model.onnx", append(file("model.onnx"), "\x0a\x08location\x12\x0amodel.data"...))
		refused(t, ner.Options{Dir: dir}, "keeps its weights in another file")
	})
	t.Run("another list of names", func(t *testing.T) {
		dir := copied(t)
		config := `{"id2label":{"0":"O","1":"PER","2":"I-PER","3":"LOC"},"token_types":%q,"gazetteer_sha256":%q}`
		write(t, dir, "config.json", fmt.Appendf(nil, config, "case and gazetteer", "0123"))
		refused(t, ner.Options{Dir: dir}, `another list of names than this program has: gazetteer_sha256 is "0123"`)
		write(t, dir, "config.json", fmt.Appendf(nil, config, "case", gazetteer.SHA256()))
		refused(t, ner.Options{Dir: dir}, `token_types is "case"`)
	})
	t.Run("positions from one", func(t *testing.T) {
		dir := copied(t)
		// The names have one length, so that the file stays one.
		raw := bytes.ReplaceAll(file("model.onnx"), []byte("attention_mask"), []byte("position_ids\x00\x00"))
		raw = bytes.ReplaceAll(raw, []byte("\x0eposition_ids\x00\x00"), []byte("\x0eposition_ids__"))
		write(t, dir, "model.onnx", raw)
		refused(t, ner.Options{Dir: dir}, "cannot be used")
	})
	t.Run("tokens that the model has not", func(t *testing.T) {
		dir := copied(t)
		write(t, dir, "config.json", []byte(`{"id2label":{"0":"O","1":"PER","2":"I-PER","3":"LOC"},"vocab_size":100}`))
		refused(t, ner.Options{Dir: dir}, "by config.json the model has only 100")
	})
	t.Run("tokenizer that is not known", func(t *testing.T) {
		dir := copied(t)
		write(t, dir, "tokenizer.json", bytes.Replace(file("tokenizer.json"), []byte(`"BertPreTokenizer"`), []byte(`"Jieba"`), 1))
		refused(t, ner.Options{Dir: dir}, `pre_tokenizer is of type "Jieba", which is not known here`)
	})
}
