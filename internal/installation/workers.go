package installation

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// silence is after how long a worker counts as gone that did not say so. A
// worker asks for work again after a minute at the latest.
const silence = 75 * time.Second

// Workers returns the identities of those that work for a namespace: that ask
// for work on one of the task queues and have not stopped.
func Workers(ctx context.Context, s Server, namespace string, now time.Time) ([]string, error) {
	stopped, err := stoppedWorkers(ctx, s, namespace)
	if err != nil {
		return nil, err
	}
	working := map[string]bool{}
	for _, queue := range []string{pipeline.TaskQueue, pipeline.ProviderTaskQueue} {
		answer, err := s.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
			Namespace: namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: queue}, TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY,
		})
		if err != nil {
			return nil, err
		}
		for _, poller := range answer.GetPollers() {
			if id := poller.GetIdentity(); !stopped[id] && now.Sub(poller.GetLastAccessTime().AsTime()) < silence {
				working[id] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(working)), nil
}

// stoppedWorkers returns the identities of workers that said that they stop. The
// list of pollers keeps those for minutes. A server that takes no heartbeats of
// workers knows none.
func stoppedWorkers(ctx context.Context, s Server, namespace string) (map[string]bool, error) {
	stopped := map[string]bool{}
	var page []byte
	for {
		answer, err := s.WorkflowService().ListWorkers(ctx, &workflowservice.ListWorkersRequest{Namespace: namespace, NextPageToken: page})
		if refused(err) {
			return stopped, nil
		}
		if err != nil {
			return nil, err
		}
		for _, w := range answer.GetWorkers() {
			gone := w.GetStatus() == enumspb.WORKER_STATUS_SHUTDOWN || w.GetStatus() == enumspb.WORKER_STATUS_SHUTTING_DOWN
			// A process has several workers.
			before, known := stopped[w.GetWorkerIdentity()]
			stopped[w.GetWorkerIdentity()] = gone && (before || !known)
		}
		if page = answer.GetNextPageToken(); len(page) == 0 {
			return stopped, nil
		}
	}
}

// CheckWorkers returns a problem of kind Environment if the workers of a
// namespace do not share their settings. It says which settings differ, and
// between whom. Workers that do not tell are left out.
func CheckWorkers(ctx context.Context, s Server, namespace string, now time.Time) error {
	identities, err := Workers(ctx, s, namespace, now)
	if err != nil {
		return err
	}
	return agree(identities)
}

// agree compares each worker with the first.
func agree(identities []string) error {
	var first string
	var common Settings
	differ, processes := map[string]bool{}, map[string]bool{}
	for _, identity := range identities {
		process, settings, ok := ParseIdentity(identity)
		switch {
		case !ok:
		case first == "":
			first, common = process, settings
		default:
			for _, name := range differences(common, settings) {
				differ[name], processes[process] = true, true
			}
		}
	}
	if len(differ) == 0 {
		return nil
	}
	var list []string
	for _, s := range all {
		if differ[s.name] {
			list = append(list, s.name)
		}
	}
	return problem.New(problem.Environment, "workers that share the task queues have different settings: %s from %s in %s; give all of them the same, or stop those that are not wanted (one that was killed counts for a minute more)",
		differs(slices.Sorted(maps.Keys(processes))), first, strings.Join(list, ", "))
}

// differs makes names a subject with its verb.
func differs(names []string) string {
	if len(names) == 1 {
		return names[0] + " differs"
	}
	return strings.Join(names, ", ") + " differ"
}
