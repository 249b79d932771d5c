package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"switchboard/internal/kafka"
	"switchboard/internal/logtest"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// patience is for what must happen sooner or later.
const patience = 5 * time.Minute

const key = "0123456789abcdef-key"

// runs stands for Temporal: it remembers what was started.
type runs struct {
	mu      sync.Mutex
	changed *sync.Cond
	inputs  []pipeline.AnalyzeCallInput // of each start that was accepted
	asked   map[string]int              // how often a call was to be started
	open    func(started int) int       // how many are going on
	fails   func(callID string) error   // before a start
}

func newRuns() *runs {
	r := &runs{asked: map[string]int{}}
	r.changed = sync.NewCond(&r.mu)
	return r
}

func (r *runs) Start(ctx context.Context, in pipeline.AnalyzeCallInput) (bool, error) {
	r.mu.Lock()
	fails := r.fails
	r.mu.Unlock()
	if fails != nil {
		if err := fails(in.CallID); err != nil {
			return false, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.changed.Broadcast()
	r.asked[in.CallID]++
	if r.asked[in.CallID] > 1 {
		return false, nil
	}
	r.inputs = append(r.inputs, in)
	return true, ctx.Err()
}

func (r *runs) Open(context.Context) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil {
		return 0, nil
	}
	return r.open(len(r.inputs)), nil
}

// started are the calls that were started, in that order.
func (r *runs) started() (ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, in := range r.inputs {
		ids = append(ids, in.CallID)
	}
	return ids
}

// fail lets starts fail from now on, or succeed for nil.
func (r *runs) fail(fails func(callID string) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fails = fails
}

// wait returns when a condition about what was started is met.
func (r *runs) wait(t *testing.T, what string, met func() bool) {
	t.Helper()
	late := time.AfterFunc(patience, r.changed.Broadcast)
	defer late.Stop()
	end := time.Now().Add(patience)
	r.mu.Lock()
	defer r.mu.Unlock()
	for !met() {
		if time.Now().After(end) {
			t.Fatalf("waited for %s in vain: %d calls were started", what, len(r.inputs))
		}
		r.changed.Wait()
	}
}

// have waits until these calls, and no others, were started.
func (r *runs) have(t *testing.T, ids []string) {
	t.Helper()
	r.wait(t, fmt.Sprintf("%d calls", len(ids)), func() bool { return len(r.asked) >= len(ids) })
	r.mu.Lock()
	defer r.mu.Unlock()
	if got := slices.Sorted(maps.Keys(r.asked)); !slices.Equal(got, slices.Sorted(slices.Values(ids))) {
		t.Errorf("%d calls were started, which are others than the %d wanted", len(got), len(ids))
	}
}

// gate is the switch that people pause the intake with.
type gate struct {
	mu     sync.Mutex
	paused bool
	err    error
	asked  chan struct{}
}

func (g *gate) Intake(context.Context) (results.Intake, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case g.asked <- struct{}{}:
	default:
	}
	return results.Intake{Paused: g.paused}, g.err
}

func (g *gate) set(paused bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.paused, g.err = paused, err
}

// seen waits until the switch was looked at so many times from now on.
func (g *gate) seen(times int) {
	for range times {
		<-g.asked
	}
}

// site is a Kafka with what an intake needs beside it.
type site struct {
	t       *testing.T
	cluster *kfake.Cluster
	kafka   *kafka.Client
	runs    *runs
	gate    *gate
	log     *logtest.Buffer
	options Options
	sent    int
}

const partitions = 4

func newSite(t *testing.T, opts ...kfake.Opt) *site {
	t.Helper()
	cluster, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	s := &site{t: t, cluster: cluster, runs: newRuns(), gate: &gate{asked: make(chan struct{})}, log: &logtest.Buffer{}}
	s.options = Options{
		Kafka: kafka.Options{Brokers: cluster.ListenAddrs(), Topic: "calls", Group: "switchboard-intake"}, Partitions: partitions,
		Runs: s.runs, Switch: s.gate, MaxOpen: 1000, Address: "127.0.0.1:0", Keys: []string{key},
		Log: slog.New(slog.NewJSONHandler(s.log, nil)), every: 20 * time.Millisecond,
	}
	s.kafka, err = kafka.Open(t.Context(), s.options.Kafka)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kafka.Close)
	if err := s.kafka.EnsureTopics(t.Context(), partitions); err != nil {
		t.Fatal(err)
	}
	return s
}

