package anonymize

import "strings"

// codes finds the numbers and codes among what is read out, and names that are spelled.
// How much has to be read out depends on whether it was asked for or announced.
func (u *utterance) codes() {
	u.expectedGroups()
	u.wholeCode()
	var last readout
	for i, r := range u.runs {
		if u.areTaken(r.from, r.to) {
			continue
		}
		if kind := u.codeKind(r); kind != "" {
			from := r.from
			if i > 0 && last.to > 0 && r.from-last.to <= 2 && kind != Person && kind != Phone { // a part was heard as a word
				from = last.to
			}
			if kind != Person && r.letters > 0 && r.from > 0 && u.isKey(r.from-1, "for", "to", "too", "ate", "won", "be", "see", "are", "you", "why", "eye") && (r.from == 1 || !u.isKey(r.from-2, "number", "code", "reference", "it", "nummer") && u.is(r.from-2, leading)) {
				from-- // "for" is heard for 4
			}
			u.mark("read-out", kind, from, r.to)
			last = r
		}
	}
}

// expectedGroups finds a number that was asked for or is announced and that was not heard
// as one: "60 off 26, 36, 84".
func (u *utterance) expectedGroups() {
	for i := 0; i < len(u.runs); {
		j, n := i+1, len(u.runs[i].chars)
		for j < len(u.runs) && u.runs[j].from-u.runs[j-1].to <= 2 {
			n += len(u.runs[j].chars)
			j++
		}
		first, last := u.runs[i], u.runs[j-1]
		kind := u.announcedBefore(first.from, 6)
		if kind == "" {
			kind = u.asked.number()
		}
		if j-i > 1 && n >= 6 && kind != "" && kind != BirthDate && kind != Address && !u.is(first.from-1, units) && !u.isUnitBetween(first.from, last.to) {
			u.mark("read-out", kind, first.from, last.to)
		}
		i = j
	}
}

// wholeCode finds a code that is all there is behind its announcement, or all of a short
// answer, whatever its letters were heard as: "22 zatfazulu 7e".
func (u *utterance) wholeCode() {
	from, kind := 0, ""
	for _, c := range u.cues {
		if c.kind == Booking || c.kind == Iban || c.kind == Passport || c.kind == NationalID || c.kind == Account {
			from, kind = c.end, c.kind
		}
	}
	if kind == "" {
		if kind = u.asked.number(); kind == "" || kind == BirthDate || kind == Address || kind == Phone || kind == Card {
			return
		}
	}
	for from < len(u.heard) && (u.is(from, leading|closed|hesitates) && !u.isPart(from) || u.isKey(from, "is", "ist", "lautet", "i", "think", "glaube")) {
		from++
	}
	to, parts := from, 0
	for to < len(u.heard) && to-from <= 9 && !u.is(to, breaking|units|protected|stalling) {
		if u.isNumber(to) || len(u.heard[to].key) == 1 {
			parts++
		}
		to++
	}
	for to > from && u.is(to-1, closed) && !u.isPart(to-1) {
		to--
	}
	if parts > 0 && to-from >= 2 && to-from <= 9 && (to == len(u.heard) || u.gap(to) != " ") && !u.isUnitBetween(from, to-1) && u.isUnlisted(from, to) {
		u.mark("read-out", kind, from, to)
	}
}

// isUnlisted tells that one of the words from i up to j is in no list.
func (u *utterance) isUnlisted(i, j int) bool {
	for ; i < j; i++ {
		if !u.is(i, ordinary|closed) && !u.isNumber(i) && len(u.heard[i].key) > 1 {
			return true
		}
	}
	return false
}

// isUnitBetween tells that a word from i up to j, or the one at j, makes the numbers
// amounts.
func (u *utterance) isUnitBetween(i, j int) bool {
	for ; i <= j && i < len(u.heard); i++ {
		if u.is(i, units) {
			return true
		}
	}
	return false
}

// areTaken tells that spans hold all words from i up to j.
func (u *utterance) areTaken(i, j int) bool {
	for ; i < j; i++ {
		if !u.isTaken(i) {
			return false
		}
	}
	return true
}

// codeKind returns what is read out, "" if it is nothing personal.
func (u *utterance) codeKind(r readout) string {
	announced := u.announcedBefore(r.from, 12)
	asked := u.asked.number()
	expected := announced
	if expected == "" {
		expected = asked
	}
	n := len(r.chars)
	switch {
	case r.digits == 0:
		return u.spelledKind(r, announced, asked)
	case n < 15 && u.isAmount(r):
		return ""
	case u.isOfDevice(r) && n < 8:
		return ""
	case expected != "" && u.isEnough(r, expected, announced != ""):
		if expected == BirthDate && n > 8 {
			return bestKind(r)
		}
		return expected
	case u.asked.has(Person) && r.letters > 2 && r.digits < 3:
		return Person // "M8" is heard for M A T E
	case r.letters == 0 && (n >= 6 || r.parts == r.single && n >= 4 && u.isPlainRun(r)):
		return bestKind(r)
	case isPostcode(r.chars) && r.to-r.from > 1:
		return Address
	case r.letters > 0 && n >= 5 && (r.single >= 3 || n >= 8) || r.letters > 1 && r.digits > 1 && n >= 6:
		return bestKind(r)
	}
	return ""
}

