package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"switchboard/internal/anonymize"
	"switchboard/internal/config"
	"switchboard/internal/evaluate"
	"switchboard/internal/privacy"
	"switchboard/internal/problem"
	tweettext "switchboard/internal/text"
	"switchboard/internal/tweet"
)

// scanFlags are the flags of scan.
type scanFlags struct {
	show      bool
	limit     int
	labelled  string
	errors    bool
	failUnder float64
}

func (a *app) scanCommand() *cobra.Command {
	var f scanFlags
	cmd := &cobra.Command{
		Use:   "scan [FILE]",
		Short: "Tell what the anonymizer replaces in a file, or how well it does",
		Long: `Tell what the anonymizer replaces in a file, or how well it does.

The file is a CSV (also .csv.gz, .csv.zst) with the columns tweet_id, text and a
reply column, as for finetune and apply. The anonymizer is the one that a worker
with this environment has (SWITCHBOARD_NER_MODEL, SWITCHBOARD_ALLOW_NAMES,
SWITCHBOARD_DENY_NAMES). Everything happens here, without Temporal, worker or
provider, and no text is printed unless --show asks for it.

With --evaluate it measures on texts that somebody has labelled, one JSON object
a line: {"text": "Hi Liz", "spans": [{"start": 3, "end": 6, "kind": "Person"}]}.
Offsets are bytes of the text as it stands in the file, end exclusive; the kinds
are Person, Initials, Email, Phone, Card, Iban and Booking. A line may have the
"id" of a tweet in FILE in place of the text, a "thread" that texts share, and a
"sha256" of the text, its first 16 digits.`,
		Example: `  # what would be replaced, and ten examples
  starter scan tweets.csv --show --limit 10

  # recall, precision and leak rate, and where the leaks are
  starter scan --evaluate labelled.jsonl tweets.csv --errors

  # a check in CI
  starter scan --evaluate labelled.jsonl --fail-under 0.95`,
		Args: maybeOneArg("file"),
		RunE: a.do(func(ctx context.Context, cmd *cobra.Command, args []string) (view, error) {
			if err := f.validate(cmd, args); err != nil {
				return nil, err
			}
			cfg, err := config.Load(a.getenv)
			if err != nil {
				return nil, err
			}
			anonymizer, err := privacy.Open(ctx, cfg)
			if err != nil {
				return nil, err
			}
			if f.labelled != "" {
				return a.evaluateLabelled(ctx, anonymizer, f, args)
			}
			return a.scanFile(ctx, anonymizer, f, args[0])
		}),
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.show, "show", false, "print texts that are changed, PERSONAL DATA included; with --evaluate the texts of --errors")
	flags.IntVar(&f.limit, "limit", 20, "most texts that --show prints of a file")
	flags.StringVar(&f.labelled, "evaluate", "", "`file` of labelled texts to measure on")
	flags.BoolVar(&f.errors, "errors", false, "with --evaluate: list what leaked and what was replaced needlessly")
	flags.Float64Var(&f.failUnder, "fail-under", 0, "with --evaluate: exit with 1 if the recall of Person is below this `share`")
	return cmd
}

func (f scanFlags) validate(cmd *cobra.Command, args []string) error {
	given := cmd.Flags().Changed
	evaluating := given("evaluate")
	switch {
	case evaluating && f.labelled == "":
		return problem.Input("--evaluate is empty; name a file of labelled texts")
	case !evaluating && len(args) == 0:
		return problem.Input("no file is given; name a CSV file, or labelled texts with --evaluate")
	case !evaluating && (given("errors") || given("fail-under")):
		return problem.Input("--errors and --fail-under go with --evaluate: only labelled texts tell what is right")
	case evaluating && f.show && !f.errors:
		return problem.Input("--show goes with --errors when texts are evaluated")
	case given("limit") && (evaluating || !f.show):
		return problem.Input("--limit goes with --show, and not with --evaluate")
	case f.limit < 1:
		return problem.Input("the limit is %d; it must be 1 or more texts", f.limit)
	case given("fail-under") && !(f.failUnder > 0 && f.failUnder <= 1):
		return problem.Input("--fail-under is %v; give a share above 0 and up to 1, such as 0.95", f.failUnder)
	}
	return nil
}

