package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/browsertest"
	"switchboard/internal/results"
)

// person is somebody before the page, in a real browser.
type person struct {
	*testing.T
	th   *harness
	tab  *browsertest.Tab
	page string // its address
}

func (p *person) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatalf("%v\nstandalone said: %s", err, p.th.errors)
	}
}

func (p *person) open(path string) { p.Helper(); p.must(p.tab.Go(p.page + path)) }

// sees waits until the page shows all of some texts, and returns what it shows.
func (p *person) sees(texts ...string) (shown string) {
	p.Helper()
	for _, text := range texts {
		var err error
		shown, err = p.tab.Await(text)
		p.must(err)
	}
	return shown
}

func (p *person) clicks(selector string) { p.Helper(); p.must(p.tab.Click(selector)) }

func (p *person) fills(selector, text string) { p.Helper(); p.must(p.tab.Fill(selector, text)) }

// presses waits for the page's script, which hears the keys.
func (p *person) presses(keys string) {
	p.Helper()
	p.finds("the script", `document.readyState === "complete"`)
	p.must(p.tab.Press(keys))
}

// finds waits until a script is true.
func (p *person) finds(what, script string) {
	p.Helper()
	if err := p.tab.Until(script); err != nil {
		p.Fatalf("%s: %v\nstandalone said: %s", what, err, p.th.errors)
	}
}

func (p *person) path() string {
	p.Helper()
	path, err := p.tab.Path()
	p.must(err)
	return path
}

// number is what a script finds.
func (p *person) number(script string) int {
	p.Helper()
	n, err := browsertest.Value[int](p.tab, script)
	p.must(err)
	return n
}

// An administrator follows the link that the first start prints, and does what people
// do with the page: watches calls arrive, filters, opens one, corrects it by keyboard,
// takes that back, reviews ten in a row, sees the quality change, promotes a model and
// rolls back, sends a dead letter again, exports and erases.
func TestPeopleSeeJudgeAndCorrect(t *testing.T) {
	slow(t)
	tab, err := browsertest.Open(t.Context(), 1440)
	if err != nil {
		t.Skip(err)
	}
	defer tab.Close()
	th := newHarness(t)
	training, _ := tweets(t, th.dir, 600)
	addVague(t, training)
	th.open()
	first := th.run("finetune", "--dataset", training, "--precision", "0.85", "--watch")
	second := th.run("finetune", "--dataset", training, "--precision", "0.85", "--seed", "2", "--watch")
	compared := th.run("evaluate", "--run", first.WorkflowID, "--compare", "champion,"+second.FineTune.Model+",nobodys-model", "--watch")
	p := &person{t, th, tab, "http://127.0.0.1:" + th.ports[5]}

	// Nobody is let in without the link.
	p.open("/calls")
	p.sees("Name", "Password")
	p.looksAtLogin()
	p.fills("[name=name]", "ada")
	p.fills("[name=password]", "correct horse battery")
	p.fills("[name=again]", "correct horse battery")
	p.clicks("main button")
	p.sees("Overview", "ada")

	p.watchesCalls()
	p.reviews()
	p.seesQuality()
	p.seesWhichModel(compared)
	for _, width := range []int64{1440, 390} {
		p.must(tab.Resize(width))
		p.corrects()
		p.changesModels(first.FineTune.Model, second.FineTune.Model, width)
		p.replays()
		p.exports()
	}
	p.erases("call-0003")
	p.must(tab.Resize(1440))
	p.erases("call-0001")
	p.looksAtEverything(first, compared)
}

// vague is what customers of any company say, and its agents answer.
const vague = "hello there, could somebody please help me"

