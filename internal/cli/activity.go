package cli

import (
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"switchboard/internal/pipeline"
	"switchboard/internal/request"
)

// activity is a step that a run waits for.
type activity struct {
	Type    string `json:"type"`
	Attempt int32  `json:"attempt"`
	// Progress is the latest heartbeat of a step that counts.
	Progress *pipeline.Progress `json:"progress,omitempty"`
	// Failure is why the attempt before this one failed, NextAttempt when
	// another one starts; it is nil while one is under way.
	Failure     string     `json:"failure,omitempty"`
	NextAttempt *time.Time `json:"next_attempt,omitempty"`
	// idle tells that its progress is that of an attempt that works no more, worker
	// whose it is.
	idle   bool
	worker string
}

// awaitJob is the activity whose heartbeats are a [pipeline.JobProgress].
const awaitJob = "AwaitJob"

// silent is how old the latest heartbeat may be of a step that is believed to be at
// work. They come every two seconds, and on a starved machine late.
const silent = 30 * time.Second

func (r *report) addActivities(c *connection, pending []*workflowpb.PendingActivityInfo) {
	for _, p := range pending {
		a := activity{Type: p.GetActivityType().GetName(), Attempt: max(p.GetAttempt(), 1), worker: p.GetLastWorkerIdentity()}
		if p.GetLastFailure() != nil {
			a.Failure = c.attemptFailure(p).Error()
		}
		if p.GetState() == enumspb.PENDING_ACTIVITY_STATE_SCHEDULED {
			a.NextAttempt = when(p.GetNextAttemptScheduleTime())
		}
		if a.Type == awaitJob {
			var job pipeline.JobProgress
			if c.decodeHeartbeat(p, &job) {
				r.Job, r.Events = &job, job.Recent
			}
		} else {
			var progress pipeline.Progress
			if c.decodeHeartbeat(p, &progress) && progress.Unit != "" {
				a.Progress = &progress
				a.idle = a.NextAttempt != nil || time.Since(p.GetLastHeartbeatTime().AsTime()) > silent
			}
		}
		r.Activities = append(r.Activities, a)
	}
}

// attemptFailure is why an activity's last attempt failed. It reads as it would
// if the activity had failed for good.
func (c *connection) attemptFailure(p *workflowpb.PendingActivityInfo) error {
	whole := &failurepb.Failure{
		Cause: p.GetLastFailure(),
		FailureInfo: &failurepb.Failure_ActivityFailureInfo{
			ActivityFailureInfo: &failurepb.ActivityFailureInfo{ActivityType: p.GetActivityType()},
		},
	}
	return request.Failure(c.Failure(whole))
}

// decodeHeartbeat reports whether there was something to decode. What another
// version wrote is not shown.
func (c *connection) decodeHeartbeat(p *workflowpb.PendingActivityInfo, value any) bool {
	return c.Decode(p.GetHeartbeatDetails(), value) == nil
}

// trouble is one sentence on the steps that fail and are tried again, empty if
// there are none.
func (r report) trouble(now time.Time) string {
	for _, a := range r.Activities {
		if a.Failure == "" {
			continue
		}
		if a.NextAttempt == nil {
			return fmt.Sprintf("%s is at attempt %d; the one before failed: %s", a.Type, a.Attempt, a.Failure)
		}
		return fmt.Sprintf("%s starts attempt %d in %s; the one before failed: %s", a.Type, a.Attempt, span(a.NextAttempt.Sub(now)), a.Failure)
	}
	return ""
}
