package retrain

import (
	"switchboard/internal/evaluate"
	"switchboard/internal/registry"
)

// Judgement is what comparison.json holds: two models' answers to one test set,
// and whether the challenger may take the champion's place.
type Judgement struct {
	ChampionModel   string        `json:"champion_model"`
	ChallengerModel string        `json:"challenger_model"`
	Rule            evaluate.Rule `json:"rule"`
	Better          bool          `json:"better"`
	// Reason is a sentence that names no company.
	Reason string `json:"reason"`
	evaluate.Comparison
}

// Judge compares two models by a rule. Their answers must be to the same
// questions, in the same order. The same answers and seed give the same
// judgement.
func Judge(champion, challenger string, ofChampion, ofChallenger []evaluate.Answer, rule evaluate.Rule, seed uint64) (Judgement, error) {
	j := Judgement{ChampionModel: champion, ChallengerModel: challenger, Rule: rule}
	var err error
	if j.Comparison, err = evaluate.Compare(ofChampion, ofChallenger, seed); err != nil {
		return Judgement{}, err
	}
	j.Better, j.Reason = evaluate.Promotes(rule, j.Comparison)
	return j, nil
}

// Promotion is what became of the wish to promote a challenger.
type Promotion int

// What can become of it.
const (
	// NotWanted: the champion was to stay.
	NotWanted Promotion = iota
	// Done: the challenger is the champion.
	Done
	// Overtaken: another model became the champion since the comparison.
	Overtaken
)

// Conclude returns how a retraining ends, and the reason that is recorded. A
// challenger that was compared with a champion of the past has beaten nobody.
func Conclude(p Promotion, reason string) (registry.Decision, string) {
	switch p {
	case Done:
		return registry.Promote, reason
	case Overtaken:
		return registry.Keep, "another model became the champion meanwhile, with which this one was not compared; retrain again"
	}
	return registry.Keep, reason
}
