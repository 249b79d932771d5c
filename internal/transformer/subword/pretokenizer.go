package subword

import (
	"errors"
	"fmt"
	"unicode"
)

// splitters reads a pre-tokenizer as a row of cuts.
func splitters(c *component) ([]splitter, error) {
	if c == nil {
		return nil, nil
	}
	switch c.Type {
	case "Sequence":
		var all []splitter
		for _, child := range c.PreTokenizers {
			more, err := splitters(&child)
			if err != nil {
				return nil, err
			}
			all = append(all, more...)
		}
		return all, nil
	case "BertPreTokenizer":
		return []splitter{splitWhere(unicode.IsSpace, "Removed"), splitWhere(isPunctuation, "Isolated")}, nil
	case "WhitespaceSplit":
		return []splitter{splitWhere(unicode.IsSpace, "Removed")}, nil
	case "Whitespace":
		find, err := (&pattern{Regex: `\w+|[^\w\s]+`}).find()
		return []splitter{splitFound(find, "Removed", true)}, err
	case "Punctuation":
		behavior, err := c.behavior("Isolated")
		return []splitter{splitWhere(isPunctuation, behavior)}, err
	case "Digits":
		if c.IndividualDigits {
			return []splitter{splitWhere(unicode.IsNumber, "Isolated")}, nil
		}
		return []splitter{splitWhere(unicode.IsNumber, "Contiguous")}, nil
	case "Split":
		behavior, err := c.behavior("")
		if err != nil {
			return nil, err
		}
		find, err := c.Pattern.find()
		if err != nil {
			return nil, fmt.Errorf("its pre_tokenizer splits text: %w", err)
		}
		return []splitter{splitFound(find, behavior, c.Invert)}, nil
	case "Metaspace":
		return metaspace(c)
	case "ByteLevel":
		return byteLevel(c)
	}
	return nil, unknown("pre_tokenizer", c.Type)
}

func (c *component) behavior(def string) (string, error) {
	b := c.Behavior
	if b == "" {
		b = def
	}
	switch b {
	case "Removed", "Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext":
		return b, nil
	}
	return "", fmt.Errorf("its pre_tokenizer splits with the behaviour %q, which is not known here", c.Behavior)
}

// metaspace marks spaces with a visible character and cuts in front of it.
func metaspace(c *component) ([]splitter, error) {
	marker := []rune(c.Replacement)
	if len(marker) != 1 {
		return nil, fmt.Errorf("its pre_tokenizer marks spaces with %q instead of one character", c.Replacement)
	}
	first, always := false, false
	switch c.PrependScheme {
	case "always", "":
		always = true
	case "first":
		first = true
	case "never":
	default:
		return nil, fmt.Errorf("its pre_tokenizer has the prepend_scheme %q, which is not known here", c.PrependScheme)
	}
	if c.AddPrefixSpace != nil && !*c.AddPrefixSpace && (first || always) {
		return nil, errors.New("its pre_tokenizer contradicts itself: add_prefix_space is false, and prepend_scheme is not never")
	}
	mark := func(chars []char) [][]char {
		for i := range chars {
			if chars[i].r == ' ' {
				chars[i].r = marker[0]
			}
		}
		if chars[0].r != marker[0] && (always || first && chars[0].start == 0) {
			chars = prepend(marker)(chars)
		}
		return [][]char{chars}
	}
	if !or(c.Split, true) {
		return []splitter{mark}, nil
	}
	return []splitter{mark, splitWhere(func(r rune) bool { return r == marker[0] }, "MergedWithNext")}, nil
}

// byteLevel cuts into words with their space in front, and gives each byte a
// visible character.
func byteLevel(c *component) ([]splitter, error) {
	var all []splitter
	if or(c.AddPrefixSpace, true) {
		all = append(all, func(chars []char) [][]char {
			if chars[0].r != ' ' {
				chars = prepend([]rune{' '})(chars)
			}
			return [][]char{chars}
		})
	}
	if or(c.UseRegex, true) {
		find, err := (&pattern{Regex: gpt2}).find()
		if err != nil {
			return nil, err
		}
		all = append(all, splitFound(find, "Isolated", false))
	}
	return append(all, func(chars []char) [][]char {
		out := make([]char, 0, len(chars))
		for _, c := range chars {
			for _, b := range []byte(string(c.r)) {
				out = append(out, char{byteRune[b], c.start, c.end})
			}
		}
		return [][]char{out}
	}), nil
}

// byteRune is GPT-2's visible character for each byte.
var byteRune = func() (runes [256]rune) {
	hidden := rune(256)
	for b := range runes {
		if r := rune(b); '!' <= r && r <= '~' || 0xA1 <= r && r <= 0xAC || 0xAE <= r {
			runes[b] = r
		} else {
			runes[b] = hidden
			hidden++
		}
	}
	return runes
}()

func isPunctuation(r rune) bool {
	if r < 0x80 {
		return '!' <= r && r <= '/' || ':' <= r && r <= '@' || '[' <= r && r <= '`' || '{' <= r && r <= '~'
	}
	return unicode.IsPunct(r)
}

// splitWhere cuts at single characters.
func splitWhere(is func(rune) bool, behavior string) splitter {
	return splitFound(func(chars []char) (matches [][2]int) {
		for i, c := range chars {
			if is(c.r) {
				matches = append(matches, [2]int{i, i + 1})
			}
		}
		return matches
	}, behavior, false)
}

// splitFound cuts at what is found, and does with it what the behaviour says.
// If invert is set, what is found is the words.
func splitFound(find finder, behavior string, invert bool) splitter {
	return func(chars []char) [][]char {
		type piece struct {
			start, end int
			at         bool // it is cut at this one
		}
		var pieces []piece
		from := 0
		for _, m := range find(chars) {
			if from < m[0] {
				pieces = append(pieces, piece{from, m[0], invert})
			}
			pieces = append(pieces, piece{m[0], m[1], !invert})
			from = m[1]
		}
		if from < len(chars) {
			pieces = append(pieces, piece{from, len(chars), invert})
		}
		var out [][]char
		open := false // the next piece goes to the one before
		for i, p := range pieces {
			join := false
			switch behavior {
			case "Removed":
				if p.at {
					continue
				}
			case "Contiguous":
				join = i > 0 && pieces[i-1].at == p.at
			case "MergedWithPrevious":
				join = i > 0 && p.at && !pieces[i-1].at
			case "MergedWithNext":
				join = open && !p.at
				open = p.at
			}
			if n := len(out); join && n > 0 {
				out[n-1] = out[n-1][:len(out[n-1])+p.end-p.start]
				continue
			}
			out = append(out, chars[p.start:p.end])
		}
		return out
	}
}
