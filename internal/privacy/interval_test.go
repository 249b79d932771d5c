package privacy

import (
	"math"
	"testing"
)

func near(a, b float64) bool { return math.Abs(a-b) < 0.0005 }

// Worked by hand from (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n), with
// z = 1.96: for 8 of 10, z²/n is 0.38416, the center (0.8+0.19208)/1.38416 =
// 0.71674, the half width 1.96·√(0.016+0.009604)/1.38416 = 0.22658.
func TestProportion(t *testing.T) {
	for _, c := range []struct {
		count, of        int
		share, low, high float64
	}{
		{8, 10, 0.8, 0.4902, 0.9433},
		{5, 10, 0.5, 0.2366, 0.7634},
		{95, 100, 0.95, 0.8882, 0.9785},
		{0, 10, 0, 0, 0.2775},
		{10, 10, 1, 0.7225, 1},
		{1, 1, 1, 0.2065, 1},
		{0, 0, 0, 0, 1},
	} {
		p := proportion(c.count, c.of)
		if p.Count != c.count || p.Of != c.of || !near(p.Share, c.share) || !near(p.Low, c.low) || !near(p.High, c.high) {
			t.Errorf("%d of %d is %+v, want %v (%v to %v)", c.count, c.of, p, c.share, c.low, c.high)
		}
	}
}

func TestProportionStaysInBounds(t *testing.T) {
	for n := range 200 {
		for k := range n + 1 {
			p := proportion(k, n)
			if p.Low < 0 || p.High > 1 || p.Low > p.Share || p.Share > p.High {
				t.Fatalf("%d of %d is %+v", k, n, p)
			}
		}
	}
}

func TestF2(t *testing.T) {
	for name, c := range map[string]struct {
		counts
		want float64
		ok   bool
	}{
		// R = 1/2, P = 3/4: 5·0.375 / (3 + 0.5)
		"recall below precision": {counts{found: 2, labelled: 4, touching: 3, replaced: 4}, 1.875 / 3.5, true},
		// R = 3/4, P = 1/2: 5·0.375 / (2 + 0.75)
		"precision below recall": {counts{found: 3, labelled: 4, touching: 2, replaced: 4}, 1.875 / 2.75, true},
		"all":                    {counts{4, 4, 4, 4}, 1, true},
		"nothing found":          {counts{labelled: 4, replaced: 2}, 0, true},
		"nothing labelled":       {counts{replaced: 2}, 0, false},
		"nothing replaced":       {counts{labelled: 2}, 0, false},
		"nothing at all":         {},
	} {
		if got, ok := c.f2(); ok != c.ok || !near(got, c.want) {
			t.Errorf("%s: %v, %v, want %v, %v", name, got, ok, c.want, c.ok)
		}
	}
}

func TestBootstrap(t *testing.T) {
	if e := bootstrapF2(nil, 10); e != nil {
		t.Errorf("F2 of nothing is %v", *e)
	}
	// Where every text is alike, every draw of them is.
	alike := make([]counts, 50)
	for i := range alike {
		alike[i] = counts{found: 1, labelled: 2, touching: 1, replaced: 1}
	}
	if e := bootstrapF2(alike, 50); e.Value != e.Low || e.Value != e.High || !near(e.Value, 2.5/4.5) {
		t.Errorf("F2 of texts that are alike is %+v", *e)
	}
	// The detail of half of 100 texts is found, so R is 0.5 with a standard
	// error of 0.05, P is 1, and F2 is 5R/(4+R): 0.556, and for R from 0.40 to
	// 0.60 from 0.455 to 0.652.
	half := make([]counts, 100)
	for i := range half {
		half[i] = counts{found: i % 2, labelled: 1, touching: i % 2, replaced: i % 2}
	}
	e := bootstrapF2(half, 100)
	if !near(e.Value, 2.5/4.5) || math.Abs(e.Low-0.455) > 0.02 || math.Abs(e.High-0.652) > 0.02 {
		t.Errorf("F2 of 50 of 100 is %+v", *e)
	}
	if again := bootstrapF2(half, 100); *again != *e {
		t.Errorf("drawn twice: %+v, then %+v", *e, *again)
	}
	// Details in few texts are as uncertain as few texts are.
	var few []counts
	for i := range 4 {
		few = append(few, counts{found: 25 * (i % 2), labelled: 25, touching: 25 * (i % 2), replaced: 25 * (i % 2)})
	}
	if wide := bootstrapF2(few, 4); wide.High-wide.Low < 2*(e.High-e.Low) {
		t.Errorf("F2 of 100 details in 4 texts is %+v, in 100 texts %+v", *wide, *e)
	}
	// A single text among many is often not drawn at all.
	if e := bootstrapF2(half[1:2], 1000); e.Value != 1 || e.Low != 1 || e.High != 1 {
		t.Errorf("F2 of one text of 1,000 is %+v", *e)
	}
}

func TestPercentile(t *testing.T) {
	var hundred []float64
	for i := range 100 {
		hundred = append(hundred, float64(i+1))
	}
	for share, want := range map[float64]float64{0: 1, 0.025: 3, 0.5: 50, 0.975: 98, 1: 100} {
		if got := percentile(hundred, share); got != want {
			t.Errorf("the %v of 1 to 100 is %v, want %v", share, got, want)
		}
	}
	if got := percentile([]float64{7}, 0.975); got != 7 {
		t.Errorf("of one value it is %v", got)
	}
}
