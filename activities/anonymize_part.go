package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
)

// AnonymizePartInput names one part of staged conversations.
type AnonymizePartInput struct {
	Conversations artifact.Ref `json:"conversations"`
	Dir           string       `json:"dir"`
	Part          int          `json:"part"`
	// Force does the work even if an earlier run has done the same.
	Force bool `json:"force,omitempty"`
}

// AnonymizePartResult names what became of it.
type AnonymizePartResult struct {
	Examples artifact.Ref `json:"examples"`
	// Audit lists what was replaced: where and why, never the text.
	Audit artifact.Ref `json:"audit"`
	// Spans counts replacements by kind, those in a tweet once, however many
	// conversations of the part it is in.
	Spans map[string]int64 `json:"spans"`
	// Version is that of the anonymizer that ran.
	Version string `json:"version"`
	// Reused is true if an earlier run's files were copied.
	Reused bool `json:"reused,omitempty"`
}

func (r *AnonymizePartResult) files() []*artifact.Ref {
	return []*artifact.Ref{&r.Examples, &r.Audit}
}

// AnonymizePart cleans the texts of one part and replaces what names or
// identifies a person. It writes as many examples as it read conversations.
// With a slow model it saves what it has every few seconds; the heartbeat is
// the cursor from which another attempt goes on. Where an earlier run did the
// same with the same conversations, its result is taken over.
func (d *Data) AnonymizePart(ctx context.Context, in AnonymizePartInput) (AnonymizePartResult, error) {
	ctx, stop := untilWorkerStops(ctx)
	defer stop()

	key := cacheKey{"anonymized", []any{in.Conversations.SHA256, d.Anonymizer.Version(), in.Part}}
	result, reused, err := reuse(ctx, d.Store, key, in.Dir, in.Force, (*AnonymizePartResult).files, func() (AnonymizePartResult, error) {
		return d.anonymizePart(ctx, in)
	})
	result.Reused = reused
	return result, err
}

func (d *Data) anonymizePart(ctx context.Context, in AnonymizePartInput) (AnonymizePartResult, error) {
	conversations, err := rows[dataset.Conversation](ctx, d.Store, in.Conversations)
	if err != nil {
		return AnonymizePartResult{}, err
	}
	examples, spans, err := d.anonymize(ctx, in, conversations)
	if err != nil {
		return AnonymizePartResult{}, fmt.Errorf("anonymizing part %d: %w", in.Part, err)
	}
	if len(examples) != len(conversations) {
		return AnonymizePartResult{}, fmt.Errorf("anonymizing part %d: %d conversations went in and %d came out", in.Part, len(conversations), len(examples))
	}
	result := AnonymizePartResult{Spans: countSpans(conversations, spans), Version: d.Anonymizer.Version()}
	if result.Examples, err = writeRows(ctx, d.Store, layout.Run(in.Dir).Anonymized(in.Part), examples); err != nil {
		return AnonymizePartResult{}, err
	}
	if result.Audit, err = writeRows(ctx, d.Store, layout.Run(in.Dir).Audit(in.Part), spans); err != nil {
		return AnonymizePartResult{}, err
	}
	return result, nil
}

// countSpans counts spans by kind, each tweet's once: the tweets at the start of a
// thread are in all of its conversations, and the spans are listed with each.
func countSpans(conversations []dataset.Conversation, spans []dataset.Span) map[string]int64 {
	rows := make(map[int64][]int32, len(conversations))
	for _, c := range conversations {
		rows[c.ID] = c.Rows
	}
	counts, counted := make(map[string]int64), make(map[int32]int64) // the conversation with which a row was counted
	for _, s := range spans {
		row := rows[s.ConversationID][s.Tweet]
		if with, found := counted[row]; found && with != s.ConversationID {
			continue
		}
		counted[row] = s.ConversationID
		counts[s.Kind]++
	}
	return counts
}

// A part is anonymized in slices, so that it shows progress, can be stopped, and can be
// saved in between. The first slice is small, and the next one is as large as the time
// that this one took allows: a starved machine would never come to the end of what a
// free one does in a second, and would begin again with every attempt.
const (
	firstSlice = 125
	leastSlice = 15
	mostSlice  = 1000
)

