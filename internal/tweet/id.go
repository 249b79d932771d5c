package tweet

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// form tells in which shape an id was found, the better ones first.
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
	// unusual: a spelling of a spreadsheet or an exporter that keeps every
	// digit, such as ="3", '3, ID_3 or 1.55157E+05.
	unusual
	// nothing: a word for an empty cell, such as nan or NULL.
	nothing
	// rounded: digits are lost, as in 1.55E+05.
	rounded
	// unreadable: anything else.
	unreadable
)

// otherID is another meaning of the id at a place.
type otherID struct {
	at int
	id int64
}

// readable tells that an id of this form has a value.
func (f form) readable() bool { return f <= unusual && f != absent }

// exact is the largest number up to which a data frame and a spreadsheet keep
// whole numbers apart.
const exact = 1 << 53

// idReader reads the ids of one table.
type idReader struct {
	// prefix is what stands before the ids of this table, in lower case, as
	// in id_3; "" if nothing does.
	prefix string
	// other is the second meaning of the id that was read last, where its
	// form alone does not tell: 1.000 is 1, or a thousand. It is -1 where
	// there is none.
	other int64
	// others are the same of the list that was read last, by their place in
	// what appendList gave.
	others []otherID
	// groups is what the id of the row at hand has between its thousands, a comma
	// or a blank: then so have the others in it. It is 0 for nothing.
	groups byte
	// dotGroups and commaFractions tell that a point was met that separates
	// thousands, a comma that is a decimal point.
	dotGroups, commaFractions bool
}

// parse reads a tweet's id. Ids are not negative; the value of one that is not
// readable is -1.
func (r *idReader) parse(s string) (int64, form) {
	if id, ok := digits(s); ok {
		return id, whole
	}
	return r.parseOdd(s)
}

func (r *idReader) parseOdd(s string) (int64, form) {
	r.other = -1
	s = strings.TrimSpace(s)
	if s == "" {
		return -1, absent
	}
	if id, ok := digits(s); ok {
		return id, whole
	}
	if isNothing(s) {
		return -1, nothing
	}
	plain := asciiSpelling(s)
	bare := unwrap(plain)
	if bare == "" {
		return -1, absent
	}
	if isNothing(bare) {
		return -1, nothing
	}
	id, form := r.number(bare)
	if form == unreadable && r.prefix != "" {
		id, form = r.prefixed(bare)
	}
	if form.readable() && bare != s {
		form = max(form, unusual)
	}
	return id, form
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

// isNothing tells the words that stand for an empty cell in exports of data
// frames and databases.
func isNothing(s string) bool {
	if len(s) > 7 {
		return false
	}
	switch strings.ToLower(s) {
	case "nan", "<na>", "na", "n/a", "#n/a", "null", `\n`, "none", "nil", "nat", "-", "--", "-1", "-1.0", "[]", "{}", "()", "[nan]", "unknown":
		return true
	}
	return false
}

// asciiSpelling writes what stands for ASCII in other scripts and in typography
// as ASCII, and leaves out what has no width. Blanks that do not break and
// other marks between thousands become underscores, which are nothing else.
func asciiSpelling(s string) string {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < utf8.RuneSelf
	}
	if ascii {
		return s
	}
	s = strings.Map(func(c rune) rune {
		switch {
		case c < utf8.RuneSelf:
			return c
		case c >= '！' && c <= '～':
			return c - '！' + '!'
		case c >= '٠' && c <= '٩':
			return c - '٠' + '0'
		case c >= '۰' && c <= '۹':
			return c - '۰' + '0'
		case c >= '०' && c <= '९':
			return c - '०' + '0'
		case strings.ContainsRune("‘’‚‛′´", c):
			return '\''
		case strings.ContainsRune("“”„‟«»″", c):
			return '"'
		case c == '·' || c == '٬' || unicode.Is(unicode.Zs, c):
			return '_'
		case c == '٫':
			return '.'
		case c == '\u00ad' || unicode.Is(unicode.Cf, c):
			return -1
		}
		return c
	}, s)
	return strings.Trim(s, " _\t\r\n")
}

// unwrap takes off what a spreadsheet or an exporter puts around an id: ="3",
// '3, "3", [3], +3, 3L.
func unwrap(s string) string {
	for {
		last := len(s) - 1
		switch {
		case last < 1:
			if s == "'" || s == `"` || s == "=" {
				return ""
			}
			return s
		case s[0] == '=' && (s[1] == '"' || s[1] == '\'' || isDigit(s[1])), s[0] == '+' && isDigit(s[1]):
			s = s[1:]
		case s[0] == '"' && s[last] == '"' && !oneInside(s, '"'), s[0] == '\'' && s[last] == '\'' && !oneInside(s, '\''),
			s[0] == '[' && s[last] == ']', s[0] == '{' && s[last] == '}':
			s = s[1:last]
		case (s[0] == '\'' || s[0] == '`') && strings.Count(s, s[:1]) == 1 && strings.IndexByte(s, '"') < 0,
			s[0] == '\'' && isDigit(s[1]) && isDigit(s[last]):
			s = s[1:]
		case s[last] == 'L' && isDigit(s[last-1]) && isDigit(s[0]):
			s = s[:last]
		default:
			return s
		}
		s = strings.TrimSpace(s)
	}
}

