package activities

import (
	"context"
	"fmt"

	"switchboard/internal/artifact"
	"switchboard/internal/call"
	"switchboard/internal/dataset"
	"switchboard/internal/layout"
	"switchboard/internal/merge"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// ConcludeCallInput names a call's event, and what a model said of its pieces.
type ConcludeCallInput struct {
	Event       pipeline.DatasetRef `json:"event"`
	Predictions artifact.Ref        `json:"predictions"`
	// Threshold is the confidence below which an answer becomes Unknown.
	Threshold float64 `json:"threshold"`
	Model     string  `json:"model"`
	Dir       string  `json:"dir"`
}

// ConcludeCallResult names the answer; the company is in the file alone.
type ConcludeCallResult struct {
	Answer     artifact.Ref   `json:"answer"`
	Status     dataset.Status `json:"status"`
	Confidence float64        `json:"confidence"`
}

// ConcludeCall writes call.json: whom the call is for, as the model's surest answer
// to any of its pieces says. The event must be the file that was staged, to the
// byte.
func (d *Data) ConcludeCall(ctx context.Context, in ConcludeCallInput) (ConcludeCallResult, error) {
	src, e, err := readCall(ctx, in.Event.URL)
	if err != nil {
		return ConcludeCallResult{}, err
	}
	if src.sum() != in.Event.SHA256 {
		return ConcludeCallResult{}, problem.Input("the file %s changed while the run was under way; start the run again", in.Event.URL)
	}
	said, err := rows[dataset.Prediction](ctx, d.Store, in.Predictions)
	if err != nil {
		return ConcludeCallResult{}, err
	}
	surest, any := merge.Surest(said, in.Threshold)
	if !any {
		return ConcludeCallResult{}, fmt.Errorf("concluding the call: %s has no prediction", in.Predictions.Path)
	}
	ref, err := d.Store.WriteJSON(ctx, layout.Run(in.Dir).Call(), call.Answer{
		CallID: e.ID, Channel: e.Channel, ReceivedAt: e.ReceivedAt,
		Company: surest.Company, Confidence: surest.Confidence, Status: surest.Status, ErrorCode: surest.ErrorCode, Model: in.Model,
	})
	return ConcludeCallResult{Answer: ref, Status: surest.Status, Confidence: surest.Confidence}, err
}
