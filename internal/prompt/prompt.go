// Package prompt fixes what a model is asked and how training examples are
// written down: one short system message, the conversation as the user's
// message, the company's handle as the whole answer.
//
// Training and production use the same [System] and the same text, so a model
// meets in production exactly what it was trained on.
package prompt

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
)

// System is the instruction. It is short because it is paid for with every
// example and every call, and stable because a fine-tuned model depends on it
// to the letter.
const System = "Which company is this customer-support conversation with? Answer with its handle, or Unknown."

// Version identifies the wording: the first 12 hexadecimal digits of the
// SHA-256 of [System].
func Version() string {
	sum := sha256.Sum256([]byte(System))
	return hex.EncodeToString(sum[:6])
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// WriteExample writes one line of a fine-tuning file in the chat format.
// Errors are those of w.
func WriteExample(w io.Writer, text, label string) error {
	line := struct {
		Messages [3]message `json:"messages"`
	}{[3]message{{"system", System}, {"user", text}, {"assistant", label}}}
	enc := json.NewEncoder(w)
	// The file is JSON, not HTML: <url> stays readable, and as short as a
	// model's tokenizer expects it.
	enc.SetEscapeHTML(false)
	if err := enc.Encode(line); err != nil {
		return fmt.Errorf("writing an example: %w", err)
	}
	return nil
}
