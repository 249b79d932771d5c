package classifier

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// generate writes n texts of some classes. A text is mostly words that all
// classes use; each class also has words of its own, and noise is the share
// of examples with a wrong label.
func generate(seed uint64, n, classes int, noise float64) []Example {
	random := rand.New(rand.NewPCG(seed, 1))
	examples := make([]Example, n)
	for i := range examples {
		class := random.IntN(classes)
		var text strings.Builder
		for line := range 1 + random.IntN(3) {
			if line > 0 {
				text.WriteByte('\n')
			}
			for i := range 4 + random.IntN(8) {
				if i == 0 || random.IntN(4) == 0 {
					text.WriteString(word(1000 + random.IntN(10)*classes + class))
				} else {
					text.WriteString(word(random.IntN(300)))
				}
				text.WriteByte(' ')
			}
		}
		if random.Float64() < noise {
			class = random.IntN(classes)
		}
		examples[i] = Example{Text: text.String(), Label: fmt.Sprintf("Class%02d", class)}
	}
	return examples
}

// word spells a number in letters, since the classifier takes all digits for
// the same.
func word(n int) string {
	random := rand.New(rand.NewPCG(uint64(n), 0))
	letters := make([]byte, 4+random.IntN(5))
	for i := range letters {
		letters[i] = byte('a' + random.IntN(26))
	}
	return string(letters)
}

func mustTrain(tb testing.TB, train, validation []Example, options Options) *Model {
	tb.Helper()
	model, err := Train(tb.Context(), train, validation, options)
	if err != nil {
		tb.Fatal(err)
	}
	return model
}

func save(tb testing.TB, m *Model) []byte {
	tb.Helper()
	var file bytes.Buffer
	if _, err := m.WriteTo(&file); err != nil {
		tb.Fatal(err)
	}
	return file.Bytes()
}

func TestTrainLearnsClasses(t *testing.T) {
	var epochs []Epoch
	model := mustTrain(t, generate(1, 600, 6, 0), generate(2, 100, 6, 0), Options{
		OnEpoch: func(e Epoch) { epochs = append(epochs, e) },
	})
	if got := judge(model, generate(3, 500, 6, 0)).accuracy; got < 0.95 {
		t.Errorf("accuracy on new texts is %.3f, want at least 0.95 (chance is 0.17)", got)
	}
	for i, e := range epochs {
		perEpoch := (600 + DefaultBatchSize - 1) / DefaultBatchSize
		if e.Number != i+1 || e.Of != DefaultEpochs || e.Step != (i+1)*perEpoch || e.Steps != DefaultEpochs*perEpoch {
			t.Errorf("epoch %d counts wrongly: %+v", i+1, e)
		}
	}
	first, last := epochs[0], epochs[len(epochs)-1]
	if last.TrainLoss >= first.TrainLoss || last.ValidLoss >= first.ValidLoss || last.TrainAccuracy <= first.TrainAccuracy {
		t.Errorf("training did not get better: first %+v, last %+v", first, last)
	}
}

func TestEpochsGiveTheirModels(t *testing.T) {
	train, validation := generate(1, 300, 4, 0.1), generate(2, 80, 4, 0.1)
	var files [][]byte
	final := mustTrain(t, train, validation, Options{OnEpoch: func(e Epoch) { files = append(files, save(t, e.Model())) }})
	if !slices.ContainsFunc(files, func(file []byte) bool { return bytes.Equal(file, save(t, final)) }) {
		t.Error("the model that training returns is none of its epochs'")
	}
	if undisturbed := mustTrain(t, train, validation, Options{}); !bytes.Equal(save(t, undisturbed), save(t, final)) {
		t.Error("asking for models along the way changed the result")
	}
	if bytes.Equal(files[0], files[len(files)-1]) {
		t.Error("the first epoch's model is the last one's")
	}
}

