package anonymize

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"testing"
	"time"

	"switchboard/internal/text"
)

// realTweets reads the authors and the cleaned texts of the real data, which is
// not part of the project.
func realTweets(t testing.TB) (agents, customers []string) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "tweets.csv"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the real data is not here: ", err)
	} else if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := csv.NewReader(f)
	rows.ReuseRecord = true
	rows.FieldsPerRecord = -1
	for n := 0; ; n++ {
		row, err := rows.Read()
		if err == io.EOF {
			return agents, customers
		} else if err != nil {
			t.Fatal(err)
		}
		if n == 0 || len(row) < 5 {
			continue
		}
		if _, err := strconv.Atoi(row[1]); err == nil {
			customers = append(customers, text.Clean(row[4]))
		} else {
			agents = append(agents, text.Clean(row[4]))
		}
	}
}

// On the real tweets: sign-offs that cannot be anything else are found, what
// customers write is left alone for the most part, and nothing is broken.
// Counts and speed are logged (run with -v), texts never.
func TestRealTweets(t *testing.T) {
	agents, customers := realTweets(t)
	a := rulesAlone(t)
	signed := regexp.MustCompile(`[.!?] ?[\^*~][A-Z]{2,3}$|[.!?] [\^~-][A-Z][a-z]{2,10}$|[.!?] ?/[A-Z]{2}( <url>)?$`)
	counts := map[string]int{}
	for _, c := range []struct {
		name   string
		tweets []string
	}{{"agents", agents}, {"customers", customers}} {
		threads := make([][]string, len(c.tweets))
		for i := range c.tweets {
			threads[i] = c.tweets[i : i+1]
		}
		start := time.Now()
		results, err := a.Threads(context.Background(), threads)
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		changed, signatures, missed := 0, 0, 0
		for i, s := range c.tweets {
			r := results[i][0]
			check(t, s, r)
			if len(r.Spans) > 0 {
				changed++
			}
			for _, sp := range r.Spans {
				counts[c.name+" "+sp.Recognizer]++
			}
			if at := signed.FindStringIndex(s); at != nil {
				signatures++
				if len(r.Spans) == 0 || r.Spans[len(r.Spans)-1].End <= at[0]+1 {
					missed++
				}
			}
		}
		t.Logf("%s: %d tweets, %.0f a second, %.1f%% changed, %d of %d clear sign-offs missed", c.name, len(c.tweets),
			float64(len(c.tweets))/took.Seconds(), 100*float64(changed)/float64(len(c.tweets)), missed, signatures)
		if c.name == "agents" && (signatures < 10_000 || float64(missed) > 0.005*float64(signatures)) {
			t.Errorf("missed %d of %d sign-offs of agents", missed, signatures)
		}
		if c.name == "customers" && float64(changed) > 0.06*float64(len(c.tweets)) {
			t.Errorf("changed %d of %d customers' tweets", changed, len(c.tweets))
		}
	}
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		t.Logf("%-24s %6d", name, counts[name])
	}
}

func BenchmarkRealTweets(b *testing.B) {
	agents, customers := realTweets(b)
	a := rulesAlone(b)
	tweets := append(agents, customers...)
	threads := make([][]string, len(tweets))
	for i := range tweets {
		threads[i] = tweets[i : i+1]
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Threads(context.Background(), threads); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(tweets))/b.Elapsed().Seconds(), "tweets/s")
}
