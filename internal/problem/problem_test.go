package problem

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestKindAndCauseAreFoundThroughWrapping(t *testing.T) {
	err := fmt.Errorf("loading: %w", Input("the file x.csv is empty: %w", io.EOF))
	if kind, ok := KindOf(err); !ok || kind != BadInput {
		t.Errorf("kind %q, %v", kind, ok)
	}
	if !errors.Is(err, io.EOF) {
		t.Error("the cause was lost")
	}
	if got := err.Error(); got != "loading: the file x.csv is empty: EOF" {
		t.Errorf("the sentence is %q", got)
	}
	if _, ok := KindOf(io.EOF); ok {
		t.Error("a plain error passed for a problem")
	}
}

func TestExitCode(t *testing.T) {
	for want, err := range map[int]error{
		0: nil,
		1: errors.New("anything"),
		2: Input("bad"),
		3: fmt.Errorf("starting: %w", New(Environment, "no server")),
	} {
		if got := ExitCode(err); got != want {
			t.Errorf("%v gives exit code %d, want %d", err, got, want)
		}
	}
	if got := ExitCode(New(Refused, "no quota")); got != 1 {
		t.Errorf("a refusal gives exit code %d, want 1", got)
	}
}