// start runs an intake until the test ends, or stop is called.
func (s *site) start() (i *Intake, stop func()) {
	s.t.Helper()
	i, err := Start(s.t.Context(), s.options)
	if err != nil {
		s.t.Fatal(err)
	}
	stop = sync.OnceFunc(i.Stop)
	s.t.Cleanup(stop)
	return i, stop
}

// send writes events to the topic of calls.
func (s *site) send(events ...string) {
	s.t.Helper()
	for _, e := range events {
		s.sent++
		if err := s.kafka.Produce(s.t.Context(), "calls", []byte(fmt.Sprint(s.sent)), []byte(e), nil); err != nil {
			s.t.Fatal(err)
		}
	}
}

// call is the event of a call.
func aCall(id string) string {
	return `{"call_id":"` + id + `","turns":[{"side":"customer","text":"This is Naomi Okafor."}]}`
}

// calls sends n calls and returns their ids.
func (s *site) calls(prefix string, n int) (ids []string) {
	s.t.Helper()
	for i := range n {
		ids = append(ids, fmt.Sprintf("%s-%d", prefix, i))
		s.send(aCall(ids[i]))
	}
	return ids
}

// waiting is how many events wait in Kafka.
func (s *site) waiting() (n int64) {
	s.t.Helper()
	lags, err := s.kafka.Lag(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, l := range lags {
		n += l.Waiting
	}
	return n
}

// settle waits until so many events wait in Kafka.
func (s *site) settle(waiting int64) {
	s.t.Helper()
	for end := time.Now().Add(patience); ; {
		n := s.waiting()
		if n == waiting {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%d events wait, want %d", n, waiting)
		}
	}
}

// letters returns how many dead letters there are of each reason.
func (s *site) letters() map[string]int {
	s.t.Helper()
	all, _, err := s.kafka.DeadLetters(s.t.Context(), 100)
	if err != nil {
		s.t.Fatal(err)
	}
	reasons := map[string]int{}
	for _, l := range all {
		reasons[l.Reason]++
	}
	return reasons
}

// Good events are started as they are, bad ones become dead letters, and all of them
// are done with.
func TestEvents(t *testing.T) {
	s := newSite(t)
	s.send(
		aCall("turns"),
		`{"call_id":"audio","task":"no-such-task","audio_url":"https://recordings.example.com/1.wav"}`,
		`{"call_id":"one-word","turns":[{"text":"Hello"}]}`,
		`{"call_id":"old","received_at":"2003-01-01T00:00:00Z","turns":[{"text":"a"}]}`,
		`{"call_id":"naomi","turns":[{"text":"My name is Naomi Oka`,
		`{"call_id":7,"turns":[{"text":"a"}]}`,
		`{"call_id":"naomi","turns":"Naomi"}`,
		`{"turns":[{"text":"a"}]}`,
		`{"call_id":"Naomi Okafor","turns":[{"text":"a"}]}`,
		`{"call_id":"empty","turns":[]}`,
		`{"call_id":"ancient","received_at":"1970-01-01T00:00:00Z","turns":[{"text":"a"}]}`,
		`{"call_id":"future","received_at":"2999-01-01T00:00:00Z","turns":[{"text":"a"}]}`,
		`{"call_id":"part","seq":2,"turns":[{"text":"a"}]}`,
		"",
	)
	i, stop := s.start()
	s.runs.have(t, []string{"turns", "audio", "one-word", "old"})
	s.settle(0)
	if got, want := s.letters(), map[string]int{"not-json": 2, "wrong-type": 2, "no-call-id": 2, "no-turns": 1, "wrong-time": 2, "in-parts": 1}; !maps.Equal(got, want) {
		t.Errorf("dead letters %v, want %v", got, want)
	}
	for _, in := range s.runs.inputs {
		value, err := s.kafka.Record(t.Context(), in.Record.Topic, in.Record.Partition, in.Record.Offset, in.Record.SHA256)
		if err != nil || !strings.Contains(string(value), `"call_id":"`+in.CallID+`"`) {
			t.Errorf("the record of %s is %v", in.CallID, err)
		}
		if in.Audio != (in.CallID == "audio") || (in.Task == "no-such-task") != (in.CallID == "audio") || !in.Stored || in.Record.Arrived.IsZero() {
			t.Errorf("the input of %s is %+v", in.CallID, in)
		}
	}
	if got := testutil.ToFloat64(i.consumer.meters.refused.WithLabelValues("kafka", "wrong-time")); got != 2 {
		t.Errorf("%v events of a wrong time were counted", got)
	}
	stop()
	s.quotesNothing(i)
}

// quotesNothing looks for what callers said in log and metrics.
func (s *site) quotesNothing(i *Intake) {
	s.t.Helper()
	families, err := i.consumer.meters.registry.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	if said := strings.ToLower(s.log.String() + fmt.Sprint(families)); strings.Contains(said, "naomi") || strings.Contains(said, "okafor") {
		s.t.Errorf("a name is in the log or the metrics:\n%s", said)
	}
}

// An event that no default broker takes is refused where one takes it.
func TestFiveMegabytes(t *testing.T) {
	s := newSite(t, kfake.BrokerConfigs(map[string]string{"message.max.bytes": "20000000"}))
	big, err := kgo.NewClient(kgo.SeedBrokers(s.cluster.ListenAddrs()...), kgo.ProducerBatchMaxBytes(10<<20))
	if err != nil {
		t.Fatal(err)
	}
	defer big.Close()
	value := `{"call_id":"1","turns":[{"text":"` + strings.Repeat("a", 5<<20) + `"}]}`
	if err := big.ProduceSync(t.Context(), &kgo.Record{Topic: "calls", Value: []byte(value)}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.runs.have(t, s.calls("after", 3))
	s.settle(0)
	letters, _, err := s.kafka.DeadLetters(t.Context(), 10)
	if err != nil || len(letters) != 1 || letters[0].Reason != "too-large" || letters[0].Size != len(value) {
		t.Errorf("dead letters %+v, %v", letters, err)
	}
	// Its bytes are there.
	if _, err := s.kafka.Record(t.Context(), "calls.dead-letter", 0, 0, kafka.SHA256([]byte(value))); err != nil {
		t.Error(err)
	}
}

// A small batch that unpacks to more than memory allows holds nobody up.
func TestBatchThatUnpacksWithoutEnd(t *testing.T) {
	s := newSite(t)
	packed, err := kgo.NewClient(kgo.SeedBrokers(s.cluster.ListenAddrs()...), kgo.ProducerBatchMaxBytes(80<<20),
		kgo.ProducerBatchCompression(kgo.ZstdCompression()), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	if err := packed.ProduceSync(t.Context(), &kgo.Record{Topic: "calls", Value: make([]byte, 70<<20)}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.runs.have(t, s.calls("after", 20))
	s.settle(0)
	if got := s.letters(); got["too-large"] != 1 {
		t.Errorf("dead letters %v", got)
	}
}

// The same event, sent at once, later, and by another way, is one call.
func TestDuplicates(t *testing.T) {
	s := newSite(t)
	s.send(aCall("0042"), aCall("0042"), aCall("0042"))
	i, _ := s.start()
	s.settle(0)
	s.send(aCall("0042"))
	s.settle(0)
	s.runs.have(t, []string{"0042"})
	if n := testutil.ToFloat64(i.consumer.meters.known); n != 3 || len(s.runs.inputs) != 1 {
		t.Errorf("%v events were known, %d started; want 3 and 1", n, len(s.runs.inputs))
	}
}

// Kafka goes away and comes back with what it had.
func TestKafkaRestarts(t *testing.T) {
	dir := t.TempDir()
	s := newSite(t, kfake.DataDir(dir), kfake.SyncWrites())
	i, _ := s.start()
	ids := s.calls("before", 40)
	s.runs.wait(t, "the first calls", func() bool { return len(s.runs.inputs) > 5 })
	port := s.cluster.ListenAddrs()[0]
	port = port[strings.LastIndex(port, ":")+1:]
	s.cluster.Close()
	var number int
	if _, err := fmt.Sscan(port, &number); err != nil {
		t.Fatal(err)
	}
	again, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(number), kfake.DataDir(dir), kfake.SyncWrites())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.Close)
	ids = append(ids, s.calls("after", 40)...)
	s.runs.have(t, ids)
	s.settle(0)
	// The records from before can be read again.
	first := s.runs.inputs[0].Record
	if _, err := s.kafka.Record(t.Context(), first.Topic, first.Partition, first.Offset, first.SHA256); err != nil {
		t.Error(err)
	}
	s.quotesNothing(i)
}

// A second intake comes and the first goes while calls are being started: none is
// lost, and none is taken in twice, since what was taken in is committed before a
// partition goes over.
func TestRebalanceInMidBatch(t *testing.T) {
	s := newSite(t)
	first, stopFirst := s.start()
	ids := s.calls("a", 100)
	s.runs.wait(t, "the first calls", func() bool { return len(s.runs.inputs) > 5 })
	second, _ := s.start()
	ids = append(ids, s.calls("b", 100)...)
	// Both have partitions, and take calls in.
	for end := time.Now().Add(patience); testutil.ToFloat64(second.consumer.meters.started) == 0; {
		if time.Now().After(end) {
			t.Fatal("the second intake takes nothing in")
		}
		ids = append(ids, s.calls(fmt.Sprintf("c%d", len(ids)), 1)...)
	}
	stopFirst()
	ids = append(ids, s.calls("d", 100)...)
	s.runs.have(t, ids)
	s.settle(0)
	if testutil.ToFloat64(first.consumer.meters.started) == 0 {
		t.Error("the first intake took nothing in")
	}
	for id, n := range s.runs.asked {
		if n != 1 {
			t.Errorf("%s was to be started %d times", id, n)
		}
	}
}

// Whatever a broker answers for a while, no call is lost.
func TestHostileAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		key  int16
		code error
	}{
		"fetches are refused":     {int16(kmsg.Fetch), kerr.NotLeaderForPartition},
		"fetches fail":            {int16(kmsg.Fetch), kerr.UnknownServerError},
		"commits fail":            {int16(kmsg.OffsetCommit), kerr.UnknownServerError},
		"the coordinator is busy": {int16(kmsg.FindCoordinator), kerr.CoordinatorNotAvailable},
		"the member is unknown":   {int16(kmsg.Heartbeat), kerr.UnknownMemberID},
		"joining is refused":      {int16(kmsg.JoinGroup), kerr.RebalanceInProgress},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			ids := s.calls("before", 20)
			left := 3
			s.cluster.ControlKey(c.key, func(r kmsg.Request) (kmsg.Response, error, bool) {
				if left--; left < 0 {
					return nil, nil, false
				}
				s.cluster.KeepControl()
				return hostile(r, c.code), nil, true
			})
			_, stop := s.start()
			ids = append(ids, s.calls("after", 20)...)
			s.runs.have(t, ids)
			s.settle(0)
			stop()
			s.settle(0)
		})
	}
}