func TestTrainStopsEarly(t *testing.T) {
	// Two in five labels are wrong: there is little to learn and much to
	// learn by heart.
	train, validation := generate(1, 300, 4, 0.4), generate(2, 200, 4, 0.4)
	var epochs []Epoch
	var files [][]byte
	model := mustTrain(t, train, validation, Options{Epochs: 200, OnEpoch: func(e Epoch) {
		epochs = append(epochs, e)
		files = append(files, save(t, e.Model()))
	}})
	better, loss, accuracy := 0, math.Inf(1), math.Inf(-1)
	for i, e := range epochs {
		if e.ValidLoss < loss || e.ValidAccuracy > accuracy {
			better = i
		}
		loss, accuracy = min(loss, e.ValidLoss), max(accuracy, e.ValidAccuracy)
		if i-better == 2 && i != len(epochs)-1 {
			t.Fatalf("training went on after epoch %d, though epoch %d was the last better one", e.Number, better+1)
		}
	}
	if last := len(epochs) - 1; last == 200-1 || last-better != 2 {
		t.Fatalf("training ended after epoch %d, and epoch %d was the last better one", last+1, better+1)
	}
	var losses, accuracies []float64
	for _, e := range epochs {
		losses, accuracies = append(losses, e.ValidLoss), append(accuracies, e.ValidAccuracy)
	}
	if got := Chosen(losses, accuracies); got != better {
		t.Errorf("by its figures, epoch %d is chosen, not %d", got+1, better+1)
	}
	if !bytes.Equal(save(t, model), files[better]) {
		t.Errorf("the model is not that of epoch %d, the last that was better", better+1)
	}
}

func TestTrainWithoutValidationGoesToTheEnd(t *testing.T) {
	last := 0
	mustTrain(t, generate(1, 200, 3, 0), nil, Options{Epochs: 12, OnEpoch: func(e Epoch) { last = e.Number }})
	if last != 12 {
		t.Errorf("training without a validation set ended after epoch %d of 12", last)
	}
}

func TestRareClassesAreLearntToo(t *testing.T) {
	var train []Example
	for _, e := range generate(1, 3000, 6, 0) {
		if e.Label != "Class00" || len(train)%16 == 0 {
			train = append(train, e)
		}
	}
	model := mustTrain(t, train, nil, Options{})
	var rare []Example
	for _, e := range generate(2, 1200, 6, 0) {
		if e.Label == "Class00" {
			rare = append(rare, e)
		}
	}
	if got := judge(model, rare).accuracy; got < 0.9 {
		t.Errorf("%.3f of a class 16 times rarer than the others is found, want 0.9", got)
	}
}

func TestTrainIsDeterministic(t *testing.T) {
	train, validation := embedded(1, generate(1, 300, 5, 0.1), 5), embedded(2, generate(2, 60, 5, 0.1), 5)
	for i := range train {
		train[i].Weight = i % 11
	}
	trained := func(processors int, seed uint64) []byte {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		return save(t, mustTrain(t, train, validation, Options{Seed: seed, Epochs: 3}))
	}
	want := trained(1, 42)
	for _, processors := range []int{1, 2, 3, 8} {
		if !bytes.Equal(trained(processors, 42), want) {
			t.Errorf("on %d processors the same seed gives another model", processors)
		}
	}
	if bytes.Equal(trained(2, 43), want) {
		t.Error("another seed gives the same model: the seed is not used")
	}
}

