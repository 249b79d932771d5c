package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"google.golang.org/protobuf/encoding/protojson"

	"switchboard/internal/database"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// planted are the details of the caller in each call of [events], in pieces as which
// they would be found.
var planted = []string{"naomi", "jones", "n-a-o-m-i", "7946 0018", "79460018", "naomi.jones"}

// events writes calls for the companies of [tweets], one file each. In each, the
// caller tells a name, spells it, and tells a number and an address, and most turns hold
// the marker.
func events(t *testing.T, n int) string {
	t.Helper()
	about := []string{"parcel is late again at depot", "train is late again at platform", "flight is late again at gate", "card is late again at branch", "signal is late again at mast"}
	dir := t.TempDir()
	for i := range n {
		event := fmt.Sprintf(`{"call_id":"call-%04d","channel":"phone","language":"en","received_at":"2026-11-27T09:30:00Z","turns":[
			{"side":"agent","text":"Good morning, may I have your name? %s"},
			{"side":"customer","text":"This is Naomi Jones, %s"},
			{"side":"agent","text":"Can you spell that?"},
			{"side":"customer","text":"N-A-O-M-I."},
			{"side":"agent","text":"And may I have your phone number? %s"},
			{"side":"customer","text":"It is 020 7946 0018, or write to naomi.jones@example.org. %s"},
			{"side":"agent","text":"Thank you. What can I do for you?"},
			{"side":"customer","text":"my %s %d %s"}]}`, i, marker, marker, marker, marker, about[i%len(about)], i, marker)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.json", i)), []byte(event), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// ask runs a command about calls that must succeed, and decodes what it prints.
func (th *harness) ask(answer any, args ...string) {
	th.t.Helper()
	code, out, errOut := th.starter(append(args, "--json")...)
	if code != 0 {
		th.t.Fatalf("starter %s: exit code %d\n%s%s\nstandalone said: %s", strings.Join(args, " "), code, out, errOut, th.errors)
	}
	if err := json.Unmarshal([]byte(out), answer); err != nil {
		th.t.Fatalf("starter %s printed no JSON: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// answered waits until so many calls are answered, and none waits.
func (th *harness) answered(n int) pipeline.CallList {
	th.t.Helper()
	for {
		var list pipeline.CallList
		th.ask(&list, "calls", "list", "--limit", "500")
		sum := 0
		for _, count := range list.Answered {
			sum += int(count)
		}
		if sum >= n && list.Waiting == 0 {
			if sum != n {
				th.t.Fatalf("%d calls are answered, want %d", sum, n)
			}
			return list
		}
	}
}

// produce writes one record to the topic of calls, as any producer does.
func (th *harness) produce(value string) {
	th.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers("127.0.0.1:" + th.ports[3]))
	if err != nil {
		th.t.Fatal(err)
	}
	defer client.Close()
	if err := client.ProduceSync(th.t.Context(), &kgo.Record{Topic: "calls", Value: []byte(value)}).FirstErr(); err != nil {
		th.t.Fatal(err)
	}
}

// classified reads the topic of answers until each of n calls is in it: how many
// contents each has.
func (th *harness) classified(n int) map[string]map[string]bool {
	th.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers("127.0.0.1:"+th.ports[3]), kgo.ConsumeTopics("calls.classified"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		th.t.Fatal(err)
	}
	defer client.Close()
	said := map[string]map[string]bool{}
	for len(said) < n {
		fetched := client.PollFetches(th.t.Context())
		if err := fetched.Err(); err != nil {
			th.t.Fatal(err)
		}
		fetched.EachRecord(func(r *kgo.Record) {
			if said[string(r.Key)] == nil {
				said[string(r.Key)] = map[string]bool{}
			}
			said[string(r.Key)][string(r.Value)] = true
		})
	}
	return said
}

// results opens the database that standalone works with.
func (th *harness) results() *results.Store {
	th.t.Helper()
	base, err := database.Open(th.t.Context(), filepath.Join(th.dir, "artifacts", "switchboard.db"))
	if err != nil {
		th.t.Fatal(err)
	}
	th.t.Cleanup(func() { _ = base.Close() })
	return results.New(base)
}

// Calls that are sent are answered, each once, however often they are sent; what
// cannot be used is kept and can be sent again; and what callers say is in the topic
// that it came by and, redacted, in the database, and nowhere else.
func TestCallsAreAnswered(t *testing.T) {
	metrics, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	th := newHarness(t, "SWITCHBOARD_INTAKE_METRICS_ADDRESS="+metrics)
	training, _ := tweets(t, th.dir, 600)
	th.open()
	const n = 25
	dir := events(t, n)

	// Without a champion a call fails, and is a dead letter.
	if code, out, errOut := th.starter("calls", "send", filepath.Join(dir, "0000.json")); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, out, errOut)
	}
	letters := th.deadLetters(1)
	if letters[0].Reason != "bad-input" || letters[0].CallID != "call-0000" || letters[0].Task != pipeline.DefaultTask {
		t.Errorf("the dead letter is %+v", letters[0])
	}
	var given pipeline.CallDetails
	th.ask(&given, "calls", "show", "call-0000")
	if given.Status != pipeline.AnswerRejected || given.ErrorCode != "bad-input" || given.AnswerSeconds != nil {
		t.Errorf("a call that was given up is %+v", given)
	}
	th.run("finetune", "--dataset", training, "--watch")
	var replayed pipeline.ReplayDeadLettersResult
	th.ask(&replayed, "calls", "replay", "--all")
	if replayed.Replayed != 1 {
		t.Errorf("replayed %+v", replayed)
	}
	th.answered(1)

	// All others, twice; a pause holds them.
	var state pipeline.IntakeState
	th.ask(&state, "calls", "drain")
	if state.Paused.IsZero() || state.Open != 0 {
		t.Errorf("drained: %+v", state)
	}
	for range 2 {
		if code, out, errOut := th.starter("calls", "send", dir); code != 0 || !strings.HasPrefix(out, "25 calls sent") {
			t.Fatalf("exit code %d\n%s%s", code, out, errOut)
		}
	}
	th.produce(`{"call_id": "Naomi Jones", "turns": [{"text": "` + marker + `"}]}`)
	th.produce(`Naomi Jones ` + marker)
	th.ask(&state, "calls", "intake")
	if waiting := waiting(state); waiting != 2*n+2 {
		t.Errorf("%d events wait during the pause, want %d", waiting, 2*n+2)
	}
	th.ask(&state, "calls", "resume")
	list := th.answered(n)
	for _, c := range list.Calls {
		if c.Status != pipeline.AnswerClassified || c.Company == "" || c.Language != "en" {
			t.Errorf("%+v", c)
		}
	}
	letters = th.deadLetters(3)
	if letters[0].Reason == letters[1].Reason {
		t.Errorf("two different faults have one reason, %s", letters[0].Reason)
	}
	th.checkDiscard(letters[0].ID)
	th.checkExport(n)
	if code, out, errOut := th.starter("calls", "retry", "call-0001"); code != 2 || !strings.Contains(out, "the call call-0001 is answered") {
		t.Errorf("retried with exit code %d: %s%s", code, out, errOut)
	}
	var d pipeline.CallDetails
	th.ask(&d, "calls", "show", "call-0001")
	if d.Company != "BoltRail" || d.Spans["Person"] == 0 || d.Spans["Phone"] == 0 || d.Spans["Email"] == 0 || strings.Contains(d.Turns[1].Text, "Naomi") || !strings.Contains(d.Turns[7].Text, "train is late again") {
		t.Errorf("call-0001 is %+v", d)
	}
	if code, out, errOut := th.starter("explain", "call/call-0001"); code != 0 || !strings.Contains(out, "BoltRail") {
		t.Errorf("explained with exit code %d: %s%s", code, out, errOut)
	}
	for id, contents := range th.classified(n) {
		if len(contents) != 1 {
			t.Errorf("the answer to %s was published with %d contents", id, len(contents))
		}
	}
	th.checkCallHistories()
	th.checkTopics()
	th.checkMetrics(metrics)
	th.checkNoCallerIsNamed()
}

// checkMetrics: the intake's metrics hold nothing of the callers.
func (th *harness) checkMetrics(address string) {
	th.t.Helper()
	answer, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		th.t.Fatal(err)
	}
	defer answer.Body.Close()
	shown, err := io.ReadAll(answer.Body)
	if err != nil || !bytes.Contains(shown, []byte("switchboard_intake_calls_started_total 2")) {
		th.t.Errorf("the metrics are %v\n%.300s", err, shown)
	}
	th.searchForCaller("the metrics", shown)
	th.searchFor("the metrics", shown)
}

// checkTopics: of all topics the callers are in that of the events alone, and in the dead
// letters, which are events.
func (th *harness) checkTopics() {
	th.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers("127.0.0.1:" + th.ports[3]))
	if err != nil {
		th.t.Fatal(err)
	}
	defer client.Close()
	ends, err := kadm.NewClient(client).ListEndOffsets(th.t.Context()) // of every topic
	if err != nil {
		th.t.Fatal(err)
	}
	left, records := int64(0), map[string]int{}
	ends.Each(func(o kadm.ListedOffset) { left += o.Offset })
	client.AddConsumeTopics(ends.Offsets().TopicsSet().Topics()...)
	for ; left > 0; left -= int64(sum(records)) {
		clear(records)
		fetched := client.PollFetches(th.t.Context())
		if err := fetched.Err(); err != nil {
			th.t.Fatal(err)
		}
		fetched.EachRecord(func(r *kgo.Record) {
			records[r.Topic]++
			th.searchForCaller("a key of "+r.Topic, r.Key)
			for _, h := range r.Headers {
				th.searchForCaller("a header of "+r.Topic, []byte(h.Key+" "+string(h.Value)))
			}
			if r.Topic != "calls" && r.Topic != "calls.dead-letter" {
				th.searchForCaller(r.Topic, r.Value)
				th.searchFor(r.Topic, r.Value)
			}
		})
	}
}

