package anonymize

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"

	"switchboard/internal/text"
)

// run is digits in groups: "+44 (0)344 493-0787".
type run struct {
	start, end  int // bytes, from the first digit, bracket or plus to behind the last digit
	first, last int // words
	groups      []int
	digits      []byte
	plus        bool
	brackets    bool
	dots        bool
	part        bool // of a longer run
	extended    bool // an extension is glued to the last group: "2671x204"
	spaces      int  // gaps that are a space
}

// numbers finds cards and phone numbers.
func (t *tweet) numbers() {
	for i := 0; i < len(t.words); i++ {
		if t.words[i].shape != digits && t.extendedDigits(i) < 7 {
			continue
		}
		r := t.run(i, len(t.words))
		if len(r.digits) < 7 {
			i = r.last
			continue
		}
		if t.number(r) || len(r.groups) == 1 {
			i = r.last
			continue
		}
		i = t.parts(r)
	}
}

// parts finds the first number within a run that is none as a whole, for a
// space or a slash between groups may part two numbers: "888.884.4950 24/7", "2
// 800-433-7300", "4111 1111 1111 1111 12/27", "020 7946 0018/020 7946 0019". It
// returns the last word that it has dealt with.
func (t *tweet) parts(r run) int {
	for i := r.first; i < r.last; i++ {
		if i > r.first && !t.mayEnd(i) {
			continue
		}
		for j := min(r.last, i+6); j >= i; j-- {
			if j < r.last && !t.mayEnd(j+1) || i == r.first && j == r.last {
				continue
			}
			part := t.run(i, j+1)
			if part.part = true; t.number(part) {
				return j
			}
		}
	}
	return r.last
}

// mayEnd tells that a run may end before word i.
func (t *tweet) mayEnd(i int) bool { return strings.ContainsAny(t.gap(i), " /") }

// number adds the run if it is a card or a phone number.
func (t *tweet) number(r run) bool {
	switch {
	case len(r.digits) < 7 || r.extended && !r.isJoined() && t.isSize(r):
		return false
	case t.isLinked(r):
		t.add("phone", Phone, r.start, t.extension(r))
	case !t.standsAlone(r):
		return false
	case !r.extended && t.isCard(r):
		t.add("card", Card, r.start, r.end)
	case t.isPhone(r):
		t.add("phone", Phone, r.start, t.extension(r))
		t.alternatives(r)
	default:
		return false
	}
	return true
}

// followsFour tells that four digits stand before the run, as in tracking
// numbers and IBANs, of which it is the end then.
func (t *tweet) followsFour(r run) bool {
	i := r.first - 1
	return i >= 0 && t.words[i].shape == digits && t.len(i) == 4 && t.gap(r.first) == " "
}

// isJoined tells that something else than a space stands between two groups.
func (r run) isJoined() bool { return r.spaces < len(r.groups)-1 }

// run gathers the groups of digits from word i on, before word end. The run
// lasts until the next is gathered.
func (t *tweet) run(i, end int) run {
	r := run{start: t.words[i].start, first: i, groups: t.groups[:0], digits: t.digits[:0]}
	r.open(t.text[:r.start])
	for j := i; j < end && !r.extended && len(r.digits) < 24; j++ {
		w := t.words[j]
		if n := t.extendedDigits(j); n > 0 {
			r.extended = true
			w.end = w.start + n
		} else if w.shape != digits {
			break
		}
		if j > i {
			gap := t.gap(j)
			if !isSeparator(gap) && !(isSlash(gap) && t.isSlashed(r, i, j)) {
				break
			}
			r.dots = r.dots || gap == "."
			if gap == " " {
				r.spaces++
			}
			r.brackets = r.brackets || strings.ContainsAny(gap, "()")
		}
		if !r.add(t.text[w.start:w.end]) { // digits of another script
			return run{start: r.start, end: w.end, first: i, last: j}
		}
		r.last, r.end = j, t.words[j].end
	}
	return r
}

