package dashboard

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/request"
	"switchboard/internal/retrain"
)

// elsewhere are the files of other packages whose problems a page may have to show, and
// the names of the functions in them that make sentences which are kept and shown.
var elsewhere = []struct {
	files string
	// but are files that say something at the start of a program only.
	but string
	// problems tells that what is a problem there is shown, functions which sentences
	// are kept.
	problems  bool
	functions []string
}{
	{files: "../account/*.go", but: "openid.go", problems: true},
	{files: "../callkey/*.go", problems: true},
	{files: "../results/*.go", problems: true},
	{files: "../runs/*.go", problems: true},
	{files: "../request/*.go", problems: true, functions: []string{"Failure", "step"}},
	{files: "../database/models.go", problems: true, functions: []string{"Register", "judged"}},
	{files: "../database/names.go", problems: true},
	{files: "../pipeline/erase_calls.go", problems: true},
	{files: "../pipeline/model.go", problems: true, functions: []string{"Unfit"}},
	{files: "../pipeline/retrain.go", functions: []string{"Reached", "Why"}},
	{files: "../pipeline/turns.go", functions: []string{"Unlike", "Words"}},
	{files: "../evaluate/compare.go", functions: []string{"Promotes", "some"}},
	{files: "../evaluate/practice.go", functions: []string{"Warnings", "unlike"}},
	{files: "../merge/counts.go", functions: []string{"Warnings", "conversations", "commonestError"}},
	{files: "../provider/dialect.go", functions: []string{"Sentence"}},
	{files: "../../activities/merge_output.go", functions: []string{"MergeOutput"}},
	{files: "../retrain/*.go", functions: []string{"Hear", "Meet", "some", "Conclude"}},
	{files: "../../workflows/retrain.go", problems: true, functions: []string{"compare", "approve", "asks"}},
	{files: "../../activities/calls.go", problems: true},
	{files: "../../activities/change_model.go", problems: true},
	{files: "../../activities/compare_models.go", functions: []string{"CompareModels"}},
	{files: "../../activities/erase_calls.go", problems: true},
	{files: "../../activities/explain.go", problems: true},
	{files: "../../activities/check_provider.go", problems: true},
	{files: "../../activities/read_report.go", problems: true},
	{files: "../../activities/resolve_model.go", problems: true},
	{files: "*.go", but: "running.go foreign.go", problems: true},
}

// problemMakers are the functions that make one, and which of their arguments is the
// sentence.
var problemMakers = map[string]int{"Input": 0, "New": 1, "badInput": 0, "refused": 0}

// madeElsewhere returns the sentences of other packages, and where they are: those of
// problems whole, of others the literals that they are made of.
func madeElsewhere(t *testing.T) (whole, parts map[string]string) {
	t.Helper()
	whole, parts = map[string]string{}, map[string]string{}
	for _, e := range elsewhere {
		names, err := filepath.Glob(e.files)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: no file, %v", e.files, err)
		}
		found := map[string]bool{}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") || slices.Contains(strings.Fields(e.but), filepath.Base(name)) {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				if e.problems {
					collectProblems(d, name, whole)
				}
				if f, ok := d.(*ast.FuncDecl); ok && slices.Contains(e.functions, f.Name.Name) {
					found[f.Name.Name] = true
					collectTexts(f, name, parts)
				}
			}
		}
		for _, f := range e.functions {
			if !found[f] {
				t.Errorf("%s: the function %s that says something is gone", e.files, f)
			}
		}
	}
	return whole, parts
}

// collectProblems collects the sentences of problems. One that is only "%s" or "%w" is
// somebody else's.
func collectProblems(in ast.Node, name string, into map[string]string) {
	ast.Inspect(in, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		made := ""
		switch f := call.Fun.(type) {
		case *ast.Ident:
			made = f.Name
		case *ast.SelectorExpr:
			if of, ok := f.X.(*ast.Ident); ok && of.Name == "problem" {
				made = f.Sel.Name
			}
		}
		at, ok := problemMakers[made]
		if !ok || len(call.Args) <= at {
			return true
		}
		if text, ok := literal(call.Args[at]); ok && len(text) > 2 {
			into[text] = name
		}
		return true
	})
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}

