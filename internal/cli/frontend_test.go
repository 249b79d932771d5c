package cli

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	activitypb "go.temporal.io/api/activity/v1"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	updatepb "go.temporal.io/api/update/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"switchboard/internal/pipeline"
	"switchboard/internal/request/requesttest"
)

// frontend answers as a Temporal server in conditions that a real one cannot
// be brought into on demand: a worker that never comes, a run that fails in a
// given way, a server that denies access. The commands against a real server
// are tested where one is at hand.
type frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer

	// workflowType is that of its one run, id and run-1 its ids.
	workflowType string
	// refused is the answer to a start; nil accepts it, and silent never
	// answers.
	refused *failurepb.Failure
	silent  bool
	// joined tells that the run is there before it is started.
	joined bool
	// waited, which may be nil, is called when a command has come to wait for
	// an answer or for the end of the run.
	waited func()
	// requested, where it is set, is called when a worker is asked for something,
	// which none answers.
	requested func()
	// workers poll the task queues, and a dashboard does where it has an address.
	workers   bool
	dashboard string
	// closes is when the run ends, as ending says.
	closes time.Time
	ending *historypb.HistoryEvent
	// input is what the run was started with, for those who read its history.
	input any
	// pending are the run's activities.
	pending []*workflowpb.PendingActivityInfo
	// denied is the answer to the first contact.
	denied error
	// runs are what a list has, start times by id.
	runs map[string]time.Time
	// listed, where there are any, are the only runs there are.
	listed []*workflowpb.WorkflowExecutionInfo

	mu        sync.Mutex
	cancelled []string
	// query is that of the latest list.
	query string
	// schedules are the ids of those that were made.
	schedules []string
	started   *workflowservice.StartWorkflowExecutionRequest
}

const (
	theRun = "finetune-x-1"
	runOne = "run-1"
)

func (f *frontend) serve(t *testing.T) *harness {
	t.Helper()
	if f.workflowType == "" {
		f.workflowType = pipeline.FineTuneWorkflow
	}
	h := newHarness(t)
	h.set("TEMPORAL_ADDRESS", f.listen(t))
	h.acceptWait, h.watchEvery = time.Minute, 20*time.Millisecond
	if f.silent {
		h.acceptWait = 300 * time.Millisecond
	}
	return h
}

// listen serves on a free port.
func (f *frontend) listen(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// The server's errors keep their type on the wire.
	server := grpc.NewServer(grpc.UnaryInterceptor(func(ctx context.Context, in any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		out, err := handle(ctx, in)
		return out, serviceerror.ToStatus(err).Err()
	}))
	workflowservice.RegisterWorkflowServiceServer(server, f)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

func (f *frontend) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, f.denied
}

func (f *frontend) ExecuteMultiOperation(ctx context.Context, in *workflowservice.ExecuteMultiOperationRequest) (*workflowservice.ExecuteMultiOperationResponse, error) {
	start, update := in.Operations[0].GetStartWorkflow(), in.Operations[1].GetUpdateWorkflow()
	f.mu.Lock()
	f.started = start
	f.mu.Unlock()
	if f.silent {
		f.wait(ctx)
		return nil, ctx.Err()
	}
	outcome := &updatepb.Outcome{Value: &updatepb.Outcome_Success{Success: payloads(pipeline.Accepted{Model: "base"})}}
	if f.refused != nil {
		outcome = &updatepb.Outcome{Value: &updatepb.Outcome_Failure{Failure: f.refused}}
	}
	return &workflowservice.ExecuteMultiOperationResponse{Responses: []*workflowservice.ExecuteMultiOperationResponse_Response{
		{Response: &workflowservice.ExecuteMultiOperationResponse_Response_StartWorkflow{StartWorkflow: &workflowservice.StartWorkflowExecutionResponse{RunId: runOne, Started: true}}},
		{Response: &workflowservice.ExecuteMultiOperationResponse_Response_UpdateWorkflow{UpdateWorkflow: &workflowservice.UpdateWorkflowExecutionResponse{
			UpdateRef: &updatepb.UpdateRef{WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: start.WorkflowId, RunId: runOne}, UpdateId: update.Request.Meta.UpdateId},
			Stage:     enumspb.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED,
			Outcome:   outcome,
		}}},
	}}, nil
}

