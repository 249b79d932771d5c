package reports

import (
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"switchboard/internal/evaluate"
	"switchboard/internal/merge"
	"switchboard/internal/pipeline"
)

// Application is one application of a model, as output/report.html shows it to
// whoever wanted to know which companies the conversations are about.
type Application struct {
	merge.Summary
	// Origin is what the model was trained on; nil where it is not known.
	Origin *pipeline.Origin
	// Before is the task's application before this one, nil if there is none.
	Before *merge.Summary
	// Run names the workflow's run.
	Run string
}

//go:embed application.html.tmpl
var applicationText string

var applicationTemplate = newPage("application", applicationText)

// WriteApplication writes the page. The same application gives the same page.
func WriteApplication(w io.Writer, a Application) error {
	page := &applicationPage{Application: a}
	page.addOutcomes()
	page.addCompanies()
	page.addChanges()
	page.addBins()
	page.addDoubts()
	if err := applicationTemplate.Execute(w, page); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// mostCompanies is how many companies have a row at once; the others are a touch
// away.
const mostCompanies = 40

// applicationPage is an application with what the page says in other words.
type applicationPage struct {
	Application
	Outcomes          []outcomeRow
	Top, Rest         companyTable
	RestConversations int
	// Changed are the shares that changed by more than chance, the largest change
	// first.
	Changed []companyRow
	Bins    []binRow
	Doubts  []doubtRow
}

// companyTable is a table with a name for those who do not see it.
type companyTable struct {
	Label string
	Rows  []companyRow
}

// companyRow is a company beside what it was the last time.
type companyRow struct {
	merge.Company
	Was evaluate.Share
	// Change is in points; empty where there was no last time.
	Change string
	Beyond bool
	change float64
	Bar    bar
}

func (p *applicationPage) addCompanies() {
	most := evaluate.Share(0)
	for _, c := range p.Companies {
		most = max(most, c.Share.High)
	}
	rows := make([]companyRow, len(p.Companies))
	for i, c := range p.Companies {
		rows[i] = p.row(c)
		rows[i].Bar = barOf(c.Share, most, "blue")
	}
	n := min(len(rows), mostCompanies)
	p.Top, p.Rest = companyTable{"Largest companies", rows[:n]}, companyTable{"Other companies", rows[n:]}
	for _, r := range p.Rest.Rows {
		p.RestConversations += r.Conversations
	}
}

// RestShare is the share of the companies that have no row at once.
func (p *applicationPage) RestShare() evaluate.Share {
	return evaluate.ShareOf(int64(p.RestConversations), p.InShares())
}

func (p *applicationPage) row(c merge.Company) companyRow {
	r := companyRow{Company: c}
	if p.Before == nil {
		return r
	}
	was := p.Before.ShareOf(c.Name)
	change, known := evaluate.ChangeOf(was, c.Share)
	if !known {
		return r
	}
	r.Was, r.Change, r.Beyond, r.change = was.Value, points(change.Value), change.BeyondChance(), change.Value
	if was.Value == 0 {
		r.Change = "new"
	}
	return r
}

// points is a difference of shares in points of a percent.
func points(d float64) string {
	return strings.Replace(fmt.Sprintf("%+.1f", 100*d), "-", "−", 1)
}

// addChanges looks at all that has a share now or had one the last time.
func (p *applicationPage) addChanges() {
	if p.Before == nil {
		return
	}
	all := append(slices.Clone(p.Companies), p.Unknown)
	for _, c := range p.Before.Companies {
		if !slices.ContainsFunc(p.Companies, func(now merge.Company) bool { return now.Name == c.Name }) {
			all = append(all, merge.Company{Name: c.Name, Share: evaluate.NoneOf(p.InShares())})
		}
	}
	for _, c := range all {
		if r := p.row(c); r.Beyond {
			r.Change = points(r.change)
			p.Changed = append(p.Changed, r)
		}
	}
	slices.SortFunc(p.Changed, func(a, b companyRow) int {
		return cmp.Or(cmp.Compare(math.Abs(b.change), math.Abs(a.change)), cmp.Compare(a.Name, b.Name))
	})
}

// SameFile tells that the last time was of the same file.
func (p *applicationPage) SameFile() bool { return p.Before.DatasetSHA256 == p.DatasetSHA256 }

// OtherModel tells that another model answered the last time.
func (p *applicationPage) OtherModel() bool { return p.Before.Model != p.Model }
