package ner

import (
	"context"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"switchboard/internal/anonymize/gazetteer"
	"switchboard/internal/transformer"
)

// row is what the model sees at once: a window of a text, folded and cut into
// tokens.
type row struct {
	text  int // index of the text
	input transformer.Input
	// origin holds for every byte of the folded text, and for its end,
	// where in the original text it comes from; nil means the same place.
	origin []int
	// from is where the window begins in the folded text.
	from int
}

// original returns the place in the original text of a place in the window.
func (r row) original(pos int) int {
	if r.origin == nil {
		return r.from + pos
	}
	return r.origin[r.from+pos]
}

// overlap is how many tokens two windows share: a name that one window cuts is
// whole in the next.
const overlap = 16

// bytesPerToken bounds how much text is cut into tokens at once. English has
// four to five bytes a token; where there are fewer, a window is shorter.
const bytesPerToken = 8

// rows folds the texts and cuts them into windows and tokens.
func (r *Recognizer) rows(ctx context.Context, texts []string) ([]row, error) {
	const piece = 256
	pieces := make([][]row, (len(texts)+piece-1)/piece)
	g, running := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for p := range pieces {
		g.Go(func() error {
			if err := running.Err(); err != nil {
				return err
			}
			for i := p * piece; i < min((p+1)*piece, len(texts)); i++ {
				more, err := r.windows(i, texts[i])
				if err != nil {
					return err
				}
				pieces[p] = append(pieces[p], more...)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var rows []row
	for _, more := range pieces {
		rows = append(rows, more...)
	}
	return rows, nil
}

// windows cuts one text, at the ends of words where it has any. It tokenizes a
// bounded piece at a time, because the cost of some tokenizers grows with the
// square of their input.
func (r *Recognizer) windows(index int, s string) (rows []row, err error) {
	folded, origin := transformer.Fold(s)
	for from := 0; from < len(folded); {
		end := min(len(folded), from+r.maxTokens*bytesPerToken)
		if end < len(folded) {
			end = wordEnd(folded, from, end)
		}
		input, err := r.tokenize(folded[from:end])
		for err == nil && len(input.TokenIDs) > r.maxTokens {
			end = from + r.fitting(input)
			input, err = r.tokenize(folded[from:end])
		}
		if err != nil {
			return nil, err
		}
		if hasLetter(folded[from:end]) {
			rows = append(rows, row{text: index, input: input, origin: origin, from: from})
		}
		if end == len(folded) {
			break
		}
		from = next(input, folded, from, end)
	}
	return rows, nil
}

func (r *Recognizer) tokenize(folded string) (transformer.Input, error) {
	input, err := r.model.Tokenize(folded)
	if err == nil && r.typed {
		setTypes(&input)
	}
	return input, err
}

// letterCases is how many numbers letterCase returns.
const letterCases = 6

// setTypes makes the token types say how each token is written, for a model that
// sees lower-case tokens (becky, Becky, BECKY), and what the gazetteer knows of
// the word that the token is a piece of.
func setTypes(input *transformer.Input) {
	end, kind := 0, gazetteer.Unlisted // of the word at hand
	for i, at := range input.Offsets {
		if input.SpecialTokensMask[i] > 0 {
			continue
		}
		switch from := int(at[0]); {
		case !isWord(input.Raw[from]):
			kind = gazetteer.Unlisted
		case from >= end:
			var start int
			start, end = wordAt(input.Raw, from)
			kind = gazetteer.Of(strings.ToLower(input.Raw[start:end]))
		}
		input.TypeIDs[i] = letterCase(input.Raw[at[0]:at[1]]) + letterCases*uint32(kind)
	}
}

// letterCase tells how a piece of ASCII is written. tools/ner/model.py trains
// with the same numbers.
func letterCase(s string) uint32 {
	letters, upper, first := 0, 0, false
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z':
			letters++
		case 'A' <= c && c <= 'Z':
			first = first || letters == 0
			letters++
			upper++
		}
	}
	switch {
	case letters == 0:
		return 0
	case upper == 0:
		return 1
	case letters == 1:
		return 2
	case upper == letters:
		return 4
	case upper == 1 && first:
		return 3
	}
	return 5
}

// fitting returns how many bytes of the input make a window: as many tokens as
// it may have, back to the end of a word.
func (r *Recognizer) fitting(input transformer.Input) int {
	special := 0
	for _, m := range input.SpecialTokensMask {
		special += int(m)
	}
	room := max(1, r.maxTokens-special)
	end, n := 1, 0
	for i, token := range input.Offsets {
		if input.SpecialTokensMask[i] > 0 {
			continue
		}
		if n++; n > room {
			break
		}
		end = max(end, int(token[1]))
	}
	// Tokens of a piece cut elsewhere may be more, so it has to get shorter
	// each time.
	end = min(end, len(input.Raw)-1)
	return max(1, wordEnd(input.Raw, 0, end))
}

// wordEnd moves end back to the end of a word, but not over more than half of
// the way to from: a word that long is cut.
func wordEnd(s string, from, end int) int {
	for at := end; at > from+(end-from)/2; at-- {
		if !isWord(s[at]) || !isWord(s[at-1]) {
			return at
		}
	}
	return end
}

// next returns where the window behind this one begins: overlap tokens before
// its end, at the beginning of a word, and never where this one began.
func next(input transformer.Input, folded string, from, end int) int {
	n := 0
	for i := len(input.Offsets) - 1; i >= 0; i-- {
		if input.SpecialTokensMask[i] > 0 {
			continue
		}
		if n++; n > min(overlap, len(input.Offsets)/2) {
			start, _ := wordAt(folded, from+int(input.Offsets[i][0]))
			if start > from {
				return start
			}
			break
		}
	}
	return end
}

func hasLetter(s string) bool {
	for i := range len(s) {
		if 'a' <= s[i]|0x20 && s[i]|0x20 <= 'z' {
			return true
		}
	}
	return false
}
