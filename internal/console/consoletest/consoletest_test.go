package consoletest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"switchboard/internal/console"
)

func TestCommandLinesOfAText(t *testing.T) {
	text := strings.Join([]string{
		"Run `starter open\n--print`, and not `restarter open` or `open`.",
		"```sh",
		"go run ./starter runs --kind 'a | b' | head   # starter status",
		"A=b starter apply \\",
		"  --dataset x.csv",
		"$ starter status",
		"next  starter open",
		"```",
	}, "\n")
	got := fmt.Sprint(lines(text, "starter"))
	if want := "[[runs --kind QUOTED] [apply --dataset x.csv] [status] [open --print]]"; got != want {
		t.Errorf("the command lines are %s, want %s", got, want)
	}
}

func TestRefuse(t *testing.T) {
	program := func() *cobra.Command {
		root := &cobra.Command{Use: "p", Args: console.NoSuchCommand, Run: func(*cobra.Command, []string) {}}
		root.PersistentFlags().String("address", "", "")
		one := &cobra.Command{Use: "one FILE", Run: func(*cobra.Command, []string) {}}
		one.Flags().Bool("fast", false, "")
		root.AddCommand(one)
		return root
	}
	for line, says := range map[string]string{
		"":                            "",
		"one FILE --fast --address x": "",
		"--address x one FILE":        "",
		"one --help":                  "",
		"one [--fast]":                "",
		"COMMAND --help":              "",
		"two":                         "no command",
		"one --slow":                  "no flag --slow",
		"--fast":                      "no flag --fast",
	} {
		if got := Refuse(program(), strings.Fields(line)); (got == "") != (says == "") || !strings.Contains(got, says) {
			t.Errorf("%q: %q, want %q", line, got, says)
		}
	}
}
