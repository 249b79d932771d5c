package classifier

import (
	"cmp"
	"encoding/csv"
	"errors"
	"html"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// tweets are the real conversations that the accuracy is measured on. They
// are not part of the project: without them the measurements are skipped.
type tweets struct {
	examples []Example
	threads  []int64 // the root of each example
}

var (
	mention = regexp.MustCompile(`@\w+`)
	link    = regexp.MustCompile(`https?://\S+`)
	// signOff finds an agent's initials or first name at the end of a
	// tweet. They tell the company better than anything an agent writes,
	// and will be gone when real data gets here.
	signOff = regexp.MustCompile(`(?m)[ \t]*(?:[-–—^*~/][ \t]?[A-Z][A-Za-z]{0,11}\.?|\^\w+)((?:[ \t]+(?:<url>|\d/\d))*)[ \t]*$`)
)

// readTweets builds conversations as the pipeline does, only simpler: paths
// from root to leaf, mentions removed, sign-offs removed, the label the
// company with most tweets on the path.
func readTweets(tb testing.TB) tweets {
	tb.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "tweets.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		tb.Skip("the real tweets are not on this machine: ../shared/data/tweets.csv")
	}
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	type tweet struct {
		author, text string
		parent       int64
		leaf         bool
	}
	all := map[int64]*tweet{}
	var order []int64
	reader := csv.NewReader(file)
	header, err := reader.Read()
	if err != nil {
		tb.Fatal(err)
	}
	column := func(name string) int {
		return slices.IndexFunc(header, func(h string) bool { return strings.TrimPrefix(h, "\ufeff") == name })
	}
	id, author, text, parent := column("tweet_id"), column("author_id"), column("text"), column("in_response_to_tweet_id")
	number := func(s string) int64 {
		n, _ := strconv.ParseInt(strings.TrimSuffix(s, ".0"), 10, 64)
		return n
	}
	for {
		row, err := reader.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			tb.Fatal(err)
		}
		n := number(row[id])
		if all[n] != nil {
			continue
		}
		all[n] = &tweet{author: row[author], text: row[text], parent: number(row[parent]), leaf: true}
		order = append(order, n)
	}
	for _, t := range all {
		if p := all[t.parent]; p != nil {
			p.leaf = false
		}
	}
	var result tweets
	for _, leaf := range order {
		if !all[leaf].leaf {
			continue
		}
		var path []*tweet
		root := leaf
		for n := leaf; all[n] != nil && len(path) < 64; n = all[n].parent {
			path, root = append(path, all[n]), n
		}
		slices.Reverse(path)
		votes := map[string]int{}
		var lines []string
		for i, t := range path {
			if number(t.author) == 0 {
				votes[t.author] += 1000*len(path) - i // a tie goes to the earlier
			}
			line := strings.Join(strings.Fields(html.UnescapeString(mention.ReplaceAllString(t.text, ""))), " ")
			line = signOff.ReplaceAllString(link.ReplaceAllString(line, "<url>"), "$1")
			lines = append(lines, strings.TrimSpace(line))
		}
		label, most := "", 0
		for l, n := range votes {
			if n > most || n == most && cmp.Less(l, label) {
				label, most = l, n
			}
		}
		if label == "" {
			continue
		}
		result.examples = append(result.examples, Example{Text: strings.Join(lines, "\n"), Label: label})
		result.threads = append(result.threads, root)
	}
	return result
}

