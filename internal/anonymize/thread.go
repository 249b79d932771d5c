package anonymize

import (
	"slices"
	"sort"
	"strings"
)

// thread makes the results of one thread. Numbers tells which of the spans
// belong to each tweet.
func (a *Anonymizer) thread(t *tweet, tweets []string, numbers []int, spans [][]Span) []Result {
	names := a.threadNames(t, tweets, numbers, spans)
	results := make([]Result, len(tweets))
	for i, s := range tweets {
		found := slices.Clone(spans[numbers[i]])
		if len(names) > 0 || len(a.deny) > 0 {
			t.scan(s, a.lexicon)
			t.known(names, a.lexicon)
			t.denied(a.deny)
			found = append(found, t.spans...)
		}
		found = merge(s, found)
		results[i] = Result{Text: replace(s, found), Spans: found}
	}
	return results
}

// threadNames returns the words of all names found in a thread, folded. It
// leaves out initials, and words that mean something else more often than
// not.
func (a *Anonymizer) threadNames(t *tweet, tweets []string, numbers []int, spans [][]Span) map[string]bool {
	var names map[string]bool
	for i, s := range tweets {
		found := spans[numbers[i]]
		if !slices.ContainsFunc(found, func(sp Span) bool { return sp.Kind == Person }) {
			continue
		}
		t.scan(s, a.lexicon)
		for _, sp := range found {
			if sp.Kind != Person {
				continue
			}
			for _, w := range t.within(sp) {
				if w.end-w.start < 2 {
					continue
				}
				if w.shape == upper && w.end-w.start <= 4 && w.class&given == 0 || w.shape == lower && w.class&given == 0 && sp.Recognizer == "signoff" {
					continue
				}
				if w.class&(brand|never) != 0 || w.class&common != 0 && w.class&given == 0 {
					continue
				}
				if k := key(s, w); k != "" {
					if names == nil {
						names = map[string]bool{}
					}
					names[k] = true
				}
			}
		}
	}
	return names
}

// within returns the words that lie in the span.
func (t *tweet) within(sp Span) []word {
	from := sort.Search(len(t.words), func(i int) bool { return t.words[i].start >= sp.Start })
	to := from
	for to < len(t.words) && t.words[to].end <= sp.End {
		to++
	}
	return t.words[from:to]
}

// known finds the thread's names. One that is an ordinary word as well, or has
// two letters only, counts where it is written with a capital and does not
// begin a sentence, and not in a hashtag.
func (t *tweet) known(names map[string]bool, l *lexicon) {
	if len(names) == 0 {
		return
	}
	for i, w := range t.words {
		if w.class&(brand|never) != 0 {
			continue
		}
		for _, part := range t.tagWords(w) {
			if c := l.class(t.text, part); part.shape == title && names[key(t.text, part)] && c&(common|ambiguous|brand|never) == 0 && part.end-part.start > 2 {
				t.add("thread", Person, w.start, w.end)
				break
			}
		}
		var buf [maxKey]byte
		k, ok := foldWord(&buf, t.text[w.start:w.end])
		if !ok || !names[string(k)] {
			continue
		}
		if w.shape == lower && len(k) < 4 && w.class&given == 0 {
			continue // "kit" is none, though Kit is
		}
		if w.class&(common|ambiguous) != 0 || len(k) < 3 {
			if w.shape != title || i == 0 || strings.ContainsAny(t.gap(i), ".!?:") {
				continue
			}
		}
		t.add("thread", Person, w.start, w.end)
	}
}

// denied finds the names of the deny list: single words, and phrases of up to
// four.
func (t *tweet) denied(deny map[string]bool) {
	if len(deny) == 0 {
		return
	}
	for i := range t.words {
		for j := i + 1; j <= len(t.words) && j <= i+4; j++ {
			if n := t.normalize(i, j); deny[n] {
				t.add("deny", Person, t.words[i].start, t.words[j-1].end)
			}
		}
	}
}

// normalize returns the folded words of s, with a space between them.
func normalize(s string) string {
	var t tweet
	t.scan(s, nil)
	return t.normalize(0, len(t.words))
}

func (t *tweet) normalize(i, j int) string {
	var b strings.Builder
	for _, w := range t.words[i:j] {
		k := key(t.text, w)
		if k == "" { // not Latin: as it is
			k = strings.ToLower(t.text[w.start:w.end])
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(k)
	}
	return b.String()
}
