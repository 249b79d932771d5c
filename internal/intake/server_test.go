package intake

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"switchboard/internal/call"
)

// post sends an event and returns the answer.
func post(t *testing.T, i *Intake, headers map[string]string, body string) (int, answer, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+i.Address()+"/v1/calls", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+key)
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(strings.ToLower(string(text)), "naomi") {
		t.Errorf("the answer quotes the event: %s", text)
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return response.StatusCode, a, response.Header
}

func TestCallsByHTTP(t *testing.T) {
	s := newSite(t)
	s.gate.set(true, nil)
	i, _ := s.start()
	event := aCall("0042")
	for name, c := range map[string]struct {
		headers map[string]string
		body    string
		status  int
		says    string
	}{
		"no key":         {map[string]string{"Authorization": ""}, event, 401, "API key is missing or wrong"},
		"a wrong key":    {map[string]string{"Authorization": "Bearer 0123456789abcdef-kez"}, event, 401, "API key is missing or wrong"},
		"no bearer":      {map[string]string{"Authorization": key}, event, 401, "API key is missing or wrong"},
		"a form":         {map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, event, 415, "must be JSON"},
		"another set":    {map[string]string{"Content-Type": "application/json; charset=latin1"}, event, 415, "must be JSON"},
		"compressed":     {map[string]string{"Content-Encoding": "gzip"}, event, 415, "not compressed"},
		"not JSON":       {nil, `{"call_id":"1","turns":[{"text":"Naomi`, 400, "is no JSON"},
		"nothing":        {nil, ``, 400, "is no JSON"},
		"no turns":       {nil, `{"call_id":"1"}`, 400, "neither turns nor an audio_url"},
		"the future":     {nil, `{"call_id":"1","received_at":"2999-01-01T00:00:00Z","turns":[{"text":"a"}]}`, 400, "more than a day ahead"},
		"too much":       {nil, `{"call_id":"1","turns":[{"text":"` + strings.Repeat("a", 900_000) + `"}]}`, 413, "longer than 900000 bytes"},
		"a call":         {nil, event, 202, ""},
		"the same again": {map[string]string{"Content-Type": "application/json; charset=UTF-8"}, event, 202, ""},
	} {
		status, a, header := post(t, i, c.headers, c.body)
		if status != c.status || !strings.Contains(a.Detail, c.says) {
			t.Errorf("%s: %d, %+v; want %d with %q", name, status, a, c.status, c.says)
		}
		if want := map[bool]string{true: "application/json", false: "application/problem+json"}[c.status == 202]; header.Get("Content-Type") != want {
			t.Errorf("%s: the content type is %q, want %q", name, header.Get("Content-Type"), want)
		}
		if (a.CallID == "0042") != (c.status == 202) || (a.Reason == "") != (c.status == 202 || c.status == 401 || c.status == 415) {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if n := s.waiting(); n != 2 {
		t.Errorf("%d events came to Kafka, want 2", n)
	}
	s.gate.set(false, nil)
	s.runs.have(t, []string{"0042"})
	s.settle(0)
	s.quotesNothing(i)
}

// An event without end is not read to its end.
func TestEventWithoutLength(t *testing.T) {
	s := newSite(t)
	i, _ := s.start()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+i.Address()+"/v1/calls", io.LimitReader(endless{}, 1<<30))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return // the connection ended before the answer was read
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", response.StatusCode)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// Without keys nobody can send, and calls from Kafka are taken in all the same.
func TestWithoutKeys(t *testing.T) {
	s := newSite(t)
	s.options.Keys = nil
	i, _ := s.start()
	if status, a, _ := post(t, i, nil, aCall("1")); status != http.StatusUnauthorized || !strings.Contains(a.Detail, "missing or wrong") {
		t.Errorf("%d, %+v", status, a)
	}
	s.runs.have(t, s.calls("call", 3))
}

// What Kafka does not take is not accepted.
func TestKafkaTakesNothing(t *testing.T) {
	s := newSite(t)
	i, _ := s.start()
	s.cluster.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		s.cluster.KeepControl()
		answer := r.ResponseKind().(*kmsg.ProduceResponse)
		for _, topic := range r.(*kmsg.ProduceRequest).Topics {
			t := kmsg.NewProduceResponseTopic()
			t.Topic, t.TopicID = topic.Topic, topic.TopicID
			for _, partition := range topic.Partitions {
				p := kmsg.NewProduceResponseTopicPartition()
				p.Partition, p.ErrorCode = partition.Partition, kerr.TopicAuthorizationFailed.Code
				t.Partitions = append(t.Partitions, p)
			}
			answer.Topics = append(answer.Topics, t)
		}
		return answer, nil, true
	})
	status, a, header := post(t, i, nil, aCall("1"))
	if status != http.StatusServiceUnavailable || a.CallID != "" || header.Get("Retry-After") == "" {
		t.Errorf("%d, %+v, %v", status, a, header)
	}
	if log := s.log.String(); !strings.Contains(log, "TOPIC_AUTHORIZATION_FAILED") {
		t.Errorf("the log does not say why: %s", log)
	}
}

