package anonymize

// dates finds dates of birth: any date where one was asked for or announced, and
// elsewhere one with a month and a year that nobody makes an appointment for.
func (u *utterance) dates() {
	expected := u.asked.has(BirthDate)
	for i := 0; i < len(u.heard); i++ {
		if !u.isDatePart(i) {
			continue
		}
		j, last, month, year, numbers := i, i, false, false, 0
		for j < len(u.heard) && (u.isDatePart(j) || j > i && u.isDateGlue(j)) {
			if u.isDatePart(j) {
				last = j
				month = month || u.is(j, monthly)
				if !u.is(j, monthly) {
					numbers++
				}
				year = year || u.isBirthYear(j)
			}
			j++
		}
		announced := u.announcedBefore(i, 10) == BirthDate
		if !month && !year && (u.is(i-1, units) || u.is(last+1, units)) {
			i = j
			continue
		}
		from := i
		if u.isKey(i-1, "the") {
			from--
		}
		switch {
		case month && year && numbers > 1, (expected || announced) && (month && numbers > 0 || numbers > 1 || year):
			u.mark("date", BirthDate, from, last+1)
		case (expected || announced) && len(u.heard) <= 4:
			u.mark("date", BirthDate, from, last+1)
		}
		i = j
	}
}

// isDatePart tells a number, an ordinal or a month.
func (u *utterance) isDatePart(i int) bool {
	if u.is(i, monthly|ordinal) || isGermanOrdinal(u.heard[i].key) {
		return !u.isKey(i, "second") || u.isDateNeighbour(i+1)
	}
	w := u.words[i]
	if w.shape == digits {
		return w.end-w.start <= 4 || w.end-w.start == 8
	}
	return spokenDigits(u.heard[i].key) != "" && !u.isKey(i, "o") || u.isDayOrYear(i) && w.shape == other || u.isKey(i, "thousand", "hundred", "zweitausend")
}

func (u *utterance) isDateNeighbour(i int) bool {
	return u.isKey(i, "of") || u.is(i, monthly)
}

func (u *utterance) isDateGlue(i int) bool {
	return u.isKey(i, "of", "the", "and", "der", "den", "dem", "im", "am", "uh", "um", "ahm", "slash", "punkt", "dot", "hundred", "thousand", "in") && i+1 < len(u.heard) &&
		(u.isDatePart(i+1) || i+2 < len(u.heard) && u.isKey(i+1, "the", "of") && u.isDatePart(i+2))
}

// isBirthYear tells a year before 2010, in digits or as it is said: "nineteen eighty
// four", "neunzehnhundertachtzig".
func (u *utterance) isBirthYear(i int) bool {
	k := u.heard[i].key
	if u.words[i].shape != digits {
		k = spokenDigits(k)
	}
	if len(k) == 4 {
		return k >= "1900" && k < "2010"
	}
	return k == "19" && i+1 < len(u.heard) && (len(spokenDigits(u.heard[i+1].key)) == 2 || u.words[i+1].shape == digits)
}

// isGermanOrdinal tells "dritter", "siebzehnten", "einundzwanzigste".
func isGermanOrdinal(k string) bool {
	for _, end := range []string{"ster", "sten", "ste", "ter", "ten", "te"} {
		if n := len(k) - len(end); n >= 3 && k[n:] == end {
			stem := k[:n]
			switch stem {
			case "ers", "drit", "sieb", "siebt", "ach":
				return true
			}
			if d := spokenDigits(stem); d != "" && d != "8" {
				return true
			}
		}
	}
	return k == "erster" || k == "ersten" || k == "erste" || k == "dritter" || k == "dritten" || k == "dritte" || k == "achter" || k == "achten" || k == "achte"
}
