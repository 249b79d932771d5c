// Package subword cuts text into the tokens of a Hugging Face model.
//
// A model that was trained with tokenizer.json understands text only as that
// file cuts it: other token ids are another text. [Parse] reads the file and
// [Tokenizer.Encode] does what it says, as the Python library "tokenizers"
// does, in its five steps:
//
//	added tokens    [SEP] or <mask> in a text are one token, whatever follows
//	normalizer      lower case, white space, what a model knows no other way
//	pre-tokenizer   words, which no token crosses
//	model           WordPiece, BPE or Unigram: the words in pieces
//	post-processor  [CLS] in front and [SEP] behind
//
// Every character carries where in the text it comes from through all of them,
// so that a token's offsets are right by construction.
//
// Two things make the package small. Text is ASCII, on which most Unicode
// rules do nothing; the caller folds it before, unless [Tokenizer.Unicode] says
// that the file has only steps that are followed on all text: those of models
// for many languages. And a step that the package does not know ends Parse with
// a sentence, because a guess would give a model text that it was never trained
// on, and nobody would notice.
//
// It exists because the tokenizer of the backend's own Go library is right on
// WordPiece alone. Its byte-level BPE splits at spaces only and counts the
// marker of a space as two bytes, so that all offsets but the first are wrong;
// its Unigram takes the longest piece instead of the likeliest cut, so that ids
// are wrong too, and offsets by two bytes a word; and normalizers that it does
// not know it leaves out in silence.
package subword

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Encoding is a text in tokens, those that the model frames it with included.
// All slices have the same length.
type Encoding struct {
	IDs     []uint32
	TypeIDs []uint32
	// Offsets are the bytes of the text that a token stands for, the end
	// exclusive. They begin with the white space that is part of a token, if
	// any. The frame's are empty.
	Offsets [][2]int
	// Frame marks the tokens that are not of the text.
	Frame []bool
}

// Tokenizer cuts text. It may be used from several goroutines.
type Tokenizer struct {
	raw, normalized []added // added tokens, by what they are looked for in
	normalize       []step
	split           []splitter
	model           model
	before, behind  []framing
	text            uint32 // type id of the text
	largest         uint32 // id
	unicode         bool   // text need not be ASCII
	// surface returns what a token's string stands for in a text.
	surface func(string) string
}

// step is a normalizer. It may change its argument.
type step func([]char) []char

// splitter is a pre-tokenizer: it cuts pieces further.
type splitter func([]char) [][]char

// char is a character on its way to a token: what it has become, and the bytes
// of the text that it stands for.
type char struct {
	r          rune
	start, end int32
}

// model cuts a word into tokens.
type model interface {
	tokens(word []char, to []token) []token
	// content returns a token's string, false for one that stands for
	// what the model does not know.
	content(id uint32) (string, bool)
}

type token struct {
	id         uint32
	start, end int32
}

type framing struct{ id, typeID uint32 }

// Parse reads a tokenizer.json and tries it on a few sentences. An error says
// in words what is wrong with it, or which part of it is not known here.
func Parse(raw []byte) (*Tokenizer, error) {
	var f file
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, fmt.Errorf("it is no tokenizer: %w", err)
	}
	t := new(Tokenizer)
	var err error
	if t.normalize, err = normalizers(f.Normalizer); err != nil {
		return nil, err
	}
	if t.split, err = splitters(f.PreTokenizer); err != nil {
		return nil, err
	}
	if t.model, t.largest, err = parseModel(f.Model); err != nil {
		return nil, err
	}
	t.addTokens(f.AddedTokens)
	if err := t.frame(f.PostProcessor); err != nil {
		return nil, err
	}
	t.surface = surface(f)
	t.unicode = followsUnicode(f.Normalizer) && followsUnicode(f.PreTokenizer) && isUnigram(t.model)
	if err := t.check(); err != nil {
		return nil, err
	}
	return t, nil
}

// file is a tokenizer.json. Truncation and padding are left out on purpose:
// who uses the tokenizer has a window of its own, and a text that is cut in
// silence is one whose end nobody looks at.
type file struct {
	AddedTokens   []added         `json:"added_tokens"`
	Normalizer    *component      `json:"normalizer"`
	PreTokenizer  *component      `json:"pre_tokenizer"`
	PostProcessor *component      `json:"post_processor"`
	Model         json.RawMessage `json:"model"`
}

// Unicode tells whether any UTF-8 is cut as the model was trained on it, and not
// ASCII alone.
func (t *Tokenizer) Unicode() bool { return t.unicode }

// followsUnicode tells whether a normalizer or pre-tokenizer does here to every
// character what it does in the Python library.
func followsUnicode(c *component) bool {
	if c == nil {
		return true
	}
	for _, child := range slices.Concat(c.Normalizers, c.PreTokenizers) {
		if !followsUnicode(&child) {
			return false
		}
	}
	return slices.Contains([]string{"Sequence", "Precompiled", "Replace", "Strip", "Prepend", "WhitespaceSplit", "Metaspace"}, c.Type)
}

func isUnigram(m model) bool {
	_, ok := m.(*unigram)
	return ok
}

