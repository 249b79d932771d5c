package anonymize

import (
	"slices"
	"strings"

	"switchboard/internal/anonymize/gazetteer"
)

// Names that are brands, places or words as well: Alexa, Chase, Delta, April. By
// themselves they are none; here are the places where they are.

// isBorne tells a brand with a capital that people are called, too.
func (t *tweet) isBorne(i int) bool {
	w := t.words[i]
	if w.shape != title || w.class&brand == 0 || w.class&never != 0 {
		return false
	}
	switch gazetteer.Of(key(t.text, w)) {
	case gazetteer.Unlisted, gazetteer.Place:
		return w.class&given != 0
	}
	return true
}

// relation finds the name behind a word for somebody, the word at i: "my wife Joy",
// "your agent Ruby", "my husband (Ford)".
func (t *tweet) relation(i int) {
	j := i + 1
	if t.words[i].shape != lower || t.words[i].possessive || j >= len(t.words) || t.words[j].shape != title {
		return
	}
	end := t.name(j)
	switch open, closed := t.gap(j), t.gap(end); {
	case open == " ":
	case open == ", " && strings.HasPrefix(closed, ","), open == " (" && strings.HasPrefix(closed, ")"):
		if t.words[j].class&given == 0 && !t.isBorne(j) {
			return
		}
	default:
		return
	}
	w := t.words[j]
	kin := !t.isWord(i, "agent", "rep", "representative", "manager", "supervisor", "attendant", "driver", "captain", "pilot", "steward", "stewardess", "clerk", "cashier", "assistant")
	switch {
	case w.class&never != 0:
		return
	case w.class&given != 0 && w.class&(common|brand) == 0:
	case !t.acts(j, end):
		return
	case w.class&given != 0 && !t.isWord(j, "Will", "May"), w.class&devices != 0, kin && t.isBorne(j):
	case kin && w.class&brand != 0 && t.actsAsPerson(end):
	default:
		return
	}
	t.addName("relation", j, end)
}

// acts tells that what follows the words from j up to end tells of a person rather than
// of a thing ("my wife Chase account"): the end of a clause, a verb, a preposition.
func (t *tweet) acts(j, end int) bool {
	if t.words[end-1].possessive {
		return true
	}
	if gap := t.gap(end); end == len(t.words) || gap != " " { // but no emoji: "with my gf Delta ✈️"
		return t.words[j].class&given != 0 || strings.IndexAny(gap, ",.!?;:)") == 0 || gap == ""
	}
	w := t.words[end]
	if w.shape != lower {
		return false
	}
	s := strings.ReplaceAll(t.text[w.start:w.end], "’", "'")
	return strings.HasSuffix(s, "n't") || strings.HasSuffix(s, "ed") && len(s) > 3 || slices.Contains(verbs, s)
}

// actsAsPerson tells that the word at i begins what people do and things do not: behind
// a relation even a brand that nobody is known to be called is a name then ("my
// daughter Tesla cannot log in", but "my daughter Tesla is charging").
func (t *tweet) actsAsPerson(i int) bool {
	return i < len(t.words) && t.gap(i) == " " && t.isWord(i, personal...)
}

// personal are verbs and beginnings of clauses behind a person's name.
var personal = strings.Fields("cannot cant can't can’t could couldn't couldn’t would who whose said says told wants thinks feels paid flew flies sent bought tried tries booked called wrote spoke knows knew loves hates likes")

// verbs are words behind a person's name, ordinary verbs but for those in -ed.
var verbs = strings.Fields(`is was has had did does can cannot cant could would should might must never just also still always now
	and or who whose says said told got gets gave made bought paid flew flies came went left lost sent took needs wants thinks feels
	keeps kept hung rang ran began sold chose drove lied cut read tries uses works lives loves hates likes put set let saw knows knew spoke wrote on in at from to with for as about by
	if because when while since but`)

// presentsItself tells that who says "I'm" before the word at i goes on about what a
// person is: "I'm Dell and I can help", "I'm Mercedes from support".
func (t *tweet) presentsItself(i int) bool {
	j := i + 1
	given := t.words[i].class&given != 0
	if j == len(t.words) || t.gap(j) != " " {
		return given || j < len(t.words) && t.gap(j) == ", " && t.isWord(j, "your", "the", "a", "I", "I'm", "I'll")
	}
	if t.isWord(j, "and") {
		return j+1 < len(t.words) && (t.isWord(j+1, "I'll", "I’ll", "I'd", "I’d") || given && t.isWord(j+1, "my") ||
			j+2 < len(t.words) && (t.isWord(j+1, "I") && t.isWord(j+2, "can", "will", "am", "would", "work", "have") && (given || !t.isNegated(j+2)) ||
				t.isWord(j+1, "I'm", "I’m") && t.isWord(j+2, "here", "happy", "glad", "with", "your")))
	}
	return t.isWord(j, "from", "with", "here", "your")
}

// isNegated tells that "not" stands behind the word at i.
func (t *tweet) isNegated(i int) bool { return i+1 < len(t.words) && t.isWord(i+1, "not", "never") }

