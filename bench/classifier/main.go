// Command classifier measures how good the classifier (internal/classifier)
// becomes on real tweets: on the very text that a run trains on, threaded,
// labelled and anonymized by the pipeline's own code.
//
//	GOEXPERIMENT=simd go run ./bench/classifier
//
// It prints tables in Markdown. The tweets are no part of the project.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"switchboard/internal/classifier"
	"switchboard/internal/pipeline"
)

func main() {
	var b bench
	flag.StringVar(&b.input, "input", "../shared/data/tweets.csv", "table of tweets")
	flag.StringVar(&b.sets, "sets", "balanced,natural,natural4000,natural15000,all", "which conversations to train on and to test with")
	flag.StringVar(&b.forms, "texts", "pipeline", "what of a conversation the classifier gets: pipeline, cut (sign-offs cut whole), cleaned (nothing but mentions and links removed)")
	flag.StringVar(&b.turns, "turns", "all", "what of a conversation is trained on: all, first (the customer's first tweet alone), both")
	flag.BoolVar(&b.lines, "lines", false, "train repeated conversations one by one, as if they were not alike")
	flag.BoolVar(&b.classes, "classes", false, "print precision, recall and F1 of every class")
	flag.BoolVar(&b.validation, "validation", false, "measure on the validation conversations instead of the test's, to choose settings by")
	flag.StringVar(&b.export, "export", "", "only write the splits as JSON lines to this directory, for bench/peers")
	flag.StringVar(&b.splits, "splits", "", "train and test on this directory of an -export, as trainer/measure.py does with language models")
	flag.IntVar(&b.examples, "examples", 0, "with -splits: train on so many of the first; 0 takes all")
	flag.IntVar(&b.tests, "tests", 0, "with -splits: test on so many of the first; 0 takes all")
	flag.StringVar(&b.encoder, "encoder", "", "directory of a sentence encoder: learn from its embeddings too")
	flag.StringVar(&b.vectors, "vectors", "", "file of embeddings that bench/peers/embed.py has made: learn from them too")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "classifier:", err)
		os.Exit(1)
	}
}

type bench struct {
	input, sets, forms, turns, export, splits, encoder, vectors string
	classes, validation, lines                                  bool
	examples, tests                                             int
}

func (b bench) run(ctx context.Context) error {
	var chosen []set
	for name := range strings.SplitSeq(b.sets, ",") {
		i := slices.IndexFunc(sets, func(s set) bool { return s.name == name })
		if i < 0 {
			return fmt.Errorf("there is no set %q", name)
		}
		chosen = append(chosen, sets[i])
	}
	var forms []form
	for name := range strings.SplitSeq(b.forms, ",") {
		f := form(name)
		if f != pipelineText && f != cutText && f != cleanedText {
			return fmt.Errorf("there is no text %q", name)
		}
		forms = append(forms, f)
	}
	turns, err := b.chosenTurns()
	if err != nil {
		return err
	}
	if b.splits != "" {
		return b.measureExported(ctx, turns)
	}
	all, err := open(ctx, b.input)
	if err != nil {
		return err
	}
	if b.export != "" {
		return export(b.export, all, chosen, forms)
	}
	e, err := openEmbedder(ctx, b.encoder, b.vectors)
	if err != nil {
		return err
	}
	defer e.close()
	fmt.Println("| set | text | turns | classes | trained on | tested on | accuracy | coverage at 95% precision | calibration error | only the customer's first tweet | coverage there | training, s | of processors, s | model, MB | answers/s |")
	fmt.Println("| --- | --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |")
	var details strings.Builder
	for _, s := range chosen {
		for _, f := range forms {
			for _, t := range turns {
				if err := b.measure(ctx, all, e, s, f, t, &details); err != nil {
					return err
				}
			}
		}
	}
	fmt.Print(details.String())
	return nil
}

// chosenTurns are those of the flag.
func (b bench) chosenTurns() (chosen []pipeline.Turns, err error) {
	for name := range strings.SplitSeq(b.turns, ",") {
		t := pipeline.Turns(name)
		if t != pipeline.AllTurns && t != pipeline.FirstTurn && t != pipeline.BothTurns {
			return nil, fmt.Errorf("there are no turns %q", name)
		}
		chosen = append(chosen, t)
	}
	return chosen, nil
}

