package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"switchboard/internal/console"
	"switchboard/internal/problem"
)

// projectName is the file that gives flags their values where neither the command
// line nor the environment does: the task, the dataset that it is trained on, and
// any flag of a command below the command's name.
//
//	task: airlines
//	dataset: data/tweets.csv
//	finetune:
//	  target-size: 1000
//	schedule:
//	  create:
//	    cron: "0 3 * * MON"
const projectName = "switchboard.yaml"

// maxProject bounds the file, which is a few lines.
const maxProject = 1 << 20

// findProject returns the path of the file in a folder or in one of its parents,
// up to the first that holds a repository or is the home folder; "" if there is
// none. Outside of both only the folder itself counts: what somebody else leaves
// in /tmp decides nothing.
func findProject(dir, home string) (string, error) {
	var above []string
	for at := dir; ; at = filepath.Dir(at) {
		above = append(above, at)
		_, err := os.Stat(filepath.Join(at, ".git"))
		if err == nil || at == filepath.Clean(home) {
			break
		}
		if at == filepath.Dir(at) {
			above = above[:1]
			break
		}
	}
	for _, at := range above {
		path := filepath.Join(at, projectName)
		switch _, err := os.Stat(path); {
		case err == nil:
			return path, nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", problem.Input("%s cannot be read: %w", path, err)
		}
	}
	return "", nil
}

// readProject returns the top of the file, nil if it is empty.
func readProject(path string) (*yaml.Node, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, problem.Input("%s cannot be read: %w", path, err)
	}
	defer file.Close()
	documents := yaml.NewDecoder(io.LimitReader(file, maxProject))
	var document, second yaml.Node
	switch err := documents.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, problem.Input("%s cannot be read: %w", path, err)
	}
	if err := documents.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, problem.Input("%s holds more than one document; leave one", path)
	}
	return document.Content[0], nil
}

// useProject sets the flags of a command that neither its line nor the environment
// has set, as the project's file says. It reads all of the file, so that a mistake
// shows whatever the command.
func (a *app) useProject(cmd *cobra.Command, _ []string) error {
	if cobraOwn(cmd) {
		return nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil // paths of flags have no meaning either, and say so
	}
	path, err := findProject(dir, a.getenv("HOME"))
	if path == "" || err != nil {
		return err
	}
	top, err := readProject(path)
	if top == nil || err != nil {
		return err
	}
	p := &project{path: path, running: cmd, getenv: a.getenv, given: map[string]bool{}}
	cmd.Flags().Visit(func(f *pflag.Flag) { p.given[f.Name] = true })
	return p.read(cmd.Root(), top)
}

// cobraOwn tells the commands that need no settings: completion must work beside a
// file that is being written.
func cobraOwn(cmd *cobra.Command) bool {
	switch cmd.Name() {
	case "help", "version", cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd:
		return true
	}
	return cmd.HasParent() && cmd.Parent().Name() == "completion"
}

// project is a file that is being read for a command that runs.
type project struct {
	path    string
	running *cobra.Command
	getenv  func(string) string
	// given are the flags that its line has.
	given map[string]bool
}

func (p *project) problem(at *yaml.Node, format string, args ...any) error {
	return problem.Input("%s, line %d: %s", p.path, at.Line, fmt.Sprintf(format, args...))
}

// pairs calls use for each key and value of a mapping.
func (p *project) pairs(node *yaml.Node, of string, use func(key, value *yaml.Node) error) error {
	if node.Kind != yaml.MappingNode {
		return p.problem(node, "%s takes a list of names with values, one a line", of)
	}
	lines := map[string]int{}
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if before, twice := lines[key.Value]; twice {
			return p.problem(key, "%s is there twice, first on line %d", key.Value, before)
		}
		lines[key.Value] = key.Line
		if err := use(key, value); err != nil {
			return err
		}
	}
	return nil
}

// read reads the top of the file. What holds for all commands comes before what
// holds for one.
func (p *project) read(root *cobra.Command, top *yaml.Node) error {
	return p.pairs(top, "the file", func(key, value *yaml.Node) error {
		if key.Value == "task" || key.Value == "dataset" {
			return p.common(key, value)
		}
		cmd := subcommand(root, key.Value)
		if cmd == nil {
			return p.unknown(key, "a command, nor task or dataset", append(commandNames(root), "task", "dataset"))
		}
		return p.section(cmd, value)
	})
}

// section reads what is said of one command: flags, and commands below it.
func (p *project) section(cmd *cobra.Command, node *yaml.Node) error {
	return p.pairs(node, cmd.Name(), func(key, value *yaml.Node) error {
		if below := subcommand(cmd, key.Value); below != nil {
			return p.section(below, value)
		}
		flag := cmd.LocalFlags().Lookup(key.Value)
		if flag == nil || !inProject(flag) {
			return p.unknown(key, "a flag of "+cmd.CommandPath()+" that can be set here", append(projectFlags(cmd), commandNames(cmd)...))
		}
		return p.set(cmd, flag, value)
	})
}

// unknown refuses a key.
func (p *project) unknown(key *yaml.Node, what string, known []string) error {
	hint := "there are " + strings.Join(known, ", ")
	if near := console.Nearest(key.Value, known); near != "" {
		hint = "did you mean " + near + "?"
	}
	return p.problem(key, "%q is not %s; %s", key.Value, what, hint)
}

func subcommand(cmd *cobra.Command, name string) *cobra.Command {
	for _, c := range cmd.Commands() {
		if c.Name() == name && !cobraOwn(c) && name != "completion" {
			return c
		}
	}
	return nil
}

func commandNames(cmd *cobra.Command) (names []string) {
	for _, c := range cmd.Commands() {
		if subcommand(cmd, c.Name()) != nil {
			names = append(names, c.Name())
		}
	}
	return names
}

// inProject tells whether a file may set a flag. A reason for the audit trail
// belongs to what is done now.
func inProject(flag *pflag.Flag) bool { return flag.Name != "help" && flag.Name != "why" }

func projectFlags(cmd *cobra.Command) (names []string) {
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if inProject(f) {
			names = append(names, f.Name)
		}
	})
	return names
}