// open lets the run begin with the plus sign and the bracket at the end of before.
func (r *run) open(before string) {
	switch {
	case strings.HasSuffix(before, "+("), strings.HasSuffix(before, "(+"):
		r.start, r.plus, r.brackets = r.start-2, true, true
	case strings.HasSuffix(before, "+"):
		r.start, r.plus = r.start-1, true
	case strings.HasSuffix(before, "+ "):
		r.start, r.plus = r.start-2, true
	case strings.HasSuffix(before, "＋"):
		r.start, r.plus = r.start-len("＋"), true
	case strings.HasSuffix(before, "("), strings.HasSuffix(before, "["):
		r.start, r.brackets = r.start-1, true
	case strings.HasSuffix(before, "（"):
		r.start, r.brackets = r.start-len("（"), true
	}
}

// add appends a group of digits, wide ones as narrow ones. It is false for a group with
// another character.
func (r *run) add(group string) bool {
	n := len(r.digits)
	for k := 0; k < len(group); {
		c, size := rune(group[k]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRuneInString(group[k:])
			c = rune(text.Fold(c))
		}
		if c < '0' || c > '9' {
			return false
		}
		r.digits = append(r.digits, byte(c))
		k += size
	}
	r.groups = append(r.groups, len(r.digits)-n)
	return true
}

func isSeparator(gap string) bool {
	switch gap {
	case " ", "-", ".", ") ", ")", " (", "(", ")-", ") -", " - ", "-(", "- ", " -", "\u2010", "\u2011", "\u2012", "–", " – ", "—", " — ", "\u2212", "－",
		"・", "·", "•", "．", "）", "（", "]", "] ":
		return true
	}
	return false
}

// isSlash tells a gap that is a slash, perhaps behind a bracket.
func isSlash(gap string) bool {
	switch gap {
	case "/", " / ", "/ ", " /", ")/", ") / ", "／":
		return true
	}
	return false
}

// isSlashed tells that a slash may stand before word j in the run r that began
// with word i: behind the country code of "+49/171/5550123" and "0033/1/34317000",
// behind an area code, "0171/1234567", and in "415/555-2671", but not in a date
// ("05/11/2017") and not between two whole numbers.
func (t *tweet) isSlashed(r run, i, j int) bool {
	n, next := len(r.digits), t.len(j)
	abroad := r.plus || n > 2 && r.digits[0] == '0' && r.digits[1] == '0'
	switch {
	case abroad:
		return n < 8 || next <= 5 && n < 11
	case string(r.digits) == "00":
		return next <= 3
	case r.digits[0] == '0' && n == 2:
		return next >= 6 || t.isPairs(i)
	case r.digits[0] == '0':
		return n >= 3 && n <= 8 && (next >= 3 || t.isPairs(i))
	case n == 3 && r.digits[0] > '1': // in a row of 3, 3 and 4, or of 3 and 7
		return next == 7 || next == 3 && j+1 < len(t.words) && t.len(j+1) == 4 && isJoint(t.gap(j+1))
	}
	return n == 6 && len(r.groups) == 2 && r.groups[0] == 3 && next == 4
}

// isPairs tells five groups of two digits with slashes between them, and no more:
// "01/34/31/70/00".
func (t *tweet) isPairs(i int) bool {
	for j := i; j < i+5; j++ {
		if j == len(t.words) || t.words[j].shape != digits || t.len(j) != 2 || j > i && t.gap(j) != "/" {
			return false
		}
	}
	return t.endsNumber(i + 4)
}

// isJoint tells a gap that holds two groups together.
func isJoint(gap string) bool { return gap != " " && (isSeparator(gap) || isSlash(gap)) }

