package anonymize

import (
	"slices"
	"strings"
)

// This file keeps the names of companies, which are what a call is read for. At the
// beginning of a call they stand where names of persons stand as well.

// companyPhrases are what the name of a company follows.
var companyPhrases = func() map[string][]companyPhrase {
	m := map[string][]companyPhrase{}
	for where, list := range map[spot]string{
		anywhere: `welcome to, willkommen bei, willkommen beim, thank you for choosing, thanks for choosing, you have reached, you've reached, right number for,
			richtig bei, kunde bei, kundin bei, vertrag bei, bestellung bei, bestellt bei, customer of, customer with, anruf bei, kundenservice von,
			kundendienst von, kundenservice der, kundendienst der, hotline von, hotline der, patience with, geduld mit, for being a, better from, anyone at,
			someone at, somebody at, jemand bei, jemandem bei, jemanden bei`,
		opening:       `thank you for calling, thanks for calling, thank you for contacting, thanks for contacting, danke dass sie, dank dass sie, service of`,
		besideSpeaker: `you're through to, you are through to, your through to, verbunden mit`,
	} {
		for phrase := range strings.SplitSeq(list, ",") {
			words := strings.Fields(phrase)
			m[words[len(words)-1]] = append(m[words[len(words)-1]], companyPhrase{words, where})
		}
	}
	return m
}()

type companyPhrase struct {
	words []string
	where spot
}

// spot is where a phrase tells a company.
type spot int

const (
	anywhere spot = iota
	// opening: in the first words, and where a capital and no comma follow; otherwise a
	// name may follow as well ("thank you for calling naomi").
	opening
	// besideSpeaker: in the first words, if who speaks says another name.
	besideSpeaker
)

// agentPhrases are what those say who take a call, and none who call.
var agentPhrases = spokenPhrases(`how can i, how may i, what can i do, can i help, thank you for calling, thanks for calling, thanks for holding, you're through,
	you're speaking with, you are speaking with, your speaking with, customer care, customer service, customer services, was kann ich, wie kann ich, wie darf ich, womit kann ich,
	sie sprechen mit, am apparat, kundenservice, kundendienst, danke dass sie`)

// selfPhrases introduce who speaks, so that another name beside them is a company's.
var selfPhrases = spokenPhrases(`this is, my name, speaking, i'm, mein name, sie sprechen mit, am apparat, am telefon, hier ist, hier spricht, ich bin`)

func spokenPhrases(list string) (phrases [][]string) {
	for phrase := range strings.SplitSeq(list, ",") {
		phrases = append(phrases, strings.Fields(phrase))
	}
	return phrases
}

// mostCompanyWords bounds the name of a company.
const mostCompanyWords = 4

// findCompanies takes the words of companies' names for what they are where the words
// around tell, and remembers them for the rest of the call.
func (c *conversation) findCompanies() {
	c.brands = map[string]bool{}
	for i := range c.turns {
		u, first := &c.turns[i], c.isOpening(i)
		for j := range u.heard {
			u.companyBehind(j, first, c)
			if first {
				u.companyBeforeRole(j, c)
				u.companyOfSpeaker(j, c)
			}
		}
		if first {
			u.companyFirst(c)
			u.companyGreets(c)
		}
	}
}

// isOpening tells the first words of who takes the call.
func (c *conversation) isOpening(i int) bool {
	u := &c.turns[i]
	if u.side == customerSide {
		return false
	}
	for j := range i {
		if len(c.turns[j].heard) > 3 { // "Hello? Anybody there?"
			return false
		}
	}
	return u.side != "" || u.saysOneOf(agentPhrases, 0, 0)
}

// customerSide is the side of who calls, where sides are known.
const customerSide = "customer"

// saysOneOf tells that a turn has one of these phrases outside of the words from i up to j.
func (u *utterance) saysOneOf(phrases [][]string, i, j int) bool {
	for k := range u.heard {
		if k >= i && k < j {
			continue
		}
		if slices.ContainsFunc(phrases, func(words []string) bool { return u.says(k, words) }) {
			return true
		}
	}
	return false
}

