package inference

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/internal/dataset"
	"switchboard/internal/pipelistener"
	"switchboard/internal/problem"
	"switchboard/internal/provider"
)

// faulty is a provider over HTTP, on pipes: in a bubble of synctest a test
// decides how long it takes. A text tells it what to do: "ask Acme"
// is answered "Acme"; fault may answer first. It counts how often it was asked
// about each text.
type faulty struct {
	listener *pipelistener.Listener
	answers  sync.WaitGroup // under way

	mu    sync.Mutex
	asked map[string]int
	most  int // requests at a time
	now   int
	delay time.Duration
	fault func(w http.ResponseWriter, text string, nth int) bool
}

func serve(t *testing.T, fault func(w http.ResponseWriter, text string, nth int) bool) *faulty {
	t.Helper()
	f := &faulty{listener: pipelistener.New(), asked: map[string]int{}, fault: fault}
	server := &http.Server{Handler: http.HandlerFunc(f.chat)}
	go server.Serve(f.listener)
	t.Cleanup(func() {
		server.Close()
		f.answers.Wait() // also for those that nobody waits for any more
	})
	return f
}

func (f *faulty) chat(w http.ResponseWriter, r *http.Request) {
	f.answers.Add(1)
	defer f.answers.Done()
	var request struct {
		Messages []struct{ Content string }
	}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		panic(err)
	}
	text := request.Messages[1].Content
	f.mu.Lock()
	f.asked[text]++
	nth := f.asked[text]
	f.now++
	f.most = max(f.most, f.now)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.now--
		f.mu.Unlock()
	}()
	select {
	case <-time.After(f.delay):
	case <-r.Context().Done():
		return
	}
	if f.fault != nil && f.fault(w, text, nth) {
		return
	}
	answer(w, strings.Fields(text)[1])
}

// total is how many requests there were.
func (f *faulty) total() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, k := range f.asked {
		n += k
	}
	return n
}

func answer(w http.ResponseWriter, text string) {
	fmt.Fprintf(w, `{"choices":[{"message":{"content":%q},"logprobs":{"content":[{"token":"x","logprob":-0.5,"top_logprobs":[]}]}}],"usage":{"prompt_tokens":5,"completion_tokens":1}}`, text)
}

