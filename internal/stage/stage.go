// Package stage turns a table of tweets into conversations on disk: it loads
// the table, puts threads together, labels their conversations and writes
// them as Parquet files.
//
// The table is held in memory as columns, some 350 bytes a tweet at the peak;
// what comes out is written as it is made. Loading and writing use two cores,
// and the cost is linear in the tweets whatever their threads look like.
package stage

import (
	"context"
	"fmt"
	"io"
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"switchboard/internal/dataset"
	"switchboard/internal/label"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/text"
	"switchboard/internal/thread"
	"switchboard/internal/tweet"
)

// What can be odd about threads once their companies are known. The names are
// stable, like those in packages tweet and thread.
const (
	// LongPath: a tweet at which a path was cut because it is too long.
	LongPath = "long_path"
	// LoneCompanyTweet: a company's tweet that answers nothing and is not
	// answered.
	LoneCompanyTweet = "lone_company_tweet"
	// CompanyAnswersCompany: a company's tweet that answers a company's,
	// itself included.
	CompanyAnswersCompany = "company_answers_company"
	// CustomerHandle: a tweet by an author without a number who is a customer,
	// as the threads show.
	CustomerHandle = "customer_handle"
	// SeveralCompanies: a thread, named by its root, in which several
	// companies write.
	SeveralCompanies = "several_companies"
)

const (
	// partConversations is how many conversations a part has at least, so
	// that what is done once a part is small beside what is done in it.
	partConversations = 10_000
	// maxParts bounds the list of parts, which travels through workflows.
	maxParts = 100
	// batchConversations is how many are handed to the Parquet writer at
	// once.
	batchConversations = 512
)

// DefaultMaxTweets is the length at which paths are cut unless told otherwise.
const DefaultMaxTweets = pipeline.DefaultMaxTweets

// Options say what is staged. Name and Kind are needed.
type Options struct {
	// Name is the table's name, for messages; its ending tells whether it
	// is compressed (.gz, .zst).
	Name string
	// Kind is what the table is for. A production table's conversations are
	// all labelled [dataset.Unknown].
	Kind tweet.Kind
	// MaxTweets is how many tweets a conversation has at most;
	// [DefaultMaxTweets] if 0.
	MaxTweets int
	// MaxUnusable is the part, from 0 to 1, of a column that the result
	// depends on that may be unusable; [tweet.DefaultMaxUnusable] if 0.
	MaxUnusable float64
	// Progress, if not nil, is told how far a step has come, from one
	// goroutine at a time. It is called some hundred times a second and has
	// to return at once.
	Progress func(step Step, rows int64)
}

// Step is a part of the work.
type Step string

// The steps, in their order, and what their rows are.
const (
	// Load: rows read from the table.
	Load Step = "load"
	// Thread: 0 when it begins, all rows when it is done.
	Thread Step = "thread"
	// Write: conversations written.
	Write Step = "write"
)

// Validate says what is wrong with the options.
func (o Options) Validate() error {
	if o.Kind != tweet.Training && o.Kind != tweet.Production {
		return problem.Input("a table is for %s or for %s, not for %q", tweet.Training, tweet.Production, o.Kind)
	}
	if o.MaxTweets < 0 {
		return problem.Input("max_tweets is %d: a conversation has at least 1 tweet, leave it at 0 for the default of %d", o.MaxTweets, DefaultMaxTweets)
	}
	if !(o.MaxUnusable >= 0 && o.MaxUnusable <= 1) {
		return problem.Input("max_unusable is %g: it is a part of a column, above 0 and at most 1, or 0 for the default of %g", o.MaxUnusable, tweet.DefaultMaxUnusable)
	}
	return nil
}

// Sink opens the file of a part, counted from 0. It is called from several
// goroutines at once, and every file is closed. When staging fails, ctx is
// cancelled before the file is closed, so that a blob writer made with ctx
// throws away what it got.
type Sink func(ctx context.Context, part int) (io.WriteCloser, error)

// Result tells what was staged.
type Result struct {
	// Rows are the table's rows; Tweets those that no earlier row has said
	// under the same id, without the Headers, which are rows that repeat
	// the header.
	Rows    int64 `json:"rows"`
	Tweets  int64 `json:"tweets"`
	Headers int64 `json:"headers,omitempty"`
	// Threads and Conversations are how many there are in all parts.
	Threads       int64 `json:"threads"`
	Conversations int64 `json:"conversations"`
	// Parts are the conversations in each part.
	Parts []int64 `json:"parts"`
	// Companies is how many companies write in the table, Classes how many
	// of them label a conversation.
	Companies int `json:"companies"`
	Classes   int `json:"classes"`
	// Report is everything odd about the table.
	Report tweet.Report `json:"report"`

	// Labels are the conversations of every label that has some, [dataset.Unknown]
	// included. The keys are handles: fit for a file, not for a workflow.
	Labels map[string]int64 `json:"-"`
	// Duplicates are the rows that are in no conversation, in their order.
	// There may be as many as there are rows.
	Duplicates []dataset.Duplicate `json:"-"`
}

