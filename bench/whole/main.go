// Command whole runs a fine-tuning over a file as large as the whole public one, and
// prints what each of its stages takes: time, processor seconds, memory.
//
//	go run ./bench/whole
//	go run ./bench/whole -copies 2
//	go run ./bench/whole -copies 2 -workers 1,2,4
//
// The file is the real tweets many times over: ids are shifted, so that the threads of
// every copy stay apart, and two words are put into each copied text, so that no text
// is there twice. The same seed gives the same file.
//
// It builds standalone and starts it on free ports with a state of its own. With
// -workers there are as many worker processes instead, each with one processor, beside
// a Temporal server and a model server. See bench/README-whole.md for what it has
// measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

type options struct {
	input      string
	copies     int
	seed       uint64
	targetSize int
	workers    string
	dir        string
	bin        string
	generate   string
}

func main() {
	var o options
	flag.StringVar(&o.input, "input", "../shared/data/tweets.csv", "table that the file is made of")
	flag.IntVar(&o.copies, "copies", 18, "how often the table is in the file; 18 are 2,838,384 rows")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the words that are put into copied texts")
	flag.IntVar(&o.targetSize, "target-size", 4000, "conversations to balance each class to")
	flag.StringVar(&o.workers, "workers", "", "numbers of worker processes to run with, such as 1,2,4; empty runs standalone")
	flag.StringVar(&o.dir, "dir", "", "folder for files and state; empty makes one and removes it")
	flag.StringVar(&o.bin, "bin", "", "folder with standalone, starter, worker and modelserver; empty builds them")
	flag.StringVar(&o.generate, "generate", "", "only write the file, to this path")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "whole:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.copies < 1 {
		return errors.New("-copies must be 1 or more")
	}
	if o.generate != "" {
		_, err := makeTable(o, o.generate)
		return err
	}
	counts, err := o.counts()
	if err != nil {
		return err
	}
	if o.dir == "" {
		dir, err := os.MkdirTemp("", "whole")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		o.dir = dir
	}
	if err := o.build(ctx); err != nil {
		return err
	}
	table := filepath.Join(o.dir, "tweets.csv")
	rows, err := makeTable(o, table)
	if err != nil {
		return err
	}
	fmt.Printf("%s, %d processors, %s, %d rows, target size %d, load before %s\n\n",
		time.Now().Format(time.DateOnly), runtime.NumCPU(), runtime.Version(), rows, o.targetSize, load())
	if counts == nil {
		m, err := measure(ctx, o, table, 0)
		if err != nil {
			return err
		}
		m.write(os.Stdout, rows)
		return nil
	}
	var all []measurement
	for _, n := range counts {
		m, err := measure(ctx, o, table, n)
		if err != nil {
			return fmt.Errorf("running with %d workers: %w", n, err)
		}
		all = append(all, m)
	}
	writeWorkers(os.Stdout, counts, all)
	return nil
}

// counts are the numbers of workers that are asked for, nil for standalone.
func (o options) counts() ([]int, error) {
	if o.workers == "" {
		return nil, nil
	}
	var counts []int
	for text := range strings.SplitSeq(o.workers, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-workers holds %q, which is no number of workers", text)
		}
		counts = append(counts, n)
	}
	return counts, nil
}

// build makes the programs, unless there is a folder with them.
func (o *options) build(ctx context.Context) error {
	if o.bin != "" {
		return nil
	}
	o.bin = filepath.Join(o.dir, "bin")
	programs := []string{"./starter", "./standalone"}
	if o.workers != "" {
		programs = []string{"./starter", "./worker", "./modelserver"}
	}
	build := exec.CommandContext(ctx, "go", append([]string{"build", "-o", o.bin + string(filepath.Separator)}, programs...)...)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building: %w\n%s", err, out)
	}
	return nil
}

// load is how many processes ran or waited for a processor in the last minute: the
// higher, the less the times say.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
