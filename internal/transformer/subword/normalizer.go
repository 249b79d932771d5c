package subword

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"unicode"

	"github.com/rivo/uniseg"
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

// precompiled reads SentencePiece's map of characters: a trie as a double array
// (Darts), and the texts that it points at.
//
// Like the Python library it looks up what a reader takes for one character, be
// it of several runes, and takes the shortest beginning that the map has.
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
	return []step{characterMap{raw[4 : 4+size], raw[4+size:]}.replace}, nil
}

// characterMap is the trie, and texts that end with a zero each.
type characterMap struct{ trie, texts []byte }

// longestCluster is how many bytes a cluster of runes may have to be looked up
// as one.
const longestCluster = 5

func (m characterMap) replace(chars []char) []char {
	out := make([]char, 0, len(chars))
	s, at := text(chars)
	for from, state := 0, -1; from < len(s); {
		var cluster string
		cluster, _, _, state = uniseg.FirstGraphemeClusterInString(s[from:], state)
		part := chars[at(from):at(from+len(cluster))]
		from += len(cluster)
		if len(cluster) <= longestCluster {
			if become, ok := m.find(cluster); ok {
				out = stand(out, become, part)
				continue
			}
		}
		for i, c := range part {
			if become, ok := m.find(string(c.r)); ok {
				out = stand(out, become, part[i:i+1])
			} else {
				out = append(out, c)
			}
		}
	}
	return out
}

// stand appends the runes of s, each of which stands for all of part.
func stand(out []char, s string, part []char) []char {
	for _, r := range s {
		out = append(out, char{r, part[0].start, part[len(part)-1].end})
	}
	return out
}

// find returns what becomes of the shortest beginning of s that the map has,
// false if it has none.
func (m characterMap) find(s string) (string, bool) {
	unit := func(i uint32) uint32 {
		if int64(i)*4+4 > int64(len(m.trie)) {
			return 0
		}
		return binary.LittleEndian.Uint32(m.trie[i*4:])
	}
	offset := func(u uint32) uint32 { return (u >> 10) << ((u & (1 << 9)) >> 6) }
	node := offset(unit(0))
	for _, c := range []byte(s) {
		u := unit(node ^ uint32(c))
		if c == 0 || u&0x800000FF != uint32(c) {
			return "", false
		}
		node ^= uint32(c) ^ offset(u)
		if u>>8&1 == 0 {
			continue
		}
		begin := int(unit(node) & 0x7FFFFFFF)
		if begin >= len(m.texts) {
			return "", false
		}
		become, _, _ := bytes.Cut(m.texts[begin:], []byte{0})
		return string(become), true
	}
	return "", false
}