// nextSlice returns how many conversations the slice after one has that took so long,
// where what is done is to be saved so often.
func nextSlice(size int, took, every time.Duration) int {
	switch {
	case took > every/2:
		return max(size/2, leastSlice)
	case took < every/8:
		return min(size*2, mostSlice)
	}
	return size
}

// saveSlices is how much work a killed process may lose. Rules are done with a
// part long before; a large model takes hours.
const saveSlices = 10 * time.Second

// progress is what an attempt has done of a part, and where it saves it.
type progress struct {
	store    *artifact.Store
	dir      string
	every    time.Duration
	examples []dataset.Example
	spans    []dataset.Span
	// saved and savedSpans are how many of them are in the saved files.
	saved, savedSpans int
	files             int
	last              time.Time
}

// anonymize works in slices of whole threads: a name found anywhere in a
// thread is replaced everywhere in it. It goes on from where the attempt
// before this one saved.
func (d *Data) anonymize(ctx context.Context, in AnonymizePartInput, conversations []dataset.Conversation) ([]dataset.Example, []dataset.Span, error) {
	s := progress{store: d.Store, dir: layout.Run(in.Dir).Saved(in.Part, d.Anonymizer.Version()), every: max(d.saveEvery, 0), last: time.Now()}
	if s.every == 0 {
		s.every = saveSlices
	}
	s.restore(ctx, resume[pipeline.Progress](ctx).Saved)
	task := d.anonymizing.Begin()
	defer task.End()
	size := firstSlice
	for from := len(s.examples); from < len(conversations); from = len(s.examples) {
		s.report(ctx, len(conversations), d.anonymizing.Rate())
		began := time.Now()
		e, spans, err := d.Anonymizer.Conversations(ctx, conversations[from:threadEnd(conversations, from+size)])
		if err != nil {
			return nil, nil, err
		}
		size = nextSlice(size, time.Since(began), s.every)
		task.Did(int64(len(e)))
		s.examples, s.spans = append(s.examples, e...), append(s.spans, spans...)
		if time.Since(s.last) < s.every {
			continue
		}
		if err := s.save(ctx); err != nil {
			return nil, nil, err
		}
	}
	return s.examples, s.spans, s.remove(ctx)
}

// threadEnd returns the end of the thread that reaches over index i, at most
// the end of the list.
func threadEnd(conversations []dataset.Conversation, i int) int {
	if i >= len(conversations) {
		return len(conversations)
	}
	for i < len(conversations) && conversations[i].ThreadID == conversations[i-1].ThreadID {
		i++
	}
	return i
}

func (s *progress) report(ctx context.Context, total int, rate float64) {
	report(ctx, pipeline.Progress{Done: int64(len(s.examples)), Total: int64(total), Unit: "conversations", Saved: s.files, Rate: rate})
}

func (s *progress) names(i int) (examples, spans string) {
	name := fmt.Sprintf("%s/%06d", s.dir, i)
	return name + "-examples.parquet", name + "-spans.parquet"
}

// save writes what came since the last time.
func (s *progress) save(ctx context.Context) error {
	examples, spans := s.names(s.files)
	if _, err := writeRows(ctx, s.store, examples, s.examples[s.saved:]); err != nil {
		return err
	}
	if _, err := writeRows(ctx, s.store, spans, s.spans[s.savedSpans:]); err != nil {
		return err
	}
	s.saved, s.savedSpans, s.last = len(s.examples), len(s.spans), time.Now()
	s.files++
	return nil
}

// restore reads the first n saved files. Where one cannot be had, the work
// from there on is done again.
func (s *progress) restore(ctx context.Context, n int) {
	for s.files < n {
		examples, spans := s.names(s.files)
		e, err := rowsAt[dataset.Example](ctx, s.store, examples)
		if err != nil {
			return
		}
		found, err := rowsAt[dataset.Span](ctx, s.store, spans)
		if err != nil {
			return
		}
		s.examples, s.spans = append(s.examples, e...), append(s.spans, found...)
		s.saved, s.savedSpans = len(s.examples), len(s.spans)
		s.files++
	}
}

// remove deletes the saved files.
func (s *progress) remove(ctx context.Context) error {
	for i := range s.files {
		examples, spans := s.names(i)
		if err := errors.Join(s.store.Delete(ctx, examples), s.store.Delete(ctx, spans)); err != nil {
			return err
		}
	}
	return nil
}