// extendedDigits returns how many digits the word at i begins with if the rest of it
// is an extension: 4 of "2671x204"; 0 otherwise.
func (t *tweet) extendedDigits(i int) int {
	w := t.words[i]
	if w.shape != other {
		return 0
	}
	s := t.text[w.start:w.end]
	n := len(s) - len(strings.TrimLeft(s, "0123456789"))
	sign := strings.ToLower(strings.TrimRight(s[n:], "0123456789"))
	if digits := len(s) - n - len(sign); n < 4 || digits < 1 || digits > 6 || sign != "x" && sign != "ext" {
		return 0
	}
	return n
}

// isSize tells that the run ends in the size of a screen: "1920x1080".
func (t *tweet) isSize(r run) bool {
	n := r.groups[len(r.groups)-1]
	return len(r.groups) > 1 && t.len(r.last) == 2*n+1
}

// isLinked tells a number in a link that opens a chat or dials: "wa.me/15550100199",
// "tel:+15550100199".
func (t *tweet) isLinked(r run) bool {
	if n := len(r.digits); n > 15 || r.extended {
		return false
	}
	before := strings.ToLower(t.text[max(0, r.start-16):r.start])
	for _, link := range []string{"wa.me/", "whatsapp.com/", "phone=", "signal.me/#p/", "t.me/", "viber.me/", "tel:", "tel://", "callto:", "callto://", "sms:", "smsto:", "whatsapp:", "skype:", "facetime:"} {
		if strings.HasSuffix(before, link) {
			return true
		}
	}
	return false
}

// alternatives adds the ends of further numbers that begin like r: "310-417-7274/7275",
// "020 7946 0018 or 0019".
func (t *tweet) alternatives(r run) {
	for i := r.last + 1; i < len(t.words); i++ {
		gap := t.gap(i)
		if t.isWord(i, "or", "and", "oder", "und", "ou", "o", "y", "et") && gap == " " && i+1 < len(t.words) && t.gap(i+1) == " " {
			i++
		} else if gap != "/" && gap != " / " && gap != " & " {
			return
		}
		if w := t.words[i]; w.shape != digits || r.extended || t.len(i) != r.groups[len(r.groups)-1] || t.len(i) < 3 || !t.endsNumber(i) {
			return
		}
		t.add("phone", Phone, t.words[i].start, t.words[i].end)
	}
}

// endsNumber tells that no other group of digits is joined to the word at i.
func (t *tweet) endsNumber(i int) bool {
	return i+1 == len(t.words) || t.words[i+1].shape != digits || !isSeparator(t.gap(i+1)) && !isSlash(t.gap(i+1)) && t.gap(i+1) != ":" && t.gap(i+1) != ","
}

// standsAlone tells that no letter, sign of money or number sign touches the
// run.
func (t *tweet) standsAlone(r run) bool {
	if before := strings.TrimRight(t.text[:r.start], " "); before != "" {
		switch before[len(before)-1] {
		case '#':
			if t.announced(r.first)&phones == 0 && !r.isAmerican() {
				return false
			}
		case '$':
			return false
		}
		for _, sign := range []string{"£", "€", "₹", "¥", "R$"} {
			if strings.HasSuffix(before, sign) {
				return false
			}
		}
	}
	if r.start > 0 && !r.plus {
		switch c := t.text[r.start-1]; c {
		case '/':
			if (len(r.groups) < 3 || r.groups[0] < 3) && t.announced(r.first)&phones == 0 && !t.followsPhone(r) {
				return false
			}
		case '.', '_', ',', '\'', '=':
			if c == ',' && t.followsPhone(r) {
				break
			}
			if r.start < 2 || c == '_' || '0' <= t.text[r.start-2] && t.text[r.start-2] <= '9' || c == '=' && isAlnum(t.text[r.start-2]) {
				return false
			}
		}
	}
	if r.end >= len(t.text) {
		return true
	}
	rest := t.text[r.end:]
	if rest[0] == '%' {
		return false
	}
	if len(rest) == 1 || strings.IndexByte(".,:_/", rest[0]) < 0 || rest[1] < '0' || rest[1] > '9' {
		return true
	}
	if rest[0] == '/' || rest[0] == ',' { // "07700900123/07700900124"
		switch n := len(r.digits); {
		case len(r.groups) == 1 && (n > 9 || n > 7 && rest[0] == '/'):
			return t.len(r.last+1) == n
		case n > 8 && rest[0] == '/':
			return rest[1] == '0' || t.len(r.last+1) > 2 // but "0344 493 0787 24/7"
		}
	}
	return (rest[0] == '/' || rest[0] == ',') && len(r.groups) > 2 && r.groups[len(r.groups)-1] > 2
}