// collectTexts collects what a function says: its literals with blanks in them, but for
// those of errors and names of steps.
func collectTexts(f *ast.FuncDecl, name string, into map[string]string) {
	ast.Inspect(f, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if of, ok := call.Fun.(*ast.SelectorExpr); ok && of.Sel.Name == "Errorf" && name != "../request/failure.go" {
				return false
			}
			if of, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains([]string{"Row", "Exec", "exec"}, of.Sel.Name) {
				return false
			}
			if of, ok := call.Fun.(*ast.Ident); ok && slices.Contains([]string{"ask", "bulk", "quick"}, of.Name) {
				return false
			}
		}
		if e, ok := n.(ast.Expr); ok {
			if text, ok := literal(e); ok && strings.Count(strings.TrimSpace(text), " ") > 0 {
				into[text] = name
			}
		}
		return true
	})
}

func TestWhatOtherPackagesSayHasItsText(t *testing.T) {
	whole, parts := madeElsewhere(t)
	if len(whole) < 50 || len(parts) < 30 {
		t.Fatalf("only %d problems and %d other sentences were found", len(whole), len(parts))
	}
	known := map[string]bool{}
	for _, s := range sentences {
		if known[s.says] {
			t.Errorf("%q is there twice", s.says)
		}
		known[s.says] = true
	}
	for text, file := range whole {
		if !known[text] {
			t.Errorf("%s says %q, and the page knows no text for it", file, text)
		}
	}
	for text, file := range parts {
		for _, part := range verb.Split(text, -1) { // what the verbs stand for may be written out
			part = strings.Trim(part, " :;,(")
			if !slices.ContainsFunc(sentences, func(s sentence) bool { return strings.Contains(strings.ReplaceAll(s.says, "%%", "%"), part) }) {
				t.Errorf("%s says %q, and the page knows no text with it", file, text)
			}
		}
	}
}

// Every code for which a call has no answer, or was given up, has words.
func TestReasonsOfCallsHaveWords(t *testing.T) {
	codes := regexp.MustCompile(`Reason(?: +Reason)? = "([a-z_-]+)"`)
	for file, texts := range map[string]map[string]string{"../provider/errors.go": answerTexts, "../call/parse.go": reasonTexts} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := codes.FindAllStringSubmatch(string(content), -1)
		if len(found) < 8 {
			t.Fatalf("%s: only %d codes were found", file, len(found))
		}
		for _, m := range found {
			if texts[m[1]] == "" {
				t.Errorf("%s: %q has no words", file, m[1])
			}
		}
	}
	p := &page{visit: &visit{lang: german}}
	for code, want := range map[string]string{"timeout": "keine Antwort in der Zeit", pipeline.ConnectionFailure: "der Anbieter war nicht zu erreichen", "gave-up": "nach vielen Versuchen aufgegeben", "new": "new"} {
		if got := p.Because(code); got != want {
			t.Errorf("%s is said as %q, want %q", code, got, want)
		}
	}
}

var place = regexp.MustCompile(`\{\d\}`)

// A text in whatever language has only values that its sentence has.
func TestSentencesPutInTheSameValues(t *testing.T) {
	places := func(text string) []string {
		all := place.FindAllString(text, -1)
		slices.Sort(all)
		return slices.Compact(all)
	}
	for _, s := range sentences {
		if !slices.Equal(places(s.page), places(german.texts[s.page])) {
			t.Errorf("%q and its German put in different values", s.page)
		}
		for _, p := range places(s.page) {
			if n, _ := strconv.Atoi(p[1:2]); n < 1 || n > len(s.verbs) {
				t.Errorf("%q has no value %s", s.says, p)
			}
		}
	}
}

// Who reads a page has no terminal.
func TestNoPageSpeaksOfTheTerminal(t *testing.T) {
	terminal := regexp.MustCompile("`|\\bstarter \\b|\\bgo run\\b|(^|\\s)--[a-z]|\\b[A-Z]{3,}_[A-Z_]+\\b|\\bstandalone\\b")
	for text, translated := range german.texts {
		if terminal.MatchString(text) || terminal.MatchString(translated) {
			t.Errorf("%q speaks of the terminal", text)
		}
	}
}

