package anonymize

import (
	"slices"
	"strings"

	"switchboard/internal/anonymize/gazetteer"
)

func gazetteerPlace(k string) bool {
	kind := gazetteer.Of(k)
	return kind == gazetteer.Place || kind == gazetteer.NamedPlace
}

// introductions are what a name follows. After a strong one any word is a name that is
// not closed; after a weak one only a listed name or a word that is in no list.
var introductions = func() map[string][]introduced {
	m := map[string][]introduced{}
	for strong, list := range map[bool]string{
		true: `my name is, my name, my names, names, name is, the name, name on it is, first name is, last name is, surname is, first name, last name, surname, i'm called,
			they call me, call me, mein name ist, name ist, name lautet, nachname ist, vorname ist, nachname, vorname, mein nachname, familienname, hier spricht,
			in the name of, under the name of, under the name, auf den namen, unter dem namen, unter namen, am i speaking with, am i speaking to, am i talking to,
			speaking with, speaking to, you're talking to, through to, you are talking to, talk to, sie sprechen mit, verbunden mit, spreche ich mit, habe ich mit, goes by, ich heisse, heisse, er heisst, sie heisst, is called, named, namens, mein name, name war, name was, name`,
		false: `this is, i'm, i am, it, it is, hier ist, hier, da ist, ich bin, das ist, spoke to, spoke with, spoken to, spoken with, talked to, talking to, dealt with, gesprochen
			mit, geredet mit, telefoniert mit, sprechen mit, sind mit, ask for, asked for, attention of, care of, signed by, on behalf of, calling for, of yours, of mine, von ihnen, von mir, rather talk to, rather speak to, im namen von, behalf of, says, it says, da steht, auf, under,
			colleague, kollege, kollegin, by, with, met, told, frau, miss, doctor, doktor, hi, hello, hey, dear, hallo, thanks, thank you, danke, vielen dank, und zwar, mit, von`,
	} {
		for phrase := range strings.SplitSeq(list, ",") {
			words := strings.Fields(phrase)
			m[words[len(words)-1]] = append(m[words[len(words)-1]], introduced{words, strong})
		}
	}
	return m
}()

type introduced struct {
	words  []string
	strong bool
}

// namesInSpeech finds names by what is said around them.
func (u *utterance) namesInSpeech() {
	if u.asked.has(Person) {
		u.nameAnswer()
	}
	if u.asked.number() == "" && slices.ContainsFunc(u.runs, func(r readout) bool { return r.phonetic && r.letters > 2 && r.digits == 0 }) && !u.hasNumberCue() {
		u.spelledParts()
	}
	for i := range u.heard {
		u.introducedAt(i)
		u.titledAt(i)
		u.speakerBefore(i)
		u.listedAt(i)
		u.kinAt(i)
	}
	u.misheardIntroduction()
	u.misheardVocative()
	u.wholeName()
	u.besideSpelling()
	u.askedHere()
}

func (u *utterance) hasNumberCue() bool {
	return slices.ContainsFunc(u.cues, func(c cue) bool { return c.kind != Person })
}

// nameAnswer finds the name in the answer to the question for one: the first words that
// are no closed ones, whatever they are, and elsewhere all that no list has as ordinary.
func (u *utterance) nameAnswer() {
	i := 0
	for i < len(u.heard) && u.is(i, leading|hesitates) {
		i++
	}
	u.spelledAnswer()
	if u.asked.has(spelling) || slices.ContainsFunc(u.runs, func(r readout) bool { return r.phonetic && r.letters > 1 }) {
		u.spelledParts()
	}
	if u.is(i, closed) && u.is(i, doubtful) && u.is(i, forename|surname) && u.isLast(i) { // "Sure, Will"
		u.mark("answer", Person, i, i+1)
	}
	j, plain := i, 0
	for j < len(u.heard) && j < i+4 && !u.is(j, closed) && !u.isDigits(j) && (j == i || !strings.ContainsAny(u.gap(j), ".!?;:")) {
		if u.is(j, ordinary) && !u.is(j, forename|surname) {
			plain++
		}
		j++
	}
	if n := j - i; n > 0 && (plain == 0 || n <= 3 && u.isLast(j-1) && !u.isCommonStart(i)) && !u.is(i, protected) {
		u.mark("answer", Person, i, j)
	}
	for k := range u.heard {
		if u.isNameWord(k) && !u.isTaken(k) {
			u.mark("answer", Person, k, k+1)
		}
	}
	u.misheardAnswer()
	u.misheardSentences()
	if end := u.misheardEnd(i); end > i && end-i <= 4 && !u.stalls(i, end) && (end == len(u.heard) || u.gap(end) != " ") && !u.isCommonStart(i) {
		u.mark("answer", Person, i, end)
	}
}

