package dashboard

import (
	"html/template"
	"maps"
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
	// Kinds are the kinds of calls there are; none where there are calls alone.
	Kinds []segment
	// Filtered tells that not all calls are meant.
	Filtered bool
	// Next and First lead to the older calls and to the newest; empty is nowhere.
	Next, First string
	CSV         string
	// Live is the address of the stream that tells of new calls, Here what shows
	// them; empty where none can belong to the page.
	Live, Here string
	// Query is what a saved view keeps, and Kept what the form keeps that it has no
	// fields for.
	Query string
	Kept  []option
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
	// Words are the first that the customer says, redacted; empty if none are known.
	Words string
	// Said is what most people say who judged the call, SaidBy how many judged it, and
	// Undecided tells that as many say one thing as another.
	Said      string
	SaidBy    int64
	Undecided bool
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
	newest, err := s.Results.Newest(v.r.Context(), f.Kind)
	if err != nil {
		return err
	}
	found, err := s.Results.List(v.r.Context(), f, cursor, callsOnPage)
	if err != nil {
		return err
	}
	p := v.callsPage(f, found)
	if err := v.addWords(p, found); err != nil {
		return err
	}
	if p.Kinds, err = v.kinds(f.Kind, func(k results.Kind) string { other := f; other.Kind = k; return callsPath(other) }); err != nil {
		return err
	}
	if p.Total, p.Known, err = v.total(f); err != nil {
		return err
	}
	if p.Pickers, err = v.pickers(f); err != nil {
		return err
	}
	if p.Views, err = v.savedViews(); err != nil {
		return err
	}
	if p.Last, err = v.lastCall(newest, f.Kind); err != nil {
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
	p.Filtered, p.Kept = len(p.Chips) > 0, kept(f)
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

// kinds are the choices of which kind of calls is shown, with their addresses: nothing
// is to be chosen where there are calls alone.
func (v *visit) kinds(shown results.Kind, href func(results.Kind) string) ([]segment, error) {
	newest, err := v.Results.Newest(v.r.Context(), results.Conversations)
	if err != nil || newest.IsZero() && shown == results.Calls {
		return nil, err
	}
	var all []segment
	for _, k := range kindNames {
		all = append(all, segment{v.T(k.name), href(k.kind), k.kind == shown})
	}
	return all, nil
}

// mostWords is how many letters a row of the list has of what the customer says.
const mostWords = 90

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

// addWords adds to each row what the customer says first.
func (v *visit) addWords(p *callsPage, found results.Page) error {
	words, err := v.Results.Beginnings(v.r.Context(), found.Results, mostWords)
	if err != nil {
		return err
	}
	for i := range p.Rows {
		p.Rows[i].Words = words[p.Rows[i].ID]
	}
	return nil
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
	row.SaidBy, row.Undecided = int64(r.Review.Judged), r.Review.Label == ""
	if row.SaidBy > 0 && !row.Undecided {
		row.Said = v.valueText("said", r.Review.Label)
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
		points, err := v.counts(ctx, results.TrendQuery{Tasks: f.Tasks, Companies: f.Companies, Statuses: statuses, Kind: f.Kind, From: f.From, Until: f.Until, Step: results.Daily})
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
// more, in which a week ago there were some. Conversations come when somebody wants
// them, so that none is missed.
func (v *visit) lastCall(at time.Time, k results.Kind) (lastCall, error) {
	if at.IsZero() {
		return lastCall{}, nil
	}
	now := v.now()
	last := lastCall{At: at, Ago: v.ago(now.Sub(at))}
	from, until := at.Add(time.Hour).Truncate(time.Hour).AddDate(0, 0, -7), now.Truncate(time.Hour).AddDate(0, 0, -7)
	if !until.After(from) || k != results.Calls {
		return last, nil
	}
	points, err := v.counts(v.r.Context(), results.TrendQuery{Kind: k, From: from, Until: until})
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
