package request

import (
	"errors"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/temporal"

	"switchboard/internal/problem"
	"switchboard/internal/request/requesttest"
)

// The failures of the tests are made as they travel, and read as the client
// reads them.

func late(cause *failurepb.Failure) *failurepb.Failure {
	return &failurepb.Failure{Message: "activity timeout", Cause: cause, FailureInfo: &failurepb.Failure_TimeoutFailureInfo{
		TimeoutFailureInfo: &failurepb.TimeoutFailureInfo{TimeoutType: enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE}}}
}

func canceled() *failurepb.Failure {
	return &failurepb.Failure{Message: "canceled", FailureInfo: &failurepb.Failure_CanceledFailureInfo{CanceledFailureInfo: &failurepb.CanceledFailureInfo{}}}
}

func terminatedFailure() *failurepb.Failure {
	return &failurepb.Failure{Message: "terminated", FailureInfo: &failurepb.Failure_TerminatedFailureInfo{TerminatedFailureInfo: &failurepb.TerminatedFailureInfo{}}}
}

func TestFailure(t *testing.T) {
	const quoting = "tweets.csv, line 7: a quote is never closed"
	for _, c := range []struct {
		name    string
		failure *failurepb.Failure
		want    string
		code    int
	}{
		{"of the workflow itself", requesttest.Application("BadInput", "no dataset is given", nil), "no dataset is given", 2},
		{"of an activity", requesttest.InActivity("CheckDataset", requesttest.Application("BadInput", quoting, nil)), quoting, 2},
		{"of a child's activity", requesttest.InChild("PrepareDataset", requesttest.InActivity("StageConversations", requesttest.Application("BadInput", quoting, nil))), quoting, 2},
		{"of a grandchild's activity", requesttest.InChild("FineTune", requesttest.InChild("PrepareDataset", requesttest.InActivity("StageConversations", requesttest.Application("BadInput", quoting, nil)))), quoting, 2},
		{"environment", requesttest.InActivity("UploadFile", requesttest.Application("Environment", "the artifacts folder /x cannot be used", nil)), "the artifacts folder /x cannot be used", 3},
		{"provider out of reach", requesttest.InActivity("CheckProvider", requesttest.Application("connection", "the connection to the provider failed", nil)), "the connection to the provider failed", 3},
		{"refused", requesttest.InActivity("SubmitJob", requesttest.Application("Refused", "the provider creates no jobs any more", nil)), "the provider creates no jobs any more", 1},
		{"problem with its cause", requesttest.InActivity("CheckDataset", requesttest.Application("BadInput", "there is no file x.csv", requesttest.Application("PathError", "open x.csv: no such file", nil))), "there is no file x.csv", 2},
		{"problem below a plain one", requesttest.Application("", "preparing", requesttest.InActivity("CheckDataset", requesttest.Application("BadInput", quoting, nil))), quoting, 2},
		{"plain with causes", requesttest.InActivity("UploadFile", requesttest.Application("wrapError", "uploading: connection reset", requesttest.Application("OpError", "connection reset", nil))), "uploading: connection reset", 1},
		{"timeout", requesttest.InActivity("AwaitJob", late(nil)), "the step AwaitJob took too long", 1},
		{"timeout after failures", requesttest.InActivity("ProbeModel", late(requesttest.Application("NotFound", "the model does not answer", nil))), "the step ProbeModel took too long; its last failure: the model does not answer", 1},
		{"worker that is gone", requesttest.InActivity("AwaitJob", requesttest.Silent()), "the step AwaitJob lost its worker, which stopped or hangs", 1},
		{"timeout of a child", requesttest.InChild("PrepareDataset", late(nil)), "the part PrepareDataset took too long", 1},
		{"timeout of the run", late(nil), "the run took too long", 1},
		{"cancelled", canceled(), "the run was cancelled", 1},
		{"cancelled in an activity", requesttest.InActivity("AwaitJob", canceled()), "the run was cancelled", 1},
		{"terminated", terminatedFailure(), "the run was terminated: somebody ended it from outside, and nothing was cleaned up", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Failure(temporal.GetDefaultFailureConverter().FailureToError(c.failure))
			if code := problem.ExitCode(err); err.Error() != c.want || code != c.code {
				t.Errorf("%q with exit code %d, want %q with %d", err, code, c.want, c.code)
			}
		})
	}
}

func TestFailureLeavesOtherErrors(t *testing.T) {
	if Failure(nil) != nil {
		t.Error("no failure is one")
	}
	err := errors.New("plain")
	if got := Failure(err); got != err { //nolint:errorlint // it must be the same
		t.Errorf("%v became %v", err, got)
	}
}
