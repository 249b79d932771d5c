package dashboard

import (
	"maps"
	"net/url"
	"slices"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// chip is one thing that a list is narrowed to, and the address without it.
type chip struct{ Text, Remove string }

// picker is a list of values of which several can be chosen.
type picker struct {
	Name, Title string
	Options     []option
	Chosen      int
}

type option struct {
	Value, Text string
	Chosen      bool
}

// kept are the values of a filter that the form of the list has no fields for. The text
// of an option is the field's name.
func kept(f results.Filter) []option {
	q := queryOf(f)
	for _, field := range []string{"q", "task", "company", "status", "channel", "language", "model", "from", "until", "min", "max"} {
		q.Del(field)
	}
	var all []option
	for _, name := range slices.Sorted(maps.Keys(q)) {
		for _, value := range q[name] {
			all = append(all, option{Value: value, Text: name})
		}
	}
	return all
}

// local is a moment as an input of the type datetime-local has it, in the reader's
// zone.
func (v *visit) local(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if t = t.In(v.zone); t.Second() != 0 {
		return t.Format("2006-01-02T15:04:05")
	}
	return t.Format("2006-01-02T15:04")
}

// chips are what a list is narrowed to.
func (v *visit) chips(f results.Filter) []chip {
	var all []chip
	q := queryOf(f)
	for _, one := range []struct{ name, title string }{
		{"q", v.T("Words")}, {"task", v.T("Task")}, {"company", v.T("Company")}, {"status", v.T("Status")}, {"channel", v.T("Channel")}, {"language", v.T("Language")}, {"model", v.T("Model")},
		{"kind", v.T("Shown")}, {"from", v.T("Since")}, {"until", v.T("Before")}, {"min", v.T("Confidence from")}, {"max", v.T("Confidence up to")}, {"below", v.T("Confidence below")}, {"named", v.T("Named by the model")},
		{"judged", v.T("Judged")}, {"said", v.T("People say")}, {"right", v.T("Right")}, {"disputed", v.T("Disputed")}, {"settled", v.T("People agree")}, {"sampled", v.T("Random sample")}, {"people", v.T("People, at least")}, {"reviewer", v.T("Reviewer")}, {"against", v.T("Said against the model")},
	} {
		for _, value := range q[one.name] {
			rest := url.Values{}
			for name, values := range q {
				rest[name] = slices.DeleteFunc(slices.Clone(values), func(s string) bool { return name == one.name && s == value })
			}
			all = append(all, chip{one.title + ": " + v.valueText(one.name, value), withQuery("/calls", rest)})
		}
	}
	return all
}

// valueText is a value of an address as people read it.
func (v *visit) valueText(name, value string) string {
	switch name {
	case "kind":
		if value == kindConversations {
			return v.T("conversations of datasets")
		}
		return v.T("calls and conversations of datasets")
	case "judged", "right", "disputed", "settled", "named", "sampled", "against":
		if value == yes {
			return v.T("yes")
		}
		return v.T("no")
	case "reviewer":
		return v.personName(value)
	case "company", "said":
		if value == "" {
			return v.T("no company")
		}
		if value == pipeline.Unknown {
			return v.T("Unknown")
		}
	case "status":
		if value == answered {
			return v.T("answered")
		}
		if value == waiting {
			return v.T("waiting")
		}
		return v.T(statusNames[results.Status(value)])
	case "from", "until":
		if at, err := time.Parse(time.RFC3339Nano, value); err == nil {
			return at.In(v.zone).Format("2006-01-02 15:04")
		}
	case "min", "max", "below":
		return value + "%"
	}
	return value
}

// pickers are the filters of which several values can be chosen.
func (v *visit) pickers(f results.Filter) ([]picker, error) {
	var all []picker
	for _, one := range []struct {
		name, title string
		property    results.Property
		chosen      []string
	}{
		{"task", v.T("Task"), results.PropertyTask, f.Tasks},
		{"company", v.T("Company"), results.PropertyCompany, f.Companies},
		{"status", v.T("Status"), "", nil},
		{"channel", v.T("Channel"), results.PropertyChannel, f.Channels},
		{"language", v.T("Language"), results.PropertyLanguage, f.Languages},
		{"model", v.T("Model"), results.PropertyModel, f.Models},
	} {
		if one.name == "status" {
			all = append(all, v.statusPicker(f))
			continue
		}
		values, err := v.Results.Values(v.r.Context(), one.property, mostValues)
		if err != nil {
			return nil, err
		}
		if one.name == "company" {
			values = append(values, "")
		}
		all = append(all, v.picker(one.name, one.title, values, one.chosen))
	}
	return all, nil
}

func (v *visit) picker(name, title string, values, chosen []string) picker {
	p := picker{Name: name, Title: title, Chosen: len(chosen)}
	for _, value := range chosen {
		if !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	slices.SortFunc(values, func(a, b string) int {
		if first := slices.Contains(chosen, a); first != slices.Contains(chosen, b) {
			return map[bool]int{true: -1, false: 1}[first]
		}
		return byLetters(a, b)
	})
	for _, value := range values {
		p.Options = append(p.Options, option{value, v.valueText(name, value), slices.Contains(chosen, value)})
	}
	return p
}

func (v *visit) statusPicker(f results.Filter) picker {
	p := picker{Name: "status", Title: v.T("Status"), Chosen: len(f.Statuses)}
	for _, s := range allStatuses {
		value := string(s)
		if s == results.Redacted {
			value = waiting
		}
		p.Options = append(p.Options, option{value, v.T(statusNames[s]), slices.Contains(f.Statuses, s)})
	}
	return p
}

// periods are those that people look at most, in whole hours.
func (v *visit) periods(f results.Filter) []link {
	hour := v.now().Truncate(time.Hour)
	f.Until = time.Time{}
	var all []link
	for _, one := range []struct {
		text string
		back time.Duration
	}{{v.T("this hour and the last"), time.Hour}, {v.T("24 hours"), 23 * time.Hour}, {v.T("7 days"), 7*24*time.Hour - time.Hour}, {v.T("30 days"), 30*24*time.Hour - time.Hour}} {
		f.From = hour.Add(-one.back)
		all = append(all, link{one.text, callsPath(f)})
	}
	f.From = time.Time{}
	return append(all, link{v.T("all"), callsPath(f)})
}
