package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"switchboard/internal/classifier"
	"switchboard/internal/config"
	"switchboard/internal/dataset"
	"switchboard/internal/label"
	"switchboard/internal/privacy"
	"switchboard/internal/stage"
	"switchboard/internal/text"
	"switchboard/internal/tweet"
)

// conversation is a conversation as the pipeline makes it, before its tweets
// are joined.
type conversation struct {
	ID       int64  `parquet:"conversation_id"`
	ThreadID int64  `parquet:"thread_id"`
	Label    string `parquet:"label,dict"`
	// Cleaned are the tweets without mentions and links, Anonymized the same
	// without names. Tweets of which nothing is left are in neither.
	Cleaned    []string `parquet:"cleaned"`
	Anonymized []string `parquet:"anonymized"`
	// Company tells which of the tweets a company wrote.
	Company []bool `parquet:"company"`
}

// A form is what of a conversation the classifier gets.
type form string

const (
	// pipelineText is what a run trains on: names replaced, so that of a
	// sign-off its style is left ("^Person").
	pipelineText form = "pipeline"
	// cutText has sign-offs removed whole, and other names left.
	cutText form = "cut"
	// cleanedText has everything but mentions and links.
	cleanedText form = "cleaned"
)

// signOff finds an agent's initials or first name at the end of a tweet, by a
// rough rule.
var signOff = regexp.MustCompile(`(?m)[ \t]*(?:[-–—^*~/][ \t]?[A-Z][A-Za-z]{0,11}\.?|\^\w+)((?:[ \t]+(?:<url>|\d/\d))*)[ \t]*$`)

// example returns the conversation as the classifier gets it.
func (c conversation) example(f form) classifier.Example {
	return classifier.Example{Text: strings.Join(c.lines(f), "\n"), Label: c.Label}
}

func (c conversation) lines(f form) []string {
	switch f {
	case pipelineText:
		return c.Anonymized
	case cutText:
		lines := make([]string, len(c.Cleaned))
		for i, line := range c.Cleaned {
			lines[i] = strings.TrimSpace(signOff.ReplaceAllString(line, "$1"))
		}
		return lines
	default:
		return c.Cleaned
	}
}

// first returns the conversation as it was when the customer had written one
// tweet, and false if no customer wrote.
func (c conversation) first(f form) (classifier.Example, bool) {
	i := slices.Index(c.Company, false)
	if i < 0 {
		return classifier.Example{}, false
	}
	return classifier.Example{Text: c.lines(f)[i], Label: c.Label}, true
}

// open returns the conversations of a table in the order of their ids. What the
// anonymizer takes minutes for is kept in the user's cache, under a name that
// holds for one table and one version of the anonymizer.
func open(ctx context.Context, input string) ([]conversation, error) {
	data, err := os.ReadFile(input)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not there: the tweets are no part of the project; name their table with -input", input)
	}
	if err != nil {
		return nil, err
	}
	cfg, err := config.Load(os.Getenv)
	if err != nil {
		return nil, err
	}
	anonymizer, err := privacy.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(slices.Concat(data, []byte(anonymizer.Version()+layout)))
	path := filepath.Join(cache, "switchboard", "bench", hex.EncodeToString(sum[:8])+".parquet")
	if kept, err := os.ReadFile(path); err == nil {
		return dataset.ReadAll[conversation](bytes.NewReader(kept), int64(len(kept)))
	}
	fmt.Fprintf(os.Stderr, "anonymizing %s once, which takes minutes (half of them with GOEXPERIMENT=simd)\n", input)
	staged, err := conversations(ctx, input, data)
	if err != nil {
		return nil, err
	}
	examples, _, err := anonymizer.Conversations(ctx, staged)
	if err != nil {
		return nil, err
	}
	table, err := tweet.Load(ctx, bytes.NewReader(data), filepath.Base(input), tweet.Training, func(int64) {})
	if err != nil {
		return nil, err
	}
	joined := join(staged, examples, table)
	return joined, keep(path, joined)
}

// layout changes when rows of the cache do.
const layout = "conversations-1"

// conversations puts threads together as the pipeline does.
func conversations(ctx context.Context, input string, data []byte) ([]dataset.Conversation, error) {
	var mu sync.Mutex
	parts := map[int]*memory{}
	_, err := stage.Conversations(ctx, bytes.NewReader(data), stage.Options{Name: filepath.Base(input), Kind: tweet.Training},
		func(_ context.Context, part int) (io.WriteCloser, error) {
			mu.Lock()
			defer mu.Unlock()
			parts[part] = new(memory)
			return parts[part], nil
		})
	if err != nil {
		return nil, err
	}
	var all []dataset.Conversation
	for part := range len(parts) {
		rows, err := dataset.ReadAll[dataset.Conversation](bytes.NewReader(parts[part].Bytes()), int64(parts[part].Len()))
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// memory is a file that is not on disk.
type memory struct{ bytes.Buffer }

func (*memory) Close() error { return nil }

func join(staged []dataset.Conversation, examples []dataset.Example, table *tweet.Table) []conversation {
	joined := make([]conversation, len(staged))
	for i, s := range staged {
		c := conversation{ID: s.ID, ThreadID: s.ThreadID, Label: s.Label, Anonymized: strings.Split(examples[i].Text, "\n")}
		for j, raw := range s.Texts {
			if line := text.Clean(raw); line != "" {
				c.Cleaned = append(c.Cleaned, line)
				c.Company = append(c.Company, table.Company(s.Rows[j]) != label.None)
			}
		}
		if len(c.Cleaned) == 0 {
			c.Anonymized = nil
		}
		joined[i] = c
	}
	slices.SortFunc(joined, func(a, b conversation) int { return cmp.Compare(a.ID, b.ID) })
	return joined
}

// keep writes the cache, whole or not at all.
func keep(path string, rows []conversation) error {
	var b bytes.Buffer
	w := dataset.NewWriter[conversation](&b)
	if err := w.Write(rows...); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path+".tmp", b.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}
