package dashboard

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/results"
)

// Bounds of what is taken from a query.
const (
	mostValues   = 300
	longestValue = 400
)

// The statuses in an address are those of package results, but for two.
const (
	// waiting is [results.Redacted] as people say it, answered is all others.
	waiting  = "waiting"
	answered = "answered"
)

// What an address says of what is so or not.
const (
	yes = "yes"
	no  = "no"
)

// Kinds of calls in an address: calls are meant where it says nothing.
const (
	kindConversations = "conversations"
	kindAll           = "all"
)

// kindNames are the names of kinds, in the order in which they are offered.
var kindNames = []struct {
	kind results.Kind
	name string
}{{results.Calls, text("calls")}, {results.Conversations, text("conversations of datasets")}, {"", text("both")}}

// kindQuery is a kind as an address has it.
func kindQuery(k results.Kind) string {
	switch k {
	case results.Calls:
		return ""
	case results.Conversations:
		return kindConversations
	}
	return kindAll
}

// kind reads which calls an address means: those that somebody made, or conversations
// of datasets that people look at as they do at calls.
func (v *visit) kind(q url.Values) (results.Kind, error) {
	for _, k := range kindNames {
		if q.Get("kind") == kindQuery(k.kind) {
			return k.kind, nil
		}
	}
	return "", bad(v.T("There is no such kind. Choose calls, conversations, or both."))
}

// answeredStatuses are those of calls that have their answer, whatever it is.
var answeredStatuses = []results.Status{
	pipeline.AnswerClassified, pipeline.AnswerUnsure, pipeline.AnswerInvalid, pipeline.AnswerEmpty, pipeline.AnswerFailed, results.NoSpeech,
}

// allStatuses are those of all calls.
var allStatuses = slices.Concat(answeredStatuses, []results.Status{results.Redacted, results.Rejected})

// named are the statuses of answers that have a confidence.
var named = []results.Status{pipeline.AnswerClassified, pipeline.AnswerUnsure}

// statusNames are the names of statuses.
var statusNames = map[results.Status]string{
	pipeline.AnswerClassified: text("classified"), pipeline.AnswerUnsure: text("unsure"), pipeline.AnswerInvalid: text("invalid"),
	pipeline.AnswerEmpty: text("empty"), pipeline.AnswerFailed: text("failed"), results.NoSpeech: text("no speech"),
	results.Redacted: text("waiting"), results.Rejected: text("given up"),
}

// statusMeans says in plain words what a status is.
var statusMeans = map[results.Status]string{
	pipeline.AnswerClassified: text("The model named a company and was sure enough of it."),
	pipeline.AnswerUnsure:     text("The model was less sure than its threshold asks for, so the company is Unknown."),
	pipeline.AnswerInvalid:    text("The model's answer was no company, twice, so the company is Unknown."),
	pipeline.AnswerEmpty:      text("Nothing was said that a model could be asked about."),
	pipeline.AnswerFailed:     text("The provider of the model gave no answer in all attempts."),
	results.NoSpeech:          text("Nobody says anything in the recording, so no model was asked."),
	results.Redacted:          text("The call is stored and waits for its answer."),
	results.Rejected:          text("The call was given up before it was answered. Somebody can replay it from the intake."),
}

// callsPath is the address of the calls that a filter means. It is the same for the
// same filter.
func callsPath(f results.Filter) string { return withQuery("/calls", queryOf(f)) }

func withQuery(path string, q url.Values) string {
	return (&url.URL{Path: path, RawQuery: q.Encode()}).String()
}

// queryOf writes a filter as [visit.filter] reads it.
func queryOf(f results.Filter) url.Values {
	q := url.Values{}
	set := func(name string, values []string) {
		if len(values) > 0 {
			values = slices.Sorted(slices.Values(values))
			q[name] = slices.Compact(values)
		}
	}
	set("task", f.Tasks)
	set("company", f.Companies)
	set("channel", f.Channels)
	set("language", f.Languages)
	set("model", f.Models)
	set("status", statusQuery(f.Statuses))
	for name, at := range map[string]time.Time{"from": f.From, "until": f.Until} {
		if !at.IsZero() {
			q.Set(name, at.UTC().Format(time.RFC3339Nano))
		}
	}
	for name, share := range map[string]*float64{"min": f.MinConfidence, "max": f.MaxConfidence} {
		if share != nil {
			q.Set(name, percentOf(*share))
		}
	}
	if f.Below != nil {
		q.Set("below", percentOf(*f.Below))
	}
	if kind := kindQuery(f.Kind); kind != "" {
		q.Set("kind", kind)
	}
	if words := strings.TrimSpace(f.Words); words != "" {
		q.Set("q", words)
	}
	set("said", f.JudgedLabels)
	set("reviewer", f.Reviewers)
	for name, is := range map[string]*bool{"judged": f.Reviewed, "sampled": f.Sampled, "right": f.Right, "disputed": only(f.Disputed), "settled": only(f.Settled), "named": only(f.Named), "against": only(f.Against)} {
		if is != nil {
			q.Set(name, map[bool]string{true: yes, false: no}[*is])
		}
	}
	if f.People > 0 {
		q.Set("people", strconv.Itoa(f.People))
	}
	return q
}

// only is nil unless it is so.
func only(is bool) *bool {
	if !is {
		return nil
	}
	return &is
}

// percentOf writes a share as a number of percent.
func percentOf(share float64) string {
	return strconv.FormatFloat(share*100, 'g', 12, 64)
}

