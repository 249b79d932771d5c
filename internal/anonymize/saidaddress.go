package anonymize

import "strings"

// addresses finds streets with their number, and where an address was asked for or is
// announced, what else tells where somebody lives.
func (u *utterance) addresses() {
	for i := range u.heard {
		if u.isStreet(i) && !u.isTaken(i) {
			u.streetAt(i)
		}
	}
	if u.asked.has(Address) {
		if !u.wholeAddress(0) {
			u.livingAnswer(0)
		}
		return
	}
	for _, c := range u.cues {
		if c.kind == Address && c.end < len(u.heard) {
			u.wholeAddress(c.end)
			u.livingAnswer(c.end)
			return
		}
	}
}

// isStreet tells a word for a street, or a German street's name: Lindenstraße.
func (u *utterance) isStreet(i int) bool {
	if u.is(i, street) {
		return true
	}
	k := u.heard[i].key
	for _, end := range []string{"strasse", "strase", "weg", "gasse", "platz", "allee", "damm", "ufer", "str", "steig", "chaussee", "promenade", "ring", "pfad", "wall", "graben"} {
		if len(k) > len(end)+2 && strings.HasSuffix(k, end) && (!u.speech.german[k] || end == "strasse" || end == "strase") {
			return true
		}
	}
	return false
}

// streetAt finds the street whose word is at i, with its number before it ("42 Elm
// Street") or behind it ("Lindenstraße 12").
func (u *utterance) streetAt(i int) {
	for j := i - 1; j >= max(0, i-4); j-- {
		if u.isNumber(j) && i-j > 1 {
			for j > 0 && u.isNumber(j-1) {
				j--
			}
			u.mark("street", Address, j, u.cityEnd(i+1))
			return
		}
		if u.is(j, closed) && !u.isKey(j, "the", "of", "saint") {
			break
		}
	}
	if i+1 < len(u.heard) && u.isNumber(i+1) && (len(u.heard[i].key) > 6 || i > 0) {
		from := i
		for from > 0 && u.is(i, street) && !u.is(from-1, closed|leading) && i-from < 2 {
			from--
		}
		if from == i && i > 0 && (u.isKey(i-1, "alte", "alten", "neue", "neuen", "grosse", "kleine", "obere", "untere", "lange", "kurze") || u.words[i-1].shape == title && !u.is(i-1, closed)) {
			from--
		}
		j := i + 1
		for j < len(u.heard) && u.isNumber(j) {
			j++
		}
		u.mark("street", Address, from, u.cityEnd(j))
	}
}

// cityEnd takes the words behind a street that are its postcode and its place.
func (u *utterance) cityEnd(j int) int {
	end := j
	for n := 0; j < len(u.heard) && n < 8; n++ {
		switch {
		case u.isNumber(j), n < 3 && !u.is(j, closed|ordinary) || gazetteerPlace(u.heard[j].key):
			end = j + 1
		case u.isKey(j, "in"):
		default:
			return end
		}
		j++
	}
	return end
}

func (u *utterance) isNumber(i int) bool {
	return i < len(u.heard) && (u.words[i].shape == digits || spokenDigits(u.heard[i].key) != "" || u.words[i].shape == other && len(u.heard[i].key) <= 5 && strings.ContainsAny(u.heard[i].key, "0123456789"))
}

// wholeAddress finds an address that is all there is from word i on, but for its lead: "please
// send it to 83 Larkspur Way, Raleigh".
func (u *utterance) wholeAddress(i int) bool {
	j := len(u.heard)
	if j-i > 16 {
		return false
	}
	for i < j && (u.is(i, leading|closed) && !u.isNumber(i) && len(u.heard[i].key) > 1 || u.isKey(i, "send", "deliver", "address")) {
		if u.isKey(i, "am", "an", "im") && i+2 < j && u.isNumber(i+2) && !u.is(i+1, closed) {
			break
		}
		i++
	}
	for k := i; k < j; k++ { // "at 42 Elm Street since last year"
		if u.is(k, closed) && !u.isAddressWord(k) && len(u.heard[k].key) > 1 && !u.isNumber(k) {
			j = k
		}
	}
	for j > i && u.is(j-1, closed) && !u.isNumber(j-1) && len(u.heard[j-1].key) > 1 {
		j--
	}
	numbers, tells := 0, false
	for k := i; k < j; k++ {
		if u.isNumber(k) {
			numbers++
		}
		if u.is(k, units) {
			return false
		}
		tells = tells || u.isStreet(k) || gazetteerPlace(u.heard[k].key) || !u.is(k, ordinary) && !u.isNumber(k)
	}
	if j == i || numbers == 0 || !tells && j-i > 6 {
		return false
	}
	u.mark("address", Address, i, j)
	return true
}

// isAddressWord tells a small word that may stand in an address.
func (u *utterance) isAddressWord(i int) bool {
	return u.isKey(i, "in", "the", "of", "am", "an", "der", "oh", "o", "and", "as", "like", "for", "wie", "double", "street")
}

// livingAnswer finds what tells where somebody lives in the words from i on: what is no
// ordinary word, streets, and all numbers.
func (u *utterance) livingAnswer(i int) {
	for j := i; j < len(u.heard); j++ {
		switch {
		case len(u.heard[j].key) == 1 || u.isDigits(j):
		case u.is(j, closed) || u.isTaken(j) || u.is(j, protected) && !gazetteerPlace(u.heard[j].key):
		case gazetteerPlace(u.heard[j].key), u.isStreet(j) && !u.isKey(j, "close", "drive", "ring", "platz", "row", "court") && (j > 0 && !u.is(j-1, closed) || u.words[j].end-u.words[j].start > 7):
			from := j
			for from > i && !u.is(from-1, closed) && !u.isNumber(from-1) && j-from < 2 && u.isStreet(j) {
				from--
			}
			u.mark("address", Address, from, j+1)
		case !u.is(j, ordinary):
			u.mark("address", Address, j, j+1)
		}
	}
}