// misheardSentences widens a name to the whole of its sentence, if that has three words at
// most and none that goes with no name: "Pairing Cumolo."
func (u *utterance) misheardSentences() {
	for i := 0; i < len(u.heard); {
		j := i + 1
		for j < len(u.heard) && !strings.ContainsAny(u.gap(j), ".,!?;") {
			j++
		}
		named := false
		for k := i; k < j; k++ {
			named = named || u.isTaken(k) && u.isNameWord(k)
		}
		start := i
		for start < j && (u.is(start, leading|hesitates|titled) && !u.isTaken(start)) {
			start++
		}
		if named && j-start <= 3 && j-start > 1 && !u.stalls(start, j) {
			sure := true
			for k := start; k < j; k++ {
				sure = sure && (u.isTaken(k) || !u.is(k, breaking|closed|kin))
			}
			if sure {
				u.mark("answer", Person, start, j)
			}
		}
		i = j
	}
}

// stalls tells that one of the words from i up to j is no part of a name.
func (u *utterance) stalls(i, j int) bool {
	for ; i < j; i++ {
		if u.is(i, stalling|units|protected) || u.isContracted(i) {
			return true
		}
	}
	return false
}

// misheardAnswer widens the name in a short answer by the words before it, as which a
// given name was heard: "Now me Okonkwo."
func (u *utterance) misheardAnswer() {
	i := 0
	for i < len(u.heard) && (u.is(i, leading|hesitates) || u.is(i, titled)) {
		i++
	}
	for j := i + 1; j < len(u.heard) && j <= i+2; j++ {
		if strings.ContainsAny(u.gap(j), ".,!?;:") || u.isDigits(j) {
			return
		}
		if u.isTaken(j) && !u.isTaken(i) && u.isNameWord(j) && (j+1 == len(u.heard) || u.isTaken(j+1) && j+2 == len(u.heard) || u.isLast(j)) && !u.is(i, kin|titled) {
			u.mark("answer", Person, i, j+1)
			return
		}
	}
}

// misheardIntroduction widens the name near the beginning of a turn up to "it's" or "this
// is": "Hi, it's Fee on a Gallagher".
func (u *utterance) misheardIntroduction() {
	for i := 0; i < min(5, len(u.heard)); i++ {
		if !u.isKey(i, "it") || !u.words[i].possessive {
			if !u.isKey(i, "is") || !u.isKey(i-1, "this") {
				continue
			}
		}
		for j := i + 2; j < len(u.heard) && j <= i+4; j++ {
			if strings.ContainsAny(u.gap(j), ".,!?;:") {
				break
			}
			if u.isTaken(j) && u.isNameWord(j) && !u.isTaken(j-1) && !u.is(j-1, kin|titled) && (u.words[i+1].shape == title || !u.is(i+1, closed)) {
				u.mark("introduced", Person, i+1, j+1)
				return
			}
		}
	}
}

