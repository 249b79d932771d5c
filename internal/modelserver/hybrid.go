package modelserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"switchboard/internal/classifier"
	"switchboard/internal/config"
	"switchboard/internal/encoder"
)

// HybridModel is the base model that learns from sentence embeddings as well as
// from n-grams. There is one where the server has an encoder.
const HybridModel = config.HybridBaseModel

// isBase tells whether a model is one of those that can be fine-tuned.
func (s *Server) isBase(model string) bool { return slices.Contains(s.baseModels(), model) }

// baseModels returns what can be fine-tuned.
func (s *Server) baseModels() []string {
	bases := []string{BaseModel}
	if s.options.Encoder != nil {
		bases = append(bases, HybridModel)
	}
	for _, b := range s.options.LanguageModels.Bases() {
		bases = append(bases, b.Name)
	}
	return bases
}

// encode gives the examples of a hybrid's job their embeddings. It takes far
// longer than the training itself, so that the job tells every tenth of the way.
func (s *Server) encode(ctx context.Context, id string, train, validation []classifier.Example) error {
	all := make([]*classifier.Example, 0, len(train)+len(validation))
	for _, examples := range [][]classifier.Example{train, validation} {
		for i := range examples {
			all = append(all, &examples[i])
		}
	}
	texts := make([]string, len(all))
	for i, e := range all {
		texts[i] = e.Text
	}
	start, tenth := time.Now(), 0
	vectors, err := s.options.Encoder.Encode(ctx, texts, func(done int) {
		if now := 10 * done / len(texts); now > tenth {
			tenth = now
			s.recordEncoding(id, done, len(texts), start)
		}
	})
	if err != nil && ctx.Err() == nil {
		return encodingError{err}
	}
	if err != nil {
		return err
	}
	for i, e := range all {
		e.Embedding = vectors[i]
	}
	return nil
}

// encodingError is a failure of the encoder, which no change of the files mends.
type encodingError struct{ error }

func (s *Server) recordEncoding(id string, done, of int, start time.Time) {
	err := s.advance(id, func(j *job) {
		left := time.Since(start) * time.Duration(of-done) / time.Duration(done)
		j.EstimatedFinish = time.Now().Add(left).UnixNano()
		j.inform("Encoded %d of %d texts", done, of)
	})
	// The job goes on without the event.
	if err != nil && !errors.Is(err, errUnchanged) {
		s.log.Error("recording the encoding failed", "job", id, "error", err)
	}
}

// noEncoder fails a hybrid's job on a server that was started again without an
// encoder.
var noEncoder = jobError{Code: "encoder_missing", Message: "The job starts from " + HybridModel + ", which needs a sentence encoder, and the server was started again without one: start it with -encoder and create the job again."}

// linear is a classifier with the encoder that the server has, nil if it has none.
type linear struct {
	*classifier.Model
	encoder *encoder.Encoder
}

func (l linear) answer(ctx context.Context, text string) ([]classifier.Scored, error) {
	embedding, err := l.embedding(ctx, text)
	if err != nil {
		return nil, err
	}
	return l.PredictEmbedded(text, embedding), nil
}

func (l linear) explain(ctx context.Context, text string) ([]classifier.Scored, classifier.Explanation, error) {
	embedding, err := l.embedding(ctx, text)
	if err != nil {
		return nil, classifier.Explanation{}, err
	}
	return l.PredictEmbedded(text, embedding), l.Explain(text, embedding), nil
}

// embedding is what a model wants to know of a text beside its words, nil for one
// that knows the words alone.
func (l linear) embedding(ctx context.Context, text string) ([]float32, error) {
	if l.Width() == 0 {
		return nil, nil
	}
	switch {
	case l.encoder == nil:
		return nil, wrongEncoder(l.Model, "without an encoder")
	case l.encoder.Name() != l.Encoder():
		return nil, wrongEncoder(l.Model, "with the encoder "+shortName(l.encoder.Name()))
	}
	vectors, err := l.encoder.Encode(ctx, []string{text}, nil)
	if err != nil {
		return nil, fmt.Errorf("encoding a text: %w", err)
	}
	return vectors[0], nil
}

// wrongEncoder is an answer that asks to come back: nothing is wrong with the
// request, and it can be answered once the server has been started as it was.
func wrongEncoder(model *classifier.Model, runs string) *apiError {
	return &apiError{
		status: http.StatusServiceUnavailable, Type: typeServer, Code: optional("encoder_missing"),
		Message: fmt.Sprintf("The model was trained with the sentence encoder %s, and the server runs %s: start it with -encoder and the directory of that one.",
			shortName(model.Encoder()), runs),
	}
}

// shortName is enough of an encoder's hash to know it by, with what stands behind
// the hash.
func shortName(name string) string {
	hash, pooling, _ := strings.Cut(name, " ")
	return strings.TrimSpace(hash[:min(len(hash), 12)] + " " + pooling)
}
