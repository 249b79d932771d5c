package dilated

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// random makes a network whose numbers are about as large as a trained one's.
func random(r *rand.Rand, width, tokens, types, labels int, dilations ...int) Weights {
	numbers := func(n int, scale float64) []float32 {
		all := make([]float32, n)
		for i := range all {
			all[i] = float32(r.NormFloat64() * scale)
		}
		return all
	}
	w := Weights{
		Width: width, Words: make([]int8, tokens*width), Scales: numbers(tokens, 0.01), Types: numbers(types*width, 0.1),
		Head: numbers(width*labels, 0.2), Bias: numbers(labels, 0.5),
	}
	for i := range w.Words {
		w.Words[i] = int8(r.IntN(255) - 127)
	}
	for _, d := range dilations {
		w.Layers = append(w.Layers, Layer{Dilation: d, Weights: numbers(3*width*width, 1/math.Sqrt(float64(3*width))), Bias: numbers(width, 0.1)})
	}
	return w
}

// byDefinition computes the scores of one text as tools/ner/model.py says it.
func byDefinition(w Weights, ids, types []uint32) [][]float64 {
	x := make([][]float64, len(ids))
	for t := range ids {
		x[t] = make([]float64, w.Width)
		for i := range w.Width {
			x[t][i] = float64(w.Words[int(ids[t])*w.Width+i])*float64(w.Scales[ids[t]]) + float64(w.Types[int(types[t])*w.Width+i])
		}
	}
	for _, l := range w.Layers {
		y := make([][]float64, len(x))
		for t := range x {
			y[t] = make([]float64, w.Width)
			for j := range w.Width {
				sum := float64(l.Bias[j])
				for tap, at := range []int{t - l.Dilation, t, t + l.Dilation} {
					for i := range w.Width {
						if 0 <= at && at < len(x) {
							sum += x[at][i] * float64(l.Weights[(tap*w.Width+i)*w.Width+j])
						}
					}
				}
				y[t][j] = x[t][j] + max(sum, 0)
			}
		}
		x = y
	}
	scores := make([][]float64, len(x))
	for t := range x {
		scores[t] = make([]float64, len(w.Bias))
		for j := range w.Bias {
			scores[t][j] = float64(w.Bias[j])
			for i := range w.Width {
				scores[t][j] += x[t][i] * float64(w.Head[i*len(w.Bias)+j])
			}
		}
	}
	return scores
}

// texts makes texts of these lengths.
func texts(r *rand.Rand, w Weights, lengths ...int) (ids, types [][]uint32) {
	for _, n := range lengths {
		id, kind := make([]uint32, n), make([]uint32, n)
		for i := range n {
			id[i], kind[i] = uint32(r.IntN(len(w.Scales))), uint32(r.IntN(len(w.Types)/w.Width))
		}
		ids, types = append(ids, id), append(types, kind)
	}
	return ids, types
}

// Every way to multiply gives the scores that the network is defined by, whatever
// the width, the distances and the lengths of texts that run together.
func TestRun(t *testing.T) {
	for _, c := range []struct {
		width, labels int
		dilations     []int
		lengths       []int
	}{
		{192, 3, []int{1, 2, 4, 8, 1}, []int{30, 1, 7, 128, 2, 16, 17}},
		{64, 3, []int{1, 2, 4, 1}, []int{5}},
		{48, 2, []int{1, 3}, []int{6, 6, 6}},
		{17, 5, []int{64}, []int{3, 100, 64}},
		{8, 1, []int{2}, []int{1}},
		{100, 70, []int{1}, []int{0, 9, 0}},
	} {
		r := rand.New(rand.NewPCG(1, uint64(c.width)))
		w := random(r, c.width, 50, 4, c.labels, c.dilations...)
		ids, types := texts(r, w, c.lengths...)
		want := make([][][]float64, len(ids))
		for i := range ids {
			want[i] = byDefinition(w, ids[i], types[i])
		}
		for _, k := range kernels() {
			t.Run(fmt.Sprint(k.name, " ", c.width), func(t *testing.T) {
				n, err := newNetwork(w, k)
				if err != nil {
					t.Fatal(err)
				}
				for range 2 { // the second time among the numbers of the first
					got, err := n.Run(ids, types)
					if err != nil {
						t.Fatal(err)
					}
					for i := range ids {
						compare(t, got[i], want[i])
					}
				}
			})
		}
	}
}

