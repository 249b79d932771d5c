package privacy

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"switchboard/internal/config"
	"switchboard/internal/tweet"
)

// The whole chain over the real tweets: cleaning, rules, the shipped model. A
// process's cache would spare the second round the model, so there is one.
func BenchmarkScan(b *testing.B) {
	path := filepath.Join("..", "..", "..", "shared", "data", "tweets.csv")
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		b.Skip("the real data is not here: ", err)
	} else if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	table, err := tweet.Load(b.Context(), f, path, tweet.Lookup, nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		a, err := Open(b.Context(), config.Config{})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := Scan(b.Context(), a, table, func([]Change) {}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*table.Rows())/b.Elapsed().Seconds(), "tweets/s")
}
