// Package consoletest holds the commands that documents show against those that a
// program has.
package consoletest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// documents are all pages for users, relative to the folder of the module.
var documents = []string{"README.md", "CONTRIBUTING.md", "deploy/README.md", "docs/*.md"}

// Documented fails where a page shows a command line of a program that the program
// would not take: a command or a flag that it does not have. It returns how many command
// lines there are. The module is where root leads; command makes the program's root
// command.
func Documented(t *testing.T, root string, command func() *cobra.Command) (found int) {
	t.Helper()
	program := command().Name()
	for _, pattern := range documents {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("there are no documents %s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range lines(string(text), program) {
				found++
				if wrong := Refuse(command(), line); wrong != "" {
					t.Errorf("%s shows `%s %s`: %s", file, program, strings.Join(line, " "), wrong)
				}
			}
		}
	}
	return found
}

var (
	fence  = regexp.MustCompile("(?ms)^ *```[^\n]*\n(.*?)^ *```")
	inline = regexp.MustCompile("`([^`]+)`")
	// before are what may stand before a program: a prompt, variables, and how it is run.
	before = regexp.MustCompile(`^(?:\$ )?(?:[A-Z_]+=\S* )*(?:docker compose run --rm |go run \./|\./bin/|bin/)?`)
	// outside is where the words of a command line end: a comment, another command.
	outside = regexp.MustCompile(`\s#|[|;&<>()…]|\s\\$`)
	quoted  = regexp.MustCompile(`'[^']*'|"[^"]*"`)
)

// lines returns the arguments of the command lines of a program that a text shows.
func lines(text, program string) (all [][]string) {
	add := func(line string) {
		line = before.ReplaceAllString(strings.TrimSpace(line), "")
		rest, is := strings.CutPrefix(line+" ", program+" ")
		if !is {
			return
		}
		// What is quoted is one word, whatever is in it.
		rest = quoted.ReplaceAllString(rest, "QUOTED")
		if end := outside.FindStringIndex(rest); end != nil {
			rest = rest[:end[0]]
		}
		all = append(all, strings.Fields(rest))
	}
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		for line := range strings.SplitSeq(strings.ReplaceAll(block[1], "\\\n", " "), "\n") {
			add(line)
		}
	}
	for _, span := range inline.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		add(strings.Join(strings.Fields(span[1]), " "))
	}
	return all
}

// Refuse says why a program does not take a command line, "" if it does. The values of
// arguments and flags are not looked at: a page has placeholders for them.
func Refuse(root *cobra.Command, args []string) string {
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err.Error()
	}
	cmd.InitDefaultHelpFlag()
	if len(rest) > 0 && cmd.HasSubCommands() && !strings.HasPrefix(rest[0], "-") && rest[0] != strings.ToUpper(rest[0]) {
		if err := cmd.ValidateArgs(rest[:1]); err != nil {
			return err.Error()
		}
	}
	for _, word := range rest {
		name, isLong := strings.CutPrefix(strings.Trim(word, "[]"), "--")
		name, _, _ = strings.Cut(name, "=")
		if !isLong || name == "" {
			continue
		}
		if cmd.Flags().Lookup(name) == nil && cmd.InheritedFlags().Lookup(name) == nil && !slices.Contains([]string{"version"}, name) {
			return "there is no flag --" + name
		}
	}
	return ""
}
