package gazetteer_test

import (
	"testing"

	"switchboard/internal/anonymize/gazetteer"
)

func TestOf(t *testing.T) {
	for word, want := range map[string]gazetteer.Kind{
		"becky": gazetteer.Given, "fitzgerald": gazetteer.Family, "rooney": gazetteer.Family, "will": gazetteer.Ordinary,
		"toulouse": gazetteer.Place, "paris": gazetteer.NamedPlace, "flight": gazetteer.Unlisted, "Becky": gazetteer.Unlisted, "": gazetteer.Unlisted,
	} {
		if got := gazetteer.Of(word); got != want {
			t.Errorf("%q is of kind %d, want %d", word, got, want)
		}
	}
}
