package dataset_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"switchboard/internal/dataset"
	"switchboard/internal/problem"
)

func write[T any](t testing.TB, rows ...T) []byte {
	t.Helper()
	var file bytes.Buffer
	w := dataset.NewWriter[T](&file)
	if err := w.Write(rows...); err != nil {
		t.Fatal(err)
	}
	if w.Rows() != int64(len(rows)) {
		t.Fatalf("Rows() = %d after writing %d", w.Rows(), len(rows))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func roundTrip[T any](t *testing.T, rows ...T) {
	t.Helper()
	t.Run(reflect.TypeFor[T]().Name(), func(t *testing.T) {
		file := write(t, rows...)
		got, err := dataset.ReadAll[T](bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, rows) {
			t.Fatalf("read %+v, wrote %+v", got, rows)
		}
	})
}

func TestRowsComeBackAsTheyWereWritten(t *testing.T) {
	roundTrip(t,
		dataset.Conversation{ID: 3, ThreadID: 1, Rows: []int32{0, 5}, Texts: []string{"a\nb", ""}, Label: "Acme"},
		dataset.Conversation{ID: -8, ThreadID: -8, Rows: []int32{7}, Texts: []string{"🤥"}, Label: dataset.Unknown},
	)
	roundTrip(t,
		dataset.Example{ID: 3, ThreadID: 1, Rows: []int32{0, 5}, Text: "a\nb", Label: "Acme"},
		dataset.Example{ID: 4, ThreadID: 4, Rows: []int32{1}},
	)
	roundTrip(t, dataset.Span{ConversationID: 9, Tweet: 2, Kind: "Person", Start: 4, End: 9, Score: 0.5, Recognizer: "ner"})
	roundTrip(t,
		dataset.Prediction{ConversationID: 9, Company: "Acme", Confidence: 0.25, Status: dataset.Classified, PromptTokens: 12, AnswerTokens: 2},
		dataset.Prediction{ConversationID: 10, Company: dataset.Unknown, Status: dataset.Failed, ErrorCode: "timeout"},
	)
}

func TestFileWithoutRows(t *testing.T) {
	file := write[dataset.Example](t)
	got, err := dataset.ReadAll[dataset.Example](bytes.NewReader(file), int64(len(file)))
	if err != nil || got != nil {
		t.Fatalf("got %v, %v", got, err)
	}
}

// conversations makes rows whose slices differ in length, so that a reader
// that reuses a row's slices wrongly is found out.
func conversations(n int) []dataset.Conversation {
	rows := make([]dataset.Conversation, n)
	for i := range rows {
		rows[i] = dataset.Conversation{ID: int64(i), ThreadID: int64(i / 3), Label: fmt.Sprint("c", i%7)}
		for j := range i%5 + 1 {
			rows[i].Rows = append(rows[i].Rows, int32(i*10+j))
			rows[i].Texts = append(rows[i].Texts, strings.Repeat("x", (i+j)%50))
		}
	}
	return rows
}

func TestUnreadableFiles(t *testing.T) {
	whole := write(t, conversations(100)...)
	for name, file := range map[string][]byte{
		"empty":      nil,
		"text":       []byte("tweet_id,text\n1,hello\n"),
		"cut short":  whole[:len(whole)/2],
		"other rows": write(t, dataset.Span{Kind: "Person"}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dataset.ReadAll[dataset.Conversation](bytes.NewReader(file), int64(len(file)))
			if kind, _ := problem.KindOf(err); kind != problem.Environment {
				t.Fatalf("got %v, want a %s", err, problem.Environment)
			}
		})
	}
}

// A row group is all a writer holds; texts stay out of what it holds beyond
// that, the footer.
func TestNoTextInTheFooter(t *testing.T) {
	secret := "Jane.Doe.555"
	file := write(t, dataset.Example{ID: 1, Text: secret + strings.Repeat(" hello", 100), Label: "Acme"})
	footer := file[len(file)-8-int(uint32(file[len(file)-8])|uint32(file[len(file)-7])<<8|uint32(file[len(file)-6])<<16|uint32(file[len(file)-5])<<24):]
	if bytes.Contains(footer, []byte(secret)) {
		t.Fatal("the footer holds a row's text")
	}
}

func BenchmarkWriteConversations(b *testing.B) {
	rows := conversations(20_000)
	b.ReportAllocs()
	for b.Loop() {
		write(b, rows...)
	}
	b.ReportMetric(float64(len(rows))*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
