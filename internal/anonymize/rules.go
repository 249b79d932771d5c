package anonymize

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/anonymize/gazetteer"
)

// rulesRevision goes up whenever a rule changes; the word lists are hashed
// besides. A golden file holds the rules' output, so that a change cannot go
// unnoticed.
const rulesRevision = 12

// rules recognizes what can be told from form and place: patterns with check
// digits, and names where a tweet to or from customer support puts them.
type rules struct {
	lexicon *lexicon
}

// Name returns "rules"; the spans carry the single rule's name.
func (r *rules) Name() string { return "rules" }

// Version changes with the rules and with their word lists.
func (r *rules) Version() string {
	h := sha256.New()
	fmt.Fprintln(h, rulesRevision, namesFile, commonFile, allowFile, plainFile, englishFile, germanFile, germanNamesFile, gazetteer.SHA256())
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Recognize never fails but for the context.
func (r *rules) Recognize(ctx context.Context, texts []string) ([][]Span, error) {
	found := make([][]Span, len(texts))
	var t tweet
	for i, s := range texts {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		t.scan(s, r.lexicon)
		t.patterns()
		t.names(r.lexicon)
		if len(t.spans) > 0 {
			found[i] = append([]Span(nil), t.spans...)
		}
	}
	return found, nil
}

func (t *tweet) add(rule, kind string, start, end int) {
	t.spans = append(t.spans, Span{Start: start, End: end, Kind: kind, Score: 1, Recognizer: rule})
}

// names runs the rules for names.
func (t *tweet) names(l *lexicon) {
	t.signoff()
	for i := range t.words {
		w := t.words[i]
		switch {
		case w.class&(greets|thanks) != 0, w.class&dayparts != 0 && t.opens(i):
			t.greeting(i)
		case w.class&honorific != 0:
			t.honorific(i)
		}
		switch {
		case w.class&introduces != 0:
			t.introduction(i)
		case w.class&presents != 0:
			t.presentation(i)
		case w.class&relates != 0:
			t.relation(i)
		}
		if w.shape == title && w.class&(brand|given) != 0 {
			t.brandOrName(i)
		}
		t.hashtag(i, l)
		if w.shape != title && w.shape != upper {
			continue
		}
		if t.vocative(i) {
			continue
		}
		t.givenName(i)
	}
}

func (t *tweet) isWord(i int, list ...string) bool {
	for _, s := range list {
		if t.text[t.words[i].start:t.words[i].end] == s {
			return true
		}
	}
	return false
}

// after returns where word i ends, with its possessive.
func (t *tweet) after(i int) int {
	w := t.words[i]
	if !w.possessive {
		return w.end
	}
	_, next := nextWord(t.text, w.start)
	return next
}

// gap returns what stands between word i-1 and word i, before the first word
// and behind the last.
func (t *tweet) gap(i int) string {
	start, end := 0, len(t.text)
	if i > 0 {
		start = t.after(i - 1)
	}
	if i < len(t.words) {
		end = t.words[i].start
	}
	return t.text[start:end]
}

func (t *tweet) len(i int) int { return t.words[i].end - t.words[i].start }

// unlisted tells a capitalized word that the lexicon has nothing against, and
// that may be a name therefore.
func (t *tweet) unlisted(i int) bool {
	w := t.words[i]
	return w.shape == title && w.class&(common|brand|never) == 0 && t.len(i) > 1
}

// knownName tells a capitalized word that is a name by itself.
func (t *tweet) knownName(i int) bool {
	w := t.words[i]
	return w.shape == title && w.class&given != 0 && w.class&(ambiguous|common|brand|never) == 0
}

// expected tells a capitalized word that is a name where one is expected.
func (t *tweet) expected(i int) bool {
	w := t.words[i]
	return t.unlisted(i) || w.shape == title && w.class&given != 0 && w.class&never == 0
}

// initials tells up to n capital letters that are no word.
func (t *tweet) initials(i, n int) bool {
	w := t.words[i]
	return w.shape == upper && t.len(i) <= n && w.class&(common|brand|never) == 0
}

// name returns the index behind the name that begins at word i: the word
// itself, and up to two further ones with a capital or an initial.
func (t *tweet) name(i int) int {
	j := i + 1
	for j < len(t.words) && j < i+3 && !t.words[j-1].possessive {
		w := t.words[j]
		gap := t.gap(j)
		switch {
		case (gap == " " || gap == "-") && t.unlisted(j):
		case (gap == " " || gap == ". ") && t.len(j-1) == 1 && t.unlisted(j):
		case gap == " " && w.shape == upper && t.len(j) == 1 && w.class&common == 0 && !t.openEnded(t.words[j].end):
		default:
			return j
		}
		j++
	}
	return j
}

// openEnded tells that a letter or a digit follows, after at most one space:
// the sentence goes on.
func (t *tweet) openEnded(pos int) bool {
	rest := strings.TrimPrefix(t.text[pos:], " ")
	if rest == "" {
		return false
	}
	return charKind(rest, 0) != notWord
}

// addName adds the words from i up to j as one span, and what a hyphen joins
// to them: "Jean-Luc".
func (t *tweet) addName(rule string, i, j int) {
	for n := 0; n < 2 && i > 0 && t.gap(i) == "-" && t.expected(i-1); n++ {
		i--
	}
	t.add(rule, Person, t.words[i].start, t.words[j-1].end)
}

// greeting finds the name behind "Hi", "Dear" or "Thanks", the word at i.
func (t *tweet) greeting(i int) {
	strong := t.words[i].class&(greets|dayparts) != 0
	if t.words[i].shape == lower && strong && i > 0 && t.isWord(i, "dear", "cara", "caro", "beste", "hai", "hei") {
		strong = false
	}
	j := i + 1
	for j < len(t.words) && j <= i+3 && t.words[j].class&filler != 0 && isSoft(t.gap(j)) {
		j++
	}
	if strong && j < len(t.words) && j == i+1 && t.words[j].class&(greets|honorific) != 0 && t.words[j].class&given == 0 {
		return // "Hi dear Liz" and "Dear Mr. Smith" begin again at the next word
	}
	if j >= len(t.words) || !isSoft(t.gap(j)) {
		return
	}
	end, ok := t.greeted(j, strong, strings.Contains(t.gap(j), ","))
	if !ok {
		return
	}
	t.addName("greeting", j, end)
	// "Hi John and Mary,"
	if end+1 < len(t.words) && t.isWord(end, "and", "und", "y", "et") && t.gap(end) == " " && t.expected(end+1) {
		t.addName("greeting", end+1, t.name(end+1))
	}
}

// opens tells that "morning", the word at i, greets: it begins a sentence, or
// "Good" stands before it.
func (t *tweet) opens(i int) bool {
	return i == 0 || strings.ContainsAny(t.gap(i), ".!?") || t.isWord(i-1, "Good", "good", "GOOD", "Happy")
}

// isSoft tells a gap that a greeting may have before the name.
func isSoft(gap string) bool {
	return strings.Trim(gap, " ,") == ""
}

// greeted tells whether a name begins at word j, behind a greeting, and where
// it ends.
func (t *tweet) greeted(j int, strong, comma bool) (end int, ok bool) {
	w := t.words[j]
	if w.possessive || w.class&never != 0 {
		return 0, false
	}
	end = t.name(j)
	open := t.openEnded(t.words[end-1].end)
	switch w.shape {
	case title:
		switch {
		case t.knownName(j):
			return end, true
		case t.unlisted(j):
			return end, !open || strong && !comma
		case w.class&given != 0 && !open:
			return end, true
		default:
			return end, strong && t.isBorne(j) && t.isAnswered(j, end)
		}
	case upper:
		if w.class&given != 0 && w.class&(common|brand) == 0 {
			return j + 1, true
		}
		return j + 1, t.len(j) > 1 && t.initials(j, 3) && !t.openEnded(w.end)
	case lower:
		return j + 1, w.class&given != 0 && w.class&(ambiguous|common|brand) == 0
	}
	return 0, false
}

// honorific finds the name behind "Mr.", the word at i. The title goes with it: it
// tells of the person what the name does not.
func (t *tweet) honorific(i int) {
	j := i + 1
	if j >= len(t.words) {
		return
	}
	if gap := t.gap(j); gap != " " && gap != ". " && gap != "." {
		return
	}
	j = t.particles(j)
	w := t.words[j]
	switch {
	case w.class&never != 0:
	case t.words[i].shape == upper && t.isWord(i, "MS", "DR", "MX") && (w.shape != upper || w.class&given == 0 && t.upperName(j) < j+2):
		// "MS Word", "MX Linux" and a DR SITE are none.
	case w.shape == title && (t.unlisted(j) || w.class&given != 0 || t.isBorne(j)),
		w.shape == upper && t.len(j) == 1 && j+1 < len(t.words) && t.name(j) > j+1:
		t.add("honorific", Person, t.words[i].start, t.words[t.name(j)-1].end)
	case t.capitals(j):
		t.add("honorific", Person, t.words[i].start, t.words[t.upperName(j)-1].end)
	}
}

// particles passes over the small words that some family names begin with,
// "van der", if a capital follows.
func (t *tweet) particles(i int) int {
	j := i
	for j+1 < len(t.words) && j < i+2 && t.isWord(j, "van", "von", "der", "den", "ter", "de", "da", "di", "del", "la", "le", "el", "al", "bin") && t.gap(j+1) == " " {
		j++
	}
	if shape := t.words[j].shape; shape != title && shape != upper {
		return i
	}
	return j
}

// capitals tells a word in capitals that may be a name where one is expected.
func (t *tweet) capitals(i int) bool {
	w := t.words[i]
	return w.shape == upper && t.len(i) > 1 && (w.class&(common|brand|never) == 0 || w.class&given != 0 && w.class&never == 0)
}

// upperName returns the index behind the name in capitals that begins at word
// i.
func (t *tweet) upperName(i int) int {
	j := i + 1
	for j < len(t.words) && j < i+4 && (t.gap(j) == " " || t.gap(j) == "-") && t.words[j].shape == upper && t.words[j].class&(common|brand|never|bookings|introduces) == 0 {
		j++
	}
	return j
}

// named is what else has a name: "the company name is ...".
var named = map[string]bool{
	"user": true, "company": true, "product": true, "album": true, "song": true, "artist": true, "file": true, "game": true,
	"brand": true, "network": true, "channel": true, "app": true, "device": true, "server": true, "host": true, "domain": true,
	"store": true, "hotel": true, "restaurant": true, "playlist": true, "show": true, "movie": true, "track": true, "band": true,
	"screen": true, "display": true, "wifi": true, "item": true, "city": true, "street": true, "plan": true, "team": true,
	"bank": true, "business": true, "shop": true, "branch": true, "station": true, "model": true, "ssid": true, "domestic": true,
}

// introduction finds the name behind "my name is" or "name:", whose noun is
// the word at i.
func (t *tweet) introduction(i int) {
	if i > 0 && named[strings.ToLower(t.text[t.words[i-1].start:t.words[i-1].end])] {
		return
	}
	j, said := t.copula(i)
	if j < len(t.words) && t.words[j].class&honorific != 0 && j+1 < len(t.words) {
		j++
	}
	if j >= len(t.words) {
		return
	}
	gap := t.gap(j)
	switch {
	case said:
		if strings.Trim(gap, " .:=\"“'") != "" {
			return
		}
	case gap == " " && j == i+1 && i > 0 && t.isPerson(i-1):
		// "Passenger name Jo Doe"
	default:
		gap = t.gap(i + 1)
		if strings.Trim(gap, " ") == "" || strings.Trim(gap, " :=-–(\"“'") != "" {
			return
		}
	}
	end := t.introduced(j)
	// "Names: Jo Doe, Ann Roe and Max Poe"
	for range 4 {
		if end == 0 || end >= len(t.words) {
			return
		}
		next := end
		if t.isFold(end, "and") || t.gap(end) == " & " || t.gap(end) == " / " || t.gap(end) == "/" || t.gap(end) == ", " && strings.HasSuffix(strings.ToLower(t.text[:t.words[i].end]), "names") {
			if t.isFold(end, "and") {
				next++
			}
			if next < len(t.words) && t.expected(next) {
				end = t.introduced(next)
				continue
			}
		}
		return
	}
}

// copula passes over what stands between "name", the word at i, and the name:
// "is", "on the card is", "of". It tells whether a name was said to follow.
func (t *tweet) copula(i int) (j int, said bool) {
	said = t.words[i].possessive || t.isFold(i, "llamo") || t.isFold(i, "appelle") || t.isFold(i, "heiße") || t.isFold(i, "heisse") || t.isFold(i, "chiamo") || t.isFold(i, "chamo")
	j = i + 1
	if j < len(t.words) && t.isWord(j, "on", "for", "in", "under") {
		for k := j + 1; k < len(t.words) && k <= j+3 && t.gap(k) == " "; k++ {
			if t.isWord(k, "is", "was", "reads") {
				return k + 1, true
			}
		}
	}
	if j < len(t.words) && t.isWord(j, "of") && i > 1 && t.gap(j) == " " && t.isWord(i-1, "the") && t.isWord(i-2, "by", "under") {
		return j + 1, true
	}
	for j < len(t.words) && j < i+3 && t.isWord(j, "is", "es", "ist", "est", "é", "was", "are", "to", "as", "IS") && t.gap(j) == " " {
		said = said || !t.isWord(j, "to", "as")
		j++
	}
	return j, said
}

// isPerson tells the words that say whose name it is.
func (t *tweet) isPerson(i int) bool {
	for _, s := range []string{"passenger", "pax", "guest", "full", "first", "last", "customer", "holder", "traveller", "traveler", "cardholder",
		"agent", "manager", "driver", "contact", "booking", "nombre", "under"} {
		if t.isFold(i, s) {
			return true
		}
	}
	return false
}

// introduced adds the name at word j, where one was announced, and returns the
// index behind it, 0 if there is none.
func (t *tweet) introduced(j int) int {
	first := t.particles(j)
	w := t.words[first]
	if w.class&never != 0 || w.possessive {
		return 0
	}
	end := first + 1
	switch {
	case w.shape == title && (t.unlisted(first) || w.class&given != 0 || t.isBorne(first)):
		end = t.name(first)
		for end+1 < len(t.words) && t.gap(end) == " " && t.particles(end) > end && t.unlisted(t.particles(end)) {
			end = t.name(t.particles(end)) // "Ana de Souza"
		}
	case w.shape == upper && t.len(first) > 2 && w.class&(common|brand) == 0:
		end = t.upperName(first)
	case w.shape == upper && t.len(first) == 1 && t.name(first) > first+1: // "J. Smith"
		end = t.name(first)
	case w.shape == lower && w.class&given != 0 && w.class&common == 0:
		if end < len(t.words) && t.gap(end) == " " && t.words[end].shape == lower && t.words[end].class&given != 0 && t.words[end].class&common == 0 {
			end++
		}
	default:
		return 0
	}
	t.addName("introduction", j, end)
	return end
}

// presentation finds the names that a few turns of phrase present: "I'm Will",
// "ask for Quorrin", "booked under Vorrik", "this is Tamsyne speaking". The
// word at i is the one that does not vary.
func (t *tweet) presentation(i int) {
	behind := i+1 < len(t.words) && t.gap(i+1) == " "
	switch {
	case t.isWord(i, "here", "speaking"):
		t.speaker(i)
	case !behind:
	case t.isFold(i, "for"):
		// "It keeps asking for Touch ID" goes on.
		if i > 0 && t.isWord(i-1, "ask", "asked", "asking", "Ask", "asks") && t.expected(i+1) &&
			(t.words[i+1].class&given != 0 || t.endsSentence(t.words[t.name(i+1)-1].end)) {
			t.introduced(i + 1)
		}
	case t.isFold(i, "under"):
		if i == 0 || t.gap(i) != " " || t.words[i-1].class&bookings == 0 && !t.isWord(i-1, "booked", "Booked", "registered", "listed", "made", "reserved") {
			return
		}
		if i+2 < len(t.words) && t.gap(i+2) == "-" {
			return // "booked under Risk-Free Cancellation"
		}
		if j := i + 1; t.expected(j) || t.capitals(j) || t.words[j].class&honorific != 0 && t.words[i-1].class&bookings != 0 {
			t.introduced(j)
		}
	default: // "I'm", and "am" behind "I"
		if t.isFold(i, "am") && (i == 0 || !t.isFold(i-1, "I")) {
			return
		}
		w := t.words[i+1]
		named := w.class&given != 0 && w.class&never == 0 && (w.shape == title && w.class&brand == 0 || w.shape == lower && w.class&(ambiguous|common|brand) == 0)
		if (named || t.isBorne(i+1) && t.presentsItself(i+1)) && !w.possessive {
			t.addName("introduction", i+1, t.name(i+1))
		}
	}
}

// speaker finds the name before "here" or "speaking", the word at i: "this is
// Tamsyne here", and at the start of a sentence "Becky here, ...".
func (t *tweet) speaker(i int) {
	j := i - 1
	for j > 0 && j > i-3 && t.gap(j) == " " && t.expected(j) && t.expected(j-1) {
		j--
	}
	if j < 0 || t.gap(i) != " " || t.words[j].possessive {
		return
	}
	w := t.words[j]
	named := t.expected(j) || w.shape == lower && w.class&given != 0 && w.class&(common|brand|never) == 0
	if !named {
		return
	}
	switch {
	case j > 1 && t.gap(j) == " " && t.isFold(j-1, "is") && t.isFold(j-2, "this"), j > 0 && t.gap(j) == " " && (t.isFold(j-1, "it's") || t.isFold(j-1, "its")):
	case j == 0 || strings.ContainsAny(t.gap(j), ".!?"):
		// "Terrible here" is none.
		if w.class&given == 0 || t.isWord(i, "here") && !t.endsClause(i) {
			return
		}
	default:
		return
	}
	t.addName("introduction", j, i)
}

// endsClause tells that a comma or a stop follows word i, or "from" and
// "again", which go on about who speaks.
func (t *tweet) endsClause(i int) bool {
	if i+1 >= len(t.words) {
		return true
	}
	return strings.ContainsAny(t.gap(i+1), ",.!-–:;") || t.isWord(i+1, "from", "again", "and")
}

// vocative finds a name that a comma sets off: "We're sorry, Liz." and, at the
// start of a sentence, "Liz, please". The word at i is capitalized.
func (t *tweet) vocative(i int) bool {
	before := t.gap(i)
	if t.isPlace(i) {
		return false
	}
	if i > 0 && before == ", " {
		if t.words[i].possessive || !t.expected(i) && !t.initials(i, 2) {
			return false
		}
		end := t.name(i)
		if !t.endsSentence(t.words[end-1].end) {
			return false
		}
		// "in Dayton, Ohio." has a capital on both sides.
		prev := t.words[i-1]
		if prev.shape != lower && prev.class&common == 0 && t.words[i].class&given == 0 && !strings.HasSuffix(t.text[:prev.start], "#") {
			return false
		}
		t.addName("vocative", i, end)
		return true
	}
	w := t.words[i]
	if w.class&given == 0 || w.class&(never|common) != 0 || i+1 >= len(t.words) || w.possessive {
		return false
	}
	if i > 0 && (strings.Trim(before, ".!? ") != "" || !strings.ContainsAny(before, ".!?")) {
		return false
	}
	next := t.gap(i + 1)
	if next == ", " && (t.words[i+1].shape == lower || t.words[i+1].class&common != 0) || next == "! " && w.class&ambiguous == 0 {
		t.addName("vocative", i, i+1)
		return true
	}
	return false
}

// endsSentence tells that the text or a sentence ends at pos.
func (t *tweet) endsSentence(pos int) bool {
	rest := t.text[pos:]
	if rest == "" {
		return true
	}
	r, n := utf8.DecodeRuneInString(rest)
	switch {
	case strings.ContainsRune(".!?…)", r):
		return len(rest) == n || charKind(rest, n) == notWord
	case r == ' ':
		next, _ := utf8.DecodeRuneInString(rest[1:])
		return next >= utf8.RuneSelf && !unicode.IsLetter(next) && next != '–' && next != '—' || strings.HasPrefix(rest, " <url>")
	}
	return r >= utf8.RuneSelf && !unicode.IsLetter(r) && r != '’'
}

// givenName finds a name in the list of given names, anywhere. The word at i
// is capitalized.
func (t *tweet) givenName(i int) {
	if !t.knownName(i) {
		return
	}
	if start := t.words[i].start; start > 0 && strings.IndexByte("#_@/", t.text[start-1]) >= 0 {
		return
	}
	if t.isPlace(i) || t.isThing(t.words[i]) {
		return
	}
	end := t.name(i)
	t.addName("given-name", i, end)
}

// isPlace tells from the words around the capitalized word at i that it names
// a place or a storm: "San Marcos", "Hurricane Irma", "Carol Street",
// "Everett, WA".
func (t *tweet) isPlace(i int) bool {
	if i > 0 && t.isWord(i-1, "San", "Santa", "St", "Saint", "Fort", "Ft", "Port", "Lake", "Mount", "Mt", "Camp", "King", "Queen",
		"Hurricane", "Storm", "Typhoon") && (t.gap(i) == " " || t.gap(i) == ". ") {
		return true
	}
	if i+1 == len(t.words) {
		return false
	}
	switch next := t.words[i+1]; t.gap(i + 1) {
	case " ":
		return t.isWord(i+1, "Street", "St", "Road", "Rd", "Ave", "Avenue", "Airport", "Station", "University", "County", "Park", "Hall",
			"Square", "Lane", "Beach", "Creek", "Island", "Field", "Hospital", "College")
	case ", ":
		return next.shape == upper && t.len(i+1) == 2 && next.class&common != 0 && !t.isWord(i+1, "OK", "DM", "PS")
	}
	return false
}