func (f *frontend) StartActivityExecution(ctx context.Context, in *workflowservice.StartActivityExecutionRequest) (*workflowservice.StartActivityExecutionResponse, error) {
	if in.GetTaskQueue().GetName() == pipeline.DashboardTaskQueue {
		return &workflowservice.StartActivityExecutionResponse{RunId: runOne}, nil
	}
	if f.requested == nil {
		return f.UnimplementedWorkflowServiceServer.StartActivityExecution(ctx, in)
	}
	f.requested()
	<-ctx.Done()
	return nil, ctx.Err()
}

// PollActivityExecution answers for the dashboard, as nobody else does.
func (f *frontend) PollActivityExecution(context.Context, *workflowservice.PollActivityExecutionRequest) (*workflowservice.PollActivityExecutionResponse, error) {
	return &workflowservice.PollActivityExecutionResponse{RunId: runOne, Outcome: &activitypb.ActivityExecutionOutcome{
		Value: &activitypb.ActivityExecutionOutcome_Result{Result: payloads(pipeline.DashboardDescription{URL: f.dashboard})}}}, nil
}

// wait gives no answer.
func (f *frontend) wait(ctx context.Context) {
	if f.waited != nil {
		f.waited()
	}
	<-ctx.Done()
}

func (f *frontend) DescribeWorkflowExecution(_ context.Context, in *workflowservice.DescribeWorkflowExecutionRequest) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	f.mu.Lock()
	// An id that a command has made of its input, unlike those of the tests, names
	// nothing before the start.
	isThere := strings.HasSuffix(in.Execution.WorkflowId, "-1") || f.started != nil || f.joined
	f.mu.Unlock()
	if in.Execution.WorkflowId == "nobody" || f.listed == nil && !isThere {
		return nil, serviceerror.NewNotFound("workflow not found")
	}
	if f.listed != nil {
		return f.describeListed(in.Execution)
	}
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: in.Execution.WorkflowId, RunId: runOne},
		Type:      &commonpb.WorkflowType{Name: f.workflowType},
		StartTime: timestamppb.New(time.Now().Add(-time.Minute)),
		Status:    f.state(),
	}
	if info.Status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		info.CloseTime = timestamppb.New(f.closes)
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: info, PendingActivities: f.pending}, nil
}

func (f *frontend) state() enumspb.WorkflowExecutionStatus {
	if f.ending == nil || time.Now().Before(f.closes) {
		return enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	}
	return map[enumspb.EventType]enumspb.WorkflowExecutionStatus{
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:  enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:     enumspb.WORKFLOW_EXECUTION_STATUS_FAILED,
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:   enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED,
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED,
	}[f.ending.EventType]
}

func (f *frontend) GetWorkflowExecutionHistory(ctx context.Context, in *workflowservice.GetWorkflowExecutionHistoryRequest) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	if in.Execution.WorkflowId == "nobody" {
		return nil, serviceerror.NewNotFound("workflow not found")
	}
	if f.input != nil && in.HistoryEventFilterType == enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT {
		first := &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: payloads(f.input)}}}
		return &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: []*historypb.HistoryEvent{first}}}, nil
	}
	if f.ending == nil {
		f.wait(ctx)
		return nil, ctx.Err()
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(time.Until(f.closes)):
	}
	return &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: []*historypb.HistoryEvent{f.ending}}}, nil
}

