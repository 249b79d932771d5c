package anonymize

import (
	"slices"
	"sort"
	"strings"

	"switchboard/internal/anonymize/gazetteer"
)

// isAllowed tells a person span of a model that holds nothing but words that are
// not believed to be names.
func (t *tweet) isAllowed(sp Span, l *lexicon) bool {
	if sp.Kind != Person {
		return false
	}
	return !slices.ContainsFunc(t.touched(sp), func(w word) bool { return sp.Score >= t.leastScore(w, l) })
}

// touched returns the words that the span holds, or of which it holds a piece: a
// model may cut "Couldn't" in two.
func (t *tweet) touched(sp Span) []word {
	from := sort.Search(len(t.words), func(i int) bool { return t.words[i].end > sp.Start })
	to := from
	for to < len(t.words) && t.words[to].start < sp.End {
		to++
	}
	return t.words[from:to]
}

// impossible is a score that no model gives.
const impossible = 2

// leastScore is how sure a model has to be that the word is a name:
//
//   - of a name that is listed and nothing else, as sure as the model's own
//     threshold says;
//   - of other words surer than that: of those in lower case, unless they begin or end
//     with a name, of those behind "from" or "at", and of those with a second capital,
//     surest; of one behind "the" or "your", of one that begins a sentence, and of a
//     name that is an ordinary word as well, surer than of another with a capital;
//   - never of a brand or a place that no person is called, of a storm or a saint, of
//     a month beside a number (Mar 3), of a name that is a word beside another (Bill
//     Payment), of a word that is no name, or is made of such words (BasicEconomy), and of a word
//     with a letter three times in a row (Buuuuut), unless it is a name without
//     (Mikeeee);
//   - never of a short word in capitals: of airports and acronyms (LAX, TSA) models
//     know little, and the initials that agents sign with are the rules' work.
//
// docs/privacy.md says which texts the scores were chosen on.
func (t *tweet) leastScore(w word, l *lexicon) float32 {
	kind := l.nameKind(key(t.text, w), w.class)
	short, stretched := t.shortened(w)
	if stretched {
		kind = l.nameKind(short, l.words[short])
	}
	known, ordinary := w.class&given != 0, kind == gazetteer.Ordinary
	switch {
	case w.class&never != 0, w.class&(brand|saints) != 0 && !known:
		return impossible
	case t.isSaint(w), t.isCompound(w, l), t.isMonth(w), t.isThing(w):
		return impossible
	case t.isNickname(w):
		return 0.25
	case stretched && (kind == gazetteer.Given || kind == gazetteer.Family):
		return 0
	case stretched:
		return impossible
	case w.class&(brand|saints) != 0 && w.class&ambiguous != 0:
		return 0.95
	case t.isPlain(w) && w.shape == lower && kind != gazetteer.Unlisted && w.class&common == 0:
		return 0.8
	case t.isPlain(w):
		return impossible
	case w.shape == upper && w.end-w.start <= 3 && kind != gazetteer.Unlisted:
		return 0.75
	case kind == gazetteer.Given, kind == gazetteer.Family:
		return 0
	case kind == gazetteer.NamedPlace:
		return 0.85
	case w.shape == upper && ordinary && known:
		return 0.2
	case w.shape == upper && w.end-w.start <= 5:
		return impossible
	case w.shape == lower && !ordinary && w.end-w.start <= 3:
		return 0.9
	case w.shape == lower && t.holdsName(w, l):
		return 0.1
	case w.shape == lower:
		return 0.6
	case w.shape == title:
		return t.leastOfTitle(w, ordinary)
	}
	return 0.1
}

// leastOfTitle is leastScore of a word with a capital that no list has as a name and
// nothing else.
func (t *tweet) leastOfTitle(w word, ordinary bool) float32 {
	switch {
	case ordinary && w.class&ambiguous != 0:
		return 0.3
	case ordinary && !t.beginsSentence(w):
		return 0.25
	case len(t.tagWords(w)) > 1:
		return 0.18
	case t.hasCapitals(w):
		return 0.8
	case t.beginsSentence(w):
		return 0.35
	case !w.possessive && t.isBehind(w, beforePlaces): // not "from Becky's point of view"
		return 0.8
	case t.isBehind(w, beforeThings):
		return 0.5
	}
	return 0.1
}

