package dataset_test

import (
	"bytes"
	"testing"

	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
)

func TestSince(t *testing.T) {
	for _, c := range []struct {
		opening int32
		tweets  int
		want    string
	}{
		{0, 1, ""}, {0, 0, ""}, {4, 1, ""},
		{1, 1, "a"}, {1, 2, "a\nb"}, {1, 9, "a\nb\nc"}, {1, 0, "a\nb\nc"},
		{2, 1, "b"}, {2, 0, "b\nc"},
	} {
		if got := (dataset.Example{Text: "a\nb\nc", Opening: c.opening}).Since(c.tweets); got != c.want {
			t.Errorf("%d tweets since line %d are %q, want %q", c.tweets, c.opening, got, c.want)
		}
	}
}

func TestGivenLeavesTheExamplesAsTheyAre(t *testing.T) {
	list := []dataset.Example{{Text: "a\nb", Opening: 1}, {Text: "c"}}
	got := dataset.Given(list, pipeline.FirstTurn)
	if got[0].Text != "a" || got[1].Text != "" || list[0].Text != "a\nb" {
		t.Errorf("given %q and %q of %q", got[0].Text, got[1].Text, list[0].Text)
	}
	if whole := dataset.Given(list, ""); whole[0].Text != "a\nb" {
		t.Errorf("given %q", whole[0].Text)
	}
}

// Files from before it was kept who wrote first are read as such.
func TestFileWithoutOpening(t *testing.T) {
	type before struct {
		ID       int64   `parquet:"conversation_id"`
		ThreadID int64   `parquet:"thread_id"`
		Rows     []int32 `parquet:"rows"`
		Text     string  `parquet:"text"`
		Label    string  `parquet:"label,dict"`
		Answered bool    `parquet:"answered"`
	}
	file := write(t, before{ID: 1, ThreadID: 2, Rows: []int32{3, 4}, Text: "hi", Label: "Acme", Answered: true}, before{ID: 5, Label: "Bolt"})
	got, err := dataset.ReadAll[dataset.Example](bytes.NewReader(file), int64(len(file)))
	if err != nil || len(got) != 2 || got[0].Text != "hi" || len(got[0].Rows) != 2 || got[0].Opening != 0 || !got[0].Answered || got[1].Label != "Bolt" {
		t.Fatalf("got %+v, %v", got, err)
	}
}
