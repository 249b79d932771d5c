package anonymize

import (
	"slices"
	"strings"
)

// collect gathers the words of all names that were found in the call, spelled ones
// included, and the digits that were read out.
func (c *conversation) collect() {
	for i := range c.turns {
		u := &c.turns[i]
		for _, sp := range u.spans {
			switch sp.Kind {
			case Person:
				u.collectName(sp, c)
			case Email:
				for _, w := range u.within(sp) {
					if j := u.index(w); !u.is(j, ordinary|closed|protected) && len(u.heard[j].key) > 3 && !providers[u.heard[j].key] && u.is(j, forename|surname) {
						c.names[u.heard[j].key] = true
					}
				}
			case Address, BirthDate:
			default:
				var b strings.Builder
				for _, r := range u.runs {
					if u.words[r.from].start >= sp.Start && u.words[r.to-1].end <= sp.End {
						b.WriteString(r.chars)
					}
				}
				if b.Len() >= 4 {
					c.numbers = append(c.numbers, b.String())
				}
			}
		}
	}
}

func (u *utterance) collectName(sp Span, c *conversation) {
	for _, r := range u.runs {
		if u.words[r.from].start >= sp.Start && u.words[r.to-1].end <= sp.End && r.digits == 0 && len(r.chars) > 2 {
			c.names[strings.ToLower(r.chars)] = true
		}
	}
	if words := u.within(sp); len(words) > 1 && len(words) < 4 {
		var phrase []string
		sure := true
		for _, w := range words {
			phrase = append(phrase, u.heard[u.index(w)].key)
			sure = sure && !u.is(u.index(w), ordinary|closed)
		}
		if !sure && len(strings.Join(phrase, "")) > 4 {
			c.phrases = append(c.phrases, phrase, phrase[:len(phrase)-1])
		}
	}
	for _, w := range u.within(sp) {
		k := u.heard[u.index(w)].key
		if j := u.index(w); len(k) > 2 && !u.is(j, titled) && (!u.is(j, closed|protected) || u.is(j, doubtful)) {
			c.names[k] = c.names[k] || !u.is(u.index(w), ordinary)
		}
	}
}

// repeated finds what was found elsewhere in the call: names, also misheard by a letter,
// and pieces of numbers.
func (u *utterance) repeated(c *conversation) {
	for i := range u.heard {
		k := u.heard[i].key
		if len(k) < 3 || u.isTaken(i) || u.is(i, protected) || u.is(i, closed) && !u.is(i, doubtful) {
			continue
		}
		sure, found := c.names[k]
		switch {
		case found && (sure && !u.is(i, ordinary|closed) || u.words[i].shape == title && i > 0 && !u.is(i, closed) && !strings.ContainsAny(u.gap(i), ".!?") || u.isSpokenTo(i) || u.isAtEnd(i) || u.isBesideName(i)):
			u.mark("repeated", Person, i, i+1)
		case !found && !u.is(i, ordinary|closed) && len(k) > 3 && (!u.is(i, located) || u.words[i].shape == title) && c.hasSimilar(k):
			u.mark("repeated", Person, i, i+1)
		}
	}
	for _, phrase := range c.phrases {
		for i := range u.heard {
			if len(phrase) > 1 && u.says(i, phrase) && !u.areTaken(i, i+len(phrase)) && (u.is(i-1, addressed|titled) || u.isLast(i+len(phrase)-1) && u.gap(i) != " ") {
				u.mark("repeated", Person, i, i+len(phrase))
			}
		}
	}
	for _, r := range u.runs {
		if len(r.chars) < 3 || u.isTaken(r.from) || r.letters > 0 && r.digits == 0 {
			continue
		}
		if slices.ContainsFunc(c.numbers, func(s string) bool { return strings.Contains(s, r.chars) }) && !u.isAmount(r) {
			u.mark("repeated", Account, r.from, r.to)
		}
	}
}

// isSpokenTo tells that the word at i is who is spoken to: "thank you Mark", "okay
// Rose".
func (u *utterance) isSpokenTo(i int) bool {
	return u.is(i-1, addressed|titled) && isSoft(u.gap(i)) && (u.isLast(i) || u.is(i, forename|surname) || u.is(i+1, forename|surname)) || u.is(i-1, titled)
}

// isBesideName tells that a name stands directly before or behind the word at i.
func (u *utterance) isBesideName(i int) bool {
	taken := func(j int) bool {
		return j >= 0 && j < len(u.words) && !u.is(j, closed|ordinary) && slices.ContainsFunc(u.spans, func(sp Span) bool {
			return sp.Kind == Person && sp.Start <= u.words[j].start && u.words[j].end <= sp.End
		})
	}
	return i > 0 && u.gap(i) == " " && taken(i-1) || i+1 < len(u.words) && u.gap(i+1) == " " && taken(i+1)
}

// isAtEnd tells a name that ends the turn as nothing else does: "can I help you with,
// Will".
func (u *utterance) isAtEnd(i int) bool {
	return i > 0 && i+1 == len(u.heard) && u.is(i, forename|surname) && (strings.Contains(u.gap(i), ",") || !u.is(i-1, leading) && !u.isKey(i-1, "you", "we", "i", "they", "he", "she", "sie", "er", "ihr", "wir", "in", "to"))
}

func (c *conversation) hasSimilar(k string) bool {
	for name, sure := range c.names {
		if sure && isSimilar(k, name) {
			return true
		}
	}
	return false
}

// isSimilar tells two words that differ by a letter, or by two if they are long: a
// recognizer does not spell a name twice alike.
func isSimilar(a, b string) bool {
	most := 1
	if len(a) > 6 && len(b) > 6 {
		most = 2
	}
	if len(a) < 4 || len(b) < 4 || len(a)-len(b) > most || len(b)-len(a) > most {
		return false
	}
	return distance(a, b) <= most
}

// distance is Levenshtein's.
func distance(a, b string) int {
	var buf [maxKey + 1]int
	row := buf[:0]
	for j := range len(b) + 1 {
		row = append(row, j)
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j]+1, last+1)
		}
	}
	return row[len(b)]
}
