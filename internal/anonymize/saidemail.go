package anonymize

import "strings"

// Words that an e-mail address is said with.
var (
	saidTops = wordSet(`com de net org uk co io eu at ch gov edu info biz me fr it es nl ie us ca au in`)
	saidAts  = wordSet(`at ät et add klammeraffe affenschwanz ad att`)
	saidDots = wordSet(`dot punkt point period`)
	// providers are the mail hosts that people have, as recognizers write them.
	providers = wordSet(`gmail gmails googlemail hotmail yahoo outlook icloud gmx aol freenet posteo protonmail proton btinternet mailbox live msn web
		t-online online comcast sky`)
	saidJoins = wordSet(`dot punkt point underscore unterstrich minus dash hyphen bindestrich strich plus score under period`)
)

func wordSet(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[spokenKey(w)] = true
	}
	return m
}

// emailsInSpeech finds addresses as they are said: "naomi dot jones at gmail dot com",
// "n a o m i ät g m x punkt d e". Where one was asked for or announced, its @ may be
// missing or misheard.
func (u *utterance) emailsInSpeech() {
	expected := u.asked.has(Email) || u.hasCue(Email)
	from := 0
	for i := range u.heard {
		if i < from || i >= u.employer[0] && i < u.employer[1] {
			continue
		}
		end := u.hostEnd(i)
		if end == 0 {
			continue
		}
		start := u.addressStart(i, from, expected)
		if start < 0 {
			continue
		}
		u.mark("said-email", Email, start, end)
		from = end
	}
	if u.asked.has(Email) && from == 0 {
		u.emailPiece()
	}
}

func (u *utterance) hasCue(kind string) bool {
	for _, c := range u.cues {
		if c.kind == kind {
			return true
		}
	}
	return false
}

// hostEnd tells that a host's dot stands at or before word i, and returns the index
// behind the host; 0 if there is none. The dot is a word, or stands between two words.
func (u *utterance) hostEnd(i int) int {
	switch {
	case saidDots[u.heard[i].key] && i > 0:
		if end := u.topEnd(i + 1); end > 0 {
			return end
		}
	case i > 0 && u.gap(i) == ".":
		if end := u.topEnd(i); end > 0 && u.words[i-1].shape != digits {
			return end
		}
	}
	if providers[u.heard[i].key] && i > 0 && (saidAts[u.heard[i-1].key] || strings.HasSuffix(u.text[:u.words[i].start], "@")) {
		if i+1 < len(u.heard) && (saidDots[u.heard[i+1].key] || u.gap(i+1) == ".") {
			return 0 // the dot comes next
		}
		if i+1 < len(u.heard) && saidTops[u.heard[i+1].key] && !u.isKey(i+1, "at", "in", "it", "me", "us") {
			return i + 2
		}
		if u.isKey(i, "web", "online", "live", "sky", "proton") && !u.asked.has(Email) {
			return 0
		}
		return i + 1
	}
	return 0
}

// topEnd returns the index behind the top-level domain that begins at word i, which may
// be spelled: "d e", "co dot uk".
func (u *utterance) topEnd(i int) int {
	if i >= len(u.heard) {
		return 0
	}
	end := 0
	switch {
	case saidTops[u.heard[i].key]:
		end = i + 1
	case i+1 < len(u.heard) && len(u.heard[i].key) == 1 && saidTops[u.heard[i].key+u.heard[i+1].key]:
		end = i + 2
	case u.isKey(i, "comm", "calm", "kom", "komm", "come", "con", "dee", "co"):
		end = i + 1
	default:
		return 0
	}
	for end < len(u.heard) && (saidDots[u.heard[end].key] || u.gap(end) == ".") {
		next := end
		if saidDots[u.heard[end].key] {
			next++
		}
		more := u.topEnd(next)
		if more == 0 {
			break
		}
		end = more
	}
	return end
}

