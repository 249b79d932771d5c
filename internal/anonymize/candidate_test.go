package anonymize

import "testing"

// A text is shown to a model unless all its words are known to be no names, or
// are taken already.
func TestCandidates(t *testing.T) {
	l := newLexicon(nil)
	for s, want := range map[string]bool{
		"":                                     false,
		"we are sorry for the delay":           false,
		"Please send us a message.":            false,
		"flight BA286 at 10:30, order 4711":    false,
		"my order is late 😡 <url>":             false,
		"the bridge was late":                  false, // Bridge is a name somewhere
		"the Bridge was late":                  true,
		"ask farah about it":                   true,
		"ask Farah about it":                   true,
		"We're sorry, Qorrin.":                 true,
		"thanks zoë":                           true,
		"ありがとう":                                true, // nobody knows words of other scripts
		"Thanks for flying with us today! ^AB": true, // not without the rules' span
	} {
		var tw tweet
		tw.scan(s, l)
		if got := tw.isCandidate(nil); got != want {
			t.Errorf("%q: candidate is %v, want %v", s, got, want)
		}
	}
	var tw tweet
	tw.scan("Thanks for flying with us today! ^AB", l)
	if tw.isCandidate([]Span{{Start: 34, End: 36, Kind: Person}}) {
		t.Error("a text whose one name is taken already is a candidate")
	}
}