// followsPhone tells that a telephone number ends at the slash before the run.
func (t *tweet) followsPhone(r run) bool {
	n := len(t.spans)
	return n > 0 && t.spans[n-1].Kind == Phone && t.spans[n-1].End == r.start-1
}

// regions are tried in this order for numbers without a country code.
var regions = []string{
	"US", "GB", "IN", "AU", "DE", "FR", "ES", "IT", "BR", "MX", "ZA", "NG", "KE", "PH", "MY", "ID", "SG", "TH",
	"IE", "NL", "BE", "CH", "AT", "PT", "SE", "NO", "DK", "FI", "PL", "CZ", "GR", "TR", "RO", "HU", "IL", "AE", "SA", "EG",
	"JP", "KR", "HK", "TW", "CN", "VN", "PK", "BD", "LK", "NZ", "AR", "CL", "CO", "PE", "UA", "RU", "GH",
}

// isPhone tells a telephone number: one that exists (by the library's
// numbering plans), written as people write one, and not announced as an
// order or a version. Digits without any grouping are one only if something
// nearby says so, for order numbers have ten digits too.
func (t *tweet) isPhone(r run) bool {
	if r.plus {
		return t.isInternational(r)
	}
	n, written := len(r.digits), t.text[r.start+1:r.end]
	switch {
	case n > 17, n > 15 && (r.digits[0] != '0' || r.digits[1] != '0'): // "00" and the 15 digits that E.164 allows
		return false
	case isDate(r), strings.Count(written, "(") > strings.Count(written, ")"):
		return false
	}
	said := t.announced(r.first)
	if said&(orders|pays|models) != 0 && said&phones == 0 && !r.isTollFree() {
		return false
	}
	called := said&phones != 0 || t.near(r.first, 4)&phones != 0 || r.extended && n > 9
	if len(r.groups) == 1 {
		return t.isUngrouped(r, called)
	}
	return t.isGrouped(r, said, called)
}

// isInternational tells a number behind a plus, given out or not.
func (t *tweet) isInternational(r run) bool {
	if n := len(r.digits); n < 7 || n > 17 {
		return false
	}
	written := t.text[r.start:r.end]
	return isPossible("+"+string(r.digits), "ZZ") || strings.Contains(written, "(0)") && isPossible(written, "ZZ")
}

// isGrouped tells a phone number in groups. Said is what announces it, called
// tells that the text speaks of calling.
func (t *tweet) isGrouped(r run, said class, called bool) bool {
	n := len(r.digits)
	switch {
	case r.isAmerican(), r.isAbroad(called):
		return true
	case n == 7: // a local number, "625-7288"
		return said&phones != 0 && slices.Equal(r.groups, []int{3, 4}) && r.isJoined() && !r.dots && r.digits[0] > '1'
	case n < 8:
		return false
	}
	called = called || n >= 9 && t.isDialled(r.first)
	switch {
	case !r.isPhoneGrouping(called):
		return n >= 9 && (called || !r.dots && !r.isScore()) && t.isFormatted(r)
	case called && (!r.part || r.isJoined() || said&phones != 0):
		return r.exists(true) || n >= 10 && isPossible(string(r.digits), "US")
	case t.near(r.first, 4)&(orders|pays|models) != 0:
		return false
	case n >= 10 && (!r.part || r.isJoined() || r.digits[0] == '0' && !t.followsFour(r)) && r.exists(r.isJoined() && !r.dots && len(r.groups) > 2):
		return true
	}
	return (n >= 9 || !r.part && (!isSpan(r) || said&counts != 0)) && t.isFormatted(r)
}