// companyBehind finds the company behind a phrase that ends with the word at i.
func (u *utterance) companyBehind(i int, first bool, c *conversation) {
	for _, p := range companyPhrases[u.heard[i].key] {
		from := i - len(p.words) + 1
		if from < 0 || !u.says(from, p.words) {
			continue
		}
		j := u.behindArticle(i + 1)
		end := u.companyEnd(j)
		switch {
		case end == j, p.where != anywhere && u.isKey(end, "at", "from", "of", "von", "bei"): // "you're through to Naomi at Acme"
		case p.where == anywhere, p.where == opening && (first || u.words[j].shape == title && u.gap(j) == " "), first && u.saysOneOf(selfPhrases, j, end):
			u.keepCompany(j, end, c)
		}
	}
}

func (u *utterance) behindArticle(i int) int {
	if u.isKey(i, "the", "der", "die", "das", "dem") {
		return i + 1
	}
	return i
}

// companyEnd returns the index behind the name of a company that begins at word j, j if
// none can.
func (u *utterance) companyEnd(j int) int {
	end := j
	for end < len(u.heard) && (end == j || u.joinsCompany(end)) && !u.endsCompany(end, j) {
		end++
	}
	for end > j && u.isKey(end-1, "and", "und") {
		end--
	}
	if end-j > mostCompanyWords {
		return j
	}
	// "harrowair mark speaking"
	if speaks := u.isKey(end, "speaking", "here", "hier") || u.isKey(end, "am") && u.isKey(end+1, "apparat", "telefon"); speaks && end > j && u.gap(end) == " " {
		if end-j > 2 && u.is(end-2, forename) {
			end--
		}
		end--
	}
	return end
}

// joinsCompany tells that the word at i may go on a name with the one before it.
func (u *utterance) joinsCompany(i int) bool {
	switch u.gap(i) {
	case " ", "-", ".", " & ", "&":
		return true
	}
	return false
}

func (u *utterance) endsCompany(i, start int) bool {
	if u.isKey(i, "and", "und") {
		return i == start || i+1 >= len(u.heard) || u.gap(i) != " " || u.is(i+1, closed|leading|breaking)
	}
	return u.is(i, closed|hesitates|titled|kin) || u.isContracted(i) || u.isKey(i, "anrufen", "kontaktieren", "anruft", "gewahlt", "today")
}

// companyBeforeRole finds the company before what it has called the word at i: "Acme
// customer care".
func (u *utterance) companyBeforeRole(i int, c *conversation) {
	if !u.is(i, companies) || u.is(i-1, companies) {
		return
	}
	from := i
	for from > 0 && i-from < mostCompanyWords && u.joinsCompany(from) && !u.is(from-1, closed|hesitates|titled|kin|leading) && !u.isContracted(from-1) {
		from--
	}
	if i < len(u.heard) && u.joinsCompany(i) {
		u.keepCompany(from, i, c)
	}
}

// companyOfSpeaker finds the company behind who speaks for it: "this is Hope at Acme". The
// word at i is the one between them.
func (u *utterance) companyOfSpeaker(i int, c *conversation) {
	if !u.isKey(i, "at", "from", "of", "von", "vom", "bei", "beim") {
		return
	}
	for k := i - 2; k >= max(0, i-4); k-- {
		introduced := slices.ContainsFunc(introductions[u.heard[k].key], func(in introduced) bool {
			from := k - len(in.words) + 1
			return from >= 0 && u.says(from, in.words)
		})
		if !introduced || u.is(k+1, closed) && !u.isKey(k+1, "person") { // which has taken a name's place
			continue
		}
		j := u.behindArticle(i + 1)
		if u.isKey(i, "von") && j < len(u.heard) && u.isListedName(j) { // "hier ist Anna von Berg"
			return
		}
		if end := u.companyEnd(j); end > j && !providers[u.heard[j].key] {
			u.employer = [2]int{j, end}
			u.markCompany(j, end, c)
		}
		return
	}
}

