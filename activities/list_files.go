package activities

import (
	"context"
	"encoding/json"

	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/seal"
)

// ListFiles tells where the files of a run are, the latest events of its job, and
// the answer to its call: what people ask for and only files have. What cannot be
// read is left out.
func (c *Control) ListFiles(ctx context.Context, in pipeline.ListFilesInput) (pipeline.ListFilesResult, error) {
	result := pipeline.ListFilesResult{Files: []pipeline.FileURL{}}
	if in.Dir == "" {
		return result, problem.Input("the files of a run are asked for without the run's folder")
	}
	for _, f := range in.Files {
		if !f.Optional || c.exists(ctx, f.Path) {
			result.Files = append(result.Files, pipeline.FileURL{Name: f.Name, URL: c.Store.URL(f.Path)})
		}
	}
	result.Events = c.latestEvents(ctx, layout.Run(in.Dir).Events())
	if in.Answer.Path == "" {
		return result, nil
	}
	var answer pipeline.CallAnswer
	if c.Store.ReadJSON(ctx, in.Answer, &answer) != nil {
		return result, nil
	}
	var err error
	result.Answer, err = seal.Seal(in.Key, pipeline.AnswerPurpose, answer)
	return result, err
}

func (c *Control) exists(ctx context.Context, path string) bool {
	f, err := c.Store.Reader(ctx, path)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

// latestEvents returns the end of a file of events, nil if there is none.
func (c *Control) latestEvents(ctx context.Context, path string) []pipeline.JobEvent {
	f, err := c.Store.Reader(ctx, path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var events []pipeline.JobEvent
	for lines := json.NewDecoder(f); ; {
		var e pipeline.JobEvent
		if err := lines.Decode(&e); err != nil {
			return events
		}
		events = append(events, e)
		if len(events) > pipeline.LatestEvents {
			events = events[1:]
		}
	}
}