// misheardVocative finds who is spoken to where a turn ends in one or two words that nothing
// else accounts for: "thanks holiday", "can I help you with, Bean A?".
func (u *utterance) misheardVocative() {
	n := len(u.heard)
	for i := range u.heard {
		if u.isKey(i, "from", "speaking", "here", "calling") && i > 2 { // "this is see on from the bank"
			for j := i - 1; j >= max(2, i-3); j-- {
				if u.isKey(j-1, "is") && u.isKey(j-2, "this") && !u.is(j, closed|breaking|protected) && !u.stalls(j, i) && !u.isTaken(j) {
					u.mark("introduced", Person, j, i)
				}
			}
		}
	}
	for j := n - 1; j >= max(1, n-3); j-- {
		if u.is(j, breaking|protected|closed) && j == n-1 || u.stalls(j, n) || u.isDigits(j) || j < n-1 && strings.ContainsAny(u.gap(j+1), ".,!?;:") {
			return
		}
		switch {
		case u.isKey(j-1, "thanks", "danke"), u.isKey(j-1, "you") && u.isKey(j-2, "thank"), u.isKey(j-1, "dank") && u.isKey(j-2, "vielen"):
		case u.isKey(j-1, "with", "today") && u.isKey(j-2, "you", "with"), u.isKey(j-1, "tun") && u.isKey(j-2, "sie"), u.isKey(j-1, "helfen") && u.isKey(j-2, "ihnen"):
		default:
			continue
		}
		if !u.is(j, closed) && !u.isTaken(j) && !u.isCommonStart(j) {
			u.mark("spoken-to", Person, j, n)
		}
		return
	}
}

// wholeName finds a turn of two or three words that is a name, though each of them may be
// a word.
func (u *utterance) wholeName() {
	n := len(u.heard)
	if n < 2 || n > 3 {
		return
	}
	given := false
	for i := range n {
		if u.is(i, closed|protected|monthly|trademark|units|street) || u.isDigits(i) || u.isContracted(i) || len(u.heard[i].key) < 2 ||
			!u.is(i, forename|surname) && u.is(i, ordinary) || i > 0 && u.gap(i) != " " {
			return
		}
		given = given || u.is(i, forename)
	}
	if given {
		u.mark("whole", Person, 0, n)
	}
}

// spelledAnswer finds what is spelled with words for the letters that no alphabet has:
// "house R as in romeo".
func (u *utterance) spelledAnswer() {
	for _, r := range u.runs {
		if r.digits > 1 || r.letters < 1 || !r.phonetic && r.single < 2 {
			continue
		}
		from, to := r.from, r.to
		for from > 0 && isReadOn(u.gap(from)) && (!u.is(from-1, closed|leading) || len(u.heard[from-1].key) == 1 || u.soundsLetter(from-1)) {
			from--
		}
		for to < len(u.heard) && isReadOn(u.gap(to)) && (!u.is(to, closed) || u.soundsLetter(to)) {
			to++
		}
		u.mark("spelled", Person, from, to)
	}
}

// spelledParts finds each part of the answer to "can you spell both names", from its first
// word that does not lead to the last one that is spelled, whatever letters were heard as.
func (u *utterance) spelledParts() {
	for from := 0; from < len(u.heard); {
		to := from
		for to < len(u.heard) && !u.isKey(to, "then", "dann") && !(u.isKey(to, "and", "und") && u.isKey(to+1, "then", "dann", "the", "my", "last", "surname")) {
			to++
		}
		start, last, units := from, from, 0
		for start < to && (u.is(start, leading|hesitates) && len(u.heard[start].key) > 1 && !u.isSpelling(start) || u.isKey(start, "both", "no", "nein", "also")) {
			start++
		}
		for i := start; i < to; i++ {
			if u.isSpelling(i) || len(u.heard[i].key) == 1 || u.isNameWord(i) || u.isDigits(i) {
				last = i + 1
				if !u.isDigits(i) {
					units++
				}
			}
		}
		for n := 0; n < 2 && last < to && last > start && !u.is(last, closed) && isReadOn(u.gap(last)); n++ {
			last++
		}
		if units > 1 || units == 1 && last-start < 4 {
			u.mark("spelled", Person, start, last)
		}
		from = to + 1
	}
}

// soundsLetter tells a word as which a letter or a digit may have been heard.
func (u *utterance) soundsLetter(i int) bool {
	return u.isKey(i, "be", "see", "are", "you", "why", "oh", "eye", "for", "to", "too", "ate", "won", "ah", "in", "as", "wie", "er", "es", "we", "a", "i", "el", "us")
}