// isUngrouped tells a phone number whose digits stand together.
func (t *tweet) isUngrouped(r run, called bool) bool {
	n := len(r.digits)
	switch {
	case n < 8 || r.part && !called:
		return false
	case called:
		return r.exists(true) || n >= 10 && isPossible(string(r.digits), "US") || n == 11 && isPossible(string(r.digits), "GB")
	case n < 10:
		return false
	case t.near(r.first, 3)&counts != 0, t.isDialled(r.first), t.followedBy(r.last, phones, 3):
		return t.near(r.first, 4)&(orders|pays|models) == 0 && r.exists(true)
	case n > 13 && r.digits[0] == '0' && r.digits[1] == '0': // airlines' ticket numbers have 13 digits
		return t.near(r.first, 2)&(orders|pays|models) == 0 && r.exists(false)
	case r.digits[0] == '0' && r.digits[1] != '0' && n <= 11, strings.Trim(t.text[:r.start]+t.text[r.end:], " .!") == "":
		// A number that begins with a zero is none of an order; and who
		// writes nothing else has been asked for it.
		return n <= 11 && t.near(r.first, 2)&(orders|pays|models) == 0 && r.exists(false)
	}
	return false
}

// isAbroad tells a number with "00" for the plus.
func (r run) isAbroad(called bool) bool {
	d := string(r.digits)
	if len(d) < 9 || d[:2] != "00" || r.dots && !called {
		return false
	}
	return isNumber("+"+d[2:], "ZZ") || called && isPossible("+"+d[2:], "ZZ")
}

// isSpan tells two times of a day: "0800-2400".
func isSpan(r run) bool {
	d := r.digits
	return slices.Equal(r.groups, []int{4, 4}) && string(d[:4]) <= "2400" && string(d[4:]) <= "2400" && d[2] < '6' && d[6] < '6'
}

// isAmerican tells a number of the North American plan, in its usual groups:
// area codes and exchanges begin with 2 to 9.
func (r run) isAmerican() bool {
	g, d := r.groups, r.digits
	if len(g) > 0 && g[0] == 1 && d[0] == '1' {
		g, d = g[1:], d[1:]
	}
	return len(d) == 10 && (slices.Equal(g, []int{3, 3, 4}) || r.isJoined() && slices.Equal(g, []int{3, 7})) && d[0] > '1' && d[3] > '1'
}

// isTollFree tells a number of the North American plan that costs nothing,
// which is to be dialled whatever word stands before it.
func (r run) isTollFree() bool {
	d := r.digits
	if len(d) == 11 {
		d = d[1:]
	}
	return r.isAmerican() && r.isJoined() && d[0] == '8' && (d[1] == d[2] || d[1] == '0')
}

// isDialled tells that "at" or "on" stands before word i.
func (t *tweet) isDialled(i int) bool {
	gap := strings.Trim(t.gap(i), " :(+")
	return gap == "@" || gap == "" && i > 0 && t.isWord(i-1, "at", "on", "via", "unter", "au", "al", "op")
}

// exists tells that the digits are a number of some region. People leave the
// leading zero out only where the text says that it is a number to dial.
func (r run) exists(called bool) bool {
	d := string(r.digits)
	for _, p := range plans() {
		if p.fits(d, called) && isNumber(d, p.region) {
			return true
		}
	}
	return len(d) >= 10 && (d[0] != '0' && isNumber("+"+d, "ZZ") || strings.HasPrefix(d, "00") && isNumber("+"+d[2:], "ZZ"))
}

// plan is what can be told of a region's numbers without asking the library,
// which takes its time.
type plan struct {
	region  string
	trunk   string // before a number that is dialled within the region
	bare    bool   // people leave the trunk prefix out
	lengths uint32 // that a number without trunk prefix can have, as bits
}

