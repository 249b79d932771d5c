package workflows

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"switchboard/activities"
	"switchboard/internal/artifact"
	"switchboard/internal/cost"
	"switchboard/internal/pipeline"
	"switchboard/internal/privacy"
	"switchboard/internal/problem"
	"switchboard/internal/registry"
	"switchboard/internal/split"
)

// world is a test environment in which every activity succeeds, until a test
// says otherwise. It remembers which activities ran, in their order.
type world struct {
	*testsuite.TestWorkflowEnvironment
	t   *testing.T
	mu  sync.Mutex
	ran []string
	// sent counts the activities that sent text to the provider.
	sent int
	// lacks is what the look at the surroundings finds; nil is nothing.
	lacks error
	// setAside are the labels of calls that are not believed.
	setAside pipeline.SetAside
	// manifests were written, in their order.
	manifests []activities.Manifest
}

const (
	jobID = "ftjob-1"
	model = "ft:switchboard-softmax-1:own:sb-1:1"
)

func newWorld(t *testing.T) *world {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	w := &world{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(), t: t}
	w.SetTestTimeout(time.Hour)
	// A machine that is busy elsewhere does not make a deadlock.
	w.SetWorkerOptions(worker.Options{
		DeadlockDetectionTimeout: time.Hour,
		Interceptors:             []interceptor.WorkerInterceptor{&summarized{t: t}},
	})
	w.RegisterActivity(&activities.Data{})
	w.RegisterActivity(&activities.Provider{})
	w.RegisterActivity(&activities.Installation{})
	w.RegisterActivity(&activities.Notifier{})
	w.OnActivity(installed.CheckInstallation, mock.Anything).Return(
		func(context.Context) (activities.CheckInstallationResult, error) {
			return activities.CheckInstallationResult{}, w.lacks
		}).Maybe()
	Register(w)
	w.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ran = append(w.ran, info.ActivityType.Name)
	})
	return w
}

// times counts how often an activity ran, attempts included.
func (w *world) times(name string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, ran := range w.ran {
		if ran == name {
			n++
		}
	}
	return n
}

// The expectations: what each activity does when all is well.

func (w *world) acceptsFineTune() *world {
	w.OnActivity(data.CheckDataset, mock.Anything, mock.Anything).Return(nil).Maybe()
	w.OnActivity(provider.CheckProvider, mock.Anything, mock.Anything).Return(activities.CheckProviderResult{BaseModel: "base"}, nil).Maybe()
	return w
}

func (w *world) acceptsApply() *world {
	w.OnActivity(data.CheckDataset, mock.Anything, mock.Anything).Return(nil).Maybe()
	w.OnActivity(provider.ResolveModel, mock.Anything, mock.Anything).Return(activities.ResolveModelResult{Model: model, Threshold: 0.5}, nil).Maybe()
	return w
}

// evaluates lets the judgement on the anonymizer be e.
func (w *world) evaluates(e privacy.Evaluation) *world {
	w.OnActivity(data.EvaluateAnonymizer, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.EvaluateAnonymizerInput) (activities.EvaluateAnonymizerResult, error) {
			return activities.EvaluateAnonymizerResult{Evaluation: e, File: artifact.Ref{Path: in.Dir + "/privacy.json"}}, nil
		}).Maybe()
	return w
}

// anonymizes lets the anonymizer's version be that which a part gets.
func (w *world) anonymizes(version func(part int) string) *world {
	w.OnActivity(data.AnonymizePart, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.AnonymizePartInput) (activities.AnonymizePartResult, error) {
			return activities.AnonymizePartResult{
				Examples: artifact.Ref{Path: fmt.Sprint("anonymized/", in.Part), Rows: 10},
				Spans:    map[string]int64{"Person": 2},
				Version:  version(in.Part),
			}, nil
		}).Maybe()
	return w
}

// passed is the judgement on the anonymizer of these tests.
var passed = privacy.Evaluation{Anonymizer: "v1", Passed: true}

// prepares lets PrepareDataset stage parts of 10 conversations each.
func (w *world) prepares(parts int) *world {
	staged := activities.StageConversationsResult{
		Dataset: pipeline.DatasetRef{SHA256: "d", Rows: 100},
		Counts:  pipeline.PrepareCounts{Tweets: 99, Conversations: int64(10 * parts)},
	}
	staged.Duplicates.Rows = 1
	for i := range parts {
		staged.Conversations = append(staged.Conversations, artifact.Ref{Path: fmt.Sprint("conversations/", i), Rows: 10})
	}
	w.OnActivity(data.StageConversations, mock.Anything, mock.Anything).Return(staged, nil).Maybe()
	return w.evaluates(passed).anonymizes(func(int) string { return "v1" })
}