// isCommonStart tells an answer that begins with a verb or an adverb: it is no name.
func (u *utterance) isCommonStart(i int) bool {
	k := u.heard[i].key
	return strings.HasSuffix(k, "ing") && !u.is(i, forename|surname) || strings.HasSuffix(k, "ly") && u.is(i, ordinary) && !u.is(i, forename)
}

func (u *utterance) isDigits(i int) bool {
	return u.words[i].shape == digits || spokenDigits(u.heard[i].key) != ""
}

// isNameWord tells a word that is a name where one may be: a listed name that is nothing
// else, or a word that no list has.
func (u *utterance) isNameWord(i int) bool {
	w := u.words[i]
	if w.shape == digits || u.is(i, ordinary|closed|protected|located) || w.end-w.start < 2 || u.isDigits(i) || u.isContracted(i) {
		return u.words[i].shape == title && i > 0 && u.is(i, forename) && !u.is(i, closed|protected|monthly|trademark) && !strings.ContainsAny(u.gap(i), ".!?")
	}
	return len(u.heard[i].key) > 2 || u.is(i, forename|surname)
}

func (u *utterance) isContracted(i int) bool { return isContraction([]byte(u.heard[i].key)) }

// introducedAt finds the name behind an introduction that ends with the word at i.
func (u *utterance) introducedAt(i int) {
	strong, weak := false, false
	for _, in := range introductions[u.heard[i].key] {
		if from := i - len(in.words) + 1; from >= 0 && u.says(from, in.words) {
			strong, weak = strong || in.strong, true
			if in.strong && (from > 0 && named[u.heard[from-1].key] || u.isAsking(from, i) || u.isAsking(from-1, i) && u.isKey(from-1, "last", "first", "full", "middle")) {
				strong = false
			}
		}
	}
	if !weak {
		return
	}
	j := i + 1
	for j < len(u.heard) && j < i+4 && (u.is(j, hesitates|titled) || strong && u.isKey(j, "is", "ist", "it", "the", "last", "first", "of", "name", "yes", "ja", "also", "lautet", "war", "was", "just")) && isReadOn(u.gap(j)) {
		j++
	}
	if j >= len(u.heard) || strings.ContainsAny(u.gap(j), ".!?;") && !strong {
		return
	}
	end := u.nameEnd(j, strong)
	if strong && u.isName(i) {
		end = max(end, u.misheardEnd(j))
	}
	if end > j && !u.isCompany(end) {
		u.mark("introduced", Person, j, end)
	}
}

// isName tells that the introduction that ends at word i is about a name and nothing else:
// "my name is".
func (u *utterance) isName(i int) bool {
	for j := i; j >= max(0, i-2); j-- {
		if u.isKey(j, "name", "names", "surname", "nachname", "vorname", "namen", "heisse", "heisst", "spricht") || j == i && u.isKey(i-1, "speaking", "talking", "through", "sprechen", "verbunden") {
			return true
		}
	}
	return false
}

// misheardEnd returns the index behind a name that was heard as words, which begins at
// word j: what is left of the sentence, if that is little and goes on as names do.
func (u *utterance) misheardEnd(j int) int {
	end := j
	for end < len(u.heard) && (end == j || !strings.ContainsAny(u.gap(end), ".!?;:,")) {
		if u.is(end, breaking|protected) && !(u.isKey(end, "ist", "is", "es") && end > j) || u.isDigits(end) || end == j && u.isOpening(j) {
			break
		}
		end++
	}
	switch {
	case end-j > 6, end-j > 3 && end < len(u.heard) && u.gap(end) == " ", end == j+1 && u.is(j, closed) && !u.is(j, doubtful):
		return j
	}
	for end > j && u.is(end-1, closed) && end-j > 1 && (u.isKey(end-1, "is", "ist", "it", "the") || end < len(u.heard)) {
		end--
	}
	return end
}

// isAsking tells "your name", which asks and does not introduce.
func (u *utterance) isAsking(from, i int) bool {
	return u.isKey(from-1, "your", "the", "a", "what", "which", "ihr", "ihren", "ihrem", "welchen", "welchem", "whose", "any") && u.isKey(i, "name", "surname", "names", "nachname", "vorname")
}

