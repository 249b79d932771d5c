package evaluate

import (
	"fmt"
	"math"

	"switchboard/internal/pipeline"
)

// Practice counts how a model answered some conversations.
type Practice struct {
	// Given are those for which it named a company, Unknown the others that it
	// was asked about.
	Given, Unknown int64
	// Confidences counts its answers as [ConfidenceBins] does.
	Confidences map[int]int64
}

// Test is how a model answered its own test set.
func Test(o pipeline.Origin) Practice {
	p := Practice{Confidences: o.Confidences}
	for _, n := range o.Confidences {
		p.Unknown += n
	}
	p.Given = int64(math.Round(o.TestCoverage * float64(p.Unknown)))
	p.Unknown -= p.Given
	return p
}

// What an application may differ by from the model's own test.
const (
	// unknownMargin is by how much the share of Unknown may differ for good
	// reasons: production has companies that were too rare to be learned, and
	// other weeks than the training data.
	unknownMargin = 0.15
	// beyondChance is the normal distribution's quantile that one comparison in
	// two thousand exceeds by chance: applications are many, and a warning that
	// is seen every week is read by nobody.
	beyondChance = 3.29
	// driftBeyondChance is the quantile of the chi-squared distribution with nine
	// degrees of freedom, for ten bins, that one comparison in two thousand
	// exceeds. Without drift, the population stability index over the sum of the
	// two sizes' reciprocals follows it (Yurdakul, "Statistical Properties of
	// Population Stability Index", 2018).
	driftBeyondChance = 29.67
	// smallTest is the size below which a test says too little: it shows a
	// difference in the share of Unknown only beyond some 35 points.
	smallTest = 50
)

// lookFirst is what to do about answers that may be wrong.
const lookFirst = "these conversations may be of another kind than those that the model was trained on: look at some answers before you use them, and check that the task and the model are the right ones (--task, --model)"

// Warnings says, one sentence each, why the answers need a look before they are
// used: what they differ in from those to the model's own test, or that the test
// was too small to compare with. There is nothing to say where either side has no
// answers.
func Warnings(test, now Practice) []string {
	var warnings []string
	if tested := test.Given + test.Unknown; tested > 0 && tested < smallTest && now.Given+now.Unknown > 0 {
		warnings = append(warnings, fmt.Sprintf("the model's own test had %s, too few to tell whether these answers are as good: look at some before you use them",
			some(int(tested), "conversation", "conversations")))
	}
	if differences := unlike(test, now); len(differences) > 0 {
		warnings = append(append(warnings, differences...), lookFirst)
	}
	return warnings
}

// unlike says, one sentence each, in what answers differ from those to the model's
// own test by so much that the conversations are likely of another kind: in the
// share of Unknown, and in the confidence. What few answers differ in by chance is
// not said, nor is anything where either side has none.
func unlike(test, now Practice) []string {
	var differences []string
	if share, usual, far := unknownFar(test, now); far {
		differences = append(differences, fmt.Sprintf("%.1f%% of the conversations are Unknown, against %.1f%% in the model's own test", 100*share, 100*usual))
	}
	n, m := sum(now.Confidences), sum(test.Confidences)
	if n == 0 || m == 0 {
		return differences
	}
	if psi := PSI(test.Confidences, now.Confidences); psi > MuchDrift+driftBeyondChance*(1/n+1/m) {
		differences = append(differences, fmt.Sprintf("the model's confidence is distributed differently than in its own test (population stability index %.2f, where %g or more counts as a different population)", psi, MuchDrift))
	}
	return differences
}

// unknownFar compares the shares of Unknown: whether they differ by more than the
// margin, and by more than chance adds to a difference of just the margin.
func unknownFar(test, now Practice) (share, usual float64, far bool) {
	n, m := float64(now.Given+now.Unknown), float64(test.Given+test.Unknown)
	if n == 0 || m == 0 {
		return 0, 0, false
	}
	share, usual = float64(now.Unknown)/n, float64(test.Unknown)/m
	limit := min(usual+unknownMargin, 1)
	if share < usual {
		limit = max(usual-unknownMargin, 0)
	}
	// A small test that found none or all Unknown is not certain of it: it counts
	// as if it had found one more of either.
	tested := float64(test.Unknown+1) / (m + 2)
	chance := beyondChance * math.Sqrt(limit*(1-limit)/n+tested*(1-tested)/m)
	return share, usual, math.Abs(share-usual) > unknownMargin+chance
}

func sum(bins map[int]int64) (n float64) {
	for _, k := range bins {
		n += float64(k)
	}
	return n
}
