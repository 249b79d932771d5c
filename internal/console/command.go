package console

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"switchboard/internal/problem"
	"switchboard/internal/program"
)

// Main runs a program's root command until it ends, or until SIGINT or SIGTERM ends its
// context. It prints what went wrong, with the program's name, and returns the exit code.
func Main(cmd *cobra.Command) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := cmd.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", cmd.Name(), err)
	}
	return problem.ExitCode(err)
}

// NoSuchCommand is the argument check of a command whose arguments are commands: it
// refuses every other word, as a problem of kind BadInput.
func NoSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return problem.Input("%s has no command %q; %s", cmd.CommandPath(), args[0], Hint(args[0], "", names, cmd.CommandPath()))
}

// NoArgs is the argument check of a command that takes flags only.
func NoArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return problem.Input("%s takes flags only, not %q; see `%s --help`", cmd.CommandPath(), args[0], cmd.CommandPath())
	}
	return nil
}

// Hint says what somebody may have meant who typed a word that is not among those
// there are, each with a prefix such as "--"; where none is near it points to the
// help of a program.
func Hint(typed, prefix string, words []string, program string) string {
	if near := Nearest(typed, words); near != "" {
		return fmt.Sprintf("did you mean %s%s? See `%s --help`", prefix, near, program)
	}
	return fmt.Sprintf("see `%s --help`", program)
}

// AddVersion gives a program's root command the flag --version.
func AddVersion(cmd *cobra.Command) {
	cmd.Version = program.ReadBuild().Name()
	cmd.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	cmd.Flags().Bool("version", false, "print the version and exit")
}
