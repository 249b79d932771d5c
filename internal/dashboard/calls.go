package dashboard

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// callsOnPage is how many calls a page of the list has.
const callsOnPage = 50

// callsPage is the list of calls.
type callsPage struct {
	Rows    []callRow
	Chips   []chip
	Pickers []picker
	Search  string
	// From and Until are as an input of the type datetime-local has them.
	From, Until string
	Min, Max    string
	Periods     []link
	// Total is how many calls there are, where the counts know it.
	Total int64
	Known bool
	// Shown is how many the page has.
	Shown int64
	// Filtered tells that not all calls are meant.
	Filtered bool
	// Next and First lead to the older calls and to the newest; empty is nowhere.
	Next, First string
	CSV         string
	// Live is the address of the stream that tells of new calls, Here what shows
	// them; empty where none can belong to the page.
	Live, Here string
	// Query is what a saved view keeps.
	Query string
	Views []savedView
	Last  lastCall
}

type link struct{ Text, Href string }

// callRow is a call of a list.
type callRow struct {
	ID, Href string
	At       template.HTML
	Company  string
	// None tells that Company is no company's name.
	None       bool
	Confidence string
	Status     results.Status
	StatusName string
	Channel    string
	Language   string
	Model      string
	Took       string
}

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

// calls lists the calls that the address means.
func (s *Server) calls(v *visit) error {
	q := v.r.URL.Query()
	f, err := v.filter(q)
	if err != nil {
		return err
	}
	// A form has sent fields that are empty, and times without a zone: the address
	// that people pass on has neither.
	cursor, clean := q.Get("cursor"), queryOf(f)
	if cursor != "" {
		clean.Set("cursor", cursor)
	}
	if clean.Encode() != q.Encode() {
		http.Redirect(v.w, v.r, withQuery("/calls", clean), http.StatusSeeOther)
		return nil
	}
	newest, err := s.Results.Newest(v.r.Context())
	if err != nil {
		return err
	}
	found, err := s.Results.List(v.r.Context(), f, cursor, callsOnPage)
	if err != nil {
		return err
	}
	p := v.callsPage(f, found)
	if p.Total, p.Known, err = v.total(f); err != nil {
		return err
	}
	if p.Pickers, err = v.pickers(f); err != nil {
		return err
	}
	if p.Views, err = v.savedViews(); err != nil {
		return err
	}
	if p.Last, err = v.lastCall(newest); err != nil {
		return err
	}
	if cursor != "" {
		p.First = callsPath(f)
	} else if f.Until.IsZero() || f.Until.After(newest) {
		p.Live, p.Here = livePath(f, newest), callsPath(f)
	}
	return v.render("calls", v.T("Calls"), p)
}

