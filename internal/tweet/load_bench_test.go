package tweet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"testing"
)

func realTable(tb testing.TB) []byte {
	tb.Helper()
	data, err := os.ReadFile("../../../shared/data/tweets.csv")
	if err != nil {
		tb.Skip("the real tweets are not here: ", err)
	}
	return data
}

func BenchmarkRows(b *testing.B) {
	data := realTable(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		rows, err := NewRows(bytes.NewReader(data), "tweets.csv")
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, err = rows.Next()
		}
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	data := realTable(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		table, err := Load(context.Background(), bytes.NewReader(data), "tweets.csv", Training, nil)
		if err != nil {
			b.Fatal(err)
		}
		rows += table.Rows()
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}
