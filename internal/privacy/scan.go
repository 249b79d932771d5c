package privacy

import (
	"context"
	"slices"

	"switchboard/internal/anonymize"
	"switchboard/internal/text"
	"switchboard/internal/thread"
	"switchboard/internal/tweet"
)

// scanTexts is about how many texts are anonymized between two calls, so that
// whoever waits sees that it goes on.
const scanTexts = 2000

// Change is what the anonymizer makes of a row of a table.
type Change struct {
	// Row is counted from 0.
	Row int32
	// Text is the row's text, cleaned; the spans' offsets are into it.
	Text string
	// Spans are what is replaced.
	Spans []anonymize.Span
}

// Scan anonymizes a table as a run does, thread by thread, and calls each with
// some thousand rows at a time, changed or not, until all have had their turn.
// The slice is reused. The error is a recognizer's or the context's.
func Scan(ctx context.Context, a *anonymize.Anonymizer, table *tweet.Table, each func([]Change)) error {
	var changes []Change
	var batch [][]string
	flush := func() error {
		results, err := a.Threads(ctx, batch)
		if err != nil {
			return err
		}
		n := 0
		for _, r := range slices.Concat(results...) {
			changes[n].Spans = r.Spans
			n++
		}
		each(changes)
		changes, batch = changes[:0], batch[:0]
		return nil
	}
	for _, rows := range threads(table) {
		cleaned := make([]string, len(rows))
		for i, row := range rows {
			cleaned[i] = text.Clean(table.Text(row))
			changes = append(changes, Change{Row: row, Text: cleaned[i]})
		}
		batch = append(batch, cleaned)
		if len(changes) < scanTexts {
			continue
		}
		if err := flush(); err != nil {
			return err
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return flush()
}

// threads returns the rows of each thread. A row that repeats an earlier tweet
// comes last in the thread of that.
func threads(table *tweet.Table) [][]int32 {
	starts, ids := table.Responses()
	forest := thread.Build(thread.Tweets{
		IDs: table.IDs(), Parents: table.Parents(), Times: table.Times(), ResponseStarts: starts, ResponseIDs: ids,
		Content: table.Content, Skip: table.Headers(),
	}, func(string, int64) {})
	var all [][]int32
	threadOf := make([]int32, table.Rows())
	for i, row := range forest.Order {
		if forest.Depth[i] == 1 {
			all = append(all, nil)
		}
		last := len(all) - 1
		all[last] = append(all[last], row)
		threadOf[row] = int32(last)
	}
	for _, d := range forest.Duplicates {
		all[threadOf[d.First]] = append(all[threadOf[d.First]], d.Row)
	}
	return all
}
