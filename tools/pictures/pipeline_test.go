package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"switchboard/internal/pipeline"
)

// The picture that people see is the one that this program draws.
func TestPictureIsCurrent(t *testing.T) {
	const file = "../../docs/images/pipeline.svg"
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, pipelinePicture()) {
		t.Errorf("%s is not what the program draws; run `go run ./tools/pictures`", file)
	}
}

// Each stage that a run reports stands in the picture, in a lane of its own
// workflow; those left out are no steps of a run but what became of it, or a
// parent's view of its child.
func TestEveryStageIsDrawn(t *testing.T) {
	drawn := make(map[pipeline.Stage]bool)
	for _, lane := range [][]chip{fineTune, apply} {
		for i, s := range lane {
			drawn[s.stage] = true
			if i > 0 && s.column <= lane[i-1].column {
				t.Errorf("%s stands on or before %s", s.stage, lane[i-1].stage)
			}
		}
	}
	for _, s := range []pipeline.Stage{
		pipeline.Checking, pipeline.Staging, pipeline.Anonymizing, pipeline.Splitting, pipeline.Uploading,
		pipeline.Submitting, pipeline.TrainingJob, pipeline.Measuring, pipeline.Evaluating, pipeline.Classifying,
		pipeline.Merging, pipeline.Recording,
	} {
		if !drawn[s] {
			t.Errorf("the stage %q is not drawn", s)
		}
	}
}

// A picture with an open element shows nothing at all in a browser.
func TestPictureIsWellFormed(t *testing.T) {
	picture := pipelinePicture()
	d := xml.NewDecoder(bytes.NewReader(picture))
	var text strings.Builder
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := token.(xml.CharData); ok {
			text.Write(s)
		}
	}
	for _, want := range []string{
		pipeline.FineTuneWorkflow, pipeline.ApplyWorkflow, pipeline.PrepareDatasetWorkflow, pipeline.RetrainWorkflow,
		pipeline.TaskQueue, pipeline.ProviderTaskQueue,
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the picture does not name %s", want)
		}
	}
}