func sum(counts map[string]int) (n int) {
	for _, count := range counts {
		n += count
	}
	return n
}

// searchForCaller looks for what is planted, and for nothing that may be read redacted.
func (th *harness) searchForCaller(where string, content []byte) {
	th.t.Helper()
	lower := bytes.ToLower(content)
	for _, secret := range planted {
		if bytes.Contains(lower, []byte(secret)) {
			th.t.Errorf("%q is in %s", secret, where)
		}
	}
}

// checkDiscard has a dead letter dealt with.
func (th *harness) checkDiscard(id string) {
	th.t.Helper()
	var before, after pipeline.IntakeState
	var done pipeline.DiscardDeadLettersResult
	th.ask(&before, "calls", "intake")
	th.ask(&done, "calls", "discard", id)
	th.ask(&after, "calls", "intake")
	if done.Discarded != 1 || after.DeadLetters != before.DeadLetters-1 {
		th.t.Errorf("discarding %s: %+v, %d dead letters and then %d", id, done, before.DeadLetters, after.DeadLetters)
	}
}

// checkExport reads all calls as CSV.
func (th *harness) checkExport(n int) {
	th.t.Helper()
	code, out, errOut := th.starter("calls", "list", "--csv", "--company", "BoltRail", "--since", "1h")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if code != 0 || err != nil || len(rows) != 1+n/5 || rows[1][10] != "BoltRail" || rows[1][8] == "" {
		th.t.Errorf("exit code %d, %v\n%s%s", code, err, out, errOut)
	}
}