// openInput opens a file on this machine.
func openInput(path string) (*os.File, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, problem.Input("there is no file %s; check the path", path)
	case err == nil && !info.Mode().IsRegular():
		return nil, problem.Input("%s is not a file on disk", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, problem.Input("%s cannot be opened: %w", path, err)
	}
	return file, nil
}

func loadTable(ctx context.Context, path string, kind tweet.Kind) (*tweet.Table, error) {
	file, err := openInput(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return tweet.Load(ctx, file, path, kind, nil)
}

// anonymizerUsed names the anonymizer.
type anonymizerUsed struct {
	Version string `json:"anonymizer"`
	// Models are the models' versions, by name.
	Models map[string]string `json:"models"`
}

func (u anonymizerUsed) write(t *text) {
	t.fact("anonymizer", fmt.Sprintf("%.12s", u.Version))
	var models []string
	for _, name := range slices.Sorted(maps.Keys(u.Models)) {
		models = append(models, name+" "+u.Models[name])
	}
	if models == nil {
		models = []string{"none, the rules alone"}
	}
	t.fact("models", models...)
}

// scanBins is into how many bins scores are counted: 0 to 0.1, and so on.
const scanBins = 10

// scanned is what the anonymizer makes of a file.
type scanned struct {
	File    string `json:"file"`
	Texts   int64  `json:"texts"`
	Changed int64  `json:"changed"`
	// Kinds and Recognizers count what is replaced.
	Kinds       map[string]int64 `json:"kinds"`
	Recognizers map[string]int64 `json:"recognizers"`
	// Scores counts the models' replacements by score, in bins of a tenth.
	Scores [scanBins]int64 `json:"scores"`
	// Seconds is how long the anonymizer took, without reading the file.
	Seconds         float64 `json:"seconds"`
	TweetsPerSecond float64 `json:"tweets_per_second"`
	anonymizerUsed
	// Shown are changed texts, if they were asked for.
	Shown []shownText `json:"shown,omitempty"`
}

type shownText struct {
	ID int64 `json:"id"`
	// Text is the cleaned text, Spans what is replaced in it.
	Text  string      `json:"text"`
	Spans []shownSpan `json:"spans"`
}

type shownSpan struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Kind  string `json:"kind"`
}

func (a *app) scanFile(ctx context.Context, anonymizer *anonymize.Anonymizer, f scanFlags, path string) (view, error) {
	table, err := loadTable(ctx, path, tweet.Production)
	if err != nil {
		return nil, err
	}
	s := scanned{
		File: path, Kinds: map[string]int64{}, Recognizers: map[string]int64{},
		anonymizerUsed: anonymizerUsed{anonymizer.Version(), anonymizer.Models()},
	}
	counter := a.newCounter(table.Rows())
	start := time.Now()
	err = privacy.Scan(ctx, anonymizer, table, func(changes []privacy.Change) {
		for _, c := range changes {
			s.add(c)
			if f.show && len(c.Spans) > 0 && len(s.Shown) < f.limit {
				s.Shown = append(s.Shown, newShownText(table.ID(c.Row), c))
			}
		}
		counter(s.Texts)
	})
	counter(-1)
	if err != nil {
		return nil, err
	}
	s.Seconds = time.Since(start).Seconds()
	s.TweetsPerSecond = float64(s.Texts) / s.Seconds
	return s, nil
}

func (s *scanned) add(c privacy.Change) {
	s.Texts++
	if len(c.Spans) > 0 {
		s.Changed++
	}
	for _, sp := range c.Spans {
		s.Kinds[sp.Kind]++
		s.Recognizers[sp.Recognizer]++
		if _, ok := s.Models[sp.Recognizer]; ok {
			s.Scores[min(max(int(sp.Score*scanBins), 0), scanBins-1)]++
		}
	}
}

