package retrain

import (
	"fmt"
	"math"

	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
)

// Judgement is what comparison.json holds: two models' answers to one test set,
// and whether the challenger may take the champion's place.
type Judgement struct {
	ChampionModel   string        `json:"champion_model"`
	ChallengerModel string        `json:"challenger_model"`
	Rule            evaluate.Rule `json:"rule"`
	Better          bool          `json:"better"`
	// Ask says that there is a reason to promote the challenger that the test set
	// knows nothing of: a person is to decide.
	Ask bool `json:"ask,omitempty"`
	// Reason is a sentence that names no company.
	Reason string `json:"reason"`
	evaluate.Comparison
	// Held are the answers to calls that people judged and no model was trained
	// on; nil where there are too few.
	Held *evaluate.Comparison `json:"held_calls,omitempty"`
}

// FewestHeld is how many held calls there must be to tell anything: of fewer, one is
// more than a twentieth.
const FewestHeld = 20

// Hear lets the answers to held calls have their say, of which there must be
// [FewestHeld]. A challenger that is worse on them beyond chance is not promoted,
// whatever the test set says. One that is better on them alone is not promoted
// either, but a person is asked: what held calls say is what people said, of whom few
// are needed to outvote a test set.
func (j *Judgement) Hear(held evaluate.Comparison) {
	if held.Examples < FewestHeld {
		return
	}
	j.Held = &held
	figures := fmt.Sprintf("%.1f%% against %.1f%% of %d held-out calls (95%% interval of the difference %+.1f to %+.1f points)",
		100*held.Challenger, 100*held.Champion, held.Examples, 100*held.Low, 100*held.High)
	switch {
	case held.High < 0:
		j.Better, j.Ask = false, false
		j.Reason = "worse than the champion beyond chance on calls that people judged, " + figures + "; on the test set: " + j.Reason
	case held.Low > 0 && !j.Better && j.noWorse():
		j.Ask = true
		j.Reason = "better than the champion on calls that people judged, " + figures + ", which a person is to weigh; on the test set: " + j.Reason
	default:
		j.Reason += "; of calls that people judged, " + figures
	}
}

// HearNothing tells that neither model named a company for any of so many held calls:
// no figure speaks for either of them there, and what the test set says is not enough.
func (j *Judgement) HearNothing(calls int) {
	if calls < FewestHeld {
		return
	}
	j.Better, j.Ask = false, false
	j.Reason = fmt.Sprintf("neither model named a company for any of %d calls that people judged, so that no answer of theirs can be compared (-); on the test set: %s", calls, j.Reason)
}

// Meet tells of companies that the challenger knows from calls, that the champion
// does not know, and that the test set has nobody of: what they are worth no figure
// tells, and a person is asked. Held calls have their say after it, see
// [Judgement.Hear].
func (j *Judgement) Meet(companies int) {
	if companies == 0 || j.Better || !j.noWorse() {
		return
	}
	j.Ask = true
	j.Reason = fmt.Sprintf("it knows %s that the champion does not know, from calls that people judged, and a person is to decide whether that is right; on the test set: %s", some(companies), j.Reason)
}

// noWorse tells that the test set has nothing against the challenger: it is no worse
// beyond chance, and no class falls.
func (j *Judgement) noWorse() bool {
	for _, class := range j.Classes {
		if class.Examples >= j.Rule.MinExamples && -class.Gain() > j.Rule.MaxFall {
			return false
		}
	}
	return j.High >= 0
}

func some(companies int) string {
	if companies == 1 {
		return "1 company"
	}
	return fmt.Sprintf("%d companies", companies)
}

// HeldCalls is what is told of the answers to held calls; nil where there are too few.
func (j *Judgement) HeldCalls() *pipeline.HeldCalls {
	if j.Held == nil {
		return nil
	}
	h := j.Held
	share := func(of float64) pipeline.Bounds {
		i := evaluate.Wilson(int64(math.Round(of*float64(h.Examples))), int64(h.Examples))
		return pipeline.Bounds{Value: float64(i.Value), Low: float64(i.Low), High: float64(i.High)}
	}
	return &pipeline.HeldCalls{
		Calls: h.Examples, Champion: share(h.Champion), Challenger: share(h.Challenger),
		Difference: pipeline.Bounds{Value: h.Difference, Low: h.Low, High: h.High},
	}
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