// Every sentence as it is really made, in both languages.
func TestSentencesAsTheyAreMade(t *testing.T) {
	answers := func(n, wrongEvery int) (list []evaluate.Answer) {
		for i := range n {
			a := evaluate.Answer{Thread: int64(i), Truth: []string{"Acme", "Bolt"}[i%2]}
			if a.Company = a.Truth; i%wrongEvery == 0 {
				a.Company = "Neither"
			}
			list = append(list, a)
		}
		return list
	}
	judged := func(champion, challenger, heldChampion, heldChallenger, companies int) string {
		j, err := retrain.Judge("old", "new", answers(1000, champion), answers(1000, challenger), evaluate.Rule{MaxFall: 0.05, MinExamples: 20}, 1)
		if err != nil {
			t.Fatal(err)
		}
		j.Meet(companies)
		held, err := evaluate.Compare(answers(200, heldChampion), answers(200, heldChallenger), 1)
		if err != nil {
			t.Fatal(err)
		}
		j.Hear(held)
		return j.Reason
	}
	news := pipeline.RetrainNews{Rows: 1200, Corrections: 3, Drift: 0.0421, ConfidenceDrift: 0.4}
	reached := func(w pipeline.RetrainWhen) string { _, reason := w.Reached(news); return reason }
	_, overtaken := retrain.Conclude(retrain.Overtaken, "")
	aside := pipeline.SetAside{Calls: 12, Accounts: []string{"person-1", "person-2"}}
	for _, said := range []struct{ made, english, german string }{
		{judged(5, 21, 21, 2, 0), "Worse than the champion, beyond chance, on calls that people judged: 50.0% against 95.0% of 200", "schlechter als der Champion: 50,0% gegen 95,0% von 200 zurückgehaltenen Anrufen"},
		{judged(5, 21, 5, 5, 0), "no company falls: 95.2% against 80.0% of 1,000 test conversations", "keine Firma fällt: 95,2% gegen 80,0% von 1.000 Unterhaltungen"},
		{judged(5, 5, 2, 21, 0), "A person is to weigh that. On the test set: Not better than the champion", "Das soll jemand abwägen. Auf der Testmenge: Nicht mehr als zufällig besser"},
		{judged(5, 5, 5, 5, 2), "it knows 2 companies that the champion does not know", "kennt es 2 Firmen, die der Champion nicht kennt"},
		{reached(pipeline.RetrainWhen{Always: true}), "Trained in any case: 1,200 new rows, 3 new corrections, and a drift of 0.042", "Auf jeden Fall trainiert: 1.200 neue Zeilen, 3 neue Korrekturen und eine Verschiebung der Firmen um 0,042"},
		{reached(pipeline.RetrainWhen{NewRows: 1000, NewCorrections: 9, Drift: 1}), "0.400 of the confidence: 1,000 rows are enough.", "0,400: 1.000 Zeilen sind genug."},
		{reached(pipeline.RetrainWhen{NewRows: 5000, NewCorrections: 2, Drift: 1}), "2 corrections are enough.", "2 Korrekturen sind genug."},
		{reached(pipeline.RetrainWhen{NewRows: 5000, NewCorrections: 9, Drift: 0.25}), "a drift of 0.25 is enough, and the confidence has it.", "Eine Verschiebung um 0,25 ist genug, und die Sicherheit hat sie."},
		{reached(pipeline.RetrainWhen{NewRows: 5000, NewCorrections: 9, Drift: 0.04}), "a drift of 0.04 is enough.", "Eine Verschiebung um 0,04 ist genug."},
		{reached(pipeline.RetrainWhen{NewRows: 5000, NewCorrections: 9, Drift: 0.5}), "Too little to learn from:", "5.000, 9 oder 0,5 wären genug."},
		{overtaken, "Retrain again.", "Trainieren Sie noch einmal nach."},
		{aside.Why() + ": " + judged(5, 21, 5, 5, 0), "what 2 accounts said of 12 calls goes against sure answers and was set aside (person-1, person-2). Better than", "was 2 Konten zu 12 Anrufen gesagt haben, widerspricht sicheren Antworten und wurde beiseitegelegt (person-1, person-2). Mehr als zufällig besser"},
		{"I looked at them (" + judged(5, 5, 5, 5, 1) + ")", "I looked at them (From calls that people judged it knows 1 company", "I looked at them (Aus Anrufen, die Menschen beurteilt haben, kennt es 1 Firma"},
		{fmt.Sprintf("nobody approved it within %s: %s", 72*time.Hour, judged(5, 21, 5, 5, 0)), "Nobody approved it within 72h. Better", "Niemand hat innerhalb von 72h zugestimmt. Mehr"},
		{"it was rejected: not now (or ever)", "It was rejected: not now (or ever)", "Abgelehnt: not now (or ever)"},
		{pipeline.Model{TestCoverage: 1, TestAccuracy: 0.4, MajorityAccuracy: 0.5}.Unfit(), "40.0% right against 50.0%.", "40,0% richtig gegen 50,0%."},
		{"run fast", "run fast", "run fast"},
		{"what a person wrote (in brackets)", "what a person wrote (in brackets)", "what a person wrote (in brackets)"},
	} {
		if got := (&visit{lang: english}).said(said.made); !strings.Contains(got, said.english) && !strings.Contains(strings.ToLower(got), strings.ToLower(said.english)) {
			t.Errorf("%q is said as %q, want %q", said.made, got, said.english)
		}
		if got := (&visit{lang: german}).said(said.made); !strings.Contains(got, said.german) {
			t.Errorf("%q is said in German as %q, want %q", said.made, got, said.german)
		}
	}
}

