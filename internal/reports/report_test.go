package reports

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"switchboard/internal/dataset"
)

// drawn decodes a picture and keeps it for a person's eye where
// SWITCHBOARD_PICTURES names a directory.
func drawn(t *testing.T, name string, data []byte) *image.RGBA {
	t.Helper()
	if dir := os.Getenv("SWITCHBOARD_PICTURES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("the picture %s is not a PNG: %v", name, err)
	}
	rgba := image.NewRGBA(picture.Bounds())
	draw.Draw(rgba, rgba.Bounds(), picture, picture.Bounds().Min, draw.Src)
	return rgba
}

// inkOf counts the pixels of exactly one colour.
func inkOf(picture *image.RGBA, want color.RGBA) int {
	n := 0
	for i := 0; i < len(picture.Pix); i += 4 {
		if p := picture.Pix[i : i+3]; p[0] == want.R && p[1] == want.G && p[2] == want.B {
			n++
		}
	}
	return n
}

// borderIsWhite tells whether nothing was cut off at the edges.
func borderIsWhite(picture *image.RGBA) bool {
	white := color.RGBA{R: 0xFF, G: 0xFF, B: 0xFF, A: 0xFF}
	b := picture.Bounds()
	for x := b.Min.X; x < b.Max.X; x++ {
		if picture.RGBAAt(x, b.Min.Y) != white || picture.RGBAAt(x, b.Max.Y-1) != white {
			return false
		}
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		if picture.RGBAAt(b.Min.X, y) != white || picture.RGBAAt(b.Max.X-1, y) != white {
			return false
		}
	}
	return true
}

// training imitates a run: losses fall with noise, validation is measured at
// every tenth step.
func training(n int) []Step {
	steps := make([]Step, n)
	for i := range steps {
		x := float64(i) / float64(n)
		noise := 0.08 * math.Sin(float64(i)*12.9898)
		steps[i] = Step{
			Step:          i + 1,
			TrainLoss:     3.4*math.Exp(-4*x) + 0.25 + noise,
			TrainAccuracy: 0.95 - 0.9*math.Exp(-5*x) + noise/3,
			ValidLoss:     math.NaN(),
			ValidAccuracy: math.NaN(),
		}
		if i%10 == 9 {
			steps[i].ValidLoss = 3.4*math.Exp(-4*x) + 0.45
			steps[i].ValidAccuracy = 0.91 - 0.9*math.Exp(-5*x)
		}
	}
	return steps
}

func TestCurves(t *testing.T) {
	nan := math.NaN()
	tests := []struct {
		name              string
		steps             []Step
		training, holdOut bool // which curves must be seen
	}{
		{"hundred steps", training(100), true, true},
		{"ten thousand steps", training(10_000), true, true},
		{"one step", []Step{{1, 2.5, 1.5, 0.4, 0.5}}, true, true},
		{"two equal steps", []Step{{7, 1, 1, 1, 1}, {7, 1, 1, 1, 1}}, true, true},
		{"all zero", []Step{{0, 0, 0, 0, 0}, {1, 0, 0, 0, 0}}, true, true},
		{"no validation", []Step{{1, 2, nan, 0.1, nan}, {2, 1, nan, 0.3, nan}}, true, false},
		{"only validation", []Step{{1, nan, 2, nan, 0.3}}, false, true},
		{"nothing measured", []Step{{1, nan, nan, nan, nan}}, false, false},
		{"overflowed loss", []Step{{1, math.Inf(1), 2, 0.5, 0.5}, {2, 1e300, 2, 0.5, 0.5}}, true, true},
		{"no steps", nil, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var first, again bytes.Buffer
			if err := Curves(&first, tt.steps, ChoiceOf(tt.steps, "switchboard-softmax-1", 0)); err != nil {
				t.Fatal(err)
			}
			if err := Curves(&again, tt.steps, ChoiceOf(tt.steps, "switchboard-softmax-1", 0)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first.Bytes(), again.Bytes()) {
				t.Error("the same steps gave two different pictures")
			}
			picture := drawn(t, "curves-"+strings.ReplaceAll(tt.name, " ", "-"), first.Bytes())
			if got, want := picture.Bounds().Size(), (image.Point{X: 1440, Y: 580}); got != want {
				t.Errorf("size %v, want %v", got, want)
			}
			if got := inkOf(picture, blue) > 0; got != tt.training {
				t.Errorf("training curve drawn: %v, want %v", got, tt.training)
			}
			if got := inkOf(picture, vermillion) > 0; got != tt.holdOut {
				t.Errorf("validation curve drawn: %v, want %v", got, tt.holdOut)
			}
			if inkOf(picture, ink) == 0 && inkOf(picture, muted) == 0 {
				t.Error("no words in the picture")
			}
			if !borderIsWhite(picture) {
				t.Error("something is cut off at the border")
			}
		})
	}
}

