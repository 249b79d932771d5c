package activities

import (
	"maps"
	"testing"

	"switchboard/internal/dataset"
)

// Three people answer the same complaint: what was replaced in the complaint
// counts once, and twice where it has two names.
func TestSharedTweetsAreCountedOnce(t *testing.T) {
	conversations := []dataset.Conversation{
		{ID: 11, Rows: []int32{0, 1}}, {ID: 12, Rows: []int32{0, 2}}, {ID: 13, Rows: []int32{0, 3, 4}},
	}
	var spans []dataset.Span
	for _, id := range []int64{11, 12, 13} {
		spans = append(spans,
			dataset.Span{ConversationID: id, Tweet: 0, Kind: "Person", Start: 0, End: 3},
			dataset.Span{ConversationID: id, Tweet: 0, Kind: "Person", Start: 8, End: 12},
		)
	}
	spans = append(spans, dataset.Span{ConversationID: 12, Tweet: 1, Kind: "Email"}, dataset.Span{ConversationID: 13, Tweet: 2, Kind: "Person"})
	want := map[string]int64{"Person": 3, "Email": 1}
	if got := countSpans(conversations, spans); !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}