func (f *frontend) QueryWorkflow(context.Context, *workflowservice.QueryWorkflowRequest) (*workflowservice.QueryWorkflowResponse, error) {
	if !f.workers {
		return nil, serviceerror.NewFailedPrecondition("no poller seen for task queue recently")
	}
	return &workflowservice.QueryWorkflowResponse{QueryResult: payloads(pipeline.Status{Stage: pipeline.Checking, Dir: theRun + "/" + runOne})}, nil
}

func (f *frontend) DescribeTaskQueue(_ context.Context, in *workflowservice.DescribeTaskQueueRequest) (*workflowservice.DescribeTaskQueueResponse, error) {
	answer := &workflowservice.DescribeTaskQueueResponse{}
	if f.workers && in.TaskQueue.Name != pipeline.DashboardTaskQueue || f.dashboard != "" && in.TaskQueue.Name == pipeline.DashboardTaskQueue {
		answer.Pollers = []*taskqueuepb.PollerInfo{{Identity: "worker"}}
	}
	return answer, nil
}

func (f *frontend) ListWorkflowExecutions(_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	f.mu.Lock()
	f.query = in.Query
	f.mu.Unlock()
	answer := &workflowservice.ListWorkflowExecutionsResponse{Executions: f.matching(in.Query)}
	for id, start := range f.runs {
		answer.Executions = append(answer.Executions, &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: runOne}, StartTime: timestamppb.New(start)})
	}
	return answer, nil
}

func (f *frontend) RequestCancelWorkflowExecution(_ context.Context, in *workflowservice.RequestCancelWorkflowExecutionRequest) (*workflowservice.RequestCancelWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancelled = append(f.cancelled, in.WorkflowExecution.WorkflowId)
	return &workflowservice.RequestCancelWorkflowExecutionResponse{}, nil
}

func payloads(value any) *commonpb.Payloads {
	p, err := converter.GetDefaultDataConverter().ToPayloads(value)
	if err != nil {
		panic(err)
	}
	return p
}

func completion(result any) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, Attributes: &historypb.HistoryEvent_WorkflowExecutionCompletedEventAttributes{
		WorkflowExecutionCompletedEventAttributes: &historypb.WorkflowExecutionCompletedEventAttributes{Result: payloads(result)}}}
}

func breakdown(f *failurepb.Failure) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, Attributes: &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{
		WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{Failure: f}}}
}

func soon() time.Time { return time.Now().Add(100 * time.Millisecond) }

func TestFineTuneIsStartedOnce(t *testing.T) {
	f := &frontend{workers: true}
	r := f.serve(t).run("finetune", "--dataset", "/d/x.csv", "--target-size", "7")
	if r.code != exitDone || r.stderr != "" || !strings.HasPrefix(r.stdout, "started finetune-x-") {
		t.Fatalf("exit code %d, %q, %q", r.code, r.stdout, r.stderr)
	}
	want := pipeline.FineTuneInput{Dataset: "/d/x.csv", TargetSize: 7}.WithDefaults()
	var got pipeline.FineTuneInput
	if err := converter.GetDefaultDataConverter().FromPayloads(f.started.Input, &got); err != nil || got != want {
		t.Errorf("started with %+v, %v; want %+v", got, err, want)
	}
	s := f.started
	if s.WorkflowId != pipeline.FineTuneID(want) || s.WorkflowType.Name != pipeline.FineTuneWorkflow || s.TaskQueue.Name != pipeline.TaskQueue {
		t.Errorf("started %s of type %s on %s", s.WorkflowId, s.WorkflowType.Name, s.TaskQueue.Name)
	}
	if s.WorkflowIdConflictPolicy != enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING {
		t.Errorf("conflict policy %s", s.WorkflowIdConflictPolicy)
	}
	var summary, details string
	shown := payloadsOf(s.UserMetadata.Summary, s.UserMetadata.Details)
	if err := converter.GetDefaultDataConverter().FromPayloads(shown, &summary, &details); err != nil || summary != want.Metadata().Summary || details != want.Metadata().Details {
		t.Errorf("the Web UI shows %q, %q, %v", summary, details, err)
	}
}

