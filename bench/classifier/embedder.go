package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"switchboard/internal/classifier"
	"switchboard/internal/encoder"
)

// embedder gives examples their embeddings; one without an encoder gives none.
type embedder struct {
	encoder *encoder.Encoder
	// known are vectors of texts, nil for an encoder that has to be asked.
	known map[string][]float32
}

// openEmbedder loads the encoder of a directory, or a file of vectors that
// bench/peers/embed.py has written, unless both are empty.
func openEmbedder(ctx context.Context, dir, vectors string) (*embedder, error) {
	switch {
	case dir != "" && vectors != "":
		return nil, errors.New("-encoder and -vectors exclude each other")
	case vectors != "":
		known, err := readVectors(vectors)
		return &embedder{known: known}, err
	case dir == "":
		return &embedder{}, nil
	}
	e, err := encoder.Load(ctx, dir)
	return &embedder{encoder: e}, err
}

func readVectors(path string) (map[string][]float32, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	known := map[string][]float32{}
	lines := json.NewDecoder(bufio.NewReader(file))
	for {
		var row struct {
			Text   string    `json:"text"`
			Vector []float32 `json:"vector"`
		}
		err := lines.Decode(&row)
		if errors.Is(err, io.EOF) {
			return known, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s, row %d: %w", path, len(known)+1, err)
		}
		known[row.Text] = row.Vector
	}
}

func (e *embedder) name() string {
	switch {
	case e.known != nil:
		return "vectors"
	case e.encoder == nil:
		return ""
	}
	return e.encoder.Name()
}

func (e *embedder) embed(ctx context.Context, lists ...[]classifier.Example) error {
	if e.known != nil {
		return e.look(lists)
	}
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

// look takes embeddings from those known.
func (e *embedder) look(lists [][]classifier.Example) error {
	for _, list := range lists {
		for i := range list {
			vector, ok := e.known[list[i].Text]
			if !ok {
				return errors.New("the file of vectors lacks a text: write it for the same set and text")
			}
			list[i].Embedding = vector
		}
	}
	return nil
}

func (e *embedder) close() {
	if e.encoder != nil {
		_ = e.encoder.Close()
	}
}