func newShownText(id int64, c privacy.Change) shownText {
	x := shownText{ID: id, Text: c.Text}
	for _, sp := range c.Spans {
		x.Spans = append(x.Spans, shownSpan{sp.Start, sp.End, sp.Kind})
	}
	return x
}

// newCounter returns a function that shows how many of all texts are done, on
// a terminal only; a negative number takes the line away.
func (a *app) newCounter(all int) func(done int64) {
	f, _ := a.stderr.(*os.File)
	if a.json || f == nil || !term.IsTerminal(int(f.Fd())) {
		return func(int64) {}
	}
	bar := newBar(a.stderr, true)
	return func(done int64) {
		if done < 0 {
			_ = bar.Clear()
			return
		}
		bar.Describe(number(done) + " of " + count(int64(all), "text"))
		// A full bar would not be redrawn.
		_ = bar.Set(min(int(done*resolution/int64(all)), resolution-1))
	}
}

func (s scanned) write(t *text) {
	t.fact("file", s.File)
	t.fact("texts", number(s.Texts))
	t.fact("changed", fmt.Sprintf("%s (%s)", number(s.Changed), evaluate.ShareOf(s.Changed, s.Texts)))
	t.fact("speed", fmt.Sprintf("%s in %s, %s a second", count(s.Texts, "text"), seconds(s.Seconds), number(int64(s.TweetsPerSecond))))
	s.anonymizerUsed.write(t)
	writeCounts(t, "KIND", s.Kinds)
	writeCounts(t, "RECOGNIZER", s.Recognizers)
	if len(s.Models) > 0 {
		rows := make([][]string, scanBins)
		for i, n := range s.Scores {
			rows[i] = []string{fmt.Sprintf("%.1f to %.1f", float64(i)/scanBins, float64(i+1)/scanBins), number(n)}
		}
		t.line("")
		t.table([]string{"SCORE OF MODELS", "REPLACED"}, rows)
	}
	if len(s.Shown) > 0 {
		t.line("")
	}
	for _, x := range s.Shown {
		t.line("%d  %s", x.ID, x.marked())
	}
}

func writeCounts(t *text, what string, counts map[string]int64) {
	if len(counts) == 0 {
		return
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	var rows [][]string
	for _, name := range names {
		rows = append(rows, []string{name, number(counts[name])})
	}
	t.line("")
	t.table([]string{what, "REPLACED"}, rows)
}

// marked is the text with its replacements: "Hi [Liz → Person]".
func (x shownText) marked() string {
	var b strings.Builder
	at := 0
	for _, sp := range x.Spans {
		fmt.Fprintf(&b, "%s[%s → %s]", x.Text[at:sp.Start], x.Text[sp.Start:sp.End], sp.Kind)
		at = sp.End
	}
	return printable(b.String() + x.Text[at:])
}

// printable takes out what a terminal would obey, and what hides other text.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, s)
}

// measured is how well the anonymizer does on labelled texts.
type measured struct {
	Labelled string `json:"labelled"`
	privacy.Measurement
	anonymizerUsed
	// Leaked and Needless are the errors, nil if they were not asked for.
	Leaked   []scanError `json:"leaked,omitempty"`
	Needless []scanError `json:"needless,omitempty"`
}

