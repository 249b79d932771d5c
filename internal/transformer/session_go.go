//go:build !ORT && !ALL

package transformer

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/knights-analytics/hugot"
	"github.com/knights-analytics/hugot/backends"
	"github.com/knights-analytics/hugot/options"
)

// advice is for a model that the backend cannot run.
const advice = " in Go, where not all operators are known; a build with the tag ORT knows all, and models exported with transformers 4 keep to those known"

// session runs a model in Go.
type session struct {
	hugot *hugot.Session
}

// newSession loads the model of a directory. It outlives the context. Of hugot's
// kinds of pipeline, this is the one that has no opinion on what comes out.
func newSession(ctx context.Context, d Directory) (session, *backends.BasePipeline, error) {
	buckets := append(slices.DeleteFunc(slices.Clone(tokenBuckets), func(n int) bool { return n >= d.MaxTokens }), d.MaxTokens)
	h, err := hugot.NewGoSession(context.WithoutCancel(ctx),
		options.WithGoMLXBatchBuckets(rowBuckets), options.WithGoMLXSequenceBuckets(buckets))
	if err != nil {
		return session{}, nil, fmt.Errorf("opening the backend: %w", err)
	}
	p, err := hugot.NewPipeline(h, hugot.FeatureExtractionConfig{ModelPath: d.Path, Name: "transformer", OnnxFilename: filepath.Base(d.onnx)})
	if err != nil {
		return session{}, nil, errors.Join(err, h.Destroy())
	}
	// It has read the tokenizer too, and a vocabulary takes memory.
	p.Model.Tokenizer.GoTokenizer = nil
	return session{h}, p.BasePipeline, nil
}

func (s session) close() error { return s.hugot.Destroy() }