// hostile is an answer with an error.
func hostile(r kmsg.Request, err error) kmsg.Response {
	var known *kerr.Error
	_ = errors.As(err, &known)
	code := known.Code
	answer := r.ResponseKind()
	switch answer := answer.(type) {
	case *kmsg.FetchResponse:
		answer.ErrorCode = code
	case *kmsg.OffsetCommitResponse:
		for _, topic := range r.(*kmsg.OffsetCommitRequest).Topics {
			t := kmsg.NewOffsetCommitResponseTopic()
			t.Topic, t.TopicID = topic.Topic, topic.TopicID
			for _, partition := range topic.Partitions {
				p := kmsg.NewOffsetCommitResponseTopicPartition()
				p.Partition, p.ErrorCode = partition.Partition, code
				t.Partitions = append(t.Partitions, p)
			}
			answer.Topics = append(answer.Topics, t)
		}
	case *kmsg.FindCoordinatorResponse:
		answer.ErrorCode = code
		for _, k := range r.(*kmsg.FindCoordinatorRequest).CoordinatorKeys {
			c := kmsg.NewFindCoordinatorResponseCoordinator()
			c.Key, c.ErrorCode = k, code
			answer.Coordinators = append(answer.Coordinators, c)
		}
	case *kmsg.HeartbeatResponse:
		answer.ErrorCode = code
	case *kmsg.JoinGroupResponse:
		answer.ErrorCode = code
	}
	return answer
}

