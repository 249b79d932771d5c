package anonymize

import "strings"

// readout is what is read out: digits and letters one after the other, as "double five oh",
// "2-1-0-8", "N for November" or "einundzwanzig". Unlike the digits of written text they
// may be words.
type readout struct {
	from, to int    // words
	chars    string // 0-9 and A-Z
	digits   int
	letters  int
	single   int  // the parts of one character each
	parts    int  // what was read out together: "21" is one
	words    bool // a part is a number word
	scaled   bool // "hundred" and "thousand": a quantity
	phonetic bool // "B for Bravo"
}

// spokenNumbers are the number words that are not composed, in both languages.
var spokenNumbers = func() map[string]string {
	m := map[string]string{}
	add := func(from int, list string) {
		for i, w := range strings.Fields(list) {
			m[w] = itoa(from + i)
		}
	}
	add(0, `zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen`)
	add(0, `null eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn`)
	for i, w := range strings.Fields(`twenty thirty forty fifty sixty seventy eighty ninety`) {
		m[w] = itoa(20 + 10*i)
	}
	for i, w := range strings.Fields(`zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig`) {
		m[w] = itoa(20 + 10*i)
	}
	for w, d := range map[string]string{"oh": "0", "o": "0", "nought": "0", "naught": "0", "nil": "0", "zwo": "2", "niner": "9", "fourty": "40", //nolint:misspell // on purpose
		"fuenf": "5", "zwoelf": "12", "dreizig": "30", "dreisig": "30", "eine": "1", "funef": "5"} {
		m[w] = d
	}
	return m
}()

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return string([]byte{byte('0' + n/10), byte('0' + n%10)})
}

// spokenDigits returns the digits that a number word stands for, "" if it is none:
// "five", "zwanzig", "einundzwanzig", "neunzehnhundertvierundachtzig".
func spokenDigits(k string) string {
	if d, ok := spokenNumbers[k]; ok {
		return d
	}
	if len(k) < 6 {
		return ""
	}
	if d := germanNumber(k); d != "" {
		return d
	}
	for _, ten := range []string{"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"} {
		if rest, ok := strings.CutPrefix(k, ten); ok && len(spokenNumbers[rest]) == 1 {
			return spokenNumbers[ten][:1] + spokenNumbers[rest]
		}
	}
	return ""
}

// germanNumber returns the digits of a composed German number.
func germanNumber(k string) string {
	for _, scale := range []string{"tausend", "hundert"} {
		before, behind, found := strings.Cut(k, scale)
		if !found {
			continue
		}
		first := "1"
		if before != "" && before != "ein" {
			if first = spokenDigits(before); first == "" {
				return ""
			}
		}
		width := 2
		if scale == "tausend" {
			width = 3
		}
		rest := ""
		if behind = strings.TrimPrefix(behind, "und"); behind != "" {
			if rest = spokenDigits(behind); rest == "" || len(rest) > width {
				return ""
			}
		}
		return first + strings.Repeat("0", width-len(rest)) + rest
	}
	one, ten, found := strings.Cut(k, "und")
	if !found {
		return ""
	}
	if one == "ein" {
		one = "eins"
	}
	d, t := spokenNumbers[one], spokenNumbers[ten]
	if len(d) == 1 && len(t) == 2 && t[1] == '0' {
		return t[:1] + d
	}
	return ""
}

// phonetic are the spelling alphabets, by their words.
var phonetic = func() map[string]byte {
	m := map[string]byte{}
	for _, w := range strings.Fields(`alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar papa
		quebec romeo sierra tango uniform victor whiskey whisky xray yankee zulu
		anton arger berta bertha casar caesar charlotte dora emil friedrich gustav heinrich ida julius kaufmann konrad ludwig martha nordpol
		otto okonom paula quelle richard samuel siegfried schule theodor ulrich ubermut viktor wilhelm xanthippe ypsilon zacharias zeppelin
		eszett`) {
		m[w] = w[0] &^ 0x20
	}
	return m
}()

// letterNames are letters as recognizers write them out.
var letterNames = map[string]string{"ypsilon": "Y", "zett": "Z", "zed": "Z", "zee": "Z", "jot": "J", "vau": "V", "aitch": "H", "double-u": "W",
	"doubleu": "W", "ix": "X", "eszett": "S", "umlaut": "", "tee": "T", "kay": "K", "jay": "J", "dee": "D", "bee": "B", "gee": "G", "pee": "P",
	"cee": "C", "ess": "S", "eff": "F", "emm": "M", "enn": "N", "ell": "L", "arr": "R", "haa": "H", "kah": "K", "queue": "Q", "cue": "Q"}

