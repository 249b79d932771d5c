// Package dilated runs the network that tools/ner makes: embeddings of word pieces,
// layers of dilated convolutions with ReLU that add to what they read, and a layer
// of scores.
//
// A layer is one pass over the tokens. Neighbours are read where they stand, so
// nothing is moved or joined; bias, ReLU and the sum are taken while the products
// are at hand; texts stand one behind the other with zeros in between, so none is
// padded; and whatever the lengths, there is nothing to compile. Products are made
// with AVX-512 or AVX2, if the processor has them.
//
//	network, err := dilated.New(weights)
//	scores, err := network.Run(ids, types)
package dilated

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Weights are a network's numbers. Matrices are row by row.
type Weights struct {
	// Width is how many numbers stand for a token within the network.
	Width int
	// Words has Width numbers for each token of the vocabulary, which its entry
	// of Scales multiplies.
	Words  []int8
	Scales []float32
	// Types has Width numbers for each token type.
	Types []float32
	// Layers are passed one after the other.
	Layers []Layer
	// Head makes scores of a token: Width rows, and a column for each label.
	// Bias has a number for each label.
	Head, Bias []float32
}

// Layer is a convolution over a token and the two neighbours at a distance.
type Layer struct {
	// Dilation is the distance of the neighbours, in tokens, from 1 up.
	Dilation int
	// Weights has three times Width rows, of the token before, the token and the
	// token behind, and Width columns.
	Weights []float32
	// Bias has Width numbers.
	Bias []float32
}

// farthest is the largest distance of a neighbour. So many zeros stand between
// texts.
const farthest = 64

// Validate returns an error for numbers that make no network.
func (w Weights) Validate() error {
	width, labels := w.Width, len(w.Bias)
	switch {
	case width < 1 || labels < 1 || len(w.Layers) == 0 || len(w.Scales) == 0 || len(w.Types) == 0:
		return errors.New("the network has no width, layers, tokens, types or labels")
	case len(w.Words) != len(w.Scales)*width:
		return fmt.Errorf("the network has %d numbers for its %d tokens, expected %d for each", len(w.Words), len(w.Scales), width)
	case len(w.Types)%width != 0:
		return fmt.Errorf("the network has %d numbers for its token types, which are no multiple of %d", len(w.Types), width)
	case len(w.Head) != width*labels:
		return fmt.Errorf("the network has %d weights for its %d labels, expected %d for each", len(w.Head), labels, width)
	}
	for i, l := range w.Layers {
		switch {
		case l.Dilation < 1 || l.Dilation > farthest:
			return fmt.Errorf("layer %d of the network has the dilation %d, expected 1 to %d", i+1, l.Dilation, farthest)
		case len(l.Weights) != 3*width*width || len(l.Bias) != width:
			return fmt.Errorf("layer %d of the network has %d weights and %d biases, expected %d and %d", i+1, len(l.Weights), len(l.Bias), 3*width*width, width)
		}
	}
	return nil
}

// Network is a network that runs. It may be used from several goroutines.
type Network struct {
	weights Weights
	kernel  kernel
	layers  [][]panel
	head    []panel
	gap     int // zeros between texts, in tokens
	scratch sync.Pool
}

// panel is a part of a matrix: as many columns as the kernel takes at once, row by
// row, with zeros behind the last.
type panel struct {
	from, to int // columns of the matrix
	weights  []float32
	bias     []float32
}

// New prepares a network, or returns an error of [Weights.Validate]. The weights
// must not be changed any more.
func New(w Weights) (*Network, error) { return newNetwork(w, kernels()[0]) }

func newNetwork(w Weights, k kernel) (*Network, error) {
	if err := w.Validate(); err != nil {
		return nil, err
	}
	w.Layers = slices.Clone(w.Layers)
	n := &Network{weights: w, kernel: k, head: panels(w.Head, w.Bias, k.columns)}
	for i, l := range w.Layers {
		n.layers = append(n.layers, panels(l.Weights, l.Bias, k.columns))
		n.gap = max(n.gap, l.Dilation)
		w.Layers[i].Weights = nil // the panels have them
	}
	n.scratch.New = func() any { return &scratch{c: make([]float32, k.rows*k.columns)} }
	return n, nil
}

// panels cuts a matrix whose columns have a bias each.
func panels(weights, bias []float32, columns int) []panel {
	all, rows := len(bias), len(weights)/len(bias)
	var cut []panel
	for from := 0; from < all; from += columns {
		p := panel{from: from, to: min(from+columns, all), weights: make([]float32, rows*columns), bias: make([]float32, columns)}
		copy(p.bias, bias[p.from:p.to])
		for r := range rows {
			copy(p.weights[r*columns:], weights[r*all+p.from:r*all+p.to])
		}
		cut = append(cut, p)
	}
	return cut
}