func (w *world) trains() *world {
	w.OnActivity(data.SplitExamples, mock.Anything, mock.Anything).Return(activities.SplitExamplesResult{
		Test:      artifact.Ref{Path: "split/test", Rows: 2},
		TrainFile: artifact.Ref{Path: "train", SHA256: "t"},
		Counts:    split.Counts{Train: 7, Validation: 1, Test: 2},
		SetAside:  w.setAside,
	}, nil).Maybe()
	w.OnActivity(data.EstimateCost, mock.Anything, mock.Anything).Return(activities.EstimateCostResult{
		Estimates: []pipeline.CostEstimate{{Chosen: true, Epochs: 4, Training: 2}}, File: artifact.Ref{Path: "cost.json"},
	}, nil).Maybe()
	w.OnActivity(provider.UploadFile, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.UploadFileInput) (activities.UploadFileResult, error) {
			return activities.UploadFileResult{FileID: "file-1"}, w.asksClearance(in.Clearance)
		}).Maybe()
	w.OnActivity(provider.SubmitJob, mock.Anything, mock.Anything).Return(activities.SubmitJobResult{JobID: jobID}, nil).Maybe()
	return w
}

func (w *world) finishes() *world {
	w.OnActivity(provider.AwaitJob, mock.Anything, mock.Anything).Return(pipeline.JobState{Status: "succeeded", Model: model, TrainedTokens: 70}, nil).Maybe()
	return w
}

func (w *world) judges() *world {
	w.OnActivity(provider.FetchMetrics, mock.Anything, mock.Anything).Return(activities.FetchMetricsResult{}, nil).Maybe()
	w.OnActivity(provider.ProbeModel, mock.Anything, mock.Anything).Return(nil).Maybe()
	w.answers()
	w.OnActivity(data.EvaluateModel, mock.Anything, mock.Anything).Return(activities.EvaluateModelResult{
		Metrics: pipeline.Metrics{Threshold: 0.5, Test: pipeline.Score{Accuracy: 0.9}},
	}, nil).Maybe()
	w.OnActivity(data.ReportEvaluation, mock.Anything, mock.Anything).Return(activities.ReportEvaluationResult{HTML: artifact.Ref{Path: "report.html"}}, nil).Maybe()
	return w
}

func (w *world) answers() *world {
	w.OnActivity(provider.ClassifyPart, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.ClassifyPartInput) (activities.ClassifyPartResult, error) {
			return activities.ClassifyPartResult{Predictions: artifact.Ref{Path: in.Path, Rows: in.Examples.Rows}}, w.asksClearance(in.Clearance)
		}).Maybe()
	return w
}

// asksClearance is what activities that send text do before they send any. It
// counts what was sent.
func (w *world) asksClearance(c pipeline.Clearance) error {
	if err := c.Check(); err != nil {
		return temporal.NewNonRetryableApplicationError(err.Error(), string(problem.Refused), nil)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent++
	return nil
}

func (w *world) merges() *world {
	w.OnActivity(data.MergeOutput, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.MergeOutputInput) (activities.MergeOutputResult, error) {
			return activities.MergeOutputResult{Output: artifact.Ref{Path: "output.csv", Rows: in.Dataset.Rows}, Summary: artifact.Ref{Path: "summary.json"}}, nil
		}).Maybe()
	w.OnActivity(data.ReportApplication, mock.Anything, mock.Anything).Return(artifact.Ref{Path: "report.html"}, nil).Maybe()
	w.OnActivity(data.ChartOutput, mock.Anything, mock.Anything).Return(artifact.Ref{Path: "analyze.png"}, nil).Maybe()
	return w
}

func (w *world) records() *world {
	w.OnActivity(data.WriteManifest, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.WriteManifestInput) (artifact.Ref, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.manifests = append(w.manifests, in.Manifest)
		return artifact.Ref{Path: "manifest.json"}, nil
	}).Maybe()
	w.OnActivity(data.RegisterModel, mock.Anything, mock.Anything).Return(activities.RegisterModelResult{Champion: model}, nil).Maybe()
	return w
}

