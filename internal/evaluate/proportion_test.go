package evaluate

import (
	"math"
	"math/rand/v2"
	"testing"
)

// alone adds n threads of one conversation.
func alone(s *Shares, class string, n int) {
	for range n {
		s.AddThread(map[string]int64{class: 1})
	}
}

// The figures are those of statsmodels' proportion_confint(method="wilson").
func TestSharesOfSingleConversationsHaveWilsonsInterval(t *testing.T) {
	for _, c := range []struct {
		n, of     int
		low, high float64
	}{
		{0, 10, 0, 0.2775}, {10, 10, 0.7225, 1}, {5, 10, 0.2366, 0.7634}, {30, 1000, 0.0211, 0.0425}, {1, 1, 0.2065, 1},
	} {
		var s Shares
		alone(&s, "Acme", c.n)
		alone(&s, "Bolt", c.of-c.n)
		got := s.Of("Acme")
		if float64(got.Value) != float64(c.n)/float64(c.of) || math.Abs(float64(got.Low)-c.low) > 6e-5 || math.Abs(float64(got.High)-c.high) > 6e-5 {
			t.Errorf("%d of %d is %+v, want %g to %g", c.n, c.of, got, c.low, c.high)
		}
	}
}

func TestSharesOfNothing(t *testing.T) {
	var s Shares
	if got := s.Of("Acme"); got != (Interval{None, None, None}) {
		t.Errorf("of no conversations the share is %+v", got)
	}
	alone(&s, "Acme", 3)
	if got := s.Of("Bolt"); got.Value != 0 || got.Low != 0 || got.High <= 0 {
		t.Errorf("a company that was not named has the share %+v", got)
	}
}

// Ten threads whose conversations are all alike are ten observations, however
// many conversations they have.
func TestConversationsOfOneThreadCountOnce(t *testing.T) {
	var single, tenfold Shares
	for _, class := range []string{"A", "A", "A", "B", "B", "B", "B", "B", "B", "B"} {
		single.AddThread(map[string]int64{class: 1})
		tenfold.AddThread(map[string]int64{class: 10})
	}
	a, b := single.Of("A"), tenfold.Of("A")
	if a.Value != b.Value {
		t.Fatalf("the shares are %v and %v", a.Value, b.Value)
	}
	if math.Abs(float64(a.Low-b.Low)) > 1e-9 || math.Abs(float64(a.High-b.High)) > 1e-9 {
		t.Errorf("the intervals are %+v and %+v", a, b)
	}
	var one Shares
	one.AddThread(map[string]int64{"A": 3, "B": 2})
	if i := one.Of("A"); i.High-i.Low < 0.7 {
		t.Errorf("one thread's share is taken for sure: %+v", i)
	}
}

// In 95 of 100 files the interval holds the share that they were drawn with, also
// where threads have many conversations.
func TestIntervalHoldsTheShare(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, truth := range []float64{0.02, 0.2, 0.6} {
		const rounds = 300
		held := 0
		for range rounds {
			var s Shares
			for range 400 {
				thread := map[string]int64{}
				class := map[bool]string{true: "A", false: "B"}[random.Float64() < truth]
				thread[class] = 1 + int64(random.ExpFloat64()*2)
				s.AddThread(thread)
			}
			if i := s.Of("A"); float64(i.Low) <= truth && truth <= float64(i.High) {
				held++
			}
		}
		if share := float64(held) / rounds; share < 0.91 || share > 0.99 {
			t.Errorf("of %g, %.1f%% of the intervals hold it", truth, 100*share)
		}
	}
}

// Of a thousand companies whose shares stayed the same, about one is said to have
// changed.
func TestChanceIsNoChange(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	draw := func(n int64, truth float64) Interval {
		count := int64(0)
		for range n {
			if random.Float64() < truth {
				count++
			}
		}
		return wilson(count, n, 1)
	}
	for _, truth := range []float64{0.01, 0.1, 0.5} {
		changed := 0
		for range 1000 {
			if c, _ := ChangeOf(draw(300, truth), draw(500, truth)); c.BeyondChance() {
				changed++
			}
		}
		if changed > 6 {
			t.Errorf("of a thousand shares of %g, %d changed", truth, changed)
		}
	}
}

func TestChangeOf(t *testing.T) {
	share := func(n, of int) Interval {
		var s Shares
		alone(&s, "A", n)
		alone(&s, "B", of-n)
		return s.Of("A")
	}
	// Newcombe's own example: 56/70 against 48/80.
	c, known := ChangeOf(share(48, 80), share(56, 70))
	if !known || math.Abs(c.Value-0.2) > 1e-9 || math.Abs(c.Low-0.0524) > 6e-5 || math.Abs(c.High-0.3339) > 6e-5 || c.BeyondChance() {
		t.Errorf("got %+v, %v", c, known)
	}
	if c, _ := ChangeOf(share(5, 80), share(6, 80)); c.BeyondChance() {
		t.Errorf("one conversation more is a change: %+v", c)
	}
	if c, _ := ChangeOf(share(60, 80), share(6, 80)); !c.BeyondChance() || c.Value > 0 {
		t.Errorf("a fall is none: %+v", c)
	}
	if c, _ := ChangeOf(NoneOf(500), share(60, 500)); !c.BeyondChance() {
		t.Errorf("a company that is new is none: %+v", c)
	}
	if c, _ := ChangeOf(NoneOf(500), NoneOf(500)); c.BeyondChance() || c.Value != 0 {
		t.Errorf("nothing changed: %+v", c)
	}
	if _, known := ChangeOf(Interval{None, None, None}, share(1, 2)); known {
		t.Error("nothing was compared with something")
	}
}