// nameEnd returns the index behind the name that begins at word j, j if none does.
func (u *utterance) nameEnd(j int, strong bool) int {
	end := j
	for end < len(u.heard) && end < j+4 {
		if end > j && strings.ContainsAny(u.gap(end), ".!?;:") {
			break
		}
		w := u.words[end]
		switch {
		case end == j && strong && u.is(end, doubtful) && u.isLast(end): // "my name is Will"
		case u.isParticle(end):
			end++
		case u.is(end, closed|protected), u.isDigits(end), u.isContracted(end), len(u.heard[end].key) == 1:
			return end
		case u.isNameWord(end):
		case end == j && strong && !u.isOpening(end):
		case u.is(end, located) && !u.is(end, ordinary) && (strong || end > j || w.shape == title && u.isLast(end)):
		case end == j && u.german && u.is(end, surname|forename) && u.isLast(end) && !strong:
		case end == j && u.is(end, forename) && !strong && (w.shape == title || u.isNameAfter(end)):
		case end > j && u.is(end, forename|surname) && (w.shape == title || !u.is(end, closed) && (u.isLast(end) || strong && end == j+1 && !u.is(end, monthly|units))):
		default:
			return end
		}
		end++
	}
	return end
}

// isParticle tells a small word that a family name may begin with, and that a word
// follows which is no closed one: "mc knight", "van dyk".
func (u *utterance) isParticle(i int) bool {
	return u.isKey(i, "mc", "mac", "o", "de", "van", "von", "el", "al", "la", "bin", "ben", "st", "saint", "da", "di", "dos", "ter", "den") && i+1 < len(u.heard) &&
		!u.is(i+1, closed) && (!u.is(i+1, ordinary) || u.is(i+1, surname)) && len(u.heard[i+1].key) > 2 && !u.isDigits(i+1) && len(u.gap(i+1)) < 2
}

// isOpening tells a word that goes on behind "my name" as no name does.
func (u *utterance) isOpening(i int) bool {
	k := u.heard[i].key
	return u.is(i, ordinary) && !u.is(i, forename|surname) && (strings.HasSuffix(k, "ed") || strings.HasSuffix(k, "ing") || strings.HasSuffix(k, "ly")) ||
		u.isKey(i, "spelled", "wrong", "change", "changed", "different", "registered", "associated", "linked", "correct", "correctly", "listed", "falsch", "geandert", "andern",
			"spelt", "appears", "field", "tag", "stay", "details", "anders", "steht", "under", "richtig", "back", "again", "later", "anytime", "tomorrow", "ahead", "so", "und", "on", "associated")
}

// isNameAfter tells that behind an ordinary word that is a name as well stands what makes
// it one: another name, or the end.
func (u *utterance) isNameAfter(i int) bool {
	return u.isLast(i) || u.isKey(i+1, "speaking", "from", "calling", "here", "again") || i+1 < len(u.heard) && u.gap(i+1) == " " && (u.isNameWord(i+1) || u.is(i+1, forename|surname) && !u.is(i+1, closed) && u.isLast(i+1))
}

// isLast tells that a sentence or the turn ends behind the word at i.
func (u *utterance) isLast(i int) bool {
	return i+1 == len(u.heard) || strings.ContainsAny(u.gap(i+1), ",.!?;") || u.is(i+1, hesitates) || u.isKey(i+1, "and", "und", "speaking", "from", "here", "am", "is", "i'm", "i", "ich", "my", "mein", "meine", "please", "bitte", "calling", "with", "von", "vom", "how", "but", "who", "that", "aber", "wer", "was", "wenn", "hat", "hatte", "you", "then", "dann")
}

// isCompany tells that what stands before word i is a company's name.
func (u *utterance) isCompany(i int) bool { return u.is(i, companies) }

