package cli

import (
	"errors"
	"fmt"
	"testing"

	"switchboard/internal/problem"
)

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		err  error
		want failure
	}{
		{problem.Input("x"), failure{"BadInput", "x", 2}},
		{fmt.Errorf("doing: %w", problem.Input("x")), failure{"BadInput", "doing: x", 2}},
		{problem.New(problem.Environment, "x"), failure{"Environment", "x", 3}},
		{problem.New(problem.Refused, "x"), failure{"Refused", "x", 1}},
		{errors.New("x"), failure{"Failed", "x", 1}},
		{&interruption{"x"}, failure{"Interrupted", "x", 130}},
	} {
		if got := classify(c.err); got != c.want {
			t.Errorf("classify(%v) is %+v, want %+v", c.err, got, c.want)
		}
	}
}
