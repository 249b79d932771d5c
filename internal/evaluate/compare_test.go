package evaluate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// answers makes n answers to questions of four classes, in threads of two, of
// which a share is right.
func answers(n int, right float64, seed uint64) []Answer {
	random := rand.New(rand.NewPCG(seed, 1))
	list := make([]Answer, n)
	for i := range list {
		truth := fmt.Sprintf("class%d", i%4)
		list[i] = Answer{Thread: int64(i / 2), Truth: truth, Company: truth, Confidence: 0.9}
		if random.Float64() >= right {
			list[i].Company = "wrong"
		}
	}
	return list
}

func compare(t *testing.T, champion, challenger []Answer) Comparison {
	t.Helper()
	c, err := Compare(champion, challenger, 7)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var rule = Rule{MaxFall: 0.05, MinExamples: 20}

func TestBetterBeyondChanceIsPromoted(t *testing.T) {
	c := compare(t, answers(2000, 0.80, 1), answers(2000, 0.90, 2))
	if c.Low <= 0.05 || c.High >= 0.15 || c.Low > c.Difference || c.High < c.Difference || c.Threads != 1000 {
		t.Errorf("a difference of ten points is estimated as %+v", c)
	}
	if promotes, reason := Promotes(rule, c); !promotes || !strings.Contains(reason, "better than the champion beyond chance") {
		t.Errorf("promoted %v, %q", promotes, reason)
	}
}

func TestNoBetterThanChanceIsNotPromoted(t *testing.T) {
	for name, challenger := range map[string][]Answer{
		"the same":      answers(2000, 0.80, 1),
		"equally good":  answers(2000, 0.80, 3),
		"a little more": answers(2000, 0.805, 4),
		"worse":         answers(2000, 0.60, 5),
	} {
		promotes, reason := Promotes(rule, compare(t, answers(2000, 0.80, 1), challenger))
		if promotes || !strings.Contains(reason, "not better than the champion beyond chance") {
			t.Errorf("%s: promoted %v, %q", name, promotes, reason)
		}
	}
}

func TestClassThatFallsKeepsTheChampion(t *testing.T) {
	champion, challenger := answers(2000, 0.70, 1), answers(2000, 0.95, 2)
	for i := range challenger {
		if challenger[i].Truth == "class3" && i%5 != 0 {
			challenger[i].Company = "wrong"
		}
	}
	c := compare(t, champion, challenger)
	if c.Classes[0].Label != "class3" || c.Classes[0].Gain() > -0.4 {
		t.Errorf("the deepest fall is %+v", c.Classes[0])
	}
	promotes, reason := Promotes(rule, c)
	if promotes || !strings.Contains(reason, "1 class falls by more than 5 points") || strings.Contains(reason, "class3") {
		t.Errorf("promoted %v, %q", promotes, reason)
	}
	if promotes, _ := Promotes(Rule{MaxFall: 0.05, MinExamples: 501}, c); !promotes {
		t.Error("a class that is too small to count keeps the champion")
	}
}

// Conversations of one thread are no independent witnesses: the interval has to
// be as wide as if each thread had been counted once.
func TestThreadsAreDrawnWhole(t *testing.T) {
	once := func(n, times int) (champion, challenger []Answer) {
		random := rand.New(rand.NewPCG(9, 9))
		for i := range n {
			a := Answer{Thread: int64(i), Truth: "x", Company: "x"}
			b := a
			if random.IntN(4) == 0 {
				a.Company = "wrong"
			}
			if random.IntN(5) == 0 {
				b.Company = "wrong"
			}
			for range times {
				champion, challenger = append(champion, a), append(challenger, b)
			}
		}
		return champion, challenger
	}
	a, b := once(300, 1)
	single := compare(t, a, b)
	a, b = once(300, 10)
	tenfold := compare(t, a, b)
	if width, want := tenfold.High-tenfold.Low, single.High-single.Low; math.Abs(width-want) > 0.2*want {
		t.Errorf("ten conversations a thread make the interval %.4f wide, one makes it %.4f", width, want)
	}
}

// Of a hundred comparisons of equals, some five should find a difference that
// is none, and half of these a gain.
func TestIntervalHoldsWhatItPromises(t *testing.T) {
	promoted := 0
	for seed := range uint64(100) {
		c, err := Compare(answers(600, 0.85, 2*seed+100), answers(600, 0.85, 2*seed+101), seed)
		if err != nil {
			t.Fatal(err)
		}
		if c.Low > 0 {
			promoted++
		}
	}
	if promoted > 8 {
		t.Errorf("%d of 100 challengers that are no better would be promoted, expected about 2.5", promoted)
	}
}

func TestComparisonIsDeterministic(t *testing.T) {
	a, b := answers(500, 0.8, 1), answers(500, 0.9, 2)
	if first, second := compare(t, a, b), compare(t, a, b); !reflect.DeepEqual(first, second) {
		t.Errorf("%+v, then %+v", first, second)
	}
}

func TestDifferentQuestionsAreNotCompared(t *testing.T) {
	a := answers(10, 1, 1)
	b := answers(10, 1, 1)
	b[3].Truth = "another"
	for name, other := range map[string][]Answer{"one more": answers(11, 1, 1), "another question": b} {
		if _, err := Compare(a, other, 1); err == nil {
			t.Errorf("%s: compared", name)
		}
	}
	if c, err := Compare(nil, nil, 1); err != nil || c.Low != 0 || c.High != 0 {
		t.Errorf("nothing compared gives %+v, %v", c, err)
	}
}

func TestPSI(t *testing.T) {
	for name, test := range map[string]struct {
		reference, now map[string]int64
		low, high      float64
	}{
		"the same":          {map[string]int64{"a": 50, "b": 50}, map[string]int64{"a": 500, "b": 500}, 0, 0},
		"a little":          {map[string]int64{"a": 50, "b": 50}, map[string]int64{"a": 55, "b": 45}, 0.005, SomeDrift},
		"turned around":     {map[string]int64{"a": 80, "b": 20}, map[string]int64{"a": 20, "b": 80}, MuchDrift, 10},
		"a new class":       {map[string]int64{"a": 100}, map[string]int64{"a": 50, "b": 50}, MuchDrift, 10},
		"a class that went": {map[string]int64{"a": 50, "b": 50}, map[string]int64{"a": 100}, MuchDrift, 10},
		"nothing now":       {map[string]int64{"a": 50}, nil, 0, 0},
	} {
		psi := PSI(test.reference, test.now)
		if psi < test.low-1e-12 || psi > test.high {
			t.Errorf("%s: %.4f, want %.3f to %.3f", name, psi, test.low, test.high)
		}
		if back := PSI(test.now, test.reference); math.Abs(back-psi) > 1e-12 {
			t.Errorf("%s: %.4f one way, %.4f the other", name, psi, back)
		}
	}
	bins := ConfidenceBins([]float64{0, 0.05, 0.95, 1, 0.55})
	if want := map[int]int64{0: 2, 9: 2, 5: 1}; !reflect.DeepEqual(bins, want) {
		t.Errorf("bins %v, want %v", bins, want)
	}
}
