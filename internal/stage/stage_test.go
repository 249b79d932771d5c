package stage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"switchboard/internal/dataset"
	"switchboard/internal/problem"
	"switchboard/internal/stage"
	"switchboard/internal/tweet"
)

var update = flag.Bool("update", false, "write the golden files anew")

// memory is a sink that keeps the parts.
type memory struct {
	mu    sync.Mutex
	parts map[int]*file
}

type file struct {
	bytes.Buffer
	closed bool
}

func (f *file) Close() error {
	if f.closed {
		return errors.New("closed twice")
	}
	f.closed = true
	return nil
}

func (m *memory) open(_ context.Context, part int) (io.WriteCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.parts == nil {
		m.parts = map[int]*file{}
	}
	if m.parts[part] != nil {
		return nil, fmt.Errorf("part %d is opened twice", part)
	}
	m.parts[part] = &file{}
	return m.parts[part], nil
}

// conversations reads back what was written, part after part.
func (m *memory) conversations(t testing.TB, result stage.Result) (parts [][]dataset.Conversation) {
	t.Helper()
	if len(m.parts) != len(result.Parts) {
		t.Fatalf("%d files, the result names %d", len(m.parts), len(result.Parts))
	}
	for i, rows := range result.Parts {
		part := m.parts[i]
		if part == nil || !part.closed {
			t.Fatalf("part %d was not written, or not closed", i)
		}
		all, err := dataset.ReadAll[dataset.Conversation](bytes.NewReader(part.Bytes()), int64(part.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(all)) != rows {
			t.Fatalf("part %d has %d rows, the result says %d", i, len(all), rows)
		}
		parts = append(parts, all)
	}
	return parts
}

func run(t testing.TB, in string, opts stage.Options) (stage.Result, [][]dataset.Conversation) {
	t.Helper()
	if opts.Name == "" {
		opts.Name = "t.csv"
	}
	if opts.Kind == "" {
		opts.Kind = tweet.Training
	}
	var out memory
	result, err := stage.Conversations(t.Context(), strings.NewReader(in), opts, out.open)
	if err != nil {
		t.Fatal(err)
	}
	return result, out.conversations(t, result)
}

// A table with everything in it that is tolerated: the golden file holds what
// is made of it and what is reported.
func TestEveryAnomaly(t *testing.T) {
	in, err := os.ReadFile("testdata/anomalies.csv")
	if err != nil {
		t.Fatal(err)
	}
	result, parts := run(t, string(in), stage.Options{})
	var got bytes.Buffer
	encoder := json.NewEncoder(&got)
	encoder.SetIndent("", "  ")
	for _, v := range []any{result, result.Labels, result.Duplicates} {
		if err := encoder.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range slices.Concat(parts...) {
		fmt.Fprintf(&got, "%d in %d: rows %d, %s\n", c.ID, c.ThreadID, c.Rows, c.Label)
	}
	const golden = "testdata/anomalies.golden"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("got\n%s", got.String())
	}
}

func TestTextsAreThoseOfTheTable(t *testing.T) {
	_, parts := run(t, "tweet_id,author_id,text,in_response_to_tweet_id\n2,Acme,\"yes,\nit is\",1\n1,7,is it &amp; 🤥?,\n", stage.Options{})
	want := []dataset.Conversation{{ID: 2, ThreadID: 1, Rows: []int32{1, 0}, Texts: []string{"is it &amp; 🤥?", "yes,\nit is"}, Label: "Acme", Answered: true, Opening: 1}}
	if !reflect.DeepEqual(parts[0], want) {
		t.Errorf("got %+v", parts[0])
	}
}

// A customer's first tweet is the first that has words and that no company wrote.
// Production data does not say who writes.
func TestOpening(t *testing.T) {
	for name, c := range map[string]struct {
		kind  tweet.Kind
		table string
		want  int32
	}{
		"the customer begins":       {tweet.Training, "1,7,hello,\n2,Acme,yes?,1\n", 1},
		"the company begins":        {tweet.Training, "1,Acme,hello,\n2,7,where is it,1\n3,Acme,here,2\n", 2},
		"the first words come late": {tweet.Training, "1,7,@Acme,\n2,7,where is it,1\n3,Acme,here,2\n", 2},
		"no customer":               {tweet.Training, "1,Acme,hello,\n2,Acme,again,1\n", 0},
		"nobody is known":           {tweet.Production, "1,Acme,hello,\n2,7,where is it,1\n", 1},
	} {
		t.Run(name, func(t *testing.T) {
			header, table := "tweet_id,author_id,text,in_response_to_tweet_id\n", c.table
			if c.kind == tweet.Training {
				table += "91,8,help,\n92,Acme,yes,91\n93,9,help,\n94,Bolt,yes,93\n" // somebody to tell customers by
			}
			_, parts := run(t, header+table, stage.Options{Kind: c.kind})
			if got := parts[0][0].Opening; got != c.want {
				t.Errorf("the opening is tweet %d, want %d", got, c.want)
			}
		})
	}
}

func TestProductionHasNoLabels(t *testing.T) {
	result, parts := run(t, "tweet_id,author_id,text,response_tweet_id\n1,Acme,@Acme hello,2\n2,Acme,yes,\n", stage.Options{Kind: tweet.Production})
	if len(parts[0]) != 1 || parts[0][0].Label != dataset.Unknown || result.Companies != 0 || result.Classes != 0 {
		t.Errorf("got %+v, %+v", result, parts)
	}
	if !reflect.DeepEqual(result.Labels, map[string]int64{dataset.Unknown: 1}) {
		t.Errorf("labels %v", result.Labels)
	}
}

// generate makes a table of n tweets with forks, long chains, duplicates,
// missing parents, cycles and unreadable ids.
func generate(seed uint64, n int) string {
	r := rand.New(rand.NewPCG(seed, 0))
	var b strings.Builder
	b.WriteString("tweet_id,author_id,text,response_tweet_id,in_response_to_tweet_id\n")
	for i := range n {
		id, parent, response, author := fmt.Sprint(i), "", "", fmt.Sprint(100_000+r.IntN(50))
		switch r.IntN(12) {
		case 0:
			id = fmt.Sprint(r.IntN(n))
		case 1:
			id = "?"
		}
		switch r.IntN(6) {
		case 0:
			parent = fmt.Sprint(r.IntN(n * 5 / 4))
		case 1, 2, 3:
			parent = fmt.Sprint(max(0, i-1-r.IntN(3)))
		case 4:
			response = fmt.Sprint(i + 1)
		}
		if r.IntN(3) == 0 {
			author = "Company" + fmt.Sprint(r.IntN(9))
		}
		fmt.Fprintf(&b, "%s,%s,tweet %d @company%d,%s,%s\n", id, author, i, r.IntN(12), response, parent)
	}
	return b.String()
}

// Every row is in a conversation or a duplicate of one that is, no two
// conversations share an id, and no thread is in two parts.
func TestNothingIsLost(t *testing.T) {
	const n = 60_000
	for _, maxTweets := range []int{1, 3, 64} {
		result, parts := run(t, generate(uint64(maxTweets), n), stage.Options{MaxTweets: maxTweets})
		if len(parts) < 2 || len(parts) > 100 {
			t.Fatalf("%d parts", len(parts))
		}
		seen := make([]bool, n)
		ids, threads := map[int64]bool{}, map[int64]int{}
		labels := map[string]int64{}
		for i, part := range parts {
			if len(part) < 10_000 {
				t.Errorf("part %d has %d conversations", i, len(part))
			}
			for _, c := range part {
				if len(c.Rows) == 0 || len(c.Rows) > maxTweets || len(c.Texts) != len(c.Rows) {
					t.Fatalf("conversation %d has %d rows and %d texts", c.ID, len(c.Rows), len(c.Texts))
				}
				if ids[c.ID] {
					t.Fatalf("two conversations have the id %d", c.ID)
				}
				ids[c.ID] = true
				if was, ok := threads[c.ThreadID]; ok && was != i {
					t.Fatalf("thread %d is in parts %d and %d", c.ThreadID, was, i)
				}
				threads[c.ThreadID] = i
				labels[c.Label]++
				for j, row := range c.Rows {
					seen[row] = true
					if want := fmt.Sprintf("tweet %d ", row); !strings.HasPrefix(c.Texts[j], want) {
						t.Fatalf("row %d has the text %q", row, c.Texts[j])
					}
				}
			}
		}
		for _, d := range result.Duplicates {
			if seen[d.Row] || !seen[d.First] {
				t.Fatalf("duplicate %+v", d)
			}
			seen[d.Row] = true
		}
		if lost := slices.Index(seen, false); lost >= 0 {
			t.Errorf("row %d is lost", lost)
		}
		if int(result.Conversations) != len(ids) || int(result.Threads) != len(threads) || result.Rows != n ||
			result.Tweets+int64(len(result.Duplicates)) != n {
			t.Errorf("%d conversations and %d threads, the result says %d and %d", len(ids), len(threads), result.Conversations, result.Threads)
		}
		if !reflect.DeepEqual(labels, result.Labels) || result.Classes != 9 || result.Companies != 9 {
			t.Errorf("labels %v, the result says %v", labels, result.Labels)
		}
	}
}

// Byte for byte, on one core and on several.
func TestTheSameTableGivesTheSameParts(t *testing.T) {
	in := generate(7, 40_000)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first memory
	var firstResult stage.Result
	for i, cores := range []int{1, 4, 4} {
		runtime.GOMAXPROCS(cores)
		var out memory
		result, err := stage.Conversations(t.Context(), strings.NewReader(in), stage.Options{Name: "t.csv", Kind: tweet.Training}, out.open)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first, firstResult = memory{parts: out.parts}, result
			continue
		}
		if !reflect.DeepEqual(result, firstResult) {
			t.Errorf("another result on %d cores", cores)
		}
		for number, part := range out.parts {
			if !bytes.Equal(part.Bytes(), first.parts[number].Bytes()) {
				t.Errorf("part %d differs on %d cores", number, cores)
			}
		}
	}
}