func (w *world) fineTunes() *world {
	return w.acceptsFineTune().prepares(2).trains().finishes().judges().records()
}

func (w *world) applies(parts int) *world {
	return w.acceptsApply().prepares(parts).answers().merges().records()
}

// asksAccept sends the accept update at once, and gives what comes back.
func (w *world) asksAccept() *acceptance {
	a := &acceptance{}
	w.RegisterDelayedCallback(func() {
		w.UpdateWorkflow(pipeline.AcceptUpdate, "", &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) { a.err = err },
			OnComplete: func(v any, err error) {
				a.answered, a.err = true, err
				if err == nil {
					a.Accepted = v.(pipeline.Accepted)
				}
			},
		})
	}, 0)
	return a
}

type acceptance struct {
	pipeline.Accepted
	answered bool
	err      error
}

func (w *world) status() pipeline.Status {
	w.t.Helper()
	value, err := w.QueryWorkflow(pipeline.StatusQuery)
	require.NoError(w.t, err)
	var s pipeline.Status
	require.NoError(w.t, value.Get(&s))
	return s
}

func (w *world) kind(err error) string {
	w.t.Helper()
	var app *temporal.ApplicationError
	require.ErrorAs(w.t, err, &app)
	return app.Type()
}

var fineTuneInput = pipeline.FineTuneInput{Dataset: "/data/tweets.csv"}

func TestFineTuneGoesThroughItsStages(t *testing.T) {
	w := newWorld(t).fineTunes()
	accepted := w.asksAccept()
	w.ExecuteWorkflow(FineTune, fineTuneInput)
	require.NoError(t, w.GetWorkflowError())

	var result pipeline.FineTuneResult
	require.NoError(t, w.GetWorkflowResult(&result))
	require.Equal(t, model, result.Model)
	require.Equal(t, int64(70), result.TrainedTokens)
	require.Equal(t, map[string]int64{"Person": 4}, result.Prepared.Spans)
	require.Equal(t, pipeline.Share(0.9), result.Metrics.Test.Accuracy)
	require.True(t, accepted.answered)
	require.NoError(t, accepted.err)
	require.Equal(t, "base", accepted.Model)

	var stages []pipeline.Stage
	for _, s := range result.Stages {
		stages = append(stages, s.Stage)
	}
	require.Equal(t, []pipeline.Stage{
		pipeline.Checking, pipeline.Staging, pipeline.Anonymizing, pipeline.Splitting, pipeline.Estimating, pipeline.Uploading,
		pipeline.Submitting, pipeline.TrainingJob, pipeline.Measuring, pipeline.Evaluating, pipeline.Recording,
	}, stages)
	require.Equal(t, pipeline.Done, w.status().Stage)
}

func TestFineTuneRegistersWhatItJudged(t *testing.T) {
	w := newWorld(t)
	var registered registry.Model
	w.OnActivity(data.RegisterModel, mock.Anything, mock.Anything).Return(func(_ context.Context, m registry.Model) (activities.RegisterModelResult, error) {
		registered = m
		return activities.RegisterModelResult{Champion: "another"}, nil
	}).Once()
	w.fineTunes()
	w.ExecuteWorkflow(FineTune, fineTuneInput)
	require.NoError(t, w.GetWorkflowError())
	require.Equal(t, model, registered.ID)
	require.Equal(t, 0.5, registered.Threshold)
	require.Equal(t, 0.9, registered.TestAccuracy)
	require.Equal(t, "d", registered.DatasetSHA256)
	require.Equal(t, "v1", registered.Anonymizer)
	var result pipeline.FineTuneResult
	require.NoError(t, w.GetWorkflowResult(&result))
	require.Equal(t, "another", result.Champion)
}

func TestDryRunUploadsNothing(t *testing.T) {
	w := newWorld(t).acceptsFineTune().prepares(2)
	w.trains() // what is not mocked, such as what comes after the submission, would fail
	in := fineTuneInput
	in.DryRun = true
	w.ExecuteWorkflow(FineTune, in)
	require.NoError(t, w.GetWorkflowError())

	var result pipeline.FineTuneResult
	require.NoError(t, w.GetWorkflowResult(&result))
	require.True(t, result.DryRun)
	require.Equal(t, 2.0, result.Estimates[0].Total())
	require.Equal(t, int64(7), result.Split.Train)
	require.Empty(t, result.Model)
	require.Zero(t, w.sent)
	require.Equal(t, pipeline.Estimating, result.Stages[len(result.Stages)-1].Stage)
	require.Equal(t, pipeline.Done, w.status().Stage)
	w.AssertNotCalled(t, "SubmitJob", mock.Anything, mock.Anything)
}

