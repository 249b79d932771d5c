package anonymize_test

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"switchboard/internal/anonymize"
	"switchboard/internal/anonymize/ner"
	"switchboard/internal/text"
)

// The tweets that are not shown to the model hold nothing that it would add to
// the rules: on every tenth real tweet the model is asked about all, and what it
// finds in tweets that it would not have seen is counted.
func TestTweetsThatTheModelDoesNotSee(t *testing.T) {
	if os.Getenv("SLOW_TESTS") == "" {
		t.Skip("slow: set SLOW_TESTS=1, or run make test-slow")
	}
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "tweets.csv"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the real data is not here: ", err)
	} else if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	model, err := ner.Shipped(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	a, err := anonymize.New(anonymize.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var tweets []string
	seen := map[string]bool{"": true}
	rows := csv.NewReader(f)
	for n := 0; ; n++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if s := text.Clean(row[4]); n > 0 && n%10 == 0 && !seen[s] {
			seen[s] = true
			tweets = append(tweets, s)
		}
	}
	found, err := model.Recognize(t.Context(), tweets)
	if err != nil {
		t.Fatal(err)
	}
	hidden, names, lost := 0, 0, 0
	for i, s := range tweets {
		unseen, missed, err := a.Hidden(t.Context(), s, found[i])
		if err != nil {
			t.Fatal(err)
		}
		names += len(found[i])
		if unseen {
			hidden++
			lost += missed
		}
	}
	t.Logf("%d tweets, %d not shown to the model (%.1f%%), which finds %d names in all; %d would be lost",
		len(tweets), hidden, 100*float64(hidden)/float64(len(tweets)), names, lost)
	if hidden < len(tweets)/20 {
		t.Errorf("only %d of %d tweets are spared the model", hidden, len(tweets))
	}
	if lost > 0 {
		t.Errorf("%d of %d names would be lost", lost, names)
	}
}
