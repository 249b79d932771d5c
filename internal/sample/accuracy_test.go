package sample_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/classifier"
	"switchboard/internal/dataset"
	"switchboard/internal/label"
	"switchboard/internal/sample"
	"switchboard/internal/text"
	"switchboard/internal/thread"
	"switchboard/internal/tweet"
)

// conversation is one as the pipeline sees it.
type conversation struct {
	// leaf is the row of its last tweet, root of its thread's first.
	leaf, root int32
	tweets     int
	classifier.Example
}

// conversations takes a file through the packages that the pipeline uses. The
// planted details are replaced, as a perfect anonymizer would.
func conversations(t *testing.T, file sample.File, kind tweet.Kind, rows []sample.Row, textColumn int) ([]conversation, *tweet.Table) {
	t.Helper()
	table, err := tweet.Load(context.Background(), bytes.NewReader(file.Data), file.Name, kind, nil)
	if err != nil {
		t.Fatal(err)
	}
	starts, ids := table.Responses()
	forest := thread.Build(thread.Tweets{
		IDs: table.IDs(), Parents: table.Parents(), Times: table.Times(),
		ResponseStarts: starts, ResponseIDs: ids, Content: table.Content,
	}, table.Report.Add)
	labeler := label.NewCompanies(table.Companies()).NewLabeler()

	var all []conversation
	for c := range forest.Conversations(0, len(forest.Order), 64) {
		var lines []string
		authors := make([]int32, len(c.Rows))
		for i, row := range c.Rows {
			authors[i] = table.Company(row)
			if line := text.Clean(anonymized(rows[row], textColumn)); line != "" {
				lines = append(lines, line)
			}
		}
		name := dataset.Unknown
		if l := labeler.Label(authors, func(i int) string { return table.Text(c.Rows[i]) }); l != label.None {
			name = table.Companies()[l]
		}
		all = append(all, conversation{
			leaf: c.Rows[len(c.Rows)-1], root: c.Root, tweets: len(c.Rows),
			Example: classifier.Example{Text: strings.Join(lines, "\n"), Label: name},
		})
	}
	return all, table
}

func anonymized(r sample.Row, column int) string {
	s := r.Fields[column]
	for _, span := range slices.Backward(r.Spans) {
		kind := span.Kind
		if kind == sample.Initials {
			kind = sample.Person
		}
		s = s[:span.Start] + string(kind) + s[span.End:]
	}
	return s
}

// judgement is an answer with its confidence.
type judgement struct {
	right      bool
	confidence float64
}

func accuracy(judged []judgement) float64 {
	right := 0
	for _, j := range judged {
		if j.right {
			right++
		}
	}
	return float64(right) / float64(len(judged))
}

// coverage is the share of answers that can be given at the precision, if the
// least confident are withheld.
func coverage(judged []judgement, precision float64) float64 {
	sorted := slices.Clone(judged)
	slices.SortFunc(sorted, func(a, b judgement) int {
		if a.confidence > b.confidence {
			return -1
		}
		return 1
	})
	right, most := 0, 0
	for i, j := range sorted {
		if j.right {
			right++
		}
		if float64(right) >= precision*float64(i+1) {
			most = i + 1
		}
	}
	return float64(most) / float64(len(judged))
}

// The data has to be hard enough that a classifier errs, easy enough that it
// is worth having, and its errors have to be those it is unsure of.
func TestClassifierErrsButNotTooOften(t *testing.T) {
	set := generated(t)
	files, err := set.Files()
	if err != nil {
		t.Fatal(err)
	}
	all, _ := conversations(t, files[0], tweet.Training, set.Training, 4)
	train, test := split(all)
	model, err := classifier.Train(context.Background(), train, nil, classifier.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}

	byLength := map[int][]judgement{}
	var judged []judgement
	for _, c := range test {
		best := model.Predict(c.Text)[0]
		j := judgement{best.Label == c.Label, best.Probability}
		judged = append(judged, j)
		byLength[min(c.tweets, 5)] = append(byLength[min(c.tweets, 5)], j)
	}
	for n := 1; n <= 5; n++ {
		t.Logf("conversations of %d tweets (5: or more): accuracy %.3f of %d", n, accuracy(byLength[n]), len(byLength[n]))
	}
	report(t, "held-out threads", judged)

	production, table := conversations(t, files[1], tweet.Production, set.Production, 1)
	key := map[int64][]string{}
	for _, a := range set.Answers {
		key[a.TweetID] = a.Companies
	}
	judged = nil
	for _, c := range production {
		best := model.Predict(c.Text)[0]
		judged = append(judged, judgement{slices.Contains(key[table.ID(c.leaf)], best.Label), best.Probability})
	}
	report(t, "production", judged)

	judged = nil
	thin := 0
	for _, c := range set.Calls {
		best := model.Predict(called(c))[0]
		switch {
		case c.Company != dataset.Unknown:
			judged = append(judged, judgement{best.Label == c.Company, best.Probability})
		case best.Label == dataset.Unknown || best.Probability < 0.5:
			thin++
		}
	}
	t.Logf("calls that say nothing: %d told, or doubted", thin)
	report(t, "calls", judged)
}

// called is what a model reads of a call.
func called(c sample.Call) string {
	var lines []string
	for _, turn := range c.Turns {
		row := sample.Row{Fields: []string{turn.Text}, Spans: turn.Spans}
		if line := text.Clean(anonymized(row, 0)); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func report(t *testing.T, what string, judged []judgement) {
	t.Helper()
	got := accuracy(judged)
	t.Logf("%s: accuracy %.3f of %d conversations; %.0f%% answered at a precision of 0.95, %.0f%% at 0.99",
		what, got, len(judged), 100*coverage(judged, 0.95), 100*coverage(judged, 0.99))
	if got < 0.80 || got > 0.97 {
		t.Errorf("%s: accuracy %.3f, want one between 0.80 and 0.97", what, got)
	}
	if c := coverage(judged, 0.95); c < 0.5 || c > 0.99 && got < 0.95 {
		t.Errorf("%s: %.2f of the answers have a precision of 0.95: confidence tells nothing", what, c)
	}
}

// split holds out a fifth of the threads.
func split(all []conversation) (train []classifier.Example, test []conversation) {
	r := rand.New(rand.NewPCG(1, 1))
	held := map[int32]bool{}
	for _, c := range all {
		if _, ok := held[c.root]; !ok {
			held[c.root] = r.IntN(5) == 0
		}
		if held[c.root] {
			test = append(test, c)
		} else {
			train = append(train, c.Example)
		}
	}
	return train, test
}