func (b bench) measure(ctx context.Context, all []conversation, e *embedder, s set, f form, turns pipeline.Turns, details io.Writer) error {
	parts := s.split(all, f)
	begin, processors := time.Now(), processorSeconds()
	train, validation := shown(parts.train, f, turns), shown(parts.validation, f, turns)
	if b.lines {
		unlike(train)
	}
	if err := e.embed(ctx, train, validation); err != nil {
		return err
	}
	model, err := classifier.Train(ctx, train, validation, classifier.Options{Seed: 1, Encoder: e.name()})
	if err != nil {
		return err
	}
	seconds := time.Since(begin).Seconds()
	processors = processorSeconds() - processors
	size, err := model.WriteTo(io.Discard)
	if err != nil {
		return err
	}
	test := parts.test
	if b.validation {
		test, parts.rare = parts.validation, 0
	}
	whole := examples(test, f)
	var firsts []classifier.Example
	for _, c := range test {
		if e, ok := c.first(f); ok {
			firsts = append(firsts, e)
		}
	}
	if err := e.embed(ctx, whole, firsts); err != nil {
		return err
	}
	q, first := judge(answers(model, whole)), judge(answers(model, firsts))
	fmt.Printf("| %s | %s | %s | %d | %d | %d | %.1f%% | %.1f%% | %.1f%% | %.1f%% of %d | %.1f%% | %.1f | %.1f | %.1f | %.0f |\n", s.name, f, turns, len(model.Labels()), len(train),
		q.tests, 100*q.accuracy, 100*q.coverage, 100*q.calibrationError, 100*first.accuracy, first.tests, 100*first.coverage, seconds, processors, float64(size)/1e6, rate(ctx, model, e, whole))
	if b.classes {
		fmt.Fprintf(details, "\n%s, %s, %d of rare classes:\n\n| class | tests | precision | recall | F1 |\n| --- | --: | --: | --: | --: |\n", s.name, f, parts.rare)
		for _, c := range q.classes {
			if known(model, c.label) {
				fmt.Fprintf(details, "| %s | %d | %.1f%% | %.1f%% | %.1f%% |\n", c.label, c.tests, 100*c.precision(), 100*c.recall(), 100*c.f1())
			}
		}
	}
	return nil
}

// known tells whether a model can answer a label.
func known(model *classifier.Model, label string) bool {
	_, found := slices.BinarySearch(model.Labels(), label)
	return found
}

// processorSeconds is what this process has had of all processors so far.
func processorSeconds() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return math.NaN()
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}

// rate returns how many texts a second the model answers on all cores, each
// encoded by itself if it has to be.
func rate(ctx context.Context, model *classifier.Model, e *embedder, texts []classifier.Example) float64 {
	const enough = 2 * time.Second
	var answered atomic.Int64
	var group sync.WaitGroup
	begin := time.Now()
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := 0; time.Since(begin) < enough; i++ {
				one := []classifier.Example{texts[i%len(texts)]}
				if err := e.embed(ctx, one); err != nil {
					panic(err) // it was encoded before
				}
				model.PredictEmbedded(one[0].Text, one[0].Embedding)
				answered.Add(1)
			}
		})
	}
	group.Wait()
	return float64(answered.Load()) / time.Since(begin).Seconds()
}

// export writes the splits, a directory for each set and text.
func export(dir string, all []conversation, sets []set, forms []form) error {
	for _, s := range sets {
		for _, f := range forms {
			parts := s.split(all, f)
			for _, part := range []struct {
				name          string
				conversations []conversation
			}{{"train", parts.train}, {"validation", parts.validation}, {"test", parts.test}} {
				path := filepath.Join(dir, s.name+"-"+string(f), part.name+".jsonl")
				if err := writeLines(path, part.conversations, f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func writeLines(path string, conversations []conversation, f form) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := json.NewEncoder(file)
	for _, c := range conversations {
		e := c.example(f)
		first, _ := c.first(f)
		if err := w.Encode(map[string]any{"text": e.Text, "label": e.Label, "first": first.Text, "companies": c.Company}); err != nil {
			return cmp.Or(err, file.Close())
		}
	}
	return file.Close()
}