func payloadsOf(all ...*commonpb.Payload) *commonpb.Payloads {
	return &commonpb.Payloads{Payloads: all}
}

// Who starts what is running already is told so, and gets no other run.
func TestSecondStartJoins(t *testing.T) {
	f := &frontend{workers: true, joined: true}
	h := f.serve(t)
	args := []string{"finetune", "--dataset", "/d/x.csv"}
	if r := h.run(args...); r.code != exitDone || !strings.HasPrefix(r.stdout, "joined finetune-x-") || strings.Contains(r.stdout, "started") {
		t.Errorf("exit code %d, %q, %q", r.code, r.stdout, r.stderr)
	}
	if r := h.run(append(args, "--json")...); !strings.Contains(r.stdout, `"joined": true`) {
		t.Errorf("as JSON: %s", r.stdout)
	}
}

// Whom a run notifies is no part of its id: the same command joins it, whoever is to
// be told.
func TestNotifyComesFromTheFlagOrTheEnvironment(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"environment": {nil, "https://hooks.example.com/all"},
		"flag":        {[]string{"--notify", "https://hooks.example.com/one"}, "https://hooks.example.com/one"},
		"nobody":      {[]string{"--notify", ""}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := &frontend{workers: true}
			h := f.serve(t)
			h.set("SWITCHBOARD_NOTIFY", "https://hooks.example.com/all")
			if r := h.run(append([]string{"apply", "--dataset", "/d/x.csv"}, test.args...)...); r.code != exitDone {
				t.Fatalf("exit code %d, %q", r.code, r.stderr)
			}
			var got pipeline.ApplyInput
			if err := converter.GetDefaultDataConverter().FromPayloads(f.started.Input, &got); err != nil || got.Notify != test.want {
				t.Errorf("started with %+v, %v", got, err)
			}
			if id := pipeline.ApplyID(pipeline.ApplyInput{Dataset: "/d/x.csv"}.WithDefaults()); f.started.WorkflowId != id {
				t.Errorf("the id is %s, not %s", f.started.WorkflowId, id)
			}
		})
	}
}

func TestRefusedStart(t *testing.T) {
	for _, c := range []struct {
		kind string
		code int
	}{{"BadInput", 2}, {"Environment", 3}, {"Refused", 1}, {"timeout", 1}} {
		for _, args := range []string{"finetune --dataset /d/x.csv", "finetune --dataset /d/x.csv --watch", "apply --dataset /d/x.csv"} {
			f := &frontend{workers: true, refused: requesttest.Application(c.kind, "the reason", nil)}
			h := f.serve(t)
			r := h.run(strings.Fields(args)...)
			if r.code != c.code || r.stderr != "error: the reason\n" || r.stdout != "" {
				t.Errorf("%s refused as %s: exit code %d, %q, %q", args, c.kind, r.code, r.stdout, r.stderr)
			}
			checkJSON(t, h.run(append(strings.Fields(args), "--json")...), r)
		}
	}
}

// A worker may end the run before it answers; the run's failure is the reason.
func TestRefusalWithoutAnswer(t *testing.T) {
	f := &frontend{
		workers: true, refused: requesttest.Application("AcceptedUpdateCompletedWorkflow", "Workflow Update failed because the Workflow completed before the Update completed.", nil),
		closes: time.Now().Add(-time.Second), ending: breakdown(requesttest.InActivity("CheckDataset", requesttest.Application("BadInput", "line 7", nil))),
	}
	r := f.serve(t).run("finetune", "--dataset", "/d/x.csv")
	if r.code != exitBadInput || r.stderr != "error: line 7\n" {
		t.Errorf("exit code %d, %q", r.code, r.stderr)
	}
}