func TestBudgetDecidesTheTargetSize(t *testing.T) {
	w := newWorld(t)
	price := cost.Price{BaseModel: "base", Training: 3}
	w.OnActivity(data.CheckDataset, mock.Anything, mock.Anything).Return(nil)
	w.OnActivity(provider.CheckProvider, mock.Anything, mock.MatchedBy(func(in activities.CheckProviderInput) bool { return in.NeedsPrice })).
		Return(activities.CheckProviderResult{BaseModel: "base", URL: "url", Price: price}, nil).Once()
	w.OnActivity(data.PlanBudget, mock.Anything, mock.MatchedBy(func(in activities.PlanBudgetInput) bool {
		return in.Budget == 10 && in.Price == price && in.Options.TargetSize == 0 && len(in.Examples) == 2
	})).Return(activities.PlanBudgetResult{TargetSize: 123, Epochs: 3}, nil).Once()
	w.OnActivity(data.SplitExamples, mock.Anything, mock.MatchedBy(func(in activities.SplitExamplesInput) bool { return in.Options.TargetSize == 123 })).
		Return(activities.SplitExamplesResult{Test: artifact.Ref{Rows: 2}, Counts: split.Counts{Train: 7, Validation: 1, Test: 2}}, nil).Once()
	w.OnActivity(provider.SubmitJob, mock.Anything, mock.MatchedBy(func(in activities.SubmitJobInput) bool { return in.Epochs == 3 })).
		Return(activities.SubmitJobResult{JobID: jobID}, nil).Once()
	w.fineTunes()
	in := fineTuneInput
	in.Budget = 10
	w.ExecuteWorkflow(FineTune, in)
	require.NoError(t, w.GetWorkflowError())
	w.AssertExpectations(t)
}

func TestLimitOnCostsFixesTheEpochs(t *testing.T) {
	w := newWorld(t)
	w.OnActivity(provider.SubmitJob, mock.Anything, mock.MatchedBy(func(in activities.SubmitJobInput) bool { return in.Epochs == 4 })).
		Return(activities.SubmitJobResult{JobID: jobID}, nil).Once()
	w.fineTunes()
	in := fineTuneInput
	in.MaxCost = 5
	w.ExecuteWorkflow(FineTune, in)
	require.NoError(t, w.GetWorkflowError())
	w.AssertExpectations(t)
}

func TestRunThatCostsTooMuchUploadsNothing(t *testing.T) {
	w := newWorld(t).acceptsFineTune().prepares(2)
	w.OnActivity(data.EstimateCost, mock.Anything, mock.MatchedBy(func(in activities.EstimateCostInput) bool { return in.MaxCost == 1 })).
		Return(activities.EstimateCostResult{}, temporal.NewNonRetryableApplicationError("too dear", string(problem.Refused), nil)).Once()
	w.trains()
	in := fineTuneInput
	in.MaxCost = 1
	w.ExecuteWorkflow(FineTune, in)
	require.Equal(t, string(problem.Refused), w.kind(w.GetWorkflowError()))
	require.Zero(t, w.sent)
}

func TestFineTuneRefusesBadInputBeforeItSpends(t *testing.T) {
	for _, c := range []struct {
		name string
		in   pipeline.FineTuneInput
		mock func(*world)
	}{
		{"options", pipeline.FineTuneInput{Dataset: "x.csv", TargetSize: -1}, func(w *world) {}},
		{"dataset", fineTuneInput, func(w *world) {
			w.OnActivity(data.CheckDataset, mock.Anything, mock.Anything).Return(temporal.NewNonRetryableApplicationError("no such file", string(problem.BadInput), nil))
		}},
		{"provider", fineTuneInput, func(w *world) {
			w.OnActivity(provider.CheckProvider, mock.Anything, mock.Anything).Return(activities.CheckProviderResult{}, temporal.NewNonRetryableApplicationError("wrong key", string(problem.BadInput), nil))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			c.mock(w)
			w.fineTunes()
			accepted := w.asksAccept()
			w.ExecuteWorkflow(FineTune, c.in)
			require.Equal(t, string(problem.BadInput), w.kind(w.GetWorkflowError()))
			require.True(t, accepted.answered)
			require.Equal(t, string(problem.BadInput), w.kind(accepted.err))
			require.Zero(t, w.times("StageConversations"))
			require.Equal(t, pipeline.Failed, w.status().Stage)
		})
	}
}