func TestTrainRefuses(t *testing.T) {
	good := generate(1, 20, 3, 0)
	many := make([]Example, MaxClasses+1)
	for i := range many {
		many[i] = Example{Text: "text", Label: fmt.Sprint("label", i)}
	}
	for name, test := range map[string]struct {
		examples []Example
		options  Options
		want     string
	}{
		"no examples":       {nil, Options{}, "0 different labels"},
		"one class":         {[]Example{{Text: "a b", Label: "A"}, {Text: "b c", Label: "A"}}, Options{}, "1 different labels"},
		"another width":     {append([]Example{{Text: "a b", Label: "A", Embedding: []float32{1}}}, good...), Options{}, "an embedding of 1 numbers and another of 0"},
		"too wide":          {[]Example{{Text: "a b", Label: "A", Embedding: make([]float32, 4097)}, {Text: "a b", Label: "B", Embedding: make([]float32, 4097)}}, Options{}, "4097 numbers: at most 4096"},
		"a long name":       {good, Options{Encoder: strings.Repeat("x", 256)}, "name has 256 bytes"},
		"a negative weight": {append([]Example{{Text: "text", Label: "A", Weight: -1}}, good...), Options{}, "the weight -1"},
		"an empty label":    {append([]Example{{Text: "text", Label: ""}}, good...), Options{}, "empty label"},
		"too many classes":  {many, Options{}, "1001 different labels"},
		"nothing in common": {[]Example{{Text: "abc", Label: "A"}, {Text: "xyz", Label: "B"}}, Options{}, "no two examples share"},
		"negative epochs":   {good, Options{Epochs: -1}, "epochs are -1"},
		"negative batch":    {good, Options{BatchSize: -2}, "batch size is -2"},
		"negative rate":     {good, Options{LearningRateMultiplier: -0.5}, "multiplier is -0.5"},
		"rate not a number": {good, Options{LearningRateMultiplier: math.NaN()}, "multiplier is NaN"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Train(t.Context(), test.examples, nil, test.options)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestTrainStopsWhenCancelled(t *testing.T) {
	reason := errors.New("the machine is needed")
	ctx, cancel := context.WithCancelCause(t.Context())
	epochs := 0
	_, err := Train(ctx, generate(1, 200, 3, 0), nil, Options{Epochs: 1000, OnEpoch: func(e Epoch) {
		if epochs++; e.Number == 2 {
			cancel(reason)
		}
	}})
	if !errors.Is(err, reason) || epochs != 2 {
		t.Errorf("error %v after %d epochs, want %v after 2", err, epochs, reason)
	}
}

func TestValidationFigures(t *testing.T) {
	train := generate(1, 200, 3, 0)
	var last Epoch
	record := Options{OnEpoch: func(e Epoch) { last = e }}

	mustTrain(t, train, nil, record)
	if !math.IsNaN(last.ValidLoss) || !math.IsNaN(last.ValidAccuracy) {
		t.Errorf("without a validation set: %+v, want NaN", last)
	}

	validation := generate(2, 100, 3, 0)
	mustTrain(t, train, validation, record)
	known := last
	for i := range 100 {
		validation = append(validation, Example{Text: validation[i].Text, Label: "Stranger"})
	}
	mustTrain(t, train, validation, record)
	if last.ValidAccuracy != known.ValidAccuracy/2 || last.ValidLoss != known.ValidLoss {
		t.Errorf("with as many unknown labels: %+v, want half the accuracy and the same loss as %+v", last, known)
	}
}

func TestValidationCalibratesProbabilities(t *testing.T) {
	// A third of the labels are wrong in training, validation and test, and
	// training is overdone: uncalibrated, the model is far too sure.
	const noise = 0.4
	options := Options{LearningRateMultiplier: 20}
	train, test := generate(1, 1500, 6, noise), generate(3, 1500, 6, noise)
	raw := judge(mustTrain(t, train, nil, options), test)
	calibrated := judge(mustTrain(t, train, generate(2, 500, 6, noise), options), test)
	if raw.calibrationError < 0.2 {
		t.Fatalf("calibration error is %.3f without a validation set: this test needs an overconfident model", raw.calibrationError)
	}
	if calibrated.calibrationError > raw.calibrationError/2 {
		t.Errorf("calibration error is %.3f, %.3f without a validation set; want less than half",
			calibrated.calibrationError, raw.calibrationError)
	}
	if calibrated.accuracy != raw.accuracy {
		t.Errorf("accuracy changed from %.3f to %.3f by calibration", raw.accuracy, calibrated.accuracy)
	}
}

func TestPredictGivesADistribution(t *testing.T) {
	model := mustTrain(t, generate(1, 200, 5, 0), nil, Options{})
	for _, text := range []string{"", " \n\t", "☃☃☃", word(1) + " " + word(1001), "\xff\xfe broken", strings.Repeat(word(1)+" ", 100_000)} {
		scored := model.Predict(text)
		sum := 0.0
		for i, s := range scored {
			sum += s.Probability
			if i > 0 && s.Probability > scored[i-1].Probability {
				t.Errorf("%.20q: not sorted: %v", text, scored)
			}
		}
		if len(scored) != 5 || math.Abs(sum-1) > 1e-5 {
			t.Errorf("%.20q: %d classes with sum %v, want 5 with sum 1", text, len(scored), sum)
		}
	}
	if empty := model.Predict(""); empty[0].Probability != empty[4].Probability || empty[0].Label != "Class00" {
		t.Errorf("an empty text gives %v, want all alike in order of label", empty)
	}
}

func TestPredictIsConcurrent(t *testing.T) {
	model := mustTrain(t, generate(1, 200, 5, 0), nil, Options{})
	texts := generate(2, 200, 5, 0)
	want := make([]Scored, len(texts))
	for i, e := range texts {
		want[i] = model.Predict(e.Text)[0]
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i, e := range texts {
				if got := model.Predict(e.Text)[0]; got != want[i] {
					t.Errorf("text %d: %v beside others, %v alone", i, got, want[i])
				}
			}
		})
	}
	group.Wait()
}

func TestSavedModelIsTheSame(t *testing.T) {
	model := mustTrain(t, generate(1, 300, 5, 0.1), generate(2, 50, 5, 0.1), Options{})
	loaded, err := Read(bytes.NewReader(save(t, model)))
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(loaded.Labels()) != fmt.Sprint(model.Labels()) || loaded.Temperature() != model.Temperature() {
		t.Errorf("labels %v, temperature %v; want %v, %v", loaded.Labels(), loaded.Temperature(), model.Labels(), model.Temperature())
	}
	for _, e := range generate(3, 50, 5, 0) {
		if got, want := fmt.Sprint(loaded.Predict(e.Text)), fmt.Sprint(model.Predict(e.Text)); got != want {
			t.Fatalf("loaded model says %s, saved one %s", got, want)
		}
	}
}

// embedded gives each example a vector near that of its class, as an encoder
// would whose meaning of a text is its class.
func embedded(seed uint64, examples []Example, classes int) []Example {
	random := rand.New(rand.NewPCG(seed, 0))
	for i, e := range examples {
		v := make([]float32, classes)
		for k := range v {
			v[k] = 0.1 * random.Float32()
		}
		n, err := strconv.Atoi(strings.TrimPrefix(e.Label, "Class"))
		if err != nil {
			panic(err)
		}
		v[n] = 1
		examples[i].Embedding = v
	}
	return examples
}

// What n-grams do not tell, embeddings can, and a model learns from both.
func TestEmbeddingsAreLearntFrom(t *testing.T) {
	const classes = 5
	noise := func(seed uint64, n int) []Example {
		examples := generate(seed, n, classes, 0)
		for i := range examples {
			examples[i].Text = "one and the same text"
		}
		return embedded(seed, examples, classes)
	}
	model := mustTrain(t, noise(1, 300), noise(2, 100), Options{Encoder: "the encoder"})
	if model.Width() != classes || model.Encoder() != "the encoder" {
		t.Errorf("width %d, encoder %q", model.Width(), model.Encoder())
	}
	for _, e := range noise(3, 100) {
		if best := model.PredictEmbedded(e.Text, e.Embedding)[0]; best.Label != e.Label || best.Probability < 0.5 {
			t.Fatalf("%s is taken for %s at %v", e.Label, best.Label, best.Probability)
		}
		if best := model.Predict(e.Text)[0]; best.Probability > 0.5 {
			t.Fatalf("without an embedding, the same text is %s at %v", best.Label, best.Probability)
		}
	}
}

func TestSavedEmbeddedModelIsTheSame(t *testing.T) {
	model := mustTrain(t, embedded(1, generate(1, 300, 5, 0.1), 5), embedded(2, generate(2, 50, 5, 0.1), 5), Options{Encoder: "sha256:1234"})
	file := save(t, model)
	loaded, err := Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Width() != 5 || loaded.Encoder() != "sha256:1234" {
		t.Errorf("width %d, encoder %q", loaded.Width(), loaded.Encoder())
	}
	for _, e := range embedded(3, generate(3, 50, 5, 0), 5) {
		if got, want := fmt.Sprint(loaded.PredictEmbedded(e.Text, e.Embedding)), fmt.Sprint(model.PredictEmbedded(e.Text, e.Embedding)); got != want {
			t.Fatalf("loaded model says %s, saved one %s", got, want)
		}
	}
	if again := save(t, loaded); !bytes.Equal(again, file) {
		t.Error("saved again, it is another file")
	}
}

// A model that was saved before embeddings were centred takes them as they are, and
// is saved again as it was.
func TestModelsOfVersion2TakeEmbeddingsAsTheyAre(t *testing.T) {
	model := mustTrain(t, embedded(1, generate(1, 300, 5, 0.1), 5), nil, Options{Encoder: "e"})
	e := embedded(3, generate(3, 1, 5, 0), 5)[0]
	centredOnce := centred(e.Embedding, model.mean)
	want := fmt.Sprint(model.PredictEmbedded(e.Text, e.Embedding))
	model.mean = nil
	file := save(t, model)
	loaded, err := Read(bytes.NewReader(file))
	if err != nil || !bytes.HasPrefix(file, []byte(magicEmbedded)) {
		t.Fatalf("a file that begins with %q, and %v", file[:len(magic)], err)
	}
	if got := fmt.Sprint(loaded.PredictEmbedded(e.Text, centredOnce)); got != want {
		t.Errorf("it says %s of the embedding, want %s", got, want)
	}
	if again := save(t, loaded); !bytes.Equal(again, file) {
		t.Error("saved again, it is another file")
	}
}

// Encoders such as E5 put all texts close to each other: what is told apart by a
// hundredth of the length is learnt all the same.
func TestWhatEmbeddingsShareIsTakenAway(t *testing.T) {
	const classes = 5
	near := func(seed uint64, n int) []Example {
		examples := embedded(seed, generate(seed, n, classes, 0), classes)
		for i, e := range examples {
			examples[i].Text = "one and the same text"
			v := append([]float32{1}, e.Embedding...)
			for k := range e.Embedding {
				v[k+1] *= 0.01
			}
			examples[i].Embedding = v
		}
		return examples
	}
	model := mustTrain(t, near(1, 300), near(2, 100), Options{})
	for _, e := range near(3, 100) {
		if best := model.PredictEmbedded(e.Text, e.Embedding)[0]; best.Label != e.Label || best.Probability < 0.5 {
			t.Fatalf("%s is taken for %s at %v", e.Label, best.Label, best.Probability)
		}
	}
}

func TestCentred(t *testing.T) {
	for name, c := range map[string]struct{ embedding, mean, want []float32 }{
		"no mean":      {[]float32{0.6, 0.8}, nil, []float32{0.6, 0.8}},
		"no embedding": {nil, []float32{1, 0}, nil},
		"a mean":       {[]float32{0.6, 0.8}, []float32{0.6, 0.3}, []float32{0, 1}},
		"the mean":     {[]float32{0.6, 0.8}, []float32{0.6, 0.8}, []float32{0, 0}},
		"nearly it":    {[]float32{0.6, 0.8}, []float32{0.6, 0.800001}, []float32{0, 0}},
	} {
		if got := centred(c.embedding, c.mean); !slices.EqualFunc(got, c.want, func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-6 }) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// The weights of a model are rounded to bytes. That must not cost accuracy.
func TestRoundingKeepsAccuracy(t *testing.T) {
	train, validation := generate(1, 800, 8, 0.2), generate(2, 400, 8, 0.2)
	mustTrain(t, train, validation, Options{OnEpoch: func(e Epoch) {
		if got := judge(e.Model(), validation).accuracy; math.Abs(got-e.ValidAccuracy) > 0.01 {
			t.Errorf("accuracy is %.4f rounded and %.4f before, want them within 0.01", got, e.ValidAccuracy)
		}
	}})
}

func TestReadRefusesDamage(t *testing.T) {
	file := save(t, mustTrain(t, generate(1, 60, 3, 0), nil, Options{Epochs: 1}))
	damaged := map[string][]byte{
		"empty":         {},
		"other version": bytes.Replace(file, []byte(magic), []byte("SBSOFTM\x04"), 1),
		"longer":        append(bytes.Clone(file), 0),
		"no model":      []byte(strings.Repeat("tweet_id,author_id\n", 100)),
	}
	for at := 0; at < len(file); at += 1 + len(file)/50 {
		damaged[fmt.Sprintf("cut at %d", at)] = file[:at]
		flipped := bytes.Clone(file)
		flipped[at] ^= 0x10
		damaged[fmt.Sprintf("bit flipped at %d", at)] = flipped
	}
	for name, data := range damaged {
		if _, err := Read(bytes.NewReader(data)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: error is %v, want ErrCorrupt", name, err)
		}
	}
	broken := errors.New("disk gone")
	if _, err := Read(io.MultiReader(bytes.NewReader(file[:100]), failing{broken})); !errors.Is(err, broken) {
		t.Errorf("error is %v, want that of the reader", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// FuzzRead gives files with a right checksum but any content.
func FuzzRead(f *testing.F) {
	few := []Example{{Text: "aaa bbb", Label: "A"}, {Text: "bbb ccc", Label: "B"}, {Text: "aaa ccc", Label: "A"}}
	body := func() []byte {
		file := save(f, mustTrain(f, few, nil, Options{Epochs: 1}))
		return file[len(magic) : len(file)-sha256.Size]
	}
	f.Add(body())
	f.Add(body()[:20])
	for i := range few {
		few[i].Embedding = []float32{1, 0}
	}
	f.Add(body())
	f.Add([]byte("\x02\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\xf0\x3f\x01A\x01B\x01\x01"))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, version := range []string{magic, magicEmbedded, magicCentred} {
			data := append([]byte(version), body...)
			sum := sha256.Sum256(data)
			model, err := Read(bytes.NewReader(append(data, sum[:]...)))
			if err != nil {
				if !errors.Is(err, ErrCorrupt) {
					t.Errorf("error is %v, want ErrCorrupt", err)
				}
				continue
			}
			if got := model.PredictEmbedded("aaa bbb ccc", make([]float32, model.Width())); len(got) != len(model.Labels()) {
				t.Errorf("%d classes predicted of %d", len(got), len(model.Labels()))
			}
		}
	})
}

func TestExtractKeepsItsMeaning(t *testing.T) {
	// Saved models depend on every bucket. If this fails, the way texts
	// become features has changed: raise the version in magic.
	var e extractor
	digest := sha256.New()
	for _, b := range e.extract("Hi  Person, my flight BA0123 was late 😡\nSorry! Please DM us: <url> déjà vu") {
		fmt.Fprintf(digest, "%d ", b)
	}
	const want = "1b6e600d4adb5c14eb33ca26bc329dd76dd07877c305fbeb3d070193de28dd6a"
	if got := hex.EncodeToString(digest.Sum(nil)); got != want {
		t.Errorf("buckets hash to %s, want %s", got, want)
	}
}

func TestExtractIgnoresLayoutAndDigits(t *testing.T) {
	for _, same := range [][2]string{
		{"late  again", "late again"},
		{" late\tagain ", "late again"},
		{"late\r\n\n again", "late\nagain"},
		{"flight 123", "flight 987"},
		{"late again", "late\u00a0again"},
	} {
		var a, b extractor
		if fmt.Sprint(a.extract(same[0])) != fmt.Sprint(b.extract(same[1])) {
			t.Errorf("%q and %q have different features", same[0], same[1])
		}
	}
	var a, b extractor
	if fmt.Sprint(a.extract("late\nagain")) == fmt.Sprint(b.extract("late again")) {
		t.Error("a line break has no effect: n-grams join two tweets")
	}
}

func FuzzExtract(f *testing.F) {
	for _, e := range generate(1, 5, 3, 0) {
		f.Add(e.Text)
	}
	f.Add("\xf0\x9f\x98\n\n\x00 \u2028x")
	f.Fuzz(func(t *testing.T, text string) {
		var e extractor
		for _, b := range e.extract(text) {
			if b >= bucketCount {
				t.Fatalf("bucket %d of %d", b, bucketCount)
			}
		}
		once := fmt.Sprint(e.buckets)
		if again := fmt.Sprint(e.extract(text)); again != once {
			t.Errorf("the same text gives other features the second time")
		}
	})
}

func TestVocabularyNumbersBuckets(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	var kept []uint32
	for b := uint32(random.IntN(3)); b < bucketCount; b += 1 + uint32(random.IntN(400)) {
		kept = append(kept, b)
	}
	v := newVocabulary(kept)
	next := 0
	for b := range uint32(bucketCount) {
		id, ok := v.id(b)
		want := next < len(kept) && kept[next] == b
		if ok != want || ok && int(id) != next {
			t.Fatalf("bucket %d has number %d, %v; want %d, %v", b, id, ok, next, want)
		}
		if want {
			next++
		}
	}
	if fmt.Sprint(v.buckets()) != fmt.Sprint(kept) {
		t.Error("buckets are not those that were kept")
	}
}

func BenchmarkTrain(b *testing.B) {
	train := generate(1, 2000, 20, 0.1)
	for b.Loop() {
		mustTrain(b, train, nil, Options{})
	}
	b.ReportMetric(float64(2000*b.N)/b.Elapsed().Seconds(), "examples/s")
}

func BenchmarkPredict(b *testing.B) {
	model := mustTrain(b, generate(1, 2000, 20, 0.1), nil, Options{Epochs: 1})
	texts := generate(2, 100, 20, 0)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			model.Predict(texts[i%len(texts)].Text)
		}
	})
}

// quality is how well a model answers.
type quality struct {
	accuracy float64
	// calibrationError is the mean distance between confidence and accuracy
	// over ten equally wide ranges of confidence.
	calibrationError float64
}

func judge(model *Model, test []Example) (q quality) {
	right := 0
	var gap [10]float64
	for _, e := range test {
		best := model.Predict(e.Text)[0]
		bin := &gap[min(int(best.Probability*10), 9)]
		*bin += best.Probability
		if best.Label == e.Label {
			right++
			*bin--
		}
	}
	q.accuracy = float64(right) / float64(len(test))
	for _, g := range gap {
		q.calibrationError += max(g, -g) / float64(len(test))
	}
	return q
}