// nameKind returns what the gazetteer and the names of this package, which tell
// more of them to be words, know of a word. A name may have an s behind it: nialls.
// A name that is the plural of a word is an ordinary word: gates.
func (l *lexicon) nameKind(name string, c class) gazetteer.Kind {
	kind := gazetteer.Of(name)
	known := c&given != 0
	stem := strings.TrimSuffix(name, "s")
	switch {
	case known && c&(ambiguous|common) != 0 && kind != gazetteer.NamedPlace:
		return gazetteer.Ordinary
	case known && kind == gazetteer.Unlisted:
		return gazetteer.Given
	case !known && stem != name && l.words[stem]&(plain|common) != 0 && kind != gazetteer.Unlisted:
		return gazetteer.Ordinary
	case kind == gazetteer.Unlisted && len(stem) > 3 && gazetteer.Of(stem) == gazetteer.Given:
		return gazetteer.Given
	}
	return kind
}

// withInitials widens a name of a model by the initials around it: E. G. Plott,
// Sam C.
func (t *tweet) withInitials(sp Span) Span {
	initial := func(i int, gap string) bool {
		return t.words[i].shape == upper && t.len(i) == 1 && (t.words[i].class&common == 0 || gap == ". ")
	}
	first := sort.Search(len(t.words), func(i int) bool { return t.words[i].end > sp.Start })
	for first > 0 && first < len(t.words) && initial(first-1, t.gap(first)) && slices.Contains([]string{" ", ".", ". "}, t.gap(first)) {
		first--
		sp.Start = t.words[first].start
	}
	next := sort.Search(len(t.words), func(i int) bool { return t.words[i].start >= sp.End })
	if next < len(t.words) && t.gap(next) == " " && initial(next, " ") {
		sp.End = t.words[next].end
	}
	return sp
}

// holdsName tells a word that is in no list, and begins or ends with a given name of
// six letters or more: charleydunmore.
func (t *tweet) holdsName(w word, l *lexicon) bool {
	const least = 6
	if w.class != 0 || w.end-w.start < least+3 {
		return false
	}
	for cut := w.start + 3; cut <= w.end-3; cut++ {
		if cut-w.start >= least && t.isGiven(w.start, cut, l) || w.end-cut >= least && t.isGiven(cut, w.end, l) {
			return true
		}
	}
	return false
}

// isGiven tells a given name, in small letters, that is nothing else.
func (t *tweet) isGiven(start, end int, l *lexicon) bool {
	w := word{start: start, end: end, shape: lower}
	c := l.class(t.text, w)
	return c&(plain|common|brand|never) == 0 && l.nameKind(key(t.text, w), c) == gazetteer.Given
}

// shortened returns the word with an ASCII letter that stands three times in a row
// or more there once, in lower case, and whether there was one.
func (t *tweet) shortened(w word) (short string, was bool) {
	s := strings.ToLower(t.text[w.start:w.end])
	var b strings.Builder
	for i := 0; i < len(s); {
		run := 1
		for i+run < len(s) && s[i+run] == s[i] {
			run++
		}
		kept := run
		if run > 2 && 'a' <= s[i] && s[i] <= 'z' {
			kept, was = 1, true
		}
		b.WriteString(s[i : i+kept])
		i += run
	}
	return b.String(), was
}

// isSaint tells the word behind "Hurricane" or "St".
func (t *tweet) isSaint(w word) bool {
	i := t.index(w)
	if i == 0 {
		return false
	}
	before := t.words[i-1]
	return before.class&saints != 0 && before.shape == title && strings.Trim(t.gap(i), " .") == ""
}

// beforeMonths are words behind which a month stands.
var beforeMonths = []string{"since", "until", "till", "last", "next", "early", "mid", "late", "during", "through", "thru", "every", "of", "in"}

// isMonth tells a month that stands beside a number or another month, or behind "since":
// Mar 3, 12 June 2017, Jun to Jul.
func (t *tweet) isMonth(w word) bool {
	if w.class&months == 0 {
		return false
	}
	i := t.index(w)
	joined := func(j int) bool { return strings.Trim(t.gap(j), " .,/-–&'’(") == "" && len(t.gap(j)) <= 4 }
	dated := func(j int) bool { return t.words[j].class&months != 0 || t.isDayOrYear(j) }
	if i+1 < len(t.words) && t.gap(i+1) == " " && t.isAnyOf(i+1, "bill", "bills", "statement", "invoice", "payment", "rent", "usage", "billing") {
		return true
	}
	switch {
	case i > 0 && joined(i) && (dated(i-1) || t.isBehind(w, beforeMonths)), i+1 < len(t.words) && joined(i+1) && dated(i+1):
		return true
	case i > 1 && joined(i) && joined(i-1) && t.isWord(i-1, "of", "to", "and", "or", "through", "bis", "de", "del"):
		return dated(i - 2)
	}
	return i+2 < len(t.words) && joined(i+1) && joined(i+2) && t.isWord(i+1, "to", "and", "or", "through", "the") && dated(i+2)
}

