package tweet_test

import (
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"switchboard/internal/problem"
	"switchboard/internal/tweet"
)

// endless repeats a text.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		c := copy(p[n:], e.text[e.at:])
		e.at = (e.at + c) % len(e.text)
		n += c
	}
	return n, nil
}

// allocated returns how many bytes f allocates in all, which bounds what it
// can ever have held.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Rows that never end must be given up before they fill the memory.
func TestFieldsWithoutEnd(t *testing.T) {
	for name, in := range map[string]string{
		"quoted":          "1,Acme,False,,\"",
		"on one line":     "1,Acme,False,,",
		"the header":      "",
		"second row":      "1,Acme,False,,fine,,\n2,Acme,False,,\"",
		"quotes in pairs": "1,Acme,False,,\"\"\"",
	} {
		t.Run(name, func(t *testing.T) {
			start := header + in
			if name == "the header" {
				start = ""
			}
			filler := "all work and no play "
			if name == "quotes in pairs" {
				filler = "\"\" and \n"
			}
			r := &counted{r: io.MultiReader(strings.NewReader(start), io.LimitReader(&endless{text: filler}, 100<<20))}
			var err error
			bytes := allocated(func() {
				_, err = tweet.Load(t.Context(), r, "t.csv", tweet.Training, nil)
			})
			if kind, _ := problem.KindOf(err); kind != problem.BadInput {
				t.Fatalf("got %v, want a %s", err, problem.BadInput)
			}
			line := "line " + string(rune('1'+strings.Count(start, "\n")))
			if !strings.Contains(err.Error(), line) || !strings.Contains(err.Error(), "1024 KiB") {
				t.Errorf("%q names neither %s nor the limit", err, line)
			}
			if r.n > 2<<20 {
				t.Errorf("read %d bytes before giving up", r.n)
			}
			if bytes > 24<<20 {
				t.Errorf("allocated %d bytes for a row of at most 1 MiB", bytes)
			}
		})
	}
}

// A small file that decompresses to a large table is given up while what it
// gave so far is small.
func TestCompressionBombs(t *testing.T) {
	rows := strings.Repeat("1,Acme,False,,"+strings.Repeat("a", 800)+",,\n", 2000)
	for name, bomb := range map[string]struct{ start, more string }{
		"t.csv.gz":  {gzipped(header), gzipped(rows)},
		"t.csv.zst": {zstandard(header), zstandard(rows)},
	} {
		t.Run(name, func(t *testing.T) {
			// Both formats allow files to stand behind each other, so this
			// one could go on for ever.
			gigabyte := int64(1<<30/len(rows)) * int64(len(bomb.more))
			r := io.MultiReader(strings.NewReader(bomb.start), io.LimitReader(&endless{text: bomb.more}, gigabyte))
			var err error
			bytes := allocated(func() {
				_, err = tweet.Load(t.Context(), r, name, tweet.Training, nil)
			})
			if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), "decompresses") {
				t.Fatalf("got %v, want a %s", err, problem.BadInput)
			}
			if bytes > 256<<20 {
				t.Errorf("allocated %d bytes", bytes)
			}
		})
	}
}

// A table whose texts come back again and again is no bomb.
func TestRepetitiveTableIsNoBomb(t *testing.T) {
	const size = 34 << 20
	texts := strings.Split(strings.TrimSpace(randomRows(1000)), "\n")
	table := []byte(header)
	rows := 0
	for len(table) < size {
		table = strconv.AppendInt(table, int64(rows), 10)
		table = append(table, strings.TrimPrefix(texts[rows%len(texts)], "1")...)
		table = append(table, '\n')
		rows++
	}
	in := zstandard(string(table))
	if len(table)/len(in) < 8 {
		t.Fatalf("the table is not repetitive enough: %d bytes become %d", len(table), len(in))
	}
	loaded, err := tweet.Load(t.Context(), strings.NewReader(in), "t.csv.zst", tweet.Training, nil)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Rows() != rows {
		t.Errorf("%d rows of %d", loaded.Rows(), rows)
	}
}
