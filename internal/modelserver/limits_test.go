package modelserver

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchboard/internal/pipelistener"
)

// keepsTo makes times of requests of which no window of a minute has more than
// limit: bursts, pauses and everything between.
func keepsTo(random *rand.Rand, limit, n int) []time.Duration {
	var times []time.Duration
	var now time.Duration
	for len(times) < n {
		if random.IntN(3) == 0 {
			now += time.Duration(random.Int64N(int64(2 * time.Minute)))
		} else {
			now += time.Duration(random.Int64N(int64(2*time.Minute) / int64(limit)))
		}
		if len(times) >= limit {
			now = max(now, times[len(times)-limit]+time.Minute)
		}
		for range 1 + random.IntN(limit) { // as a burst, as far as it goes
			if len(times) >= limit && now < times[len(times)-limit]+time.Minute {
				break
			}
			times = append(times, now)
		}
	}
	return times
}

// Who keeps to a limit in every window of a minute is never refused, also if
// requests overtake each other a little on their way.
func TestBucketAdmitsWhoKeepsToTheLimit(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		limit := 1 + random.IntN(40)
		b, start := newBucket(limit), time.Unix(1_800_000_000, 0)
		last := start
		for i, at := range keepsTo(random, limit, 300) {
			now := start.Add(at + time.Duration(random.Int64N(int64(jitter))))
			if now.Before(last) {
				now = last
			}
			last = now
			if a := b.take(now, 1); a.wait != 0 {
				t.Fatalf("seed %d: request %d of a limit of %d is refused: %+v", seed, i, limit, a)
			}
		}
	}
}

// Who asks without an end gets two allowances in the first minute and one in
// each of the next.
func TestBucketBoundsWhoDoesNot(t *testing.T) {
	const limit = 60
	b, start := newBucket(limit), time.Unix(1_800_000_000, 0)
	admitted := 0
	for ms := range 5 * 60_000 / 10 {
		if b.take(start.Add(time.Duration(ms)*10*time.Millisecond), 1).wait == 0 {
			admitted++
		}
	}
	if want := 6 * limit; admitted < want-1 || admitted > want+1 {
		t.Errorf("%d requests were admitted in five minutes, want %d", admitted, want)
	}
}

// Waiting as long as an answer says is enough, and a little less is not.
func TestBucketTellsHowLongToWait(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		limit := 1 + random.IntN(1000)
		b, now := newBucket(limit), time.Unix(1_800_000_000, 0)
		n := 1 + random.IntN(2*limit)
		a := b.take(now, n)
		for a.wait == 0 {
			a = b.take(now, n)
		}
		if early := b.take(now.Add(a.wait-2*jitter), n); a.wait > 2*jitter && early.wait == 0 {
			t.Fatalf("limit %d, %d at a time: admitted before the %v it was told", limit, n, a.wait)
		}
		if late := b.take(now.Add(a.wait), n); late.wait != 0 {
			t.Fatalf("limit %d, %d at a time: after %v another %v", limit, n, a.wait, late.wait)
		}
	}
}

// More than a minute's allowance is served by a full bucket, and paid for.
func TestBucketServesWhatIsLargerThanItself(t *testing.T) {
	b, now := newBucket(60), time.Unix(1_800_000_000, 0)
	if a := b.take(now, 180); a.wait != 0 || a.left != 0 || a.full != 3*time.Minute {
		t.Errorf("first: %+v", a)
	}
	if a := b.take(now, 1); a.wait != 2*time.Minute+time.Second {
		t.Errorf("second: %+v", a)
	}
}

// do makes a request and returns the whole answer.
func (r *running) do(t *testing.T, method, path, key string, body any) (*http.Response, apiError) {
	t.Helper()
	content, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(string(content))))
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response := must[*http.Response](t)(http.DefaultClient.Do(request))
	var answer struct {
		Error apiError `json:"error"`
	}
	_ = json.Unmarshal([]byte(readAll(t, response.Body)), &answer)
	return response, answer.Error
}

