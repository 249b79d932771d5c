// Package split divides examples into train, validation and test so that what
// is measured on the test set can be believed.
//
// It divides by thread: all conversations of a thread share its root tweet, so
// a thread in two splits would let a model recognize what it was trained on.
// Which split a thread falls into depends on its id and the seed alone. So the
// test set of a grown dataset contains that of the smaller one, and a model
// trained last month was never trained on this month's test threads.
//
// The test set keeps the natural mix of classes. Only the rest is balanced.
package split

import (
	"cmp"
	"crypto/sha256"
	"maps"
	"slices"

	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// validationShare is the part of what is not held out for testing that
// measures instead of training.
const validationShare = 0.1

// fewest is the least number of training examples that makes sense; it is also
// what OpenAI's fine-tuning accepts.
const fewest = 10

// Options says how to divide.
type Options struct {
	// TargetSize is how many examples each class is balanced to, in train
	// and validation together; 0 takes all there is, unbalanced.
	TargetSize int `json:"target_size"`
	// MinClassSize is the fewest examples outside the test set that make a
	// class; 2 or more.
	MinClassSize int `json:"min_class_size"`
	// FoldRare gives the examples of smaller classes the label Unknown
	// instead of leaving them out.
	FoldRare bool `json:"fold_rare"`
	// TestShare is the part of threads held out, above 0 and at most 0.5.
	TestShare float64 `json:"test_share"`
	Seed      int64   `json:"seed"`
	// Turns is how much of the examples is trained on. With [pipeline.FirstTurn]
	// examples without first words are left out, and those that begin with the same
	// words are duplicates.
	Turns pipeline.Turns `json:"turns,omitempty"`
	// Corrections give conversations another label than they have. Those that
	// are trained are trained CorrectionWeight times instead of once; in the
	// test and validation sets they change what counts as right. None are
	// applied with a weight of 0.
	Corrections      map[int64]string `json:"-"`
	CorrectionWeight int              `json:"correction_weight,omitempty"`
	// Calls are examples that people gave a label beside those that are divided,
	// with ids and threads that no other example has. They are trained, as often as
	// corrections are, and are in no other split: they were chosen by what a model
	// did not know, so that whatever is measured on them is not what is to be
	// expected. One with the text of an example that is divided is that example's
	// correction. None are used with a CorrectionWeight of 0.
	Calls []dataset.Example `json:"-"`
	// called are the ids of Calls.
	called map[int64]bool
}

// Validate reports an option that makes no sense, as a problem of kind
// BadInput.
func (o Options) Validate() error {
	switch {
	case o.TargetSize < 0:
		return problem.Input("the target size is %d; it must be 1 or more, or 0 for all there is", o.TargetSize)
	case o.MinClassSize < 2:
		return problem.Input("the minimal class size is %d; it must be 2 or more", o.MinClassSize)
	case o.TestShare <= 0 || o.TestShare > 0.5:
		return problem.Input("the test share is %g; it must be above 0 and at most 0.5", o.TestShare)
	case o.CorrectionWeight < 0:
		return problem.Input("the weight of corrections is %d; it must be 0 or more", o.CorrectionWeight)
	}
	return nil
}

// Counts tells what became of the examples.
type Counts = pipeline.SplitCounts

// Class tells how one label's examples were divided.
type Class struct {
	Label      string `json:"label"`
	Train      int    `json:"train"`
	Repeated   int    `json:"repeated"`
	Validation int    `json:"validation"`
	Test       int    `json:"test"`
}

// Result is a divided dataset. The order of each split is fixed by the seed.
type Result struct {
	Train, Validation, Test []dataset.Example
	Counts                  Counts
	// Classes lists the labels in train, the largest class first.
	Classes []Class
	// Known is the sample of Test that [Growing] takes.
	Known []dataset.Example
	// Turns is as in [Options].
	Turns pipeline.Turns
}

// Examples divides the examples. The same examples and options give the same
// result, whatever the examples' order. Data that cannot train a model (one
// class, too few examples, fewer than the target size) is a problem of kind
// BadInput.
func Examples(examples []dataset.Example, o Options) (Result, error) {
	if err := o.Validate(); err != nil {
		return Result{}, err
	}
	r := Result{Turns: o.Turns}
	beside := o.adopt(examples)
	r.Counts.CallExamples = int64(len(beside))
	usable := r.usable(append(slices.Clip(r.correct(examples, o)), beside...), o.Turns)
	if o.TargetSize > len(usable) {
		return Result{}, problem.Input("the target size is %d conversations a class, but the dataset has only %d usable conversations in all; give a smaller one, or leave it out to take all there is", o.TargetSize, len(usable))
	}
	pools := make(map[string]*pool)
	for _, e := range usable {
		p := pools[e.Label]
		if p == nil {
			p = &pool{label: e.Label}
			pools[e.Label] = p
		}
		p.add(e, o)
	}
	r.fill(sortedPools(pools, o), o)
	return r, r.check(o)
}

// adopt returns the calls that are examples of their own, and makes corrections of
// the others.
func (o *Options) adopt(examples []dataset.Example) (beside []dataset.Example) {
	if o.CorrectionWeight == 0 || len(o.Calls) == 0 {
		return nil
	}
	ids := make(map[string]int64, len(examples))
	for _, e := range examples {
		if _, known := ids[e.Text]; !known {
			ids[e.Text] = e.ID
		}
	}
	corrections := maps.Clone(o.Corrections)
	if corrections == nil {
		corrections = map[int64]string{}
	}
	o.called = make(map[int64]bool, len(o.Calls))
	for _, c := range o.Calls {
		if id, same := ids[c.Text]; same && c.Text != "" {
			corrections[id] = c.Label
			continue
		}
		beside = append(beside, c)
		o.called[c.ID] = true
	}
	o.Corrections = corrections
	return beside
}

// weighs tells that an example is trained CorrectionWeight times.
func (o Options) weighs(e dataset.Example) bool {
	_, corrected := o.Corrections[e.ID]
	return o.CorrectionWeight > 0 && (corrected || o.called[e.ID])
}

// correct gives examples the labels of their corrections.
func (r *Result) correct(examples []dataset.Example, o Options) []dataset.Example {
	if o.CorrectionWeight == 0 || len(o.Corrections) == 0 {
		return examples
	}
	corrected := slices.Clone(examples)
	for i, e := range corrected {
		if label, is := o.Corrections[e.ID]; is {
			corrected[i].Label = label
			r.Counts.Corrected++
		}
	}
	r.Counts.Unmatched = int64(len(o.Corrections)) - r.Counts.Corrected
	return corrected
}

// weigh repeats the corrected among training examples.
func weigh(train []dataset.Example, o Options) (weighed []dataset.Example, repeated int) {
	weighed = train
	for _, e := range train {
		if !o.weighs(e) {
			continue
		}
		for range o.CorrectionWeight - 1 {
			weighed = append(weighed, e)
			repeated++
		}
	}
	return weighed, repeated
}

// usable drops what cannot teach anything and fixes the order.
func (r *Result) usable(examples []dataset.Example, turns pipeline.Turns) []dataset.Example {
	usable := make([]dataset.Example, 0, len(examples))
	for _, e := range examples {
		switch {
		case e.Label == dataset.Unknown:
			r.Counts.Unlabelled++
		case e.Text == "":
			r.Counts.Empty++
		case turns == pipeline.FirstTurn && e.Since(1) == "":
			r.Counts.Unopened++
		default:
			usable = append(usable, e)
		}
	}
	slices.SortFunc(usable, func(a, b dataset.Example) int { return cmp.Compare(a.ID, b.ID) })
	seen := make(map[[16]byte]bool, len(usable))
	return slices.DeleteFunc(usable, func(e dataset.Example) bool {
		text := e.Text
		if turns == pipeline.FirstTurn {
			text = e.Since(1)
		}
		sum := sha256.Sum256([]byte(text))
		key := [16]byte(sum[:16])
		if seen[key] {
			r.Counts.Duplicates++
			return true
		}
		seen[key] = true
		return false
	})
}

// pool holds one class while it is divided.
type pool struct {
	label                   string
	train, validation, test []dataset.Example
}

func (p *pool) add(e dataset.Example, o Options) {
	switch {
	case o.called[e.ID]:
		p.train = append(p.train, e)
	case draw(o.Seed, saltTest, e.ThreadID) < o.TestShare:
		p.test = append(p.test, e)
	case draw(o.Seed, saltValidation, e.ThreadID) < validationShare:
		p.validation = append(p.validation, e)
	default:
		p.train = append(p.train, e)
	}
}

func (p *pool) size() int { return len(p.train) + len(p.validation) }

// sortedPools returns the classes in the order of their labels, with rare ones
// folded together at the end if so told.
func sortedPools(pools map[string]*pool, o Options) []*pool {
	var sorted []*pool
	folded := &pool{label: dataset.Unknown}
	for _, label := range slices.Sorted(maps.Keys(pools)) {
		p := pools[label]
		if o.FoldRare && p.size() < o.MinClassSize {
			folded.train = append(folded.train, relabel(p.train)...)
			folded.validation = append(folded.validation, relabel(p.validation)...)
			folded.test = append(folded.test, relabel(p.test)...)
			continue
		}
		sorted = append(sorted, p)
	}
	if folded.size() > 0 || len(folded.test) > 0 {
		sorted = append(sorted, folded)
	}
	return sorted
}

func relabel(examples []dataset.Example) []dataset.Example {
	for i := range examples {
		examples[i].Label = dataset.Unknown
	}
	return examples
}

func (r *Result) fill(pools []*pool, o Options) {
	for _, p := range pools {
		// A test example keeps its label even if the class is too rare
		// to train on: in production such conversations come too, and
		// a model that cannot know them must be judged by them.
		r.Test = append(r.Test, p.test...)
		if p.size() < o.MinClassSize {
			r.Counts.Rare += int64(p.size())
			continue
		}
		train, validation, repeated := p.balance(o)
		r.heard(train, o)
		train, again := weigh(slices.Clip(train), o)
		repeated += again
		r.Counts.Surplus += int64(p.size() - (len(train) - repeated) - len(validation))
		r.Counts.Repeated += int64(repeated)
		r.Train = append(r.Train, train...)
		r.Validation = append(r.Validation, validation...)
		r.Classes = append(r.Classes, Class{Label: p.label, Train: len(train), Repeated: repeated, Validation: len(validation), Test: len(p.test)})
	}
	for _, s := range [][]dataset.Example{r.Train, r.Validation, r.Test} {
		shuffle(s, o.Seed)
	}
	r.Known = Growing(r.Test, o.Seed)
	r.Counts.Classes = len(r.Classes)
	r.Counts.Train, r.Counts.Validation, r.Counts.Test = int64(len(r.Train)), int64(len(r.Validation)), int64(len(r.Test))
	slices.SortStableFunc(r.Classes, func(a, b Class) int { return cmp.Compare(b.Train, a.Train) })
}

// heard counts the calls in what a class is trained on, and the class if there is
// nothing else in it. Train has no repetitions for their weight yet.
func (r *Result) heard(train []dataset.Example, o Options) {
	calls, alone := map[int64]bool{}, len(o.called) > 0
	for _, e := range train {
		if o.called[e.ID] {
			calls[e.ThreadID] = true
			continue
		}
		alone = false
	}
	r.Counts.Calls += int64(len(calls))
	if alone {
		r.Counts.ClassesOfCalls++
	}
}

// balance brings a class to the target size: down by sampling, up by
// repetition in train only, since a repeated example measures nothing new.
func (p *pool) balance(o Options) (train, validation []dataset.Example, repeated int) {
	if o.TargetSize == 0 {
		return p.train, p.validation, 0
	}
	validations := int(float64(o.TargetSize)*validationShare + 0.5)
	trains := o.TargetSize - validations
	train, validation = sample(p.train, trains, o.Seed), sample(p.validation, validations, o.Seed)
	for own := len(train); own > 0 && len(train) < trains; repeated++ {
		train = append(train, train[repeated%own])
	}
	return train, validation, repeated
}

// sample returns n examples chosen by the seed, or all if there are fewer.
func sample(examples []dataset.Example, n int, seed int64) []dataset.Example {
	if len(examples) <= n {
		return slices.Clip(examples)
	}
	shuffle(examples, seed)
	return slices.Clip(examples[:n])
}

// shuffle orders examples by a number drawn for each; repetitions of an
// example are told apart by their position.
func shuffle(examples []dataset.Example, seed int64) {
	type keyed struct {
		key float64
		e   dataset.Example
	}
	list := make([]keyed, len(examples))
	times := make(map[int64]int64, len(examples))
	for i, e := range examples {
		list[i] = keyed{draw(seed, saltOrder+times[e.ID], e.ID), e}
		times[e.ID]++
	}
	slices.SortStableFunc(list, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	for i := range list {
		examples[i] = list[i].e
	}
}

func (r *Result) check(o Options) error {
	switch {
	case len(r.Classes) == 0:
		return problem.Input("no company has %d conversations or more to train on; lower the minimal class size (--min-class-size), or give more data", o.MinClassSize)
	case len(r.Classes) == 1:
		return problem.Input("only one company has %d conversations or more, and a model cannot learn to tell one company from itself; lower the minimal class size (--min-class-size), or give data of several companies", o.MinClassSize)
	case len(r.Train) < fewest:
		return problem.Input("there are only %d training examples; fine-tuning needs %d or more, so give more data", len(r.Train), fewest)
	case len(r.Validation) == 0 || len(r.Test) == 0:
		return problem.Input("%d conversations are too few to hold some out: validation has %d and test %d; give more data", len(r.Train)+len(r.Validation)+len(r.Test), len(r.Validation), len(r.Test))
	}
	return nil
}

// Salts keep the draws for one id independent of each other.
const (
	saltTest int64 = iota + 1
	saltValidation
	saltOrder
)

// draw returns a number in [0, 1) that depends on its arguments alone. It is
// the finalizer of SplitMix64 (Steele, Lea and Flood, "Fast splittable
// pseudorandom number generators", 2014), applied to each in turn.
func draw(seed, salt, id int64) float64 {
	var h uint64
	for _, v := range [...]int64{seed, salt, id} {
		h += uint64(v) + 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return float64(h>>11) / (1 << 53)
}