func TestCurvesIgnoreTheOrderOfSteps(t *testing.T) {
	steps := training(50)
	backwards := make([]Step, len(steps))
	for i, s := range steps {
		backwards[len(steps)-1-i] = s
	}
	var a, b bytes.Buffer
	if err := errors.Join(Curves(&a, steps, ChoiceOf(steps, "gpt", 0)), Curves(&b, backwards, ChoiceOf(backwards, "gpt", 0))); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the picture depends on the order of the steps")
	}
	if backwards[0].Step != 50 {
		t.Error("the caller's steps were reordered")
	}
}

// The model server stops when neither figure gets better, and keeps the last epoch
// that was better in one of them; of a language model it says which one it kept.
// Others give the last model.
func TestChoiceOf(t *testing.T) {
	nan := math.NaN()
	epochs := []Step{{40, 1, 1, 0.9, 0.7}, {10, 3, 2, 0.5, 0.5}, {20, 2, 1.5, 0.7, 0.6}, {30, 1, 1.4, 0.8, 0.72}, {50, 1, 1.6, 0.9, 0.71}}
	for name, c := range map[string]struct {
		steps     []Step
		baseModel string
		best      int
		want      Choice
	}{
		"the best of an early stop": {epochs, "switchboard-softmax-1", 0, Choice{40, "epoch 4 of 5 used"}},
		"by accuracy alone":         {append(epochs[:0:0], epochs[1], epochs[2], Step{60, 1, 1.7, 0.9, 0.9}, Step{70, 1, 1.8, 0.9, 0.8}), "switchboard-hybrid-1", 0, Choice{60, "epoch 3 of 4 used"}},
		"no validation":             {[]Step{{10, 3, nan, 0.5, nan}, {20, 2, nan, 0.6, nan}}, "switchboard-softmax-1", 0, Choice{20, "epoch 2 of 2 used"}},
		"another provider":          {epochs, "gpt-4o-mini", 0, Choice{50, "last step used"}},
		"a language model":          {epochs, "smollm2-135m", 30, Choice{30, "epoch 3 of 5 used"}},
		"a step that is not there":  {epochs, "smollm2-135m", 31, Choice{50, "last step used"}},
		"nothing measured":          {nil, "switchboard-softmax-1", 0, Choice{}},
	} {
		if got := ChoiceOf(c.steps, c.baseModel, c.best); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// The mark is seen, and changes nothing where no step is chosen.
func TestChosenStepIsMarked(t *testing.T) {
	var plain, marked bytes.Buffer
	steps := training(100)
	if err := errors.Join(Curves(&plain, steps, Choice{}), Curves(&marked, steps, Choice{60, "epoch 6 of 10 used"})); err != nil {
		t.Fatal(err)
	}
	without, with := inkOf(drawn(t, "curves-plain", plain.Bytes()), ink), inkOf(drawn(t, "curves-marked", marked.Bytes()), ink)
	if with < without+500 {
		t.Errorf("the mark adds %d pixels of ink", with-without)
	}
}

// many is a chart of n companies with the spread of real data: few large,
// many small.
func many(n int) map[string]int {
	counts := map[string]int{dataset.Unknown: 900}
	for i := range n {
		counts[fmt.Sprintf("Company%03dHelp", i)] = 20_000 / (i + 1)
	}
	return counts
}

func TestCompanies(t *testing.T) {
	long := map[string]int{
		"The_Extraordinarily_Long_Handle_Of_A_Company_Support_EU": 120,
		"The_Extraordinarily_Long_Handle_Of_A_Company_Support_US": 80,
		"O2": 7, "Żółw_Pomoc": 3, "Nobody": 0,
	}
	tests := []struct {
		name           string
		chart          CompaniesChart
		rows           int
		known, unknown bool // which colours must be seen
	}{
		{"one", CompaniesChart{Counts: map[string]int{"AcmeHelp": 42}}, 1, true, false},
		{"only unknown", CompaniesChart{Counts: map[string]int{dataset.Unknown: 3}}, 1, false, true},
		{"forty", CompaniesChart{Counts: many(40)}, 41, true, true},
		{"hundred and ten", CompaniesChart{Counts: many(110)}, 42, true, true},
		{"mostly unknown", CompaniesChart{Counts: map[string]int{"AcmeHelp": 42, "BoltCare": 21, dataset.Unknown: 4_000}}, 3, true, true},
		{"named and dated", CompaniesChart{
			Counts: many(12), Failed: 300, Model: "ft:switchboard-softmax-1:switchboard:sb-edd691dde1a7:WA7J7LU5DB", At: time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC),
		}, 14, true, true},
		{"long handles", CompaniesChart{Counts: long}, 5, true, false},
		{"nothing counted", CompaniesChart{Counts: map[string]int{"AcmeHelp": 0}}, 1, false, false},
		{"no companies", CompaniesChart{}, 0, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var first bytes.Buffer
			if err := Companies(&first, tt.chart); err != nil {
				t.Fatal(err)
			}
			// Maps are walked in a different order each time.
			var again bytes.Buffer
			if err := Companies(&again, tt.chart); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first.Bytes(), again.Bytes()) {
				t.Error("the same counts gave two different pictures")
			}
			picture := drawn(t, "companies-"+strings.ReplaceAll(tt.name, " ", "-"), first.Bytes())
			want := image.Point{X: 1440, Y: 208 + 30*max(tt.rows, 4)}
			if got := picture.Bounds().Size(); got != want {
				t.Errorf("size %v, want %v", got, want)
			}
			if got := inkOf(picture, blue) > 100; got != tt.known {
				t.Errorf("bars of companies drawn: %v, want %v", got, tt.known)
			}
			if got := inkOf(picture, silver) > 100; got != tt.unknown {
				t.Errorf("bar of Unknown drawn: %v, want %v", got, tt.unknown)
			}
			if !borderIsWhite(picture) {
				t.Error("something is cut off at the border")
			}
		})
	}
}