func waiting(s pipeline.IntakeState) (n int64) {
	for _, p := range s.Partitions {
		n += p.Waiting
	}
	return n
}

// deadLetters waits until there are so many, the newest first.
func (th *harness) deadLetters(n int) []pipeline.DeadLetter {
	th.t.Helper()
	for {
		var list pipeline.DeadLetterList
		th.ask(&list, "calls", "dead-letters")
		if len(list.DeadLetters) >= n {
			return list.DeadLetters
		}
	}
}

// checkCallHistories: Temporal has nothing of what was said, and not whom it was for.
func (th *harness) checkCallHistories() {
	th.t.Helper()
	for i := range 3 {
		id := pipeline.CallWorkflowID(fmt.Sprintf("call-%04d", i))
		for _, event := range th.history(id) {
			text, err := protojson.Marshal(event)
			if err != nil {
				th.t.Fatal(err)
			}
			th.searchEvent(id, event, text)
		}
	}
}

// checkNoCallerIsNamed searches every file for the caller, but those of Kafka, and
// for what was said in those of Temporal, in the log and in what is published.
func (th *harness) checkNoCallerIsNamed() {
	th.t.Helper()
	th.kill() // what is in memory only is lost, and what is on the disk counts
	err := filepath.WalkDir(th.dir, func(path string, d os.DirEntry, err error) error {
		name, _ := filepath.Rel(th.dir, path)
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".csv") || strings.HasSuffix(name, ".jsonl") || strings.HasSuffix(name, ".parquet") {
			return err
		}
		if strings.HasPrefix(name, filepath.Join("state", "kafka")) && !strings.Contains(name, "classified") {
			return nil
		}
		content, err := os.ReadFile(path)
		th.searchForCaller(name, content)
		if strings.Contains(name, "temporal") || strings.Contains(name, "classified") {
			th.searchFor(name, content)
		}
		return err
	})
	if err != nil {
		th.t.Error(err)
	}
	th.searchForCaller("the log", th.errors.Bytes())
	th.searchFor("the log", th.errors.Bytes())
}

// Killing everything again and again while calls come in loses none and doubles none.
func TestKilledCallsAreAnsweredOnce(t *testing.T) {
	slow(t)
	th := newHarness(t)
	training, _ := tweets(t, th.dir, 600)
	th.open()
	th.run("finetune", "--dataset", training, "--watch")
	const n = 300
	dir := events(t, n)
	kept := th.results()
	for range 4 {
		// A killed intake may have taken events that the sender has no answer for.
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _, _ = th.starter("calls", "send", dir)
			<-ctx.Done()
		}()
		before := stored(t, kept)
		for stored(t, kept) < min(before+40, n) {
		}
		th.kill()
		cancel()
		<-done
		th.open()
	}
	if code, out, errOut := th.starter("calls", "send", dir); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, out, errOut)
	}
	th.answered(n)
	for id, contents := range th.classified(n) {
		if len(contents) != 1 {
			t.Errorf("the answer to %s was published with %d contents", id, len(contents))
		}
	}
	totals, err := kept.Totals(t.Context(), nil, time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for status, count := range totals.Answered {
		if status != pipeline.AnswerClassified && status != pipeline.AnswerUnsure {
			t.Errorf("%d calls are %s", count, status)
		}
	}
}

// stored counts the calls in the database, answered or not.
func stored(t *testing.T, kept *results.Store) int {
	t.Helper()
	totals, err := kept.Totals(t.Context(), nil, time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	sum := int(totals.Waiting)
	for _, count := range totals.Answered {
		sum += int(count)
	}
	return sum
}