var plans = sync.OnceValue(func() (plans []plan) {
	for _, region := range regions {
		p := plan{region: region, trunk: phonenumbers.GetNddPrefixForRegion(region, true)}
		p.bare = p.trunk != "0" || region == "IN"
		number, country := uint64(2_000_000), int32(phonenumbers.GetCountryCodeForRegion(region))
		for n := 7; n <= 15; n++ {
			if phonenumbers.IsPossibleNumberWithReason(&phonenumbers.PhoneNumber{CountryCode: &country, NationalNumber: &number}) == phonenumbers.IS_POSSIBLE {
				p.lengths |= 1 << n
			}
			number *= 10
		}
		if region == "AR" || region == "BR" || region == "MX" {
			p.lengths |= p.lengths<<2 | p.lengths<<3 // "15" and carriers' codes
		}
		plans = append(plans, p)
	}
	return plans
})

func (p plan) fits(d string, called bool) bool {
	if rest, ok := strings.CutPrefix(d, p.trunk); ok && p.trunk != "" && p.lengths>>len(rest)&1 != 0 {
		return true
	}
	return (called || p.bare || d[0] == '0') && p.lengths>>len(d)&1 != 0
}

// maxParts bounds how many parts of longer runs are compared with the regions'
// formats in one text. It keeps long lists of numbers, in which there is
// nothing to find, from taking seconds.
const maxParts = 100

// isFormatted tells that the digits are a number of a region, in the very
// groups in which that region writes it.
func (t *tweet) isFormatted(r run) bool {
	if r.part {
		if t.parted == maxParts {
			return false
		}
		t.parted++
	}
	for _, p := range plans() {
		if !p.fits(string(r.digits), true) {
			continue
		}
		number, err := phonenumbers.Parse(string(r.digits), p.region)
		if err != nil || !phonenumbers.IsValidNumber(number) {
			continue
		}
		if slices.Equal(groupsOf(phonenumbers.Format(number, phonenumbers.NATIONAL)), r.groups) {
			return true
		}
	}
	return false
}

// groupsOf returns the lengths of the groups of digits in s.
func groupsOf(s string) (groups []int) {
	for _, group := range strings.FieldsFunc(s, func(c rune) bool { return c < '0' || c > '9' }) {
		groups = append(groups, len(group))
	}
	return groups
}

func isNumber(s, region string) bool {
	number, err := phonenumbers.Parse(s, region)
	return err == nil && phonenumbers.IsValidNumber(number)
}

// isPossible tells a number of a length that the region has, whether it is
// given out or not: numbers that are kept for examples are not.
func isPossible(s, region string) bool {
	number, err := phonenumbers.Parse(s, region)
	return err == nil && phonenumbers.IsPossibleNumberWithReason(number) == phonenumbers.IS_POSSIBLE
}

// isPhoneGrouping turns away versions ("8.4.23.784"), addresses of machines,
// prices ("1.299.000") and lists of small numbers.
func (r run) isPhoneGrouping(called bool) bool {
	g := r.groups
	if r.dots {
		thousands, octets, small := g[0] < 4, len(g) == 4 && g[0] < 4, g[0] == 1 && r.digits[0] != '1'
		for _, n := range g[1:] {
			thousands = thousands && n == 3
			octets = octets && n <= 3
			small = small || n == 1
		}
		zero := r.digits[0] == '0'
		return !small && (!octets || zero) && (!thousands || zero || called)
	}
	if !called && r.isScore() {
		return false
	}
	if !called && len(g) == 2 && g[0] == 1 {
		return false
	}
	for i, n := range g {
		if n == 1 && i > 0 && !r.brackets && i < len(g)-1 {
			return false
		}
	}
	return len(g) <= 6 && g[len(g)-1] >= 2
}

