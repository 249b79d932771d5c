package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"switchboard/internal/console"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/runs"
)

// flagWords are the values of flags that take one of a few.
var flagWords = map[string][]string{
	"rare-classes": {string(pipeline.DropRare), string(pipeline.FoldRare)},
	"mode":         {string(pipeline.Online), string(pipeline.InBatches)},
	"turns":        {string(pipeline.AllTurns), string(pipeline.FirstTurn), string(pipeline.BothTurns)},
	"with":         {string(pipeline.Base), string(pipeline.FewShot)},
	"overlap":      slices.Sorted(maps.Keys(overlaps)),
	"kind":         runs.Kinds(),
	"status":       runs.Statuses(),
}

// wordsOf are the values of a command's flag, nil where there are not a few. A kind
// and a status can be those of other things than runs.
func wordsOf(cmd *cobra.Command, flag string) []string {
	if (flag == "kind" || flag == "status") && cmd.Name() != "runs" {
		return nil
	}
	if flag == "turns" && (cmd.Name() == "apply" || cmd.Name() == "evaluate") {
		return flagWords[flag][:2] // a model is asked about one or the other
	}
	return flagWords[flag]
}

// checkWords refuses a value that is none of the few that its flag takes.
func checkWords(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		words := wordsOf(cmd, f.Name)
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, value := range values {
			if words != nil && err == nil && !slices.Contains(words, value) {
				err = unknownWord("--"+f.Name, value, words)
			}
		}
	})
	return err
}

// unknownWord refuses a value of a flag that takes one of a few words.
func unknownWord(flag, value string, words []string) error {
	hint := "it can be " + enumeration(words)
	if near := console.Nearest(value, words); near != "" {
		hint = "did you mean " + near + "?"
	}
	return problem.Input("%s is %q; %s", flag, value, hint)
}

// enumeration lists words for a person: "a, b or c".
func enumeration(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
