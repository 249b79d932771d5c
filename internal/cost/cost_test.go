package cost

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/dataset"
	"switchboard/internal/problem"
	"switchboard/internal/split"
)

func TestShippedPricesAreWhole(t *testing.T) {
	table, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range table {
		if p.Source == "" || p.Read == "" {
			t.Errorf("the price of %s at %s does not say where and when it was read", p.BaseModel, p.Provider)
		}
	}
	if p, ok := table.Find("http://127.0.0.1:8090/v1", "switchboard-softmax-1"); !ok || p.Training != 0 {
		t.Errorf("the model server asks %+v, %v", p, ok)
	}
	if p, ok := table.Find("https://api.openai.com/v1", "gpt-4o-mini-2024-07-18"); !ok || p.Training != 3 {
		t.Errorf("OpenAI asks %+v, %v", p, ok)
	}
	if p, ok := table.Find("https://example.com/v1", "gpt-4o-mini-2024-07-18"); ok {
		t.Errorf("another provider of the same model is taken to ask %+v", p)
	}
}

func TestPricesOfAFileComeFirst(t *testing.T) {
	file := func(content string) string {
		path := filepath.Join(t.TempDir(), "prices.json")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const row = `{"provider": "Azure", "url": "https://mine.openai.azure.com", "base_model": "gpt-4.1-nano-2025-04-14",
		"vocabulary": "o200k_base", "training": 2, "input": 1, "output": 4, "batch_share": 0.5}`
	table, err := Load(file("[" + row + "]"))
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := table.Find("https://mine.openai.azure.com/openai/v1", "gpt-4.1-nano-2025-04-14"); !ok || p.Provider != "Azure" {
		t.Errorf("found %+v, %v", p, ok)
	}
	if p, ok := table.Find("https://api.openai.com/v1", "gpt-4.1-nano-2025-04-14"); !ok || p.Provider != "OpenAI" {
		t.Errorf("the shipped price was lost: %+v, %v", p, ok)
	}
	own := strings.Replace(row, "https://mine.openai.azure.com", "https://api.openai.com", 1)
	if table, err = Load(file("[" + own + "]")); err != nil {
		t.Fatal(err)
	}
	if p, _ := table.Find("https://api.openai.com/v1", "gpt-4.1-nano-2025-04-14"); p.Training != 2 {
		t.Errorf("the shipped price was not replaced: %+v", p)
	}

	for name, bad := range map[string]string{
		"no list":                 row,
		"field that is not known": "[" + strings.Replace(row, "training", "trains", 1) + "]",
		"0 or more":               "[" + strings.Replace(row, `"training": 2`, `"training": -2`, 1) + "]",
		"vocabulary":              "[" + strings.Replace(row, "o200k_base", "llama", 1) + "]",
		"batch_share":             "[" + strings.Replace(row, `"batch_share": 0.5`, `"batch_share": 50`, 1) + "]",
		"needs a provide":         `[{"vocabulary": "words"}]`,
	} {
		_, err := Load(file(bad))
		if kind, _ := problem.KindOf(err); kind != problem.BadInput || name != "no list" && !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	// The setting may name a file that was not meant. None of it is repeated.
	for _, other := range []string{
		`[{"Marigold": 1}]`, `[{"provider": "x", "base_model": "Marigold", "vocabulary": "Marigold"}]`, `{"text": "Marigold"}`,
		`[{"provider": 471193}]`, "Marigold,471193\n", `[{"provider": "Marigold`, `["Marigold"]`, `[{"provider":"Marigold","base_model":"Marigold","vocabulary":"o200k_base","training":-471193,"batch_share":1}]`,
	} {
		if _, err := Load(file(other)); err == nil || strings.Contains(err.Error(), "Marigold") || strings.Contains(err.Error(), "471193") {
			t.Errorf("%s: got %v", other, err)
		}
	}
	if _, err := Load("/nowhere/prices.json"); err == nil {
		t.Error("a file that is not there was read")
	}
}

func TestPasses(t *testing.T) {
	openai, own := Price{}, Price{Epochs: 8}
	for _, c := range []struct {
		price  Price
		n      int64
		epochs int
		want   int
	}{
		{openai, 1000, 5, 5},
		{own, 1000, 0, 8},
		{openai, 0, 0, 0},
		{openai, 3, 0, 25},
		{openai, 10, 0, 10},
		{openai, 33, 0, 3},
		{openai, 8333, 0, 3},
		{openai, 8334, 0, 2},
		{openai, 60_000, 0, 1},
	} {
		if got := Passes(c.price, c.n, c.epochs); got != c.want {
			t.Errorf("%d examples, epochs %d, own choice %d: %d passes, want %d", c.n, c.epochs, c.price.Epochs, got, c.want)
		}
	}
}

// The expected numbers were counted by hand from the rules, o200k_base with the
// help of its merges: "Where/ is/ my/ parcel/?" and "Amazon/Help".
func TestTokensAreTheModelsOwn(t *testing.T) {
	for _, c := range []struct {
		vocabulary, text, label string
		question, answer        int
	}{
		// The prompt, the text, two messages of 3 and 3 for the answer.
		{"o200k_base", "Where is my parcel?", "AmazonHelp", 17 + 5 + 9, 2 + 3},
		{Words, "Where is my parcel?", "AmazonHelp", 18 + 5, 1},
	} {
		counter, err := NewCounter(c.vocabulary)
		if err != nil {
			t.Fatal(err)
		}
		question, answer, err := counter.Example(c.text, c.label)
		if err != nil || question != c.question || answer != c.answer {
			t.Errorf("%s: %d and %d tokens, %v; want %d and %d", c.vocabulary, question, answer, err, c.question, c.answer)
		}
	}
	if _, err := NewCounter("llama"); err == nil {
		t.Error("an unknown vocabulary counts")
	}
}

// A text is counted in stretches, which must not change what is counted.
func FuzzStretchesCountAsTheWhole(f *testing.F) {
	for _, s := range []string{
		"", " ", "a", " a", "  a", "a  b", "Where is my parcel?", "I don't  know\n\n so what", ".\n/ a", "x \u00a0 y", "\u00a0 a\t b \r\n c",
		"e\u0301 a", "5 a 12345 B", "(a) [ b", "it's 's a 'S b", "Ärger über ÖBB", "日本 語 a", "🤥 💯 a", "<url> <url>\nHi Person", "\xff a \xfe", "a\x00 b",
	} {
		f.Add(s)
	}
	counters := map[string]counting{}
	for _, vocabulary := range Vocabularies() {
		counter, err := NewCounter(vocabulary)
		if err != nil {
			f.Fatal(err)
		}
		counters[vocabulary] = counter.counting()
	}
	f.Fuzz(func(t *testing.T, s string) {
		for vocabulary, c := range counters {
			whole, err := c.count(s)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // anew, and from what is known
				if got, err := c.text(s); err != nil || got != whole {
					t.Errorf("%s: %q has %d tokens in stretches (%v), and %d as a whole", vocabulary, s, got, err, whole)
				}
			}
		}
	})
}

// Real conversations are counted as the vocabulary's own program counts them.
func TestRealTextsAreCountedExactly(t *testing.T) {
	data, err := os.ReadFile("../../../shared/data/production.csv")
	if err != nil {
		t.Skip("the real tweets are not here: ", err)
	}
	lines := strings.SplitAfter(string(data), "\n")
	var examples []dataset.Example
	for from := 0; from < len(lines); from += 3 {
		examples = append(examples, dataset.Example{ID: int64(from), Text: strings.Join(lines[from:min(from+3, len(lines))], "")})
	}
	for _, vocabulary := range Vocabularies() {
		// A repetition is another example of the same conversation.
		counted, err := Count(t.Context(), vocabulary, append(examples, examples[0]))
		if err != nil {
			t.Fatal(err)
		}
		counter, err := NewCounter(vocabulary)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range examples {
			question, _, err := counter.Example(e.Text, "")
			if err != nil {
				t.Fatal(err)
			}
			if counted.questions[e.ID] != question {
				t.Fatalf("%s: conversation %d has %d tokens, counted are %d", vocabulary, e.ID, question, counted.questions[e.ID])
			}
		}
	}
}

// conversations are n examples of two classes, one three times as large.
func conversations(n int) []dataset.Example {
	examples := make([]dataset.Example, n)
	for i := range examples {
		label := "Common"
		if i%4 == 0 {
			label = "Rare"
		}
		examples[i] = dataset.Example{ID: int64(i + 1), ThreadID: int64(i + 1), Text: fmt.Sprintf("question number %d of them", i), Label: label}
	}
	return examples
}

func TestEstimateIsTokensTimesPrice(t *testing.T) {
	examples := conversations(400)
	r, err := split.Examples(examples, split.Options{MinClassSize: 2, TestShare: 0.1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	counted, err := Count(t.Context(), Words, examples)
	if err != nil {
		t.Fatal(err)
	}
	e, err := counted.Estimate(r, Price{Training: 10, Input: 1, Output: 100, BatchShare: 0.5}, 2)
	if err != nil {
		t.Fatal(err)
	}
	// Every question has the prompt's 18 words and 5 of its own; every answer 1.
	train, judged := int64(len(r.Train)), int64(len(r.Validation)+len(r.Test))
	if e.Examples != train || e.TrainingTokens != train*24*2 || e.EvaluationTokens != judged*24 {
		t.Errorf("%d examples, %d and %d tokens; want %d, %d and %d", e.Examples, e.TrainingTokens, e.EvaluationTokens, train, train*24*2, judged*24)
	}
	for what, pair := range map[string][2]float64{
		"training":             {e.Training, float64(train) * 24 * 2 * 10 / 1e6},
		"evaluation":           {e.Evaluation, float64(judged) * (23*1 + 1*100) / 1e6},
		"a thousand":           {e.Thousand, 1000 * (23*1 + 1*100) / 1e6},
		"a thousand in a file": {e.ThousandInBatches, 500 * (23*1 + 1*100) / 1e6},
		"total":                {e.Total(), e.Training + e.Evaluation},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-12 {
			t.Errorf("%s costs %v, want %v", what, pair[0], pair[1])
		}
	}
	other := r
	other.Test = append(other.Test, dataset.Example{ID: 9999, Text: "never counted", Label: "Rare"})
	if _, err := counted.Estimate(other, Price{BatchShare: 1}, 1); err == nil {
		t.Error("an example that was not counted costs nothing")
	}
}

func TestTargetSizeIsTheLargestThatFits(t *testing.T) {
	examples := conversations(600)
	counted, err := Count(t.Context(), Words, examples)
	if err != nil {
		t.Fatal(err)
	}
	price := Price{BaseModel: "m", Training: 1000, Input: 10, Output: 10, BatchShare: 1}
	o := split.Options{MinClassSize: 2, TestShare: 0.1, Seed: 3}
	costs := func(size int) float64 {
		o := o
		o.TargetSize = size
		r, err := split.Examples(examples, o)
		if err != nil {
			t.Fatal(err)
		}
		e, err := counted.Estimate(r, price, 3)
		if err != nil {
			t.Fatal(err)
		}
		return e.Total()
	}
	for _, budget := range []float64{costs(SmallestTarget), 5, 11.5, 20} {
		size, err := counted.TargetSize(examples, o, price, 3, budget)
		if err != nil {
			t.Fatal(err)
		}
		if costs(size) > budget || costs(size+1) <= budget {
			t.Errorf("budget %.4f: size %d costs %.4f, one more %.4f", budget, size, costs(size), costs(size+1))
		}
	}
	all, err := split.Examples(examples, o)
	if err != nil {
		t.Fatal(err)
	}
	most := all.Classes[0].Train + all.Classes[0].Validation
	if size, err := counted.TargetSize(examples, o, price, 3, 1e9); err != nil || size != most {
		t.Errorf("with money for everything the size is %d, %v; want that of the largest class, %d", size, err, most)
	}
	_, err = counted.TargetSize(examples, o, price, 3, 0.01)
	if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), "the budget is 0.01 dollars, but the smallest training") {
		t.Errorf("a cent buys %v", err)
	}
}

func BenchmarkCount(b *testing.B) {
	examples := conversations(2000)
	for i := range examples {
		examples[i].Text = strings.Repeat("Hi Person, sorry to hear that! Please DM us your order number <url> ^Person\n", 3)
	}
	for b.Loop() {
		if _, err := Count(b.Context(), "o200k_base", examples); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(examples)*b.N)/b.Elapsed().Seconds(), "examples/s")
}
