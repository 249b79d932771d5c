package split

import (
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/dataset"
	"switchboard/internal/problem"
)

// examples makes n conversations a class, two to a thread, with sizes given by
// class.
func examples(sizes map[string]int) []dataset.Example {
	var list []dataset.Example
	id := int64(0)
	for _, label := range slices.Sorted(maps.Keys(sizes)) {
		for range sizes[label] {
			id++
			list = append(list, dataset.Example{ID: id, ThreadID: id - id%2, Text: fmt.Sprint("text ", id), Label: label})
		}
	}
	return list
}

var usual = Options{MinClassSize: 30, TestShare: 0.1, Seed: 1}

func with(change func(*Options)) Options {
	o := usual
	change(&o)
	return o
}

func mustSplit(t *testing.T, list []dataset.Example, o Options) Result {
	t.Helper()
	r, err := Examples(list, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNoThreadIsInTwoSplits(t *testing.T) {
	r := mustSplit(t, examples(map[string]int{"A": 500, "B": 300, "C": 90}), with(func(o *Options) { o.TargetSize = 200 }))
	where := make(map[int64]string)
	for name, s := range map[string][]dataset.Example{"train": r.Train, "validation": r.Validation, "test": r.Test} {
		for _, e := range s {
			if was, ok := where[e.ThreadID]; ok && was != name {
				t.Fatalf("thread %d is in %s and in %s", e.ThreadID, was, name)
			}
			where[e.ThreadID] = name
		}
	}
}

func TestEveryExampleIsAccountedFor(t *testing.T) {
	list := examples(map[string]int{"A": 500, "B": 300, "C": 20, dataset.Unknown: 40})
	list[3].Text = ""
	list[7].Text = list[8].Text
	for _, o := range []Options{
		usual,
		with(func(o *Options) { o.TargetSize = 100 }),
		with(func(o *Options) { o.TargetSize = 400 }),
		with(func(o *Options) { o.FoldRare = true }),
		with(func(o *Options) { o.FoldRare, o.MinClassSize = true, 100 }),
	} {
		c := mustSplit(t, slices.Clone(list), o).Counts
		sum := c.Train - c.Repeated + c.Validation + c.Test + c.Unlabelled + c.Empty + c.Duplicates + c.Rare + c.Surplus
		if sum != int64(len(list)) {
			t.Errorf("%+v: %d of %d examples are accounted for: %+v", o, sum, len(list), c)
		}
		if c.Unlabelled != 40 || c.Empty != 1 || c.Duplicates != 1 {
			t.Errorf("%+v: unlabelled %d, empty %d, duplicates %d; want 40, 1, 1", o, c.Unlabelled, c.Empty, c.Duplicates)
		}
	}
}

func TestClassesAreBalancedToTheTarget(t *testing.T) {
	r := mustSplit(t, examples(map[string]int{"Big": 900, "Small": 60}), with(func(o *Options) { o.TargetSize = 200 }))
	count := make(map[string]int)
	for _, e := range r.Train {
		count[e.Label]++
	}
	if count["Big"] != 180 || count["Small"] != 180 {
		t.Errorf("train has %v of each class, want 180", count)
	}
	seen := make(map[int64]bool)
	for _, e := range append(slices.Clone(r.Validation), r.Test...) {
		if seen[e.ID] {
			t.Errorf("conversation %d is repeated outside train", e.ID)
		}
		seen[e.ID] = true
	}
	if r.Counts.Repeated == 0 || r.Counts.Surplus == 0 {
		t.Errorf("repeated %d, surplus %d; want both above 0", r.Counts.Repeated, r.Counts.Surplus)
	}
}

func TestTestSetKeepsTheNaturalMix(t *testing.T) {
	list := examples(map[string]int{"Big": 8000, "Small": 2000, "Rare": 20})
	a := mustSplit(t, slices.Clone(list), usual)
	b := mustSplit(t, slices.Clone(list), with(func(o *Options) { o.TargetSize = 100 }))
	if !slices.EqualFunc(a.Test, b.Test, func(x, y dataset.Example) bool { return x.ID == y.ID }) {
		t.Error("balancing changed the test set")
	}
	labels := make(map[string]int)
	for _, e := range a.Test {
		labels[e.Label]++
	}
	if share := float64(labels["Big"]) / float64(labels["Big"]+labels["Small"]); share < 0.76 || share > 0.84 {
		t.Errorf("the big class has %.2f of the test set, 0.80 of the data", share)
	}
}

func TestGrowingDataKeepsTestThreads(t *testing.T) {
	list := examples(map[string]int{"A": 1000, "B": 1000})
	before := mustSplit(t, slices.Clone(list[:1500]), usual)
	after := mustSplit(t, slices.Clone(list), usual)
	test := make(map[int64]bool)
	for _, e := range after.Test {
		test[e.ID] = true
	}
	for _, e := range before.Test {
		if !test[e.ID] {
			t.Fatalf("conversation %d left the test set when the data grew", e.ID)
		}
	}
}

func TestSameSeedSameResultWhateverTheOrder(t *testing.T) {
	list := examples(map[string]int{"A": 400, "B": 300})
	shuffled := slices.Clone(list)
	rand.New(rand.NewSource(7)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	o := with(func(o *Options) { o.TargetSize = 350 })
	a, b := mustSplit(t, list, o), mustSplit(t, shuffled, o)
	o.Seed = 2
	c := mustSplit(t, slices.Clone(list), o)
	ids := func(list []dataset.Example) []int64 {
		var ids []int64
		for _, e := range list {
			ids = append(ids, e.ID)
		}
		return ids
	}
	if !slices.Equal(ids(a.Train), ids(b.Train)) || !slices.Equal(ids(a.Test), ids(b.Test)) {
		t.Error("the input's order changed the result")
	}
	if slices.Equal(ids(a.Test), ids(c.Test)) {
		t.Error("another seed gave the same test set")
	}
}

func TestRareClasses(t *testing.T) {
	list := examples(map[string]int{"A": 400, "B": 300, "Rare": 25, "Rarer": 20})
	dropped := mustSplit(t, slices.Clone(list), usual)
	if dropped.Counts.Classes != 2 || dropped.Counts.Rare == 0 {
		t.Errorf("dropping: %d classes, %d rare examples", dropped.Counts.Classes, dropped.Counts.Rare)
	}
	folded := mustSplit(t, slices.Clone(list), with(func(o *Options) { o.FoldRare = true }))
	if folded.Counts.Classes != 3 || !slices.ContainsFunc(folded.Classes, func(c Class) bool { return c.Label == dataset.Unknown }) {
		t.Errorf("folding: classes %+v", folded.Classes)
	}
	for _, e := range folded.Test {
		if strings.HasPrefix(e.Label, "Rare") {
			t.Errorf("the test set still has the label %q, which no model can answer", e.Label)
		}
	}
}

func TestUnusableDataIsRefusedWithASentence(t *testing.T) {
	for _, c := range []struct {
		name  string
		sizes map[string]int
		o     Options
		says  string
	}{
		{"nothing", nil, usual, "no company has 30 conversations"},
		{"no class large enough", map[string]int{"A": 9, "B": 9}, usual, "no company has 30 conversations"},
		{"one class", map[string]int{"A": 90, "B": 9}, usual, "only one company"},
		{"too few", map[string]int{"A": 5, "B": 5}, with(func(o *Options) { o.MinClassSize = 2 }), "too"},
		{"target larger than the data", map[string]int{"A": 90, "B": 90}, with(func(o *Options) { o.TargetSize = 181 }), "only 180 usable conversations"},
		{"negative target", map[string]int{"A": 90, "B": 90}, with(func(o *Options) { o.TargetSize = -1 }), "target size is -1"},
		{"test share", map[string]int{"A": 90, "B": 90}, with(func(o *Options) { o.TestShare = 0.9 }), "test share is 0.9"},
		{"class size", map[string]int{"A": 90, "B": 90}, with(func(o *Options) { o.MinClassSize = 1 }), "minimal class size is 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Examples(examples(c.sizes), c.o)
			if kind, _ := problem.KindOf(err); kind != problem.BadInput {
				t.Fatalf("error %v is not bad input", err)
			}
			if !strings.Contains(err.Error(), c.says) && c.says != "too" {
				t.Errorf("%q does not say %q", err, c.says)
			}
		})
	}
}

// Folded classes come from a map, whose order must not show.
func TestFoldedClassesAreRepeatedTheSameWay(t *testing.T) {
	sizes := map[string]int{"A": 400, "B": 300}
	for i := range 12 {
		sizes[fmt.Sprint("Rare", i)] = 4 + i
	}
	o := with(func(o *Options) { o.FoldRare, o.TargetSize = true, 380 })
	first := mustSplit(t, examples(sizes), o)
	for range 20 {
		again := mustSplit(t, examples(sizes), o)
		if !slices.EqualFunc(first.Train, again.Train, func(a, b dataset.Example) bool { return a.ID == b.ID }) {
			t.Fatal("the same input and seed gave another training set")
		}
	}
}

// Corrections change labels everywhere, weigh in training alone, and never bring
// a held-out thread into training.
func TestCorrections(t *testing.T) {
	var examples []dataset.Example
	for i := range int64(400) {
		examples = append(examples, dataset.Example{ID: i, ThreadID: i, Text: fmt.Sprint("text ", i), Label: []string{"A", "B"}[i%2]})
	}
	o := Options{MinClassSize: 10, TestShare: 0.2, Seed: 1}
	before, err := Examples(examples, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Corrections, o.CorrectionWeight = map[int64]string{}, 3
	for i := range int64(100) {
		o.Corrections[i] = "C"
	}
	after, err := Examples(examples, o)
	if err != nil {
		t.Fatal(err)
	}
	ids := func(list []dataset.Example) map[int64]int {
		n := map[int64]int{}
		for _, e := range list {
			n[e.ID]++
			if want, is := o.Corrections[e.ID]; is && e.Label != want {
				t.Errorf("conversation %d has the label %s, corrected to %s", e.ID, e.Label, want)
			}
		}
		return n
	}
	train, validation, test := ids(after.Train), ids(after.Validation), ids(after.Test)
	for id, n := range train {
		want := 1
		if id < 100 {
			want = 3
		}
		if n != want {
			t.Errorf("conversation %d is trained %d times, want %d", id, n, want)
		}
	}
	for _, e := range before.Test {
		if test[e.ID] != 1 || train[e.ID]+validation[e.ID] > 0 {
			t.Errorf("conversation %d left the test set", e.ID)
		}
	}
	c := after.Counts
	if c.Corrected != 100 || c.Train-c.Repeated+c.Validation+c.Test != 400 || len(after.Classes) != 3 {
		t.Errorf("counts %+v", c)
	}
	o.CorrectionWeight = 0
	if none, err := Examples(examples, o); err != nil || none.Counts != before.Counts {
		t.Errorf("with a weight of 0 the counts are %+v, %v", none.Counts, err)
	}
}

// callsOf are n examples that people gave a label.
func callsOf(label string, n int) (list []dataset.Example) {
	for i := range n {
		id := -int64(1)<<62 - int64(len(label)*1000+i)
		list = append(list, dataset.Example{ID: id, ThreadID: id, Text: fmt.Sprint("call of ", label, i), Label: label})
	}
	return list
}

func TestCallsAreTrainedAndMeasureNothing(t *testing.T) {
	list := examples(map[string]int{"A": 500, "B": 300})
	o := with(func(o *Options) {
		o.CorrectionWeight, o.Calls = 3, slices.Concat(callsOf("A", 4), callsOf("New", 30), callsOf("Rare", 29))
	})
	before, r := mustSplit(t, slices.Clone(list), usual), mustSplit(t, slices.Clone(list), o)
	if !slices.EqualFunc(before.Validation, r.Validation, same) || !slices.EqualFunc(before.Test, r.Test, same) {
		t.Error("calls changed what is measured on")
	}
	if c := r.Counts; c.Calls != 34 || c.CallExamples != 63 || c.ClassesOfCalls != 1 || c.Rare != 29 || c.Train != before.Counts.Train+3*34 || c.Repeated != 2*34 {
		t.Errorf("counted %+v", c)
	}
	times := map[string]int{}
	for _, e := range r.Train {
		times[e.Label] += 0
		if e.ID < 0 {
			times[e.Label]++
		}
	}
	if !maps.Equal(times, map[string]int{"A": 12, "B": 0, "New": 90}) {
		t.Errorf("trained on calls: %v", times)
	}
	o.CorrectionWeight = 0
	if none := mustSplit(t, slices.Clone(list), o); none.Counts != before.Counts {
		t.Errorf("without a weight: %+v", none.Counts)
	}
}

func same(a, b dataset.Example) bool { return a.ID == b.ID && a.Label == b.Label }

// A conversation of a file may be looked at as a call, and be in the dataset as well.
func TestCallWithTheTextOfAnExampleCorrectsIt(t *testing.T) {
	list := examples(map[string]int{"A": 500, "B": 300})
	before := mustSplit(t, slices.Clone(list), usual)
	call := callsOf("B", 1)
	call[0].Text = before.Test[0].Text
	call[0].Label = "C"
	r := mustSplit(t, slices.Clone(list), with(func(o *Options) { o.CorrectionWeight, o.Calls = 3, call }))
	if r.Test[0].ID != before.Test[0].ID || r.Test[0].Label != "C" || r.Counts.Calls != 0 || r.Counts.Corrected != 1 || r.Counts.CallExamples != 0 {
		t.Errorf("the test set's first is %+v; counted %+v", r.Test[0], r.Counts)
	}
}

func TestCallsAreAccountedFor(t *testing.T) {
	list := examples(map[string]int{"A": 500, "B": 300, dataset.Unknown: 10})
	calls := slices.Concat(callsOf("A", 40), callsOf("Few", 3), callsOf(dataset.Unknown, 5))
	calls[0].Text, calls[2].Text, calls[3].Text = "", calls[1].Text, list[0].Text
	for _, o := range []Options{usual, with(func(o *Options) { o.TargetSize = 100 }), with(func(o *Options) { o.FoldRare = true })} {
		o.CorrectionWeight, o.Calls = 2, calls
		c := mustSplit(t, slices.Clone(list), o).Counts
		sum := c.Train - c.Repeated + c.Validation + c.Test + c.Unlabelled + c.Empty + c.Duplicates + c.Rare + c.Surplus
		if sum != int64(len(list))+c.CallExamples || c.CallExamples != 47 {
			t.Errorf("%+v: %d are accounted for of %d and the calls of %+v", o.TargetSize, sum, len(list), c)
		}
	}
}
