package anonymize

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// merge returns the spans in the order of the text, none overlapping another.
// Of spans that overlap one is made, as wide as all of them, with the kind,
// score and recognizer of the widest. Two persons with a single space or
// hyphen between them are one. Spans that do not fit the text are cut to it,
// and widened to whole characters.
func merge(s string, spans []Span) []Span {
	spans = slices.DeleteFunc(spans, func(sp Span) bool { return sp.Start >= sp.End || sp.Start >= len(s) || sp.End <= 0 })
	if len(spans) == 0 {
		return nil
	}
	for i := range spans {
		sp := &spans[i]
		sp.Start, sp.End = max(sp.Start, 0), min(sp.End, len(s))
		for sp.Start > 0 && !utf8.RuneStart(s[sp.Start]) {
			sp.Start--
		}
		for sp.End < len(s) && !utf8.RuneStart(s[sp.End]) {
			sp.End++
		}
	}
	slices.SortStableFunc(spans, func(a, b Span) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	out := spans[:1]
	widest := width(spans[0])
	for _, sp := range spans[1:] {
		last := &out[len(out)-1]
		if sp.Start >= last.End && !joins(s, *last, sp) {
			out = append(out, sp)
			widest = width(sp)
			continue
		}
		start, end := last.Start, max(last.End, sp.End)
		if width(sp) > widest {
			widest = width(sp)
			*last = sp
		}
		last.Start, last.End = start, end
	}
	return out
}

func width(sp Span) int { return sp.End - sp.Start }

func joins(s string, a, b Span) bool {
	if a.Kind != Person || b.Kind != Person {
		return false
	}
	gap := s[a.End:b.Start]
	return gap == "" || gap == " " || gap == "-"
}

// replace puts each span's kind in its place. The spans are as merge returns
// them.
func replace(s string, spans []Span) string {
	if len(spans) == 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8*len(spans))
	pos := 0
	for _, sp := range spans {
		b.WriteString(s[pos:sp.Start])
		b.WriteString(sp.Kind)
		pos = sp.End
	}
	b.WriteString(s[pos:])
	return b.String()
}