// Conversations reads a table of tweets from r and writes its conversations,
// as [dataset.Conversation] rows, to the parts that sink opens. Conversations
// stand in the order of their threads' roots in the table, and a part holds
// whole threads unless one is larger than two parts.
//
// The same table and options give the same parts, byte for byte. Errors that
// the table's owner has to act on are [problem.BadInput]; so are wrong
// options. Before it returns, Conversations checks that every row is in a
// conversation, is a duplicate of one that is, or repeats the header.
func Conversations(ctx context.Context, r io.Reader, opts Options, sink Sink) (Result, error) {
	if err := opts.Validate(); err != nil {
		return Result{}, err
	}
	if opts.MaxTweets == 0 {
		opts.MaxTweets = DefaultMaxTweets
	}
	if opts.MaxUnusable == 0 {
		opts.MaxUnusable = tweet.DefaultMaxUnusable
	}
	if opts.Progress == nil {
		opts.Progress = func(Step, int64) {}
	}
	table, err := tweet.Load(ctx, r, opts.Name, opts.Kind, func(rows int64) { opts.Progress(Load, rows) })
	if err != nil {
		return Result{}, err
	}
	if err := table.Usable(opts.Name, opts.MaxUnusable); err != nil {
		return Result{}, err
	}
	opts.Progress(Thread, 0)
	forest := build(table)
	if err := sound(table, forest, opts); err != nil {
		return Result{}, err
	}
	is, err := customers(table, forest, opts)
	if err != nil {
		return Result{}, err
	}
	table.Demote(is, CustomerHandle)
	result := describe(table, forest, opts.MaxTweets)
	opts.Progress(Thread, result.Rows)
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}

	w := &writer{
		table:     table,
		forest:    forest,
		companies: label.NewCompanies(table.Companies()),
		opts:      opts,
		sink:      sink,
		seen:      make([]atomic.Uint64, (table.Rows()+63)/64),
		labels:    make([]int64, len(table.Companies())+1),
	}
	if err := w.write(ctx, &result); err != nil {
		return Result{}, err
	}
	if err := w.conserved(result); err != nil {
		return Result{}, err
	}
	return result, labelsAreCompanies(result, opts)
}

func build(table *tweet.Table) *thread.Forest {
	tweets := thread.Tweets{
		IDs: table.IDs(), Parents: table.Parents(), Times: table.Times(),
		Content: table.Content, Skip: table.Headers(),
	}
	tweets.ResponseStarts, tweets.ResponseIDs = table.Responses()
	return thread.Build(tweets, table.Report.Add)
}

// idOf returns a tweet's id; -(row+1) if it has none of its own, because none
// can be read or another tweet has it.
func idOf(table *tweet.Table, forest *thread.Forest, row int32) int64 {
	if forest.Clashes(row) {
		return -int64(row) - 1
	}
	return table.ID(row)
}

// describe counts what can be counted before anything is written.
func describe(table *tweet.Table, forest *thread.Forest, maxTweets int) Result {
	result := Result{
		Rows:      int64(table.Rows()),
		Tweets:    int64(len(forest.Order)),
		Headers:   int64(len(table.Headers())),
		Companies: len(table.Companies()),
	}
	for _, d := range forest.Duplicates {
		result.Duplicates = append(result.Duplicates, dataset.Duplicate(d))
	}
	report := &table.Report
	for from := 0; from < len(forest.Order); {
		result.Threads++
		root := forest.Order[from]
		company, several := table.Company(root), false
		to := from + 1
		for ; to < len(forest.Order) && forest.Depth[to] > 1; to++ {
			row := forest.Order[to]
			if int(forest.Depth[to-1])%maxTweets == 0 && forest.Depth[to] > forest.Depth[to-1] {
				report.Add(LongPath, idOf(table, forest, forest.Order[to-1]))
			}
			author := table.Company(row)
			if author == label.None {
				continue
			}
			if table.Company(forest.Parent[row]) != label.None {
				report.Add(CompanyAnswersCompany, idOf(table, forest, row))
			}
			several = several || company != label.None && company != author
			company = author
		}
		if several {
			report.Add(SeveralCompanies, idOf(table, forest, root))
		}
		if to == from+1 && company != label.None {
			report.Add(LoneCompanyTweet, idOf(table, forest, root))
		}
		from = to
	}
	result.Report = *report
	return result
}

// writer writes the parts, several at once.
type writer struct {
	table     *tweet.Table
	forest    *thread.Forest
	companies *label.Companies
	opts      Options
	sink      Sink
	// seen has a bit for every row that a written conversation holds.
	seen []atomic.Uint64

	mu sync.Mutex
	// labels are the conversations by company, those of none last.
	labels  []int64
	written int64
}

