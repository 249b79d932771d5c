package console

import (
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"switchboard/internal/problem"
)

// expected says in words what a flag's type takes.
var expected = map[string]string{
	"int":      "a whole number",
	"int64":    "a whole number",
	"float64":  "a number such as 0.95",
	"duration": "a duration such as 90s, 30m or 24h",
	"bool":     "true or false",
}

// FlagProblem says what is wrong with a flag, as a problem of kind BadInput.
func FlagProblem(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		if want, ok := expected[invalid.GetFlag().Value.Type()]; ok {
			return problem.Input("--%s is %q; give %s", invalid.GetFlag().Name, invalid.GetValue(), want)
		}
	}
	return problem.Input("%s; see `%s --help`", err, cmd.CommandPath())
}
