package review

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
)

// noon is on a Saturday, the last but one day of week 48.
var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// sure is a sampled call of which a model was sure, and what people say, one after
// another.
func sure(n int, company string, labels ...string) Judged {
	j := Judged{
		CallID: fmt.Sprintf("call-%04d", n), At: noon.Add(time.Duration(n) * time.Minute), Model: "sb-1", Status: pipeline.AnswerClassified,
		Company: company, Named: company, Confidence: 0.75, Threshold: 0.5, Sampled: true,
	}
	for i, l := range labels {
		j.Labels = append(j.Labels, Label{string(rune('a' + i)), l})
	}
	return j
}

// unsure is a sampled call of which a model was not.
func unsure(n int, named string, labels ...string) Judged {
	j := sure(n, named, labels...)
	j.Status, j.Company, j.Confidence = pipeline.AnswerUnsure, pipeline.Unknown, 0.25
	return j
}

func TestQualityCountsTheSampleAlone(t *testing.T) {
	chosen := sure(6, "Acme", "Other") // somebody looked for it
	chosen.Sampled = false
	q := QualityOf([]Judged{
		sure(1, "Acme", "Acme"), sure(2, "Acme", "Acme", "Other"), sure(3, "Other", "Acme", "Acme", "Other"), unsure(4, "Acme", "Acme"), unsure(5, "Acme", "New"), chosen, sure(7, "Other"),
	})
	want := Group{Judged: 5, Disputed: 1, Accuracy: ProportionOf(1, 2), Coverage: ProportionOf(2, 4)}
	if q.Group != want {
		t.Errorf("of all: %+v, want %+v", q.Group, want)
	}
	if len(q.Models) != 1 || q.Models[0].Value != "sb-1" || q.Models[0].Judged != 5 {
		t.Errorf("by model: %+v", q.Models)
	}
	if !slices.Equal(q.Confused, []Confusion{{"Other", "Acme", 1}}) {
		t.Errorf("confused: %+v", q.Confused)
	}
	if b := q.Bins[7]; b.Low != 0.7 || b.High != 0.8 || b.Confidence != 0.75 || b.Right != ProportionOf(1, 2) {
		t.Errorf("at 0.75: %+v", b)
	}
	if b := q.Bins[2]; b.Confidence != 0.25 || b.Right != ProportionOf(1, 2) {
		t.Errorf("at 0.25: %+v", b)
	}
	if q.Agreement.Same != ProportionOf(1, 4) {
		t.Errorf("agreement: %+v", q.Agreement)
	}
	if r := q.Reviewers[0]; r.Account != "a" || r.Judged != 6 || r.Against != ProportionOf(2, 4) || r.Same != ProportionOf(1, 3) {
		t.Errorf("the reviewer: %+v", r)
	}
}

func TestNothingIsUnknownAndNotPerfect(t *testing.T) {
	q := QualityOf(nil)
	for what, p := range map[string]Proportion{"accuracy": q.Accuracy, "coverage": q.Coverage, "agreement": q.Agreement.Same, "a bin": q.Bins[9].Right} {
		if p.Value.Known() || p.Low.Known() || p.High.Known() || p.Value.String() != "-" {
			t.Errorf("%s of nothing is %+v", what, p)
		}
	}
	if q.Agreement.Kappa != nil || q.Bins[0].Confidence.Known() || q.Drift.Moved.Known() || q.Drift.RecentConfidence.Known() || len(q.Models)+len(q.Weeks)+len(q.Confused)+len(q.Reviewers) > 0 {
		t.Errorf("of nothing: %+v", q)
	}
}

func TestWeeksAreThoseOfTheCalendar(t *testing.T) {
	at := func(n int, at time.Time) Judged {
		j := sure(n, "Acme", "Acme")
		j.At = at
		return j
	}
	q := QualityOf([]Judged{
		at(1, time.Date(2026, 12, 28, 0, 0, 0, 0, time.UTC)), at(2, time.Date(2027, 1, 3, 23, 59, 59, 0, time.UTC)), at(3, time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC)),
	})
	if len(q.Weeks) != 2 || q.Weeks[0].Value != "2026-W53" || q.Weeks[0].Judged != 2 || q.Weeks[0].Start != time.Date(2026, 12, 28, 0, 0, 0, 0, time.UTC) ||
		q.Weeks[1].Value != "2027-W01" || q.Weeks[1].Start != time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC) {
		t.Errorf("the weeks are %+v", q.Weeks)
	}
}