func (w *writer) write(ctx context.Context, result *Result) error {
	parts := w.forest.Parts(w.opts.MaxTweets, partConversations, maxParts)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, part := range parts {
		result.Parts = append(result.Parts, int64(part.Conversations))
		result.Conversations += int64(part.Conversations)
		group.Go(func() error { return w.part(ctx, i, part) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	result.Labels = make(map[string]int64)
	handles := w.table.Companies()
	for company, n := range w.labels {
		switch {
		case n == 0:
		case company == len(handles):
			result.Labels[dataset.Unknown] += n
		default:
			result.Labels[handles[company]] += n
			result.Classes++
		}
	}
	return nil
}

// part writes one part, or nothing if staging was given up meanwhile.
func (w *writer) part(ctx context.Context, number int, part thread.Part) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out, err := w.sink(ctx, number)
	if err != nil {
		return fmt.Errorf("opening part %d: %w", number, err)
	}
	if err := w.rows(ctx, out, part); err != nil {
		// The file is to be thrown away, so its own error tells nothing.
		cancel()
		_ = out.Close()
		return fmt.Errorf("writing part %d: %w", number, err)
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("closing part %d: %w", number, err)
	}
	return nil
}

func (w *writer) rows(ctx context.Context, out io.Writer, part thread.Part) error {
	file := dataset.NewWriter[dataset.Conversation](out)
	b := batch{writer: w, labeler: w.companies.NewLabeler(), labels: make([]int64, len(w.labels))}
	for c := range w.forest.Conversations(part.From, part.To, w.opts.MaxTweets) {
		b.add(c)
		if len(b.conversations) < batchConversations {
			continue
		}
		if err := b.flush(ctx, file); err != nil {
			return err
		}
	}
	if err := b.flush(ctx, file); err != nil {
		return err
	}
	w.mu.Lock()
	for company, n := range b.labels {
		w.labels[company] += n
	}
	w.mu.Unlock()
	return file.Close()
}

// batch collects conversations for the Parquet writer. Their rows and texts
// lie behind each other in two slices that are used again for the next batch.
type batch struct {
	*writer
	labeler       *label.Labeler
	labels        []int64
	conversations []dataset.Conversation
	tweets        []int32
	texts         []string
	authors       []int32
}

func (b *batch) add(c thread.Conversation) {
	start := len(b.tweets)
	b.tweets = append(b.tweets, c.Rows...)
	b.authors = b.authors[:0]
	for _, row := range c.Rows {
		b.texts = append(b.texts, b.table.Text(row))
		b.authors = append(b.authors, b.table.Company(row))
		b.see(row)
	}
	texts := b.texts[start:]
	name := dataset.Unknown
	company := b.labeler.Label(b.authors, func(i int) string { return texts[i] })
	if company == label.None {
		b.labels[len(b.labels)-1]++
	} else {
		b.labels[company]++
		name = b.table.Companies()[company]
	}
	b.conversations = append(b.conversations, dataset.Conversation{
		ID:       idOf(b.table, b.forest, c.Rows[len(c.Rows)-1]),
		ThreadID: idOf(b.table, b.forest, c.Root),
		Rows:     b.tweets[start:],
		Texts:    texts,
		Label:    name,
		Answered: slices.ContainsFunc(b.authors, func(company int32) bool { return company != label.None }),
		Opening:  opening(b.authors, texts),
	})
}

// opening is the place, from 1, of the first tweet with words that no company wrote.
func opening(authors []int32, texts []string) int32 {
	for i, author := range authors {
		if author == label.None && text.Clean(texts[i]) != "" {
			return int32(i) + 1
		}
	}
	return 0
}

func (b *batch) flush(ctx context.Context, file *dataset.Writer[dataset.Conversation]) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := file.Write(b.conversations...); err != nil {
		return err
	}
	b.mu.Lock()
	b.written += int64(len(b.conversations))
	b.opts.Progress(Write, b.written)
	b.mu.Unlock()
	b.conversations, b.tweets, b.texts = b.conversations[:0], b.tweets[:0], b.texts[:0]
	return nil
}

// see notes that a row is in a conversation. Most rows are in one only, and
// parts seldom have rows in common, so the bit is looked at before it is set.
func (w *writer) see(row int32) {
	word, bit := &w.seen[row/64], uint64(1)<<(row%64)
	if word.Load()&bit == 0 {
		word.Or(bit)
	}
}

// conserved checks that no row was lost.
func (w *writer) conserved(result Result) error {
	var seen int64
	for i := range w.seen {
		seen += int64(bits.OnesCount64(w.seen[i].Load()))
	}
	if lost := result.Rows - seen - int64(len(result.Duplicates)) - result.Headers; lost != 0 {
		return fmt.Errorf("staging lost %d of %d rows: %d are in conversations, %d are duplicates and %d repeat the header", lost, result.Rows, seen, len(result.Duplicates), result.Headers)
	}
	if w.written != result.Conversations {
		return fmt.Errorf("staging wrote %d conversations of %d", w.written, result.Conversations)
	}
	return nil
}