func TestLimitsOfKeys(t *testing.T) {
	r, _ := start(t, Options{NamedKeys: []Key{
		{Name: "few-requests", Key: "k1", RequestsPerMinute: 3},
		{Name: "few-tokens", Key: "k2", RequestsPerMinute: 1000, TokensPerMinute: 30, Admin: true}, // to ask another's model
	}})
	model := r.trained(t)
	body := ask(model, "my flight is late") // 4 tokens, 4 of the system's, 1 label

	for left := 2; left >= 0; left-- {
		response, _ := r.do(t, "GET", "/v1/models/none", "k1", nil)
		if h := response.Header; response.StatusCode != 404 || h.Get("x-ratelimit-limit-requests") != "3" || h.Get("x-ratelimit-remaining-requests") != strconv.Itoa(left) ||
			h.Get("x-ratelimit-reset-requests") == "" || h.Get("x-ratelimit-limit-tokens") != "" {
			t.Errorf("%d with %v, want 404 and the limits of requests only, with %d left", response.StatusCode, h, left)
		}
	}
	response, e := r.do(t, "GET", "/v1/models", "k1", nil)
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	ms, _ := strconv.Atoi(response.Header.Get("retry-after-ms"))
	if response.StatusCode != 429 || e.Type != "requests" || *e.Code != "rate_limit_exceeded" || seconds != 20 || ms < 19_000 || ms > 20_000 {
		t.Errorf("over the limit: %d %+v, Retry-After %d, retry-after-ms %d", response.StatusCode, e, seconds, ms)
	}

	used := 0
	for {
		response, e = r.do(t, "POST", "/v1/chat/completions", "k2", body)
		if response.StatusCode != 200 {
			break
		}
		used++
		if left := response.Header.Get("x-ratelimit-remaining-tokens"); used == 1 && left != "21" {
			t.Errorf("after 9 of 30 tokens %s are left", left)
		}
	}
	if used != 3 || response.StatusCode != 429 || e.Type != "tokens" || *e.Code != "rate_limit_exceeded" || response.Header.Get("Retry-After") == "" {
		t.Errorf("after %d answers of 9 tokens: %d %+v", used, response.StatusCode, e)
	}
	// What takes no tokens is still answered, and so are other keys.
	if response, _ := r.do(t, "GET", "/v1/models", "k2", nil); response.StatusCode != 200 || response.Header.Get("x-ratelimit-limit-tokens") != "30" {
		t.Errorf("a list without tokens left: %d %v", response.StatusCode, response.Header)
	}
	if response, _ := r.do(t, "POST", "/v1/chat/completions", testKey, body); response.StatusCode != 200 || response.Header.Get("x-ratelimit-limit-requests") != "" {
		t.Errorf("a key without limits: %d %v", response.StatusCode, response.Header)
	}
	if log := r.log.String(); !strings.Contains(log, "key=few-tokens") {
		t.Error("the log does not say who asked")
	}
	metrics := r.scrape(t)
	for _, want := range []string{`rate_limited_total{key="few-requests",kind="requests"} 1`, `rate_limited_total{key="few-tokens",kind="tokens"} 1`, `tokens_total{kind="prompt"} 32`, `tokens_total{kind="completion"} 4`} {
		if !strings.Contains(metrics, "switchboard_modelserver_"+want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// A client that does what the headers say is served without a refusal.
func TestClientThatObeysIsNeverRefused(t *testing.T) {
	inBubble(t, Options{NamedKeys: []Key{{Name: "team", Key: "k", RequestsPerMinute: 1200}}}, clientThatObeysIsNeverRefused)
}

func clientThatObeysIsNeverRefused(t *testing.T, r *running, _ *pipelistener.Listener) {
	holders := *r.holders.Load()
	holders[len(holders)-1].requests.level = 5 // most of the minute is spent
	for i := range 60 {
		response, e := r.do(t, "GET", "/v1/models", "k", nil)
		if response.StatusCode != 200 {
			t.Fatalf("request %d: %d %+v", i, response.StatusCode, e)
		}
		if response.Header.Get("x-ratelimit-remaining-requests") == "0" {
			time.Sleep(time.Minute / 1200)
		}
	}
}

func TestQueueIsBounded(t *testing.T) {
	r, _ := start(t, Options{MaxChats: 2, MaxWaitingChats: 3})
	model := r.trained(t)
	var leave []func()
	for range 2 {
		leave = append(leave, must[func()](t)(r.chats.enter(t.Context(), nil)))
	}
	answers := make(chan int, 3)
	for range 3 {
		go func() {
			body, _ := json.Marshal(ask(model, "my flight"))
			status, _ := r.raw(t, "POST", "/v1/chat/completions", testKey, "application/json", strings.NewReader(string(body)))
			answers <- status
		}()
	}
	for r.chats.waiting.Load() < 3 {
		time.Sleep(time.Millisecond)
	}
	response, e := r.do(t, "POST", "/v1/chat/completions", testKey, ask(model, "my flight"))
	if response.StatusCode != 503 || e.Type != "server_error" || *e.Code != "overloaded" || response.Header.Get("Retry-After") != "1" {
		t.Errorf("beyond the queue: %d %+v", response.StatusCode, e)
	}
	if metrics := r.scrape(t); !strings.Contains(metrics, "chats_working 2\n") || !strings.Contains(metrics, "chats_waiting 3\n") {
		t.Error("the metrics do not show 2 in work and 3 waiting")
	}
	// Nothing but chats waits.
	if status, _ := r.raw(t, "GET", "/v1/models", testKey, "", nil); status != 200 {
		t.Errorf("a list beside the queue: %d", status)
	}
	for _, l := range leave {
		l()
	}
	for range 3 {
		if status := <-answers; status != 200 {
			t.Errorf("who waited gets %d", status)
		}
	}
	// Who has gone away gives its place back.
	q := newQueue(1, 1)
	must[func()](t)(q.enter(t.Context(), nil))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := q.enter(gone, nil); !errors.Is(err, context.Canceled) || q.waiting.Load() != 0 {
		t.Errorf("who went away got %v, and %d still wait", err, q.waiting.Load())
	}
}
