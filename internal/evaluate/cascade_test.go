package evaluate

import (
	"math/rand/v2"
	"testing"

	"switchboard/internal/pipeline"
)

// pair makes answers of two models that know different halves of the questions and are
// sure of what they know.
func pair(n int, seed uint64) (first, second []Answer) {
	random := rand.New(rand.NewPCG(seed, 0))
	say := func(knows bool) (string, float64) {
		if knows {
			return "A", 0.7 + 0.3*random.Float64()
		}
		if random.IntN(3) == 0 {
			return "A", 0.6 * random.Float64()
		}
		return "B", 0.6 * random.Float64()
	}
	for i := range n {
		a, b := Answer{Thread: int64(i), Truth: "A"}, Answer{Thread: int64(i), Truth: "A"}
		a.Company, a.Confidence = say(i%2 == 0)
		b.Company, b.Confidence = say(i%2 == 1 || i%8 == 0)
		first, second = append(first, a), append(second, b)
	}
	return first, second
}

func TestCascadeOfModelsThatKnowDifferentThings(t *testing.T) {
	first, second := pair(1000, 1)
	c := CalibrateCascade(first, second, 0.95)
	answers, asked := c.Answers(first, second)
	score := Measure(answers, CascadeThreshold)
	alone := max(Measure(first, Threshold(first, 0.95)).Coverage, Measure(second, Threshold(second, 0.95)).Coverage)
	if score.Precision < 0.95 || score.Coverage < 0.95 || alone > 0.75 {
		t.Errorf("the cascade %+v scores %+v, the better model alone answers %v", c, score, alone)
	}
	if asked < 400 || asked > 600 {
		t.Errorf("the second model is asked %d of 1000 times", asked)
	}
	// What was calibrated holds on other questions, but for chance.
	if answers, _ := c.Answers(pair(1000, 2)); Measure(answers, CascadeThreshold).Precision < 0.92 {
		t.Errorf("on other questions: %+v", Measure(answers, CascadeThreshold))
	}
}

// No cascade answers less than its models alone: each of them is one.
func TestCascadeIsNoWorseThanItsModels(t *testing.T) {
	for seed := range uint64(20) {
		first, second := pair(300, seed)
		answers, _ := CalibrateCascade(first, second, 0.9).Answers(first, second)
		got := Measure(answers, CascadeThreshold)
		if alone := Measure(second, Threshold(second, 0.9)).Coverage; got.Coverage < alone || got.Precision < 0.9 {
			t.Errorf("seed %d: %+v, alone %v", seed, got, alone)
		}
	}
}

func TestCascadeOfModelsThatKnowNothing(t *testing.T) {
	wrong := []Answer{{Truth: "A", Company: "B", Confidence: 0.9}, {Truth: "A", Company: pipeline.Unknown, Confidence: 1}}
	c := CalibrateCascade(wrong, wrong, 0.95)
	answers, asked := c.Answers(wrong, wrong)
	if c.First != Never || c.Second != Never || asked != 2 || Measure(answers, CascadeThreshold).Coverage != 0 {
		t.Errorf("%+v asks %d: %+v", c, asked, answers)
	}
	if none := CalibrateCascade(nil, nil, 0.95); none.First != Never {
		t.Errorf("of nothing: %+v", none)
	}
}

func TestASureFirstModelAsksNobody(t *testing.T) {
	sure := []Answer{{Truth: "A", Company: "A", Confidence: 0.2}, {Truth: "B", Company: "B", Confidence: 0.3}}
	if _, asked := CalibrateCascade(sure, sure, 0.95).Answers(sure, sure); asked != 0 {
		t.Errorf("the second model is asked %d times", asked)
	}
}
