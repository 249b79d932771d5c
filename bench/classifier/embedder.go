package main

import (
	"context"

	"switchboard/internal/classifier"
	"switchboard/internal/encoder"
)

// embedder gives examples their embeddings; one without an encoder gives none.
type embedder struct{ encoder *encoder.Encoder }

// openEmbedder loads the encoder of a directory, unless that is empty.
func openEmbedder(ctx context.Context, dir string) (*embedder, error) {
	if dir == "" {
		return &embedder{}, nil
	}
	e, err := encoder.Load(ctx, dir)
	return &embedder{e}, err
}

func (e *embedder) name() string {
	if e.encoder == nil {
		return ""
	}
	return e.encoder.Name()
}

func (e *embedder) embed(ctx context.Context, lists ...[]classifier.Example) error {
	if e.encoder == nil {
		return nil
	}
	for _, list := range lists {
		texts := make([]string, len(list))
		for i, example := range list {
			texts[i] = example.Text
		}
		vectors, err := e.encoder.Encode(ctx, texts, nil)
		if err != nil {
			return err
		}
		for i := range list {
			list[i].Embedding = vectors[i]
		}
	}
	return nil
}

func (e *embedder) close() {
	if e.encoder != nil {
		_ = e.encoder.Close()
	}
}