// titledAt finds the name behind "Mr" or "Frau", the word at i.
func (u *utterance) titledAt(i int) {
	if !u.is(i, titled) || i+1 >= len(u.heard) || len(u.gap(i+1)) > 2 {
		return
	}
	j := i + 1
	for j < len(u.heard)-1 && j < i+3 && u.is(j, titled) {
		j++
	}
	weak := u.isKey(i, "miss", "doctor", "dr", "professor", "ms", "frau", "fraulein") && (!u.words[j].isCapital() || u.words[i].shape == lower)
	if u.isKey(i, "frau") && !u.isKey(i-1, "meine", "meiner", "ihre", "ihrer", "seine", "seiner", "eine", "einer", "die", "der", "deine") {
		weak = false
	}
	if u.isKey(i, "herr", "herrn", "mr", "mister", "mrs", "missus") {
		weak = false
	}
	end := u.nameEnd(j, true)
	if end == j && u.isKey(j, "van", "von", "de", "zu", "el", "al") {
		end = u.nameEnd(j+1, true)
	}
	if more := u.misheardEnd(j); !weak && more > end && more-j <= 3 && !u.stalls(j, more) && (more == len(u.heard) || u.gap(more) != " ") {
		end = more
	}
	if end == j || weak && !u.isNameWord(j) && !u.is(j, forename|surname) || u.is(j, ordinary) && !u.is(j, forename|surname) && u.isCommonStart(j) {
		return
	}
	u.mark("titled", Person, i, end)
}

func (w word) isCapital() bool { return w.shape == title || w.shape == upper }

// speakerBefore finds the name before "speaking", "am Apparat" or "here", the word at i.
func (u *utterance) speakerBefore(i int) {
	switch {
	case i > 0 && (u.isKey(i, "speaking") || u.isKey(i, "am") && u.isKey(i+1, "apparat")) && (!u.is(i-1, closed|protected|companies|trademark) || u.isKey(i-1, "a", "an", "in") && i > 1 && i < 5) && !u.isDigits(i-1) && (u.isLast(i) || u.isKey(i, "am")):
		from := i - 1
		for from > 0 && from > i-4 && u.gap(from) == " " && !u.is(from-1, leading|breaking|protected|companies|trademark|titled) && !u.isKey(from-1, "morgen", "abend") && !u.isDigits(from-1) {
			from--
		}
		u.mark("speaker", Person, from, i)
		return
	case u.isKey(i, "speaking", "calling") && (i+1 == len(u.heard) || strings.ContainsAny(u.gap(i+1), ".,!?") || u.isKey(i+1, "how", "from", "i", "what", "about", "can", "with")):
	case u.isKey(i, "here", "hier") && !u.isKey(i-1, "down", "right", "is", "from", "over", "in", "out", "ist", "von", "bin"):
	case u.isKey(i, "am") && u.isKey(i+1, "apparat", "telefon"):
	case u.isKey(i, "mein") && u.isKey(i+1, "name"), u.isKey(i, "is", "ist") && u.isKey(i+1, "my", "mein") && u.isKey(i+2, "name"):
	default:
		return
	}
	if i == 0 || strings.ContainsAny(u.gap(i), ".!?") {
		return
	}
	j := i
	for j > 0 && j > i-3 && !u.is(j-1, closed|protected|leading) && (u.is(j-1, forename|surname) || !u.is(j-1, ordinary)) && !u.isContracted(j-1) && !u.isDigits(j-1) {
		j--
	}
	if j < i && (u.isNameWord(j) || u.isNameWord(i-1) || j+2 == i && (j == 0 || u.is(j-1, leading)) && u.areListed(j, i)) {
		u.mark("speaker", Person, j, i)
	}
}

// isCapitalName tells a given name that is an ordinary word as well and stands inside an
// English sentence with a capital: "Siobhan or Mark will call".
func (u *utterance) isCapitalName(i int) bool {
	if u.german || i == 0 || u.words[i].shape != title || !u.is(i, forename) || u.isTaken(i) || u.is(i, protected|monthly|trademark|located) || u.words[i].class&brand != 0 {
		return false
	}
	return (u.is(i, ordinary) && !u.is(i, closed) || u.isKey(i, "will")) && !strings.ContainsAny(u.gap(i), ".!?:\"") && !u.isThing(u.words[i]) && u.words[i-1].shape != title && !u.isCompany(i+1)
}