// isDayOrYear tells "3", "3rd" and "2017".
func (t *tweet) isDayOrYear(i int) bool {
	s := strings.ToLower(t.text[t.words[i].start:t.words[i].end])
	n := len(s) - len(strings.TrimLeft(s, "0123456789"))
	switch s[n:] {
	case "":
		return n == 1 || n == 2 || n == 4
	case "st", "nd", "rd", "th":
		return n == 1 || n == 2
	}
	return false
}

// thing is what a name that is a word as well means beside other words.
type thing struct{ before, behind []string }

var things = func() map[string]thing {
	list := map[string]thing{}
	for name, beside := range map[string][2]string{
		"bill": {`a the this that my your our his her their final last latest next first new monthly phone mobile cell cable internet
				gas water electric electricity power energy utility utilities hospital medical credit card hotel dollar total auto
				autopay pay wifi tv broadband huge high higher`,
			`pay payment payments due amount date cycle statement number total generation generated breakdown details summary history copy`},
		"jack":  {`audio headphone headphones phone aux power ethernet wall`, `plug socket port adapter adaptor cable`},
		"grace": {``, `period periods`},
		"rose":  {``, `gold`},
		"frank": {``, `advice opinion answer answers discussion feedback`},
		"max":   {``, `volume speed limit price out`},
		"carol": {``, `singing service`},
		"iris":  {``, `scanner`},
		"jade":  {``, `plant`},
		"gene":  {``, `therapy`},
		"sue":   {``, `me us you them him her`},
		"will":  {``, `call`},
	} {
		list[name] = thing{strings.Fields(beside[0]), strings.Fields(beside[1])}
	}
	return list
}()

// isThing tells a word that is a name as well and is none beside the word before it or
// behind it: Grace Period, audio jack, my Bill.
func (t *tweet) isThing(w word) bool {
	if w.class&given == 0 || w.possessive {
		return false
	}
	s, i := key(t.text, w), t.index(w)
	beside, known := things[s]
	if !known {
		return false
	}
	if i > 0 && t.gap(i) == " " && (t.isAnyOf(i-1, beside.before...) || s == "bill" && (t.words[i-1].class&months != 0 || t.isDayOrYear(i-1))) {
		return true
	}
	return i+1 < len(t.words) && t.gap(i+1) == " " && t.isAnyOf(i+1, beside.behind...) || s == "bill" && t.isInTitle(i)
}

// isInTitle tells a word among at least two others that all have a capital, as words of
// titles do, and that are no names and do not tell of one ("With Bill").
func (t *tweet) isInTitle(i int) bool {
	plainTitle := func(j int) bool {
		w := t.words[j]
		return w.shape == title && w.class&(plain|common) != 0 && w.class&(given|greets|thanks|closes|honorific|relates|introduces|presents) == 0 &&
			!t.isAnyOf(j, "with", "to", "by", "from", "ask", "asked", "told", "named", "called")
	}
	from, to := i, i+1
	for from > 0 && t.gap(from) == " " && plainTitle(from-1) {
		from--
	}
	for to < len(t.words) && t.gap(to) == " " && plainTitle(to) {
		to++
	}
	return to-from > 2 && (from == 0 || t.gap(from) != " ") && (to == len(t.words) || t.gap(to) != " ")
}

// Words behind which a place, or a thing, stands more often than a name.
var (
	beforePlaces = []string{"to", "from", "in", "at", "near", "via", "left", "leaving", "between"}
	beforeThings = []string{"the", "a", "an", "your", "our", "my", "their", "this", "that", "any", "some", "more", "another"}
)

// isBehind tells that one of the words stands before w.
func (t *tweet) isBehind(w word, words []string) bool {
	i := t.index(w)
	return i > 0 && t.gap(i) == " " && slices.Contains(words, key(t.text, t.words[i-1]))
}

// isNickname tells a word that an initial is joined to: J-Lo.
func (t *tweet) isNickname(w word) bool {
	i := t.index(w)
	return i > 0 && w.shape == title && t.gap(i) == "-" && t.words[i-1].shape == upper && t.len(i-1) == 1
}

// hasCapitals tells a word with a capital in the middle, and not behind one of the
// beginnings of family names: PremEco, but not McKee and DeLuca.
func (t *tweet) hasCapitals(w word) bool {
	parts := t.runTogether(w)
	return len(parts) > 2 || len(parts) == 2 && parts[0].end-parts[0].start > 3
}

// index returns where among the tweet's words w is.
func (t *tweet) index(w word) int {
	return sort.Search(len(t.words), func(i int) bool { return t.words[i].start >= w.start })
}

// beginsSentence tells that a sentence begins with the word.
func (t *tweet) beginsSentence(w word) bool {
	before := strings.TrimRight(t.text[:w.start], " ")
	return before == "" || strings.IndexByte(".!?", before[len(before)-1]) >= 0
}
