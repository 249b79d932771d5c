package tweet_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"switchboard/internal/problem"
	"switchboard/internal/tweet"
)

const header = "tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n"

func gzipped(s string) string {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return b.String()
}

func zstandard(s string) string {
	w, _ := zstd.NewWriter(nil)
	defer w.Close()
	return string(w.EncodeAll([]byte(s), nil))
}

func readRows(t testing.TB, in, name string) (rows [][]string, err error) {
	t.Helper()
	r, err := tweet.NewRows(strings.NewReader(in), name)
	if err != nil {
		return nil, err
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, slices.Clone(row))
	}
}

func TestRowsAreGivenAsTheyStand(t *testing.T) {
	plain := "text, ID ,more\n\"a, \"\"b\"\"\nc\",1,\n\nd,2,x\n"
	windows := "\ufeff" + strings.ReplaceAll(plain, "\n", "\r\n")
	want := [][]string{{"a, \"b\"\nc", "1", ""}, {"d", "2", "x"}}
	for name, in := range map[string]string{
		"t.csv":         plain,
		"windows.csv":   windows,
		"no-end.csv":    strings.TrimSuffix(plain, "\n"),
		"t.csv.gz":      gzipped(plain),
		"T.CSV.GZ":      gzipped(windows),
		"parts.csv.gz":  gzipped(plain[:20]) + gzipped(plain[20:]),
		"t.csv.zst":     zstandard(plain),
		"parts.csv.zst": zstandard(plain[:20]) + zstandard(plain[20:]),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := tweet.NewRows(strings.NewReader(in), name)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(r.Header(), []string{"text", " ID ", "more"}) {
				t.Errorf("header %q", r.Header())
			}
			got, err := readRows(t, in, name)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(got, want, slices.Equal[[]string]) {
				t.Errorf("rows %q", got)
			}
		})
	}
}

func TestUnevenRowsGetTheHeadersWidth(t *testing.T) {
	got, err := readRows(t, "a,b,c\n1\n1,2,3\n1,2,3,4\n", "t.csv")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"1", "", ""}, {"1", "2", "3"}, {"1", "2", "3"}}
	if !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("rows %q", got)
	}
}

// Lines within a quoted text end in LF, as all lines of what is written do; nothing
// else of a text changes.
func TestLineEndsWithinQuotes(t *testing.T) {
	got, err := readRows(t, "a,b\r\n\"one\r\ntwo\rthree\nfour \",2\r\n", "t.csv")
	if want := [][]string{{"one\ntwo\rthree\nfour ", "2"}}; err != nil || !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("rows %q, %v, want %q", got, err, want)
	}
}

// Everything that is refused, with what the sentence has to say. No sentence
// may quote the table.
func TestRefusals(t *testing.T) {
	const secret = "Jane Doe"
	rows := "1,Acme,False,,fine,,\n2,Acme,False,,\"two\nlines\",,\n"
	for name, test := range map[string]struct {
		file, in string
		says     []string
	}{
		"empty":               {in: "", says: []string{"t.csv is empty", "CSV"}},
		"only a mark":         {in: "\ufeff", says: []string{"blank"}},
		"blank lines":         {in: "\n\n\n", says: []string{"blank lines only"}},
		"header only":         {in: header, says: []string{"no rows"}},
		"missing columns":     {in: "tweet_id,text,when\n1," + secret + ",\n", says: []string{"line 1", "author_id, in_response_to_tweet_id", "known: tweet_id, text"}},
		"no header":           {in: "1," + secret + ",x\n", says: []string{"line 1", "no column tweet_id, text, author_id, in_response_to_tweet_id", "header"}},
		"semicolons":          {in: strings.ReplaceAll(header, ",", ";"), says: []string{"line 1", "separated by semicolons"}},
		"tabs":                {in: strings.ReplaceAll(header, ",", "\t"), says: []string{"separated by tabs"}},
		"column twice":        {in: "text," + header, says: []string{"line 1", `"text" is there twice`}},
		"JSON":                {in: `[{"tweet_id": 1, "text": "` + secret + `"}]`, says: []string{"line 1, column 1", "JSON"}},
		"HTML":                {in: "\n<!DOCTYPE html>", says: []string{"HTML"}},
		"Parquet":             {in: "PAR1\x15\x00", says: []string{"Parquet"}},
		"Excel":               {in: "PK\x03\x04abc", says: []string{"Excel"}},
		"binary":              {in: "tweet\x00\x01\x02", says: []string{"binary"}},
		"UTF-16":              {in: "\xff\xfet\x00w\x00", says: []string{"UTF-16"}},
		"hidden gzip":         {in: gzipped(header), says: []string{"gzip", ".gz"}},
		"hidden zstd":         {in: zstandard(header), says: []string{"zstd", ".zst"}},
		"no gzip":             {file: "t.csv.gz", in: header, says: []string{"t.csv.gz", "line 1", "another format than its name says"}},
		"no zstd":             {file: "t.csv.zst", in: header, says: []string{"t.csv.zst", "line 1", "another format than its name says"}},
		"empty gzip":          {file: "t.csv.gz", in: "", says: []string{"t.csv.gz is empty"}},
		"empty zstd":          {file: "t.csv.zst", in: "", says: []string{"t.csv.zst is empty"}},
		"gzip of nothing":     {file: "t.csv.gz", in: gzipped(""), says: []string{"t.csv.gz is empty"}},
		"bare quote":          {in: header + rows + "3,Acme,True,," + secret + " \"x\",,\n", says: []string{"line 5, column 23", "quoting"}},
		"quote inside":        {in: header + rows + "3,Acme,True,,\"" + secret + " \"x\" y\",,\n", says: []string{"line 5, column 24", "quoting"}},
		"inside, second line": {in: header + rows + "3,Acme,True,,\"" + secret + "\n\"x\" y\",,\n", says: []string{"line 6, column 1", "starts on line 5"}},
		"never closed":        {in: header + rows + "3,Acme,True,,\"" + secret + "\n,,\n", says: []string{"line 6", "starts on line 5", "closed"}},
		"Latin-1":             {in: header + rows + "3,Acme,True,," + secret + " caf\xe9,,\n", says: []string{"line 5, column 26", "0xe9", "UTF-8"}},
		"Latin-1 below":       {in: header + rows + "3,Acme,True,,\"" + secret + "\ncaf\xe9\",,\n", says: []string{"line 6, column 4", "UTF-8"}},
		"Latin-1 header":      {in: "tweet_id,t\xe9xt\n", says: []string{"line 1, column 11", "UTF-8"}},
		"no company":          {in: header + "1,115712,True,," + secret + ",,\n2,,True,,,,\n", says: []string{"no company", "author_id"}},
	} {
		t.Run(name, func(t *testing.T) {
			if test.file == "" {
				test.file = "t.csv"
			}
			_, err := tweet.Load(t.Context(), strings.NewReader(test.in), test.file, tweet.Training, nil)
			if kind, _ := problem.KindOf(err); kind != problem.BadInput {
				t.Fatalf("got %v, want a %s", err, problem.BadInput)
			}
			for _, says := range append(test.says, test.file) {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%q does not say %q", err, says)
				}
			}
			if strings.Contains(err.Error(), "Jane") {
				t.Errorf("%q quotes the table", err)
			}
			checked := tweet.Check(strings.NewReader(test.in), test.file, tweet.Training)
			if name != "no company" && (checked == nil || checked.Error() != err.Error()) {
				t.Errorf("Check says %v, Load %v", checked, err)
			}
		})
	}
}

