// Command stage measures how fast a table of tweets becomes conversations on
// disk, and how much memory that takes.
//
// It cuts or repeats a table to each of the sizes asked for, shifting the ids
// of every repetition so that its threads stay apart, and stages it in a
// process of its own, so that the peak of the memory is that size's alone:
//
//	go run ./bench/stage -input ../shared/data/tweets.csv -rows 157688,300000,1000000,2838384
//
// See bench/README-stage.md for what it has measured.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/stage"
	"switchboard/internal/tweet"
)

func main() {
	input := flag.String("input", "../shared/data/tweets.csv", "table that the measured tables are made of")
	rows := flag.String("rows", "157688,300000,1000000,2838384", "numbers of rows to measure at")
	repeat := flag.Int("repeat", 3, "runs for each size, of which the median is shown")
	generate := flag.String("generate", "", "only write the table of the first size to this file")
	once := flag.String("once", "", "only stage this file, in this process, and print the measurement as JSON")
	out := flag.String("out", "", "with -once: keep the parts in this directory")
	flag.Parse()
	if err := run(*input, *rows, *repeat, *generate, *once, *out); err != nil {
		fmt.Fprintln(os.Stderr, "stage:", err)
		os.Exit(1)
	}
}

func run(input, rows string, repeat int, generate, once, out string) error {
	if once != "" {
		m, err := measure(once, out)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(m)
	}
	var sizes []int
	for size := range strings.SplitSeq(rows, ",") {
		n, err := strconv.Atoi(size)
		if err != nil || n < 1 {
			return fmt.Errorf("-rows holds %q, which is no number of rows", size)
		}
		sizes = append(sizes, n)
	}
	if generate != "" {
		return makeTable(input, generate, sizes[0])
	}
	return table(input, sizes, repeat)
}

// table measures all sizes and prints a line for each.
func table(input string, sizes []int, repeat int) error {
	dir, err := os.MkdirTemp("", "bench-stage-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Println("| tweets | conversations | seconds | load | thread | write | processor s | tweets/s | peak memory, MB | Parquet, MB |")
	fmt.Println("| --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |")
	for _, n := range sizes {
		file := filepath.Join(dir, "tweets.csv")
		if err := makeTable(input, file, n); err != nil {
			return err
		}
		m, err := median(file, repeat)
		if err != nil {
			return err
		}
		fmt.Printf("| %d | %d | %.2f | %.2f | %.2f | %.2f | %.2f | %.0f | %.0f | %.1f |\n", m.Rows, m.Conversations,
			m.Seconds, m.Load, m.Thread, m.Write, m.CPU, float64(m.Rows)/m.Seconds, m.PeakMB, m.ParquetMB)
	}
	return nil
}

// median stages a file several times, each in a process of its own, and
// returns the run with the median time.
func median(file string, repeat int) (measurement, error) {
	self, err := os.Executable()
	if err != nil {
		return measurement{}, err
	}
	var runs []measurement
	for range max(1, repeat) {
		cmd := exec.Command(self, "-once", file)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return measurement{}, fmt.Errorf("measuring in a process of its own: %w", err)
		}
		var m measurement
		if err := json.Unmarshal(out, &m); err != nil {
			return measurement{}, err
		}
		runs = append(runs, m)
	}
	slices.SortFunc(runs, func(a, b measurement) int { return cmp.Compare(a.Seconds, b.Seconds) })
	return runs[len(runs)/2], nil
}

// measurement is one staging of one table.
type measurement struct {
	Rows          int64   `json:"rows"`
	Conversations int64   `json:"conversations"`
	Parts         int     `json:"parts"`
	Seconds       float64 `json:"seconds"`
	Load          float64 `json:"load"`
	Thread        float64 `json:"thread"`
	Write         float64 `json:"write"`
	CPU           float64 `json:"cpu"`
	PeakMB        float64 `json:"peak_mb"`
	ParquetMB     float64 `json:"parquet_mb"`
}

