package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// stepField is a field of a cron expression in which a step such as */90 counts
// from the start of each period anew.
type stepField struct {
	// unit is what the field counts, period what it starts again with.
	unit, period string
	// size is how many units a period has at most.
	size int
	// every is the length of a unit, 0 where it has no fixed one.
	every time.Duration
}

var (
	secondSteps = stepField{"second", "minute", 60, time.Second}
	minuteSteps = stepField{"minute", "hour", 60, time.Minute}
	hourSteps   = stepField{"hour", "day", 24, time.Hour}
	daySteps    = stepField{"day", "month", 31, 24 * time.Hour}
	monthSteps  = stepField{"month", "year", 12, 0}
)

// stepNotes says which steps of an expression do not do what they seem to: a
// step does not reach across the end of the period that its field counts in.
// Fields begin with the minutes, or with the seconds where there are seven.
func stepNotes(fields []string) (notes []string) {
	steps := []stepField{minuteSteps, hourSteps, daySteps, monthSteps}
	if len(fields) == 7 {
		steps = append([]stepField{secondSteps}, steps...)
	}
	for i, field := range fields[:min(len(fields), len(steps))] {
		if note := steps[i].note(field); note != "" {
			notes = append(notes, note)
		}
	}
	return notes
}

func (f stepField) note(field string) string {
	text, ok := strings.CutPrefix(field, "*/")
	step, err := strconv.Atoi(text)
	if !ok || err != nil || step < 2 || f.size%step == 0 && f != daySteps {
		return ""
	}
	note := fmt.Sprintf("%s counts %ss from the start of each %s anew", field, f.unit, f.period)
	if step >= f.size {
		note += fmt.Sprintf(", so it matches once in each %s", f.period)
	} else {
		note += fmt.Sprintf(", so the last gap of each %s is shorter", f.period)
	}
	if f.every > 0 {
		note += fmt.Sprintf("; --every %s keeps the same gap", span(time.Duration(step)*f.every))
	}
	return note
}