func TestCompaniesRefuseNegativeCounts(t *testing.T) {
	var b bytes.Buffer
	if err := Companies(&b, CompaniesChart{Counts: map[string]int{"AcmeHelp": -1}}); err == nil || b.Len() > 0 {
		t.Errorf("got error %v and %d bytes, want an error and no picture", err, b.Len())
	}
}

func TestRank(t *testing.T) {
	bars, total, err := rank(CompaniesChart{Counts: map[string]int{"b": 2, "a": 2, dataset.Unknown: 50, "c": 9, "d": 0}, Failed: 7})
	if err != nil {
		t.Fatal(err)
	}
	want := []chartRow{
		{name: "c", count: 9, company: true}, {name: "a", count: 2, company: true}, {name: "b", count: 2, company: true}, {name: "d", company: true},
		{name: dataset.Unknown, count: 50}, {name: "no answer", count: 7, unshared: true},
	}
	if !reflect.DeepEqual(bars, want) || total != 63 {
		t.Errorf("rank = %v, %d; want %v, 63", bars, total, want)
	}
}

// Thousands of companies must not make a picture that no memory holds.
func TestRankBoundsTheRows(t *testing.T) {
	counts := CompaniesChart{Counts: many(3000)}
	bars, total, err := rank(counts)
	if err != nil {
		t.Fatal(err)
	}
	if len(bars) != mostRows+2 {
		t.Fatalf("%d rows, want %d", len(bars), mostRows+2)
	}
	if got := bars[mostRows]; got.name != "2,960 others" || got.company {
		t.Errorf("the row after the largest is %+v, want the rest", got)
	}
	sum := 0
	for _, b := range bars {
		sum += b.count
	}
	if sum != total {
		t.Errorf("the rows add up to %d, want all %d conversations", sum, total)
	}
}

