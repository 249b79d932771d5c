package workflows

import (
	"context"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

var callInput = pipeline.AnalyzeCallInput{Event: "/data/call.json", CallID: "0042"}

// analyzes lets a call of one conversation be staged, answered and concluded.
func (w *world) analyzes() *world {
	w.OnActivity(data.StageCall, mock.Anything, mock.Anything).Return(activities.StageCallResult{
		Event: pipeline.DatasetRef{URL: "/data/call.json", SHA256: "e", Rows: 5}, Conversations: artifact.Ref{Path: "conversations/0", Rows: 10},
	}, nil).Maybe()
	w.OnActivity(data.ConcludeCall, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.ConcludeCallInput) (activities.ConcludeCallResult, error) {
			return activities.ConcludeCallResult{Answer: artifact.Ref{Path: in.Dir + "/output/call.json"}, Status: dataset.Classified, Confidence: 0.9}, nil
		}).Maybe()
	return w.acceptsApply().evaluates(passed).anonymizes(func(int) string { return "v1" }).answers().records()
}

func TestAnalyzeCallGoesThroughItsStages(t *testing.T) {
	w := newWorld(t)
	var concluded activities.ConcludeCallInput
	w.OnActivity(data.ConcludeCall, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.ConcludeCallInput) (activities.ConcludeCallResult, error) {
		concluded = in
		return activities.ConcludeCallResult{Status: dataset.Classified, Confidence: 0.9}, nil
	})
	accepted := w.analyzes().asksAccept()
	w.ExecuteWorkflow(AnalyzeCall, callInput)
	require.NoError(t, w.GetWorkflowError())
	require.NoError(t, accepted.err)
	require.Equal(t, model, accepted.Model)

	var result pipeline.AnalyzeCallResult
	require.NoError(t, w.GetWorkflowResult(&result))
	require.Equal(t, dataset.Classified, result.Status)
	require.Equal(t, map[string]int64{"Person": 2}, result.Spans)
	var stages []pipeline.Stage
	for _, s := range result.Stages {
		stages = append(stages, s.Stage)
	}
	require.Equal(t, []pipeline.Stage{pipeline.Checking, pipeline.Anonymizing, pipeline.Classifying, pipeline.Recording}, stages)
	require.Equal(t, pipeline.Done, w.status().Stage)
	require.Equal(t, activities.ConcludeCallInput{
		Event:       pipeline.DatasetRef{URL: "/data/call.json", SHA256: "e", Rows: 5},
		Predictions: artifact.Ref{Path: layout.Run(w.status().Dir).Predictions(0), Rows: 10},
		Threshold:   0.5, Model: model, Dir: w.status().Dir,
	}, concluded)
}

func TestAnalyzeCallRefusesBadInputBeforeItSends(t *testing.T) {
	bad := temporal.NewNonRetryableApplicationError("call.json has no turns", string(problem.BadInput), nil)
	for name, c := range map[string]struct {
		in    pipeline.AnalyzeCallInput
		event error
	}{
		"no event":           {in: pipeline.AnalyzeCallInput{CallID: "0042"}},
		"no call id":         {in: pipeline.AnalyzeCallInput{Event: "/data/call.json"}},
		"a file of no event": {in: callInput, event: bad},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if c.event != nil {
				w.OnActivity(data.StageCall, mock.Anything, mock.Anything).Return(activities.StageCallResult{}, c.event)
			}
			accepted := w.analyzes().asksAccept()
			w.ExecuteWorkflow(AnalyzeCall, c.in)
			require.Equal(t, string(problem.BadInput), w.kind(w.GetWorkflowError()))
			require.Error(t, accepted.err)
			require.Zero(t, w.sent)
		})
	}
}