func TestProgress(t *testing.T) {
	var steps []stage.Step
	last := map[stage.Step]int64{}
	result, _ := run(t, generate(1, 30_000), stage.Options{Progress: func(step stage.Step, rows int64) {
		if len(steps) == 0 || steps[len(steps)-1] != step {
			steps = append(steps, step)
		}
		if rows < last[step] {
			t.Errorf("%s went from %d to %d", step, last[step], rows)
		}
		last[step] = rows
	}})
	if !slices.Equal(steps, []stage.Step{stage.Load, stage.Thread, stage.Write}) {
		t.Errorf("steps %v", steps)
	}
	if last[stage.Load] != 30_000 || last[stage.Thread] != 30_000 || last[stage.Write] != result.Conversations {
		t.Errorf("progress ended at %v", last)
	}
}

func TestCancellation(t *testing.T) {
	in := generate(1, 60_000)
	for _, at := range []stage.Step{stage.Load, stage.Thread, stage.Write} {
		t.Run(string(at), func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			var out memory
			_, err := stage.Conversations(ctx, strings.NewReader(in), stage.Options{
				Name: "t.csv", Kind: tweet.Training,
				Progress: func(step stage.Step, _ int64) {
					if step == at {
						cancel()
					}
				},
			}, out.open)
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v", err)
			}
			for i, part := range out.parts {
				if !part.closed {
					t.Errorf("part %d was left open", i)
				}
			}
		})
	}
}

