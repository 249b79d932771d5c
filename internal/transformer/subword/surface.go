package subword

import "strings"

// surface makes the function that turns a token's string into the text that it
// stands for.
func surface(f file) func(string) string {
	var s struct {
		byteLevel bool
		marker    string
	}
	var look func(c *component)
	look = func(c *component) {
		if c == nil {
			return
		}
		for _, child := range c.PreTokenizers {
			look(&child)
		}
		switch c.Type {
		case "ByteLevel":
			s.byteLevel = true
		case "Metaspace":
			s.marker = c.Replacement
		}
	}
	look(f.PreTokenizer)
	return func(token string) string {
		if !s.byteLevel {
			marker := s.marker
			if marker == "" {
				marker = "▁"
			}
			return strings.ReplaceAll(token, marker, " ")
		}
		var b strings.Builder
		for _, r := range token {
			if c, ok := runeByte[r]; ok {
				b.WriteByte(c)
			} else {
				b.WriteRune(r)
			}
		}
		return b.String()
	}
}

// runeByte undoes byteRune.
var runeByte = func() map[rune]byte {
	m := make(map[rune]byte, len(byteRune))
	for b, r := range byteRune {
		m[r] = byte(b)
	}
	return m
}()