// characters are the text's, each with its place. What is not UTF-8, and where
// text has to be ASCII what is not ASCII, is a character that no model knows.
func (t *Tokenizer) characters(text string) []char {
	chars := make([]char, 0, len(text))
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r = utf8.RuneError
			if t.unicode {
				r, size = utf8.DecodeRuneInString(text[i:])
			}
		}
		chars = append(chars, char{r, int32(i), int32(i + size)})
		i += size
	}
	return chars
}

// Encode cuts a text: UTF-8 if the tokenizer is for [Tokenizer.Unicode],
// otherwise ASCII.
func (t *Tokenizer) Encode(text string) Encoding {
	chars := t.characters(text)
	tokens := make([]token, 0, len(text)/3+4)
	for _, part := range cut(chars, t.raw) {
		if part.added {
			tokens = append(tokens, part.token)
			continue
		}
		rest := slices.Clone(part.chars)
		for _, step := range t.normalize {
			rest = step(rest)
		}
		for _, part := range cut(rest, t.normalized) {
			if part.added {
				tokens = append(tokens, part.token)
				continue
			}
			for _, word := range t.words(part.chars) {
				tokens = t.model.tokens(word, tokens)
			}
		}
	}
	return t.framed(tokens, len(text))
}

func (t *Tokenizer) words(chars []char) [][]char {
	words := [][]char{chars}
	for _, split := range t.split {
		var finer [][]char
		for _, w := range words {
			if len(w) == 0 {
				continue
			}
			for _, part := range split(w) {
				if len(part) > 0 {
					finer = append(finer, part)
				}
			}
		}
		words = finer
	}
	return words
}

func (t *Tokenizer) framed(tokens []token, end int) Encoding {
	n := len(t.before) + len(tokens) + len(t.behind)
	e := Encoding{
		IDs: make([]uint32, 0, n), TypeIDs: make([]uint32, 0, n),
		Offsets: make([][2]int, 0, n), Frame: make([]bool, 0, n),
	}
	add := func(id, typeID uint32, start, end int, frame bool) {
		e.IDs = append(e.IDs, id)
		e.TypeIDs = append(e.TypeIDs, typeID)
		e.Offsets = append(e.Offsets, [2]int{start, end})
		e.Frame = append(e.Frame, frame)
	}
	for _, f := range t.before {
		add(f.id, f.typeID, 0, 0, true)
	}
	for _, k := range tokens {
		add(k.id, t.text, int(k.start), int(k.end), false)
	}
	for _, f := range t.behind {
		add(f.id, f.typeID, end, end, true)
	}
	return e
}

// LargestID returns the largest id that Encode can return.
func (t *Tokenizer) LargestID() uint32 { return t.largest }

// content returns what a token stands for in a text, without markers for pieces
// within a word, and in the normalizer's case. It returns false for tokens that
// stand for no text or for what the model does not know.
func (t *Tokenizer) content(id uint32) (string, bool) {
	s, ok := t.model.content(id)
	if !ok {
		return "", false
	}
	return t.surface(s), true
}

// frame reads the post-processor.
func (t *Tokenizer) frame(c *component) error {
	if c == nil {
		return nil
	}
	switch c.Type {
	case "ByteLevel": // moves offsets alone
		return nil
	case "Sequence":
		for _, child := range c.Processors {
			if err := t.frame(&child); err != nil {
				return err
			}
		}
		return nil
	case "BertProcessing", "RobertaProcessing":
		cls, err := tuple(c.Cls)
		if err != nil {
			return err
		}
		sep, err := tuple(c.Sep)
		t.before, t.behind = append(t.before, framing{id: cls}), append(t.behind, framing{id: sep})
		t.largest = max(t.largest, cls, sep)
		return err
	case "TemplateProcessing":
		return t.template(c)
	}
	return unknown("post_processor", c.Type)
}

func (t *Tokenizer) template(c *component) error {
	seen := false
	var before, behind []framing
	for _, item := range c.Single {
		switch {
		case item.Sequence != nil && !seen:
			seen, t.text = true, item.Sequence.TypeID
		case item.SpecialToken != nil:
			special, ok := c.SpecialTokens[item.SpecialToken.ID]
			if !ok {
				return fmt.Errorf("its post_processor uses the token %q without saying what it is", item.SpecialToken.ID)
			}
			for _, id := range special.IDs {
				t.largest = max(t.largest, id)
				if f := (framing{id, item.SpecialToken.TypeID}); seen {
					behind = append(behind, f)
				} else {
					before = append(before, f)
				}
			}
		default:
			return errors.New("its post_processor has a template with more than one text")
		}
	}
	if !seen {
		return errors.New("its post_processor has a template without the text")
	}
	t.before, t.behind = append(before, t.before...), append(t.behind, behind...)
	return nil
}

func tuple(raw []json.RawMessage) (id uint32, err error) {
	if len(raw) != 2 || json.Unmarshal(raw[1], &id) != nil {
		return 0, errors.New("its post_processor names no id for one of its tokens")
	}
	return id, nil
}

func unknown(part, kind string) error {
	return fmt.Errorf("its %s is of type %q, which is not known here", part, kind)
}
