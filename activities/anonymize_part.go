package activities

import (
	"context"
	"fmt"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
)

// AnonymizePartInput names one part of staged conversations.
type AnonymizePartInput struct {
	Conversations artifact.Ref `json:"conversations"`
	Dir           string       `json:"dir"`
	Part          int          `json:"part"`
}

// AnonymizePartResult names what became of it.
type AnonymizePartResult struct {
	Examples artifact.Ref `json:"examples"`
	// Audit lists what was replaced: where and why, never the text.
	Audit artifact.Ref `json:"audit"`
	// Spans counts replacements by kind.
	Spans map[string]int64 `json:"spans"`
	// Version is that of the anonymizer that ran.
	Version string `json:"version"`
}

// AnonymizePart cleans the texts of one part and replaces what names or
// identifies a person. It writes as many examples as it read conversations.
func (d *Data) AnonymizePart(ctx context.Context, in AnonymizePartInput) (AnonymizePartResult, error) {
	ctx, stop := untilWorkerStops(ctx)
	defer stop()

	conversations, err := rows[dataset.Conversation](ctx, d.Store, in.Conversations)
	if err != nil {
		return AnonymizePartResult{}, err
	}
	examples, spans, err := d.anonymize(ctx, conversations)
	if err != nil {
		return AnonymizePartResult{}, fmt.Errorf("anonymizing part %d: %w", in.Part, err)
	}
	if len(examples) != len(conversations) {
		return AnonymizePartResult{}, fmt.Errorf("anonymizing part %d: %d conversations went in and %d came out", in.Part, len(conversations), len(examples))
	}
	result := AnonymizePartResult{Spans: make(map[string]int64), Version: d.Anonymizer.Version()}
	for _, s := range spans {
		result.Spans[s.Kind]++
	}
	if result.Examples, err = writeRows(ctx, d.Store, part(in.Dir, "anonymized", in.Part), examples); err != nil {
		return AnonymizePartResult{}, err
	}
	if result.Audit, err = writeRows(ctx, d.Store, part(in.Dir, "audit", in.Part), spans); err != nil {
		return AnonymizePartResult{}, err
	}
	return result, nil
}

// sliceConversations is how many conversations are anonymized at a time, so
// that a slow model shows progress and can be stopped.
const sliceConversations = 1000

// anonymize works in slices of whole threads: a name found anywhere in a
// thread is replaced everywhere in it.
func (d *Data) anonymize(ctx context.Context, conversations []dataset.Conversation) (examples []dataset.Example, spans []dataset.Span, err error) {
	for from := 0; from < len(conversations); {
		report(ctx, pipeline.Progress{Done: int64(from), Total: int64(len(conversations)), Unit: "conversations"})
		to := min(from+sliceConversations, len(conversations))
		for to < len(conversations) && conversations[to].ThreadID == conversations[to-1].ThreadID {
			to++
		}
		e, s, err := d.Anonymizer.Conversations(ctx, conversations[from:to])
		if err != nil {
			return nil, nil, err
		}
		examples, spans = append(examples, e...), append(spans, s...)
		from = to
	}
	return examples, spans, nil
}