// ownJob matches the cancellation of the run's own job.
var ownJob = mock.MatchedBy(func(in activities.CancelJobInput) bool {
	return in.JobID == jobID && strings.HasPrefix(in.Owner, "default-test-workflow-id/")
})

func TestCancellingFineTuneCancelsTheJob(t *testing.T) {
	w := newWorld(t)
	w.OnActivity(provider.AwaitJob, mock.Anything, mock.Anything).After(time.Hour).Return(pipeline.JobState{}, temporal.NewCanceledError())
	w.OnActivity(provider.CancelJob, mock.Anything, ownJob).Return(nil).Once()
	w.acceptsFineTune().prepares(1).trains()
	w.RegisterDelayedCallback(w.CancelWorkflow, time.Minute)
	w.ExecuteWorkflow(FineTune, fineTuneInput)
	require.True(t, temporal.IsCanceledError(w.GetWorkflowError()), "got %v", w.GetWorkflowError())
	require.Equal(t, 1, w.times("CancelJob"))
	require.Equal(t, pipeline.Cancelled, w.status().Stage)
}

// A job whose creation is under way when the cancellation comes must be known
// before it can be cancelled.
func TestCancellationWaitsForTheSubmission(t *testing.T) {
	w := newWorld(t)
	w.OnActivity(provider.SubmitJob, mock.Anything, mock.Anything).After(time.Hour).Return(activities.SubmitJobResult{JobID: jobID}, nil).Once()
	w.OnActivity(provider.CancelJob, mock.Anything, ownJob).Return(nil).Once()
	w.acceptsFineTune().prepares(1).trains().finishes()
	w.RegisterDelayedCallback(w.CancelWorkflow, time.Minute)
	w.ExecuteWorkflow(FineTune, fineTuneInput)
	require.True(t, temporal.IsCanceledError(w.GetWorkflowError()), "got %v", w.GetWorkflowError())
	require.Equal(t, 1, w.times("CancelJob"))
}

func TestJobThatNeverEndsIsCancelledAtItsDeadline(t *testing.T) {
	w := newWorld(t)
	w.OnActivity(provider.AwaitJob, mock.Anything, mock.Anything).Return(pipeline.JobState{}, temporal.NewTimeoutError(enums.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE, nil))
	w.OnActivity(provider.CancelJob, mock.Anything, ownJob).Return(nil).Once()
	w.acceptsFineTune().prepares(1).trains()
	w.ExecuteWorkflow(FineTune, fineTuneInput)
	err := w.GetWorkflowError()
	require.Equal(t, string(problem.Refused), w.kind(err))
	require.ErrorContains(t, err, "did not end within 24h")
	require.Equal(t, 1, w.times("CancelJob"))
}

// When the time runs out between two failed attempts, the server reports the
// last failure and not a timeout.
func TestJobThatCannotBeWatchedUntilItsDeadlineIsCancelled(t *testing.T) {
	w := newWorld(t)
	w.OnActivity(provider.AwaitJob, mock.Anything, mock.Anything).Return(pipeline.JobState{}, temporal.NewApplicationError("no answer", "timeout"))
	w.OnActivity(provider.CancelJob, mock.Anything, ownJob).Return(nil).Once()
	w.acceptsFineTune().prepares(1).trains()
	in := fineTuneInput
	in.JobDeadline = 10 * time.Minute
	w.ExecuteWorkflow(FineTune, in)
	require.Error(t, w.GetWorkflowError())
	require.Equal(t, 1, w.times("CancelJob"))
}

func TestModelThatIsNotThereYetIsWaitedFor(t *testing.T) {
	w := newWorld(t)
	tries := 0
	w.OnActivity(provider.ProbeModel, mock.Anything, mock.Anything).Return(func(context.Context, activities.ProbeModelInput) error {
		if tries++; tries < 4 {
			return temporal.NewApplicationError("not there yet", "not_found")
		}
		return nil
	})
	w.fineTunes()
	w.ExecuteWorkflow(FineTune, fineTuneInput)
	require.NoError(t, w.GetWorkflowError())
	require.Equal(t, 4, tries)
}

