package languagemodel

import (
	"errors"
	"regexp"
)

// The trainer's codes of failures, which are all that it says of one.
const (
	codeBadModel    = "bad_model"
	codeOutOfMemory = "out_of_memory"
	codeBadExample  = "bad_example"
	codeNoLabel     = "no_label"
	codeBadAdapter  = "bad_adapter"
	codeInternal    = "internal"
)

// sentences say what each means to who trains or asks.
var sentences = map[string]string{
	codeBadModel:    "the base model cannot be read: what is registered as its file or folder is no model of its kind that the trainer knows",
	codeOutOfMemory: "the memory did not suffice: take a smaller model or a smaller batch, or a machine or a GPU with more",
	codeBadExample:  "an example is not as the trainer needs it: it has no text, or its label is not among the labels",
	codeNoLabel:     "there are fewer than two labels to tell apart",
	codeBadAdapter:  "what the model learnt cannot be read, or was not learnt by this base model",
	codeInternal:    "something went wrong in the trainer",
}

// Failure is what the trainer failed of.
type Failure struct {
	// Code is one of a fixed list.
	Code string
}

// Error is a sentence without a capital and a full stop.
func (f Failure) Error() string { return sentences[f.Code] }

// failure is that of a code; one that is not known is the trainer's own mistake.
func failure(code string) Failure {
	if sentences[code] == "" {
		code = codeInternal
	}
	return Failure{Code: code}
}

var (
	// errProtocol says that the child did not speak as agreed.
	errProtocol = errors.New("the trainer did not say what was expected of it")
	// ErrEnded says that the child ended before it was done.
	ErrEnded = errors.New("the trainer ended before it was done")
	// errSilent says that the child was ended because nothing was heard of it.
	errSilent = errors.New("nothing was heard of the trainer for too long")
)

// device is what a child may call what it computes on.
var device = regexp.MustCompile(`^(cpu|cuda(:[A-Za-z0-9 ._()/-]{1,80})?|mps)$`)

// deviceOf keeps free text out of logs and events.
func deviceOf(said string) string {
	if device.MatchString(said) {
		return said
	}
	return "unknown"
}
