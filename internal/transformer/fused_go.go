//go:build !ORT && !ALL

package transformer

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/knights-analytics/hugot/backends"

	"switchboard/internal/transformer/dilated"
)

// fused returns a network that runs a model of tools/ner faster than the backend,
// which has loaded it; nil for any other model.
func fused(d Directory, loaded *backends.Model) (*dilated.Network, error) {
	var config struct {
		Type      string `json:"model_type"`
		Dilations []int  `json:"dilations"`
	}
	if err := json.Unmarshal(d.Config, &config); err != nil {
		return nil, fmt.Errorf("its config.json cannot be read: %w", err)
	}
	if config.Type != "switchboard-dilated" {
		return nil, nil
	}
	words, matrices, err := constants(loaded.GoMLXModel)
	if err != nil {
		return nil, err
	}
	w, err := dilatedWeights(words, matrices, config.Dilations)
	if err != nil {
		return nil, err
	}
	return dilated.New(w)
}

// matrix is a constant of an ONNX file; one that is a list of numbers has a single
// row.
type matrix struct {
	columns int
	values  []float32
}

// constants returns the numbers that the backend has read from the ONNX file, in
// their order there: those of eight bits, and those that are fractions.
func constants(loaded *backends.GoMLXModel) (words []int8, matrices []matrix, err error) {
	for v := range loaded.Store.IterVariables() {
		t, err := v.Value()
		if err != nil {
			return nil, nil, fmt.Errorf("its weights cannot be read: %w", err)
		}
		err = t.ConstFlatData(func(flat any) {
			switch values := flat.(type) {
			case []int8:
				words = append(words, values...)
			case []float32:
				matrices = append(matrices, matrix{columns: v.Shape().Dim(-1), values: slices.Clone(values)})
			}
		})
		if err != nil {
			return nil, nil, fmt.Errorf("its weights cannot be read: %w", err)
		}
	}
	return words, matrices, nil
}

// dilatedWeights tells what the constants are, which tools/ner/student.py writes in
// this order: the words' scales, the types, weights and bias of each layer, and
// those of the head.
func dilatedWeights(words []int8, matrices []matrix, dilations []int) (dilated.Weights, error) {
	if len(matrices) != 2*len(dilations)+4 {
		return dilated.Weights{}, fmt.Errorf("config.json names %d dilations, and the .onnx file has %d constants instead of %d", len(dilations), len(matrices), 2*len(dilations)+4)
	}
	head := matrices[len(matrices)-2:]
	w := dilated.Weights{
		Width: matrices[1].columns,
		Words: words, Scales: matrices[0].values, Types: matrices[1].values,
		Head: head[0].values, Bias: head[1].values,
	}
	for i, d := range dilations {
		l := matrices[2+2*i:]
		w.Layers = append(w.Layers, dilated.Layer{Dilation: d, Weights: l[0].values, Bias: l[1].values})
	}
	return w, nil
}
