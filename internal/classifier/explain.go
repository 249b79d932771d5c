package classifier

import (
	"cmp"
	"math"
	"slices"
)

// Feature is a word of a text and what it says for one class against another.
type Feature struct {
	// Text is the word as the model reads it: with every digit a 0.
	Text string
	// Weight is how much the word adds to the logarithm of the odds of the one
	// class against the other; below 0 it speaks for the other.
	Weight float64
}

// Explanation says why a model prefers one class to another for a text.
type Explanation struct {
	// Label is preferred to Rival by the sum of all weights: the logarithm of
	// the odds.
	Label, Rival string
	// Features are the words with a weight, each once, those with the greatest
	// influence first. A word answers for its own n-grams and for its share of
	// those that it is a part of.
	Features []Feature
	// Embedding is the weight of the text's embedding, 0 for a model without.
	Embedding float64
}

// Explain tells what in a text speaks for its likeliest class and what for the one
// after it. The embedding is as in [Model.PredictEmbedded]. A model of one class
// has nothing to prefer, which gives the zero value.
func (m *Model) Explain(text string, embedding []float32) Explanation {
	scored := m.PredictEmbedded(text, embedding)
	if len(scored) < 2 {
		return Explanation{}
	}
	x := Explanation{Label: scored[0].Label, Rival: scored[1].Label}
	label, rival := slices.Index(m.labels, x.Label), slices.Index(m.labels, x.Rival)
	for i, value := range centred(embedding, m.mean) {
		x.Embedding += m.odds(m.vocabulary.size+i, label, rival) * float64(embeddingScale*value) / m.temperature
	}
	x.Features = m.words(text, label, rival)
	return x
}

// odds is the weight of a feature for one class less that for another.
func (m *Model) odds(feature, label, rival int) float64 {
	row := m.weights[feature*len(m.labels):][:len(m.labels)]
	return float64(m.scales[feature]) * float64(int(row[label])-int(row[rival]))
}

// words shares what the n-grams of a text say among the words they lie in.
func (m *Model) words(text string, label, rival int) []Feature {
	e := extractor{spans: []span{}}
	buckets := e.extract(text)
	occurrences := map[uint32]int{}
	for _, b := range buckets {
		if id, kept := m.vocabulary.id(b); kept {
			occurrences[id]++
		}
	}
	var square float64
	for id, n := range occurrences {
		value := float64(termWeights[min(n, math.MaxUint8)] * m.idf[id])
		square += value * value
	}
	tokens, of := tokenize(e.runes)
	weights := make([]float64, len(tokens))
	for i, b := range buckets {
		id, kept := m.vocabulary.id(b)
		if !kept {
			continue
		}
		value := float64(termWeights[min(occurrences[id], math.MaxUint8)] * m.idf[id])
		part := m.odds(int(id), label, rival) * value / float64(occurrences[id]) / math.Sqrt(square) / m.temperature
		share(weights, of[e.spans[i].start:e.spans[i].end], part)
	}
	return collect(tokens, weights)
}

// noWord is the word of a blank.
const noWord = -1

// tokenize returns the words of a text that was normalized, as [extractor.words]
// has them, and for each of its characters the number of the word it is in.
func tokenize(runes []rune) (tokens []string, of []int) {
	of = make([]int, len(runes))
	for i := 0; i < len(runes); {
		if runes[i] == ' ' || runes[i] == '\n' {
			of[i] = noWord
			i++
			continue
		}
		end := i + 1
		for isWord(runes[i]) && end < len(runes) && isWord(runes[end]) {
			end++
		}
		for j := i; j < end; j++ {
			of[j] = len(tokens)
		}
		tokens = append(tokens, string(runes[i:end]))
		i = end
	}
	return tokens, of
}

// share divides a weight among words by how many characters of the n-gram each has.
func share(weights []float64, of []int, weight float64) {
	n := 0
	for _, word := range of {
		if word != noWord {
			n++
		}
	}
	for _, word := range of {
		if word != noWord {
			weights[word] += weight / float64(n)
		}
	}
}

// collect adds up the weights of equal words and sorts them, the most influential
// first.
func collect(tokens []string, weights []float64) []Feature {
	sums := map[string]float64{}
	for i, token := range tokens {
		sums[token] += weights[i]
	}
	var features []Feature
	for text, weight := range sums {
		if weight != 0 {
			features = append(features, Feature{text, weight})
		}
	}
	slices.SortFunc(features, func(a, b Feature) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight)), cmp.Compare(a.Text, b.Text))
	})
	return features
}