// isLike tells a word that stands between a letter and the word that it begins: "B as in bravo".
func (u *utterance) isLike(i int) bool {
	return u.isKey(i, "for", "as", "like", "wie", "von", "is", "in")
}

// part reads one part of a run at word i: its characters, and the index behind it; ""
// if there is none.
func (u *utterance) part(i int, r *readout) (chars string, next int) {
	if i >= len(u.words) {
		return "", i
	}
	w, k := u.words[i], u.heard[i].key
	switch {
	case w.shape == digits:
		return k, i + 1
	case w.shape == other && strings.ContainsAny(k, "0123456789") && isASCII(k) && len(k) <= 12:
		return u.mixed(i)
	}
	if u.isKey(i, "double", "triple", "doppel", "zweimal", "dreimal", "treble") && i+1 < len(u.words) {
		if c, after := u.part(i+1, &readout{}); len(c) == 1 && after > i+1 {
			n := 2
			if u.isKey(i, "triple", "dreimal", "treble") {
				n = 3
			}
			return strings.Repeat(c, n), after
		}
		return "", i
	}
	if len(k) == 1 && 'a' <= k[0] && k[0] <= 'z' {
		if after := u.example(i, k[0]); after > 0 {
			r.phonetic = true
			return strings.ToUpper(k), after
		}
		return strings.ToUpper(k), i + 1
	}
	if d := spokenDigits(k); d != "" {
		r.words = true
		if len(d) == 2 && d[1] == '0' && d != "10" && i+1 < len(u.words) && isBlankOrHyphen(u.gap(i+1)) { // "twenty one"
			if ones := spokenDigits(u.heard[i+1].key); len(ones) == 1 && ones != "0" && k[len(k)-1] == 'y' {
				return d[:1] + ones, i + 2
			}
		}
		return d, i + 1
	}
	if c, ok := letterNames[k]; ok {
		return c, i + 1
	}
	if u.isCluster(i, r) {
		if after := u.example(i, k[len(k)-1]); after > 0 {
			r.phonetic = true
			return strings.ToUpper(k), after
		}
		return strings.ToUpper(k), i + 1
	}
	if c, ok := phonetic[k]; ok && (u.isSpelling(i-1) || u.isSpelling(i+1)) {
		r.phonetic = true
		return string(rune(c)), i + 1
	}
	return "", i
}

// isCluster tells letters that were written together though they were read out one by
// one: "CH-A-O", "4 bwgmc", "DE 55".
func (u *utterance) isCluster(i int, r *readout) bool {
	k := u.heard[i].key
	if len(k) == 2 && ibanLengths[strings.ToUpper(k)] > 0 && r.parts == 0 && u.isKey(i, "de", "gb", "ie", "nl", "ch", "fr", "pl") && (u.isPart(i+1) && i+1 < len(u.words)) {
		return true
	}
	if len(k) < 2 || len(k) > 6 || u.is(i, closed|titled|units|hesitates) || strings.Trim(k, "abcdefghijklmnopqrstuvwxyz") != "" {
		return false
	}
	within := r.parts > 0 && (r.single > 0 || r.digits > 0) || u.isSpelling(i+1) || i+1 < len(u.words) && u.words[i+1].shape == digits || u.example(i, k[len(k)-1]) > 0
	switch {
	case !within:
		return false
	case strings.Trim(k, "bcdfghjklmnpqrstvwxyz") == "" && !u.is(i, ordinary):
		return true
	case u.is(i, ordinary|forename|surname):
		return false
	}
	return u.words[i].shape == upper && len(k) <= 5 || len(k) <= 4 && r.parts > 0 && r.letters > 0 && (u.isSpelling(i+1) || u.example(i, k[len(k)-1]) > 0) || r.parts == 0 && len(k) <= 3 && u.example(i, k[len(k)-1]) > 0
}

func isBlankOrHyphen(gap string) bool { return gap == " " || gap == "-" }

