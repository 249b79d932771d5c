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
	for _, w := range u.within(sp) {
		k := u.heard[u.index(w)].key
		if j := u.index(w); len(k) > 2 && (!u.is(j, closed|protected) || u.is(j, forename|surname) && !u.is(j, protected)) {
			c.names[k] = c.names[k] || !u.is(u.index(w), ordinary)
		}
	}
}

// repeated finds what was found elsewhere in the call: names, also misheard by a letter,
// and pieces of numbers.
func (u *utterance) repeated(c *conversation) {
	for i := range u.heard {
		k := u.heard[i].key
		if len(k) < 3 || u.isTaken(i) || u.is(i, protected) || u.is(i, closed) && !u.is(i, forename|surname) {
			continue
		}
		sure, found := c.names[k]
		switch {
		case found && (sure && !u.is(i, ordinary|closed) || u.words[i].shape == title && i > 0 && !u.is(i, closed) && !strings.ContainsAny(u.gap(i), ".!?") || u.isSpokenTo(i)):
			u.mark("repeated", Person, i, i+1)
		case !found && !u.is(i, ordinary|closed) && len(k) > 3 && c.hasSimilar(k):
			u.mark("repeated", Person, i, i+1)
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