func TestNoWorkerAnswers(t *testing.T) {
	h := (&frontend{silent: true}).serve(t)
	for _, args := range []string{"finetune --dataset /d/x.csv", "finetune --dataset /d/x.csv --watch"} {
		r := h.run(strings.Fields(args)...)
		if r.code != exitEnvironment || !strings.Contains(r.stderr, "no worker answered within 300ms; the run finetune-x-") {
			t.Errorf("%s: exit code %d, %q", args, r.code, r.stderr)
		}
		r.oneSentence(t)
	}
}

func TestSlowCheckIsNoFailure(t *testing.T) {
	r := (&frontend{silent: true, workers: true}).serve(t).run("finetune", "--dataset", "/d/x.csv")
	if r.code != exitDone || !strings.Contains(r.stdout, "its input is still being checked") {
		t.Errorf("exit code %d, %q, %q", r.code, r.stdout, r.stderr)
	}
}

func TestChecksThatAreRetried(t *testing.T) {
	f := &frontend{silent: true, workers: true, pending: []*workflowpb.PendingActivityInfo{{
		ActivityType: &commonpb.ActivityType{Name: "CheckProvider"}, Attempt: 3, State: enumspb.PENDING_ACTIVITY_STATE_STARTED,
		LastFailure: requesttest.Application("Connection", "the provider does not answer", nil),
	}}}
	r := f.serve(t).run("finetune", "--dataset", "/d/x.csv")
	want := "its checks do not succeed: CheckProvider is at attempt 3; the one before failed: the provider does not answer"
	if r.code != exitEnvironment || !strings.Contains(r.stderr, want) {
		t.Errorf("exit code %d, %q", r.code, r.stderr)
	}
}

func TestWatchEndsAsTheRunDoes(t *testing.T) {
	deep := func(kind string) *failurepb.Failure {
		return requesttest.InChild("PrepareDataset", requesttest.InActivity("StageConversations", requesttest.Application(kind, "the reason", nil)))
	}
	for _, c := range []struct {
		name   string
		ending *historypb.HistoryEvent
		code   int
		stderr string
		stdout string
	}{
		{"completed", completion(fineTuned), 0, "", "1,234,567 tokens trained"},
		{"bad input", breakdown(deep("BadInput")), 2, "error: the reason\n", ""},
		{"environment", breakdown(deep("Environment")), 3, "error: the reason\n", ""},
		{"refused", breakdown(deep("Refused")), 1, "error: the reason\n", ""},
		{"failed", breakdown(deep("")), 1, "error: the reason\n", ""},
		{"cancelled", &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED, Attributes: &historypb.HistoryEvent_WorkflowExecutionCanceledEventAttributes{
			WorkflowExecutionCanceledEventAttributes: &historypb.WorkflowExecutionCanceledEventAttributes{}}}, 1, "error: the run was cancelled\n", ""},
		{"terminated", &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, Attributes: &historypb.HistoryEvent_WorkflowExecutionTerminatedEventAttributes{
			WorkflowExecutionTerminatedEventAttributes: &historypb.WorkflowExecutionTerminatedEventAttributes{}}}, 1, "error: the run was terminated", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &frontend{workers: true, closes: soon(), ending: c.ending}
			h := f.serve(t)
			for _, args := range []string{"finetune --dataset /d/x.csv --watch", "status " + theRun + " --watch"} {
				f.closes = soon()
				r := h.run(strings.Fields(args)...)
				if r.code != c.code || !strings.Contains(r.stderr, c.stderr) || !strings.Contains(r.stdout, c.stdout) || (c.stdout == "" && r.stdout != "") {
					t.Errorf("%s: exit code %d\nstandard output %q\nstandard error %q", args, r.code, r.stdout, r.stderr)
				}
				f.closes = soon()
				checkJSON(t, h.run(append(strings.Fields(args), "--json")...), result{c.code, "", lastLine(r.stderr)})
			}
			// Without --watch, status succeeds in telling of any end.
			if r := h.run("status", theRun); r.code != exitDone {
				t.Errorf("status: exit code %d, %q", r.code, r.stderr)
			}
		})
	}
}