// mixed reads a word of letters and digits, such as XK47Q2.
func (u *utterance) mixed(i int) (string, int) {
	k := u.heard[i].key
	switch strings.TrimLeft(k, "0123456789") {
	case "st", "nd", "rd", "th", "am", "pm", "k", "gb", "mb", "g", "kg", "cm", "mm", "km", "kwh", "m", "min", "h", "s", "x":
		return "", i // "21st", "5pm"
	}
	for j := range len(k) {
		if !isAlnum(k[j]) {
			return "", i
		}
	}
	return strings.ToUpper(k), i + 1
}

// isSpelling tells that the word at i is part of something spelled: a letter or a word
// of a spelling alphabet.
func (u *utterance) isSpelling(i int) bool {
	if i < 0 || i >= len(u.heard) {
		return false
	}
	k := u.heard[i].key
	return len(k) == 1 && 'a' <= k[0] && k[0] <= 'z' && k != "a" && k != "i" || phonetic[k] != 0 || len(spokenNumbers[k]) == 1
}

// example returns the index behind "for bravo" behind the letter at i, 0 if there is
// no such example of a word that begins with the letter.
func (u *utterance) example(i int, letter byte) int {
	j := i + 1
	for j < len(u.words) && j <= i+2 && u.isLike(j) && isSoft(u.gap(j)) {
		j++
	}
	if j == i+1 || j >= len(u.words) || !isSoft(u.gap(j)) {
		return 0
	}
	if k := u.heard[j].key; len(k) > 1 && k[0] == letter && !u.is(j, closed) {
		return j + 1
	}
	return 0
}

// readOut returns the runs of a turn.
func (u *utterance) readOut() (runs []readout) {
	for i := 0; i < len(u.words); {
		r := u.runAt(i)
		if len(r.chars) < 2 && !r.phonetic || r.parts == 0 {
			i++
			continue
		}
		runs = append(runs, r)
		i = r.to
	}
	return runs
}

// runAt returns the run that begins at word i.
func (u *utterance) runAt(i int) readout {
	r := readout{from: i, to: i}
	if u.isKey(i, "a", "i", "oh", "eine", "in", "is", "like", "o") && !u.isPart(i+1) {
		return r
	}
	var chars strings.Builder
	for j := i; j < len(u.words); {
		c, next := u.part(j, &r)
		if next == j {
			glue := u.glue(j, r)
			if glue == j {
				break
			}
			j = glue
			continue
		}
		if r.parts > 0 && !isReadOn(u.gap(j)) && u.gap(j) != ":" {
			break
		}
		chars.WriteString(c)
		r.parts++
		if len(c) == 1 {
			r.single++
		}
		for _, b := range []byte(c) {
			if b <= '9' {
				r.digits++
			} else {
				r.letters++
			}
		}
		j = next
		r.to = j
	}
	r.chars = chars.String()
	if u.isKey(r.to, "hundred", "thousand", "hundert", "tausend", "million", "millions") {
		r.scaled = true
	}
	return r
}

// isPart tells that the word at i is a letter or a number.
func (u *utterance) isPart(i int) bool {
	if i >= len(u.words) {
		return false
	}
	k := u.heard[i].key
	return len(k) == 1 || u.words[i].shape == digits || spokenDigits(k) != "" || u.isLike(i)
}

// isReadOn tells a gap over which reading out goes on.
func isReadOn(gap string) bool {
	return strings.Trim(gap, " ,.-/#()+–—'\"…") == "" && len(gap) <= 6
}

// glue returns the index of the part that words without a meaning of their own stand
// before: "and", "dash", "uh", or a digit that was heard as a word. It is i if there is
// none.
func (u *utterance) glue(i int, r readout) int {
	if r.parts == 0 {
		return i
	}
	j := i
	for j < len(u.words) && j < i+4 && isReadOn(u.gap(j)) && (u.is(j, hesitates) || u.isKey(j, "and", "then", "dash", "hyphen", "space", "minus",
		"und", "dann", "bindestrich", "strich", "slash", "schragstrich", "to", "too", "for", "ate", "won", "tree", "that's", "plus", "punkt", "dot",
		"capital", "again", "nochmal", "wieder", "hundred", "thousand", "hundert", "der", "die", "the", "umlaut", "gross", "klein", "comma", "komma", "as", "in", "number", "zahl", "ziffer", "buchstabe", "letter", "yes", "ja", "okay", "mhm")) {
		j++
	}
	if j == i || j >= len(u.words) || !isReadOn(u.gap(j)) {
		return i
	}
	if c, next := u.part(j, &readout{}); next == j || c == "" || u.isKey(j, "a", "i") && !u.isPart(j+1) {
		return i
	}
	return j
}
