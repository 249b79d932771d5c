package activities

import (
	"testing"

	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
)

func TestConversationsOfARunAreStored(t *testing.T) {
	l := newLab(t)
	l.sampling(nothingHeld)
	examples := []dataset.Example{
		{ID: 1, ThreadID: 1, Text: "where is my parcel\nPerson: with the courier"}, {ID: 2, ThreadID: 1, Text: "hello"},
		{ID: 3, ThreadID: 3}, {ID: 4, ThreadID: 4, Text: "hi"},
	}
	said := []dataset.Prediction{
		{ConversationID: 1, Company: "AcmeHelp", Confidence: 0.9, Status: dataset.Classified}, {ConversationID: 2, Company: "BoltRail", Confidence: 0.3, Status: dataset.Classified},
		{ConversationID: 3, Company: dataset.Unknown, Status: dataset.Empty}, {ConversationID: 4, Company: dataset.Unknown, Status: dataset.Failed, ErrorCode: "rate_limited"},
	}
	in := StoreConversationsInput{Run: "apply-production-1a2b3c4d", Model: "ft:champion", Threshold: 0.5, Anonymizer: "v1"}
	var err error
	if in.Examples, err = writeRows(t.Context(), l.store, "examples", examples); err != nil {
		t.Fatal(err)
	}
	if in.Predictions, err = writeRows(t.Context(), l.store, "predictions", said); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var stored StoreConversationsResult
		l.must(l.data.StoreConversations, in, &stored)
		if stored != (StoreConversationsResult{Stored: 2, Left: 2}) {
			t.Errorf("got %+v", stored)
		}
	}
	r, err := l.data.Results.Get(t.Context(), "apply-production-1a2b3c4d/1")
	if err != nil || len(r.Turns) != 2 || r.Turns[1].Text != "Person: with the courier" || r.Channel != "dataset" || r.Task != pipeline.DefaultTask || r.Prediction.Company != "AcmeHelp" {
		t.Errorf("got %+v, %v", r, err)
	}
	if r, err = l.data.Results.Get(t.Context(), "apply-production-1a2b3c4d/2"); err != nil || r.Status != pipeline.AnswerUnsure || r.Prediction.Company != pipeline.Unknown || r.Prediction.Named != "BoltRail" {
		t.Errorf("got %+v, %v", r.Prediction, err)
	}
	// What a person says of it is learned from as the text that a model is asked about.
	l.says("apply-production-1a2b3c4d/2", "NovelCo", "anna")
	learned, err := l.data.learnable(t.Context(), "", false)
	if list := learned.examples(); err != nil || len(list) != 1 || list[0].Text != "hello" || list[0].Label != "NovelCo" {
		t.Errorf("learned %+v, %v", learned, err)
	}
}