// What is known of a problem is said in the reader's language; of any other its kind
// is, with what the programs say.
func TestProblemsAreTold(t *testing.T) {
	w := newWorld(t)
	v := &visit{Server: w.dashboard, lang: german}
	admin, ctx := w.people[account.Admin], t.Context()
	_, taken := w.accounts.Create(ctx, account.NewUser{Name: "the-viewer", Password: testPassword, Role: account.Viewer})
	_, short := w.accounts.Create(ctx, account.NewUser{Name: "x", Password: "short", Role: account.Viewer})
	_, easy := w.accounts.Create(ctx, account.NewUser{Name: "x", Password: "switchboard1", Role: account.Viewer})
	_, model := w.base.Task("none").Champion(ctx)
	for _, err := range []error{taken, short, easy, model, w.accounts.Disable(ctx, admin, admin.ID), pipeline.CheckTask("A b"), fmt.Errorf("doing: %w", short)} {
		var told *toldProblem
		if !errors.As(v.tell(err), &told) || told.program != "" || told.text == sentenceOf(err.Error()) {
			t.Errorf("%v is told as %+v", err, told)
		}
		if kind, _ := problem.KindOf(v.tell(err)); kind != problem.BadInput {
			t.Errorf("%v becomes one of kind %q", err, kind)
		}
	}
	for _, kind := range []problem.Kind{problem.BadInput, problem.Environment, problem.Refused} {
		var told *toldProblem
		if !errors.As(v.tell(problem.New(kind, "the disk %s is full; set DISK", "x")), &told) || told.program != "The disk x is full; set DISK." || told.text == problemTexts[kind] || told.text == "" {
			t.Errorf("%s is told as %+v", kind, told)
		}
	}
	for kind, status := range map[problem.Kind]int{problem.BadInput: http.StatusBadRequest, problem.Environment: http.StatusServiceUnavailable} {
		rec := httptest.NewRecorder()
		asking := w.dashboard.visit(rec, httptest.NewRequestWithContext(ctx, http.MethodGet, "/models", nil))
		asking.fail(asking.answered(problem.New(kind, "the disk is full; set DISK")))
		answer{status: rec.Code, body: rec.Body.String()}.says(t, status, html.EscapeString(problemTexts[kind]), `<p lang="en">The disk is full; set DISK.</p>`)
	}
	if text, program := v.failure(request.Failure(errors.New("status 500"))); text != "Der Lauf ist aus einem Grund gescheitert, den diese Seite nicht kennt." || program != "Status 500." {
		t.Errorf("a failure is %q, %q", text, program)
	}
	german := w.as(account.Admin)
	german.post("/account/language", "language", "de")
	german.get("/models/nothing?task=A+b").says(t, http.StatusBadRequest, "Diese Aufgabe gibt es nicht.")
	german.post("/account/password", "old", testPassword, "password", "password1234", "again", "password1234").says(t, http.StatusBadRequest, "Das Passwort ist zu leicht zu erraten.")
}