// faulty is a file that fails, and knows whether its context had ended when
// it was closed.
type faulty struct {
	ctx         context.Context
	write, shut error
	aborted     bool
}

func (f *faulty) Write(p []byte) (int, error) { return len(p), f.write }

func (f *faulty) Close() error {
	f.aborted = f.ctx.Err() != nil
	return f.shut
}

func TestSinkErrors(t *testing.T) {
	in := generate(1, 60_000)
	full := errors.New("disk full")
	for name, test := range map[string]struct {
		open, write, shut error
		aborted           bool
	}{
		"open":  {open: full},
		"write": {write: full, aborted: true},
		"close": {shut: full},
	} {
		t.Run(name, func(t *testing.T) {
			var files []*faulty
			var mu sync.Mutex
			_, err := stage.Conversations(t.Context(), strings.NewReader(in), stage.Options{Name: "t.csv", Kind: tweet.Training},
				func(ctx context.Context, part int) (io.WriteCloser, error) {
					mu.Lock()
					defer mu.Unlock()
					if part != 1 {
						return &faulty{ctx: ctx}, nil
					}
					f := &faulty{ctx: ctx, write: test.write, shut: test.shut}
					files = append(files, f)
					return f, test.open
				})
			if !errors.Is(err, full) || !strings.Contains(err.Error(), "part 1") {
				t.Fatalf("got %v", err)
			}
			if _, is := problem.KindOf(err); is {
				t.Errorf("%v is called a problem of the table", err)
			}
			if name != "open" && files[0].aborted != test.aborted {
				t.Errorf("when the file was closed its context had ended: %v", files[0].aborted)
			}
		})
	}
}

