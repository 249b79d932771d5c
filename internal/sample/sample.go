package sample

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// Seed is the seed of the data set in datasets/sample, Rows its size.
const (
	Seed = 2017
	Rows = 12_400
)

// Options says which data set to generate.
type Options struct {
	// Seed decides every choice.
	Seed uint64
	// Rows is about how many rows the training file has; the production file
	// has an eighth of that. At least 1,000.
	Rows int
}

// Validate tells what is wrong with the options.
func (o Options) Validate() error {
	if o.Rows < 1000 {
		return fmt.Errorf("a sample of %d rows is too small to hold every anomaly; the least is 1,000", o.Rows)
	}
	return nil
}

// Row is a row of a file that was generated.
type Row struct {
	// Fields are the row's cells in the order of the header.
	Fields []string
	// Spans are the personal details planted in the text.
	Spans []Span
	// tweet is what the row was written from.
	tweet *tweet
}

// Columns of the training file.
const (
	colID = iota
	colAuthor
	colInbound
	colCreated
	colText
	colResponses
	colParent
)

var (
	trainingHeader   = []string{"tweet_id", "author_id", "inbound", "created_at", "text", "response_tweet_id", "in_response_to_tweet_id"}
	productionHeader = []string{"tweet_id", "text", "response_tweet_id", "in_response_to_tweet_id"}
)

// Set is a generated data set.
type Set struct {
	// Training and Production are the rows of the two files, header apart.
	Training, Production []Row
	// Answers are the companies that are right for each production row.
	Answers []Answer
	// Planted counts what was done to the training file, by kind. The kinds
	// are those of a load report (see internal/tweet).
	Planted map[string]int
	// Calls are in the order in which they come in.
	Calls []Call
	// Companies and Threads count what is in the training file.
	Companies, Threads int
}

// Generate makes up a data set.
func Generate(o Options) (*Set, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	w, err := newWriter(o.Seed)
	if err != nil {
		return nil, err
	}
	set := &Set{Companies: len(w.companies)}
	var training, production []thread
	trainingRows, productionRows := 0, 0
	for trainingRows < o.Rows {
		t := w.newThread()
		if productionRows < o.Rows/8 && w.chance(0.13) {
			production = append(production, t)
			productionRows += t.rows()
			continue
		}
		training = append(training, t)
		trainingRows += t.rows()
	}
	training = append(training, w.longThread(82))
	set.Threads = len(training)

	number(&w.voice, append(slices.Clone(training), production...))
	set.Training = w.trainingRows(training)
	set.plant(&w.voice)
	set.Production, set.Answers = w.productionRows(production)
	if set.Calls, err = newCalls(o.Seed); err != nil {
		return nil, err
	}
	return set, nil
}

// newWriter loads the companies and the grammar.
func newWriter(seed uint64) (*writer, error) {
	g, err := loadGrammar()
	if err != nil {
		return nil, fmt.Errorf("reading the grammar: %w", err)
	}
	companies, err := loadCompanies()
	if err != nil {
		return nil, err
	}
	w := &writer{
		voice:        voice{Rand: rand.New(rand.NewPCG(seed, 0)), grammar: g, companies: companies},
		nextCustomer: 115_711,
		now:          time.Date(2024, time.September, 30, 22, 0, 0, 0, time.UTC),
	}
	for _, c := range companies {
		c.hire(&w.voice)
		for range c.weight {
			w.lottery = append(w.lottery, c)
		}
	}
	return w, nil
}

// rows is how many tweets of the thread are in the file.
func (t thread) rows() int {
	n := 0
	for _, x := range t {
		if !x.lost {
			n++
		}
	}
	return n
}

// number gives out tweet ids. Both files share them; within a thread they go
// forward or backward, as in the real file, where ids tell nothing of time.
func number(v *voice, threads []thread) {
	next := int64(2011)
	v.Shuffle(len(threads), func(i, j int) { threads[i], threads[j] = threads[j], threads[i] })
	for _, t := range threads {
		backward := v.chance(0.6)
		for i := range t {
			x := t[i]
			if backward {
				x = t[len(t)-1-i]
			}
			x.id = next
			next += 1 + int64(v.IntN(100)/92) // a gap now and then
		}
	}
}

// WriteTo writes the set's files into a directory, which is made if need be.
func (s *Set) WriteTo(dir string) error {
	files, err := s.Files()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "calls"), 0o755); err != nil { //nolint:gosec // invented texts are no secret
		return fmt.Errorf("writing the sample: %w", err)
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil { //nolint:gosec // invented texts are no secret
			return fmt.Errorf("writing the sample: %w", err)
		}
	}
	return nil
}

// File is one file of a set.
type File struct {
	Name string
	Data []byte
}

// Files returns the set as files: tweets.csv with a byte order mark,
// production.csv with Windows line ends, production-key.csv, names.csv, the
// calls, each in a file, with calls-key.csv, calls-names.csv and
// calls-recorded.jsonl, and README.md.
func (s *Set) Files() ([]File, error) {
	readme, err := s.readme()
	if err != nil {
		return nil, err
	}
	calls, err := s.callFiles()
	if err != nil {
		return nil, err
	}
	return append([]File{
		{"tweets.csv", append([]byte("\xEF\xBB\xBF"), table(trainingHeader, cells(s.Training), false)...)},
		{"production.csv", table(productionHeader, cells(s.Production), true)},
		{"production-key.csv", table([]string{"tweet_id", "companies"}, s.key(), false)},
		{"names.csv", table([]string{"file", "row", "start", "end", "kind"}, s.Spans(), false)},
		{"README.md", readme},
	}, calls...), nil
}

func cells(rows []Row) [][]string {
	out := make([][]string, len(rows))
	for i, r := range rows {
		out[i] = r.Fields
	}
	return out
}

func (s *Set) key() [][]string {
	out := make([][]string, len(s.Answers))
	for i, a := range s.Answers {
		out[i] = a.fields()
	}
	return out
}

// Spans lists the personal details of both files, as the lines of names.csv:
// file, row, start, end, kind.
func (s *Set) Spans() [][]string {
	var out [][]string
	for _, file := range []struct {
		name string
		rows []Row
	}{{"tweets", s.Training}, {"production", s.Production}} {
		for i, r := range file.rows {
			for _, span := range r.Spans {
				out = append(out, []string{file.name, strconv.Itoa(i), strconv.Itoa(span.Start), strconv.Itoa(span.End), string(span.Kind)})
			}
		}
	}
	return out
}

// table encodes rows as CSV. It writes to memory, which does not fail.
func table(header []string, rows [][]string, crlf bool) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = crlf
	_ = w.Write(header)
	_ = w.WriteAll(rows)
	return b.Bytes()
}
