package retrain

import (
	"fmt"
	"testing"

	"switchboard/internal/pipeline"
	"switchboard/internal/review"
)

// sure is a call that a model was sure is for Acme, and what people say of it.
func sure(id string, labels ...review.Label) review.Judged {
	return review.Judged{CallID: id, Status: pipeline.AnswerClassified, Company: "Acme", Named: "Acme", Confidence: 0.99, Labels: labels}
}

func TestWhoGoesAgainstSureAnswersIsNotBelieved(t *testing.T) {
	var calls []review.Judged
	for i := range 30 {
		calls = append(calls, sure(fmt.Sprint("right-", i), review.Label{Reviewer: "anna", Label: "Acme"}))
		calls = append(calls, sure(fmt.Sprint("flipped-", i), review.Label{Reviewer: "mallory", Label: "Bolt"}))
	}
	calls = append(calls, sure("both", review.Label{Reviewer: "mallory", Label: "Bolt"}, review.Label{Reviewer: "anna", Label: "Acme"}))
	b := Believe(calls)
	if len(b.Suspects) != 1 || b.Suspects[0] != "mallory" {
		t.Fatalf("not believed are %v", b.Suspects)
	}
	for id, want := range map[string]string{"right-1": "Acme", "flipped-1": "", "both": "Acme"} {
		if label, ok := b.Label(id); label != want || ok != (want != "") || b.Doubted(id) != (id != "right-1") {
			t.Errorf("%s: %q, %v, doubted %v", id, label, ok, b.Doubted(id))
		}
	}
	if quiet := Believe(calls[:4]); len(quiet.Suspects) != 0 {
		t.Errorf("of two labels somebody is suspected: %v", quiet.Suspects)
	}
}
