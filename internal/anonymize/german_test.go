package anonymize

import (
	"strings"
	"testing"
)

// What a model for English takes for names in German, and what is left of it.
func TestGermanWordsAreNoNames(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a sentence's beginning":    {"[Seit wann tritt das] auf? Ich habe nichts getan.", "Seit wann tritt das auf? Ich habe nichts getan."},
		"a greeting's answer":       {"[Immer] gern. Wir sind hier.", "Immer gern. Wir sind hier."},
		"a noun made of two":        {"das ist die [Kundennummer], bitte nicht noch einmal", "das ist die Kundennummer, bitte nicht noch einmal"},
		"before a name":             {"ich war bei euch, [meine Schwester Quorrina] auch", "ich war bei euch, meine Schwester Person auch"},
		"behind a name":             {"ich und [Quorrina warten] noch immer", "ich und Person warten noch immer"},
		"a name that is a word":     {"das ist nicht [Jürgen], bitte", "das ist nicht Person, bitte"},
		"a family name, as a name":  {"ich habe mit [Schreiber] gesprochen, und sie kann nicht", "ich habe mit Person gesprochen, und sie kann nicht"},
		"a family name, as a word":  {"das [tritt] nicht auf, wir sind hier", "das tritt nicht auf, wir sind hier"},
		"in a tweet of one word":    {"[Quorrina]", "Person"},
		"in English, of two tweets": {"the [Quorrina] was not with you, [Kundig] is", "the Person was not with you, Person is"},
	} {
		t.Run(name, func(t *testing.T) {
			var spans []Span
			text := ""
			for rest := c.text; rest != ""; {
				before, found, marked := strings.Cut(rest, "[")
				text += before
				if !marked {
					break
				}
				inside, after, _ := strings.Cut(found, "]")
				spans = append(spans, Span{Start: len(text), End: len(text) + len(inside), Kind: Person, Score: 0.95, Recognizer: "model"})
				text += inside
				rest = after
			}
			a, err := New(Options{Models: []Recognizer{&fixed{name: "model", version: "1", find: map[string][]Span{text: spans}}}})
			if err != nil {
				t.Fatal(err)
			}
			if got := one(t, a, text).Text; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
