package activities

import (
	"compress/gzip"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// A size that the file cannot have is refused by a look at the file, and one that
// it may have is left to the split.
func TestSizesThatTheFileCannotHave(t *testing.T) {
	l := newLab(t)
	file := l.file("tweets.csv", tweets(40)) // 80 rows
	compressed := filepath.Join(t.TempDir(), "tweets.csv.gz")
	out, err := os.Create(compressed)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(out)
	if _, err := z.Write([]byte(tweets(40))); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	broken := l.file("broken.csv", tweets(200)+"9,\"never closed\n") // the split tells, when all was read
	for name, c := range map[string]struct {
		in   CheckDatasetInput
		says string
	}{
		"target of all rows":         {CheckDatasetInput{Dataset: file, TargetSize: 80}, ""},
		"target of one more":         {CheckDatasetInput{Dataset: file, TargetSize: 81}, "the target size is 81 conversations a class, but the dataset has only 80 rows"},
		"target of a billion":        {CheckDatasetInput{Dataset: file, TargetSize: 1_000_000_000}, "only 80 rows"},
		"target beyond any number":   {CheckDatasetInput{Dataset: file, TargetSize: math.MaxInt}, "only 80 rows"},
		"compressed, too large":      {CheckDatasetInput{Dataset: compressed, TargetSize: 81}, "only 80 rows"},
		"compressed":                 {CheckDatasetInput{Dataset: compressed, TargetSize: 80}, ""},
		"two classes of half":        {CheckDatasetInput{Dataset: file, MinClassSize: 40}, ""},
		"two classes of more":        {CheckDatasetInput{Dataset: file, MinClassSize: 41}, "two companies of 41 conversations or more do not fit"},
		"class beyond any number":    {CheckDatasetInput{Dataset: file, MinClassSize: math.MaxInt}, "do not fit"},
		"production asks no size":    {CheckDatasetInput{Dataset: file, Kind: pipeline.Production}, ""},
		"nothing is asked":           {CheckDatasetInput{Dataset: file}, ""},
		"broken before enough":       {CheckDatasetInput{Dataset: broken, TargetSize: 1000}, ""},
		"line breaks inside of rows": {CheckDatasetInput{Dataset: l.file("long.csv", strings.ReplaceAll(tweets(3), "Naomi", "Nao\nmi")), TargetSize: 7}, "only 6 rows"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.in.Kind == "" {
				c.in.Kind = pipeline.Training
			}
			err := l.do(l.data.CheckDataset, c.in, nil)
			if c.says == "" && err != nil {
				t.Error(err)
			}
			if c.says != "" {
				l.wantKind(err, problem.BadInput, c.says)
			}
		})
	}
}