func TestBadInput(t *testing.T) {
	for name, test := range map[string]struct {
		in   string
		opts stage.Options
	}{
		"no kind":        {opts: stage.Options{}},
		"max_tweets":     {opts: stage.Options{Kind: tweet.Training, MaxTweets: -1}},
		"max_unusable":   {opts: stage.Options{Kind: tweet.Training, MaxUnusable: 1.5}},
		"empty":          {opts: stage.Options{Kind: tweet.Training}},
		"broken quoting": {in: "tweet_id,text,response_tweet_id\n1,\"a,\n", opts: stage.Options{Kind: tweet.Production}},
	} {
		t.Run(name, func(t *testing.T) {
			test.opts.Name = "t.csv"
			_, err := stage.Conversations(t.Context(), strings.NewReader(test.in), test.opts, func(context.Context, int) (io.WriteCloser, error) {
				t.Error("a part was opened")
				return nil, errors.New("no")
			})
			if kind, _ := problem.KindOf(err); kind != problem.BadInput {
				t.Fatalf("got %v, want a %s", err, problem.BadInput)
			}
		})
	}
}

// The counts were taken from the tables by other means. Not one of them may change
// with what is read of damaged tables, for nothing in these is.
func TestRealTables(t *testing.T) {
	for _, table := range []struct {
		name   string
		kind   tweet.Kind
		want   stage.Result
		counts map[string]int64
	}{
		{
			"tweets.csv", tweet.Training,
			stage.Result{Rows: 157688, Tweets: 157688, Threads: 76200, Conversations: 78671, Companies: 110, Classes: 110},
			map[string]int64{
				"ambiguous_responses":     44,
				"bare_text":               406,
				"company_answers_company": 52,
				"crlf":                    1,
				"fork":                    1817,
				"html_entity":             6260,
				"lone_company_tweet":      23422,
				"long_path":               1,
				"missing_parent":          35506,
				"missing_response":        26467,
				"multiline_text":          1385,
				"several_companies":       3,
			},
		},
		{
			"production.csv", tweet.Production,
			stage.Result{Rows: 5000, Tweets: 5000, Threads: 2638, Conversations: 2755},
			map[string]int64{
				"ambiguous_responses": 3,
				"bare_text":           9,
				"crlf":                1,
				"empty_text":          3,
				"fork":                76,
				"html_entity":         249,
				"missing_parent":      1697,
				"missing_response":    2107,
				"multiline_text":      47,
			},
		},
	} {
		t.Run(table.name, func(t *testing.T) {
			in, err := os.ReadFile("../../../shared/data/" + table.name)
			if err != nil {
				t.Skip("the real tweets are not here: ", err)
			}
			got, _ := run(t, string(in), stage.Options{Kind: table.kind})
			if got.Rows != table.want.Rows || got.Tweets != table.want.Tweets || got.Threads != table.want.Threads ||
				got.Conversations != table.want.Conversations || got.Companies != table.want.Companies || got.Classes != table.want.Classes {
				t.Errorf("%d rows, %d tweets, %d threads, %d conversations, %d companies, %d classes", got.Rows, got.Tweets, got.Threads, got.Conversations, got.Companies, got.Classes)
			}
			counts := map[string]int64{}
			for kind, finding := range got.Report.Findings {
				counts[kind] = finding.Count
			}
			if !maps.Equal(counts, table.counts) {
				t.Errorf("reported %v, want %v", counts, table.counts)
			}
		})
	}
}