// More events at once than memory is given to are to be sent again.
func TestTooManyAtOnce(t *testing.T) {
	s := newSite(t)
	i, _ := s.start()
	release := make(chan struct{})
	var open sync.WaitGroup
	for range maxRequests {
		body, w := io.Pipe()
		open.Go(func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+i.Address()+"/v1/calls", body)
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+key)
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			response.Body.Close()
			if response.StatusCode != http.StatusAccepted {
				t.Errorf("a request that was let in got %d", response.StatusCode)
			}
		})
		open.Go(func() {
			if _, err := io.WriteString(w, " "); err != nil {
				t.Error(err)
			}
			<-release
			_, _ = io.WriteString(w, aCall("1"))
			w.Close()
		})
	}
	for end := time.Now().Add(patience); len(i.sending.turns) < maxRequests; {
		if time.Now().After(end) {
			t.Fatal("the requests do not come in")
		}
	}
	status, a, header := post(t, i, nil, aCall("1"))
	if status != http.StatusTooManyRequests || header.Get("Retry-After") == "" || a.CallID != "" {
		t.Errorf("%d, %+v", status, a)
	}
	close(release)
	open.Wait()
}

func TestHealth(t *testing.T) {
	s := newSite(t)
	s.options.MetricsAddress = "127.0.0.1:0"
	i, stop := s.start()
	get := func(path string) int {
		t.Helper()
		response, err := http.Get("http://" + i.Address() + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	for get("/readyz") != http.StatusOK { // until Kafka has answered
	}
	if get("/healthz") != http.StatusOK || get("/metrics") != http.StatusNotFound {
		t.Error("healthz is not there, or metrics are without a listener of their own")
	}
	s.calls("call", 3)
	s.settle(0)
	if problems, err := testutil.GatherAndLint(i.consumer.meters.registry); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	s.cluster.Close()
	for get("/readyz") != http.StatusServiceUnavailable { // until Kafka has not answered
	}
	if get("/healthz") != http.StatusOK {
		t.Error("a process without Kafka is not alive")
	}
	stop()
}

// Every metric and every reason is described.
func TestDescribed(t *testing.T) {
	s := newSite(t)
	i, _ := s.start()
	post(t, i, nil, `{}`)
	i.consumer.meters.failures.WithLabelValues("poll")
	text, err := os.ReadFile("../../docs/intake.md")
	if err != nil {
		t.Fatal(err)
	}
	families, err := i.consumer.meters.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	described := 0
	for _, f := range families {
		name, ours := strings.CutPrefix(f.GetName(), namespace)
		if !ours {
			continue
		}
		described++
		if !strings.Contains(string(text), "`"+namespace+name+"`") && !strings.Contains(string(text), "`…"+name+"`") {
			t.Errorf("docs/intake.md does not describe %s", f.GetName())
		}
	}
	if described != 12 {
		t.Errorf("%d metrics are shown, want 12", described)
	}
	for _, reason := range call.Reasons {
		if !strings.Contains(string(text), "| `"+string(reason)+"` |") {
			t.Errorf("docs/intake.md does not describe %s", reason)
		}
	}
}

// A client that sends a byte now and then, or none, is not waited for.
func TestSlowClients(t *testing.T) {
	s := newSite(t)
	s.options.requestTime = 600 * time.Millisecond
	i, _ := s.start()
	head := "POST /v1/calls HTTP/1.1\r\nHost: intake\r\nContent-Type: application/json\r\nAuthorization: Bearer " + key + "\r\n"
	for name, sent := range map[string]string{
		"nothing": "", "half of the headers": head, "half of the body": head + "Content-Length: 500\r\n\r\n{\"call_id\"",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := net.Dial("tcp", i.Address())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, sent); err != nil {
				t.Fatal(err)
			}
			// It reads to the end only when the server ends the connection.
			answer, err := io.ReadAll(c)
			if err != nil || strings.Contains(string(answer), " 202 ") {
				t.Errorf("%q, %v", answer, err)
			}
		})
	}
}
