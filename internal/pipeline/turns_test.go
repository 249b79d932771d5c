package pipeline

import (
	"encoding/json"
	"strings"
	"testing"
)

// What nobody says of turns is what was done before there were any, and leaves no
// trace in the input that ids are made of.
func TestWholeConversationsAreTheDefault(t *testing.T) {
	said := FineTuneInput{Dataset: "/a.csv", Turns: AllTurns}.WithDefaults()
	if said != (FineTuneInput{Dataset: "/a.csv"}).WithDefaults() {
		t.Errorf("got %+v", said)
	}
	for _, in := range []any{said, ApplyInput{Dataset: "/a.csv"}.WithDefaults(), EvaluateInput{Dir: "a/b"}.WithDefaults(), Model{}, Origin{}, Status{}, ApplyProgress{}} {
		text, err := json.Marshal(in)
		if err != nil || strings.Contains(string(text), "turns") {
			t.Errorf("%s, %v", text, err)
		}
	}
}

func TestTurnsThatAModelIsGiven(t *testing.T) {
	for trained, want := range map[Turns]Turns{"": AllTurns, AllTurns: AllTurns, BothTurns: AllTurns, FirstTurn: FirstTurn} {
		if got := Turns("").Among(trained); got != want {
			t.Errorf("a model trained on %q is given %q, want %q", trained, got, want)
		}
		if got := FirstTurn.Among(trained); got != FirstTurn {
			t.Errorf("asked for first words, a model trained on %q is given %q", trained, got)
		}
	}
}

func TestUnlike(t *testing.T) {
	for _, c := range []struct {
		given, trained Turns
		unlike         bool
	}{
		{"", "", false}, {AllTurns, "", false}, {FirstTurn, FirstTurn, false}, {FirstTurn, BothTurns, false}, {"", BothTurns, false},
		{FirstTurn, "", true}, {"", FirstTurn, true}, {AllTurns, FirstTurn, true},
	} {
		if got := c.given.Unlike(c.trained); (got != "") != c.unlike {
			t.Errorf("%q given to a model trained on %q: %q", c.given, c.trained, got)
		}
	}
}

func TestThresholdFor(t *testing.T) {
	both := Model{Turns: BothTurns, Threshold: 0.2, FirstThreshold: 0.8}
	first := Model{Turns: FirstTurn, Threshold: 0.7}
	if both.ThresholdFor("") != 0.2 || both.ThresholdFor(FirstTurn) != 0.8 || first.ThresholdFor(FirstTurn) != 0.7 || first.ThresholdFor(AllTurns) != 0.7 {
		t.Error("the wrong threshold")
	}
}

func TestTurnsAreChecked(t *testing.T) {
	for name, err := range map[string]error{
		"fine-tuning": FineTuneInput{Dataset: "/a", Turns: "last"}.WithDefaults().Validate(),
		"application": ApplyInput{Dataset: "/a", Turns: BothTurns}.WithDefaults().Validate(),
		"evaluation":  EvaluateInput{Dir: "/a", Turns: BothTurns}.WithDefaults().Validate(),
	} {
		if err == nil || !strings.Contains(err.Error(), "turns") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (FineTuneInput{Dataset: "/a", Turns: BothTurns}).WithDefaults().Validate(); err != nil {
		t.Error(err)
	}
}
