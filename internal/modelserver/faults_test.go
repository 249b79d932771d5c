package modelserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sashabaranov/go-openai"

	"switchboard/internal/pipelistener"
)

// plan reads a plan as a file has it.
func plan(t *testing.T, content string) *Faults {
	t.Helper()
	return must[*Faults](t)(ReadFaults(write(t, content)))
}

// try makes a request that may fail, and tells how in a word: the status,
// "cut" without an answer, "broken" for half of one, "malformed" for a whole
// one that is no JSON.
func (r *running) try(t *testing.T, method, path, body string) string {
	t.Helper()
	request := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(body)))
	request.Header.Set("Authorization", "Bearer "+testKey)
	// On a new connection a client does not repeat what was cut.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return "cut"
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "broken"
	case err != nil:
		t.Fatal(err)
	case !json.Valid(content):
		return "malformed"
	}
	return fmt.Sprint(response.StatusCode)
}

func TestFaultsOfRequests(t *testing.T) {
	for name, test := range map[string]struct {
		rules string
		want  []string // of requests to list all models
	}{
		"none":                    {``, []string{"200"}},
		"the first two":           {`{"route": "/v1/models", "first": 2, "status": 500}`, []string{"500", "500", "200", "200"}},
		"always":                  {`{"route": "/v1/models", "status": 503}`, []string{"503", "503", "503"}},
		"all routes":              {`{"route": "*", "status": 429, "retry_after": "2s"}`, []string{"429"}},
		"another route":           {`{"route": "/v1/files", "status": 500}`, []string{"200"}},
		"another method":          {`{"route": "*", "method": "POST", "status": 500}`, []string{"200"}},
		"cut before the work":     {`{"route": "/v1/models", "cut": "before", "first": 1}`, []string{"cut", "200"}},
		"cut before the headers":  {`{"route": "/v1/models", "cut": "headers", "first": 1}`, []string{"cut", "200"}},
		"cut in the body":         {`{"route": "/v1/models", "cut": "body", "first": 1}`, []string{"broken", "200"}},
		"malformed":               {`{"route": "/v1/models", "malformed": true, "first": 1}`, []string{"malformed", "200"}},
		"one rule after another":  {`{"route": "/v1/models", "first": 1, "status": 500}, {"route": "*", "first": 2, "cut": "body"}`, []string{"500", "broken", "broken", "200"}},
		"latency before a status": {`{"route": "/v1/models", "first": 1, "latency": "1ms", "status": 502}`, []string{"502", "200"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := start(t, Options{Faults: plan(t, `{"requests": [`+test.rules+`]}`)})
			for i, want := range test.want {
				if got := r.try(t, "GET", "/v1/models", ""); got != want {
					t.Errorf("request %d: %s, want %s", i+1, got, want)
				}
			}
			if got := r.try(t, "GET", "/healthz", ""); got != "200" {
				t.Errorf("health: %s", got)
			}
			if strings.Contains(r.log.String(), "panicked") {
				t.Error("a cut connection is logged as a panic")
			}
		})
	}
}

func TestFaultTellsWhenToComeAgain(t *testing.T) {
	r, _ := start(t, Options{Faults: plan(t, `{"requests": [{"route": "*", "status": 429, "retry_after": "1500ms"}]}`)})
	response, e := r.do(t, "GET", "/v1/files", testKey, nil)
	if response.StatusCode != 429 || e.Type != "requests" || response.Header.Get("Retry-After") != "2" || response.Header.Get("retry-after-ms") != "1500" {
		t.Errorf("%d %+v %v", response.StatusCode, e, response.Header)
	}
}

func TestFaultIsSlow(t *testing.T) {
	faults := plan(t, `{"requests": [{"route": "*", "latency": "150ms"}]}`)
	inBubble(t, Options{Faults: faults}, func(t *testing.T, r *running, _ *pipelistener.Listener) {
		begin := time.Now()
		if got, took := r.try(t, "GET", "/v1/models", ""), time.Since(begin); got != "200" || took != 150*time.Millisecond {
			t.Errorf("%s after %v", got, took)
		}
	})
}