func (v *visit) callsPage(f results.Filter, found results.Page) *callsPage {
	p := &callsPage{Search: f.Words, CSV: withQuery("/calls.csv", queryOf(f)), Query: queryOf(f).Encode(), Chips: v.chips(f), Periods: v.periods(f)}
	p.Filtered = len(p.Chips) > 0
	p.From, p.Until = v.local(f.From), v.local(f.Until)
	if f.MinConfidence != nil {
		p.Min = percentOf(*f.MinConfidence)
	}
	if f.MaxConfidence != nil {
		p.Max = percentOf(*f.MaxConfidence)
	}
	for _, r := range found.Results {
		p.Rows = append(p.Rows, v.row(r))
	}
	p.Shown = int64(len(p.Rows))
	if found.Next != "" {
		next := queryOf(f)
		next.Set("cursor", found.Next)
		p.Next = withQuery("/calls", next)
	}
	return p
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

// shortModel is the end of a model's id, which tells it from others of a task.
func shortModel(id string) string { return id[strings.LastIndexByte(id, ':')+1:] }

func (v *visit) row(r results.Result) callRow {
	row := callRow{
		ID: r.ID, Href: callPath(r.ID), At: v.when(r.StoredAt), Status: r.Status, StatusName: v.T(statusNames[r.Status]),
		Channel: r.Channel, Language: r.Language, Confidence: "-", Took: v.took(r.Latency),
	}
	row.Company, row.None = v.company(r.Prediction)
	if p := r.Prediction; p != nil {
		row.Model = shortModel(p.Model)
		if hasConfidence(p) {
			row.Confidence = v.percent(p.Confidence)
		}
	}
	return row
}

// company is the name of what a call is about, or says that there is none.
func (v *visit) company(p *results.Prediction) (name string, none bool) {
	switch {
	case p == nil || p.Company == "":
		return v.T("no company"), true
	case p.Company == pipeline.Unknown:
		return v.T("Unknown"), true
	}
	return p.Company, false
}

func hasConfidence(p *results.Prediction) bool { return slices.Contains(named, p.Status) }

// took is a duration as people say it; one that is not known is "-".
func (v *visit) took(d time.Duration) string {
	switch {
	case d < 0:
		return "-"
	case d < time.Second:
		return v.lang.printer.Sprintf("%d", d.Milliseconds()) + " ms"
	case d < time.Minute:
		return v.lang.printer.Sprintf("%.1f", d.Seconds()) + " s"
	case d < time.Hour:
		return v.lang.printer.Sprintf("%d", int64(d.Minutes())) + " min"
	}
	return v.lang.printer.Sprintf("%.1f", d.Hours()) + " h"
}

// total counts the calls that a filter means where the counts by hour know them.
func (v *visit) total(f results.Filter) (n int64, known bool, err error) {
	if !hourly(f) {
		return 0, false, nil
	}
	ctx := v.r.Context()
	statuses := slices.DeleteFunc(slices.Clone(f.Statuses), func(s results.Status) bool { return !slices.Contains(answeredStatuses, s) })
	if len(f.Statuses) == 0 || len(statuses) > 0 {
		points, err := v.counts(ctx, results.TrendQuery{Tasks: f.Tasks, Companies: f.Companies, Statuses: statuses, From: f.From, Until: f.Until, Step: results.Daily})
		if err != nil {
			return 0, false, err
		}
		for _, p := range points {
			n += p.Calls
		}
	}
	if len(f.Companies) > 0 && !slices.Contains(f.Companies, "") || len(f.Statuses) > 0 && len(statuses) == len(f.Statuses) {
		return n, true, nil
	}
	for _, status := range []results.Status{results.Redacted, results.Rejected} {
		if len(f.Statuses) > 0 && !slices.Contains(f.Statuses, status) {
			continue
		}
		calls, err := v.unanswered(f, status)
		if err != nil {
			return 0, false, err
		}
		n += calls
	}
	return n, true, nil
}

// manyUnanswered is up to how many calls without an answer are counted.
const manyUnanswered = 100_000

// unanswered counts the calls of a filter that have no answer, and so are in no
// hour's counts.
func (v *visit) unanswered(f results.Filter, status results.Status) (int64, error) {
	f.Statuses = []results.Status{status}
	return v.Results.Count(v.r.Context(), f, manyUnanswered)
}

// chips are what a list is narrowed to.
func (v *visit) chips(f results.Filter) []chip {
	var all []chip
	q := queryOf(f)
	for _, one := range []struct{ name, title string }{
		{"q", v.T("Words")}, {"task", v.T("Task")}, {"company", v.T("Company")}, {"status", v.T("Status")}, {"channel", v.T("Channel")}, {"language", v.T("Language")}, {"model", v.T("Model")},
		{"from", v.T("Since")}, {"until", v.T("Before")}, {"min", v.T("Confidence from")}, {"max", v.T("Confidence up to")},
		{"judged", v.T("Judged")}, {"said", v.T("People say")}, {"right", v.T("Right")}, {"disputed", v.T("Disputed")}, {"sampled", v.T("Random sample")}, {"people", v.T("People, at least")}, {"reviewer", v.T("Reviewer")}, {"against", v.T("Said against the model")},
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
	case "judged", "right", "disputed", "sampled", "against":
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
	case "min", "max":
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

// lastCall says how long ago the latest call came in.
type lastCall struct {
	At  time.Time
	Ago string
	// Expected is how many calls came in a week ago in the time since then, where
	// that is worth a warning.
	Expected int64
}

// fewExpected is how many calls must be missing for a warning.
const fewExpected = 10

// lastCall looks whether calls have stopped coming in: none came for an hour and
// more, in which a week ago there were some.
func (v *visit) lastCall(at time.Time) (lastCall, error) {
	if at.IsZero() {
		return lastCall{}, nil
	}
	now := v.now()
	last := lastCall{At: at, Ago: v.ago(now.Sub(at))}
	from, until := at.Add(time.Hour).Truncate(time.Hour).AddDate(0, 0, -7), now.Truncate(time.Hour).AddDate(0, 0, -7)
	if !until.After(from) {
		return last, nil
	}
	points, err := v.counts(v.r.Context(), results.TrendQuery{From: from, Until: until})
	if err != nil {
		return last, err
	}
	for _, p := range points {
		last.Expected += p.Calls
	}
	if last.Expected < fewExpected {
		last.Expected = 0
	}
	return last, nil
}

// ago says how long ago something was.
func (v *visit) ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return v.T("less than a minute ago")
	case d < time.Hour:
		return v.lang.count(int64(d.Minutes()), "%d minute ago", "%d minutes ago")
	case d < 48*time.Hour:
		return v.lang.count(int64(d.Hours()), "%d hour ago", "%d hours ago")
	}
	return v.lang.count(int64(d.Hours()/24), "%d day ago", "%d days ago")
}
