package installation

import (
	"context"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workerpb "go.temporal.io/api/worker/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// server answers as servers do that a test cannot bring about: with less
// permission, of an older version, with workers that went away at some time.
type server struct {
	workflowservice.WorkflowServiceClient
	operatorservice.OperatorServiceClient
	// attributes are what the namespace has.
	attributes map[string]enumspb.IndexedValueType
	// denied is what an operator's question gets.
	denied error
	// polled is when workers asked for work the last time, by their identity.
	polled map[string]time.Time
	// heartbeats are the workers' own words; unheard is the answer of a server
	// that takes none.
	heartbeats []*workerpb.WorkerListInfo
	unheard    error
}

func (s *server) WorkflowService() workflowservice.WorkflowServiceClient { return s }
func (s *server) OperatorService() operatorservice.OperatorServiceClient { return s }

func (s *server) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest, ...grpc.CallOption) (*operatorservice.ListSearchAttributesResponse, error) {
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: s.attributes}, s.denied
}

func (s *server) CountWorkflowExecutions(_ context.Context, in *workflowservice.CountWorkflowExecutionsRequest, _ ...grpc.CallOption) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	name, _, _ := strings.Cut(in.Query, " ")
	if _, known := s.attributes[name]; !known {
		return nil, serviceerror.NewInvalidArgument("invalid query: column name '" + name + "' is not defined")
	}
	return &workflowservice.CountWorkflowExecutionsResponse{}, nil
}

func (s *server) DescribeTaskQueue(context.Context, *workflowservice.DescribeTaskQueueRequest, ...grpc.CallOption) (*workflowservice.DescribeTaskQueueResponse, error) {
	answer := &workflowservice.DescribeTaskQueueResponse{}
	for identity, at := range s.polled {
		answer.Pollers = append(answer.Pollers, &taskqueuepb.PollerInfo{Identity: identity, LastAccessTime: timestamppb.New(at)})
	}
	return answer, nil
}

func (s *server) ListWorkers(context.Context, *workflowservice.ListWorkersRequest, ...grpc.CallOption) (*workflowservice.ListWorkersResponse, error) {
	return &workflowservice.ListWorkersResponse{Workers: s.heartbeats}, s.unheard
}

const keyword = enumspb.INDEXED_VALUE_TYPE_KEYWORD

func keywords(names ...string) map[string]enumspb.IndexedValueType {
	all := map[string]enumspb.IndexedValueType{"Others": keyword}
	for _, name := range names {
		all[name] = keyword
	}
	return all
}

func TestCheckAttributes(t *testing.T) {
	text := keywords(pipeline.SearchAttributes...)
	text[pipeline.StageAttribute] = enumspb.INDEXED_VALUE_TYPE_INT
	for name, c := range map[string]struct {
		server  server
		missing []string
	}{
		"all":                          {server{attributes: keywords(pipeline.SearchAttributes...)}, nil},
		"none":                         {server{attributes: keywords()}, pipeline.SearchAttributes},
		"one of another type":          {server{attributes: text}, []string{pipeline.StageAttribute}},
		"none, and nobody may list":    {server{attributes: keywords(), denied: serviceerror.NewPermissionDenied("no", "")}, pipeline.SearchAttributes},
		"one lacks, nobody may list":   {server{attributes: keywords(pipeline.SearchAttributes[1:]...), denied: serviceerror.NewPermissionDenied("no", "")}, pipeline.SearchAttributes[:1]},
		"all, and no operator service": {server{attributes: keywords(pipeline.SearchAttributes...), denied: serviceerror.NewUnimplemented("no")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			err := CheckAttributes(t.Context(), &c.server, "prod")
			if len(c.missing) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			want := "create them with `temporal operator search-attribute create --namespace prod --type Keyword --name " + strings.Join(c.missing, " --name ") + "`"
			if kind, _ := problem.KindOf(err); kind != problem.Environment || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("got %v, want the sentence %s", err, want)
			}
		})
	}
	if err := CheckAttributes(t.Context(), &server{denied: serviceerror.NewUnavailable("busy")}, "prod"); err == nil {
		t.Error("a server that does not answer was taken for one that has all")
	} else if _, ours := problem.KindOf(err); ours {
		t.Errorf("a busy server became a problem, which nobody repeats: %v", err)
	}
}