func TestBinsPartAllConfidences(t *testing.T) {
	for confidence, want := range map[float64]int{0: 0, 0.1: 1, math.Nextafter(0.1, 0): 0, 0.3: 3, math.Nextafter(0.3, 0): 2, 0.7: 7, 0.95: 9, 1: 9} {
		j := sure(1, "Acme", "Acme")
		j.Confidence = confidence
		q := QualityOf([]Judged{j})
		for n, b := range q.Bins {
			if in := b.Right.Of == 1; in != (n == want) || in && (confidence < b.Low || confidence > b.High) {
				t.Errorf("%v is in %+v: %v", confidence, b, in)
			}
		}
	}
}

func TestMajority(t *testing.T) {
	for _, c := range []struct {
		labels []string
		want   string
		ok     bool
	}{
		{nil, "", false}, {[]string{"A"}, "A", true}, {[]string{"A", "B"}, "", false}, {[]string{"A", "B", "A"}, "A", true},
		{[]string{"A", "B", "C"}, "", false}, {[]string{"A", "B", "B", "C"}, "B", true}, {[]string{"A", "B", "B", "A", "C"}, "", false},
	} {
		if got, ok := Majority(c.labels); got != c.want || ok != c.ok {
			t.Errorf("of %v: %q, %v", c.labels, got, ok)
		}
	}
}

// The figure is that of the formula by hand: 35 of 50 pairs agree, 55 of 100 labels
// are the one, so that by chance 50.5% would.
func TestKappa(t *testing.T) {
	var calls []Judged
	for labels, n := range map[[2]string]int{{"A", "A"}: 20, {"A", "B"}: 5, {"B", "A"}: 10, {"B", "B"}: 15} {
		for range n {
			calls = append(calls, sure(len(calls), "A", labels[0], labels[1]))
		}
	}
	a := QualityOf(calls).Agreement
	if a.Same.Count != 35 || a.Same.Of != 50 || a.Kappa == nil || math.Abs(*a.Kappa-(0.7-0.505)/(1-0.505)) > 1e-12 {
		t.Errorf("the agreement is %+v", a)
	}
	if a := QualityOf([]Judged{sure(1, "A", "A", "A")}).Agreement; a.Kappa != nil || a.Same.Count != 1 {
		t.Errorf("where all say one thing it is %+v", a)
	}
	if a := QualityOf([]Judged{sure(1, "A", "A", "A"), sure(2, "A", "B", "B")}).Agreement; a.Kappa == nil || *a.Kappa != 1 {
		t.Errorf("where all agree it is %+v", a)
	}
	if a := QualityOf([]Judged{sure(1, "A", "A", "B")}).Agreement; a.Kappa == nil || *a.Kappa != -1 {
		t.Errorf("where nobody agrees it is %+v", a)
	}
}

// anything makes judged calls of all kinds.
func anything(random *rand.Rand) []Judged {
	companies := []string{"A", "B", "C", "D", pipeline.Unknown}
	calls := make([]Judged, random.IntN(60))
	for n := range calls {
		j := sure(n, companies[random.IntN(4)])
		if random.IntN(4) == 0 {
			j = unsure(n, companies[random.IntN(5)])
		}
		j.Model, j.Sampled, j.Confidence = []string{"sb-1", "sb-2"}[random.IntN(2)], random.IntN(3) > 0, random.Float64()
		j.At = noon.AddDate(0, 0, random.IntN(30))
		for person := range random.IntN(4) {
			j.Labels = append(j.Labels, Label{string(rune('a' + person)), companies[random.IntN(5)]})
		}
		calls[n] = j
	}
	return calls
}