func TestCompressedFilesCutShortOrDamaged(t *testing.T) {
	table := header + randomRows(2000)
	for name, whole := range map[string]string{"t.csv.gz": gzipped(table), "t.csv.zst": zstandard(table)} {
		damaged := []byte(whole)
		for i := len(damaged) / 2; i < len(damaged)/2+20; i++ {
			damaged[i] ^= 0x55
		}
		for what, in := range map[string]string{"cut short": whole[:len(whole)/2], "damaged": string(damaged)} {
			t.Run(name+" "+what, func(t *testing.T) {
				_, err := readRows(t, in, name)
				if kind, _ := problem.KindOf(err); kind != problem.BadInput {
					t.Fatalf("got %v, want a %s", err, problem.BadInput)
				}
			})
		}
	}
}

func randomRows(n int) string {
	random := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range n {
		text := make([]byte, 60)
		for i := range text {
			text[i] = "abcdefghijklmnopqrstuvwxyz     "[random.IntN(31)]
		}
		b.WriteString("1,Acme,False,,")
		b.Write(text)
		b.WriteString(",,\n")
	}
	return b.String()
}

// A read error is nobody's fault who wrote the table.
func TestReadErrorIsNoBadInput(t *testing.T) {
	broken := errors.New("connection reset")
	for _, name := range []string{"t.csv", "t.csv.gz", "t.csv.zst"} {
		in := header + randomRows(10_000)
		switch name {
		case "t.csv.gz":
			in = gzipped(in)
		case "t.csv.zst":
			in = zstandard(in)
		}
		r := io.MultiReader(strings.NewReader(in[:len(in)/2]), &failing{broken})
		_, err := tweet.Load(t.Context(), r, name, tweet.Training, nil)
		if kind, is := problem.KindOf(err); is || !errors.Is(err, broken) {
			t.Errorf("%s: got %v of kind %q", name, err, kind)
		}
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

func TestCheckReadsTheFirstRowsOnly(t *testing.T) {
	// Broken quoting far behind the first rows.
	in := header + randomRows(50_000) + "1,\"x"
	read := &counted{r: strings.NewReader(in)}
	if err := tweet.Check(read, "t.csv", tweet.Training); err != nil {
		t.Fatal(err)
	}
	if read.n > len(in)/4 {
		t.Errorf("read %d of %d bytes", read.n, len(in))
	}
}

func TestColumnsThatEachKindNeeds(t *testing.T) {
	for _, test := range []struct {
		columns                      string
		training, production, lookup bool
	}{
		{"tweet_id,author_id,text,in_response_to_tweet_id", true, true, true},
		{"IN_RESPONSE_TO_TWEET_ID,Text, author_id ,tweet_id,more", true, true, true},
		{"tweet_id,text,in_response_to_tweet_id", false, true, true},
		{"tweet_id,text,response_tweet_id", false, true, true},
		{"tweet_id,author_id,text,response_tweet_id", false, true, true},
		{"tweet_id,text", false, false, true},
		{"tweet_id,in_response_to_tweet_id", false, false, false},
		{"text,in_response_to_tweet_id", false, false, false},
	} {
		in := test.columns + "\n1,2,3,4\n"
		for kind, want := range map[tweet.Kind]bool{tweet.Training: test.training, tweet.Production: test.production, tweet.Lookup: test.lookup} {
			err := tweet.Check(strings.NewReader(in), "t.csv", kind)
			if (err == nil) != want {
				t.Errorf("%s as %s: %v", test.columns, kind, err)
			}
		}
	}
}

type counted struct {
	r io.Reader
	n int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}