// isScore tells "21-15 18-21 15-12".
func (r run) isScore() bool {
	return r.spaces > 0 && r.isJoined() && !r.brackets && slices.Max(r.groups) <= 2
}

// isDate tells "2017-10-31", "31-10-2017", "2017-2018", and a date with a time
// behind it.
func isDate(r run) bool {
	g, d := r.groups, r.digits
	if len(g) >= 3 && len(d) >= 8 {
		year := func(d []byte) bool { return (d[0] == '1' && d[1] == '9' || d[0] == '2' && d[1] == '0') }
		if g[0] == 4 && g[1] <= 2 && g[2] <= 2 && year(d) || g[0] <= 2 && g[1] <= 2 && g[2] == 4 && year(d[g[0]+g[1]:]) {
			return true
		}
	}
	return len(g) == 2 && g[0] == 4 && g[1] == 4 && d[0] <= '2' && d[4] <= '2' && d[0] > '0'
}

// extension returns where the number ends, with its extension: "ext. 12",
// "x123".
func (t *tweet) extension(r run) int {
	i := r.last + 1
	if i >= len(t.words) || r.extended || strings.Trim(t.gap(i), " ,;(#-–.") != "" || len(t.gap(i)) > 5 {
		return r.end
	}
	w := t.words[i]
	if gap := t.gap(i); w.shape == digits && (strings.TrimSpace(gap) == "#" || gap == ",,") && t.len(i) <= 6 {
		return w.end // "415-555-2671 #204"
	}
	s := strings.ToLower(t.text[w.start:w.end])
	switch s {
	case "ext", "exts", "extn", "extension", "extention", "x", "xt", "durchwahl", "nebenstelle", "dw", "anexo", "ramal", "poste", "interno", "int", "toestel", "extensión":
		j := i + 1
		if j < len(t.words) && t.isWord(j, "no", "number", "nr", "is") {
			j++
		}
		if j < len(t.words) && t.words[j].shape == digits && t.len(j) <= 6 && strings.Trim(t.gap(j), " .:#-–=") == "" {
			return t.words[j].end
		}
		return r.end
	}
	for _, prefix := range []string{"extn", "ext", "x"} {
		if n, ok := strings.CutPrefix(s, prefix); ok && n != "" && len(n) <= 6 && strings.Trim(n, "0123456789") == "" {
			return w.end
		}
	}
	return r.end
}

// announced returns what is known of the word that announces word i: the
// nearest before it, and the links between them ("number is", "no.").
func (t *tweet) announced(i int) class {
	var c class
	for j := i - 1; j >= max(0, i-5); j-- {
		if gap := t.gap(j + 1); strings.ContainsAny(gap, "!?;") || strings.Contains(gap, ". ") && t.len(j) > 4 {
			break // of another sentence, but for "ref. no. 5"
		}
		c |= t.words[j].class
		if c&counts != 0 && t.isOwn(j) {
			return c | phones // "my number is"
		}
		if t.words[j].class&(connects|counts) == 0 || t.words[j].class&(phones|orders|pays|models) != 0 {
			break
		}
	}
	return c
}

// isOwn tells the words for what belongs to a person.
func (t *tweet) isOwn(i int) bool {
	return t.isWord(i, "my", "My", "our", "his", "her", "mi", "mein", "meine", "mon", "mio", "meu", "mijn")
}

// near returns what is known of the n words before word i.
func (t *tweet) near(i, n int) class {
	var c class
	for j := max(0, i-n); j < i; j++ {
		c |= t.words[j].class
	}
	return c
}

// precededBy tells that one of the n words before word i is of the class.
func (t *tweet) precededBy(i int, c class, n int) bool { return t.near(i, n)&c != 0 }

// followedBy tells that one of the n words behind word i is of the class.
func (t *tweet) followedBy(i int, c class, n int) bool {
	for j := i + 1; j < len(t.words) && j <= i+n; j++ {
		if t.words[j].class&c != 0 {
			return true
		}
	}
	return false
}
