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
	// short are the beginnings of sections of which the first lines will do.
	short []string
	// begin and end are where its lines are in the document.
	begin, end int
}

var marked = regexp.MustCompile("(?m)^<!-- output: ([a-z-]+)(?:; only: ([^>;]+))?(?:; short: ([^>;]+))? -->\n```\n((?s:.*?))^```$")

const (
	// enough is how many lines a short section has.
	enough = 6
	// margin is where the second column of a summary begins.
	margin = 14
)

// blocks finds the blocks in a document.
func blocks(text string) []block {
	var list []block
	for _, m := range marked.FindAllStringSubmatchIndex(text, -1) {
		names := func(i int) []string {
			if m[i] < 0 {
				return nil
			}
			return strings.Split(text[m[i]:m[i+1]], ", ")
		}
		list = append(list, block{step: text[m[2]:m[3]], only: names(4), short: names(6), begin: m[8], end: m[9]})
	}
	return list
}

// fillText puts outputs, which are by step, into the blocks of a document that
// they differ from in more than what varies, or into all. A block whose step was
// not run stays as it is. It is an error if a section to keep is not there.
func fillText(text string, outputs map[string]string, all bool) (string, error) {
	list := blocks(text)
	for _, b := range slices.Backward(list) { // what comes later stays where it is
		output, ran := outputs[b.step]
		if !ran {
			continue
		}
		output, err := b.pick(output)
		if err != nil {
			return "", fmt.Errorf("the output of %s: %w", b.step, err)
		}
		if all || lasting(output) != lasting(text[b.begin:b.end]) {
			text = text[:b.begin] + output + text[b.end:]
		}
	}
	return text, nil
}

// pick keeps what the block shows of an output, and marks the gaps. A section is
// a line that begins at the margin, and those below it that do not.
func (b block) pick(output string) (string, error) {
	var out strings.Builder
	found := map[string]bool{}
	find := func(list []string, line string) bool {
		i := slices.IndexFunc(list, func(s string) bool { return strings.HasPrefix(line, s+" ") })
		if i >= 0 {
			found[list[i]] = true
		}
		return i >= 0
	}
	var keep, gap, short bool
	var row int
	for line := range strings.Lines(output) {
		if row++; !strings.HasPrefix(line, " ") {
			row, short = 0, find(b.short, line)
			keep = find(b.only, line) || len(b.only) == 0
		}
		switch {
		case !keep, short && row > enough:
		case short && row == enough:
			out.WriteString(strings.Repeat(" ", margin) + "…\n")
		case gap && out.Len() > 0:
			out.WriteString("…\n" + line)
		default:
			out.WriteString(line)
		}
		gap = !keep
	}
	for _, s := range slices.Concat(b.only, b.short) {
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
	// Ports are free ones, and a worker is known by its process.
	{regexp.MustCompile(`\b(localhost|127\.0\.0\.1):\d+`), "$1:#"},
	{regexp.MustCompile(`\bworker \d+@\S+`), "worker #"},
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
