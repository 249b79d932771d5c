package inference

import (
	"context"
	"errors"
	"strings"
	"testing"

	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
	"switchboard/internal/provider"
)

// oracle answers by the words of a text.
type oracle map[string]provider.Answer

func (o oracle) TopAnswers(_ context.Context, _, _, text string) (provider.Answer, []provider.Candidate, error) {
	for word, answer := range o {
		if strings.Contains(text, word) {
			return answer, []provider.Candidate{{Text: answer.Text, Probability: answer.Confidence}, {Text: "Bolt", Probability: 0.1}, {Text: "Nobody", Probability: 0.05}}, nil
		}
	}
	return provider.Answer{}, nil, errors.New("no answer")
}

func TestSingle(t *testing.T) {
	o := oracle{
		"parcel": {Text: "AcmeHelp", Confidence: 0.8, HasConfidence: true},
		"train":  {Text: "BoltRail", Confidence: 0.6, HasConfidence: true},
		"hello":  {Text: "somebody", Confidence: 0.9, HasConfidence: true},
	}
	options := Options{Model: "m", Prompt: "p", Labels: []string{"AcmeHelp", "BoltRail"}, Concurrency: 2}
	bolt := pipeline.LikelyAnswer{Label: "BoltRail", Probability: 0.1}
	for name, c := range map[string]struct {
		pieces         []string
		threshold      float64
		company, named string
		status         dataset.Status
		runnerUp       pipeline.LikelyAnswer
	}{
		"sure":                    {[]string{"my parcel"}, 0.7, "AcmeHelp", "AcmeHelp", dataset.Classified, bolt},
		"below the threshold":     {[]string{"my parcel"}, 0.9, dataset.Unknown, "AcmeHelp", dataset.Unsure, bolt},
		"the surest piece counts": {[]string{"my train", "my parcel"}, 0.7, "AcmeHelp", "AcmeHelp", dataset.Classified, bolt},
		"no label":                {[]string{"hello"}, 0.7, dataset.Unknown, "", dataset.Invalid, pipeline.LikelyAnswer{}},
		"nothing said":            {[]string{""}, 0.7, dataset.Unknown, "", dataset.Empty, pipeline.LikelyAnswer{}},
		"nothing at all":          {nil, 0.7, dataset.Unknown, "", dataset.Empty, pipeline.LikelyAnswer{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Single(t.Context(), o, options, c.pieces, c.threshold)
			if err != nil {
				t.Fatal(err)
			}
			if got.Company != c.company || got.Named != c.named || got.Status != c.status || got.RunnerUp != c.runnerUp {
				t.Errorf("got %+v", got)
			}
		})
	}
	if _, err := Single(t.Context(), o, options, []string{"something else"}, 0.5); err == nil {
		t.Error("an error of the provider's is taken for an answer")
	}
}
