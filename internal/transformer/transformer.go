// Package transformer runs a transformer model of Hugging Face through hugot, in
// its pure Go backend: no shared library, no cgo, no network. A build with the tag
// ORT runs it in ONNX Runtime instead, which is a shared library. Models of tools/ner
// are no transformers, and package dilated runs what hugot has loaded of them.
//
// A model is a directory with one ONNX file, tokenizer.json and config.json. What
// comes out is a vector for each token; packages ner and encoder make names and
// sentence embeddings of them.
//
//	d, err := transformer.Inspect("/models/all-MiniLM-L6-v2")
//	model, err := transformer.Open(ctx, d)
//	folded, _ := transformer.Fold(text)
//	input, err := model.Tokenize(folded)
//	vectors, err := model.Run([]transformer.Input{input})
//
// Text is folded to ASCII first, which package subword cuts into the model's
// tokens (see [Fold]); models for many languages, whose tokenizers it follows on
// all characters, read it as it is (see [Model.Unicode]). Texts of one batch should be of like length, for padding
// costs as much as text; the backend compiles its program anew for each shape, so
// that batches are padded to few of them.
package transformer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"

	"github.com/knights-analytics/hugot/backends"

	"switchboard/internal/problem"
	"switchboard/internal/transformer/dilated"
	"switchboard/internal/transformer/subword"
)

// Shapes of the backend's programs: a batch is padded to the next number of
// rows and the next number of tokens.
var (
	rowBuckets   = []int{1, 4, 16, MaxRows}
	tokenBuckets = []int{16, 24, 32, 48, 64, 96, LongestText}
)

// MaxRows is the most rows of a batch.
const MaxRows = 32

// Input is a folded text in tokens.
type Input = backends.TokenizedInput

// Model is a loaded model. It may be used from several goroutines.
type Model struct {
	session   session
	pipeline  *backends.BasePipeline
	network   *dilated.Network // runs the model instead of the backend, unless nil
	tokenizer *subword.Tokenizer
	width     int
}

// Open loads the model of a directory. Whatever is wrong with it is a
// [problem.Error] that says what. A model that opens may still fail on its first
// text, when the backend meets an operator that it does not know: try one, and
// wrap the error with [Untried].
//
// The context bounds the loading alone.
func Open(ctx context.Context, d Directory) (*Model, error) {
	m, err := open(ctx, d)
	if err != nil {
		return nil, problem.Input("the model in %s cannot be used: %w", d.Path, err)
	}
	return m, nil
}

// open makes the backend's session.
func open(ctx context.Context, d Directory) (m *Model, err error) {
	defer recoverTo(&err)
	m = new(Model)
	if m.tokenizer, err = d.readTokenizer(); err != nil {
		return nil, err
	}
	// The session outlives the loading, and a context that ends under the
	// backend's hands would take the tensors from it.
	if m.session, m.pipeline, err = newSession(ctx, d); err != nil {
		return nil, err
	}
	if m.width, err = width(m.pipeline.Model); err == nil {
		err = m.fuse(d)
	}
	if err != nil {
		return nil, errors.Join(err, m.session.close())
	}
	return m, nil
}

// fuse has a model of tools/ner run by package dilated, if both compute the same
// of a text.
func (m *Model) fuse(d Directory) error {
	network, err := fused(d, m.pipeline.Model)
	if err != nil || network == nil {
		return err
	}
	if !compared {
		m.network = network
		return nil
	}
	// As many tokens as the network looks away, of many types.
	input, err := m.Tokenize("We are happy to have you on board, Naomi! Please send us your e-mail address and we will look into it at once. -JB")
	if err != nil {
		return err
	}
	for i := range input.TypeIDs {
		input.TypeIDs[i] = uint32(i % network.Types())
	}
	rows := []Input{Cut(input, d.MaxTokens)}
	want, err := m.runBackend(rows)
	if err != nil {
		return err
	}
	m.network = network
	got, err := m.runNetwork(rows)
	if err != nil {
		return err
	}
	if !alike(got[0], want[0]) {
		return errors.New("by config.json it is a switchboard-dilated, and its .onnx file computes something else; export it anew with tools/ner, or give it another model_type")
	}
	return nil
}

