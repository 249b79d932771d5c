package ner

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/knights-analytics/hugot/backends"

	"switchboard/internal/problem"
)

// pinned tells whether the model is the one that the options ask for.
func (m model) pinned(o Options) error {
	if o.SHA256 == "" || strings.EqualFold(o.SHA256, m.sha256) {
		return nil
	}
	return problem.Input("the model in %s is not the one that is asked for: its files have the SHA-256 %s, asked for is %s", o.Dir, m.sha256, strings.ToLower(o.SHA256))
}

func isHash(s string) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == 32
}

// fits tells whether the backend can feed the model and the labels are its own.
func (m model) fits(loaded *backends.Model) error {
	var inputs []string
	for _, in := range loaded.InputsMeta {
		inputs = append(inputs, in.Name)
		switch in.Name {
		case "input_ids", "attention_mask", "token_type_ids":
		default:
			// The backend would count positions from one.
			return fmt.Errorf("it has an input %s, and can have input_ids, attention_mask and token_type_ids alone; export it without", in.Name)
		}
	}
	if !slices.Contains(inputs, "attention_mask") {
		return errors.New("it has no input attention_mask, without which padding would be read as text")
	}
	if len(loaded.OutputsMeta) == 0 || len(loaded.OutputsMeta[0].Dimensions) != 3 {
		return errors.New("its first output is no score for each text, token and label")
	}
	if out := loaded.OutputsMeta[0].Dimensions; int(out[2]) != len(m.person) {
		return fmt.Errorf("it puts out %d scores a token, but config.json names %d labels", out[2], len(m.person))
	}
	return nil
}

// external finds, in what is written to it, the name of a file that an ONNX
// file keeps weights in. Such a file would be no part of the hash.
type external struct {
	found bool
	seen  []byte // of what was written, enough to find a key that two writes share
}

// locationKey is how the entry "location" of a tensor's external_data begins.
var locationKey = []byte("\x0a\x08location\x12")

func (e *external) Write(p []byte) (int, error) {
	if !e.found {
		e.seen = append(e.seen, p...)
		e.found = bytes.Contains(e.seen, locationKey)
		e.seen = append(e.seen[:0], e.seen[max(0, len(e.seen)-len(locationKey)+1):]...)
	}
	return len(p), nil
}
