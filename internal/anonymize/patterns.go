package anonymize

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// patterns runs the rules that look at letters and digits, not at words'
// meaning: e-mail, IBAN, card, phone, booking code.
func (t *tweet) patterns() {
	if strings.IndexByte(t.text, '@') >= 0 {
		t.emails()
	}
	numbers := false
	for i := range t.words {
		w := &t.words[i]
		if w.shape == digits || w.shape == other {
			numbers = true
		}
		if w.class&bookings != 0 {
			t.booking(i)
		}
	}
	if numbers {
		t.ibans()
		t.numbers()
	}
}

// emails finds e-mail addresses (the part of RFC 5321 that people use).
func (t *tweet) emails() {
	s := t.text
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '@')
		if i < 0 {
			return
		}
		i += from
		start, end := i, i+1
		for start > from && isLocal(s[start-1]) {
			start--
		}
		for start < i && strings.IndexByte(".-+%", s[start]) >= 0 {
			start++
		}
		for end < len(s) && (isAlnum(s[end]) || s[end] == '-' || s[end] == '.') {
			end++
		}
		for end > i+1 && !isAlnum(s[end-1]) {
			end--
		}
		if start < i && s[i-1] != '.' && isHost(s[i+1:end]) {
			t.add("email", Email, start, end)
		}
		from = max(end, i+1)
	}
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

func isLocal(c byte) bool { return isAlnum(c) || strings.IndexByte("._%+-", c) >= 0 }

