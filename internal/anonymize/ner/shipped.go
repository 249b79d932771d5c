package ner

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
)

// shipped is the model that tools/ner makes, with its model card.
//
//go:embed shipped
var shipped embed.FS

// shippedThreshold weighs recall over precision. docs/privacy.md says which
// labelled texts it was chosen on.
const shippedThreshold = 0.05

// Shipped loads the model that is part of the program. It is made for support
// tweets in English.
//
// The backend reads files alone, so the model stands in a temporary folder
// while it is loaded.
func Shipped(ctx context.Context) (*Recognizer, error) {
	dir, err := os.MkdirTemp("", "switchboard-ner-*")
	if err != nil {
		return nil, fmt.Errorf("unpacking the model for names: %w", err)
	}
	defer os.RemoveAll(dir)
	files, err := fs.Sub(shipped, "shipped")
	if err != nil {
		return nil, fmt.Errorf("unpacking the model for names: %w", err)
	}
	if err := os.CopyFS(dir, files); err != nil {
		return nil, fmt.Errorf("unpacking the model for names: %w", err)
	}
	return Load(ctx, Options{Dir: dir, Threshold: shippedThreshold})
}
