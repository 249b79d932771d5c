package host

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// inverted is a codec that turns every bit around. Like a cipher, it knows its own
// payloads by their encoding, and leaves others alone.
type inverted struct{}

const invertedEncoding = "binary/inverted"

func (inverted) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	encoded := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		whole, err := p.Marshal()
		if err != nil {
			return nil, err
		}
		encoded[i] = &commonpb.Payload{Metadata: map[string][]byte{converter.MetadataEncoding: []byte(invertedEncoding)}, Data: invert(whole)}
	}
	return encoded, nil
}

func (inverted) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	decoded := slices.Clone(payloads)
	for i, p := range payloads {
		if string(p.Metadata[converter.MetadataEncoding]) != invertedEncoding {
			continue
		}
		decoded[i] = &commonpb.Payload{}
		if err := decoded[i].Unmarshal(invert(p.Data)); err != nil {
			return nil, err
		}
	}
	return decoded, nil
}

func invert(data []byte) []byte {
	turned := make([]byte, len(data))
	for i, b := range data {
		turned[i] = ^b
	}
	return turned
}

// encode makes a codec server part of the site's settings.
func (s *site) encode() {
	codec := httptest.NewServer(converter.NewPayloadCodecHTTPHandler(inverted{}))
	s.t.Cleanup(codec.Close)
	s.environ = append(s.environ, "TEMPORAL_CODEC_ENDPOINT="+codec.URL)
	s.client = s.dial()
}

const (
	confidential = "/confidential/tweets.csv"
	lamentation  = "the trainer is out of order"
)

// fineTuning is a run that can be held in the midst of its job: its one activity
// fails, and at its second attempt tells of the job and waits.
type fineTuning struct {
	told chan struct{}
	done chan struct{}
}

func (f *fineTuning) run(ctx workflow.Context, in pipeline.FineTuneInput) (pipeline.FineTuneResult, error) {
	err := workflow.SetQueryHandler(ctx, pipeline.StatusQuery, func() (pipeline.Status, error) {
		return pipeline.Status{Stage: pipeline.TrainingJob, JobID: "ftjob-7", Task: in.Task}, nil
	})
	if err != nil {
		return pipeline.FineTuneResult{}, err
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute, HeartbeatTimeout: time.Minute})
	err = workflow.ExecuteActivity(ctx, "AwaitJob").Get(ctx, nil)
	return pipeline.FineTuneResult{Model: "ft:model-7", Task: in.Task}, err
}

func (f *fineTuning) awaitJob(ctx context.Context) error {
	if activity.GetInfo(ctx).Attempt == 1 {
		return problem.New("Connection", lamentation)
	}
	activity.RecordHeartbeat(ctx, pipeline.JobProgress{State: pipeline.JobState{Status: "running", TrainedTokens: 4711}})
	close(f.told)
	<-f.done
	return nil
}

// A starter reads what a worker encoded: the answer to its query, the heartbeat
// and the failure of an activity, the result. Temporal reads none of it.
func TestStatusOfARunWhoseValuesAreEncoded(t *testing.T) {
	s := newSite(t, pipeline.SearchAttributes...)
	plain := &site{t: t, environ: slices.Clone(s.environ), client: s.client}
	s.encode()
	f := &fineTuning{told: make(chan struct{}), done: make(chan struct{})}
	w := worker.New(s.client.Client, pipeline.TaskQueue, worker.Options{})
	w.RegisterWorkflowWithOptions(f.run, workflow.RegisterOptions{Name: pipeline.FineTuneWorkflow})
	w.RegisterActivityWithOptions(f.awaitJob, activity.RegisterOptions{Name: "AwaitJob"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	run, err := s.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "encoded", TaskQueue: pipeline.TaskQueue},
		pipeline.FineTuneWorkflow, pipeline.FineTuneInput{Dataset: confidential, Task: "airlines"})
	if err != nil {
		t.Fatal(err)
	}
	<-f.told
	if r := s.status("encoded"); r.Status.Task != "airlines" || r.Job == nil || r.Job.State.TrainedTokens != 4711 || r.Activities[0].Failure != lamentation {
		t.Errorf("while it runs, its status is %+v", r)
	}
	if r := plain.status("encoded"); r.Job != nil || strings.Contains(r.Activities[0].Failure, lamentation) {
		t.Errorf("a starter without the codec reads %+v", r)
	}
	close(f.done)
	if err := run.Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if r := s.status("encoded"); r.FineTune == nil || r.FineTune.Model != "ft:model-7" {
		t.Errorf("when it has ended, its status is %+v", r)
	}
	plain.readsNothingOf("encoded", confidential, "airlines", "ft:model-7", "4711", lamentation)
}

// With values encoded, the workflows as they are refuse what they refused before,
// and a schedule tells what its runs are given.
func TestRefusalsAndSchedulesWhoseValuesAreEncoded(t *testing.T) {
	s := newSite(t, pipeline.SearchAttributes...)
	s.encode()
	if code, made, stderr := s.createSchedule("--dataset", confidential, "--cron", "@daily", "--id", "nightly"); code != 0 || made.Change != "created" {
		t.Fatalf("exit code %d, %+v, %s", code, made, stderr)
	}
	if _, stdout, _ := s.run("schedule", "describe", "nightly"); !strings.Contains(stdout, confidential) {
		t.Errorf("the schedule does not tell its dataset:\n%s", stdout)
	}
	defer s.work(settings(t)).Stop()
	for name, args := range commands(t) {
		if code, _, stderr := s.run(args...); code != 2 || strings.Contains(stderr, "Encoded failure") {
			t.Errorf("%s: exit code %d, %q", name, code, stderr)
		}
	}
	if code, stdout, stderr := s.run("models", "list"); code != 0 || !strings.Contains(stdout, "no models yet") {
		t.Errorf("models list: exit code %d, %q, %q", code, stdout, stderr)
	}
}

// shown is what `status --json` prints, as far as these tests need it.
type shown struct {
	Status     *pipeline.Status         `json:"status"`
	Job        *pipeline.JobProgress    `json:"job"`
	FineTune   *pipeline.FineTuneResult `json:"fine_tune"`
	Activities []struct{ Failure string }
}

func (s *site) status(id string) (r shown) {
	s.t.Helper()
	code, stdout, stderr := s.run("status", id, "--json")
	if err := json.Unmarshal([]byte(stdout), &r); code != 0 || err != nil {
		s.t.Fatalf("exit code %d, %v\n%s%s", code, err, stdout, stderr)
	}
	return r
}

// readsNothingOf fails if one of the words is anywhere in the run's history.
func (s *site) readsNothingOf(id string, words ...string) {
	s.t.Helper()
	events := s.client.GetWorkflowHistory(s.t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			s.t.Fatal(err)
		}
		text, err := event.Marshal()
		if err != nil {
			s.t.Fatal(err)
		}
		for _, word := range words {
			if bytes.Contains(text, []byte(word)) {
				s.t.Errorf("event %d has %q: %v", event.EventId, word, event)
			}
		}
	}
}