func compare(t *testing.T, got [][]float32, want [][]float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("scores of %d tokens, want %d", len(got), len(want))
		return
	}
	for i := range want {
		for j, x := range want[i] {
			if d := math.Abs(float64(got[i][j]) - x); !(d <= 1e-4*(1+math.Abs(x))) {
				t.Errorf("token %d, label %d: %v, want %v", i, j, got[i][j], x)
				return
			}
		}
	}
}

// A text has the same scores to the last bit, alone or among others.
func TestTextsDoNotMeet(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	w := random(r, 96, 50, 4, 3, 1, 8, 2)
	ids, types := texts(r, w, 9, 1, 40, 3, 77)
	for _, k := range kernels() {
		n, err := newNetwork(w, k)
		if err != nil {
			t.Fatal(err)
		}
		together, err := n.Run(ids, types)
		if err != nil {
			t.Fatal(err)
		}
		for i := range ids {
			alone, err := n.Run(ids[i:i+1], types[i:i+1])
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(alone[0], together[i], slices.Equal) {
				t.Errorf("%s: text %d has other scores among others", k.name, i)
			}
		}
	}
}

func TestRunConcurrently(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	w := random(r, 64, 50, 4, 3, 1, 4)
	n, err := New(w)
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	for i := range 8 {
		ids, types := texts(r, w, 1+i, 30-i)
		want := [][][]float64{byDefinition(w, ids[0], types[0]), byDefinition(w, ids[1], types[1])}
		running.Go(func() {
			for range 5 {
				got, err := n.Run(ids, types)
				if err != nil {
					t.Error(err)
					return
				}
				compare(t, got[0], want[0])
				compare(t, got[1], want[1])
			}
		})
	}
	running.Wait()
}

func TestRunRefuses(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	n, err := New(random(r, 16, 10, 2, 3, 1))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ id, kind uint32 }{"token": {10, 0}, "type": {0, 2}} {
		if _, err := n.Run([][]uint32{{1, c.id}}, [][]uint32{{1, c.kind}}); err == nil {
			t.Errorf("an unknown %s was taken", name)
		}
	}
	if got, err := n.Run(nil, nil); err != nil || len(got) != 0 {
		t.Errorf("no texts: %v, %v", got, err)
	}
}

func TestValidate(t *testing.T) {
	for want, change := range map[string]func(*Weights){
		"no width":             func(w *Weights) { w.Width = 0 },
		"no width, layers":     func(w *Weights) { w.Layers = nil },
		"for its 10 tokens":    func(w *Weights) { w.Words = w.Words[1:] },
		"token types":          func(w *Weights) { w.Types = w.Types[1:] },
		"for its 3 labels":     func(w *Weights) { w.Head = w.Head[1:] },
		"has the dilation 0":   func(w *Weights) { w.Layers[0].Dilation = 0 },
		"has the dilation 65":  func(w *Weights) { w.Layers[0].Dilation = 65 },
		"layer 1 of the netwo": func(w *Weights) { w.Layers[0].Bias = nil },
		"767 weights":          func(w *Weights) { w.Layers[0].Weights = w.Layers[0].Weights[1:] },
	} {
		w := random(rand.New(rand.NewPCG(4, 4)), 16, 10, 2, 3, 1)
		change(&w)
		if _, err := New(w); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("err = %v, want it to say %q", err, want)
		}
	}
}

// BenchmarkRun runs batches as the shipped model has them, on one core.
func BenchmarkRun(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 5))
	w := random(r, 192, 30522, 36, 3, 1, 2, 4, 8, 1)
	ids, types := texts(r, w, slices.Repeat([]int{30}, 32)...)
	for _, k := range kernels() {
		b.Run(k.name, func(b *testing.B) {
			n, err := newNetwork(w, k)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := n.Run(ids, types); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*32*30*2*(5*3*192*192+192*3)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