// isHost tells labels with dots between them, the last of two letters or more.
func isHost(s string) bool {
	labels := strings.Split(s, ".")
	if len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if label == "" || strings.HasPrefix(label, "-") {
			return false
		}
	}
	top := labels[len(labels)-1]
	for i := range len(top) {
		if c := top[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return len(top) >= 2
}

// ibanLengths are the lengths in the IBAN registry (ISO 13616), by country.
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21,
	"CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27,
	"GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
	"IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27,
	"MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
	"QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SV": 28, "TL": 23, "TN": 24,
	"TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}

// ibans finds account numbers, written together or in groups.
func (t *tweet) ibans() {
	for i := 0; i < len(t.words); i++ {
		w := t.words[i]
		if t.len(i) < 4 {
			continue
		}
		head := strings.ToUpper(t.text[w.start : w.start+4])
		want := ibanLengths[head[:2]]
		if want == 0 || head[2] < '0' || head[2] > '9' || head[3] < '0' || head[3] > '9' {
			continue
		}
		var iban []byte
		j := i
		for ; j < len(t.words) && len(iban) < want; j++ {
			if gap := t.gap(j); j > i && gap != " " && gap != "-" {
				break
			}
			part := t.text[t.words[j].start:t.words[j].end]
			if strings.IndexFunc(part, func(r rune) bool { return r > 0x7f || !isAlnum(byte(r)) }) >= 0 {
				break
			}
			iban = append(iban, part...)
		}
		if len(iban) == want && mod97(iban) == 1 {
			t.add("iban", Iban, w.start, t.words[j-1].end)
			i = j - 1
		}
	}
}

// mod97 is the check of ISO 7064 over an IBAN: 1 if it holds.
func mod97(iban []byte) int {
	rest := 0
	digit := func(c byte) {
		switch {
		case c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		default:
			rest = (rest*100 + int(c&^0x20-'A') + 10) % 97
		}
	}
	for _, c := range iban[4:] {
		digit(c)
	}
	for _, c := range iban[:4] {
		digit(c)
	}
	return rest
}

// booking finds the codes behind "booking reference", the word at i.
func (t *tweet) booking(i int) {
	j := i + 1
	for j < len(t.words) && j <= i+5 && t.words[j].class&connects != 0 && t.words[j].shape != upper && isConnection(t.gap(j)) {
		j++
	}
	for ; j < len(t.words) && isConnection(t.gap(j)) && t.isCode(j); j++ {
		t.add("booking", Booking, t.words[j].start, t.words[j].end)
		if j+1 < len(t.words) && t.isWord(j+1, "and", "or") {
			j++
		}
	}
}

func isConnection(gap string) bool {
	return strings.Trim(gap, " #:.-=–()*,&\"'“’") == "" && len(gap) <= 6
}

// isCode tells a booking code: five to eight letters and digits, or six
// capital letters.
func (t *tweet) isCode(i int) bool {
	w, n := t.words[i], t.len(i)
	if n < 5 || n > 8 || w.class&(common|brand|given|never) != 0 {
		return false
	}
	if w.shape == upper {
		return n == 6
	}
	letters, numbers := 0, 0
	for _, c := range []byte(t.text[w.start:w.end]) {
		switch {
		case '0' <= c && c <= '9':
			numbers++
		case isAlnum(c):
			letters++
		default:
			return false
		}
	}
	if letters == 0 || numbers == 0 {
		return false
	}
	// "BA1372" is a flight.
	return !(letters == 2 && numbers <= 4 && isFlight(t.text[w.start:w.end]))
}

func isFlight(s string) bool {
	for _, c := range []byte(s[2:]) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// run is digits in groups: "+44 (0)344 493-0787".
type run struct {
	start, end  int // bytes, from the first digit, bracket or plus to behind the last digit
	first, last int // words
	groups      []int
	digits      []byte
	plus        bool
	brackets    bool
	dots        bool
	spaces      int // gaps that are a space
}

// numbers finds cards and phone numbers.
func (t *tweet) numbers() {
	for i := 0; i < len(t.words); i++ {
		if t.words[i].shape != digits {
			continue
		}
		r := t.run(i, len(t.words))
		if t.number(r) || r.last == i || r.spaces == 0 || r.spaces == len(r.groups)-1 {
			i = r.last
			continue
		}
		// "888.884.4950 24/7" and "2 800-433-7300": a space between groups
		// that are joined otherwise may part two numbers.
		next := r.last
		for j := r.last; j > i && next == r.last; j-- {
			if t.gap(j) != " " {
				continue
			}
			if head := t.run(i, j); head.isJoined() && t.number(head) {
				next = j - 1
			} else if tail := t.run(j, r.last+1); tail.isJoined() && t.number(tail) {
				break
			}
		}
		i = next
	}
}

// number adds the run if it is a card or a phone number.
func (t *tweet) number(r run) bool {
	switch {
	case len(r.digits) < 7 || !t.standsAlone(r):
		return false
	case t.isCard(r):
		t.add("card", Card, r.start, r.end)
	case t.isPhone(r):
		t.add("phone", Phone, r.start, r.end)
	default:
		return false
	}
	return true
}

// isJoined tells that something else than a space stands between two groups.
func (r run) isJoined() bool { return r.spaces < len(r.groups)-1 }

// run gathers the groups of digits from word i on, before word end.
func (t *tweet) run(i, end int) run {
	r := run{start: t.words[i].start, first: i}
	if before := t.text[:r.start]; strings.HasSuffix(before, "+(") {
		r.start, r.plus, r.brackets = r.start-2, true, true
	} else if strings.HasSuffix(before, "+") {
		r.start, r.plus = r.start-1, true
	} else if strings.HasSuffix(before, "(") {
		r.start, r.brackets = r.start-1, true
	}
	for j := i; j < end && t.words[j].shape == digits && len(r.digits) < 24; j++ {
		w := t.words[j]
		if j > i {
			gap := t.gap(j)
			if !isSeparator(gap) {
				break
			}
			r.dots = r.dots || gap == "."
			if gap == " " {
				r.spaces++
			}
			r.brackets = r.brackets || strings.ContainsAny(gap, "()")
		}
		n := 0
		for _, c := range []byte(t.text[w.start:w.end]) {
			if '0' <= c && c <= '9' {
				r.digits = append(r.digits, c)
				n++
			}
		}
		if n != w.end-w.start { // digits of another script
			r.digits = nil
			r.last, r.end = j, w.end
			return r
		}
		r.groups = append(r.groups, n)
		r.last, r.end = j, w.end
	}
	return r
}

func isSeparator(gap string) bool {
	switch gap {
	case " ", "-", ".", ") ", ")", " (", "(", ")-", " - ", "-(", "\u2011", "–":
		return true
	}
	return false
}

// standsAlone tells that no letter, sign of money or number sign touches the
// run.
func (t *tweet) standsAlone(r run) bool {
	if before := strings.TrimRight(t.text[:r.start], " "); before != "" {
		switch before[len(before)-1] {
		case '#', '$':
			return false
		}
		if strings.HasSuffix(before, "£") || strings.HasSuffix(before, "€") {
			return false
		}
	}
	if r.start > 0 && strings.IndexByte("./_,:'=", t.text[r.start-1]) >= 0 && (r.start < 2 || t.text[r.start-1] == '/' || isAlnum(t.text[r.start-2])) &&
		t.text[r.start-1] != ':' {
		return false
	}
	if r.end < len(t.text) {
		rest := t.text[r.end:]
		if rest[0] == '%' || len(rest) > 1 && strings.IndexByte("./,:_", rest[0]) >= 0 && isAlnum(rest[1]) && '0' <= rest[1] && rest[1] <= '9' {
			return false
		}
	}
	return true
}

// isCard tells a payment card: a known prefix, the right length, groups as on
// a card, and the check digit of ISO/IEC 7812 (Luhn).
func (t *tweet) isCard(r run) bool {
	n := len(r.digits)
	if n < 13 || n > 19 || r.plus || r.brackets || r.dots {
		return false
	}
	if len(r.groups) > 1 && !isCardGrouping(r.groups) {
		return false
	}
	return hasCardPrefix(r.digits) && luhn(r.digits) && (!t.precededBy(r.first, orders, 2) || t.precededBy(r.first, pays, 4))
}

func isCardGrouping(groups []int) bool {
	switch len(groups) {
	case 3: // American Express, Diners Club
		return groups[0] == 4 && groups[1] == 6 && (groups[2] == 5 || groups[2] == 4)
	case 4, 5:
		for _, g := range groups[:4] {
			if g != 4 {
				return false
			}
		}
		return len(groups) == 4 || groups[4] <= 3
	}
	return false
}

// hasCardPrefix knows the networks' prefixes and lengths.
func hasCardPrefix(d []byte) bool {
	prefix := func(n int) int {
		v := 0
		for _, c := range d[:n] {
			v = v*10 + int(c-'0')
		}
		return v
	}
	n, p2, p3, p4 := len(d), prefix(2), prefix(3), prefix(4)
	switch {
	case d[0] == '4': // Visa
		return n == 13 || n == 16 || n == 19
	case p2 >= 51 && p2 <= 55, p4 >= 2221 && p4 <= 2720: // Mastercard
		return n == 16
	case p2 == 34 || p2 == 37: // American Express
		return n == 15
	case p2 == 36 || p2 == 38 || p2 == 39 || p3 >= 300 && p3 <= 305: // Diners Club
		return n == 14 || n == 16
	case p4 == 6011 || p2 == 65 || p3 >= 644 && p3 <= 649: // Discover
		return n >= 16
	case p4 >= 3528 && p4 <= 3589: // JCB
		return n >= 16
	case p2 == 62: // UnionPay
		return n >= 16
	case p4 == 5018 || p4 == 5020 || p4 == 5038 || p4 == 6304 || p4 == 6759 || p4 >= 6761 && p4 <= 6763: // Maestro
		return true
	case p2 == 60 || p4 == 6521 || p2 == 81 || p2 == 82: // RuPay
		return n == 16
	}
	return false
}

func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// regions are tried in this order for numbers without a country code.
var regions = []string{"US", "GB", "IN", "AU", "DE", "FR", "ES", "IT", "BR", "MX", "ZA", "NG", "KE", "PH", "MY", "ID", "SG", "TH"}

// isPhone tells a telephone number: one that exists (by the library's
// numbering plans), written as people write one, and not announced as an
// order or a version. Digits without any grouping are one only if something
// nearby says so, for order numbers have ten digits too.
func (t *tweet) isPhone(r run) bool {
	n := len(r.digits)
	if n > 15 || isDate(r) {
		return false
	}
	if t.precededBy(r.first, orders|pays, 4) && !t.precededBy(r.first, phones, 2) {
		return false
	}
	if r.plus {
		return isNumber(t.text[r.start:r.end], "ZZ")
	}
	switch {
	case n < 8:
		return false
	case len(r.groups) == 1:
		if !t.precededBy(r.first, phones, 4) && !(n >= 10 && (t.precededBy(r.first, counts, 3) || t.followedBy(r.last, phones, 3))) {
			return false
		}
	case !isPhoneGrouping(r), n < 10 && !t.precededBy(r.first, phones, 4) && !(n == 9 && t.precededBy(r.first, counts, 2)):
		return false
	}
	for _, region := range regions {
		if isNumber(string(r.digits), region) {
			return true
		}
	}
	return n >= 11 && r.digits[0] != '0' && isNumber("+"+string(r.digits), "ZZ")
}

func isNumber(s, region string) bool {
	number, err := phonenumbers.Parse(s, region)
	return err == nil && phonenumbers.IsValidNumber(number)
}

// isPhoneGrouping turns away versions ("8.4.23.784"), addresses of machines
// and lists of small numbers.
func isPhoneGrouping(r run) bool {
	g := r.groups
	if r.dots {
		return len(g) == 3 && g[0] == 3 && g[1] == 3 && g[2] == 4 || len(g) == 4 && g[0] == 1 && g[1] == 3 && g[2] == 3 && g[3] == 4 ||
			len(g) == 5 && g[0] == 2 && g[1] == 2 && g[2] == 2 && g[3] == 2 && g[4] == 2
	}
	for i, n := range g {
		if n == 1 && i > 0 && !r.brackets {
			return false
		}
	}
	return len(g) <= 6 && g[len(g)-1] >= 2
}

// isDate tells "2017-10-31", "31-10-2017" and "2017-2018".
func isDate(r run) bool {
	g := r.groups
	return len(g) == 3 && (g[0] == 4 && g[1] <= 2 && g[2] <= 2 || g[0] <= 2 && g[1] <= 2 && g[2] == 4) || len(g) == 2 && g[0] == 4 && g[1] == 4 && r.digits[0] <= '2' && r.digits[4] <= '2' && r.digits[0] > '0'
}

// precededBy tells that one of the n words before word i is of the class.
func (t *tweet) precededBy(i int, c class, n int) bool {
	for j := max(0, i-n); j < i; j++ {
		if t.words[j].class&c != 0 {
			return true
		}
	}
	return false
}

// followedBy tells that one of the n words behind word i is of the class.
func (t *tweet) followedBy(i int, c class, n int) bool {
	for j := i + 1; j < len(t.words) && j <= i+n; j++ {
		if t.words[j].class&c != 0 {
			return true
		}
	}
	return false
}
