package transformer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"switchboard/internal/transformer/subword"
)

// readTokenizer reads the directory's tokenizer, and refuses one that knows
// tokens that the model does not: they would end a batch, or be read as others.
func (d Directory) readTokenizer() (*subword.Tokenizer, error) {
	raw, err := os.ReadFile(filepath.Join(d.Path, "tokenizer.json"))
	if err != nil {
		return nil, err
	}
	t, err := subword.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("its tokenizer.json cannot be followed: %w", err)
	}
	if n := t.LargestID(); d.vocabulary > 0 && int(n) >= d.vocabulary {
		return nil, fmt.Errorf("its tokenizer.json has tokens up to number %d, but by config.json the model has only %d", n, d.vocabulary)
	}
	return t, nil
}

// Unicode tells whether the model reads text as it is. Otherwise it has to be
// folded, see [Fold].
func (m *Model) Unicode() bool { return m.tokenizer.Unicode() }

// Tokenize cuts text, as [Fold] returns it or for [Model.Unicode] any, into the
// model's tokens, those that the model frames it with included. It does not look
// at how many there are. An error is a panic in the tokenizer.
func (m *Model) Tokenize(text string) (input Input, err error) {
	defer recoverTo(&err)
	e := m.tokenizer.Encode(text)
	n := len(e.IDs)
	input = Input{
		Raw:               text,
		TokenIDs:          e.IDs,
		TypeIDs:           e.TypeIDs,
		AttentionMask:     make([]uint32, n),
		SpecialTokensMask: make([]uint32, n),
		Offsets:           make([][2]uint, n),
		MaxAttentionIndex: n - 1,
	}
	for i, at := range e.Offsets {
		input.AttentionMask[i] = 1
		if e.Frame[i] {
			input.SpecialTokensMask[i] = 1
		}
		// A space that is a token of its own is the first piece of the word
		// behind it, and in many models the one that has the word's label.
		if i+1 < n && text[at[0]:at[1]] == " " && e.Offsets[i+1][0] == at[1] && !e.Frame[i+1] {
			at[1]++
		}
		input.Offsets[i] = [2]uint{uint(at[0]), uint(at[1])}
	}
	return input, nil
}

// Cut returns the input with at most n tokens: the frame around the text stays,
// and of the text the beginning.
func Cut(input Input, n int) Input {
	excess := len(input.TokenIDs) - n
	if excess <= 0 {
		return input
	}
	behind := len(input.TokenIDs) // where the frame behind the text begins
	for behind > 0 && input.SpecialTokensMask[behind-1] > 0 {
		behind--
	}
	from := max(0, behind-excess)
	input.TokenIDs = slices.Delete(input.TokenIDs, from, behind)
	input.TypeIDs = slices.Delete(input.TypeIDs, from, behind)
	input.AttentionMask = slices.Delete(input.AttentionMask, from, behind)
	input.SpecialTokensMask = slices.Delete(input.SpecialTokensMask, from, behind)
	input.Offsets = slices.Delete(input.Offsets, from, behind)
	input.MaxAttentionIndex = len(input.TokenIDs) - 1
	return input
}