func TestQualityAddsUpHoweverCallsCome(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		calls := anything(random)
		q := QualityOf(calls)
		shuffled := slices.Clone(calls)
		random.Shuffle(len(shuffled), func(a, b int) { shuffled[a], shuffled[b] = shuffled[b], shuffled[a] })
		for i := range shuffled {
			shuffled[i].Labels = slices.Clone(shuffled[i].Labels)
			slices.Reverse(shuffled[i].Labels)
		}
		if again := QualityOf(shuffled); !reflect.DeepEqual(again, q) {
			t.Fatalf("in another order\n%+v\nnot\n%+v", again, q)
		}
		for what, groups := range map[string][]Group{"models": q.Models, "weeks": q.Weeks} {
			var sum Group
			for _, g := range groups {
				sum.Judged += g.Judged
				sum.Disputed += g.Disputed
				sum.Accuracy.Count += g.Accuracy.Count
				sum.Accuracy.Of += g.Accuracy.Of
				sum.Coverage.Of += g.Coverage.Of
			}
			if sum.Judged != q.Judged || sum.Disputed != q.Disputed || sum.Accuracy.Count != q.Accuracy.Count || sum.Accuracy.Of != q.Accuracy.Of || sum.Coverage.Of != q.Coverage.Of {
				t.Fatalf("the %s are %+v of %+v", what, sum, q.Group)
			}
		}
		if q.Coverage.Of != q.Judged-q.Disputed || q.Coverage.Count != q.Accuracy.Of || len(q.Confused) > 5 {
			t.Fatalf("counted %+v", q)
		}
		for _, p := range []Proportion{q.Accuracy, q.Coverage, q.Agreement.Same, q.Bins[3].Right} {
			if p.Of > 0 && !(0 <= p.Low && p.Low <= p.Value && p.Value <= p.High && p.High <= 1) {
				t.Fatalf("the interval is %+v", p)
			}
		}
		if k := q.Agreement.Kappa; k != nil && (math.IsNaN(*k) || *k < -1 || *k > 1) {
			t.Fatalf("kappa is %v", *k)
		}
	}
}

func TestDrift(t *testing.T) {
	d := DriftOf([]Counted{{true, "A", 30, 27}, {true, "B", 10, 3}, {false, "A", 50, 45}, {false, "C", 25, 20}, {false, "A", 25, 25}})
	want := Drift{
		Recent: 40, Before: 100, RecentConfidence: 0.75, BeforeConfidence: 0.9, Moved: 0.25,
		Companies: []Mix{{"B", 0.25, 0}, {"C", 0, 0.25}, {"A", 0.75, 0.75}},
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("it is %+v, want %+v", d, want)
	}
	if d := DriftOf([]Counted{{true, "A", 1, 1}}); d.Moved.Known() || d.Companies[0].Before.Known() || d.BeforeConfidence.Known() {
		t.Errorf("of nothing before it is %+v", d)
	}
	if d := DriftOf([]Counted{{true, "A", 1, 1}, {false, "B", 1, 1}}); d.Moved != 1 {
		t.Errorf("of other companies it is %+v", d)
	}
}

func TestTheSampleIsOfTheSizeThatIsAskedFor(t *testing.T) {
	if err := DefaultSampling.Validate(); err != nil {
		t.Error(err)
	}
	for _, s := range []Sampling{{Share: -1}, {Share: math.NaN()}, {Second: 2}, {Held: math.Inf(1)}} {
		if s.Validate() == nil {
			t.Errorf("%+v is no sampling", s)
		}
	}
	const calls = 100_000
	var sampled, second, held, both int64
	for n := range calls {
		id := fmt.Sprint("call-", n)
		d := DefaultSampling.Draw([]byte("key"), id)
		if d != DefaultSampling.Draw([]byte("key"), id) {
			t.Fatal("it is drawn anew")
		}
		if !d.Sampled {
			if d.Second || d.Held {
				t.Fatalf("it is %+v", d)
			}
			continue
		}
		sampled++
		if d.Second {
			second++
		}
		if d.Held {
			held++
		}
		if d.Second && d.Held {
			both++
		}
	}
	for _, c := range []struct {
		what string
		p    Proportion
		want evaluate.Share
	}{
		{"sampled", ProportionOf(sampled, calls), 0.02}, {"for two", ProportionOf(second, sampled), 0.33},
		{"held", ProportionOf(held, sampled), 0.5}, {"both", ProportionOf(both, sampled), 0.165},
	} {
		if c.p.Low > c.want || c.p.High < c.want {
			t.Errorf("%s are %+v, want %v", c.what, c.p, c.want)
		}
	}
}

func TestTheKeyDecidesWhichCallsAreSampled(t *testing.T) {
	half := Sampling{Share: 0.5}
	same := 0
	for n := range 10_000 {
		id := fmt.Sprint(n)
		if half.Draw([]byte("one"), id).Sampled == half.Draw([]byte("another"), id).Sampled {
			same++
		}
	}
	if same < 4_800 || same > 5_200 {
		t.Errorf("two keys agree on %d of 10,000 calls", same)
	}
	if d := (Sampling{Share: 1, Second: 1, Held: 1}).Draw(nil, ""); !d.Sampled || !d.Second || !d.Held || d.Turn < 0 {
		t.Errorf("all of all is %+v", d)
	}
	if d := (Sampling{Second: 1, Held: 1}).Draw(nil, ""); d != (Sample{}) {
		t.Errorf("none is %+v", d)
	}
}