// A call that cannot be started holds back the marks of those after it in its
// partition, and nothing else: others are started. In the end all are there.
func TestStartsThatFail(t *testing.T) {
	s := newSite(t)
	s.runs.fail(func(id string) error {
		if id == "stuck" {
			return errors.New("no server")
		}
		return nil
	})
	for _, id := range []string{"first", "stuck", "third"} {
		if err := s.kafka.Produce(t.Context(), "calls", []byte("one partition"), []byte(aCall(id)), nil); err != nil {
			t.Fatal(err)
		}
	}
	_, stop := s.start()
	s.runs.have(t, []string{"first", "third"})
	others := s.calls("other", 20)
	s.runs.have(t, append(others, "first", "third"))
	stop()
	if waiting := s.waiting(); waiting < 2 {
		t.Errorf("%d events wait; the stuck one and the one after it must", waiting)
	}
	s.runs.fail(nil)
	s.start()
	s.runs.have(t, append(others, "first", "stuck", "third"))
	s.settle(0)
	if s.runs.asked["first"] != 1 || s.runs.asked["third"] != 2 {
		t.Errorf("started %v; what was marked must not come again, and what came after the stuck one must", s.runs.asked)
	}
}

// An intake that dies between a start and its commit leaves the call to the next,
// which starts it again: Temporal knows it.
func TestDeathBeforeCommit(t *testing.T) {
	s := newSite(t)
	ids := s.calls("call", 30)
	var dead atomic.Bool
	s.cluster.ControlKey(int16(kmsg.OffsetCommit), func(r kmsg.Request) (kmsg.Response, error, bool) {
		if dead.Load() {
			return nil, nil, false
		}
		s.cluster.KeepControl()
		return hostile(r, kerr.UnknownServerError), nil, true
	})
	_, stop := s.start()
	s.runs.have(t, ids)
	stop()
	s.settle(30)
	dead.Store(true)
	s.start()
	s.settle(0)
	for _, id := range ids {
		if s.runs.asked[id] != 2 {
			t.Errorf("%s was to be started %d times, want 2", id, s.runs.asked[id])
		}
	}
	if len(s.runs.inputs) != 30 {
		t.Errorf("%d analyses were started, want 30", len(s.runs.inputs))
	}
}

