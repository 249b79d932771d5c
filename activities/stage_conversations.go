package activities

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"switchboard/internal/artifact"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/stage"
	"switchboard/internal/tweet"
)

// StageConversationsInput names a file and what it is for.
type StageConversationsInput struct {
	Dataset   string        `json:"dataset"`
	Kind      pipeline.Kind `json:"kind"`
	MaxTweets int           `json:"max_tweets"`
	// MaxUnusable is the part of a column that may be unusable; 0 is the
	// default.
	MaxUnusable float64 `json:"max_unusable,omitempty"`
	Dir         string  `json:"dir"`
	// Force does the work even if an earlier run has done the same.
	Force bool `json:"force,omitempty"`
}

// StageConversationsResult names the staged conversations.
type StageConversationsResult struct {
	Dataset       pipeline.DatasetRef    `json:"dataset"`
	Counts        pipeline.PrepareCounts `json:"counts"`
	Conversations []artifact.Ref         `json:"conversations"`
	Duplicates    artifact.Ref           `json:"duplicates"`
	// LoadReport is load.json: each anomaly's count and example ids, and
	// how many conversations each label has.
	LoadReport artifact.Ref `json:"load_report"`
	// Reused is true if an earlier run's files were copied.
	Reused bool `json:"reused,omitempty"`
}

func (r *StageConversationsResult) files() []*artifact.Ref {
	return append(pointers(r.Conversations), &r.Duplicates, &r.LoadReport)
}

// StageConversations loads a dataset, threads its tweets into conversations,
// labels them and writes them in parts. It takes seconds for millions of
// tweets, so an attempt that was interrupted starts over. Where an earlier run
// did the same with the same file, its result is taken over.
func (d *Data) StageConversations(ctx context.Context, in StageConversationsInput) (StageConversationsResult, error) {
	ctx, stop := untilWorkerStops(ctx)
	defer stop()

	if in.Force || !left(ctx, d.Store, in.met()) {
		// No run can have done the same: the file is read once, and hashed meanwhile.
		result, err := d.stage(ctx, in)
		if err != nil {
			return result, err
		}
		return result, errors.Join(
			leave(ctx, d.Store, in.key(result.Dataset.SHA256), in.Dir, result),
			leave(ctx, d.Store, in.met(), in.Dir, struct{}{}),
		)
	}
	sum, err := sumOf(ctx, in.Dataset)
	if err != nil {
		return StageConversationsResult{}, err
	}
	result, reused, err := reuse(ctx, d.Store, in.key(sum), in.Dir, false, (*StageConversationsResult).files, func() (StageConversationsResult, error) {
		return d.stage(ctx, in)
	})
	result.Reused = reused
	return result, err
}

// key is that of the result for a file with a hash. The load report names the file, so
// that a copy elsewhere is another.
func (in StageConversationsInput) key(sum string) cacheKey {
	return cacheKey{"conversations", []any{in.Dataset, sum, in.Kind, in.MaxTweets, in.MaxUnusable}}
}

// met is the key under which it is noted that some file was staged by this name.
func (in StageConversationsInput) met() cacheKey {
	return cacheKey{"dataset", []any{in.Dataset, in.Kind, in.MaxTweets, in.MaxUnusable}}
}

// sumOf hashes a dataset, which costs little beside reading it as tweets.
func sumOf(ctx context.Context, dataset string) (string, error) {
	src, err := openSource(ctx, dataset)
	if err != nil {
		return "", err
	}
	defer src.Close()
	if _, err := io.Copy(io.Discard, src); err != nil {
		return "", fmt.Errorf("reading the dataset: %w", err)
	}
	return src.sum(), nil
}

func (d *Data) stage(ctx context.Context, in StageConversationsInput) (StageConversationsResult, error) {
	src, err := openSource(ctx, in.Dataset)
	if err != nil {
		return StageConversationsResult{}, err
	}
	defer src.Close()
	parts := newPartFiles(d.Store, in.Dir)
	staged, err := stage.Conversations(ctx, src, stage.Options{
		Name:      src.name,
		Kind:      tweet.Kind(in.Kind),
		MaxTweets: in.MaxTweets, MaxUnusable: in.MaxUnusable,
		Progress: func(step stage.Step, n int64) {
			if step == stage.Load {
				report(ctx, pipeline.Progress{Done: n, Unit: "tweets"})
			}
		},
	}, parts.create)
	if err != nil {
		return StageConversationsResult{}, errors.Join(err, context.Cause(ctx))
	}
	// A compressed file may have bytes behind its last block; the hash is
	// over all of them.
	if _, err := io.Copy(io.Discard, src); err != nil {
		return StageConversationsResult{}, fmt.Errorf("reading the dataset to its end: %w", err)
	}
	result := StageConversationsResult{
		Dataset: pipeline.DatasetRef{URL: in.Dataset, SHA256: src.sum(), Bytes: src.bytes, Rows: staged.Rows},
		Counts: pipeline.PrepareCounts{
			Tweets: staged.Tweets, Headers: staged.Headers, Conversations: staged.Conversations, Threads: staged.Threads,
			Companies: staged.Companies, Anomalies: counts(staged.Report),
		},
		Conversations: parts.refs(staged.Parts),
	}
	if result.Duplicates, err = writeRows(ctx, d.Store, layout.Run(in.Dir).Duplicates(), staged.Duplicates); err != nil {
		return StageConversationsResult{}, err
	}
	result.LoadReport, err = d.Store.WriteJSON(ctx, layout.Run(in.Dir).LoadReport(), struct {
		Dataset pipeline.DatasetRef `json:"dataset"`
		stage.Result
		Labels map[string]int64 `json:"labels"`
	}{result.Dataset, staged, staged.Labels})
	return result, err
}

func counts(report tweet.Report) map[string]int64 {
	n := make(map[string]int64, len(report.Findings))
	for kind, finding := range report.Findings {
		n[kind] = finding.Count
	}
	return n
}

// partFiles opens the files of parts, and remembers them by number.
type partFiles struct {
	store *artifact.Store
	dir   string
	mu    sync.Mutex
	files map[int]*artifact.Writer
}

func newPartFiles(store *artifact.Store, dir string) *partFiles {
	return &partFiles{store: store, dir: dir, files: make(map[int]*artifact.Writer)}
}

func (p *partFiles) create(ctx context.Context, i int) (io.WriteCloser, error) {
	w, err := p.store.Create(ctx, layout.Run(p.dir).Conversations(i))
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files[i] = w
	return w, nil
}

func (p *partFiles) refs(rows []int64) []artifact.Ref {
	refs := make([]artifact.Ref, len(rows))
	for i, n := range rows {
		refs[i] = p.files[i].Ref(n)
	}
	return refs
}
