// Package label tells which company a conversation is with.
//
// Where companies sign their tweets the answer is in the data: the company
// that wrote most of a conversation. Where none wrote, the company that is
// mentioned most often is a fair guess. Everything else is unknown, and it is
// better to say so than to teach a model to guess.
package label

import "strings"

// None is the label of a conversation whose company is not known.
const None = -1

// Companies are the companies that can be labels.
type Companies struct {
	n int
	// byHandle finds a company by its name in lower case and without blanks,
	// which is how people mention it.
	byHandle map[string]int32
}

// NewCompanies makes the companies of a training set, whose indices are those
// of handles. Of handles that differ in case or blanks only, the first is meant
// when one is mentioned.
func NewCompanies(handles []string) *Companies {
	c := &Companies{n: len(handles), byHandle: make(map[string]int32, len(handles))}
	for i, handle := range handles {
		handle = strings.ToLower(strings.Join(strings.Fields(handle), ""))
		if _, ok := c.byHandle[handle]; !ok {
			c.byHandle[handle] = int32(i)
		}
	}
	return c
}

// Labeler labels conversations one after the other. It keeps its counters
// between them, so that a label costs what the conversation is long; several
// goroutines need one each.
type Labeler struct {
	companies *Companies
	counts    []int32
	// counted are the companies whose counts are not 0, the first to be
	// counted first.
	counted []int32
	// lower is where a mention is put in lower case.
	lower []byte
}

// NewLabeler makes a labeler.
func (c *Companies) NewLabeler() *Labeler {
	return &Labeler{companies: c, counts: make([]int32, c.n)}
}

// Label returns the index of a conversation's company, or [None]. Authors are
// the tweets' companies in the order of the conversation, [None] where a
// customer wrote; text gives the text of the i-th tweet, and is called only
// if no company wrote.
//
// The company that wrote most tweets is the label, of several the one that
// wrote first; if none wrote, the company mentioned most, of several the one
// mentioned first.
func (l *Labeler) Label(authors []int32, text func(i int) string) int32 {
	for _, author := range authors {
		if author != None {
			l.count(author)
		}
	}
	if len(l.counted) == 0 && l.companies.n > 0 {
		for i := range authors {
			l.mentions(text(i))
		}
	}
	return l.most()
}

func (l *Labeler) count(company int32) {
	if l.counts[company] == 0 {
		l.counted = append(l.counted, company)
	}
	l.counts[company]++
}

// most returns the company with the highest count, and resets the counts.
func (l *Labeler) most() int32 {
	best, most := int32(None), int32(0)
	for _, company := range l.counted {
		if n := l.counts[company]; n > most {
			best, most = company, n
		}
		l.counts[company] = 0
	}
	l.counted = l.counted[:0]
	return best
}

// mentions counts the companies mentioned in a text. A mention is an @ that
// does not stand inside a word, as it would in an e-mail address, with a
// handle behind it.
func (l *Labeler) mentions(text string) {
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '@')
		if i < 0 {
			return
		}
		i += at
		end := i + 1
		for end < len(text) && inHandle(text[end]) {
			end++
		}
		if i == 0 || !inHandle(text[i-1]) {
			l.mention(text[i+1 : end])
		}
		at = end
	}
}

func (l *Labeler) mention(handle string) {
	l.lower = l.lower[:0]
	for i := range len(handle) {
		c := handle[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		l.lower = append(l.lower, c)
	}
	if company, ok := l.companies.byHandle[string(l.lower)]; ok {
		l.count(company)
	}
}

// inHandle tells whether a byte can stand in a handle, or in a word before an
// @: ASCII letters, digits and underscores.
func inHandle(c byte) bool {
	return c-'0' <= 9 || c|0x20-'a' <= 25 || c == '_'
}