func TestIdentityCarriesTheSettings(t *testing.T) {
	all := Settings{Digest("a"), Digest("b"), Digest("c"), Digest("d"), Digest("e"), Digest("")}
	for _, s := range []Settings{all, {Artifacts: Digest("a")}} {
		process, got, ok := ParseIdentity(s.Identity(17, "host-1.local"))
		if process != "17@host-1.local" || got != s || !ok {
			t.Errorf("%q became %q, %+v, %v", s.Identity(17, "host-1.local"), process, got, ok)
		}
	}
	for _, other := range []string{"", "17@host", "17@host@group", "17@host (artifacts)", "17@host ()", "python-worker (x=1)", "17@host (artifacts=xyz)"} {
		if process, s, ok := ParseIdentity(other); ok {
			t.Errorf("%q was taken for %q with %+v", other, process, s)
		}
	}
	// A later version may tell more.
	if _, s, ok := ParseIdentity("17@host (artifacts=00112233 weather=44556677)"); !ok || s != (Settings{Artifacts: "00112233"}) {
		t.Errorf("got %+v, %v", s, ok)
	}
	if text := all.Identity(1, "h"); strings.Contains(text, "artifacts=a") {
		t.Errorf("%q shows a setting", text)
	}
}

func TestCheckWorkers(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	common := Settings{Artifacts: Digest("s3"), Database: Digest("pg"), Provider: Digest("p")}
	other := common
	other.Database = Digest("sqlite")
	one, same, two := common.Identity(1, "a"), common.Identity(2, "b"), other.Identity(3, "c")
	status := func(s enumspb.WorkerStatus) *workerpb.WorkerListInfo {
		return &workerpb.WorkerListInfo{WorkerIdentity: two, Status: s}
	}
	polls := func(identities ...string) map[string]time.Time {
		polled := map[string]time.Time{}
		for _, id := range identities {
			polled[id] = now.Add(-time.Minute)
		}
		return polled
	}
	running, stopping, stopped := status(enumspb.WORKER_STATUS_RUNNING), status(enumspb.WORKER_STATUS_SHUTTING_DOWN), status(enumspb.WORKER_STATUS_SHUTDOWN)
	killed := polls(one, two)
	killed[two] = now.Add(-2 * time.Minute)
	for name, c := range map[string]struct {
		server server
		agree  bool
	}{
		"nobody":                        {server{}, true},
		"one":                           {server{polled: polls(one)}, true},
		"two of the same":               {server{polled: polls(one, same)}, true},
		"one of another version":        {server{polled: polls(one, "9@d@")}, true},
		"another database":              {server{polled: polls(one, same, two)}, false},
		"the other stopped":             {server{polled: polls(one, two), heartbeats: []*workerpb.WorkerListInfo{stopped}}, true},
		"the other is stopping":         {server{polled: polls(one, two), heartbeats: []*workerpb.WorkerListInfo{stopping, stopped}}, true},
		"one of its workers stopped":    {server{polled: polls(one, two), heartbeats: []*workerpb.WorkerListInfo{stopped, running}}, false},
		"the other was killed long ago": {server{polled: killed}, true},
		"a server without heartbeats":   {server{polled: polls(one, two), unheard: serviceerror.NewUnimplemented("no")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := CheckWorkers(t.Context(), &c.server, "prod", now)
			if c.agree {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if kind, _ := problem.KindOf(err); kind != problem.Environment {
				t.Fatalf("got %v", err)
			}
			if want := "3@c differs from 1@a in the database (DATABASE_URL)"; !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
			if strings.Contains(err.Error(), "SWITCHBOARD_ARTIFACTS") {
				t.Errorf("%q names what they have in common", err)
			}
		})
	}
}
