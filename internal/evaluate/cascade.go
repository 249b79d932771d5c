package evaluate

import (
	"cmp"
	"slices"

	"switchboard/internal/pipeline"
)

// Cascade lets one model answer where it is sure, and asks another about the rest.
type Cascade struct {
	// First is the confidence from which on the first model's answer counts,
	// Second that for the other's, see [Threshold].
	First, Second float64
}

// cascadeSteps is how many thresholds of the first model are tried at most.
const cascadeSteps = 100

// CalibrateCascade returns the thresholds that together let as many answers as possible
// be given with the asked precision, and of those that give equally many the ones that
// ask the second model least. Both lists are answers to the same questions in the same
// order. Both thresholds are [Never] if none reach the precision.
func CalibrateCascade(first, second []Answer, precision float64) Cascade {
	best, most := Cascade{Never, Never}, 0
	for _, threshold := range candidates(first) {
		sure, right := 0, 0
		var rest []Answer
		for i, a := range first {
			if !a.given(threshold) {
				rest = append(rest, second[i])
				continue
			}
			sure++
			if a.right() {
				right++
			}
		}
		if other, given := restThreshold(rest, precision, sure, right); given > most {
			best, most = Cascade{threshold, other}, given
		}
	}
	return best
}

// candidates are confidences of answers, the lowest first, and that which none reaches.
func candidates(answers []Answer) []float64 {
	var all []float64
	for _, a := range answers {
		if a.Company != pipeline.Unknown {
			all = append(all, a.Confidence)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	var chosen []float64
	for i, confidence := range all {
		if i == 0 || i*cascadeSteps/len(all) > (i-1)*cascadeSteps/len(all) {
			chosen = append(chosen, confidence)
		}
	}
	return append(chosen, Never)
}

// restThreshold is as [Threshold], where so many answers are given already. Given counts
// these too, and is 0 where no threshold reaches the precision.
func restThreshold(rest []Answer, precision float64, sure, right int) (threshold float64, given int) {
	threshold = Never
	if sure > 0 && float64(right) >= precision*float64(sure) {
		given = sure
	}
	rest = slices.DeleteFunc(rest, func(a Answer) bool { return a.Company == pipeline.Unknown })
	slices.SortFunc(rest, func(a, b Answer) int { return cmp.Compare(b.Confidence, a.Confidence) })
	for i, a := range rest {
		sure++
		if a.right() {
			right++
		}
		if i+1 < len(rest) && rest[i+1].Confidence == a.Confidence {
			continue
		}
		if float64(right) >= precision*float64(sure) {
			threshold, given = a.Confidence, sure
		}
	}
	return threshold, given
}

// CascadeThreshold is the threshold for what [Cascade.Answers] returns.
const CascadeThreshold = 1

// Answers are the cascade's: with confidence 1 those that are given, with 0 the others.
// Asked is how many questions the second model is asked.
func (c Cascade) Answers(first, second []Answer) (answers []Answer, asked int) {
	answers = make([]Answer, len(first))
	for i, a := range first {
		given := a.given(c.First)
		if !given {
			asked++
			a, given = second[i], second[i].given(c.Second)
		}
		a.Confidence = 0
		if given {
			a.Confidence = CascadeThreshold
		}
		answers[i] = a
	}
	return answers, asked
}
