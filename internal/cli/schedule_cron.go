package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a container may know no time zones

	"switchboard/internal/problem"
)

// cronWords are what can stand for a whole expression.
var cronWords = []string{"@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"}

// cronField is a field of an expression: the values it takes, and the names that
// stand for them in order, the first for first.
type cronField struct {
	name        string
	first, last int
	names       []string
	// least is how many letters of a name are enough.
	least int
}

var cronFields = []cronField{
	{name: "second", last: 59}, {name: "minute", last: 59}, {name: "hour", last: 23}, {name: "day of the month", first: 1, last: 31},
	{name: "month", first: 1, last: 12, least: 3, names: []string{
		"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
	}},
	{name: "day of the week", last: 7, least: 2, names: []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}},
	{name: "year", first: 2000, last: 2100},
}

// checkCron refuses an expression that the server would not take, in words that do
// not presume one knows how the server reads it.
func checkCron(cron string) error {
	expression, _, _ := strings.Cut(zonePrefix.ReplaceAllString(cron, ""), "#")
	expression = strings.TrimSpace(expression)
	if strings.HasPrefix(expression, "@every ") || slices.Contains(cronWords, expression) {
		return nil
	}
	texts, fields := strings.Fields(expression), cronFields
	switch {
	case strings.HasPrefix(expression, "@"):
		return problem.Input("--cron is %q; the words there are %s", cron, enumeration(cronWords))
	case len(texts) < 5 || len(texts) > 7:
		return problem.Input("--cron is %q, which has %s; it takes five: minute, hour, day of month, month and day of week, such as \"0 3 * * MON\" (a year may follow, and with it seconds come first)", cron, count(int64(len(texts)), "field"))
	case len(texts) < 7:
		fields = cronFields[1:]
	}
	for i, text := range texts {
		if fields[i].takes(text) {
			continue
		}
		note := ""
		if notes := cronNotes(cron); len(texts) == 6 && len(notes) > 0 {
			note = " (" + notes[0] + ")"
		}
		return problem.Input("the %s of --cron %q is %q; it can be %s%s", fields[i].name, cron, text, fields[i].allowed(), note)
	}
	return nil
}

// takes tells whether a field can be so: values and ranges with commas between
// them, each with a step or without.
func (f cronField) takes(text string) bool {
	for part := range strings.SplitSeq(text, ",") {
		values, step, stepped := strings.Cut(part, "/")
		if n, err := strconv.Atoi(step); stepped && (err != nil || n < 1) {
			return false
		}
		if values == "*" {
			continue
		}
		from, to, isRange := strings.Cut(values, "-")
		first, ok := f.value(from)
		if !ok {
			return false
		}
		if last, ok := f.value(to); isRange && (!ok || last < first) {
			return false
		}
	}
	return true
}

func (f cronField) value(text string) (int, bool) {
	if len(text) >= f.least {
		for i, name := range f.names {
			if strings.HasPrefix(name, strings.ToLower(text)) {
				return f.first + i, true
			}
		}
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= f.first && n <= f.last
}

// allowed says what a field takes.
func (f cronField) allowed() string {
	values := fmt.Sprintf("* or numbers from %d to %d", f.first, f.last)
	if f.names != nil {
		values += fmt.Sprintf(", or names such as %s", strings.ToUpper(f.names[0][:3]))
	}
	return values
}

// zoneProblem refuses a time zone that is not known, empty for one that is.
func zoneProblem(name string) error {
	if _, err := time.LoadLocation(name); err == nil && name != "Local" {
		return nil
	}
	hint := "give a name of the IANA's list, such as Europe/Berlin or UTC"
	for _, area := range []string{"Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic", "Indian"} {
		near := area + "/" + strings.ReplaceAll(name, " ", "_")
		if _, err := time.LoadLocation(near); err == nil && name != "" {
			hint = "did you mean " + near + "?"
		}
	}
	return problem.Input("there is no time zone %q; %s", name, hint)
}

// zonePrefix is how an expression may name its own time zone.
var zonePrefix = regexp.MustCompile(`^\s*(?:CRON_)?TZ=(\S+)\s+`)

// zone names the time zone that the times are meant in.
func (o scheduleOptions) zone() string {
	if found := zonePrefix.FindStringSubmatch(o.cron); found != nil {
		return found[1]
	}
	return o.timeZone // "" is UTC
}

var aYear = regexp.MustCompile(`^[12][0-9]{3}\b`)

// cronNotes says where other programs read an expression in another way than
// Temporal, or may.
func cronNotes(cron string) (notes []string) {
	expression, _, _ := strings.Cut(zonePrefix.ReplaceAllString(cron, ""), "#")
	fields := strings.Fields(expression)
	if len(fields) == 6 && !aYear.MatchString(fields[5]) {
		notes = append(notes, fmt.Sprintf("the six fields are minute, hour, day of month, month, day of week and year; for programs that put seconds first, give %q", strings.Join(fields[1:], " ")))
	}
	notes = append(notes, stepNotes(fields)...)
	if len(fields) == 7 {
		fields = fields[1:] // seconds
	}
	if len(fields) >= 5 && restricts(fields[2]) && restricts(fields[4]) {
		notes = append(notes, "a day must match both the day of the month and the day of the week; other programs take either")
	}
	return notes
}

func restricts(field string) bool { return field != "*" && field != "?" && field != "*/1" }
