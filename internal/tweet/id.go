package tweet

import "strings"

// form tells in which shape an id was found.
type form uint8

const (
	// whole: digits only, as it should be.
	whole form = iota
	// absent: nothing there.
	absent
	// fractional: a data frame has written 3 as 3.0.
	fractional
	// damaged: a spreadsheet has put separators into the number, 155157 as
	// 155,157 or, the Indian way, as 1,55,157.
	damaged
	// unreadable: anything else.
	unreadable
)

// parseID reads a tweet's id. Ids are not negative; the value of an absent or
// unreadable one is -1.
func parseID(s string) (int64, form) {
	if id, ok := digits(s); ok {
		return id, whole
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return -1, absent
	}
	form := whole
	if integer, fraction, ok := strings.Cut(s, "."); ok {
		if strings.Trim(fraction, "0") != "" {
			return -1, unreadable
		}
		s, form = integer, fractional
	}
	if grouped(s) {
		s, form = strings.ReplaceAll(s, ",", ""), damaged
	}
	if id, ok := digits(s); ok {
		return id, form
	}
	return -1, unreadable
}

// digits reads a number of 1 to 19 ASCII digits that fits an int64.
func digits(s string) (int64, bool) {
	if len(s) == 0 || len(s) > 19 {
		return -1, false
	}
	var n uint64
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return -1, false
		}
		n = n*10 + uint64(d)
	}
	// 19 digits fit a uint64, so nothing has wrapped around.
	return int64(n), n < 1<<63
}

// grouped tells whether s looks like one number with separators: one to three
// digits, then groups of two or three, the last of three.
func grouped(s string) bool {
	first, rest, ok := strings.Cut(s, ",")
	if !ok || len(first) > 3 || !isNumber(first) {
		return false
	}
	for {
		group, more, ok := strings.Cut(rest, ",")
		if !isNumber(group) || len(group) > 3 || len(group) < 2 {
			return false
		}
		if !ok {
			return len(group) == 3
		}
		rest = more
	}
}

// isNumber tells whether s consists of ASCII digits and has at least one.
func isNumber(s string) bool {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return s != ""
}

// isCustomer tells whether an author is a customer: their names were replaced
// by numbers when the data was published, companies kept their handles. A
// data frame may have made the number fractional.
func isCustomer(author string) bool {
	return isNumber(strings.TrimSuffix(author, ".0"))
}

// appendIDs appends the ids in a comma list to ids, and tells the worst form
// met among them.
//
// A list whose commas could as well be a spreadsheet's (100,101,102) is read
// as a list and called damaged: which of the two it was cannot be told.
func appendIDs(ids []int64, list string) ([]int64, form) {
	if list == "" {
		return ids, absent
	}
	worst := whole
	if id, ok := digits(list); ok {
		return append(ids, id), worst
	}
	if grouped(list) {
		worst = damaged
	}
	for part := range strings.SplitSeq(list, ",") {
		id, form := parseID(part)
		if form != absent && form != unreadable {
			ids = append(ids, id)
		}
		if form != absent {
			worst = max(worst, form)
		}
	}
	return ids, worst
}
