package inference

import (
	"switchboard/internal/dataset"
)

// writer saves chunks, one at a time, beside the asking.
type writer struct {
	chunks chan []dataset.Prediction
	saved  chan error
	busy   bool // a chunk is being saved
}

func startWriter(next int, save func(int, []dataset.Prediction) error) *writer {
	w := &writer{chunks: make(chan []dataset.Prediction), saved: make(chan error)}
	go func() {
		for chunk := range w.chunks {
			w.saved <- save(next, chunk)
			next++
		}
	}()
	return w
}

// offer returns the channel to hand a chunk over on, nil if there is nothing to
// hand over or the writer is busy.
func (w *writer) offer(unsaved []dataset.Prediction, due bool) (chan<- []dataset.Prediction, []dataset.Prediction) {
	if !due || len(unsaved) == 0 || w.busy {
		return nil, nil
	}
	return w.chunks, unsaved
}

func (w *writer) stop() { close(w.chunks) }
