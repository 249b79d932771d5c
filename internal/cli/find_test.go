package cli

import (
	"regexp"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"switchboard/internal/pipeline"
)

// aRun is one of a server's list, an hour of noon apart from the next.
func aRun(id, run, workflow, parent string, hours int) *workflowpb.WorkflowExecutionInfo {
	at := noon.Add(time.Duration(hours) * time.Hour)
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: run},
		Type:      &commonpb.WorkflowType{Name: workflow},
		StartTime: timestamppb.New(at), CloseTime: timestamppb.New(at.Add(90 * time.Second)),
		Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{
			pipeline.TaskAttribute: payloads("airlines").Payloads[0], pipeline.StageAttribute: payloads("done").Payloads[0],
		}},
	}
	if parent != "" {
		info.ParentExecution = &commonpb.WorkflowExecution{WorkflowId: parent}
	}
	return info
}

// describeListed describes the latest of the listed runs of a workflow id, or the
// one of a run id.
func (f *frontend) describeListed(of *commonpb.WorkflowExecution) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	var found *workflowpb.WorkflowExecutionInfo
	for _, info := range f.listed {
		is := info.Execution.WorkflowId == of.WorkflowId && (of.RunId == "" || of.RunId == info.Execution.RunId)
		if is && (found == nil || info.StartTime.AsTime().After(found.StartTime.AsTime())) {
			found = info
		}
	}
	if found == nil {
		return nil, serviceerror.NewNotFound("workflow not found")
	}
	answer := &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: found}
	for _, info := range f.listed {
		if info.ParentExecution.GetWorkflowId() == of.WorkflowId && info.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			answer.PendingChildren = append(answer.PendingChildren, &workflowpb.PendingChildExecutionInfo{
				WorkflowId: info.Execution.WorkflowId, RunId: info.Execution.RunId,
			})
		}
	}
	return answer, nil
}

var startsWith = regexp.MustCompile(`STARTS_WITH '([^']*)'`)

// matching are the listed runs whose ids start as a query says; all, if it does
// not ask for a start.
func (f *frontend) matching(query string) (found []*workflowpb.WorkflowExecutionInfo) {
	start := startsWith.FindStringSubmatch(query)
	for _, info := range f.listed {
		if start == nil || strings.HasPrefix(info.Execution.WorkflowId, start[1]) || strings.HasPrefix(info.Execution.RunId, start[1]) {
			found = append(found, info)
		}
	}
	return found
}

// atWork makes a listed run one that is in the midst of a stage.
func atWork(info *workflowpb.WorkflowExecutionInfo, stage pipeline.Stage) {
	info.Status, info.CloseTime = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
	info.SearchAttributes.IndexedFields[pipeline.StageAttribute] = payloads(string(stage)).Payloads[0]
}

func someRuns() []*workflowpb.WorkflowExecutionInfo {
	return []*workflowpb.WorkflowExecutionInfo{
		aRun("apply-production-6305ccd7", "01a2219b-3cd9-7907", pipeline.ApplyWorkflow, "", 3),
		aRun("apply-production-6305ccd7", "01a2219a-1111-7907", pipeline.ApplyWorkflow, "", 2),
		aRun("finetune-tweets-eeea4062-prepare", "01a2219a-24f5-7234", pipeline.PrepareDatasetWorkflow, "finetune-tweets-eeea4062", 1),
		aRun("finetune-tweets-eeea4062", "01a2219a-23ba-7c6b", pipeline.FineTuneWorkflow, "", 1),
		aRun("finetune-trains-0fea1234", "01a2219a-0000-7c6b", pipeline.FineTuneWorkflow, "", 0),
	}
}

func TestRunsAreFoundByTheStartOfAnID(t *testing.T) {
	f := &frontend{workers: true, listed: someRuns(), ending: completion(fineTuned), closes: noon}
	h := f.serve(t)
	for name, want := range map[string]struct {
		code int
		says string
	}{
		"finetune-tweets-eeea4062":         {0, "finetune-tweets-eeea4062: completed"},
		"finetune-tweets-eeea4062-prepare": {0, "finetune-tweets-eeea4062-prepare: completed"},
		"finetune-tw":                      {0, "finetune-tweets-eeea4062: completed"},
		"apply":                            {0, "run           01a2219b-3cd9-7907\n"},
		"01a2219a-1111":                    {0, "run           01a2219a-1111-7907\n"},
		"01a2219a-24f5-7234":               {0, "finetune-tweets-eeea4062-prepare: completed"},
		"finetune":                         {2, `"finetune" is the start of more than one run: finetune-trains-0fea1234 and finetune-tweets-eeea4062; type more of it`},
		"01a2219a-2":                       {2, "finetune-tweets-eeea4062 (run 01a2219a-23ba-7c6b)"},
		"evaluate":                         {2, `there is no run evaluate in the namespace "default"`},
		"it's":                             {2, "there is no run it's"},
	} {
		r := h.run("status", name)
		if r.code != want.code || !strings.Contains(r.stdout+r.stderr, want.says) {
			t.Errorf("%s: exit code %d, %q, %q; want %d with %q", name, r.code, r.stdout, r.stderr, want.code, want.says)
		}
	}
}

// Every command that is about a run takes the start of its id.
func TestCommandsTakeTheStartOfAnID(t *testing.T) {
	f := &frontend{workers: true, listed: someRuns(), ending: completion(fineTuned), closes: noon}
	h := f.serve(t)
	for args, says := range map[string]string{
		"cancel finetune-tw":                           "the run finetune-tweets-eeea4062 is over already",
		"apply pause apply":                            "the run apply-production-6305ccd7 is over",
		"apply --retry-failed finetune-tw":             "the run finetune-tweets-eeea4062 is of the type FineTune",
		"evaluate --run finetune-tweets --precision 2": "the precision is 2",
		"models approve finetune-tw --why x":           "the run finetune-tweets-eeea4062 is of the type FineTune",
	} {
		if r := h.run(strings.Fields(args)...); r.code != exitBadInput || !strings.Contains(r.stderr, says) {
			t.Errorf("%s: exit code %d, %q; want %q", args, r.code, r.stderr, says)
		}
	}
}