func lastLine(s string) string {
	lines := strings.SplitAfter(strings.TrimSuffix(s, "\n"), "\n")
	return lines[len(lines)-1] + "\n"
}

func TestInterruptingStopsTheWatchingOnly(t *testing.T) {
	for _, args := range []string{"finetune --dataset /d/x.csv --watch", "status " + theRun + " --watch"} {
		ctx, interrupt := context.WithCancel(t.Context())
		f := &frontend{workers: true, waited: interrupt}
		h := f.serve(t)
		h.ctx = ctx
		r := h.run(strings.Fields(args)...)
		if r.code != exitInterrupted || !strings.Contains(r.stderr, "stopped watching; the run goes on: `starter status ") || !strings.Contains(r.stderr, "`starter cancel ") {
			t.Errorf("%s: exit code %d, %q", args, r.code, r.stderr)
		}
		if len(f.cancelled) > 0 {
			t.Errorf("%s cancelled the run", args)
		}
	}
}

func TestInterruptBeforeAcceptance(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	h := (&frontend{silent: true, waited: interrupt}).serve(t)
	h.acceptWait = time.Minute
	h.ctx = ctx
	if r := h.run("finetune", "--dataset", "/d/x.csv"); r.code != exitInterrupted || !strings.Contains(r.stderr, "stopped before a worker answered") {
		t.Errorf("exit code %d, %q", r.code, r.stderr)
	}
}

func TestInterruptOfACommandThatDoesNotWatch(t *testing.T) {
	h := (&frontend{workers: true}).serve(t)
	ctx, interrupt := context.WithCancel(t.Context())
	h.ctx = ctx
	interrupt()
	r := h.run("status", theRun)
	if r.code != exitInterrupted {
		t.Errorf("exit code %d, %q", r.code, r.stderr)
	}
	r.oneSentence(t)
}

func TestStatusOfTheLatest(t *testing.T) {
	f := &frontend{workers: true, runs: map[string]time.Time{"finetune-old-1": noon, "finetune-new-1": noon.Add(2 * time.Hour), "finetune-mid-1": noon.Add(time.Hour)}}
	h := f.serve(t)
	if r := h.run("status"); r.code != exitDone || !strings.HasPrefix(r.stdout, "FineTune finetune-new-1: running") {
		t.Errorf("exit code %d, %q, %q", r.code, r.stdout, r.stderr)
	}
	if r := h.run("cancel"); r.code != exitDone || strings.Join(f.cancelled, " ") != "finetune-new-1" {
		t.Errorf("exit code %d, %q; cancelled %v", r.code, r.stderr, f.cancelled)
	}
	f.runs = nil
	if r := h.run("status"); r.code != exitBadInput || !strings.Contains(r.stderr, "there is no fine-tuning yet") {
		t.Errorf("without any: exit code %d, %q", r.code, r.stderr)
	}
}

func TestRunThatIsNotThere(t *testing.T) {
	h := (&frontend{workers: true}).serve(t)
	for _, args := range []string{"status nobody", "status nobody --watch", "cancel nobody", "apply pause nobody"} {
		if r := h.run(strings.Fields(args)...); r.code != exitBadInput || r.stderr != "error: there is no run nobody in the namespace \"default\"\n" {
			t.Errorf("%s: exit code %d, %q", args, r.code, r.stderr)
		}
	}
}

func TestCancelOfAFinishedRun(t *testing.T) {
	f := &frontend{workers: true, closes: time.Now().Add(-time.Second), ending: completion(fineTuned)}
	r := f.serve(t).run("cancel", theRun)
	if r.code != exitBadInput || !strings.Contains(r.stderr, "is over already (completed)") || len(f.cancelled) > 0 {
		t.Errorf("exit code %d, %q; cancelled %v", r.code, r.stderr, f.cancelled)
	}
}