// addressStart returns where the address begins whose host has its dot at word dot, -1 if
// it is none: a host alone is a web site.
func (u *utterance) addressStart(dot, from int, expected bool) int {
	at := -1
	for j := dot - 1; j >= max(from, dot-14); j-- {
		if saidAts[u.heard[j].key] || j+1 < len(u.heard) && strings.Contains(u.gap(j+1), "@") {
			at = j
			if !saidAts[u.heard[j].key] {
				at = j + 1 // "jo@": the sign is no word
			}
			break
		}
	}
	if at < 0 {
		if !expected || u.isKey(dot-1, "www") {
			return -1
		}
		at = u.hostStart(dot, from)
		if at-1 > from && u.isKey(at-1, "und", "and", "it", "the", "hat", "i'd", "app") && !u.is(at-2, closed) {
			at-- // the @ was heard as a word
		}
	}
	if !expected && !u.isHost(at+1, dot) {
		return -1
	}
	start := u.localStart(at, from)
	if u.asked.has(Email) && from == 0 { // a name at its beginning may have been heard as words
		lead := 0
		for lead < start && (u.is(lead, leading|hesitates) || u.isMailWord(lead)) {
			lead++
		}
		if start-lead <= 3 && start > lead && isSoft(u.gap(start)) {
			start = lead
		}
	}
	if start == at && !expected {
		return -1
	}
	return start
}

// isHost tells that the words from i up to the dot may be a host: few of them.
func (u *utterance) isHost(i, dot int) bool {
	plain := 0
	for j := i; j < dot; j++ {
		if len(u.heard[j].key) > 1 && !saidJoins[u.heard[j].key] {
			plain++
		}
	}
	return plain <= 3
}

// hostStart returns where the host before the dot begins, where no @ was heard.
func (u *utterance) hostStart(dot, from int) int {
	j := dot
	for j > from && !u.is(j-1, closed) && !saidJoins[u.heard[j-1].key] {
		j--
	}
	return j
}

// localStart returns where the local part that ends before word at begins.
func (u *utterance) localStart(at, from int) int {
	j, plain := at, 0
	for j > from {
		k := u.heard[j-1].key
		switch {
		case strings.ContainsAny(u.gap(j), ".-_") && !strings.ContainsAny(u.gap(j), " "):
		case saidJoins[k] && j-1 > from:
		case u.is(j-1, hesitates):
		case len(k) == 1, u.words[j-1].shape == digits, spokenDigits(k) != "", phonetic[k] != 0, u.words[j-1].shape == other:
			if k == "a" && j >= 2 && u.is(j-2, closed) {
				return j
			}
		case u.isLike(j-1) && j-2 >= from && len(u.heard[j-2].key) == 1, u.isKey(j-1, "double", "doppel"):
		case u.is(j-1, closed) || u.isMailWord(j-1):
			return u.trimStart(j, at)
		default:
			if plain++; plain > 4 || strings.ContainsAny(u.gap(j), ":;!?") {
				return u.trimStart(j, at)
			}
		}
		j--
	}
	return u.trimStart(j, at)
}

// trimStart passes over hesitations at the beginning of a local part.
func (u *utterance) trimStart(j, at int) int {
	for j < at && (u.is(j, hesitates) || saidJoins[u.heard[j].key]) {
		j++
	}
	return j
}

func (u *utterance) isMailWord(i int) bool {
	return u.isKey(i, "email", "mail", "address", "adresse", "mailadresse", "emailadresse", "lautet", "emails", "unter", "send", "sent", "write", "reach", "contact",
		"schicken", "schreiben", "senden", "confirmation", "use", "using", "register", "registered", "changed", "change", "under", "einfach", "bestatigung")
}

// emailPiece finds a piece of an address in the answer to the question for one.
func (u *utterance) emailPiece() {
	first, last, said := -1, -1, false
	for i := range u.heard {
		k := u.heard[i].key
		said = said || saidDots[k] || saidAts[k] || providers[k] || k == "underscore" || k == "unterstrich" || i > 0 && u.gap(i) == "." && u.words[i].shape == lower
		if u.is(i, closed) && !saidJoins[k] || u.isMailWord(i) {
			continue
		}
		if first < 0 && !saidJoins[k] {
			first = i
		}
		last = i
	}
	if said && first >= 0 {
		u.mark("said-email", Email, first, last+1)
	}
}
