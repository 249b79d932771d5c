package explain

import (
	"slices"
	"testing"

	"switchboard/internal/pipeline"
	"switchboard/internal/provider"
)

var labels = []string{"AcmeHelp", "AcmeCare", "BoltRail", "Bolt"}

func TestBeginningsOfAnswers(t *testing.T) {
	for start, want := range map[string]string{
		"AcmeHelp": "AcmeHelp", " @acmeh": "AcmeHelp", "Acme": "", "Bolt": "Bolt", "BoltR": "BoltRail", "Un": "Unknown", "": "", "Naomi": "",
	} {
		if got := meant(start, labels); got != want {
			t.Errorf("%q means %q, want %q", start, got, want)
		}
	}
}

func TestLikelyAnswersAreLabels(t *testing.T) {
	got := Likely(provider.Answer{Text: "AcmeCare", Confidence: 0.3, HasConfidence: true}, []provider.Candidate{
		{Text: "BoltR", Probability: 0.5}, {Text: "AcmeC", Probability: 0.3}, {Text: "my name is Jane", Probability: 0.1},
	}, labels)
	want := []pipeline.LikelyAnswer{{Label: "BoltRail", Probability: 0.5}, {Label: "AcmeCare", Probability: 0.3}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Likely(provider.Answer{Text: "AcmeCare"}, nil, labels); len(got) != 0 {
		t.Errorf("without probabilities: %v", got)
	}
}

// What a server says beside labels and words of the text is not shown.
func TestOnlyWordsOfTheTextAreShown(t *testing.T) {
	var told provider.Explanation
	told.Label, told.Rival = "AcmeHelp", "BoltRail"
	for _, f := range []struct {
		text   string
		weight float64
	}{{"parcel", 2}, {"Jane", 1.5}, {"train", -1}, {"00", 0.5}} {
		told.Features = append(told.Features, struct {
			Text   string  `json:"text"`
			Weight float64 `json:"weight"`
		}{f.text, f.weight})
	}
	var x pipeline.Explanation
	Add(&x, told, labels, "my parcel 12 is on a train")
	if want := []pipeline.WordWeight{{Word: "parcel", Weight: 2}, {Word: "00", Weight: 0.5}}; !slices.Equal(x.For, want) {
		t.Errorf("for: %v, want %v", x.For, want)
	}
	if want := []pipeline.WordWeight{{Word: "train", Weight: -1}}; !slices.Equal(x.Against, want) {
		t.Errorf("against: %v, want %v", x.Against, want)
	}
	told.Label = "Jane"
	x = pipeline.Explanation{}
	Add(&x, told, labels, "my parcel")
	if x.Label != "" || len(x.For) != 0 {
		t.Errorf("a label that the model does not have is explained: %+v", x)
	}
}
