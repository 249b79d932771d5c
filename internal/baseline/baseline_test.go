package baseline_test

import (
	"fmt"
	"testing"

	"switchboard/internal/baseline"
	"switchboard/internal/config"
	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/modelserver"
)

func TestModelServersModelsAreKnown(t *testing.T) {
	for model, want := range map[string]bool{modelserver.BaseModel: true, modelserver.HybridModel: true, "gpt-4o-mini": false, "": false} {
		if baseline.IsServers(model) != want {
			t.Errorf("%q is the model server's: %v", model, !want)
		}
	}
}

// The majority is that of the natural mix, also where a model says otherwise.
func TestMajority(t *testing.T) {
	test := []evaluate.Answer{{Truth: "Zeta", Company: "Acme"}, {Truth: "Zeta", Company: "Acme"}, {Truth: "Zeta", Company: "Acme"}, {Truth: "Acme", Company: "Acme"}}
	company, say := baseline.Majority(test)
	if got, confidence := say("whatever"); company != "Zeta" || got != "Zeta" || confidence != 0.75 {
		t.Errorf("the majority is %s, says %s at %g", company, got, confidence)
	}
	if _, say := baseline.Majority(nil); say != nil {
		if got, confidence := say(""); got != "" || confidence != 0 {
			t.Errorf("of nothing it says %q at %g", got, confidence)
		}
	}
}

func TestTrain(t *testing.T) {
	var examples []dataset.Example
	for i := range 80 {
		company, word := "Acme", "parcel"
		if i%2 == 1 {
			company, word = "Bolt", "flight"
		}
		examples = append(examples, dataset.Example{ID: int64(i), ThreadID: int64(i / 2), Label: company, Text: fmt.Sprintf("my %s number %d is late", word, i)})
	}
	epochs := 0
	say, err := baseline.Train(t.Context(), examples[:60], examples[60:70], func(done, of int) {
		if epochs++; done != epochs || of < done {
			t.Errorf("epoch %d of %d is number %d", done, of, epochs)
		}
	})
	if err != nil || epochs == 0 {
		t.Fatalf("%d epochs, %v", epochs, err)
	}
	for i, a := range say.Answers(examples[70:]) {
		if a.Company != a.Truth || a.Thread != examples[70+i].ThreadID || a.Confidence <= 0.5 {
			t.Errorf("the answer to example %d is %+v", 70+i, a)
		}
	}
	if _, err := baseline.Train(t.Context(), nil, nil, func(int, int) {}); err == nil {
		t.Error("trained on nothing")
	}
}

func TestModelThatIsTheBaseline(t *testing.T) {
	for _, c := range []struct {
		model  string
		epochs int
		seed   int64
		want   bool
	}{
		{config.SoftmaxBaseModel, 0, 1, true}, {config.SoftmaxBaseModel, 3, 1, false}, {config.SoftmaxBaseModel, 0, 2, false}, {config.HybridBaseModel, 0, 1, false},
	} {
		if got := baseline.IsModel(c.model, c.epochs, c.seed); got != c.want {
			t.Errorf("%+v is the baseline: %v", c, got)
		}
	}
	a := []evaluate.Answer{{Company: "Acme", Confidence: 0.5}, {Company: "Bolt", Confidence: 0.25}}
	for name, c := range map[string]struct {
		b    []evaluate.Answer
		want bool
	}{
		"rounded":          {[]evaluate.Answer{{Company: "Acme", Confidence: 0.5000001}, {Company: "Bolt", Confidence: 0.25}}, true},
		"less sure":        {[]evaluate.Answer{{Company: "Acme", Confidence: 0.5}, {Company: "Bolt", Confidence: 0.2}}, false},
		"another answer":   {[]evaluate.Answer{{Company: "Acme", Confidence: 0.5}, {Company: "Acme", Confidence: 0.25}}, false},
		"fewer":            {a[:1], false},
		"nothing answered": {nil, false},
	} {
		if got := baseline.Same(a, c.b); got != c.want {
			t.Errorf("%s: the same model: %v", name, got)
		}
	}
	if baseline.Same(nil, nil) {
		t.Error("no answers are those of one model")
	}
}