// addVague adds conversations to a training file that nobody could assign: a model that
// has seen them is unsure of what is like them.
func addVague(t *testing.T, file string) {
	t.Helper()
	var b strings.Builder
	companies := []string{"AcmeHelp", "BoltRail", "CirrusAir", "DromeBank", "EchoTel"}
	for i := range 200 {
		id := 10_000 + 2*i
		fmt.Fprintf(&b, "%d,%d,True,,\"@%s %s %d\",%d,\n", id, 5000+i, companies[i%5], vague, i, id+1)
		fmt.Fprintf(&b, "%d,%s,False,,\"@%d Hi, %s %d\",,%d\n", id+1, companies[i%5], 5000+i, vague, i, id)
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(b.String()); err != nil {
		t.Fatal(err)
	}
}

// unclear writes calls of which no model can be sure, one file each.
func unclear(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		event := fmt.Sprintf(`{"call_id":"unclear-%04d","channel":"phone","language":"en","turns":[{"side":"customer","text":"%s %d"}]}`, i, vague, i)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.json", i)), []byte(event), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (p *person) sends(dir string) {
	p.Helper()
	if code, out, errOut := p.th.starter("calls", "send", dir); code != 0 {
		p.Fatalf("exit code %d\n%s%s", code, out, errOut)
	}
}

// watchesCalls sees a bar that tells of new calls, and a list that does not move
// before it is asked to.
func (p *person) watchesCalls() {
	p.sends(events(p.T, 1))
	p.th.answered(1)
	p.open("/calls")
	p.sees("1 call", "AcmeHelp")
	p.sends(unclear(p.T, 40))
	p.finds("a bar with the new calls", `document.querySelector("[data-live] a").textContent.startsWith("40 ")`)
	if rows := p.number(`document.querySelectorAll("[data-rows] tbody tr, tbody[data-rows] tr").length`); rows != 1 {
		p.Errorf("%d rows are shown before somebody asks for them", rows)
	}
	p.clicks("[data-live] a")
	p.sees("41 calls")
	p.sends(events(p.T, 400))
	p.th.answered(440)
}

// corrects filters, opens a call with the keys, says what it is about, and takes it
// back.
func (p *person) corrects() {
	p.open("/calls?company=BoltRail")
	p.sees("80 calls")
	p.open("/calls?judged=no&q=train+platform")
	p.sees("BoltRail")
	p.presses("j")
	p.presses("\r")
	p.finds("the page of a call", `location.pathname.startsWith("/calls/call-")`)
	p.sees("train is late again", "Person")
	call := p.path()
	p.fills("form.correct [name=label]", "AcmeHelp")
	p.clicks("form.correct button")
	p.finds("the judgement", `document.querySelector("form[action^='/judgements/']")`)
	p.sees("What people say")
	p.presses("u")
	p.finds("no judgement that holds", `!document.querySelector("form[action^='/judgements/']")`)
	p.sees("taken back")
	if got := p.path(); got != call {
		p.Errorf("after taking it back the page is %s, not %s", got, call)
	}
}

// reviews answers ten calls in a row by keys, takes the last answer back and gives it
// again.
func (p *person) reviews() {
	p.open("/review")
	for n := 1; n <= 10; n++ {
		p.isAsked()
		p.presses("1")
		p.finds(fmt.Sprint(n, " judged"), fmt.Sprintf(`[...document.querySelectorAll(".strip dd")].at(-1).textContent === "%d"`, n))
	}
	p.isAsked()
	p.presses("u")
	p.finds("one less", `[...document.querySelectorAll(".strip dd")].at(-1).textContent === "9"`)
	p.isAsked()
	p.presses("1")
	p.finds("ten again", `[...document.querySelectorAll(".strip dd")].at(-1).textContent === "10"`)
}

// isAsked waits until a call is there to be judged, and keys are heard.
func (p *person) isAsked() {
	p.Helper()
	p.finds("a call to judge", `document.activeElement.id === "call"`)
}

// seesQuality judges what is left of the random sample, and sees it counted.
func (p *person) seesQuality() {
	p.open("/review")
	for p.number(`+document.querySelectorAll(".strip dd")[1].textContent`) > 0 {
		p.isAsked()
		judged := p.number(`+[...document.querySelectorAll(".strip dd")].at(-1).textContent`)
		p.presses("1")
		p.finds("one more", fmt.Sprintf(`[...document.querySelectorAll(".strip dd")].at(-1).textContent === "%d"`, judged+1))
	}
	sampled := true
	page, err := p.th.results().List(p.Context(), results.Filter{Sampled: &sampled}, "", 500)
	p.must(err)
	if len(page.Results) == 0 {
		p.Fatal("of 440 calls none is in the random sample")
	}
	p.open("/quality")
	p.sees(fmt.Sprintf("Of %d checked calls chosen at random", len(page.Results)))
}

// seesWhichModel finds the last comparison beside the models, and its run, which says
// the same.
func (p *person) seesWhichModel(compared report) {
	best := "is right most often"
	p.open("/models")
	p.sees("The last comparison", best, "nobodys-model", "The second model is asked about", "There is no model of that name, neither here nor at the provider.")
	p.clicks("a[href*='" + url.PathEscape(compared.WorkflowID) + "']:not([href*=report])")
	p.sees("Which model?", best, "nobodys-model")
	p.finds("a model that cannot be judged", `document.querySelectorAll("#compared ~ .scroll td[colspan]").length === 1`)
}

// changesModels promotes the second model, and goes back to the first, in a window of a
// width.
func (p *person) changesModels(first, second string, width int64) {
	better, worse := fmt.Sprintf("better on the phone, seen at %d", width), fmt.Sprintf("it was not, seen at %d", width)
	champion := func(want string) {
		p.Helper()
		p.open("/models?task=default")
		p.finds("the champion", fmt.Sprintf(`document.querySelector("dl.facts dd a").textContent.trim() === %q`, want))
	}
	champion(first)
	p.clicks(fmt.Sprintf(".scroll th a[href*=%q]", second[strings.LastIndexByte(second, ':')+1:]))
	p.sees("Make it the champion")
	p.fills("form[action='/models/change'] [name=why]", better)
	p.clicks("form[action='/models/change'] [value=promoted]")
	p.sees(better)
	champion(second)
	p.clicks("details summary")
	p.fills("form[action='/models/change'] [name=why]", worse)
	p.clicks("form[action='/models/change'] button")
	p.sees(worse)
	champion(first)
}

// replays sends a dead letter again, which comes back: nobody has mended it.
func (p *person) replays() {
	p.th.produce(`{"call_id": "broken", "turns": "none"}`)
	p.th.deadLetters(1)
	p.open("/intake")
	p.sees("Dead letters")
	p.clicks("tbody [name=id]")
	p.clicks("button[value=replay]")
	p.sees("dead letter is sent again")
}

// exports gets the calls of a company as CSV: one row a call.
func (p *person) exports() {
	p.open("/calls?company=BoltRail")
	rows, err := browsertest.Value[[]string](p.tab, `fetch(document.querySelector("a[download]").href).then(r => r.text()).then(t => t.trim().split(/\r?\n/))`)
	p.must(err)
	if len(rows) != 81 || !strings.Contains(rows[0], "call_id") {
		p.Errorf("the export has %d lines, want the names of the columns and 80 calls; it begins with %q", len(rows), rows[0])
	}
}

// erases a call: first it is told what would go, then it is gone.
func (p *person) erases(id string) {
	p.open("/admin/retention")
	p.fills("[name=ids]", id)
	p.clicks("section[aria-labelledby=by-id] button")
	p.sees("What would be erased", "Histories")
	if pictures := os.Getenv("SCREENSHOTS"); pictures != "" {
		p.must(p.tab.Picture(filepath.Join(pictures, "page-retention.png")))
	}
	if _, err := p.th.results().Get(p.Context(), id); err != nil {
		p.Errorf("before anybody is sure it is gone: %v", err)
	}
	p.clicks("[name=sure]")
	p.clicks("[value=erase]")
	p.sees("What was erased")
	p.open("/calls/" + id)
	p.sees("no such call")
}

// view is a page, and a text that it shows.
type view struct{ name, path, shows string }

// everything is each view, with what shows that it is there.
var everything = []view{
	{"overview", "/", "Overview"}, {"calls", "/calls", "calls"}, {"call", "/calls/call-0002", "What was said"}, {"review", "/review", "Review"},
	{"why", "/calls/call-0002/why", "Why this answer?"}, {"nothing", "/calls/none", "no such call"}, {"empty", "/calls?company=Nobody", "No call fits."},
	{"quality", "/quality", "Quality"}, {"models", "/models", "Champion"}, {"runs", "/runs", "fine-tuning"}, {"intake", "/intake", "Partitions"},
	{"users", "/admin/users", "ada"}, {"keys", "/admin/keys", "Add a key"}, {"audit", "/admin/audit", "ada"}, {"retention", "/admin/retention", "Erase"}, {"account", "/account", "Language"},
}

// looksAtEverything opens each view at a desk and on a phone, light and dark, and
// without scripts: nothing keeps anybody from using it. With SCREENSHOTS=folder, what
// is seen goes there.
func (p *person) looksAtEverything(tuned, compared report) {
	pictures := os.Getenv("SCREENSHOTS")
	p.th.unjudged()
	views := append(slices.Clone(everything),
		view{"model", "/models/" + url.PathEscape(tuned.FineTune.Model) + "?task=default", "Threshold"},
		view{"run", "/runs/" + url.PathEscape(tuned.WorkflowID), "Stages"},
		view{"comparison", "/runs/" + url.PathEscape(compared.WorkflowID), "Which model?"})
	for _, width := range []int64{1440, 390} {
		p.must(p.tab.Resize(width))
		for _, dark := range []bool{false, true} {
			p.must(p.tab.Dark(dark))
			for _, view := range views {
				p.open(view.path)
				p.sees(view.shows)
				name := fmt.Sprintf("page-%s-%d", view.name, width)
				if dark {
					name += "-dark"
				}
				if pictures != "" {
					p.must(p.tab.Picture(filepath.Join(pictures, name+".png")))
				}
				p.keepsNobodyOut(name)
				p.fits(name)
			}
		}
	}
	p.readsGerman(views, pictures)
	p.must(p.tab.Scripts(false))
	for _, view := range views {
		p.open(view.path)
		p.sees(view.shows)
	}
}

// looksAtLogin looks at the pages that are seen before a login, and stays at the one on
// which the first administrator chooses a name.
func (p *person) looksAtLogin() {
	for _, address := range []string{p.page + "/login", p.th.welcome} {
		for _, width := range []int64{390, 1440} {
			p.must(p.tab.Resize(width))
			for _, dark := range []bool{true, false} {
				p.must(p.tab.Dark(dark))
				p.must(p.tab.Go(address))
				p.sees("Password")
				p.keepsNobodyOut("login")
				p.fits("login")
			}
		}
	}
}

// keepsNobodyOut lets axe-core look for what keeps people from using a page.
func (p *person) keepsNobodyOut(name string) {
	p.Helper()
	axe, err := browsertest.Axe(p.Context())
	if errors.Is(err, browsertest.ErrNoAxe) {
		p.Log(err)
		return
	}
	p.must(err)
	_, err = browsertest.Value[bool](p.tab, axe+"; true")
	p.must(err)
	wrong, err := browsertest.Value[[]string](p.tab, browsertest.RunAxe)
	p.must(err)
	slices.Sort(wrong)
	for _, w := range slices.Compact(wrong) {
		p.Errorf("%s: %s", name, w)
	}
}

// fits looks whether a view is as wide as the window.
func (p *person) fits(name string) {
	p.Helper()
	if wide := p.number(`document.documentElement.scrollWidth - innerWidth`); wide > 0 {
		p.Errorf("%s is %d pixels wider than the window", name, wide)
	}
}

// readsGerman opens each view in German, whose words are longer, and goes back to English.
func (p *person) readsGerman(views []view, pictures string) {
	p.speaks("de")
	for _, width := range []int64{1440, 390} {
		p.must(p.tab.Resize(width))
		for _, view := range views {
			p.open(view.path)
			p.finds(view.name+" in German", `document.readyState === "complete" && document.documentElement.lang === "de"`)
			name := fmt.Sprintf("page-%s-%d-de", view.name, width)
			if pictures != "" {
				p.must(p.tab.Picture(filepath.Join(pictures, name+".png")))
			}
			p.fits(name)
		}
	}
	p.speaks("en")
}

// speaks chooses the language of the account.
func (p *person) speaks(language string) {
	p.Helper()
	p.open("/account")
	p.finds("the form of the language", fmt.Sprintf(`document.querySelector("form[action='/account/language'] [name=language]").value = %q, true`, language))
	p.clicks("form[action='/account/language'] button")
	p.finds("the language", fmt.Sprintf(`document.documentElement.lang === %q`, language))
}

// unjudged brings a call to the queue, so that there is one to look at.
func (th *harness) unjudged() {
	th.t.Helper()
	event := `{"call_id":"unclear-9999","channel":"phone","language":"en","turns":[{"side":"customer","text":"` + vague + `"}]}`
	th.produce(event)
}
