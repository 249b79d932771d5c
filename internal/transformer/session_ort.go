//go:build ORT || ALL

package transformer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/knights-analytics/hugot"
	"github.com/knights-analytics/hugot/backends"
	"github.com/knights-analytics/hugot/pipelines"

	"switchboard/internal/transformer/dilated"
)

// advice is for a model that the backend cannot run.
const advice = ""

// onnxRuntime is ONNX Runtime while at least one model is open.
type onnxRuntime struct {
	sync.Mutex
	hugot  *hugot.Session
	open   int // models
	opened int // models so far
}

// ort is the one that a process can have.
var ort onnxRuntime

// session runs a model in ONNX Runtime.
type session struct {
	pipeline string
}

// newSession loads the model of a directory. It outlives the context. Of hugot's
// kinds of pipeline, this is the one that has no opinion on what comes out.
func newSession(ctx context.Context, d Directory) (_ session, _ *backends.BasePipeline, err error) {
	ort.Lock()
	defer ort.Unlock()
	if ort.hugot == nil {
		if ort.hugot, err = hugot.NewORTSession(context.WithoutCancel(ctx)); err != nil {
			return session{}, nil, fmt.Errorf("opening ONNX Runtime: %w", err)
		}
	}
	ort.opened++
	s := session{"transformer-" + strconv.Itoa(ort.opened)}
	// It changes the working directory to the model's, and stays there if the
	// model is not one.
	wd, err := os.Getwd()
	if err != nil {
		return session{}, nil, errors.Join(err, ort.release())
	}
	defer func() { err = errors.Join(err, os.Chdir(wd)) }()
	p, err := hugot.NewPipeline(ort.hugot, hugot.FeatureExtractionConfig{ModelPath: d.Path, Name: s.pipeline, OnnxFilename: filepath.Base(d.onnx)})
	if err != nil {
		return session{}, nil, errors.Join(err, ort.release())
	}
	ort.open++
	return s, p.BasePipeline, nil
}

// close frees the model, and ONNX Runtime with the last one.
func (s session) close() error {
	ort.Lock()
	defer ort.Unlock()
	ort.open--
	return errors.Join(hugot.ClosePipeline[*pipelines.FeatureExtractionPipeline](ort.hugot, s.pipeline), ort.release())
}

func (o *onnxRuntime) release() (err error) {
	if o.open == 0 {
		err, o.hugot = o.hugot.Destroy(), nil
	}
	return err
}

// fused returns nil: what ONNX Runtime has loaded, it runs.
func fused(Directory, *backends.Model) (*dilated.Network, error) { return nil, nil }