// scratch is what a run needs beside the weights.
type scratch struct {
	x, y []float32 // numbers of all tokens, before a layer and behind it
	at   []int     // where in x each token's begin, up to a multiple of the kernel's rows
	c    []float32 // what the kernel adds to
}

// Types returns how many token types there are.
func (n *Network) Types() int { return len(n.weights.Types) / n.weights.Width }

// Run returns scores by text, token and label, of texts whose tokens and token
// types are given. What comes out for a text does not depend on the others. An
// error names a token or a type that the network does not have.
func (n *Network) Run(ids, types [][]uint32) ([][][]float32, error) {
	s := n.scratch.Get().(*scratch)
	defer n.scratch.Put(s)
	tokens, err := n.embed(s, ids, types)
	if err != nil || tokens == 0 {
		return make([][][]float32, len(ids)), err
	}
	for i, l := range n.weights.Layers {
		n.layer(s, n.layers[i], l.Dilation*n.weights.Width)
		s.x, s.y = s.y, s.x
	}
	return split(n.scores(s, tokens), ids, len(n.weights.Bias)), nil
}

// embed writes what stands for the tokens, with zeros around each text, and returns
// how many tokens there are.
func (n *Network) embed(s *scratch, ids, types [][]uint32) (tokens int, err error) {
	for _, text := range ids {
		tokens += len(text)
	}
	width := n.weights.Width
	size := (tokens + n.gap*(len(ids)+1)) * width
	s.x, s.y, s.at = zeros(s.x, size), zeros(s.y, size), s.at[:0]
	next := n.gap * width
	for i, text := range ids {
		for j, id := range text {
			if err := n.token(s.x[next:next+width], id, types[i][j]); err != nil {
				return 0, err
			}
			s.at = append(s.at, next)
			next += width
		}
		next += n.gap * width
	}
	for len(s.at)%n.kernel.rows != 0 { // the last token over again
		s.at = append(s.at, s.at[len(s.at)-1])
	}
	return tokens, nil
}

// token writes what stands for one token.
func (n *Network) token(x []float32, id, kind uint32) error {
	w := n.weights
	if int(id) >= len(w.Scales) || int(kind) >= n.Types() {
		return fmt.Errorf("the network has %d tokens and %d types of them, and none with the numbers %d and %d", len(w.Scales), n.Types(), id, kind)
	}
	words, types := w.Words[int(id)*w.Width:][:len(x)], w.Types[int(kind)*w.Width:][:len(x)]
	scale := w.Scales[id]
	for i := range x {
		x[i] = float32(words[i])*scale + types[i]
	}
	return nil
}

// zeros returns so many zeros, in the place of the given numbers if there is room.
func zeros(x []float32, size int) []float32 {
	if cap(x) < size {
		return make([]float32, size)
	}
	x = x[:size]
	clear(x)
	return x
}

// layer reads x and writes y. Neighbours stand so many numbers away.
func (n *Network) layer(s *scratch, panels []panel, distance int) {
	width, rows, columns := n.weights.Width, n.kernel.rows, n.kernel.columns
	for _, p := range panels {
		before, here, behind := p.weights[:width*columns], p.weights[width*columns:2*width*columns], p.weights[2*width*columns:]
		for from := 0; from < len(s.at); from += rows {
			at := s.at[from : from+rows]
			for r := range rows {
				copy(s.c[r*columns:], p.bias)
			}
			n.kernel.multiply(s.c, s.x, at, -distance, before)
			n.kernel.multiply(s.c, s.x, at, 0, here)
			n.kernel.multiply(s.c, s.x, at, distance, behind)
			for r, a := range at {
				n.kernel.add(s.y[a+p.from:a+p.to], s.x[a+p.from:a+p.to], s.c[r*columns:])
			}
		}
	}
}

// scores returns the scores of all tokens, one behind the other.
func (n *Network) scores(s *scratch, tokens int) []float32 {
	rows, columns, labels := n.kernel.rows, n.kernel.columns, len(n.weights.Bias)
	out := make([]float32, tokens*labels)
	for _, p := range n.head {
		for from := 0; from < len(s.at); from += rows {
			for r := range rows {
				copy(s.c[r*columns:], p.bias)
			}
			n.kernel.multiply(s.c, s.x, s.at[from:from+rows], 0, p.weights)
			for r := range min(rows, tokens-from) {
				copy(out[(from+r)*labels+p.from:], s.c[r*columns:][:p.to-p.from])
			}
		}
	}
	return out
}

// split cuts scores into texts and tokens.
func split(scores []float32, ids [][]uint32, labels int) [][][]float32 {
	texts := make([][][]float32, len(ids))
	for i, text := range ids {
		texts[i] = make([][]float32, len(text))
		for j := range text {
			texts[i][j], scores = scores[:labels:labels], scores[labels:]
		}
	}
	return texts
}