// split holds back a tenth of the threads, takes at most perClass examples of
// each class with at least minClass, and every tenth of the training threads
// for validation. With balanced, the held back ones are chosen like the
// training ones; otherwise they keep their natural mix, and those of rare
// classes can only be answered wrongly.
func (t tweets) split(minClass, perClass int, balanced bool) (train, validation, test []Example) {
	random := rand.New(rand.NewPCG(7, 7))
	roots := slices.Clone(t.threads)
	slices.Sort(roots)
	roots = slices.Compact(roots)
	random.Shuffle(len(roots), func(i, j int) { roots[i], roots[j] = roots[j], roots[i] })
	place := map[int64]int{}
	for i, root := range roots {
		place[root] = i * 100 / len(roots) // per cent
	}
	total, taken := map[string]int{}, map[string]int{}
	for _, e := range t.examples {
		total[e.Label]++
	}
	seen := map[string]bool{}
	for _, i := range random.Perm(len(t.examples)) {
		e := t.examples[i]
		usable := total[e.Label] >= minClass && taken[e.Label] < perClass
		switch at := place[t.threads[i]]; {
		case at < 10 && (usable || !balanced):
			test = append(test, e)
			if balanced {
				taken[e.Label]++
			}
		case at < 10 || !usable || seen[e.Text]:
		case at < 19:
			validation = append(validation, e)
			taken[e.Label]++
			seen[e.Text] = true
		default:
			train = append(train, e)
			taken[e.Label]++
			seen[e.Text] = true
		}
	}
	return train, validation, test
}

// BenchmarkTweets trains on the real tweets and measures the result on
// threads held back. Run it with -benchtime=1x.
func BenchmarkTweets(b *testing.B) {
	data := readTweets(b)
	for _, mix := range []struct {
		name               string
		minClass, perClass int
		balanced           bool
		examples           int
	}{
		{"balanced", 150, 1000, true, 1 << 30},
		{"natural", 30, 1 << 30, false, 1 << 30},
		{"natural4000", 30, 4000, false, 1 << 30},
		{"natural15000", 30, 1 << 30, false, 15_000},
	} {
		b.Run(mix.name, func(b *testing.B) {
			train, validation, test := data.split(mix.minClass, mix.perClass, mix.balanced)
			train = train[:min(len(train), mix.examples)]
			var model *Model
			for b.Loop() {
				var err error
				if model, err = Train(b.Context(), train, validation, Options{Seed: 1}); err != nil {
					b.Fatal(err)
				}
			}
			file, err := model.WriteTo(io.Discard)
			if err != nil {
				b.Fatal(err)
			}
			r := judge(model, test)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/train")
			b.ReportMetric(float64(len(train)), "examples")
			b.ReportMetric(float64(len(test)), "tests")
			b.ReportMetric(float64(len(model.Labels())), "classes")
			b.ReportMetric(float64(file)/(1<<20), "MB")
			b.ReportMetric(100*r.accuracy, "%accuracy")
			b.ReportMetric(100*r.coverage, "%coverage@95")
			b.ReportMetric(100*r.calibrationError, "%ECE")
			for i := range test {
				test[i].Text, _, _ = strings.Cut(test[i].Text, "\n")
			}
			b.ReportMetric(100*judge(model, test).accuracy, "%accuracy-1st-tweet")
		})
	}
}

// BenchmarkPredictTweets measures inference on the real tweets, on all cores.
func BenchmarkPredictTweets(b *testing.B) {
	train, validation, test := readTweets(b).split(30, 500, false)
	model, err := Train(b.Context(), train, validation, Options{Epochs: 2})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			model.Predict(test[i%len(test)].Text)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "conversations/s")
}

type quality struct {
	accuracy float64
	// coverage is the largest share that can be answered, most confident
	// first, with 95% of the answers right.
	coverage float64
	// calibrationError is the mean distance between confidence and accuracy
	// over ten equally wide ranges of confidence.
	calibrationError float64
}

func judge(model *Model, test []Example) (q quality) {
	type answer struct {
		confidence float64
		right      bool
	}
	answers := make([]answer, len(test))
	for i, e := range test {
		best := model.Predict(e.Text)[0]
		answers[i] = answer{best.Probability, best.Label == e.Label}
	}
	slices.SortFunc(answers, func(a, b answer) int { return cmp.Compare(b.confidence, a.confidence) })
	right := 0
	var gap [10]float64
	for i, a := range answers {
		bin := &gap[min(int(a.confidence*10), 9)]
		*bin += a.confidence
		if a.right {
			right++
			*bin--
		}
		if float64(right) >= 0.95*float64(i+1) {
			q.coverage = float64(i+1) / float64(len(test))
		}
	}
	q.accuracy = float64(right) / float64(len(test))
	for _, g := range gap {
		q.calibrationError += max(g, -g) / float64(len(test))
	}
	return q
}