// What was taken in before an intake stops is committed, and does not come again.
func TestStopCommits(t *testing.T) {
	s := newSite(t)
	ids := s.calls("call", 50)
	_, stop := s.start()
	s.runs.have(t, ids)
	stop()
	s.settle(0)
	s.start()
	s.runs.have(t, append(ids, s.calls("more", 5)...))
	for id, n := range s.runs.asked {
		if n != 1 {
			t.Errorf("%s was started %d times", id, n)
		}
	}
}

// A stopping intake finishes the start that it is at, and begins no other.
func TestStopFinishesWhatWasBegun(t *testing.T) {
	s := newSite(t)
	begun, finish := make(chan struct{}), make(chan struct{})
	s.runs.fail(func(string) error {
		close(begun)
		<-finish
		return nil
	})
	s.calls("call", 1)
	i, _ := s.start()
	<-begun
	stopped := make(chan struct{})
	go func() {
		i.Stop()
		close(stopped)
	}()
	for i.ready.Load() { // until it is stopping
	}
	s.calls("late", 5)
	close(finish)
	<-stopped
	s.runs.have(t, []string{"call-0"})
	s.settle(5)
}

// A paused intake takes nothing in, and goes on when it may. Where the database says
// nothing, all stays as it is.
func TestPauseAndResume(t *testing.T) {
	s := newSite(t)
	s.start()
	ids := s.calls("before", 10)
	s.runs.have(t, ids)
	s.settle(0)
	s.gate.set(true, nil)
	s.gate.seen(3)
	ids = append(ids, s.calls("paused", 10)...)
	// An intake that took calls in would have done so many times by now.
	s.gate.seen(50)
	s.gate.set(false, errors.New("no database"))
	s.gate.seen(50)
	if n := s.waiting(); n != 10 || len(s.runs.started()) != 10 {
		t.Errorf("%d events wait, and %d calls were started; want 10 and 10", n, len(s.runs.started()))
	}
	s.gate.set(false, nil)
	s.runs.have(t, ids)
	s.gate.set(false, errors.New("no database"))
	s.gate.seen(3)
	s.runs.have(t, append(ids, s.calls("more", 5)...))
	s.settle(0)
}

// An intake that starts paused takes nothing in before it may.
func TestStartPaused(t *testing.T) {
	s := newSite(t)
	s.gate.set(false, errors.New("no database"))
	ids := s.calls("call", 10)
	s.start()
	s.gate.seen(100)
	if n := len(s.runs.started()); n != 0 {
		t.Errorf("%d calls were started before the database said that they may be", n)
	}
	s.gate.set(false, nil)
	s.runs.have(t, ids)
}

// Calls that are being analyzed keep others waiting in Kafka, also where two intakes
// share them.
func TestBackPressure(t *testing.T) {
	s := newSite(t)
	s.options.MaxOpen = 8
	ended := 0
	s.runs.open = func(started int) int { return started - ended }
	s.start()
	s.start()
	ids := s.calls("call", 60)
	// Each may be one too many: neither sees what the other starts meanwhile.
	for done := false; !done; {
		s.runs.wait(t, "room to be used", func() bool { return len(s.runs.inputs)-ended >= min(8, 60-ended) || len(s.runs.inputs) == 60 })
		s.gate.seen(3)
		s.runs.mu.Lock()
		if open := len(s.runs.inputs) - ended; open > s.options.MaxOpen+2 {
			t.Errorf("%d calls are open, more than %d", open, s.options.MaxOpen)
		}
		ended = len(s.runs.inputs)
		done = ended == 60
		s.runs.mu.Unlock()
	}
	s.runs.have(t, ids)
	s.settle(0)
}
