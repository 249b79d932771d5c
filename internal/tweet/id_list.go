package tweet

import "strings"

// appendList appends the ids in a list to ids, and tells the worst form met
// among them.
//
// A list whose commas or blanks could as well be a spreadsheet's (100,101,102) is
// one id where the tweet's own id has such separators, and where a group begins with
// a zero (1 000 001), as no id does. Elsewhere it is read as a list and called
// damaged: which of the two it was cannot be told.
func (r *idReader) appendList(ids []int64, list string) ([]int64, form) {
	r.others = r.others[:0]
	if list == "" {
		return ids, absent
	}
	if id, ok := digits(list); ok {
		return append(ids, id), whole
	}
	if id, ok := r.oneID(list, ','); ok {
		return append(ids, id), unusual
	}
	before := len(ids)
	worst := whole
	for part := range strings.SplitSeq(list, ",") {
		id, ok := digits(part)
		if !ok {
			id, ok = digits(strings.TrimSpace(part))
		}
		if !ok && strings.TrimSpace(part) == "" {
			continue
		}
		if !ok {
			return r.appendOdd(ids[:before], list)
		}
		ids = append(ids, id)
	}
	if grouped(list, ',') {
		worst = damaged
	}
	if len(ids) == before {
		worst = absent
	}
	return ids, worst
}

// appendOdd reads a list in another spelling than digits and commas.
func (r *idReader) appendOdd(ids []int64, list string) ([]int64, form) {
	r.other = -1
	list = strings.TrimSpace(list)
	if isNothing(list) {
		return ids, nothing
	}
	plain := asciiSpelling(list)
	bare := unwrap(plain)
	if last := len(bare) - 1; last > 0 && bare[0] == '(' && bare[last] == ')' {
		bare = strings.TrimSpace(bare[1:last])
	}
	if bare == "" {
		return ids, absent
	}
	if isNothing(bare) {
		return ids, nothing
	}
	if id, form := r.parse(bare); form == unusual && strings.ContainsAny(bare, "eE") {
		// The comma is the decimal point of 1,00002E+05.
		return append(ids, id), unusual
	}
	for _, separator := range []byte(", ") {
		if id, ok := r.oneID(bare, separator); ok {
			return append(ids, id), unusual
		}
	}
	separators, worst := r.separators(bare)
	if worst == whole && bare != list {
		worst = unusual
	}
	parts := strings.FieldsFuncSeq(bare, func(c rune) bool { return strings.ContainsRune(separators, c) })
	for part := range parts {
		id, form := r.parse(part)
		if form.readable() {
			if form != whole && r.other >= 0 {
				r.others = append(r.others, otherID{len(ids), r.other})
			}
			ids = append(ids, id)
		}
		if form == damaged {
			// That it is no list is certain here, as the list has other separators.
			form = unusual
		}
		if form == nothing {
			form = unreadable
		}
		if form != absent {
			worst = max(worst, form)
		}
	}
	return ids, worst
}

// oneID reads a list that is one id with separators between its thousands.
func (r *idReader) oneID(list string, separator byte) (int64, bool) {
	if !grouped(list, separator) || r.groups != separator && (list[0] == '0' || !strings.Contains(list, string(separator)+"0")) {
		return -1, false
	}
	return digits(strings.ReplaceAll(list, string(separator), ""))
}

// separators returns the characters that part the ids of a list, and how sure that is.
func (r *idReader) separators(list string) (string, form) {
	switch {
	case strings.ContainsAny(list, ";|\n\t"):
		return ";|\n\t", unusual
	case strings.IndexByte(list, ',') >= 0 && grouped(list, ','):
		return ",", damaged
	case strings.IndexByte(list, ',') < 0 && strings.IndexByte(list, ' ') >= 0 && r.blanksSeparate(list):
		if grouped(list, ' ') {
			return " ", damaged
		}
		return " ", unusual
	}
	return ",", whole
}

// blanksSeparate tells whether every word of a list can be an id.
func (r *idReader) blanksSeparate(list string) bool {
	for part := range strings.FieldsSeq(list) {
		if _, form := r.parse(part); !form.readable() {
			return false
		}
	}
	return true
}
