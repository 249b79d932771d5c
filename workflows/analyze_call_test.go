package workflows

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
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

var record = &pipeline.RecordRef{Topic: "calls", Partition: 3, Offset: 17, SHA256: "e"}

// stores lets a call be redacted and answered, at once and step by step, until a test
// says otherwise.
func (w *world) stores() *world {
	w.RegisterActivity(&activities.Calls{})
	w.OnActivity(calls.AnswerCall, mock.Anything, mock.Anything).Return(activities.AnswerCallResult{RedactCallResult: stored, Answer: &said}, nil).Maybe()
	w.OnActivity(calls.RedactCall, mock.Anything, mock.Anything).Return(stored, nil).Maybe()
	w.OnActivity(calls.TranscribeCall, mock.Anything, mock.Anything).Return(stored, nil).Maybe()
	w.OnActivity(calls.ClassifyCall, mock.Anything, mock.Anything).Return(said, nil).Maybe()
	return w
}

var said = activities.ClassifyCallResult{Model: model, Status: dataset.Classified, Confidence: 0.9}

var stored = activities.RedactCallResult{
	Outcome: pipeline.CallStored, Turns: 4, Spans: map[string]int64{"Person": 2},
	Clearance: pipeline.Clearance{Anonymizer: "v1", Evaluation: pipeline.Evaluation{Anonymizer: "v1", Passed: true}},
}

// A call with turns is done within the workflow task that begins it: no activity is
// scheduled. What cannot be answered at once takes steps that can wait, as recordings
// do. Every step costs a few writes at Temporal, and there are many calls.
func TestAStoredCallTakesFewSteps(t *testing.T) {
	byKafka := pipeline.AnalyzeCallInput{CallID: "0042", Record: record, Stored: true}
	ofAFile := pipeline.AnalyzeCallInput{CallID: "0042", Event: "/data/call.json", Stored: true}
	recording := byKafka
	recording.Audio = true
	for name, c := range map[string]struct {
		in     pipeline.AnalyzeCallInput
		atOnce activities.AnswerCallResult
		failed error
		steps  []string
	}{
		"turns by Kafka":       {in: byKafka, atOnce: activities.AnswerCallResult{RedactCallResult: stored, Answer: &said}},
		"turns of a file":      {in: ofAFile, atOnce: activities.AnswerCallResult{RedactCallResult: stored, Answer: &said}},
		"no answer at once":    {in: byKafka, atOnce: activities.AnswerCallResult{RedactCallResult: stored}, steps: []string{"ClassifyCall"}},
		"not stored at once":   {in: byKafka, failed: errors.New("Kafka is away"), steps: []string{"RedactCall", "ClassifyCall"}},
		"bad input":            {in: byKafka, failed: temporal.NewNonRetryableApplicationError("bad", string(problem.BadInput), nil), steps: []string{"RedactCall", "ClassifyCall"}},
		"took too long":        {in: byKafka, failed: temporal.NewTimeoutError(enums.TIMEOUT_TYPE_START_TO_CLOSE, nil), steps: []string{"RedactCall", "ClassifyCall"}},
		"a recording by Kafka": {in: recording, steps: []string{"TranscribeCall", "ClassifyCall"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tries := 0
			w.OnActivity(calls.AnswerCall, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.AnswerCallInput) (activities.AnswerCallResult, error) {
				tries++
				require.Equal(t, activities.RedactCallInput{CallID: "0042", Task: pipeline.DefaultTask, Event: c.in.Event, Record: c.in.Record}, in.RedactCallInput)
				return c.atOnce, c.failed
			}).Maybe()
			w.stores()
			w.ExecuteWorkflow(AnalyzeCall, c.in)
			require.NoError(t, w.GetWorkflowError())
			require.Equal(t, c.steps, w.ran)
			require.Equal(t, !c.in.Audio, tries == 1)
			var result pipeline.AnalyzeCallResult
			require.NoError(t, w.GetWorkflowResult(&result))
			require.Equal(t, pipeline.AnalyzeCallResult{
				Task: pipeline.DefaultTask, Model: model, Status: dataset.Classified, Confidence: 0.9,
				Turns: 4, Spans: map[string]int64{"Person": 2},
			}, result)
		})
	}
}

// Nobody is asked twice about a call, and nobody about silence.
func TestAStoredCallIsAskedAboutOnce(t *testing.T) {
	for name, c := range map[string]struct {
		redacted activities.RedactCallResult
		want     pipeline.AnalyzeCallResult
	}{
		"answered before":      {activities.RedactCallResult{Outcome: pipeline.CallAnswered, Status: dataset.Classified}, pipeline.AnalyzeCallResult{Duplicate: pipeline.CallAnswered, Status: dataset.Classified}},
		"the id is another's":  {activities.RedactCallResult{Outcome: pipeline.CallTaken}, pipeline.AnalyzeCallResult{Duplicate: pipeline.CallTaken}},
		"nobody says anything": {activities.RedactCallResult{Outcome: pipeline.CallStored, Status: pipeline.AnswerNoSpeech}, pipeline.AnalyzeCallResult{Status: pipeline.AnswerNoSpeech}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, audio := range []bool{false, true} {
				w := newWorld(t)
				w.RegisterActivity(&activities.Calls{})
				w.OnActivity(calls.AnswerCall, mock.Anything, mock.Anything).Return(activities.AnswerCallResult{RedactCallResult: c.redacted}, nil).Maybe()
				w.OnActivity(calls.TranscribeCall, mock.Anything, mock.Anything).Return(c.redacted, nil).Maybe()
				w.ExecuteWorkflow(AnalyzeCall, pipeline.AnalyzeCallInput{CallID: "0042", Record: record, Audio: audio, Stored: true})
				require.NoError(t, w.GetWorkflowError())
				require.NotContains(t, w.ran, "ClassifyCall")
				var result pipeline.AnalyzeCallResult
				require.NoError(t, w.GetWorkflowResult(&result))
				c.want.Task = pipeline.DefaultTask
				require.Equal(t, c.want, result)
			}
		})
	}
}

// A call that cannot be analyzed fails, and its event is kept.
func TestAStoredCallThatFailsIsRejected(t *testing.T) {
	for name, kind := range map[string]problem.Kind{"no champion": problem.BadInput, "the gate is closed": problem.Refused} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.RegisterActivity(&activities.Calls{})
			w.OnActivity(calls.AnswerCall, mock.Anything, mock.Anything).Return(activities.AnswerCallResult{RedactCallResult: stored}, nil)
			w.OnActivity(calls.ClassifyCall, mock.Anything, mock.Anything).Return(activities.ClassifyCallResult{},
				temporal.NewNonRetryableApplicationError("there is no champion", string(kind), nil))
			var rejected activities.RejectCallInput
			w.OnActivity(calls.RejectCall, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.RejectCallInput) error {
				rejected = in
				return nil
			})
			w.ExecuteWorkflow(AnalyzeCall, pipeline.AnalyzeCallInput{CallID: "0042", Record: record, Stored: true})
			require.Equal(t, string(kind), w.kind(w.GetWorkflowError()))
			require.Equal(t, activities.RejectCallInput{CallID: "0042", Record: record, Reason: string(kind)}, rejected)
		})
	}
}
