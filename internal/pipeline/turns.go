package pipeline

import "fmt"

// Turns says how much of a conversation a model is given.
type Turns string

const (
	// AllTurns is the whole conversation.
	AllTurns Turns = "all"
	// FirstTurn is the customer's first tweet, or what the customer says first on the
	// phone, alone: what is known before any company has answered.
	FirstTurn Turns = "first"
	// BothTurns trains on either: every conversation whole, and its first tweet
	// besides.
	BothTurns Turns = "both"
)

// whole leaves the default out: workflow ids are made of the input, and those of runs
// that say nothing of turns stay what they were before there were any.
func (t Turns) whole() Turns {
	if t == AllTurns {
		return ""
	}
	return t
}

// Asked is what a model is given that was trained on t, where nobody says: the
// customer's first tweet if it has never seen more, else the whole conversation.
func (t Turns) Asked() Turns {
	if t == FirstTurn {
		return FirstTurn
	}
	return AllTurns
}

// Among returns t, and what else the model is given where t is empty.
func (t Turns) Among(trained Turns) Turns {
	if t == "" {
		return trained.Asked()
	}
	return t
}

// Words is t as a sentence has it. The empty value is that of [AllTurns].
func (t Turns) Words() string {
	switch t {
	case FirstTurn:
		return "the customer's first words alone"
	case BothTurns:
		return "whole conversations and the customer's first words alone"
	}
	return "whole conversations"
}

// Unlike says, in a sentence, that a model is asked about something else than it was
// trained on; it is empty where it is not. The empty values are those of [AllTurns].
func (t Turns) Unlike(trained Turns) string {
	if trained == BothTurns || (t == FirstTurn) == (trained == FirstTurn) {
		return ""
	}
	return fmt.Sprintf("the model was trained on %s and is asked about %s", trained.Words(), t.Words())
}

// checkTurns refuses what is none of the values.
func checkTurns(t Turns, values ...Turns) error {
	if t == "" {
		return nil
	}
	for _, v := range values {
		if t == v {
			return nil
		}
	}
	return badInput("the turns are %q; a model can be given %q here", t, values)
}
