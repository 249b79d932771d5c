package evaluate

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// Threads that count alike are added up together; whatever is drawn must come to what
// adding up answer by answer comes to.
func TestThreadsOfAKindCountAsEach(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	labels := []string{"a", "b", "c", "Unknown"}
	var answers []Answer
	for thread := range int64(400) {
		for range 1 + random.IntN(3) {
			answers = append(answers, Answer{
				Thread: thread % 390, Truth: labels[random.IntN(3)], Company: labels[random.IntN(4)], Confidence: float64(random.IntN(10)) / 10,
			})
		}
	}
	s := newSheet(answers, labels[:2], 0.5)
	if len(s.kinds) >= len(s.threads) || len(s.threads) != 390 {
		t.Fatalf("%d kinds of %d threads", len(s.kinds), len(s.threads))
	}
	byThread := make([][]Answer, len(s.threads))
	for _, a := range answers {
		byThread[a.Thread] = append(byThread[a.Thread], a) // first met in the order of their numbers
	}
	draws := rand.New(rand.NewPCG(7, 0x6a75646765))
	for i, sample := range s.bootstrap(7) {
		var drawn []Answer
		for range s.threads {
			drawn = append(drawn, byThread[draws.IntN(len(s.threads))]...)
		}
		if want := tallied(s, drawn); !reflect.DeepEqual(sample, want) {
			t.Fatalf("draw %d counts %+v, want %+v", i, sample, want)
		}
	}
	if want := tallied(s, answers); !reflect.DeepEqual(s.whole(), want) {
		t.Errorf("the whole counts %+v, want %+v", s.whole(), want)
	}
}

// tallied counts answer by answer.
func tallied(s sheet, answers []Answer) counts {
	c := counts{truths: make([]int, len(s.labels)), answers: make([]int, len(s.labels)), hits: make([]int, len(s.labels))}
	number := map[string]int{}
	for i, label := range s.labels {
		number[label] = i
	}
	for _, a := range answers {
		c.examples++
		c.truths[number[a.Truth]]++
		c.answers[number[a.Company]]++
		if a.right() {
			c.right++
			c.hits[number[a.Truth]]++
		}
		if a.given(0.5) {
			c.given++
			if a.right() {
				c.givenRight++
			}
		}
	}
	return c
}
