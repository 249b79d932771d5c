package privacy

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"switchboard/internal/anonymize"
)

// sampleCall is a call of the sample, whose company is known.
type sampleCall struct {
	ID       string `json:"call_id"`
	Language string `json:"language"`
	Turns    []struct{ Side, Text string }
	company  string
	names    map[int][]Label
}

const sampleDir = "../../datasets/sample/"

// sampleCalls are those with turns.
func sampleCalls(t *testing.T) (calls []*sampleCall) {
	t.Helper()
	files, err := filepath.Glob(sampleDir + "calls/*.json")
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]*sampleCall{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := &sampleCall{names: map[int][]Label{}}
		if err := json.Unmarshal(text, c); err != nil {
			t.Fatal(err)
		}
		if byID[c.ID] = c; len(c.Turns) > 0 {
			calls = append(calls, c)
		}
	}
	for _, row := range table(t, "calls-key.csv") {
		byID[row[0]].company = row[1]
	}
	for _, row := range table(t, "calls-names.csv") {
		n := numbers(t, row[1:4])
		byID[row[0]].names[n[0]] = append(byID[row[0]].names[n[0]], Label{Start: n[1], End: n[2], Kind: row[4]})
	}
	return calls
}

func table(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(sampleDir + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func numbers(t *testing.T, cells []string) (all []int) {
	t.Helper()
	for _, cell := range cells {
		n, err := strconv.Atoi(cell)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}

// brands are the forms in which each company of the sample is named, as a pattern.
func brands(t *testing.T) map[string]*regexp.Regexp {
	t.Helper()
	files, err := filepath.Glob("../sample/grammar/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]*regexp.Regexp{}
	rule := regexp.MustCompile(`(?m)^@(\w+)/brand:\n(.*)$`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range rule.FindAllStringSubmatch(string(text), -1) {
			var forms []string
			for form := range strings.SplitSeq(m[2], "|") {
				form = regexp.QuoteMeta(strings.TrimSpace(form))
				forms = append(forms, form, strings.ReplaceAll(form, " ", ""), strings.ReplaceAll(form, " & ", " and "))
			}
			slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
			of[m[1]] = regexp.MustCompile(`(?i)\b(` + strings.Join(forms, "|") + `)\b`)
		}
	}
	return of
}

// kept counts how many of the places of a text no span touches.
func kept(places [][]int, spans []anonymize.Span) (n int) {
	for _, p := range places {
		if !slices.ContainsFunc(spans, func(sp anonymize.Span) bool { return max(sp.Start, p[0]) < min(sp.End, p[1]) }) {
			n++
		}
	}
	return n
}

// spoken is the language of a call; an event need not tell it.
func (c *sampleCall) spoken() string {
	german := regexp.MustCompile(`(?i)\b(sie|ich|wie)\b`)
	for _, turn := range c.Turns {
		if c.Language == "" && german.MatchString(turn.Text) {
			return "de"
		}
	}
	return cmp.Or(c.Language, "en")
}

// companyFigures count where companies are named in the first turn and elsewhere, and
// personal details, and how many of the former stay and of the latter go.
type companyFigures struct{ opening, openings, elsewhere, mentions, gone, names int }

// count adds turn i of a call, whose company is named as the pattern says, nil for none.
func (f *companyFigures) count(t *testing.T, c *sampleCall, i int, named *regexp.Regexp, r anonymize.Result) {
	t.Helper()
	said := c.Turns[i].Text
	if named != nil {
		places := named.FindAllStringIndex(said, -1)
		n := kept(places, r.Spans)
		if i == 0 {
			f.opening, f.openings = f.opening+n, f.openings+len(places)
		} else {
			f.elsewhere, f.mentions = f.elsewhere+n, f.mentions+len(places)
		}
		if n < len(places) && os.Getenv("CALLS_SHOW") != "" {
			t.Logf("%s %d: %q became %q", c.ID, i, said, r.Text)
		}
	}
	for _, l := range c.names[i] {
		f.names++
		if isCovered(said, l, r.Spans) {
			f.gone++
		}
	}
}

// Whom a call is for is said in its first words, which are full of names: what is the
// company's stays, and what is a person's goes.
func TestCompaniesStayAndNamesGo(t *testing.T) {
	a, of := shippedAnonymizer(t), brands(t)
	by := map[string]*companyFigures{"en": {}, "de": {}}
	for _, c := range sampleCalls(t) {
		turns := make([]anonymize.Turn, len(c.Turns))
		for i, turn := range c.Turns {
			turns[i] = anonymize.Turn{Side: turn.Side, Text: turn.Text}
		}
		results, err := a.Calls(t.Context(), [][]anonymize.Turn{turns})
		if err != nil {
			t.Fatal(err)
		}
		f := by[c.spoken()]
		for i, r := range results[0] {
			f.count(t, c, i, of[c.company], r)
		}
	}
	for language, f := range by {
		t.Logf("%s: of companies %d of %d stay in the first words and %d of %d elsewhere; of details %d of %d go", language, f.opening, f.openings, f.elsewhere, f.mentions, f.gone, f.names)
		if f.openings < 50 || f.opening*100 < 98*f.openings || f.elsewhere*100 < 90*f.mentions || f.gone*100 < 97*f.names {
			t.Errorf("%s: less than 98%% of companies in the first words stay, or 90%% elsewhere, or less than 97%% of details go", language)
		}
	}
}
