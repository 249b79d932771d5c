package cli

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"switchboard/internal/config"
	"switchboard/internal/console"
)

// Annotations of flags, for the project's file.
const (
	// commonFlag marks a flag that the top of the file sets under its name.
	commonFlag = "switchboard_common"
	// excludes lists the flags that cannot be given beside one; given on the
	// command line, they take its value from the file away.
	excludes = "switchboard_excludes"
	// cobraExcludes is where cobra keeps the same, as groups of names.
	cobraExcludes = "cobra_annotation_mutually_exclusive"
)

// annotate marks a flag of a command, which it must have.
func annotate(cmd *cobra.Command, flag, annotation string, values ...string) {
	if err := cmd.Flags().SetAnnotation(flag, annotation, values); err != nil {
		panic(err)
	}
}

// common reads a value that holds for every command with such a flag.
func (p *project) common(key, value *yaml.Node) error {
	if value.Kind != yaml.ScalarNode || value.Tag == "!!null" || value.Value == "" {
		return p.problem(value, "%s is empty or a list; give one value", key.Value)
	}
	flag := p.running.Flags().Lookup(key.Value)
	if flag == nil || flag.Annotations[commonFlag] == nil || flag.Changed || p.fromEnvironment(flag) {
		return nil
	}
	return flag.Value.Set(p.text(flag, value))
}

// set sets a flag of any command, so that a value of the wrong type shows; where
// the command line decides, the file's value is not looked at.
func (p *project) set(cmd *cobra.Command, flag *pflag.Flag, value *yaml.Node) error {
	if cmd == p.running && (flag.Changed || p.fromEnvironment(flag) || p.excluded(flag)) {
		return nil
	}
	var err error
	switch slice, isSlice := flag.Value.(pflag.SliceValue); {
	case value.Kind == yaml.SequenceNode && isSlice:
		var values []string
		for _, item := range value.Content {
			values = append(values, item.Value)
		}
		err = slice.Replace(values)
	case value.Kind != yaml.ScalarNode || value.Tag == "!!null":
		return p.problem(value, "%s is empty or a list; give one value", flag.Name)
	default:
		err = flag.Value.Set(p.text(flag, value))
	}
	if want := console.Expected(flag); err != nil && want != "" {
		return p.problem(value, "%s is %q; give %s", flag.Name, value.Value, want)
	} else if err != nil {
		return p.problem(value, "%s: %s", flag.Name, err)
	}
	flag.Changed = true
	return nil
}

// text is a value as on a command line. A path is one from where the file is.
func (p *project) text(flag *pflag.Flag, value *yaml.Node) string {
	name, _ := pflag.UnquoteUsage(flag)
	if name != "file" || filepath.IsAbs(value.Value) || strings.Contains(value.Value, "://") || value.Value == "" {
		return value.Value
	}
	return filepath.Join(filepath.Dir(p.path), value.Value)
}

// fromEnvironment tells whether the environment has set a flag, as it can a task.
func (p *project) fromEnvironment(flag *pflag.Flag) bool {
	return flag.Name == "task" && flag.Annotations[commonFlag] != nil && p.getenv(config.Task) != ""
}

// excluded tells whether the command line has a flag that cannot be given beside
// this one.
func (p *project) excluded(flag *pflag.Flag) bool {
	others := slices.Clone(flag.Annotations[excludes])
	for _, group := range flag.Annotations[cobraExcludes] {
		others = append(others, strings.Fields(group)...)
	}
	return slices.ContainsFunc(others, func(name string) bool { return name != flag.Name && p.given[name] })
}