func TestPrepareDatasetEndsWithTheFirstPartThatFails(t *testing.T) {
	w := newWorld(t)
	w.OnActivity(data.AnonymizePart, mock.Anything, mock.MatchedBy(func(in activities.AnonymizePartInput) bool { return in.Part == 1 })).
		Return(activities.AnonymizePartResult{}, temporal.NewNonRetryableApplicationError("no", string(problem.BadInput), nil))
	w.prepares(3)
	w.ExecuteWorkflow(PrepareDataset, pipeline.PrepareInput{Dataset: "x.csv", Kind: pipeline.Training, MaxTweets: 64, Dir: "dir"})
	require.Equal(t, string(problem.BadInput), w.kind(w.GetWorkflowError()))
}

var applyInput = pipeline.ApplyInput{Dataset: "/data/production.csv"}

func TestApplyClassifiesEveryPartInABoundedWindow(t *testing.T) {
	w := newWorld(t)
	w.OnActivity(provider.ClassifyPart, mock.Anything, mock.Anything).After(time.Hour).Return(
		func(_ context.Context, in activities.ClassifyPartInput) (activities.ClassifyPartResult, error) {
			return activities.ClassifyPartResult{Predictions: artifact.Ref{Path: in.Path, Rows: 10}}, nil
		})
	for hour, want := range []int{window, 2 * window, 11} {
		w.RegisterDelayedCallback(func() {
			require.Equal(t, want, w.times("ClassifyPart"), "parts begun in the hour %d", hour)
		}, time.Duration(hour)*time.Hour+30*time.Minute)
	}
	var merged activities.MergeOutputInput
	w.OnActivity(data.MergeOutput, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.MergeOutputInput) (activities.MergeOutputResult, error) {
		merged = in
		return activities.MergeOutputResult{Output: artifact.Ref{Rows: in.Dataset.Rows}}, nil
	})
	w.applies(11)
	w.ExecuteWorkflow(Apply, applyInput)
	require.NoError(t, w.GetWorkflowError())
	require.Len(t, merged.Predictions, 11)
	for i, p := range merged.Predictions {
		require.Contains(t, p.Path, fmt.Sprintf("part-%05d", i))
	}
}

// The report is part of the result, and of what the manifest lists. Where a worker
// of an earlier version has merged, there is nothing to make it of.
func TestApplyLeavesAReport(t *testing.T) {
	for name, summary := range map[string]artifact.Ref{"": {}, "report.html": {Path: "summary.json"}} {
		w := newWorld(t)
		w.OnActivity(data.MergeOutput, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.MergeOutputInput) (activities.MergeOutputResult, error) {
			return activities.MergeOutputResult{Output: artifact.Ref{Rows: in.Dataset.Rows}, Summary: summary}, nil
		})
		w.applies(1)
		w.ExecuteWorkflow(Apply, applyInput)
		require.NoError(t, w.GetWorkflowError())
		var result pipeline.ApplyResult
		require.NoError(t, w.GetWorkflowResult(&result))
		require.Equal(t, name, result.Report.Path)
		stages := w.manifests[0].Stages
		require.Contains(t, stages[len(stages)-1].Files, artifact.Ref{Path: name})
	}
}

func TestPausedApplyStartsNoFurtherPart(t *testing.T) {
	w := newWorld(t)
	w.OnActivity(provider.ClassifyPart, mock.Anything, mock.Anything).After(time.Hour).Return(activities.ClassifyPartResult{Predictions: artifact.Ref{Rows: 10}}, nil)
	w.applies(9)
	update := func(name string) func() {
		return func() {
			w.UpdateWorkflow(name, "", &testsuite.TestUpdateCallback{
				OnAccept: func() {}, OnReject: func(err error) { require.NoError(t, err) }, OnComplete: func(any, error) {},
			})
		}
	}
	w.RegisterDelayedCallback(update(pipeline.PauseUpdate), time.Minute)
	w.RegisterDelayedCallback(func() {
		require.True(t, w.status().Paused)
		require.Equal(t, window, w.status().PartsDone)
		require.Equal(t, window, w.times("ClassifyPart"))
	}, 10*time.Hour)
	w.RegisterDelayedCallback(update(pipeline.ResumeUpdate), 11*time.Hour)
	w.ExecuteWorkflow(Apply, applyInput)
	require.NoError(t, w.GetWorkflowError())
	require.Equal(t, 9, w.times("ClassifyPart"))
	require.False(t, w.status().Paused)
}

