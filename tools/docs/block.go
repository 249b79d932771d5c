package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// block is a block of output in a document.
type block struct {
	// step is the name of the step that prints it.
	step string
	// only are the beginnings of the sections to keep; none keeps all.
	only []string
	// begin and end are where its lines are in the document.
	begin, end int
}

var marked = regexp.MustCompile("(?m)^<!-- output: ([a-z-]+)(?:; only: ([^>]+))? -->\n```\n((?s:.*?))^```$")

// blocks finds the blocks in a document.
func blocks(text string) []block {
	var list []block
	for _, m := range marked.FindAllStringSubmatchIndex(text, -1) {
		b := block{step: text[m[2]:m[3]], begin: m[6], end: m[7]}
		if m[4] >= 0 {
			b.only = strings.Split(text[m[4]:m[5]], ", ")
		}
		list = append(list, b)
	}
	return list
}

// fillText puts outputs, which are by step, into the blocks of a document that
// they differ from in more than what varies. A block whose step was not run
// stays as it is. It is an error if a section to keep is not there.
func fillText(text string, outputs map[string]string) (string, error) {
	list := blocks(text)
	for _, b := range slices.Backward(list) { // what comes later stays where it is
		output, ran := outputs[b.step]
		if !ran {
			continue
		}
		output, err := pick(output, b.only)
		if err != nil {
			return "", fmt.Errorf("the output of %s: %w", b.step, err)
		}
		if lasting(output) != lasting(text[b.begin:b.end]) {
			text = text[:b.begin] + output + text[b.end:]
		}
	}
	return text, nil
}

// pick keeps the sections of an output that begin with one of only, and marks
// the gaps between them. A section is a line that begins at the margin, and
// those below it that do not.
func pick(output string, only []string) (string, error) {
	if len(only) == 0 {
		return output, nil
	}
	var out strings.Builder
	found := map[string]bool{}
	var keep, gap bool
	for line := range strings.Lines(output) {
		if !strings.HasPrefix(line, " ") {
			i := slices.IndexFunc(only, func(s string) bool { return strings.HasPrefix(line, s+" ") })
			if keep = i >= 0; keep {
				found[only[i]] = true
			}
		}
		switch {
		case keep && gap && out.Len() > 0:
			out.WriteString("…\n" + line)
		case keep:
			out.WriteString(line)
		}
		gap = !keep
	}
	for _, s := range only {
		if !found[s] {
			return "", fmt.Errorf("it has no section %q; choose others in the line above the block", s)
		}
	}
	return out.String(), nil
}

// varying are the parts of an output that differ from run to run, in the order
// in which they are replaced.
var varying = []struct {
	what *regexp.Regexp
	by   string
}{
	// How often a wait is reported depends on the machine.
	{regexp.MustCompile(`(?m)^ +\d+m?\d*s  [a-z]+: .*\n`), ""},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "#"},
	{regexp.MustCompile(`/[0-9a-f]{8}-…`), "/#"},
	{regexp.MustCompile(`:sb-[0-9a-f]{12}:[0-9A-Z]{10}\b`), ":#"},
	{regexp.MustCompile(`\bftjob-[0-9A-Z]{26}\b`), "ftjob-#"},
	{regexp.MustCompile(`-[0-9a-f]{8}\b`), "-#"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d`), "#"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d\b`), "#"},
	{regexp.MustCompile(`\b(\d+(\.\d+)?(h|m|s|ms))+\b`), "#"},
	{regexp.MustCompile(` +`), " "}, // the width of what was replaced
}

// lasting returns what of an output is the same whenever it is printed.
func lasting(output string) string {
	for _, v := range varying {
		output = v.what.ReplaceAllString(output, v.by)
	}
	return output
}
