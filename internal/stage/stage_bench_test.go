package stage_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"testing"

	"switchboard/internal/stage"
	"switchboard/internal/tweet"
)

type discard struct{ io.Writer }

func (discard) Close() error { return nil }

func BenchmarkConversations(b *testing.B) {
	data, err := os.ReadFile("../../../shared/data/tweets.csv")
	if err != nil {
		b.Skip("the real tweets are not here: ", err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	var rows int64
	for b.Loop() {
		result, err := stage.Conversations(context.Background(), bytes.NewReader(data), stage.Options{Name: "tweets.csv", Kind: tweet.Training},
			func(context.Context, int) (io.WriteCloser, error) { return discard{io.Discard}, nil })
		if err != nil {
			b.Fatal(err)
		}
		rows += result.Rows
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "tweets/s")
}