func statusQuery(statuses []results.Status) []string {
	rest := []string{}
	all := true
	for _, s := range answeredStatuses {
		all = all && slices.Contains(statuses, s)
	}
	if all {
		rest = append(rest, answered)
	}
	for _, s := range statuses {
		switch {
		case s == results.Redacted:
			rest = append(rest, waiting)
		case !all || s == results.Rejected:
			rest = append(rest, string(s))
		}
	}
	return rest
}

// filter reads which calls an address means. Times without a zone are the reader's.
func (v *visit) filter(q url.Values) (f results.Filter, err error) {
	lists := map[string]*[]string{"task": &f.Tasks, "company": &f.Companies, "channel": &f.Channels, "language": &f.Languages, "model": &f.Models, "said": &f.JudgedLabels, "reviewer": &f.Reviewers}
	for name, values := range q {
		if len(values) > mostValues || slices.ContainsFunc(values, func(s string) bool { return len(s) > longestValue }) {
			return f, bad(v.T("The address has too many values, or too long ones. Open the list again."))
		}
		if list := lists[name]; list != nil {
			*list = slices.Compact(slices.Sorted(slices.Values(values)))
		}
	}
	if f.Statuses, err = v.statuses(q["status"]); err != nil {
		return f, err
	}
	if f.From, err = v.moment(q.Get("from"), false); err != nil {
		return f, err
	}
	if f.Until, err = v.moment(q.Get("until"), true); err != nil {
		return f, err
	}
	if !f.From.IsZero() && !f.Until.IsZero() && !f.Until.After(f.From) {
		return f, bad(v.T("The period ends before it begins; give an end after its beginning."))
	}
	if f.MinConfidence, err = v.share(q.Get("min")); err != nil {
		return f, err
	}
	if f.MaxConfidence, err = v.share(q.Get("max")); err != nil {
		return f, err
	}
	if f.Below, err = v.share(q.Get("below")); err != nil {
		return f, err
	}
	if f.Kind, err = v.kind(q); err != nil {
		return f, err
	}
	f.Words = strings.TrimSpace(q.Get("q"))
	return f, v.reviewFilter(q, &f)
}

// reviewFilter reads what an address says of people's judgements.
func (v *visit) reviewFilter(q url.Values, f *results.Filter) error {
	var disputed, settled, named, against *bool
	for name, is := range map[string]**bool{"judged": &f.Reviewed, "sampled": &f.Sampled, "right": &f.Right, "disputed": &disputed, "settled": &settled, "named": &named, "against": &against} {
		switch given := q.Get(name); given {
		case "":
		case yes, no:
			so := given == yes
			*is = &so
		default:
			return bad(v.T("The address has something else than yes or no where one of them is meant. Open the list again."))
		}
	}
	f.Disputed, f.Settled = disputed != nil && *disputed, settled != nil && *settled
	f.Named, f.Against = named != nil && *named, against != nil && *against
	if given := q.Get("people"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 0 || n > 1000 {
			return bad(v.T("The number of people is not one from 0 to 1000. Open the list again."))
		}
		f.People = n
	}
	return nil
}

// bad is a problem of a value that somebody gave, told in their language.
func bad(sentence string) error { return problem.Input("%s", sentence) }

func (v *visit) statuses(names []string) (all []results.Status, err error) {
	for _, name := range names {
		switch status := results.Status(name); {
		case name == answered:
			all = append(all, answeredStatuses...)
		case name == waiting:
			all = append(all, results.Redacted)
		case status == results.Rejected, slices.Contains(answeredStatuses, status):
			all = append(all, status)
		default:
			return nil, bad(v.T("There is no such status of calls. Choose one from the list."))
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(all))), nil
}

// moment reads a time. A day is the whole day: as the end of a period, it ends with
// it.
func (v *visit) moment(given string, end bool) (time.Time, error) {
	if given == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339Nano, given); err == nil {
		return at.UTC().Truncate(time.Microsecond), v.within(at)
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if at, err := time.ParseInLocation(layout, given, v.zone); err == nil {
			return at.UTC(), v.within(at)
		}
	}
	day, err := time.ParseInLocation(time.DateOnly, given, v.zone)
	if err != nil {
		return time.Time{}, v.noTime()
	}
	if end {
		day = day.AddDate(0, 0, 1)
	}
	return day.UTC(), v.within(day)
}

func (v *visit) noTime() error {
	return bad(v.T("That is no time. Write one like 2026-11-28T14:30, or a day like 2026-11-28."))
}

// within refuses years that a database cannot have.
func (v *visit) within(at time.Time) error {
	if at.Year() < 1970 || at.Year() > 9999 {
		return v.noTime()
	}
	return nil
}

func (v *visit) share(given string) (*float64, error) {
	if given == "" {
		return nil, nil
	}
	percent, err := strconv.ParseFloat(given, 64)
	if err != nil || !(percent >= 0 && percent <= 100) {
		return nil, bad(v.T("The confidence is not a number of percent from 0 to 100. Give one."))
	}
	share := percent / 100
	return &share, nil
}

// hourly tells that the counts by hour know how many calls a filter means.
func hourly(f results.Filter) bool {
	onHour := func(t time.Time) bool { return t.IsZero() || t.Equal(t.Truncate(time.Hour)) }
	judged := f.Reviewed != nil || f.Sampled != nil || f.Right != nil || f.Disputed || f.Settled || f.Against || f.People > 0 || len(f.JudgedLabels)+len(f.Reviewers) > 0
	return !judged && len(f.Channels)+len(f.Languages)+len(f.Models) == 0 && f.MinConfidence == nil && f.MaxConfidence == nil && f.Below == nil && !f.Named && f.Words == "" && onHour(f.From) && onHour(f.Until)
}
