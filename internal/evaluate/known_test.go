package evaluate

import (
	"testing"

	"switchboard/internal/pipeline"
)

func TestKnown(t *testing.T) {
	var answers []Answer
	for thread := range int64(4) {
		first := Answer{Thread: thread, Truth: "A", Company: "B", Confidence: 0.4}
		if thread == 0 {
			first.Company = "A"
		}
		answers = append(answers, first, Answer{Thread: thread, Truth: "A", Company: "A", Confidence: 0.9})
	}
	got := Known(answers, []int{1, 0}, func(tweets int) float64 { return map[int]float64{1: 0.3, 0: 0.95}[tweets] })
	want := []pipeline.KnownScore{{Tweets: 1, Conversations: 4, Accuracy: 0.25, Coverage: 1}, {Conversations: 4, Accuracy: 1, Coverage: 0}}
	for i, k := range got {
		k.Low, k.High = 0, 0
		if k != want[i] {
			t.Errorf("got %+v, want %+v", k, want[i])
		}
	}
	if got[0].Low <= 0 || got[0].High >= 1 || got[0].Low >= got[0].High {
		t.Errorf("the interval is %v to %v", got[0].Low, got[0].High)
	}
	if none := Known(nil, []int{1, 0}, nil); none != nil {
		t.Errorf("of nothing: %+v", none)
	}
}