// companyFirst finds the company that begins a turn: "Acme, good afternoon", "Acme, Naomi
// speaking", "Kundendienst Acme".
func (u *utterance) companyFirst(c *conversation) {
	j := 0
	for u.is(j, companies) {
		j++
	}
	if j > 0 && (j >= len(u.heard) || u.gap(j) != " ") {
		return
	}
	end := u.companyEnd(j)
	switch {
	case j > 0:
	case u.isKey(end, "good", "guten", "gute", "schonen") && u.isKey(end+1, "morning", "afternoon", "evening", "day", "morgen", "tag", "abend", "guten"):
	case end < len(u.heard) && strings.Contains(u.gap(end), ",") && (u.isKey(end+1, "speaking") || u.isKey(end+2, "speaking") || u.isKey(end+2, "apparat") || u.isKey(end+3, "apparat")):
	default:
		return
	}
	u.keepCompany(j, end, c)
}

// companyGreets finds the company between a greeting and who speaks: "good morning acme my
// name is naomi".
func (u *utterance) companyGreets(c *conversation) {
	j := 0
	for j < len(u.heard) && u.isKey(j, "hello", "hi", "hey", "good", "morning", "afternoon", "evening", "day", "hallo", "guten", "gute", "schonen", "tag", "morgen", "abend", "gruss", "gott", "moin", "servus") {
		j++
	}
	end := u.companyEnd(j)
	for k := j; k < end; k++ {
		if u.isListedName(k) {
			return
		}
	}
	if end > j && slices.ContainsFunc(introducePhrases, func(words []string) bool { return u.says(end, words) }) {
		u.markCompany(j, end, c)
	}
}

// introducePhrases begin the words in which who speaks tells a name. "Mein Name" alone may
// end them as well: "Huber mein Name".
var introducePhrases = spokenPhrases(`my name, this is, you're speaking with, you are speaking with, mein name ist, sie sprechen mit, hier spricht`)

// keepCompany takes the words from i up to j for a company, unless they may be the only
// name that who speaks has told.
func (u *utterance) keepCompany(i, j int, c *conversation) {
	if !u.saysOneOf(selfPhrases, i, j) {
		for k := i; k < j; k++ {
			if u.isListedName(k) {
				return
			}
		}
	}
	u.markCompany(i, j, c)
}

// isListedName tells a given name, or a family name of the lists for calls.
func (u *utterance) isListedName(i int) bool {
	return u.is(i, forename) || u.speech.names[u.heard[i].key]&surname != 0
}

// markCompany takes the words from i up to j for a company.
func (u *utterance) markCompany(i, j int, c *conversation) {
	whole := ""
	for k := i; k < j; k++ {
		key := u.heard[k].key
		whole += key
		if len(key) > 2 && !u.is(k, ordinary|closed) && !u.isListedName(k) {
			c.brands[key] = true
		}
		u.heard[k].class |= protected | ordinary
	}
	if j > i+1 && len(whole) > 4 {
		c.brands[whole] = true
	}
}

// keepBrands takes companies that were named elsewhere in the call for what they are,
// but where a name is announced.
func (u *utterance) keepBrands(brands map[string]bool) {
	kept := false
	for i := range u.heard {
		if u.isAnnounced(i) {
			continue
		}
		n := 0
		switch {
		case brands[u.heard[i].key]:
			n = 1
		case i+1 < len(u.heard) && u.gap(i+1) == " " && brands[u.heard[i].key+u.heard[i+1].key]:
			n = 2
		}
		for k := i; k < i+n; k++ {
			kept = true
			u.heard[k].class |= protected | ordinary
		}
	}
	if kept { // what was found as in a tweet was found without knowing
		spans := u.spans
		u.spans = nil
		u.take(spans)
	}
}

// isAnnounced tells that what stands before the word at i says that it is a person's name.
func (u *utterance) isAnnounced(i int) bool {
	if i == 0 {
		return false
	}
	return u.is(i-1, titled|kin) || slices.ContainsFunc(introductions[u.heard[i-1].key], func(in introduced) bool {
		from := i - len(in.words)
		return in.strong && from >= 0 && u.says(from, in.words)
	})
}
