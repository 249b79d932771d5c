package scan

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/term"

	"switchboard/internal/anonymize"
	"switchboard/internal/console"
	"switchboard/internal/pipeline"
	"switchboard/internal/privacy"
	"switchboard/internal/tweet"
)

// anonymizerUsed names the anonymizer.
type anonymizerUsed struct {
	Version string `json:"anonymizer"`
	// Models are the models' versions, by name.
	Models map[string]string `json:"models"`
}

func (u anonymizerUsed) Write(t *console.Text) {
	t.Fact("anonymizer", fmt.Sprintf("%.12s", u.Version))
	var models []string
	for _, name := range slices.Sorted(maps.Keys(u.Models)) {
		models = append(models, name+" "+u.Models[name])
	}
	if models == nil {
		models = []string{"none, the rules alone"}
	}
	t.Fact("models", models...)
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

func (r *scanner) scanFile(ctx context.Context, anonymizer *anonymize.Anonymizer, path string) (console.View, error) {
	table, err := loadTable(ctx, path, tweet.Production)
	if err != nil {
		return nil, err
	}
	s := scanned{
		File: path, Kinds: map[string]int64{}, Recognizers: map[string]int64{},
		anonymizerUsed: anonymizerUsed{anonymizer.Version(), anonymizer.Models()},
	}
	counter := r.newCounter(table.Rows())
	start := time.Now()
	err = privacy.Scan(ctx, anonymizer, table, func(changes []privacy.Change) {
		for _, c := range changes {
			s.add(c)
			if r.flags.show && len(c.Spans) > 0 && len(s.Shown) < r.flags.limit {
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
func (r *scanner) newCounter(all int) func(done int64) {
	f, _ := r.stderr.(*os.File)
	if r.json || f == nil || !term.IsTerminal(int(f.Fd())) {
		return func(int64) {}
	}
	bar := console.NewBar(r.stderr, true)
	return func(done int64) {
		if done < 0 {
			_ = bar.Clear()
			return
		}
		bar.Describe(console.Number(done) + " of " + console.Count(int64(all), "text"))
		// A full bar would not be redrawn.
		_ = bar.Set(min(int(done*console.Resolution/int64(all)), console.Resolution-1))
	}
}

func (s scanned) Write(t *console.Text) {
	t.Fact("file", s.File)
	t.Fact("texts", console.Number(s.Texts))
	t.Fact("changed", fmt.Sprintf("%s (%s)", console.Number(s.Changed), pipeline.ShareOf(s.Changed, s.Texts)))
	t.Fact("speed", fmt.Sprintf("%s in %s, %s a second", console.Count(s.Texts, "text"), console.Seconds(s.Seconds), console.Number(int64(s.TweetsPerSecond))))
	s.anonymizerUsed.Write(t)
	writeCounts(t, "KIND", s.Kinds)
	writeCounts(t, "RECOGNIZER", s.Recognizers)
	if len(s.Models) > 0 {
		rows := make([][]string, scanBins)
		for i, n := range s.Scores {
			rows[i] = []string{fmt.Sprintf("%.1f to %.1f", float64(i)/scanBins, float64(i+1)/scanBins), console.Number(n)}
		}
		t.Line("")
		t.Table([]string{"SCORE OF MODELS", "REPLACED"}, rows)
	}
	if len(s.Shown) > 0 {
		t.Line("")
	}
	for _, x := range s.Shown {
		t.Line("%d  %s", x.ID, x.marked())
	}
}

func writeCounts(t *console.Text, what string, counts map[string]int64) {
	if len(counts) == 0 {
		return
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	var rows [][]string
	for _, name := range names {
		rows = append(rows, []string{name, console.Number(counts[name])})
	}
	t.Line("")
	t.Table([]string{what, "REPLACED"}, rows)
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
