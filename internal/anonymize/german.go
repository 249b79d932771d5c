package anonymize

import (
	"strings"

	"switchboard/internal/anonymize/gazetteer"
)

// Small words, without umlauts, that tell whether a tweet is in German.
var (
	smallGerman = smallWords(`ich und ist sie das nicht wir uns euch euer mein meine meinen dein deine kein keine keinen noch schon seit wann
		wie wenn auf mit fur bei ein eine einen immer gern gerne kann konnen konnt hier mir mich dir dich leider bitte zum zur vom im du es habe hast hat
		wird wurde sind aber auch oder nach dem den des welcher welche warum wieso wo danke`)
	smallEnglish = smallWords(`the you is my and have to of for it this that we are with on not your was be i i'm me a an`)
)

func smallWords(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// isGerman tells a tweet with more small words of German than of English: two at least,
// for one may be a name, or of another language.
func (t *tweet) isGerman() bool {
	german, english := 0, 0
	for _, w := range t.words {
		switch k := spokenKey(t.text[w.start:w.end]); {
		case smallGerman[k]:
			german++
		case smallEnglish[k]:
			english++
		}
	}
	return german > 1 && german > english
}

// withoutGerman takes German words off both ends of what a model finds in a tweet in
// German, which models for English take for names; false is where nothing is left.
func (t *tweet) withoutGerman(sp Span, s *speech) (Span, bool) {
	words := t.touched(sp)
	for len(words) > 0 && s.isWord(t, words[0]) {
		if words = words[1:]; len(words) > 0 {
			sp.Start = max(sp.Start, words[0].start)
		}
	}
	for len(words) > 0 && s.isWord(t, words[len(words)-1]) {
		if words = words[:len(words)-1]; len(words) > 0 {
			sp.End = min(sp.End, words[len(words)-1].end)
		}
	}
	return sp, len(words) > 0
}

// isWord tells a German word that is no name: no given name, and a family name or a
// place only in lower case, in which German has neither.
func (s *speech) isWord(t *tweet, w word) bool {
	k := spokenKey(t.text[w.start:w.end])
	kind := gazetteer.Of(k)
	switch {
	case smallGerman[k]:
		return true
	case w.class&given != 0, kind == gazetteer.Given, kind != gazetteer.Unlisted && w.shape != lower:
		return false
	}
	return s.isGerman(k) || s.isCompound(k)
}