func TestApplyContinuesAsNewAndTakesUpItsState(t *testing.T) {
	w := newWorld(t)
	classified := 0
	// The listener runs between the workflow's steps, activities beside them.
	w.SetOnActivityCompletedListener(func(info *activity.Info, _ converter.EncodedValue, _ error) {
		if info.ActivityType.Name != "ClassifyPart" {
			return
		}
		if classified++; classified == 2 {
			w.SetContinueAsNewSuggested(true)
		}
	})
	w.applies(12)
	w.ExecuteWorkflow(Apply, applyInput)
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, w.GetWorkflowError(), &again)
	var next pipeline.ApplyInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
	done := len(next.Resume.Predictions)
	require.Greater(t, done, 1)
	require.Less(t, done, 12)
	require.Equal(t, w.times("ClassifyPart"), done)

	w2 := newWorld(t).applies(12)
	w2.ExecuteWorkflow(Apply, next)
	require.NoError(t, w2.GetWorkflowError())
	require.Contains(t, w2.details(), "Apply the champion to production.csv\n\n- task: `default`\n- dataset: `production.csv`\n")
	require.Equal(t, 12-done, w2.times("ClassifyPart"))
	require.Zero(t, w2.times("StageConversations"))
	require.Zero(t, w2.times("ResolveModel"))
}

func TestPartThatFailsForGoodEndsApply(t *testing.T) {
	w := newWorld(t)
	w.OnActivity(provider.ClassifyPart, mock.Anything, mock.MatchedBy(func(in activities.ClassifyPartInput) bool { return in.Examples.Path == "anonymized/2" })).
		Return(activities.ClassifyPartResult{}, temporal.NewNonRetryableApplicationError("no quota", string(problem.Refused), nil))
	// The others take an hour of the workflow's clock, so that none has ended by
	// then and made room for a further one.
	w.OnActivity(provider.ClassifyPart, mock.Anything, mock.Anything).After(time.Hour).Return(activities.ClassifyPartResult{}, nil)
	w.applies(30)
	w.ExecuteWorkflow(Apply, applyInput)
	require.Equal(t, string(problem.Refused), w.kind(w.GetWorkflowError()))
	require.LessOrEqual(t, w.times("ClassifyPart"), window)
	require.Zero(t, w.times("MergeOutput"))
}

func TestFailureOfKindsIsNotRepeated(t *testing.T) {
	for _, kind := range []problem.Kind{problem.BadInput, problem.Environment, problem.Refused} {
		w := newWorld(t)
		w.OnActivity(data.StageConversations, mock.Anything, mock.Anything).Return(activities.StageConversationsResult{}, temporal.NewApplicationError("no", string(kind)))
		w.fineTunes()
		w.ExecuteWorkflow(FineTune, fineTuneInput)
		require.Error(t, w.GetWorkflowError())
		require.Equal(t, 1, w.times("StageConversations"), kind)
	}
	w := newWorld(t)
	w.OnActivity(data.StageConversations, mock.Anything, mock.Anything).Return(activities.StageConversationsResult{}, errors.New("passing"))
	w.fineTunes()
	w.ExecuteWorkflow(FineTune, fineTuneInput)
	require.Error(t, w.GetWorkflowError())
	require.Equal(t, 5, w.times("StageConversations"))
}

func TestApplicationKeepsItsConversationsForReview(t *testing.T) {
	w := newWorld(t)
	var parts []activities.StoreConversationsInput
	w.OnActivity(data.StoreConversations, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in activities.StoreConversationsInput) (activities.StoreConversationsResult, error) {
			parts = append(parts, in)
			return activities.StoreConversationsResult{Stored: 9, Left: 1}, nil
		})
	w.applies(2)
	w.ExecuteWorkflow(Apply, pipeline.ApplyInput{Dataset: "/data/production.csv", Review: true})
	require.NoError(t, w.GetWorkflowError())
	var result pipeline.ApplyResult
	require.NoError(t, w.GetWorkflowResult(&result))
	require.EqualValues(t, 18, result.Reviewable)
	require.Len(t, parts, 2)
	require.NotEqual(t, parts[0].Examples, parts[1].Examples)
	require.NotEqual(t, parts[0].Predictions, parts[1].Predictions)
	require.Equal(t, model, parts[0].Model)
	require.Equal(t, "v1", parts[0].Anonymizer)
	require.NotEmpty(t, parts[0].Run)
}