// isAnswered tells that what follows a greeting of the words from j up to end is said
// to a person, and not to a company ("Hi Delta, where is my bag") or to a device ("Hey
// Alexa, play something").
func (t *tweet) isAnswered(j, end int) bool {
	if end >= len(t.words) || strings.Trim(t.gap(end), " ,.!-–") != "" {
		return false
	}
	w := t.words[j]
	switch {
	case t.isAgents(end):
		return true
	case w.class&(devices|given) == 0:
		return false
	}
	return t.words[end].class&thanks != 0 || t.isFold(end, "how") && end+2 < len(t.words) && t.isWord(end+1, "are") && t.isWord(end+2, "you") ||
		t.isFold(end, "nice") || t.isFold(end, "hope") || t.isFold(end, "glad")
}

// isAgents tells that the words from i on are an agent's.
func (t *tweet) isAgents(i int) bool {
	next := func(n int, list ...string) bool { return i+n < len(t.words) && t.isAnyOf(i+n, list...) }
	switch {
	case next(0, "apologies"):
		return true
	case next(0, "sorry"):
		return next(1, "to", "about", "for") && !next(2, "bother", "ask")
	case next(0, "thanks", "thank", "thx"):
		n := 1
		if next(1, "you") {
			n = 2
		}
		return next(n, "for") && (next(n+1, "reaching", "contacting", "letting", "getting", "bringing", "sharing", "writing", "tweeting", "flagging") ||
			next(n+1, "your") && next(n+2, "patience", "message", "tweet", "feedback", "loyalty", "business", "interest", "inquiry", "enquiry", "note", "question", "understanding"))
	case next(0, "we're", "we’re", "we'd", "we’d", "we'll", "we’ll", "we", "i'm", "i’m", "i'd", "i’d", "i"):
		n := 1
		if next(1, "am", "are", "would") {
			n = 2
		}
		return next(n, "here", "happy", "glad", "love", "understand", "apologize", "apologise", "appreciate") ||
			next(n, "sorry") && next(n+1, "to", "about", "for", "that", "you") || next(n, "can") && next(n+1, "help", "assist")
	case next(0, "how"):
		return next(1, "can", "may") && (next(2, "we") || next(2, "i") && next(3, "help", "assist"))
	}
	return false
}

// isAnyOf is isWord whatever the case.
func (t *tweet) isAnyOf(i int, list ...string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return t.isFold(i, s) })
}

// brandOrName finds a name that is a brand or a word by what stands beside it: "this is
// Chase from", "Mercedes from support", "a rep named Delta", "Alexa, my wife, ...". The
// word at i is capitalized.
func (t *tweet) brandOrName(i int) {
	w := t.words[i]
	known := w.class&(given|devices) != 0
	if w.class&never != 0 || w.possessive || !known && !t.isBorne(i) {
		return
	}
	end := t.name(i)
	switch {
	case i > 0 && t.gap(i) == " " && t.isAnyOf(i-1, "named") && w.class&common == 0:
	case known && t.isSpeaker(i, end), known && !t.isBehind(w, beforeThings) && t.isColleague(end), t.isRelated(end):
	default:
		return
	}
	t.addName("introduction", i, end)
}

// isSpeaker tells that "this is" stands before the word at i, and "from" or "with"
// before the word at end.
func (t *tweet) isSpeaker(i, end int) bool {
	if i < 2 || end >= len(t.words) || t.gap(i) != " " || t.gap(end) != " " || !t.isFold(i-1, "is") || !t.isFold(i-2, "this") {
		return false
	}
	return t.isWord(end, "here", "speaking") || t.isWord(end, "from", "with", "at") && end+1 < len(t.words) && t.words[end+1].shape != digits
}

// departments are where an agent works.
var departments = strings.Fields("support billing sales reservations accounts customer tech technical service care claims collections dispatch retention complaints baggage")

// isColleague tells that "from support" or "from your billing team" begins at word i.
func (t *tweet) isColleague(i int) bool {
	if i+1 >= len(t.words) || t.gap(i) != " " || !t.isWord(i, "from") {
		return false
	}
	for i++; i+1 < len(t.words) && t.isWord(i, "your", "the", "our"); i++ {
		if t.isWord(i+1, "team") || i+2 < len(t.words) && t.isWord(i+2, "team", "department", "dept", "desk") {
			return true
		}
	}
	return t.words[i].shape == lower && t.isAnyOf(i, departments...)
}

// isRelated tells that ", my wife" begins at word i, a word for kin.
func (t *tweet) isRelated(i int) bool {
	if i+1 >= len(t.words) || t.gap(i) != ", " && t.gap(i) != " (" || !t.isOwn(i) || t.isFold(i, "our") {
		return false
	}
	kin := t.words[i+1]
	return kin.class&relates != 0 && kin.shape == lower && !kin.possessive && i+2 <= len(t.words) && strings.IndexAny(t.gap(i+2), ",)") == 0
}
