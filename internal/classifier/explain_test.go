package classifier

import (
	"math"
	"slices"
	"testing"
)

// The weights of all words add up to what the model's answer is made of: the
// logarithm of the odds of its first class against its second.
func TestWeightsOfWordsAddUp(t *testing.T) {
	examples := generate(1, 600, 4, 0.2)
	m := mustTrain(t, examples[:500], examples[500:], Options{Seed: 1})
	for _, e := range examples[500:] {
		scored := m.Predict(e.Text)
		x := m.Explain(e.Text, nil)
		sum := 0.0
		for _, f := range x.Features {
			sum += f.Weight
		}
		want := math.Log(scored[0].Probability / scored[1].Probability)
		if x.Label != scored[0].Label || x.Rival != scored[1].Label || math.Abs(sum-want) > 1e-3*max(1, want) {
			t.Fatalf("%s against %s: the weights add up to %g, want %g", x.Label, x.Rival, sum, want)
		}
	}
}

func TestWordsThatTellSpeakForTheirClass(t *testing.T) {
	var train []Example
	for range 40 {
		train = append(train, Example{Text: "my parcel 123 is late", Label: "Post"}, Example{Text: "my train is late", Label: "Rail"}, Example{Text: "my train 4 is late", Label: "Rail"})
	}
	m := mustTrain(t, train, nil, Options{Seed: 1})
	x := m.Explain("Is my parcel 77 on the train? My parcel is late", nil)
	if x.Label != "Post" || x.Rival != "Rail" {
		t.Fatalf("%s against %s", x.Label, x.Rival)
	}
	weight := func(word string) float64 {
		at := slices.IndexFunc(x.Features, func(f Feature) bool { return f.Text == word })
		if at < 0 {
			return 0
		}
		return x.Features[at].Weight
	}
	if weight("parcel") <= 0 || weight("train") >= 0 || x.Features[0].Text != "parcel" || weight("77") != 0 {
		t.Errorf("the features are %v", x.Features)
	}
}

func TestExplainEmbeddings(t *testing.T) {
	examples := embedded(1, generate(1, 300, 3, 0.2), 3)
	m := mustTrain(t, examples[:250], examples[250:], Options{Seed: 1, Encoder: "test"})
	e := examples[260]
	scored, x := m.PredictEmbedded(e.Text, e.Embedding), m.Explain(e.Text, e.Embedding)
	sum := x.Embedding
	for _, f := range x.Features {
		sum += f.Weight
	}
	if want := math.Log(scored[0].Probability / scored[1].Probability); x.Embedding == 0 || math.Abs(sum-want) > 1e-3*max(1, want) {
		t.Errorf("the weights add up to %g, %g of them the embedding's; want %g", sum, x.Embedding, want)
	}
}

func TestExplainNothing(t *testing.T) {
	examples := generate(1, 300, 3, 0.2)
	m := mustTrain(t, examples, nil, Options{Seed: 1})
	if x := m.Explain(" \n", nil); len(x.Features) != 0 {
		t.Errorf("an empty text has the features %v", x.Features)
	}
}