// alike tells whether vectors of tokens are the same but for rounding. Of those that
// are wanted there may be more, which are padding.
func alike(got, want [][]float32) bool {
	for i, vector := range got {
		if i >= len(want) || len(want[i]) != len(vector) {
			return false
		}
		for j, x := range vector {
			y := want[i][j]
			if math.IsNaN(float64(x)) || math.Abs(float64(x-y)) > tolerance*(1+math.Abs(float64(y))) {
				return false
			}
		}
	}
	return true
}

// tolerance is how far two ways to add up the same numbers may be apart.
const tolerance = 1e-3

// width returns how many numbers the model puts out for a token, and an error if
// the backend cannot feed it.
func width(loaded *backends.Model) (int, error) {
	masked := false
	for _, in := range loaded.InputsMeta {
		switch in.Name {
		case "input_ids", "token_type_ids":
		case "attention_mask":
			masked = true
		default:
			// The backend would count positions from one.
			return 0, fmt.Errorf("it has an input %s, and can have input_ids, attention_mask and token_type_ids alone; export it without", in.Name)
		}
	}
	if !masked {
		return 0, errors.New("it has no input attention_mask, without which padding would be read as text")
	}
	if len(loaded.OutputsMeta) == 0 || len(loaded.OutputsMeta[0].Dimensions) != 3 {
		return 0, errors.New("its first output is no vector for each text and token")
	}
	return int(loaded.OutputsMeta[0].Dimensions[2]), nil
}

// Untried says that a directory's model loads, but fails on the first text.
func Untried(dir string, err error) error {
	return problem.Input("the model in %s was loaded, but fails on a text%s: %w", dir, advice, err)
}

// Close frees the model, which must not be used any more.
func (m *Model) Close() error { return m.session.close() }

// Width returns how many numbers come out for a token; less than 1 if the ONNX
// file does not say.
func (m *Model) Width() int { return m.width }

// Batches returns how many batches are worth running at once: as many as there are
// cores, or one, where the backend takes all cores for a batch.
func (m *Model) Batches() int {
	if m.network == nil {
		return 1
	}
	return runtime.GOMAXPROCS(0)
}

// Run shows a batch of 1 to [MaxRows] texts to the model. It returns a vector by
// row and token, where there may be more tokens than the row has: those are
// padding. A panic in the backend is made an error.
func (m *Model) Run(rows []Input) (vectors [][][]float32, err error) {
	defer recoverTo(&err)
	if m.network != nil {
		return m.runNetwork(rows)
	}
	return m.runBackend(rows)
}

func (m *Model) runNetwork(rows []Input) ([][][]float32, error) {
	ids, types := make([][]uint32, len(rows)), make([][]uint32, len(rows))
	for i, row := range rows {
		ids[i], types[i] = row.TokenIDs, row.TypeIDs
	}
	vectors, err := m.network.Run(ids, types)
	if err != nil {
		return nil, fmt.Errorf("running the model: %w", err)
	}
	return vectors, nil
}

func (m *Model) runBackend(rows []Input) (vectors [][][]float32, err error) {
	batch := backends.NewBatch(len(rows))
	defer func() { err = errors.Join(err, batch.Destroy()) }()
	for _, row := range rows {
		batch.Input = append(batch.Input, row)
		batch.MaxSequenceLength = max(batch.MaxSequenceLength, len(row.TokenIDs))
	}
	if err := backends.CreateInputTensors(batch, m.pipeline.Model, m.pipeline.Runtime); err != nil {
		return nil, fmt.Errorf("preparing a batch: %w", err)
	}
	// A batch takes a second at most; the caller's context is looked at
	// between batches, for the backend goes on working on the tensors of a
	// batch whose context has ended.
	if err := backends.RunSessionOnBatch(context.Background(), batch, m.pipeline); err != nil {
		return nil, fmt.Errorf("running the model: %w", err)
	}
	vectors, ok := batch.OutputValues[0].([][][]float32)
	if !ok || len(vectors) < len(rows) {
		return nil, fmt.Errorf("running the model: it put out %T instead of a vector by text and token", batch.OutputValues[0])
	}
	return vectors, nil
}

// recoverTo turns a panic into an error. Only the runtime's own words are kept,
// for other panics may quote the text.
func recoverTo(err *error) {
	if p := recover(); p != nil {
		if e, ok := p.(runtime.Error); ok {
			*err = fmt.Errorf("the backend panicked: %w", e)
			return
		}
		*err = errors.New("the backend panicked")
	}
}
