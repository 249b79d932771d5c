package privacy

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"switchboard/internal/anonymize"
	"switchboard/internal/tweet"
)

func production(t *testing.T, csv string) *tweet.Table {
	t.Helper()
	table, err := tweet.Load(t.Context(), strings.NewReader("tweet_id,text,in_response_to_tweet_id\n"+csv), "t.csv", tweet.Production, nil)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// Rows come thread by thread, one that repeats a tweet with that, and a name found
// in one is replaced in all of its thread.
func TestScan(t *testing.T) {
	table := production(t, "1,Hi Zorvex! @acme,\n2,no Zorvex here,\n3,was it Zorvex &amp; you,1\n1,Hi  Zorvex! @acme,\n")
	var got []string
	err := Scan(t.Context(), anonymizer(t, anonymize.Options{}), table, func(changes []Change) {
		for _, c := range changes {
			var spans []string
			for _, sp := range c.Spans {
				spans = append(spans, c.Text[sp.Start:sp.End])
			}
			got = append(got, fmt.Sprint(c.Row, ": ", c.Text, " ", spans))
		}
	})
	want := []string{"0: Hi Zorvex! [Zorvex]", "2: was it Zorvex & you [Zorvex]", "3: Hi Zorvex! [Zorvex]", "1: no Zorvex here []"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// A table larger than one batch is given in several, each row once.
func TestScanGivesEveryRowOnce(t *testing.T) {
	var csv strings.Builder
	const n = 2*scanTexts + 7
	for i := range n {
		fmt.Fprintf(&csv, "%d,Hi Zorvex,%d\n", i, i/3*3) // threads of three
	}
	seen := make([]int, n)
	calls := 0
	err := Scan(t.Context(), anonymizer(t, anonymize.Options{}), production(t, csv.String()), func(changes []Change) {
		calls++
		for _, c := range changes {
			seen[c.Row]++
			if len(c.Spans) != 1 {
				t.Fatalf("row %d has the spans %v", c.Row, c.Spans)
			}
		}
	})
	if err != nil || calls != 3 {
		t.Errorf("%d calls, %v", calls, err)
	}
	for row, times := range seen {
		if times != 1 {
			t.Fatalf("row %d was given %d times", row, times)
		}
	}
}

func TestScanStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := Scan(ctx, anonymizer(t, anonymize.Options{}), production(t, "1,hello,\n"), func([]Change) { t.Error("called") })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want the context's", err)
	}
}
