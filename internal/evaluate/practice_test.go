package evaluate

import (
	"math/rand/v2"
	"strings"
	"testing"

	"switchboard/internal/pipeline"
)

// answered is a practice of n answers of which a share is Unknown, whose
// confidences have the shape given as parts of all, by bin.
func answered(n int64, unknown float64, shape map[int]float64) Practice {
	p := Practice{Unknown: int64(unknown*float64(n) + 0.5), Confidences: map[int]int64{}}
	p.Given = n - p.Unknown
	for bin, part := range shape {
		p.Confidences[bin] = int64(part*float64(n) + 0.5)
	}
	return p
}

var (
	sure   = map[int]float64{5: 0.1, 7: 0.1, 8: 0.1, 9: 0.7}
	unsure = map[int]float64{2: 0.2, 3: 0.3, 5: 0.2, 7: 0.2, 9: 0.1}
)

func TestWarnings(t *testing.T) {
	for name, c := range map[string]struct {
		test, now Practice
		want      []string // a part of each sentence
	}{
		"as in the test":                {answered(500, 0.2, sure), answered(5000, 0.2, sure), nil},
		"more Unknown, for good reason": {answered(500, 0.2, sure), answered(5000, 0.33, sure), nil},
		"far more Unknown":              {answered(500, 0.2, sure), answered(285, 0.6, sure), []string{"60.0% of the conversations are Unknown, against 20.0%", "another kind"}},
		"far less Unknown":              {answered(500, 0.6, sure), answered(285, 0.2, sure), []string{"20.0% of the conversations are Unknown, against 60.0%", "another kind"}},
		"other confidence":              {answered(500, 0.2, sure), answered(285, 0.2, unsure), []string{"population stability index", "another kind"}},
		"both":                          {answered(500, 0.2, sure), answered(285, 0.9, unsure), []string{"are Unknown, against 20.0%", "population stability index", "another kind"}},
		"three of three are Unknown":    {answered(500, 0.2, sure), answered(3, 1, unsure), nil},
		"twenty of twenty are":          {answered(500, 0.2, sure), answered(20, 1, sure), []string{"100.0% of the conversations are Unknown", "another kind"}},
		"a test of a dozen":             {answered(12, 0.2, sure), answered(5000, 0.5, unsure), []string{"had 12 conversations, too few"}},
		"a test of one":                 {answered(1, 0, sure), answered(5000, 0.5, unsure), []string{"had 1 conversation, too few"}},
		"a dozen, and far more Unknown": {answered(12, 0, sure), answered(5000, 0.9, sure), []string{"had 12 conversations, too few", "90.0% of the conversations are Unknown", "another kind"}},
		"a test of fifty":               {answered(50, 0.2, sure), answered(5000, 0.2, sure), nil},
		"a small test, nothing to say":  {answered(12, 0.2, sure), Practice{}, nil},
		"nothing answered":              {answered(500, 0.2, sure), Practice{}, nil},
		"an old model without a test":   {Practice{}, answered(5000, 0.9, unsure), nil},
		"a model that answers nothing":  {answered(500, 1, unsure), answered(285, 1, unsure), nil},
		"no confidences, all certain":   {answered(500, 0, map[int]float64{9: 1}), answered(285, 0, map[int]float64{9: 1}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := Warnings(c.test, c.now)
			if len(got) != len(c.want) {
				t.Fatalf("got %q, want %d sentences", got, len(c.want))
			}
			for i, part := range c.want {
				if !strings.Contains(got[i], part) {
					t.Errorf("got %q, want %q in it", got[i], part)
				}
			}
		})
	}
}

// Conversations of the test's own kind are not warned of, however few they are.
func TestChanceIsNotWarnedOf(t *testing.T) {
	const rounds = 200
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(n int, unknown float64, shape map[int]float64) Practice {
		p := Practice{Confidences: map[int]int64{}}
		for range n {
			if random.Float64() < unknown {
				p.Unknown++
			} else {
				p.Given++
			}
			at := random.Float64()
			for bin := 0; bin < 10; bin++ {
				if at -= shape[bin]; at < 0 {
					p.Confidences[bin]++
					break
				}
			}
		}
		return p
	}
	flat := map[int]float64{}
	for bin := range 10 {
		flat[bin] = 0.1
	}
	for name, shape := range map[string]map[int]float64{"sure": sure, "unsure": unsure, "flat": flat} {
		for _, unknown := range []float64{0, 0.05, 0.3, 0.8, 1} {
			for _, n := range []int{1, 5, 20, 100, 400} {
				for _, of := range []int{20, 300} {
					warned := 0
					for range rounds {
						if len(unlike(draw(of, unknown, shape), draw(n, unknown, shape))) > 0 {
							warned++
						}
					}
					if warned > rounds/100 {
						t.Errorf("%s, %g Unknown, %d conversations against a test of %d: %d of %d warned", name, unknown, n, of, warned, rounds)
					}
				}
			}
		}
	}
}

func TestPracticeOfATest(t *testing.T) {
	o := pipeline.Origin{TestCoverage: 0.75, Confidences: map[int]int64{9: 6, 2: 2}}
	if p := Test(o); p.Given != 6 || p.Unknown != 2 {
		t.Errorf("the test is %+v", p)
	}
	if p := Test(pipeline.Origin{}); p.Given != 0 || p.Unknown != 0 {
		t.Errorf("of a model that nothing is known of it is %+v", p)
	}
}
