package tweet

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// learn finds out what stands before the ids of a table from some cells of a
// column: a prefix that more than half of those that are there have, and atLeast
// of them. With another one an id could be another table's.
func (r *idReader) learn(cells []string, atLeast int) {
	counts := make(map[string]int)
	n := 0
	for _, cell := range cells {
		cell = unwrap(asciiSpelling(strings.TrimSpace(cell)))
		if cell == "" || isNothing(cell) {
			continue
		}
		n++
		if isDigit(cell[0]) && isNumber(cell) {
			continue
		}
		for _, prefix := range prefixes(cell) {
			counts[prefix]++
		}
	}
	for prefix, count := range counts {
		// Of ID_1 and ID_2 both "id_" is common; of a-1 and a-2 only "a-".
		if 2*count > n && count >= atLeast && len(prefix) > len(r.prefix) {
			r.prefix = prefix
		}
	}
}

// maxPrefix bounds a prefix; the longest is the address of a tweet.
const maxPrefix = 120

// prefixes returns what may be the prefix of an id: what stands before its
// first digit, and what stands before its last number.
func prefixes(cell string) []string {
	if len(cell) > maxPrefix+20 {
		return nil
	}
	var all []string
	first := strings.IndexFunc(cell, func(c rune) bool { return c >= '0' && c <= '9' })
	last := len(cell)
	for last > 0 && isDigit(cell[last-1]) {
		last--
	}
	for _, at := range []int{first, last} {
		if at < 1 || at >= len(cell) {
			continue
		}
		prefix := normalPrefix(cell[:at])
		if _, ok := tail(cell[at:]); ok && isPrefix(prefix) && !slices.Contains(all, prefix) {
			all = append(all, prefix)
		}
	}
	return all
}

// normalPrefix makes one of the addresses of all authors' tweets.
func normalPrefix(prefix string) string {
	prefix = strings.ToLower(prefix)
	if strings.Contains(prefix, "://") && (strings.HasSuffix(prefix, "/status/") || strings.HasSuffix(prefix, "/statuses/")) {
		return "/status/"
	}
	return prefix
}

// isPrefix tells what can stand before an id: something with a letter or a #
// at its beginning, and not a decimal point or a sign at its end.
func isPrefix(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	last := s[len(s)-1]
	if s == "/status/" {
		return true
	}
	if !unicode.IsLetter(first) && first != '#' && first != '№' {
		return false
	}
	return last >= utf8.RuneSelf || unicode.IsLetter(rune(last)) || strings.IndexByte("_-:#/.= ", last) >= 0
}

// tail reads the number behind a prefix.
func tail(s string) (int64, bool) {
	integer, fraction, _ := strings.Cut(s, ".")
	if strings.Trim(fraction, "0") != "" {
		return -1, false
	}
	return digits(integer)
}

// prefixed reads an id behind the table's prefix.
func (r *idReader) prefixed(s string) (int64, form) {
	for _, at := range []int{len(r.prefix), strings.LastIndexByte(s, '/') + 1} {
		if at < 1 || at >= len(s) || normalPrefix(s[:at]) != r.prefix {
			continue
		}
		if id, ok := tail(s[at:]); ok {
			return id, unusual
		}
	}
	return -1, unreadable
}
