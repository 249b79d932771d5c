package anonymize

import (
	"context"
	"strings"
	"testing"
)

// What a model takes for a name, here the piece in brackets, is kept unless form,
// lists and score tell that it is none.
func TestWhatAModelIsBelieved(t *testing.T) {
	for _, c := range []struct {
		name, text string
		score      float32
		want       bool
	}{
		{"title case, in no list", "so if [Zorinna] calls", 0.2, true},
		{"title case, in no list, unsure", "so if [Zorinna] calls", 0.08, false},
		{"opening a sentence", "Late. [Zorinna] called", 0.6, true},
		{"opening a sentence, unsure", "Late. [Zorinna] called", 0.3, false},
		{"listed, in lower case, unsure", "so if [liesel] calls", 0.05, true},
		{"listed family name, unsure", "so if [Rooney] calls", 0.05, true},
		{"listed, with an s", "caught [niallas] bottle", 0.05, false},
		{"listed, with an s", "caught [nialls] bottle", 0.05, true},
		{"lower case, in no list", "so if [zorinna] calls", 0.7, true},
		{"lower case, in no list, unsure", "so if [zorinna] calls", 0.5, false},
		{"lower case, with a name before it", "so if [charleyquorr] calls", 0.15, true},
		{"lower case, with a name behind it", "so if [quorrahman] calls", 0.15, true},
		{"lower case, with a short name", "so if [maryquorr] calls", 0.5, false},
		{"behind a word of place", "a call from [Zorinna] now", 0.7, false},
		{"behind a word of place, with a possessive", "seen from [Zorinna]'s side", 0.7, true},
		{"lower case, short", "so if [zor] calls", 0.7, false},
		{"lower case, an ordinary word that may be a name", "so if [rob] calls quorrix", 0.9, true},
		{"lower case, an ordinary word that may be a name, unsure", "so if [rob] calls quorrix", 0.7, false},
		{"lower case, the plural of a word, unsure", "by the [gates] now", 0.5, false},
		{"a piece of a word that is none", "so [Couldn]'t you", 0.99, false},
		{"lower case, a small word", "so if [may] calls", 0.99, false},
		{"lower case, an ordinary word", "so if [flight] calls", 0.99, false},
		{"a small word with a capital", "so if [My] bag", 0.99, false},
		{"behind a word of things", "it is the [Zorinna] again", 0.6, true},
		{"behind a word of things, unsure", "it is your [Zorinna] again", 0.4, false},
		{"two capitals", "it is all [ZorinQuorr] again", 0.9, true},
		{"two capitals, unsure", "it is all [ZorinQuorr] again", 0.7, false},
		{"two capitals of a family name", "so if [McQuorr] calls", 0.2, true},
		{"a hashtag of several words", "we won #[ZorinQuorr] today", 0.2, true},
		{"a hashtag of several words, unsure", "we won #[ZorinQuorr] today", 0.15, false},
		{"an initial and a word", "new songs by K-[Solo] now", 0.3, true},
		{"an initial and a word, unsure", "new songs by K-[Solo] now", 0.2, false},
		{"capitals, short, in no list", "stuck at [TSA] again", 0.99, false},
		{"capitals, long", "stuck at [ZORINNA] again", 0.2, true},
		{"capitals, a listed name", "thanks to [KAREN] again", 0.1, true},
		{"capitals, a name that is a word", "so if [JAKE] calls", 0.3, true},
		{"capitals, a name that is a word, unsure", "so if [JAKE] calls", 0.1, false},
		{"capitals, a short name", "so if [SAM] calls", 0.8, true},
		{"capitals, a short name, unsure", "stuck at [MIA] again", 0.7, false},
		{"a name that is a word", "so if [Sterling] calls", 0.4, true},
		{"a name that is a word, unsure", "so if [Sterling] calls", 0.2, false},
		{"a family name that is a word", "so if [Barber] calls", 0.3, true},
		{"a family name that is a word, unsure", "so if [Barber] calls", 0.2, false},
		{"a family name that is a word, opening a sentence, unsure", "Late. [Barber] called", 0.3, false},
		{"a place that is a name", "so if [Brisbane] calls", 0.5, false},
		{"a brand that is a name", "so if [Orlando] calls", 0.9, false},
		{"a stretched word", "so [Buuuuut] why", 0.9, false},
		{"a stretched name", "so [Beckyyyy] why", 0.9, true},
		{"a storm", "hurt by [Hurricane Zorinna] now", 0.9, false},
		{"a saint", "we met at St. [Quorr] now", 0.9, false},
		{"words run together", "the [BasicEconomy] seat", 0.9, false},
		{"places run together", "flying to [NewYork] now", 0.9, false},
		{"an unknown word run together with another", "flying to [ZorinYork] now", 0.9, true},
		{"a piece of a brand", "printing by Wi-[Fi] now", 0.9, false},
		{"a brand", "which [macOS] is it", 0.9, false},
		{"a month before a day", "See you on Sat, [Mar] 3", 0.99, false},
		{"a month before a day in words", "booked for [Jun] 3rd", 0.99, false},
		{"a month behind a day", "5 [April] at noon", 0.99, false},
		{"a month behind a day, of", "on the 5th of [April] at noon", 0.99, false},
		{"a month before a year", "in her room [May] 2017", 0.99, false},
		{"a month, then another", "[Mar]-Jun 2017", 0.99, false},
		{"a month, to another", "from [Jun] to Jul", 0.99, false},
		{"a month behind since", "here since [Jun] alone", 0.99, false},
		{"a month before a bill", "[Jan] bill not received", 0.99, false},
		{"a month of another language", "el 5 de [Mayo]", 0.99, false},
		{"a name that is a month", "spoke to [April] yesterday", 0.4, true},
		{"a name that is a month, behind a greeting", "Hi, [Jan] I'm so sorry", 0.9, true},
		{"a name that is a month, before another name", "[Mar] Zorinna called", 0.9, true},
		{"a bill, and its payment", "My Audit Report And [Bill Payment] Failed", 0.9, false},
		{"a bill among words with capitals", "[Autopay Bill Failed]", 0.9, false},
		{"a bill in a title", "Why Is [Bill] So High", 0.9, false},
		{"a bill of the phone", "Phone [Bill] was wrong", 0.9, false},
		{"a bill in small letters", "my [bill] was wrong", 0.9, false},
		{"a bill of a month", "Mar 2018 [Bill] was wrong", 0.9, false},
		{"Bill", "so if [Bill] calls", 0.9, true},
		{"Bill in a title", "Spoke With [Bill] Today", 0.9, true},
		{"Bill with a family name", "[Bill Zorinna] called", 0.9, true},
		{"a period of grace", "my [Grace] Period Ended", 0.9, false},
		{"Grace", "so [Grace] called", 0.9, true},
		{"Grace at the end of a sentence", "so said [Grace]. Period", 0.9, true},
		{"Pat before on", "thanks to [Pat] on flight 12", 0.9, true},
		{"a colour", "iPhone in [Rose] Gold", 0.9, false},
		{"a plug", "the audio [Jack] broke", 0.9, false},
		{"advice", "[Frank] advice please", 0.9, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := withModel(t, c.text, c.score)
			before, rest, _ := strings.Cut(c.text, "[")
			name, after, _ := strings.Cut(rest, "]")
			want := before + name + after
			if c.want {
				want = before + "Person" + after
			}
			if got != want {
				t.Errorf("%q, with a score of %v, became %q, want %q", c.text, c.score, got, want)
			}
		})
	}
}

// The initials around a model's name are part of it.
func TestInitialsOfAModelsName(t *testing.T) {
	for text, want := range map[string]string{
		"with E. G. [Zorinna] tonight": "with Person tonight",
		"with J.K. [Zorinna] tonight":  "with Person tonight",
		"with [Zorinna] C tonight":     "with Person tonight",
		"with [Zorinna] I came":        "with Person I came",
		"in row C, [Zorinna] came":     "in row C, Person came",
	} {
		if got := withModel(t, text, 0.9); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// withModel anonymizes the text without its brackets, with a model that takes what
// stands between them for a name.
func withModel(t *testing.T, text string, score float32) string {
	t.Helper()
	before, rest, _ := strings.Cut(text, "[")
	name, after, _ := strings.Cut(rest, "]")
	text = before + name + after
	m := &fixed{name: "model", version: "1", find: map[string][]Span{
		text: {{Start: len(before), End: len(before) + len(name), Kind: Person, Score: score, Recognizer: "model"}},
	}}
	a, err := New(Options{Models: []Recognizer{m}})
	if err != nil {
		t.Fatal(err)
	}
	results, err := a.Threads(context.Background(), [][]string{{text}})
	if err != nil {
		t.Fatal(err)
	}
	return results[0][0].Text
}