// scanError is where something leaked, by offsets into the text as it was
// labelled; or where something was replaced that is no detail, by offsets into
// the cleaned text, as the audit of a run has them.
type scanError struct {
	Line int `json:"line"`
	// ID is the tweet's, if the line has one.
	ID    *int64 `json:"id,omitempty"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	Kind  string `json:"kind"`
	// Text is what leaked or was replaced, if it was asked for.
	Text string `json:"text,omitempty"`
}

func (a *app) evaluateLabelled(ctx context.Context, anonymizer *anonymize.Anonymizer, f scanFlags, args []string) (view, error) {
	var table *tweet.Table
	var err error
	if len(args) > 0 {
		if table, err = loadTable(ctx, args[0], tweet.Lookup); err != nil {
			return nil, err
		}
	}
	file, err := openInput(f.labelled)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	texts, err := privacy.ReadLabelled(file, f.labelled, table)
	if err != nil {
		return nil, err
	}
	m, err := privacy.Measure(ctx, anonymizer, texts)
	if err != nil {
		return nil, err
	}
	v := measured{Labelled: f.labelled, Measurement: m, anonymizerUsed: anonymizerUsed{anonymizer.Version(), anonymizer.Models()}}
	if f.errors {
		v.list(texts, f.show)
	}
	return v, f.refuse(m)
}

// refuse returns an error if too few persons were found.
func (f scanFlags) refuse(m privacy.Measurement) error {
	for _, k := range m.Kinds {
		switch {
		case k.Kind != anonymize.Person || f.failUnder == 0:
		case k.Recall.Of == 0:
			return problem.New(problem.Refused, "no detail of kind Person is labelled, so its recall is not known")
		case k.Recall.Share < f.failUnder:
			return problem.New(problem.Refused, "the recall of Person is %.4f, below the %v asked for", k.Recall.Share, f.failUnder)
		}
	}
	return nil
}

func (v *measured) list(texts []privacy.Labelled, show bool) {
	at := func(n, start, end int, kind, shown string) scanError {
		e := scanError{Line: texts[n].Line, Start: start, End: end, Kind: kind}
		if id := texts[n].ID; id != privacy.NoID {
			e.ID = &id
		}
		if show {
			e.Text = printable(shown)
		}
		return e
	}
	for _, l := range v.Leaks {
		v.Leaked = append(v.Leaked, at(l.Text, l.Start, l.End, l.Kind, texts[l.Text].Text[l.Start:l.End]))
	}
	for _, s := range v.Alarms {
		v.Needless = append(v.Needless, at(s.Text, s.Start, s.End, s.Kind, tweettext.Clean(texts[s.Text].Text)[s.Start:s.End]))
	}
}

func (v measured) write(t *text) {
	t.fact("labelled", v.Labelled)
	t.fact("texts", number(int64(v.Texts)))
	if v.Dropped > 0 {
		t.fact("dropped", count(int64(v.Dropped), "label")+" of what cleaning removes, such as handles")
	}
	v.anonymizerUsed.write(t)
	t.fact("leak rate", interval(v.LeakRate)+", texts that still show a part of a detail among those with any")
	t.fact("false alarms", interval(v.FalseAlarms)+", texts that were changed among those without a detail")
	var rows [][]string
	for _, k := range append(slices.Clone(v.Kinds), v.All) {
		f2 := "-"
		if k.F2 != nil {
			f2 = fmt.Sprintf("%.3f (%.3f to %.3f)", k.F2.Value, k.F2.Low, k.F2.High)
		}
		rows = append(rows, []string{k.Kind, number(int64(k.Recall.Of)), number(int64(k.Recall.Count)), interval(k.Recall), interval(k.Precision), f2})
	}
	t.line("")
	t.table([]string{"KIND", "LABELLED", "FOUND", "RECALL", "PRECISION", "F2"}, rows)
	writeErrors(t, "LEAKED", v.Leaked)
	writeErrors(t, "NEEDLESSLY REPLACED", v.Needless)
}

func writeErrors(t *text, what string, places []scanError) {
	if len(places) == 0 {
		return
	}
	header := []string{what, "LINE", "TWEET", "BYTES"}
	if places[0].Text != "" {
		header = append(header, "TEXT")
	}
	var rows [][]string
	for _, e := range places {
		id := "-"
		if e.ID != nil {
			id = strconv.FormatInt(*e.ID, 10)
		}
		rows = append(rows, []string{e.Kind, strconv.Itoa(e.Line), id, fmt.Sprintf("%d-%d", e.Start, e.End), e.Text})
	}
	t.line("")
	t.table(header, rows)
}

// interval is a share with its interval, "-" of nothing.
func interval(p privacy.Proportion) string {
	if p.Of == 0 {
		return "-"
	}
	return fmt.Sprintf("%s (%.1f to %.1f)", percent(p.Share), 100*p.Low, 100*p.High)
}
