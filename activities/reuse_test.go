package activities

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/internal/anonymize"
	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
	"switchboard/internal/split"
)

// counter is a model that finds nothing and counts how often it is asked.
type counter struct {
	version string
	calls   atomic.Int64
}

func (c *counter) Name() string    { return "counter" }
func (c *counter) Version() string { return c.version }

func (c *counter) Recognize(_ context.Context, texts []string) ([][]anonymize.Span, error) {
	c.calls.Add(1)
	return make([][]anonymize.Span, len(texts)), nil
}

// counted gives the laboratory an anonymizer that counts what it is asked.
func (l *lab) counted(version string) *counter {
	l.t.Helper()
	c := &counter{version: version}
	var err error
	if l.data.Anonymizer, err = anonymize.New(anonymize.Options{Models: []anonymize.Recognizer{c}}); err != nil {
		l.t.Fatal(err)
	}
	return c
}

// prepared is what the stages up to the split leave of a file in a folder.
type prepared struct {
	staged     StageConversationsResult
	anonymized AnonymizePartResult
	splits     SplitExamplesResult
}

func (l *lab) run(path, dir string, targetSize int, force bool) (p prepared) {
	l.t.Helper()
	l.must(l.data.StageConversations, StageConversationsInput{Dataset: path, Kind: pipeline.Training, MaxTweets: 64, Dir: dir, Force: force}, &p.staged)
	l.must(l.data.AnonymizePart, AnonymizePartInput{Conversations: p.staged.Conversations[0], Dir: dir, Force: force}, &p.anonymized)
	l.must(l.data.SplitExamples, SplitExamplesInput{
		Examples: []artifact.Ref{p.anonymized.Examples},
		Options:  split.Options{TargetSize: targetSize, MinClassSize: 30, TestShare: 0.1, Seed: 1}, Dir: dir, Force: force,
	}, &p.splits)
	return p
}

func (p prepared) reused() [3]bool {
	return [3]bool{p.staged.Reused, p.anonymized.Reused, p.splits.Reused}
}

func TestStageIsTakenOverFromAnEarlierRun(t *testing.T) {
	nothing, all := [3]bool{}, [3]bool{true, true, true}
	upToSplit := [3]bool{true, true, false}
	for name, test := range map[string]struct {
		// between happens after the first run, which splits to a target
		// size of 50.
		between    func(l *lab, path string, first prepared)
		targetSize int
		force      bool
		want       [3]bool
	}{
		"nothing changed":     {targetSize: 50, want: all},
		"another target size": {targetSize: 60, want: upToSplit},
		"forced":              {targetSize: 50, force: true, want: nothing},
		"the file changed": {targetSize: 50, want: nothing, between: func(l *lab, path string, _ prepared) {
			l.write(path, tweets(201))
		}},
		"the anonymizer changed": {targetSize: 50, want: [3]bool{true, false, true}, between: func(l *lab, _ string, _ prepared) {
			l.counted("2") // which finds as little: its texts are split as before
		}},
		"a file is gone": {targetSize: 50, want: [3]bool{true, false, true}, between: func(l *lab, _ string, first prepared) {
			if err := l.store.Delete(l.t.Context(), first.anonymized.Audit.Path); err != nil {
				l.t.Fatal(err)
			}
		}},
		"a file was changed": {targetSize: 50, want: [3]bool{false, true, true}, between: func(l *lab, _ string, first prepared) {
			l.write(l.store.URL(first.staged.LoadReport.Path), "{}")
		}},
		"the note is damaged": {targetSize: 50, want: [3]bool{true, true, false}, between: func(l *lab, _ string, _ prepared) {
			notes, err := filepath.Glob(l.store.URL("stages/split-*.json"))
			if err != nil || len(notes) != 1 {
				l.t.Fatalf("notes %v, %v", notes, err)
			}
			l.write(notes[0], `{"dir": "first", "res`)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			first := l.counted("1")
			path := l.file("tweets.csv", tweets(200))
			before := l.run(path, "first", 50, false)
			if before.reused() != nothing || first.calls.Load() == 0 {
				t.Fatalf("the first run took over %v and asked the model %d times", before.reused(), first.calls.Load())
			}
			asked := first.calls.Load()
			if test.between != nil {
				test.between(l, path, before)
			}
			after := l.run(path, "second", test.targetSize, test.force)
			if after.reused() != test.want {
				t.Errorf("loading, anonymizing and splitting were taken over: %v, want %v", after.reused(), test.want)
			}
			if again := first.calls.Load() - asked; after.anonymized.Reused && again > 0 {
				t.Errorf("the model was asked %d times again", again)
			}
			l.checkWhole(after)
		})
	}
}

// checkWhole: a run's files are in its own folder, and are what was written.
func (l *lab) checkWhole(p prepared) {
	l.t.Helper()
	files := append(p.staged.files(), append(p.anonymized.files(), p.splits.files()...)...)
	for _, file := range files {
		if !strings.HasPrefix(file.Path, "second/") {
			l.t.Errorf("%s is in another run's folder", file.Path)
		}
		if _, err := l.store.Read(l.t.Context(), *file); err != nil {
			l.t.Error(err)
		}
	}
	if rows := p.anonymized.Examples.Rows; rows != p.staged.Counts.Conversations {
		l.t.Errorf("%d conversations and %d examples", p.staged.Counts.Conversations, rows)
	}
}

// A correction changes the split, and nothing before it.
func TestCorrectionsAreSplitAnew(t *testing.T) {
	l := newLab(t)
	path := l.file("tweets.csv", tweets(200))
	p := l.run(path, "first", 0, false)
	in := SplitExamplesInput{
		Examples: []artifact.Ref{p.anonymized.Examples}, Dir: "second",
		Options: split.Options{MinClassSize: 30, TestShare: 0.1, Seed: 1, CorrectionWeight: 2},
	}
	var without, with SplitExamplesResult
	l.must(l.data.SplitExamples, in, &without)
	id := l.examples([]artifact.Ref{p.splits.Train})[0].ID
	if _, err := l.data.Models.Task("").ImportCorrections(t.Context(), []registry.Correction{
		{ConversationID: id, Label: "BoltRail", At: time.Now()}, {ConversationID: 1 << 40, Label: "BoltRail", At: time.Now()},
		{ConversationID: -1, Label: "BoltRail", At: time.Now()}, // a row of the file that it was made for
	}); err != nil {
		t.Fatal(err)
	}
	in.Dir = "third"
	l.must(l.data.SplitExamples, in, &with)
	if with.Reused || with.Counts.Corrected != 1 || with.Counts.Unmatched != 1 || with.Counts.Train != without.Counts.Train+1 {
		t.Errorf("with a correction the split is %+v, without %+v", with.Counts, without.Counts)
	}
}

// A third run takes over what the second, which took it over itself, had.
func TestTakenOverResultsOutliveTheFirstRun(t *testing.T) {
	l := newLab(t)
	path := l.file("tweets.csv", tweets(200))
	first := l.run(path, "first", 50, false)
	l.run(path, "second", 50, false)
	for _, file := range append(first.staged.files(), append(first.anonymized.files(), first.splits.files()...)...) {
		if err := l.store.Delete(t.Context(), file.Path); err != nil {
			t.Fatal(err)
		}
	}
	third := l.run(path, "third", 50, false)
	if third.reused() != [3]bool{true, true, true} {
		t.Errorf("once the first run's folder is gone, %v is taken over from the second", third.reused())
	}
}

func (l *lab) write(path, content string) {
	l.t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		l.t.Fatal(err)
	}
}