func TestOnlyApplyIsPaused(t *testing.T) {
	r := (&frontend{workers: true}).serve(t).run("apply", "pause", theRun)
	if r.code != exitBadInput || !strings.Contains(r.stderr, "is of the type FineTune; only Apply can be paused") {
		t.Errorf("exit code %d, %q", r.code, r.stderr)
	}
}

func TestStatusWithoutWorker(t *testing.T) {
	f := &frontend{}
	h := f.serve(t)
	if r := h.run("status", theRun); r.code != exitDone || !strings.Contains(r.stdout, "none answers; this is what the server knows") {
		t.Errorf("running: exit code %d, %q, %q", r.code, r.stdout, r.stderr)
	}
	// A finished run has its result without a worker.
	f.closes, f.ending = time.Now().Add(-time.Second), completion(fineTuned)
	if r := h.run("status", theRun); r.code != exitDone || !strings.Contains(r.stdout, "88.4%") || strings.Contains(r.stdout, "none answers") {
		t.Errorf("completed: exit code %d, %q, %q", r.code, r.stdout, r.stderr)
	}
}

func TestStatusOfHeartbeats(t *testing.T) {
	f := &frontend{workers: true, pending: []*workflowpb.PendingActivityInfo{
		{ActivityType: &commonpb.ActivityType{Name: "AwaitJob"}, Attempt: 1, HeartbeatDetails: payloads(pipeline.JobProgress{
			Events: 9, State: pipeline.JobState{Status: "running", TrainedTokens: 5000}, Recent: events})},
		{ActivityType: &commonpb.ActivityType{Name: "StageConversations"}, Attempt: 2, State: enumspb.PENDING_ACTIVITY_STATE_SCHEDULED,
			NextAttemptScheduleTime: timestamppb.New(time.Now().Add(time.Hour)), LastFailure: requesttest.Application("", "the disk is full", nil),
			HeartbeatDetails: payloads(pipeline.Progress{Done: 1234, Unit: "tweets"})},
		{ActivityType: &commonpb.ActivityType{Name: "AnonymizePart"}, Attempt: 2, LastFailure: requesttest.Silent()},
		{ActivityType: &commonpb.ActivityType{Name: "Unknown"}, Attempt: 1, HeartbeatDetails: payloads("of another version")},
	}}
	r := f.serve(t).run("status", theRun)
	for _, want := range []string{"running, 5,000 tokens trained", "Created fine-tuning job", "1,234 tweets", "StageConversations starts attempt 2 in", "the disk is full"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("status lacks %q:\n%s", want, r.stdout)
		}
	}
}

func TestDeniedAccess(t *testing.T) {
	for _, denied := range []error{
		status.Error(codes.Unauthenticated, "Request unauthorized."),
		status.Error(codes.PermissionDenied, "Request unauthorized."),
	} {
		r := (&frontend{denied: denied}).serve(t).run("status")
		if r.code != exitEnvironment || !strings.Contains(r.stderr, "denies access; check TEMPORAL_API_KEY") {
			t.Errorf("%v: exit code %d, %q", denied, r.code, r.stderr)
		}
	}
}

func TestTLSAgainstAPlainServer(t *testing.T) {
	h := (&frontend{}).serve(t)
	h.set("TEMPORAL_TLS", "true")
	if r := h.run("status"); r.code != exitEnvironment || !strings.Contains(r.stderr, "the TLS handshake with the Temporal server at ") {
		t.Errorf("exit code %d, %q", r.code, r.stderr)
	}
}

// A server that runs no activities without a workflow is told from a worker that
// is not there.
func TestOldServer(t *testing.T) {
	r := (&frontend{workers: true}).serve(t).run("models", "list")
	r.oneSentence(t)
	if r.code != exitEnvironment || !strings.Contains(r.stderr, "update it to version 1.32 or later") {
		t.Errorf("exit code %d, %q", r.code, r.stderr)
	}
}