// What is cut after the work was done, and only that.
func TestCutTellsWhetherTheWorkIsDone(t *testing.T) {
	for cut, want := range map[string]int{CutBefore: 0, CutHeaders: 1, CutBody: 1} {
		r, _ := start(t, Options{Faults: plan(t, `{"requests": [{"route": "/v1/fine_tuning/jobs", "method": "POST", "cut": "`+cut+`"}]}`)})
		body, _ := json.Marshal(map[string]any{"model": BaseModel, "training_file": r.upload(t, jsonl(1, 12))})
		if got := r.try(t, "POST", "/v1/fine_tuning/jobs", string(body)); got == "200" {
			t.Errorf("%s: the answer came", cut)
		}
		if got := len(r.jobs.newest()); got != want {
			t.Errorf("%s: %d jobs are there, want %d", cut, got, want)
		}
	}
}

// The same seed gives the same faults in the same places, about as many as
// were asked for; another gives others.
func TestFaultsAreDeterministic(t *testing.T) {
	run := func(seed int) (outcomes []string) {
		r, _ := start(t, Options{Faults: plan(t, fmt.Sprintf(`{"seed": %d, "requests": [{"route": "/v1/models", "probability": 0.3, "status": 500}]}`, seed))})
		for range 200 {
			outcomes = append(outcomes, r.try(t, "GET", "/v1/models", ""))
		}
		return outcomes
	}
	first, again, other := run(7), run(7), run(8)
	if !slices.Equal(first, again) {
		t.Error("the same seed gave other faults")
	}
	if slices.Equal(first, other) {
		t.Error("another seed gave the same faults")
	}
	failed := len(slices.DeleteFunc(slices.Clone(first), func(s string) bool { return s == "200" }))
	if failed < 40 || failed > 80 {
		t.Errorf("%d of 200 requests failed, want about 60", failed)
	}
}

func TestFaultsOfJobs(t *testing.T) {
	faults := plan(t, `{"jobs": [{"first": 1, "fail": "exceeded_quota"}, {"first": 1, "endless": true}], "model_delay": "300ms"}`)
	inBubble(t, Options{Faults: faults}, faultsOfJobs)
}

func faultsOfJobs(t *testing.T, r *running, _ *pipelistener.Listener) {
	file := r.upload(t, jsonl(1, 12))
	body := map[string]any{"training_file": file}

	failed := r.create(t, body)
	await(t, r.client, failed.ID, statusFailed)
	if j, _ := r.jobs.get(failed.ID); j.Error.Code != "exceeded_quota" || j.Error.Message == "" {
		t.Errorf("the first job failed with %+v", j.Error)
	}

	endless := r.create(t, body)
	await(t, r.client, endless.ID, statusRunning)
	var j jobObject
	r.call(t, "POST", "/v1/fine_tuning/jobs/"+endless.ID+"/pause", nil, &j)
	r.call(t, "POST", "/v1/fine_tuning/jobs/"+endless.ID+"/resume", nil, &j)
	await(t, r.client, endless.ID, statusRunning)
	time.Sleep(time.Hour) // ends when there is nothing left to train on
	if late, _ := r.jobs.get(endless.ID); late.Status != statusRunning {
		t.Errorf("a resumed endless job is %s", late.Status)
	}
	if _, err := r.client.CancelFineTuningJob(t.Context(), endless.ID); err != nil {
		t.Fatal(err)
	}

	model := await(t, r.client, r.create(t, body).ID, statusSucceeded).FineTunedModel
	if status, _ := r.raw(t, "GET", "/v1/models/"+model, testKey, "", nil); status != 404 {
		t.Errorf("the model is there at once: %d", status)
	}
	time.Sleep(300 * time.Millisecond)
	must[openai.ChatCompletionResponse](t)(r.client.CreateChatCompletion(t.Context(), ask(model, "my flight")))
}

