package dashboard

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"switchboard/internal/problem"
	"switchboard/internal/results"
)

// judgedQuery writes what a filter says about people's judgements, as
// [visit.judgedFilter] reads it.
func judgedQuery(q url.Values, f results.Filter) {
	for name, yes := range map[string]*bool{"judged": f.Reviewed, "sample": f.Sampled, "right": f.Right} {
		if yes != nil {
			q.Set(name, map[bool]string{true: "yes", false: "no"}[*yes])
		}
	}
	for name, values := range map[string][]string{"label": f.JudgedLabels, "reviewer": f.Reviewers} {
		if len(values) > 0 {
			q[name] = slices.Compact(slices.Sorted(slices.Values(values)))
		}
	}
	for name, yes := range map[string]bool{"disputed": f.Disputed, "against": f.Against} {
		if yes {
			q.Set(name, "yes")
		}
	}
	if f.People > 0 {
		q.Set("people", strconv.Itoa(f.People))
	}
}

// judgedFilter reads what an address says about people's judgements.
func (v *visit) judgedFilter(q url.Values, f *results.Filter) error {
	for name, field := range map[string]**bool{"judged": &f.Reviewed, "sample": &f.Sampled, "right": &f.Right} {
		switch given := q.Get(name); given {
		case "":
		case "yes", "no":
			yes := given == "yes"
			*field = &yes
		default:
			return v.noChoice(name)
		}
	}
	for name, field := range map[string]*bool{"disputed": &f.Disputed, "against": &f.Against} {
		switch q.Get(name) {
		case "", "no":
		case "yes":
			*field = true
		default:
			return v.noChoice(name)
		}
	}
	for name, field := range map[string]*[]string{"label": &f.JudgedLabels, "reviewer": &f.Reviewers} {
		*field = slices.Compact(slices.Sorted(slices.Values(q[name])))
	}
	if given := q.Get("people"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 0 || n > 100 {
			return v.noChoice("people")
		}
		f.People = n
	}
	return nil
}

func (v *visit) noChoice(name string) error {
	return problem.Input("%s", v.T("The address has a value of %q that means nothing; choose one of the list.", name))
}

// callsLink is the address of the calls that a filter means.
func callsLink(f results.Filter) string {
	q := url.Values{}
	judgedQuery(q, f)
	for name, values := range map[string][]string{"task": f.Tasks, "company": f.Companies, "model": f.Models} {
		if len(values) > 0 {
			q[name] = values
		}
	}
	for name, at := range map[string]time.Time{"from": f.From, "until": f.Until} {
		if !at.IsZero() {
			q.Set(name, at.UTC().Format(time.RFC3339Nano))
		}
	}
	for name, share := range map[string]*float64{"min": f.MinConfidence, "max": f.MaxConfidence} {
		if share != nil {
			q.Set(name, strconv.FormatFloat(*share*100, 'g', 12, 64))
		}
	}
	return (&url.URL{Path: "/calls", RawQuery: q.Encode()}).String()
}
