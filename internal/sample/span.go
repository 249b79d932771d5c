package sample

import (
	"strings"
	"unicode/utf8"
)

// Kind is what kind of personal detail was planted.
type Kind string

// The kinds that are planted.
const (
	Person   Kind = "Person"
	Initials Kind = "Initials"
	Email    Kind = "Email"
	Phone    Kind = "Phone"
	Booking  Kind = "Booking"
	Card     Kind = "Card"
	IBAN     Kind = "IBAN"
)

// Span is a personal detail in a row's text.
type Span struct {
	Kind Kind
	// Start and End are byte offsets into the text as it stands in the file,
	// its quotes and escapes undone; End is exclusive.
	Start, End int
}

// While a text is being made, details are enclosed in control characters,
// which no later step (noise, escapes, cuts) can shift: the offsets are taken
// at the very end.
const (
	person byte = 0x10 + iota
	initials
	email
	phone
	booking
	card
	iban
	closing
)

var kindOf = [...]Kind{Person, Initials, Email, Phone, Booking, Card, IBAN}

func mark(kind byte, s string) string {
	return string(kind) + s + string(closing)
}

// isMark tells whether c opens or closes a detail.
func isMark(c byte) bool { return c >= person && c <= closing }

// unmark takes the marks out and returns where they stood.
func unmark(marked string) (string, []Span) {
	var b strings.Builder
	var spans []Span
	for i := range len(marked) {
		switch c := marked[i]; {
		case c == closing:
			spans[len(spans)-1].End = b.Len()
		case isMark(c):
			spans = append(spans, Span{Kind: kindOf[c-person], Start: b.Len()})
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), spans
}

// visible counts the characters of a marked text as readers see them.
func visible(marked string) int {
	n := utf8.RuneCountInString(marked)
	for i := range len(marked) {
		if isMark(marked[i]) {
			n--
		}
	}
	return n
}