func TestSubtitle(t *testing.T) {
	for _, tt := range []struct {
		counts map[string]int
		want   string
	}{
		{map[string]int{"a": 1}, "1 conversation, 1 company"},
		{map[string]int{"a": 1_500, "b": 500}, "2,000 conversations, 2 companies"},
		{map[string]int{"a": 3, dataset.Unknown: 1}, "4 conversations, 1 company, 25.0% Unknown"},
		{map[string]int{dataset.Unknown: 0}, "0 conversations, 0 companies"},
	} {
		chart := CompaniesChart{Counts: tt.counts}
		_, total, err := rank(chart)
		if err != nil {
			t.Fatal(err)
		}
		if got := subtitle(chart, total); got != tt.want {
			t.Errorf("subtitle(%v) = %q, want %q", tt.counts, got, tt.want)
		}
	}
}

// Unknown, or what has no row of its own, is cut where it would leave the
// companies' bars no room.
func TestLongestIsThatOfACompany(t *testing.T) {
	for _, c := range []struct {
		rows []chartRow
		want int
	}{
		{[]chartRow{{name: "a", count: 5, company: true}, {name: "b", count: 2, company: true}, {name: dataset.Unknown, count: 900}}, 5},
		{[]chartRow{{name: dataset.Unknown, count: 900}}, 900},
		{[]chartRow{{name: "a", company: true}, {name: dataset.Unknown, count: 9}}, 9},
		{[]chartRow{{name: "a", company: true}}, 1},
	} {
		if got := longest(c.rows); got != c.want {
			t.Errorf("the axis of %v ends at %d, want %d", c.rows, got, c.want)
		}
	}
}

func TestManyTicks(t *testing.T) {
	for high, want := range map[float64]string{
		1.18: "0 1", 3: "0 1 2 3", 12: "0 1 2 3 4 5 6 7 8 9 10 11 12", 118: "0 10 20 30 40 50 60 70 80 90 100 110", 1600: "0 200 400 600 800 1,000 1,200 1,400 1,600", 59_000: "0 5,000 10,000 15,000 20,000 25,000 30,000 35,000 40,000 45,000 50,000 55,000",
	} {
		var labels []string
		for _, tick := range (manyTicks{}).Ticks(0, high) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != want {
			t.Errorf("the ticks up to %g are %s, want %s", high, got, want)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1234567: "1,234,567", -12: "-12", -123456: "-123,456"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "",
		"ShortHandle":                   "ShortHandle",
		strings.Repeat("ż", 28):         strings.Repeat("ż", 28),
		strings.Repeat("a", 40) + "End": strings.Repeat("a", 19) + "…aaaaaEnd",
	} {
		if got := shorten(in); got != want {
			t.Errorf("shorten(%q) = %q, want %q", in, got, want)
		}
	}
}

// A picture that cannot be written is an error, not a short file.
func TestWriteErrorsAreReported(t *testing.T) {
	if err := Curves(brokenPipe{}, training(3), Choice{}); !errors.Is(err, errBroken) {
		t.Errorf("Curves = %v, want the writer's error", err)
	}
	if err := Companies(brokenPipe{}, CompaniesChart{Counts: many(3)}); !errors.Is(err, errBroken) {
		t.Errorf("Companies = %v, want the writer's error", err)
	}
}

var errBroken = errors.New("broken pipe")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errBroken }
