package dashboard

import (
	"net/http"
	"slices"

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