// areListed tells that all words from i up to j are names in a list.
func (u *utterance) areListed(i, j int) bool {
	for ; i < j; i++ {
		if !u.is(i, forename|surname) || u.is(i, closed) {
			return false
		}
	}
	return true
}

// listedAt finds a listed given name that is nothing else, with the family name behind
// it and an unlisted word before it.
func (u *utterance) listedAt(i int) {
	if u.isCapitalName(i) {
		u.mark("listed", Person, i, u.nameEnd(i, false))
	}
	if u.isTaken(i) || u.is(i, ordinary|closed|protected|located) || u.isContracted(i) {
		return
	}
	known := u.is(i, forename) && (len(u.heard[i].key) > 3 || u.words[i].class&given != 0 && u.words[i].class&ambiguous == 0) ||
		u.is(i, surname) && len(u.heard[i].key) > 3
	if !known || u.isCompany(i+1) {
		return
	}
	j := i + 1
	for j < len(u.heard) && j < i+3 && u.gap(j) == " " && (u.isNameWord(j) || u.is(j, surname|forename) && !u.is(j, closed|protected|monthly|addressed) && u.isLast(j)) && !u.isCompany(j+1) {
		j++
	}
	if i > 0 && u.gap(i) == " " && u.isNameWord(i-1) && !u.isTaken(i-1) && !u.is(i-1, forename|surname) { // "oyelaran smith"
		i--
	}
	u.mark("listed", Person, i, j)
}

// kinAt finds the name behind a word for somebody, the word at i: "my husband Will".
func (u *utterance) kinAt(i int) {
	if !u.is(i, kin) || i+1 >= len(u.heard) || len(u.gap(i+1)) > 2 || u.words[i].possessive {
		return
	}
	if n := len(u.heard); i+1 < n && n-i <= 5 && !u.is(i+1, breaking|closed|protected|units) && (i+2 == n || u.allButBreaking(i+1, n)) && i > 0 && !strings.ContainsAny(u.text[u.words[i].end:], ",;.!?") {
		u.mark("kin", Person, i+1, n)
		return
	}
	if end := u.nameEnd(i+1, u.is(i+1, forename|located) || !u.is(i+1, ordinary|closed) || u.is(i+1, surname) && u.isLast(i+1) && !u.is(i+1, ordinary)); end > i+1 && !u.isCompany(end) {
		u.mark("kin", Person, i+1, end)
	}
}

// allButBreaking tells words that may be a misheard name: one of them in no list, none that
// a name does not go on with.
func (u *utterance) allButBreaking(i, j int) bool {
	unlisted := false
	for ; i < j; i++ {
		if u.is(i, breaking) || u.isDigits(i) {
			return false
		}
		unlisted = unlisted || !u.is(i, ordinary|closed)
	}
	return unlisted
}

// besideSpelling finds the word that is spelled next: "Oyelaran, that's O Y E ...".
func (u *utterance) besideSpelling() {
	for _, r := range u.runs {
		if r.digits > 0 || len(r.chars) < 3 || r.single < 3 && !r.phonetic {
			continue
		}
		for j := r.from - 1; j >= max(0, r.from-4); j-- {
			if u.is(j, closed|hesitates|leading) || u.isTaken(j) {
				continue
			}
			if u.heard[j].key[0] == strings.ToLower(r.chars[:1])[0] || isSimilar(u.heard[j].key, strings.ToLower(r.chars)) || !u.is(j, ordinary) {
				u.mark("spelled", Person, j, j+1)
			}
			break
		}
	}
}

// askedHere finds the answer in the turn of the question itself, where sides are not
// told apart, and what follows "spell".
func (u *utterance) askedHere() {
	from := -1
	for _, c := range u.cues {
		if c.asks {
			from = c.end
			break
		}
	}
	if from < 0 {
		return
	}
	for i := from; i < len(u.heard); i++ {
		if u.isNameWord(i) && !u.isTaken(i) && !u.isCompany(i+1) {
			u.mark("answer", Person, i, i+1)
		}
	}
}