// Closing does not wait for a job without an end, and leaves it as it is.
func TestClosingEndsAnEndlessJob(t *testing.T) {
	r, stop := start(t, Options{Faults: &Faults{Jobs: []JobFault{{Endless: true}}}})
	id := r.create(t, map[string]any{"training_file": r.upload(t, jsonl(1, 12))}).ID
	await(t, r.client, id, statusRunning)
	stop()
	if j, _ := r.jobs.get(id); j.Status != statusRunning || j.Attempts != 0 {
		t.Errorf("the job is %s after %d attempts, want it running with none", j.Status, j.Attempts)
	}
}

func TestReadFaultsRefuses(t *testing.T) {
	request := func(fields string) string { return `{"requests": [` + fields + `]}` }
	for name, test := range map[string]struct{ content, want string }{
		"no JSON":              {"{", "ends too early"},
		"unknown field":        {`{"sed": 1}`, `unknown field "sed"`},
		"unknown in a rule":    {request(`{"route": "*", "code": 500}`), `unknown field "code"`},
		"no route":             {request(`{"status": 500}`), "request fault 1: it has no route"},
		"unknown route":        {request(`{"route": "/v1/models/x", "status": 500}`), `there is no route "/v1/models/x"`},
		"unknown method":       {request(`{"route": "/v1/models", "method": "PUT", "status": 500}`), `has no method "PUT"`},
		"nothing to do":        {request(`{"route": "*"}`), "it does nothing"},
		"two things":           {request(`{"route": "*", "status": 500, "malformed": true}`), "more than one of"},
		"a success":            {request(`{"route": "*", "status": 200}`), "its status is 200"},
		"retry without status": {request(`{"route": "*", "cut": "body", "retry_after": "1s"}`), "retry_after without a status"},
		"unknown cut":          {request(`{"route": "*", "cut": "off"}`), `its cut is "off"`},
		"bad duration":         {request(`{"route": "*", "latency": "fast"}`), `"fast" is no duration`},
		"below 0":              {request(`{"route": "*", "latency": "-1s"}`), `"-1s" is no duration`},
		"a strange chance":     {request(`{"route": "*", "status": 500, "probability": 1.5}`), "probability from 0 to 1"},
		"two chances":          {request(`{"route": "*", "status": 500, "probability": 0.5, "first": 1}`), "both first and probability"},
		"second rule":          {request(`{"route": "*", "status": 500}, {"route": "*"}`), "request fault 2"},
		"a job's nothing":      {`{"jobs": [{}]}`, "job fault 1: it needs either"},
		"a job's both":         {`{"jobs": [{"fail": "x", "endless": true}]}`, "job fault 1: it needs either"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, test.content)
			faults, err := ReadFaults(path)
			if err == nil {
				_, err = New(Options{Dir: t.TempDir(), Keys: []string{"k"}, Faults: faults})
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error is %v, want one with %q and the file", err, test.want)
			}
		})
	}
}

// Whatever a file holds, it is refused with a reason or is a plan that can be
// followed, the same way each time.
func FuzzReadFaults(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, `{"seed": 18446744073709551615}`, `{"requests": [null]}`,
		`{"requests": [{"route": "*", "status": 429, "retry_after": "2s", "probability": 1e-9}]}`,
		`{"jobs": [{"fail": "x", "first": 9223372036854775807}], "model_delay": "1h"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		faults, err := ReadFaults(write(t, content))
		if err != nil {
			if err.Error() == "" {
				t.Error("the refusal has no reason")
			}
			return
		}
		one, other := newFaults(faults), newFaults(faults)
		for i := range 20 {
			a, _ := one.request("/v1/models", "GET")
			b, _ := other.request("/v1/models", "GET")
			if a != b {
				t.Errorf("request %d: %+v and %+v", i, a, b)
			}
			id := fmt.Sprint(i)
			if first, again := one.job(id), one.job(id); first != again {
				t.Errorf("job %d: %+v and then %+v", i, first, again)
			}
		}
	})
}