// oneInside tells that a text in quotes has a single quote more, which belongs
// to another text in quotes: "1","2". Doubled ones are no other text.
func oneInside(s string, quote byte) bool {
	inside := s[1 : len(s)-1]
	for {
		at := strings.IndexByte(inside, quote)
		if at < 0 {
			return false
		}
		if at > 0 && at < len(inside)-1 {
			return true
		}
		if at == 0 {
			inside = inside[1:]
			continue
		}
		return false
	}
}

// number reads digits with separators, with a fraction of zeros, or with an
// exponent.
func (r *idReader) number(s string) (int64, form) {
	if id, ok := digits(s); ok {
		return id, whole
	}
	if !isDigit(s[0]) && s[0] != '.' {
		return -1, unreadable
	}
	if at := strings.IndexAny(s, "eE"); at > 0 {
		return scientific(s[:at], s[at+1:])
	}
	for _, separator := range []byte(",.' _") {
		if !grouped(s, separator) {
			continue
		}
		id, ok := digits(strings.ReplaceAll(s, string(separator), ""))
		if !ok {
			return -1, unreadable
		}
		return r.thousands(s, id, separator)
	}
	at := strings.LastIndexAny(s, ".,")
	if at < 1 || strings.Trim(s[at+1:], "0") != "" || s[at] == ',' && at == len(s)-1 {
		return -1, unreadable
	}
	return r.withoutFraction(s[:at], s[at])
}

// thousands is the number id, which s is with separators; or what s is if its
// only separator is a decimal point.
func (r *idReader) thousands(s string, id int64, separator byte) (int64, form) {
	before, after, _ := strings.Cut(s, string(separator))
	if after != "000" || separator != '.' && separator != ',' {
		r.dotGroups = r.dotGroups || separator == '.'
		return id, damaged
	}
	small, _ := digits(before)
	if separator == '.' {
		r.other = id
		return small, fractional
	}
	r.other = small
	return id, damaged
}

// withoutFraction reads a number before a decimal point and zeros.
func (r *idReader) withoutFraction(s string, point byte) (int64, form) {
	r.commaFractions = r.commaFractions || point == ','
	id, ok := digits(s)
	form := fractional
	for _, separator := range []byte(",.' _") {
		if !ok && separator != point && grouped(s, separator) {
			id, ok = digits(strings.ReplaceAll(s, string(separator), ""))
			form = damaged
		}
	}
	switch {
	case !ok:
		return -1, unreadable
	case id > exact:
		// It has been a floating-point number, which has no room for it.
		return -1, rounded
	}
	return id, form
}

// scientific reads a number with an exponent. The number is rounded where the
// digits before the exponent are fewer than those of the number.
func scientific(mantissa, exponent string) (int64, form) {
	shift, err := strconv.Atoi(exponent)
	if err != nil || !isDigit(exponent[len(exponent)-1]) {
		return -1, unreadable
	}
	integer, fraction := mantissa, ""
	if at := strings.IndexAny(mantissa, ".,"); at >= 0 {
		integer, fraction = mantissa[:at], mantissa[at+1:]
	}
	all := integer + fraction
	if !isNumber(all) || integer == "" {
		return -1, unreadable
	}
	end := len(integer) + shift
	switch {
	case end > len(all):
		return -1, rounded
	case end < 1 || strings.Trim(all[end:], "0") != "":
		return -1, unreadable
	}
	id, ok := digits(all[:end])
	switch {
	case !ok:
		return -1, unreadable
	case id > exact:
		return -1, rounded
	}
	return id, unusual
}

// grouped tells whether s looks like one number with separators: one to three
// digits, then groups of two or three, the last of three.
func grouped(s string, separator byte) bool {
	at := strings.IndexByte(s, separator)
	if at < 1 || at > 3 || !isNumber(s[:at]) {
		return false
	}
	for rest := s[at+1:]; ; rest = rest[at+1:] {
		at = strings.IndexByte(rest, separator)
		group := rest
		if at >= 0 {
			group = rest[:at]
		}
		if !isNumber(group) || len(group) > 3 || len(group) < 2 {
			return false
		}
		if at < 0 {
			return len(group) == 3
		}
	}
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// isNumber tells whether s consists of ASCII digits and has at least one.
func isNumber(s string) bool {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return s != ""
}
