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
	"float64":  "a number such as 0.5, without a percent sign",
	"duration": "a duration such as 90s, 30m or 24h",
	"bool":     "true or false",
}

// FlagProblem says what is wrong with a flag, as a problem of kind BadInput.
func FlagProblem(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		if want := Expected(invalid.GetFlag()); want != "" {
			return problem.Input("--%s is %q; give %s", invalid.GetFlag().Name, invalid.GetValue(), want)
		}
	}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		return problem.Input("%s; %s", err, Hint(unknown.GetSpecifiedName(), "--", flagNames(cmd), cmd.CommandPath()))
	}
	return problem.Input("%s; see `%s --help`", err, cmd.CommandPath())
}

// flagNames are those of the flags that a command takes.
func flagNames(cmd *cobra.Command) (names []string) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// Expected says in words what a flag takes, empty where any text will do.
func Expected(flag *pflag.Flag) string { return expected[flag.Value.Type()] }