// isPlainRun tells single digits that are no count such as "1, 2 or 3".
func (u *utterance) isPlainRun(r readout) bool {
	for _, count := range []string{"123456789", "0123456789"} {
		if strings.HasPrefix(count, r.chars) {
			return false
		}
	}
	return true
}

// isEnough tells that so much is read out as the kind needs where it is expected.
func (u *utterance) isEnough(r readout, kind string, announced bool) bool {
	n := len(r.chars)
	switch kind {
	case BirthDate, Address:
		return n >= 2
	case Account, Phone, Card, Iban, NationalID, Passport, Booking:
		if n <= 4 && !announced && len(u.words)-u.readOutWords() > 5 || n <= 4 && u.isKey(r.from-1, "by", "at", "until", "till", "before", "after", "ab", "bis", "um") {
			return false // "by seven thirty tomorrow"
		}
		return n >= 3 || n == 2 && r.words && !announced && len(u.words) <= 4 || n == 2 && len(u.words) <= 2
	}
	return n >= 4
}

// readOutWords counts the words of the turn that belong to a run.
func (u *utterance) readOutWords() (n int) {
	for _, r := range u.runs {
		n += r.to - r.from
	}
	return n
}

// bestKind returns the kind by the form alone.
func bestKind(r readout) string {
	n := len(r.chars)
	switch {
	case n >= 15 && r.letters >= 2 && r.chars[0] > '9' && ibanLengths[r.chars[:2]] > 0:
		return Iban
	case r.letters == 0 && n >= 13 && n <= 19:
		return Card
	case r.letters > 0 && isPostcode(r.chars):
		return Address
	case r.letters > 0 && n <= 8:
		return Booking
	case r.letters == 0 && n >= 7 && n <= 15:
		return Phone
	}
	return Account
}

// isAmount tells money, a time, or another quantity.
func (u *utterance) isAmount(r readout) bool {
	before, behind := u.gap(r.from), u.gap(r.to)
	if strings.ContainsAny(before[max(0, len(before)-4):], "€$£") || strings.HasPrefix(strings.TrimSpace(behind), "%") || strings.HasPrefix(strings.TrimSpace(behind), "€") {
		return true
	}
	if r.scaled || r.to < len(u.heard) && (u.is(r.to, units) || u.isKey(r.to, "thousand", "hundred", "tausend")) && len(r.chars) < 9 {
		return true
	}
	if u.is(r.from-1, units) && len(r.chars) < 4 {
		return true // "forty pounds thirty"
	}
	if r.from > 0 && u.isKey(r.from-1, "uhr", "um", "gegen", "version", "windows", "since", "seit") && len(r.chars) < 7 {
		return true
	}
	return strings.Contains(u.text[u.words[r.from].start:u.words[r.to-1].end], ":") && len(r.chars) <= 4
}

// isOfDevice tells a number that belongs to a thing: a model, a version, a flight.
func (u *utterance) isOfDevice(r readout) bool {
	for j := r.from - 1; j >= max(0, r.from-3); j-- {
		if u.words[j].class&models != 0 && !u.isKey(j, "postcode", "zip", "plz", "code", "serial", "id", "reg", "registration", "gift", "ticket", "tracking") {
			return true
		}
		if u.isKey(j, "platform", "gate", "gleis", "flugnummer", "modell", "fehlercode", "fehlermeldung", "channel", "kanal", "terminal", "room", "zimmer") {
			return true
		}
	}
	return false
}

// acronyms are spelled by everybody and are no names.
var acronyms = wordSet(`usb bbc ibm atm vpn dhl ups pdf sms adac gmx pin usa klm bmw abc nhs dsl lte eta faq aol hsbc tsb rac aa tui bp edf eon rwe
	wifi wlan lan ip isp dpd www http https hdmi sim puk url app uk eu tv pc hp lg id am pm ok gps led lcd ssd cpu gpu ram dvd cd iphone ios uhr
	iban bic blz plz agb vw ec sb gb mb kwh mot vat hmrc dvla cvv cvc pnr dob asap diy rip ice bahn vip ceo hr`)

// spelledKind returns what letters alone spell: a name, but for what was asked for or
// announced, and for what everybody spells.
func (u *utterance) spelledKind(r readout, announced, asked string) string {
	word := strings.ToLower(r.chars)
	expected := u.asked.has(Person) || u.hasNameCue()
	switch {
	case acronyms[word], len(word) == 2 && word[0] == 'a': // "is that with a K"
		return ""
	case announced == Booking || announced == Iban || announced == Passport || announced == NationalID:
		if len(r.chars) >= 2 {
			return announced
		}
	case (asked == Booking || asked == Iban || asked == Passport) && !expected:
		return asked
	case r.single < 3 && !r.phonetic && !expected:
		return ""
	case len(r.chars) >= 3, r.phonetic, expected:
		return Person
	}
	return ""
}

func (u *utterance) hasNameCue() bool {
	for _, c := range u.cues {
		if c.kind == Person {
			return true
		}
	}
	return false
}

// isPostcode tells a British postcode: SW1A1AA.
func isPostcode(s string) bool {
	n := len(s)
	if n < 5 || n > 7 {
		return false
	}
	isLetter := func(c byte) bool { return c >= 'A' }
	in := s[n-3:]
	out := s[:n-3]
	if isLetter(in[0]) || !isLetter(in[1]) || !isLetter(in[2]) || !isLetter(out[0]) {
		return false
	}
	for i := 1; i < len(out); i++ {
		if !isLetter(out[i]) {
			return true
		}
	}
	return false
}