func refuse(w http.ResponseWriter, status int, code string) bool {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"code":%q,"message":"ask Acme is private"}}`, code)
	return true
}

func client(t *testing.T, f *faulty, o provider.Options) *provider.Client {
	t.Helper()
	o.BaseURL = "http://provider"
	if o.RequestTimeout == 0 {
		o.RequestTimeout = 5 * time.Second
	}
	usual := http.DefaultTransport
	defer func() { http.DefaultTransport = usual }()
	http.DefaultTransport = &http.Transport{DialContext: f.listener.DialContext} // the client takes a copy
	c, err := provider.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var labels = []string{"Acme", "Borg"}

// part is n examples with different texts.
func part(n int) []dataset.Example {
	examples := make([]dataset.Example, n)
	for i := range examples {
		examples[i] = dataset.Example{ID: int64(1000 + i), Text: fmt.Sprintf("ask %s %d", labels[i%2], i)}
	}
	return examples
}

// shelf keeps chunks as storage would.
type shelf struct {
	mu     sync.Mutex
	chunks map[int][]dataset.Prediction
	err    error
}

func (s *shelf) save(n int, p []dataset.Prediction) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if s.chunks == nil {
		s.chunks = map[int][]dataset.Prediction{}
	}
	if _, ok := s.chunks[n]; ok {
		return fmt.Errorf("chunk %d is saved already", n)
	}
	s.chunks[n] = slices.Clone(p)
	return nil
}

func (s *shelf) resume() Resume {
	s.mu.Lock()
	defer s.mu.Unlock()
	var from Resume
	for n, p := range s.chunks {
		from.Done = append(from.Done, p...)
		from.NextChunk = max(from.NextChunk, n+1)
	}
	return from
}

// check verifies what holds after every attempt: the counts add up, what is
// saved is saved once, and a finished part has all its predictions in order.
func check(t *testing.T, examples []dataset.Example, o Outcome, err error, s *shelf) {
	t.Helper()
	if sum := o.Resumed + o.Classified + o.Invalid + o.Empty + o.Failed + o.Pending; o.Rows != len(examples) || sum != o.Rows {
		t.Errorf("%d examples, and the counts add up to %d: %+v", len(examples), sum, o)
	}
	saved := map[int64]dataset.Prediction{}
	for _, p := range s.resume().Done {
		if _, twice := saved[p.ConversationID]; twice {
			t.Errorf("conversation %d is saved twice", p.ConversationID)
		}
		saved[p.ConversationID] = p
	}
	if len(saved) != o.Rows-o.Pending {
		t.Errorf("%d predictions are saved, want %d", len(saved), o.Rows-o.Pending)
	}
	if o.NextChunk != s.resume().NextChunk {
		t.Errorf("the next chunk is %d, want %d", o.NextChunk, s.resume().NextChunk)
	}
	if err != nil {
		if o.Predictions != nil {
			t.Error("predictions beside an error")
		}
		return
	}
	if o.Pending != 0 || len(o.Predictions) != len(examples) {
		t.Fatalf("%d of %d predictions, %d pending", len(o.Predictions), len(examples), o.Pending)
	}
	for i, p := range o.Predictions {
		if p.ConversationID != examples[i].ID || p != saved[p.ConversationID] {
			t.Errorf("prediction %d is %+v, saved is %+v", i, p, saved[p.ConversationID])
		}
	}
}

func TestEveryExampleGetsItsPrediction(t *testing.T) {
	f := serve(t, nil)
	examples := part(300)
	var s shelf
	var last Progress
	o, err := Run(t.Context(), client(t, f, provider.Options{}), Options{Model: "m", Prompt: "p", Labels: labels, ChunkRows: 50}, examples, Resume{}, s.save,
		func(p Progress) { last = p })
	if err != nil {
		t.Fatal(err)
	}
	check(t, examples, o, err, &s)
	for i, p := range o.Predictions {
		want := dataset.Prediction{ConversationID: examples[i].ID, Company: labels[i%2], Confidence: 0.6065306597126334, Status: dataset.Classified, PromptTokens: 5, AnswerTokens: 1}
		if p.LatencyMS <= 0 {
			t.Errorf("answer %d took %d ms, of a provider that takes its time", i, p.LatencyMS)
		}
		p.LatencyMS = 0
		if p != want {
			t.Fatalf("prediction %d is %+v, want %+v", i, p, want)
		}
	}
	if f.total() != 300 || o.Questions != 300 || o.PromptTokens != 1500 || o.AnswerTokens != 300 {
		t.Errorf("%d requests, %+v", f.total(), o)
	}
	// While a chunk is being saved the next one grows: how far, the disk decides.
	if o.NextChunk < 2 || o.NextChunk > 7 {
		t.Errorf("300 rows in chunks of 50 took %d chunks", o.NextChunk)
	}
	if last != (Progress{Done: 300, Total: 300, NextChunk: o.NextChunk}) {
		t.Errorf("the last progress is %+v", last)
	}
}

func TestWhatBecomesOfAnAnswer(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, text string, nth int) bool {
		switch {
		case strings.HasPrefix(text, "second"):
			if nth == 1 {
				answer(w, "I think it is Acme")
			} else {
				answer(w, "\"@acme\".")
			}
		case strings.HasPrefix(text, "never"):
			answer(w, "acme or borg")
		case strings.HasPrefix(text, "blank"):
			answer(w, " Acme\n")
		case strings.HasPrefix(text, "silent"):
			fmt.Fprint(w, `{"choices":[{"message":{"content":"Borg"}}]}`)
		case strings.HasPrefix(text, "long"):
			refuse(w, 400, "context_length_exceeded")
		case strings.HasPrefix(text, "rude"):
			refuse(w, 400, "content_filter")
		case strings.HasPrefix(text, "odd"):
			refuse(w, 400, "some_code")
		default:
			return false
		}
		return true
	})
	examples := []dataset.Example{
		{ID: 1, Text: "ask Acme"}, {ID: 2, Text: "second x"}, {ID: 3, Text: "never x"}, {ID: 4, Text: "blank x"}, {ID: 5, Text: ""}, {ID: 6, Text: " \n"},
		{ID: 7, Text: "ask Unknown"}, {ID: 8, Text: "ask Acme"}, {ID: 9, Text: "silent x"}, {ID: 10, Text: "long x"}, {ID: 11, Text: "rude x"}, {ID: 12, Text: "odd x"}, {ID: 13, Text: "never x"},
	}
	const p = 0.6065306597126334
	predicted := func(id int64, company string, confidence float64, status dataset.Status, code string, prompt, answer int32) dataset.Prediction {
		return dataset.Prediction{ConversationID: id, Company: company, Confidence: confidence, Status: status, ErrorCode: code, PromptTokens: prompt, AnswerTokens: answer}
	}
	want := []dataset.Prediction{
		predicted(1, "Acme", p, dataset.Classified, "", 5, 1),
		predicted(2, "Acme", p, dataset.Classified, "", 10, 2),
		predicted(3, "Unknown", 0, dataset.Invalid, "", 10, 2),
		predicted(4, "Acme", p, dataset.Classified, "", 5, 1),
		predicted(5, "Unknown", 0, dataset.Empty, "", 0, 0),
		predicted(6, "Unknown", 0, dataset.Empty, "", 0, 0),
		predicted(7, "Unknown", p, dataset.Classified, "", 5, 1),
		predicted(8, "Acme", p, dataset.Classified, "", 0, 0),
		predicted(9, "Borg", 1, dataset.Classified, "", 0, 0),
		predicted(10, "Unknown", 0, dataset.Failed, "text_too_long", 0, 0),
		predicted(11, "Unknown", 0, dataset.Failed, "text_filtered", 0, 0),
		predicted(12, "Unknown", 0, dataset.Failed, "invalid_request", 0, 0),
		predicted(13, "Unknown", 0, dataset.Invalid, "", 0, 0),
	}
	var s shelf
	c := client(t, f, provider.Options{})
	// Before a model has answered, a refusal might be one of its parameters.
	if _, err := c.Classify(t.Context(), "m", "", "ask Acme"); err != nil {
		t.Fatal(err)
	}
	before := f.total()
	o, err := Run(t.Context(), c, Options{Model: "m", Labels: labels}, examples, Resume{}, s.save, nil)
	if err != nil {
		t.Fatal(err)
	}
	check(t, examples, o, err, &s)
	for i := range want {
		o.Predictions[i].LatencyMS = 0
		if o.Predictions[i] != want[i] {
			t.Errorf("got  %+v\nwant %+v", o.Predictions[i], want[i])
		}
	}
	if o.Reused != 2 || o.WithoutConfidence != 1 || o.Questions != f.total()-before || o.PromptTokens != 35 {
		t.Errorf("%d requests, %+v", f.total()-before, o)
	}
}

// Single questions that fail do not keep the others, wait for the next attempt,
// and are given up after the last one with the reason.
func TestFailuresThatMayPass(t *testing.T) { synctest.Test(t, testFailuresThatMayPass) }

func testFailuresThatMayPass(t *testing.T) {
	fates := []string{"server_error", "malformed_response", "connection", "timeout"}
	var healed atomic.Bool
	f := serve(t, func(w http.ResponseWriter, text string, nth int) bool {
		var n int
		fmt.Sscanf(text[len("ask Acme "):], "%d", &n)
		if n%10 != 0 || healed.Load() {
			return false
		}
		switch fates[n/10%4] {
		case "server_error":
			return refuse(w, 500, "")
		case "malformed_response":
			fmt.Fprint(w, `{"choices":[{`)
		case "connection":
			conn, buf, _ := w.(http.Hijacker).Hijack()
			fmt.Fprint(buf, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"choi")
			buf.Flush()
			conn.Close()
		case "timeout":
			time.Sleep(600 * time.Millisecond)
		}
		return true
	})
	c := client(t, f, provider.Options{RequestTimeout: 300 * time.Millisecond})
	examples := part(80)
	options := Options{Model: "m", Labels: labels}
	var s shelf

	o, err := Run(t.Context(), c, options, examples, Resume{}, s.save, nil)
	check(t, examples, o, err, &s)
	var e *provider.Error
	if !errors.As(err, &e) || e.Permanent || o.Pending != 8 || o.Classified != 72 || f.total() != 80 {
		t.Fatalf("got %v after %d requests, %+v", err, f.total(), o)
	}
	if !strings.HasPrefix(err.Error(), "8 of 80 conversations have no answer yet: ") {
		t.Errorf("the error is %q", err)
	}

	// The second attempt asks about the eight only.
	o, err = Run(t.Context(), c, options, examples, s.resume(), s.save, nil)
	check(t, examples, o, err, &s)
	if err == nil || o.Resumed != 72 || o.Pending != 8 || f.total() != 88 {
		t.Fatalf("got %v after %d requests, %+v", err, f.total(), o)
	}

	// A third one would succeed ...
	healed.Store(true)
	var copied shelf
	copied.save(0, s.resume().Done)
	o, err = Run(t.Context(), c, options, examples, copied.resume(), copied.save, nil)
	check(t, examples, o, err, &copied)
	if err != nil || o.Classified != 8 {
		t.Fatalf("got %v, %+v", err, o)
	}

	// ... and if it does not and is the last, every row says why.
	healed.Store(false)
	options.LastAttempt = true
	o, err = Run(t.Context(), c, options, examples, s.resume(), s.save, nil)
	check(t, examples, o, err, &s)
	if err != nil || o.Failed != 8 {
		t.Fatalf("got %v, %+v", err, o)
	}
	for i, p := range o.Predictions {
		if i%10 == 0 && (p.Status != dataset.Failed || p.ErrorCode != fates[i/10%4] || p.Company != dataset.Unknown) {
			t.Errorf("prediction %d is %+v, want %s", i, p, fates[i/10%4])
		}
	}
}

func TestLongRateLimitEndsTheAttempt(t *testing.T) {
	for name, after := range map[string]string{"with Retry-After": "30", "without": ""} {
		synctest.Test(t, func(t *testing.T) {
			t.Log(name)
			var mu sync.Mutex
			served := 0
			f := serve(t, func(w http.ResponseWriter, text string, nth int) bool {
				mu.Lock()
				served++
				over := served > 100
				mu.Unlock()
				if !over {
					return false
				}
				if after != "" {
					w.Header().Set("Retry-After", after)
				}
				return refuse(w, 429, "rate_limit_exceeded")
			})
			f.delay = 20 * time.Millisecond
			// The client waits out holds of this length; the attempt must not.
			c := client(t, f, provider.Options{MaxConcurrent: 16, RequestTimeout: time.Minute})
			examples := part(400)
			var s shelf
			start := time.Now()
			o, err := Run(t.Context(), c, Options{Model: "m", Labels: labels, Concurrency: 32}, examples, Resume{}, s.save, nil)
			check(t, examples, o, err, &s)
			var e *provider.Error
			if !errors.As(err, &e) || e.Reason != provider.RateLimited || e.Permanent || (after != "") != (e.RetryAfter == 30*time.Second) {
				t.Fatalf("got %v", err)
			}
			if o.Classified != 100 || o.Pending != 300 {
				t.Errorf("got %+v", o)
			}
			// Those under way when the limit was hit, and no more; without
			// a header, as many again after each of two waits at most.
			if n := f.total(); n > 100+8*16 {
				t.Errorf("%d requests, want few beyond the limit of 100", n)
			}
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("the attempt took %s: it waited instead of returning", d)
			}
		})
	}
}

func TestShortRateLimitsAreWaitedOut(t *testing.T) { synctest.Test(t, testShortRateLimitsAreWaitedOut) }

func testShortRateLimitsAreWaitedOut(t *testing.T) {
	var mu sync.Mutex
	var until time.Time
	served := 0
	f := serve(t, func(w http.ResponseWriter, text string, nth int) bool {
		mu.Lock()
		defer mu.Unlock()
		if time.Now().Before(until) {
			w.Header().Set("Retry-After-Ms", fmt.Sprint(time.Until(until).Milliseconds()+1))
			return refuse(w, 429, "rate_limit_exceeded")
		}
		if served++; served%40 == 0 {
			until = time.Now().Add(200 * time.Millisecond)
		}
		return false
	})
	examples := part(100)
	var s shelf
	o, err := Run(t.Context(), client(t, f, provider.Options{MaxConcurrent: 8}), Options{Model: "m", Labels: labels}, examples, Resume{}, s.save, nil)
	check(t, examples, o, err, &s)
	if err != nil || o.Classified != 100 {
		t.Fatalf("got %v, %+v", err, o)
	}
}

func TestRateLimitThatNeverEndsIsGivenUpInTheLastAttempt(t *testing.T) {
	synctest.Test(t, testRateLimitThatNeverEndsIsGivenUpInTheLastAttempt)
}

func testRateLimitThatNeverEndsIsGivenUpInTheLastAttempt(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, text string, nth int) bool {
		w.Header().Set("Retry-After-Ms", "5")
		return refuse(w, 429, "rate_limit_exceeded")
	})
	examples := part(30)
	var s shelf
	o, err := Run(t.Context(), client(t, f, provider.Options{}), Options{Model: "m", Labels: labels, LastAttempt: true}, examples, Resume{}, s.save, nil)
	check(t, examples, o, err, &s)
	if err != nil || o.Failed != 30 || o.Predictions[29].ErrorCode != "rate_limited" {
		t.Fatalf("got %v, %+v", err, o)
	}
}

func TestPermanentErrorsEndTheAttempt(t *testing.T) {
	for _, tc := range []struct {
		status int
		code   string
		reason provider.Reason
		kind   problem.Kind
	}{
		{429, "insufficient_quota", provider.QuotaExhausted, problem.Refused},
		{401, "invalid_api_key", provider.Unauthorized, problem.BadInput},
		{403, "", provider.Forbidden, problem.Refused},
		{404, "model_not_found", provider.NotFound, problem.BadInput},
	} {
		for _, last := range []bool{false, true} {
			t.Run(fmt.Sprint(tc.status, tc.code, last), func(t *testing.T) {
				var mu sync.Mutex
				served := 0
				f := serve(t, func(w http.ResponseWriter, text string, nth int) bool {
					mu.Lock()
					served++
					over := served > 50
					mu.Unlock()
					return over && refuse(w, tc.status, tc.code)
				})
				f.delay = 5 * time.Millisecond
				examples := part(200)
				var s shelf
				o, err := Run(t.Context(), client(t, f, provider.Options{}), Options{Model: "m", Labels: labels, Concurrency: 8, LastAttempt: last}, examples, Resume{}, s.save, nil)
				check(t, examples, o, err, &s)
				var e *provider.Error
				if !errors.As(err, &e) || e.Reason != tc.reason {
					t.Fatalf("got %v", err)
				}
				if kind, _ := problem.KindOf(err); kind != tc.kind {
					t.Errorf("got kind %q, want %q", kind, tc.kind)
				}
				if o.Classified != 50 || o.Failed != 0 || f.total() > 50+16 {
					t.Errorf("%d requests, %+v", f.total(), o)
				}
			})
		}
	}
}

// A request that is wrong for every text is the request's fault: no row is
// failed for it.
func TestRequestThatIsAlwaysRefused(t *testing.T) {
	for _, n := range []int{3, 500} {
		f := serve(t, func(w http.ResponseWriter, text string, nth int) bool { return refuse(w, 400, "unsupported_parameter") })
		f.delay = time.Millisecond
		examples := part(n)
		var s shelf
		o, err := Run(t.Context(), client(t, f, provider.Options{}), Options{Model: "m", Labels: labels, Concurrency: 4}, examples, Resume{}, s.save, nil)
		check(t, examples, o, err, &s)
		var e *provider.Error
		if !errors.As(err, &e) || e.Reason != provider.InvalidRequest || o.Pending != n || f.total() > 16+3 {
			t.Errorf("%d examples: got %v after %d requests, %+v", n, err, f.total(), o)
		}
	}
}

func TestProviderThatIsDown(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, text string, nth int) bool { return refuse(w, 503, "") })
	f.delay = time.Millisecond
	examples := part(1000)
	var s shelf
	o, err := Run(t.Context(), client(t, f, provider.Options{}), Options{Model: "m", Labels: labels, Concurrency: 8}, examples, Resume{}, s.save, nil)
	check(t, examples, o, err, &s)
	var e *provider.Error
	if !errors.As(err, &e) || e.Reason != provider.ServerError || e.Permanent || o.Pending != 1000 || f.total() > downAfter+16 {
		t.Fatalf("got %v after %d requests, %+v", err, f.total(), o)
	}

	o, err = Run(t.Context(), client(t, f, provider.Options{}), Options{Model: "m", Labels: labels, Concurrency: 8, LastAttempt: true}, examples, Resume{}, s.save, nil)
	check(t, examples, o, err, &s)
	if err != nil || o.Failed != 1000 || o.Predictions[999].ErrorCode != "server_error" {
		t.Fatalf("got %v, %+v", err, o)
	}
}

func TestLongestWaitIsReported(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, text string, nth int) bool {
		switch {
		case strings.HasSuffix(text, " 1"):
			w.Header().Set("Retry-After-Ms", "20")
			return refuse(w, 503, "")
		case strings.HasSuffix(text, " 2"):
			w.Header().Set("Retry-After-Ms", "70")
			return refuse(w, 503, "")
		case strings.HasSuffix(text, " 3"):
			return refuse(w, 500, "")
		}
		return false
	})
	examples := part(10)
	var s shelf
	o, err := Run(t.Context(), client(t, f, provider.Options{}), Options{Model: "m", Labels: labels}, examples, Resume{}, s.save, nil)
	check(t, examples, o, err, &s)
	var e *provider.Error
	if !errors.As(err, &e) || e.RetryAfter != 70*time.Millisecond || o.Pending != 3 {
		t.Fatalf("got %v, %+v", err, o)
	}
}

// A worker that stops keeps the answers to what it has sent and sends nothing
// more.
func TestCancelKeepsWhatWasSent(t *testing.T) { synctest.Test(t, testCancelKeepsWhatWasSent) }

func testCancelKeepsWhatWasSent(t *testing.T) {
	f := serve(t, nil)
	f.delay = 200 * time.Millisecond
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("the worker stops")
	time.AfterFunc(500*time.Millisecond, func() { cancel(stopped) })
	examples := part(300)
	var s shelf
	o, err := Run(ctx, client(t, f, provider.Options{MaxConcurrent: 8}), Options{Model: "m", Labels: labels, Concurrency: 32}, examples, Resume{}, s.save, nil)
	check(t, examples, o, err, &s)
	if !errors.Is(err, stopped) {
		t.Fatalf("got %v", err)
	}
	if o.Classified != 24 || f.total() != 24 { // eight at 0, 200 and 400 ms
		t.Errorf("%d requests were sent and %d answers kept, want 24: %+v", f.total(), o.Classified, o)
	}
}

func TestCancelGivesUpAfterTheGracePeriod(t *testing.T) {
	synctest.Test(t, testCancelGivesUpAfterTheGracePeriod)
}

func testCancelGivesUpAfterTheGracePeriod(t *testing.T) {
	f := serve(t, nil)
	f.delay = 4 * time.Second
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	examples := part(10)
	var s shelf
	start := time.Now()
	o, err := Run(ctx, client(t, f, provider.Options{}), Options{Model: "m", Labels: labels, Grace: 100 * time.Millisecond}, examples, Resume{}, s.save, nil)
	check(t, examples, o, err, &s)
	if !errors.Is(err, context.DeadlineExceeded) || o.Pending != 10 || time.Since(start) != 200*time.Millisecond {
		t.Fatalf("got %v after %s, %+v", err, time.Since(start), o)
	}
}

func TestSaveThatFails(t *testing.T) { synctest.Test(t, testSaveThatFails) }

func testSaveThatFails(t *testing.T) {
	f := serve(t, nil)
	f.delay = time.Millisecond
	full := errors.New("disk full")
	s := shelf{err: full}
	o, err := Run(t.Context(), client(t, f, provider.Options{}), Options{Model: "m", Labels: labels, ChunkRows: 10, Concurrency: 4}, part(2000), Resume{}, s.save, nil)
	if !errors.Is(err, full) || o.Predictions != nil || o.NextChunk != 0 {
		t.Fatalf("got %v, %+v", err, o)
	}
	if f.total() > 200 {
		t.Errorf("%d requests were paid for after the first chunk of 10 was lost", f.total())
	}
}

// Slow storage slows nothing else down.
func TestSavingDoesNotHoldUpAsking(t *testing.T) { synctest.Test(t, testSavingDoesNotHoldUpAsking) }

func testSavingDoesNotHoldUpAsking(t *testing.T) {
	f := serve(t, nil)
	f.delay = 10 * time.Millisecond
	examples := part(400)
	var s shelf
	slow := func(n int, p []dataset.Prediction) error {
		time.Sleep(295 * time.Millisecond) // ends amid answers
		f.mu.Lock()
		now := f.now
		f.mu.Unlock()
		if n == 0 && now == 0 {
			t.Error("nothing is asked while a chunk is saved")
		}
		return s.save(n, p)
	}
	c := client(t, f, provider.Options{MaxConcurrent: 4})
	o, err := Run(t.Context(), c, Options{Model: "m", Labels: labels, ChunkRows: 20, Concurrency: 4}, examples, Resume{}, slow, nil)
	check(t, examples, o, err, &s)
	if err != nil || f.most != 4 {
		t.Fatalf("got %v, %d at a time", err, f.most)
	}
}

func TestAnswersDoNotWaitLongToBeSaved(t *testing.T) {
	synctest.Test(t, testAnswersDoNotWaitLongToBeSaved)
}

func testAnswersDoNotWaitLongToBeSaved(t *testing.T) {
	f := serve(t, nil)
	f.delay = 30 * time.Millisecond
	examples := part(30)
	var s shelf
	o, err := Run(t.Context(), client(t, f, provider.Options{MaxConcurrent: 1}), Options{Model: "m", Labels: labels, SaveEvery: 100 * time.Millisecond}, examples, Resume{}, s.save, nil)
	check(t, examples, o, err, &s)
	if err != nil || o.NextChunk < 3 {
		t.Fatalf("got %v, and %d chunks in 0.9s", err, o.NextChunk)
	}
}

// What overlapping attempts may have left behind is read without harm.
func TestResume(t *testing.T) {
	f := serve(t, nil)
	examples := append(part(4), dataset.Example{ID: 2000, Text: "ask Acme 0"})
	classified := func(id int64, company string) dataset.Prediction {
		return dataset.Prediction{ConversationID: id, Company: company, Status: dataset.Classified, PromptTokens: 9}
	}
	from := Resume{Done: []dataset.Prediction{classified(1000, "Acme"), classified(1000, "Borg"), classified(77, "Acme"), classified(1001, "Borg")}, NextChunk: 5}
	var s shelf
	o, err := Run(t.Context(), client(t, f, provider.Options{}), Options{Model: "m", Labels: labels}, examples, from, s.save, nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.Resumed != 2 || o.Classified != 3 || o.Reused != 1 || f.total() != 2 || o.NextChunk != 6 {
		t.Errorf("%d requests, %+v", f.total(), o)
	}
	if o.Predictions[0] != classified(1000, "Acme") {
		t.Errorf("the first of two predictions does not stay: %+v", o.Predictions[0])
	}
	if p := o.Predictions[4]; p.ConversationID != 2000 || p.Company != "Acme" || p.PromptTokens != 0 {
		t.Errorf("the answer to the same text is not taken: %+v", p)
	}
	if len(s.chunks[5]) != 3 {
		t.Errorf("saved %v", s.chunks)
	}
}

func TestNothingToAsk(t *testing.T) {
	f := serve(t, nil)
	for _, examples := range [][]dataset.Example{nil, {{ID: 1, Text: " "}}} {
		var s shelf
		o, err := Run(t.Context(), client(t, f, provider.Options{}), Options{Model: "m", Labels: labels}, examples, Resume{}, s.save, nil)
		check(t, examples, o, err, &s)
		if err != nil || o.Empty != len(examples) {
			t.Errorf("got %v, %+v", err, o)
		}
	}
	if f.total() != 0 {
		t.Errorf("%d requests", f.total())
	}
}

func TestOptions(t *testing.T) {
	good := Options{Model: "m", Labels: labels}
	for name, o := range map[string]Options{
		"no model":    {Labels: labels},
		"no labels":   {Model: "m"},
		"concurrency": {Model: "m", Labels: labels, Concurrency: -1},
		"grace":       {Model: "m", Labels: labels, Grace: -1},
	} {
		_, err := Run(t.Context(), nil, o, part(1), Resume{}, nil, nil)
		if kind, _ := problem.KindOf(err); kind != problem.BadInput {
			t.Errorf("%s: got %v, want bad input", name, err)
		}
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}

// However the attempts go, the part ends with one prediction per example, and
// nothing that was saved is asked again.
func TestAttemptsAddUp(t *testing.T) { synctest.Test(t, testAttemptsAddUp) }

func testAttemptsAddUp(t *testing.T) {
	for seed := range 6 {
		var mu sync.Mutex
		n := 0
		f := serve(t, func(w http.ResponseWriter, text string, nth int) bool {
			mu.Lock()
			n++
			dice := (n*7919 + seed*104729) % 97
			mu.Unlock()
			switch {
			case dice == 0:
				return refuse(w, 429, "rate_limit_exceeded")
			case dice < 10:
				return refuse(w, 500, "")
			case dice < 14:
				answer(w, "nonsense")
				return true
			}
			return false
		})
		f.delay = time.Millisecond // the attempts' deadlines come amid answers
		c := client(t, f, provider.Options{})
		examples := part(500)
		var s shelf
		var o Outcome
		var err error
		for attempt := 0; attempt < 60; attempt++ {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(5+attempt*attempt)*time.Millisecond)
			o, err = Run(ctx, c, Options{Model: "m", Labels: labels, ChunkRows: 20, Concurrency: 16}, examples, s.resume(), s.save, nil)
			cancel()
			check(t, examples, o, err, &s)
			if err == nil {
				break
			}
		}
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}
