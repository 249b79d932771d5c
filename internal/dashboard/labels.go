package dashboard

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/request"
	"switchboard/internal/results"
)

// labels are what the calls of a task may be for.
type labels struct {
	// Known are all companies that a model knows, has named, or people have, in
	// alphabetical order, without [pipeline.Unknown].
	Known []string
	// Frequent are those named most often lately, the most frequent first.
	Frequent []string
}

// of returns the labels with those that a model has named for a call.
func (l *labels) of(p *results.Prediction) *labels {
	if p == nil {
		return l
	}
	all := &labels{slices.Clone(l.Known), l.Frequent}
	for _, named := range []string{p.Named, p.RunnerUp, p.Company} {
		if at, ok := slices.BinarySearchFunc(all.Known, named, byLetters); !ok && named != "" && named != pipeline.Unknown {
			all.Known = slices.Insert(all.Known, at, named)
		}
	}
	return all
}

// find returns the known label that is spelled as a text but for case and blanks.
func (l *labels) find(text string) (string, bool) {
	if strings.EqualFold(text, pipeline.Unknown) {
		return pipeline.Unknown, true
	}
	for _, known := range l.Known {
		if spelled(known) == spelled(text) {
			return known, true
		}
	}
	return "", false
}

// like returns known labels that somebody may have meant, at most five: those that
// begin like a text, or hold it.
func (l *labels) like(text string) []string {
	text = spelled(text)
	short := text[:min(len(text), 3)]
	var begin, hold []string
	for _, known := range l.Known {
		switch s := spelled(known); {
		case strings.HasPrefix(s, short):
			begin = append(begin, known)
		case strings.Contains(s, text), strings.Contains(text, s):
			hold = append(hold, known)
		}
	}
	all := slices.Concat(begin, hold)
	return all[:min(len(all), 5)]
}

// spelled is what two spellings of one company have in common.
func spelled(label string) string {
	return strings.ToLower(strings.Join(strings.Fields(label), ""))
}

// labelCache keeps the labels of tasks for a short while: a page of the queue needs
// them after every answer.
type labelCache struct {
	mu    sync.Mutex
	tasks map[string]cachedLabels
	// models are the companies that champions know, by the model's id; nil while a
	// worker is asked for them.
	models map[string][]string
}

type cachedLabels struct {
	labels *labels
	until  time.Time
}

// labelsKept is for how long labels are kept, and labelsSeen for how long a company
// that a model has named counts among those of a task.
const (
	labelsKept = time.Minute
	labelsSeen = 28 * 24 * time.Hour
)

// forget makes the labels of a task be read anew.
func (c *labelCache) forget(task string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tasks, task)
}

// labelsOf returns the labels of a task.
func (s *Server) labelsOf(ctx context.Context, task string) (*labels, error) {
	c := &s.labels
	c.mu.Lock()
	kept, ok := c.tasks[task]
	c.mu.Unlock()
	if ok && s.now().Before(kept.until) {
		return kept.labels, nil
	}
	fresh, err := s.readLabels(ctx, task)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tasks == nil {
		c.tasks = map[string]cachedLabels{}
	}
	c.tasks[task] = cachedLabels{fresh, s.now().Add(labelsKept)}
	return fresh, nil
}

// championPatience is how long a worker may take to tell what a champion knows.
const championPatience = 10 * time.Second

// ofChampion returns the companies that the champion of a task knows. Nobody waits for
// them: where they are not known yet, a worker is asked, and the labels of the task
// are read anew when it has told. A worker that does not answer is asked again when
// the labels are next read.
func (s *Server) ofChampion(ctx context.Context, task string) ([]string, error) {
	champion, _, err := s.Base.Task(task).Aliases(ctx)
	if err != nil || champion == "" || s.Temporal == nil {
		return nil, err
	}
	c := &s.labels
	c.mu.Lock()
	defer c.mu.Unlock()
	known, asked := c.models[champion]
	if asked {
		return known, nil
	}
	if c.models == nil {
		c.models = map[string][]string{}
	}
	c.models[champion] = nil
	go s.askChampion(context.WithoutCancel(ctx), task, champion)
	return nil, nil
}

func (s *Server) askChampion(ctx context.Context, task, champion string) {
	ctx, cancel := context.WithTimeout(ctx, championPatience)
	defer cancel()
	var told pipeline.PrepareImportResult
	err := request.Ask(ctx, s.Temporal, request.Request{Activity: pipeline.PrepareImportActivity, Input: pipeline.PrepareImportInput{Task: task}, Wait: championPatience / 2}, &told)
	c := &s.labels
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		s.Log.Debug("no worker tells which companies a champion knows", "task", task, "error", err)
		delete(c.models, champion)
		return
	}
	c.models[champion] = told.Labels
	delete(c.tasks, task)
}

// readLabels puts together what the champion knows, and what the counts of calls and
// people's judgements name.
func (s *Server) readLabels(ctx context.Context, task string) (*labels, error) {
	counts, err := s.Results.JudgedLabels(ctx, task)
	if err != nil {
		return nil, err
	}
	points, err := s.Results.Trend(ctx, results.TrendQuery{Tasks: []string{task}, From: s.now().Add(-labelsSeen), Step: results.Daily, By: results.ByCompany})
	if err != nil {
		return nil, err
	}
	for _, p := range points {
		counts[p.Value] += p.Calls
	}
	of, err := s.ofChampion(ctx, task)
	if err != nil {
		return nil, err
	}
	for _, label := range of {
		counts[label] += 0
	}
	for _, none := range []string{"", pipeline.Unknown} {
		delete(counts, none)
	}
	l := &labels{Known: slices.SortedFunc(maps.Keys(counts), byLetters)}
	l.Frequent = slices.Clone(l.Known)
	slices.SortStableFunc(l.Frequent, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	return l, nil
}

// byLetters orders texts however they are capitalized.
func byLetters(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}