// measure stages a file into dir, or into a directory that it removes again.
func measure(file, dir string) (m measurement, err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "bench-stage-"); err != nil {
			return m, err
		}
		defer os.RemoveAll(dir)
	}
	in, err := os.Open(file)
	if err != nil {
		return m, err
	}
	defer in.Close()

	begin := time.Now()
	var threading, writing time.Time
	result, err := stage.Conversations(context.Background(), in, stage.Options{
		Name: filepath.Base(file),
		Kind: tweet.Training,
		Progress: func(step stage.Step, rows int64) {
			switch {
			case step == stage.Thread && rows == 0:
				threading = time.Now()
			case step == stage.Thread:
				writing = time.Now()
			}
		},
	}, func(_ context.Context, part int) (io.WriteCloser, error) {
		return os.Create(filepath.Join(dir, fmt.Sprintf("part-%05d.parquet", part)))
	})
	if err != nil {
		return m, err
	}
	end := time.Now()
	m = measurement{
		Rows:          result.Rows,
		Conversations: result.Conversations,
		Parts:         len(result.Parts),
		Seconds:       end.Sub(begin).Seconds(),
		Load:          threading.Sub(begin).Seconds(),
		Thread:        writing.Sub(threading).Seconds(),
		Write:         end.Sub(writing).Seconds(),
	}
	if m.CPU, err = cpu(); err != nil {
		return m, err
	}
	if m.PeakMB, err = peak(); err != nil {
		return m, err
	}
	m.ParquetMB, err = sizeMB(dir)
	return m, err
}

// peak returns the most memory that was ever resident in this process, in
// millions of bytes, as Linux counts it.
func peak() (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("reading the peak of the memory, which needs Linux: %w", err)
	}
	for line := range bytes.Lines(status) {
		var kib float64
		if _, err := fmt.Sscanf(string(line), "VmHWM: %f kB", &kib); err == nil {
			return kib * 1024 / 1e6, nil
		}
	}
	return 0, fmt.Errorf("/proc/self/status holds no VmHWM")
}

// cpu returns the processor seconds this process has used, on all cores. On a
// machine that is busy with other things they tell more than the clock.
func cpu() (float64, error) {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0, fmt.Errorf("reading processor times, which needs Linux: %w", err)
	}
	// Behind the command, which is in brackets, utime and stime are the 12th
	// and 13th field, in hundredths of a second.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, err := strconv.ParseFloat(fields[11], 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100, err
}

func sizeMB(dir string) (float64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	var bytes int64
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return 0, err
		}
		bytes += info.Size()
	}
	return float64(bytes) / 1e6, nil
}

// makeTable writes the first n rows of the input, repeated as often as
// needed, to a file.
func makeTable(input, file string, n int) error {
	data, err := os.ReadFile(input)
	if err != nil {
		return err
	}
	records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))).ReadAll()
	if err != nil {
		return err
	}
	header, records := records[0], records[1:]
	var ids []int
	for i, name := range header {
		if name == "tweet_id" || name == "response_tweet_id" || name == "in_response_to_tweet_id" {
			ids = append(ids, i)
		}
	}
	shift, err := largest(records, ids)
	if err != nil {
		return err
	}
	shift++

	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	buffer := bufio.NewWriterSize(out, 1<<20)
	w := csv.NewWriter(buffer)
	if err := w.Write(header); err != nil {
		return err
	}
	row := make([]string, len(header))
	for i := range n {
		copy(row, records[i%len(records)])
		for _, column := range ids {
			row[column] = shifted(row[column], int64(i/len(records))*shift)
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return err
	}
	if err := buffer.Flush(); err != nil {
		return err
	}
	return out.Close()
}

// largest returns the largest id in the given columns.
func largest(records [][]string, columns []int) (int64, error) {
	var most int64
	for i, record := range records {
		for _, column := range columns {
			for id := range strings.SplitSeq(record[column], ",") {
				if id == "" {
					continue
				}
				n, err := strconv.ParseInt(id, 10, 64)
				if err != nil {
					return 0, fmt.Errorf("row %d of the input: %w", i, err)
				}
				most = max(most, n)
			}
		}
	}
	return most, nil
}

// shifted adds to every id in a comma list.
func shifted(list string, by int64) string {
	if list == "" || by == 0 {
		return list
	}
	var ids []string
	for id := range strings.SplitSeq(list, ",") {
		n, _ := strconv.ParseInt(id, 10, 64)
		ids = append(ids, strconv.FormatInt(n+by, 10))
	}
	return strings.Join(ids, ",")
}
