package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"switchboard/internal/classifier"
	"switchboard/internal/pipeline"
)

// measureExported trains on the first examples of a folder that -export wrote, and
// judges by the first of its test: what trainer/measure.py does with a language model.
// The whole of its validation stops the training and calibrates; it may be empty.
func (b bench) measureExported(ctx context.Context, turns []pipeline.Turns) error {
	if len(turns) != 1 || turns[0] == pipeline.BothTurns {
		return errors.New("-splits takes -turns all or -turns first")
	}
	train, err := exportedPart(b.splits, "train", turns[0], b.examples)
	if err != nil {
		return err
	}
	validation, err := exportedPart(b.splits, "validation", turns[0], 0)
	if err != nil {
		return err
	}
	test, err := exportedPart(b.splits, "test", turns[0], b.tests)
	if err != nil {
		return err
	}
	e, err := openEmbedder(ctx, b.encoder, b.vectors)
	if err != nil {
		return err
	}
	defer e.close()
	if err := e.embed(ctx, train, validation, test); err != nil {
		return err
	}
	begin := time.Now()
	model, err := classifier.Train(ctx, train, validation, classifier.Options{Seed: 1, Encoder: e.name()})
	if err != nil {
		return err
	}
	q := judge(answers(model, test))
	macro, tested := 0.0, 0
	for _, c := range q.classes {
		if c.tests > 0 && known(model, c.label) {
			macro += c.f1()
			tested++
		}
	}
	fmt.Println("| turns | classes | trained on | tested on | accuracy | coverage at 95% precision | macro F1 | calibration error | training, s |")
	fmt.Println("| --- | --: | --: | --: | --: | --: | --: | --: | --: |")
	fmt.Printf("| %s | %d | %d | %d | %.1f%% | %.1f%% | %.1f%% | %.1f%% | %.1f |\n", turns[0], len(model.Labels()), len(train), q.tests,
		100*q.accuracy, 100*q.coverage, 100*macro/float64(max(tested, 1)), 100*q.calibrationError, time.Since(begin).Seconds())
	return nil
}

// exportedPart reads the first examples of a part, all if most is 0, of those in
// which a customer wrote if first tweets are asked for.
func exportedPart(folder, part string, turns pipeline.Turns, most int) (list []classifier.Example, err error) {
	path := filepath.Join(folder, part+".jsonl")
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := json.NewDecoder(bufio.NewReader(file))
	for most == 0 || len(list) < most {
		var row struct{ Text, First, Label string }
		err := lines.Decode(&row)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		text := row.Text
		if turns == pipeline.FirstTurn {
			text = row.First
		}
		if text != "" {
			list = append(list, classifier.Example{Text: text, Label: row.Label})
		}
	}
	return list, nil
}
