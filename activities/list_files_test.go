package activities

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/artifact"
	"switchboard/internal/call"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/seal"
)

// Of a run's files there are URLs, the latest events, and the answer to a call for
// whoever asked alone.
func TestListFiles(t *testing.T) {
	store, err := artifact.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var log strings.Builder
	for i := range pipeline.LatestEvents + 2 {
		fmt.Fprintf(&log, `{"id":"e%d"}`+"\n", i)
	}
	if _, err := store.Write(t.Context(), layout.Run("run").Events(), []byte(log.String())); err != nil {
		t.Fatal(err)
	}
	said := call.Answer{CallID: "0042", Channel: "phone", Company: "BoltRail", Confidence: 1, Status: pipeline.AnswerClassified}
	answer, err := store.WriteJSON(t.Context(), "run/call.json", said)
	if err != nil {
		t.Fatal(err)
	}
	key, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	c := &Control{Store: store}
	in := pipeline.ListFilesInput{Dir: "run", Answer: answer, Key: key.Public(), Files: []pipeline.RunFile{
		{Name: "manifest", Path: "run/manifest.json"},
		{Name: "curves", Path: "run/metrics/curves.png", Optional: true},
		{Name: "events", Path: layout.Run("run").Events(), Optional: true},
	}}
	got, err := c.ListFiles(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	want := []pipeline.FileURL{
		{Name: "manifest", URL: store.URL("run/manifest.json")},
		{Name: "events", URL: store.URL(layout.Run("run").Events())},
	}
	if !slices.Equal(got.Files, want) {
		t.Errorf("the files are %+v, want %+v", got.Files, want)
	}
	if n := len(got.Events); n != pipeline.LatestEvents || got.Events[0].ID != "e2" || got.Events[n-1].ID != "e6" {
		t.Errorf("the latest events are %+v", got.Events)
	}
	var opened pipeline.CallAnswer
	if err := key.Open(got.Answer, pipeline.AnswerPurpose, &opened); err != nil || opened != said {
		t.Errorf("the answer is %+v, %v", opened, err)
	}
	if _, err := c.ListFiles(t.Context(), pipeline.ListFilesInput{}); !isInput(err) {
		t.Errorf("no folder: %v", err)
	}
}

func isInput(err error) bool {
	kind, _ := problem.KindOf(err)
	return kind == problem.BadInput
}
