package privacy

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"switchboard/internal/anonymize"
	"switchboard/internal/text"
	"switchboard/internal/tweet"
)

// recorder is a model that finds nothing, and remembers what it was shown.
type recorder map[string]bool

func (recorder) Name() string    { return "recorder" }
func (recorder) Version() string { return "1" }
func (r recorder) Recognize(_ context.Context, texts []string) ([][]anonymize.Span, error) {
	for _, s := range texts {
		r[s] = true
	}
	return make([][]anonymize.Span, len(texts)), nil
}

// What people labelled, and the rules miss, has to be in a tweet that the model
// is shown: there alone can it be found. The labels know nothing of the list of
// words that decides what is shown.
func TestWhatTheModelIsNotShown(t *testing.T) {
	tweets := filepath.Join("..", "..", "..", "shared", "data", "tweets.csv")
	table := realTweets(t, tweets)
	var all []Labelled
	for _, name := range []string{"support-dev.jsonl", "support-held-out.jsonl", "support-held-out-2.jsonl", "support-held-out-3.jsonl"} {
		all = append(all, labels(t, filepath.Join("..", "..", "tools", "ner", "labels", name), table)...)
	}
	// More sets, such as those that tools/ner/corpora.py writes.
	for _, name := range filepath.SplitList(os.Getenv("LABELLED_TEXTS")) {
		report(t, name, labels(t, name, nil))
	}
	if lost, labelled := report(t, "support tweets", all); labelled < 500 || lost*200 > labelled {
		t.Errorf("%d of %d details are in tweets that the model is not shown", lost, labelled)
	}
}

func report(t *testing.T, name string, all []Labelled) (lost, labelled int) {
	t.Helper()
	shown := recorder{}
	a, err := anonymize.New(anonymize.Options{Models: []anonymize.Recognizer{shown}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Measure(t.Context(), a, all)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range m.Leaks {
		if (l.Kind == anonymize.Person || l.Kind == Initials) && !shown[text.Clean(all[l.Text].Text)] {
			lost++
		}
	}
	hidden := 0
	for _, l := range all {
		if !shown[text.Clean(l.Text)] {
			hidden++
		}
	}
	for _, f := range m.Kinds {
		if f.Kind == anonymize.Person || f.Kind == Initials {
			labelled += f.Recall.Of
		}
	}
	t.Logf("%s: %d of %d texts are not shown to the model; %d of %d labelled names are in them and not found by the rules", filepath.Base(name), hidden, len(all), lost, labelled)
	return lost, labelled
}

func realTweets(t *testing.T, path string) *tweet.Table {
	t.Helper()
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the real data is not here: ", err)
	} else if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := tweet.Load(t.Context(), f, path, tweet.Lookup, nil)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func labels(t *testing.T, path string, table *tweet.Table) []Labelled {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := ReadLabelled(f, path, table)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
