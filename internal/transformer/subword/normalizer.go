package subword

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"unicode"
)

// normalizers reads a normalizer as a row of steps. On ASCII most Unicode
// normal forms change nothing.
func normalizers(c *component) ([]step, error) {
	if c == nil {
		return nil, nil
	}
	switch c.Type {
	case "Sequence":
		var all []step
		for _, child := range c.Normalizers {
			steps, err := normalizers(&child)
			if err != nil {
				return nil, err
			}
			all = append(all, steps...)
		}
		return all, nil
	case "NFC", "NFD", "NFKC", "NFKD", "StripAccents":
		return nil, nil
	case "Lowercase":
		return []step{lower}, nil
	case "BertNormalizer":
		var steps []step
		if or(c.CleanText, true) {
			steps = append(steps, clean)
		}
		if or(c.Lowercase, true) {
			steps = append(steps, lower)
		}
		return steps, nil
	case "Nmt":
		return []step{nmt}, nil
	case "Precompiled":
		return precompiled(c.CharacterMap)
	case "Strip":
		return []step{strip(or(c.StripLeft, true), or(c.StripRight, true))}, nil
	case "Prepend":
		return []step{prepend([]rune(c.Prepend))}, nil
	case "Replace":
		find, err := c.Pattern.find()
		if err != nil {
			return nil, fmt.Errorf("its normalizer replaces text: %w", err)
		}
		return []step{replace(find, []rune(c.Content))}, nil
	}
	return nil, unknown("normalizer", c.Type)
}

// each makes a step of a function from one character to one, or to none if it
// returns -1.
func each(f func(rune) rune) step {
	return func(chars []char) []char {
		out := chars[:0]
		for _, c := range chars {
			if c.r = f(c.r); c.r >= 0 {
				out = append(out, c)
			}
		}
		return out
	}
}

var lower = each(unicode.ToLower)

// clean does BERT's cleaning: control characters go, white space is spaces.
var clean = each(func(r rune) rune {
	switch {
	case r == '\t' || r == '\n' || r == '\r' || r == ' ':
		return ' '
	case r < ' ' || r == 0x7F || r == '\uFFFD':
		return -1
	}
	return r
})

var nmt = each(func(r rune) rune {
	switch {
	case r == '\t' || r == '\n' || r == '\f' || r == '\r':
		return ' '
	case 1 <= r && r < ' ' || r == 0x7F:
		return -1
	}
	return r
})

func strip(left, right bool) step {
	return func(chars []char) []char {
		for left && len(chars) > 0 && unicode.IsSpace(chars[0].r) {
			chars = chars[1:]
		}
		for right && len(chars) > 0 && unicode.IsSpace(chars[len(chars)-1].r) {
			chars = chars[:len(chars)-1]
		}
		return chars
	}
}

// prepend puts runes in front of text. They stand for its first character, as
// in the Python library.
func prepend(runes []rune) step {
	return func(chars []char) []char {
		if len(chars) == 0 {
			return chars
		}
		out := make([]char, 0, len(runes)+len(chars))
		for _, r := range runes {
			out = append(out, char{r, chars[0].start, chars[0].end})
		}
		return append(out, chars...)
	}
}

// replace puts content in the place of what is found. Each of its runes stands
// for the last character that was there, as in the Python library.
func replace(find finder, content []rune) step {
	return func(chars []char) []char {
		matches := find(chars)
		if len(matches) == 0 {
			return chars
		}
		out := make([]char, 0, len(chars)+len(matches)*len(content))
		from := 0
		for _, m := range matches {
			out = append(out, chars[from:m[0]]...)
			for _, r := range content {
				out = append(out, char{r, chars[m[1]-1].start, chars[m[1]-1].end})
			}
			from = m[1]
		}
		return append(out, chars[from:]...)
	}
}

// precompiled reads SentencePiece's map of characters, of which the 128 of
// ASCII are all that is wanted: a trie as a double array (Darts), and the texts
// that it points at.
func precompiled(encoded string) ([]step, error) {
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("its normalizer has a map of characters that is not base64: %w", err)
	}
	if len(raw) < 4 {
		return nil, nil // SentencePiece's "identity" has none
	}
	size := int(binary.LittleEndian.Uint32(raw))
	if size%4 != 0 || size > len(raw)-4 {
		return nil, fmt.Errorf("its normalizer has a map of characters of %d bytes that says it has %d", len(raw)-4, size)
	}
	become, err := replacements(raw[4:4+size], raw[4+size:])
	if err != nil {
		return nil, err
	}
	return []step{func(chars []char) []char {
		out := make([]char, 0, len(chars))
		for i, c := range chars {
			if c.r >= 128 || become[c.r] == nil {
				out = append(out, c)
				continue
			}
			if c.r == '\n' && i > 0 && chars[i-1].r == '\r' && become['\r'] != nil {
				// The two are one character to it, and it looks at the first.
				if n := len(out); n > 0 {
					out[n-1].end = c.end
				}
				continue
			}
			for _, r := range *become[c.r] {
				out = append(out, char{r, c.start, c.end})
			}
		}
		return out
	}}, nil
}

// replacements reads what becomes of each ASCII character, from a double-array trie
// whose leaves are offsets into texts that end with a zero. What stays has none.
func replacements(trie, texts []byte) (become [128]*string, err error) {
	unit := func(i uint32) (uint32, bool) {
		if int(i)*4+4 > len(trie) {
			return 0, false
		}
		return binary.LittleEndian.Uint32(trie[i*4:]), true
	}
	offset := func(u uint32) uint32 { return (u >> 10) << ((u & (1 << 9)) >> 6) }
	root, _ := unit(0)
	for c := uint32(1); c < 128; c++ {
		at := offset(root) ^ c
		u, ok := unit(at)
		if !ok || u&0x800000FF != c || u>>8&1 == 0 {
			continue
		}
		leaf, ok := unit(at ^ offset(u))
		if begin := int(leaf & 0x7FFFFFFF); ok && begin < len(texts) {
			s := ""
			for i := begin; i < len(texts) && texts[i] != 0; i++ {
				s += string(rune(texts[i]))
				if texts[i] >= 0x80 {
					return become, fmt.Errorf("its normalizer makes something else of the character %q than ASCII", rune(c))
				}
			}
			become[c] = &s
		}
	}
	return become, nil
}
