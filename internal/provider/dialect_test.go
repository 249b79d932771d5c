package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/problem"
)

// What servers answer here is in the shapes that issues about them show; the texts
// are made up.

// A parameter that a question can do without is left out once it was refused, and
// only the first question is asked again.
func TestRefusedParameterIsLeftOut(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		left   []string // out of the question
	}{
		"a gateway, in words":    {422, `{"error":{"message":"The deployment does not support logprobs request parameter.","type":"invalid_request_error","param":null,"code":"422"}}`, []string{"logprobs"}},
		"OpenAI, by parameter":   {400, `{"error":{"message":"no","type":"invalid_request_error","param":"logprobs","code":"unsupported_parameter"}}`, []string{"logprobs"}},
		"a model that reasons":   {400, `{"error":{"message":"Unsupported value: 'temperature' does not support 0 with this model.","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}`, []string{"temperature"}},
		"the newer name":         {400, `{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","param":"max_tokens","code":"unsupported_parameter"}}`, []string{"max_tokens"}},
		"pydantic":               {422, `{"detail":[{"type":"extra_forbidden","loc":["body","logprobs"],"msg":"Extra inputs are not permitted","input":true}]}`, []string{"logprobs"}},
		"a bare error":           {400, `{"object":"error","message":"logprobs is not supported by this engine","type":"BadRequestError","code":400}`, []string{"logprobs"}},
		"both names at once":     {400, `{"error":{"message":"Unsupported parameters: logprobs, top_logprobs","code":null}}`, []string{"logprobs"}},
		"a sentence and no more": {400, `{"error":"Unrecognized request argument supplied: logprobs"}`, []string{"logprobs"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				var sent map[string]any
				_ = json.Unmarshal(body, &sent)
				for _, parameter := range c.left {
					if _, there := sent[parameter]; there {
						w.WriteHeader(c.status)
						fmt.Fprint(w, c.body)
						return
					}
				}
				answer(w, "AcmeAir", -0.1)
			})
			client := client(t, f, Options{})
			for range 3 {
				if a, err := client.Classify(t.Context(), "m", "s", "x"); err != nil || a.Text != "AcmeAir" {
					t.Fatalf("%+v, %v", a, err)
				}
			}
			if n := f.requests.Load(); n != 4 {
				t.Errorf("3 questions took %d requests, want 4", n)
			}
			lacks := client.Lacks("m")
			if len(lacks) != 1 || !slices.Contains(c.left, strings.TrimPrefix(string(lacks[0]), "refuses ")) || !strings.Contains(lacks[0].Sentence(), "refuses") {
				t.Errorf("what it lacks is told as %q", lacks)
			}
			if other := client.Lacks("another"); other != nil {
				t.Errorf("another model lacks %q", other)
			}
		})
	}
}

func TestSeveralParametersAreRefusedOneAfterTheOther(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		for _, parameter := range []string{"logprobs", "temperature", "max_tokens"} {
			if strings.Contains(string(body), `"`+parameter+`"`) {
				w.WriteHeader(400)
				fmt.Fprintf(w, `{"error":{"message":"no","param":%q,"code":"unsupported_parameter"}}`, parameter)
				return
			}
		}
		answer(w, "AcmeAir")
	})
	c := client(t, f, Options{})
	if _, err := c.Classify(t.Context(), "m", "s", "x"); err != nil {
		t.Fatal(err)
	}
	if want := []Lack{"refuses logprobs", "refuses temperature", "refuses max_tokens"}; !slices.Equal(c.Lacks("m"), want) {
		t.Errorf("left out are %q", c.Lacks("m"))
	}
}

// What a question cannot do without is not left out, and neither is what a sentence
// only happens to mention.
func TestOtherRefusalsStand(t *testing.T) {
	for name, body := range map[string]string{
		"the model":                    `{"error":{"message":"no","param":"model","code":"unsupported_value"}}`,
		"the messages":                 `{"error":{"message":"messages are not supported","param":"messages"}}`,
		"the customer's own words":     `{"error":{"message":"cannot read: my seed potatoes and the temperature"}}`,
		"two of them":                  `{"error":{"message":"seed and temperature are not supported together"}}`,
		"again, after it was left out": `{"error":{"message":"no","param":"logprobs"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(400)
				fmt.Fprint(w, body)
			})
			c := client(t, f, Options{})
			for range 2 {
				_, err := c.Classify(t.Context(), "m", "s", "x")
				var e *Error
				if !errors.As(err, &e) || e.Reason != InvalidRequest || !e.Permanent {
					t.Fatalf("got %v", err)
				}
			}
			// What can be guessed is guessed for the first text alone.
			if n := f.requests.Load(); n > int64(len(guesses))+2 {
				t.Errorf("two texts were asked %d times", n)
			}
		})
	}
}

// Sentences of servers that no list knows: what is refused shows by leaving it out.
func TestRefusalInUnknownWordsIsFoundByAsking(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
	}{
		"Mistral's nested detail": {422, `{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","logprobs"],"msg":"Extra inputs are not permitted","input":true}]},"type":"invalid_request_error"}`},
		"Gemini's list":           {400, `[{"error":{"code":400,"message":"Logprobs is not enabled for models/m","status":"INVALID_ARGUMENT"}}]`},
		"another spelling":        {400, `{"error":{"message":"log probabilities are unavailable for this deployment"}}`},
		"another language":        {400, `{"error":{"message":"Parameter wird nicht angeboten"}}`},
		"no words":                {400, ``},
		"not implemented":         {501, `{"error":"not implemented"}`},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, r *http.Request) {
				var q map[string]any
				if json.NewDecoder(r.Body).Decode(&q); q["logprobs"] != nil {
					w.WriteHeader(tc.status)
					fmt.Fprint(w, tc.body)
					return
				}
				fmt.Fprint(w, `{"choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"AcmeAir"}}]}`)
			})
			c := client(t, f, Options{})
			for range 2 {
				if answer, err := c.Classify(t.Context(), "m", "s", "x"); err != nil || answer.Text != "AcmeAir" {
					t.Fatalf("got %+v, %v", answer, err)
				}
			}
			if n := f.requests.Load(); n != 3 {
				t.Errorf("two texts were asked %d times, want once more than that", n)
			}
			if found := c.Lacks("m"); !slices.Contains(found, Lack("refuses logprobs")) {
				t.Errorf("the model is said to lack %v", found)
			}
			c.Forget("m")
			if found := c.Lacks("m"); len(found) != 0 {
				t.Errorf("what was forgotten is said: %v", found)
			}
		})
	}
}

// A model that has answered is not asked twice for one text: what is refused then,
// is refused for the text.
func TestRefusedTextIsNotAskedAgain(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "refused text") {
			w.WriteHeader(400)
			return
		}
		fmt.Fprint(w, `{"choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"AcmeAir"}}]}`)
	})
	c := client(t, f, Options{})
	if _, err := c.Classify(t.Context(), "m", "s", "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Classify(t.Context(), "m", "s", "refused text"); err == nil {
		t.Error("the refusal is passed over")
	}
	if n := f.requests.Load(); n != 2 {
		t.Errorf("two texts were asked %d times", n)
	}
}

func TestModelThatIsKnownByTheListAlone(t *testing.T) {
	for name, refuse := range map[string]func(http.ResponseWriter){
		"FastAPI":     func(w http.ResponseWriter) { w.WriteHeader(404); fmt.Fprint(w, `{"detail":"Not Found"}`) },
		"plain text":  func(w http.ResponseWriter) { http.Error(w, "404 page not found", 404) },
		"405":         func(w http.ResponseWriter) { w.WriteHeader(405); fmt.Fprint(w, `{"error":{"message":"no"}}`) },
		"501":         func(w http.ResponseWriter) { w.WriteHeader(501) },
		"no such URL": func(w http.ResponseWriter) { w.WriteHeader(404); fmt.Fprint(w, `{"error":{"code":"unknown_url"}}`) },
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/v1/models" {
					refuse(w)
					return
				}
				fmt.Fprint(w, `{"object":"list","data":[{"id":"base-1"},{"id":"base-2"}]}`)
			})
			c := client(t, f, Options{})
			if m, err := c.Model(t.Context(), "base-2"); err != nil || m.ID != "base-2" {
				t.Errorf("got %+v, %v", m, err)
			}
			_, err := c.Model(t.Context(), "base-3")
			var e *Error
			if !errors.As(err, &e) || !e.NotFound() {
				t.Errorf("a model that is not listed: %v", err)
			}
		})
	}
}

func TestContentInParts(t *testing.T) {
	for name, c := range map[string]struct{ message, want string }{
		"one part":         {`{"content":[{"type":"text","text":"AcmeAir"}]}`, "AcmeAir"},
		"several":          {`{"content":[{"type":"text","text":"Acme"},{"type":"text","text":"Air"}]}`, "AcmeAir"},
		"what was thought": {`{"content":[{"type":"thinking","thinking":"hm","text":"BoltNet?"},{"type":"text","text":"AcmeAir"}]}`, "AcmeAir"},
		"output_text":      {`{"content":[{"type":"output_text","text":"AcmeAir"}]}`, "AcmeAir"},
		"nothing":          {`{"content":null,"refusal":"no"}`, ""},
		"no parts":         {`{"content":[]}`, ""},
		"beside reasoning": {`{"content":"AcmeAir","reasoning_content":"BoltNet?"}`, "AcmeAir"},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(w, `{"choices":[{"message":%s}]}`, c.message)
			})
			a, err := client(t, f, Options{}).Classify(t.Context(), "m", "s", "x")
			if err != nil || a.Text != c.want {
				t.Errorf("got %q, %v, want %q", a.Text, err, c.want)
			}
		})
	}
}

// A word that may not be shown is not read either.
func TestOtherWordsAreReadAtAll(t *testing.T) {
	for _, words := range []map[JobStatus]JobStatus{finalWords, otherWords} {
		for word, means := range words {
			if shown := state(strings.ToUpper(string(word))); shown != string(word) {
				t.Errorf("%s is read as %q", word, shown)
			}
			if got := statusOf("JOB_STATE_"+strings.ToUpper(string(word)), "ft:m", true); got != means {
				t.Errorf("%s means %s, want %s", word, got, means)
			}
		}
	}
}

func TestJobsInOtherWords(t *testing.T) {
	for name, c := range map[string]struct {
		fields string
		status JobStatus
		model  string
		word   string
	}{
		"the protocol's":         {`"status":"succeeded","fine_tuned_model":"ft:m"`, Succeeded, "ft:m", "succeeded"},
		"completed":              {`"status":"completed","fine_tuned_model":"ft:m"`, Succeeded, "ft:m", "completed"},
		"SUCCESS":                {`"status":"SUCCESS","fine_tuned_model":"ft:m"`, Succeeded, "ft:m", "success"},
		"Fireworks":              {`"status":"JOB_STATE_COMPLETED"`, Succeeded, "", "job_state_completed"},
		"errored":                {`"status":"errored"`, JobFailed, "", "errored"},
		"user_error":             {`"status":"user_error"`, JobFailed, "", "user_error"},
		"TIMEOUT_EXCEEDED":       {`"status":"TIMEOUT_EXCEEDED"`, JobFailed, "", "timeout_exceeded"},
		"FAILED_VALIDATION":      {`"status":"FAILED_VALIDATION"`, JobFailed, "", "failed_validation"},
		"an early stop":          {`"status":"JOB_STATE_EARLY_STOPPED"`, Succeeded, "", "job_state_early_stopped"},
		"uploading a model":      {`"status":"uploading","fine_tuned_model":"ft:m"`, Running, "ft:m", "uploading"},
		"CANCELLATION_REQUESTED": {`"status":"CANCELLATION_REQUESTED","fine_tuned_model":"ft:m"`, Running, "ft:m", "cancellation_requested"},
		"canceled":               {`"status":"canceled"`, Cancelled, "", "canceled"},
		"pending":                {`"status":"pending"`, Queued, "", "pending"},
		"in_progress":            {`"status":"in_progress"`, Running, "", "in_progress"},
		"unknown, with a model":  {`"status":"published","fine_tuned_model":"ft:m"`, Succeeded, "ft:m", otherState},
		"unknown, with an error": {`"status":"broken_down","error":{"message":"it broke"}`, JobFailed, "", otherState},
		"unknown, and no more":   {`"status":"warming-up"`, otherStateOf(), "", otherState},
		"running with a model":   {`"status":"running","fine_tuned_model":"ft:m"`, Running, "ft:m", "running"},
		"an empty error is none": {`"status":"running","error":{"code":null,"message":null,"param":null}`, Running, "", "running"},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"id":"j1",%s}`, c.fields) })
			j, err := client(t, f, Options{}).Job(t.Context(), "j1")
			if err != nil || j.Status != c.status || j.FineTunedModel != c.model || j.Word != c.word {
				t.Errorf("got %+v, %v", j, err)
			}
		})
	}
}

// otherStateOf is the status of a word that is not known.
func otherStateOf() JobStatus { return JobStatus(strings.ReplaceAll(otherState, " ", "_")) }

// What is not needed may be of any form.
func TestFieldsThatAreNotNeededAreReadLeniently(t *testing.T) {
	for name, c := range map[string]struct {
		fields string
		check  func(Job) bool
	}{
		"tokens with a fraction":    {`"trained_tokens":12345.0`, func(j Job) bool { return j.TrainedTokens == 12345 }},
		"tokens in a string":        {`"trained_tokens":"12345"`, func(j Job) bool { return j.TrainedTokens == 12345 }},
		"tokens in an object":       {`"trained_tokens":{"total":1}`, func(j Job) bool { return j.TrainedTokens == 0 }},
		"the step that was kept":    {`"best_step":40`, func(j Job) bool { return j.BestStep == 40 }},
		"the size of the model":     {`"model_bytes":12345`, func(j Job) bool { return j.ModelBytes == 12345 }},
		"a step in words":           {`"best_step":"the last"`, func(j Job) bool { return j.BestStep == 0 }},
		"a time in words":           {`"created_at":"2026-11-28T01:00:00Z"`, func(j Job) bool { return j.Created.Unix() == 1795827600 }},
		"a time without a zone":     {`"created_at":"2026-11-28T01:00:00.123456"`, func(j Job) bool { return j.Created.Unix() == 1795827600 }},
		"seconds in a string":       {`"created_at":"1795827600"`, func(j Job) bool { return j.Created.Unix() == 1795827600 }},
		"no time":                   {`"created_at":"yesterday"`, func(j Job) bool { return j.Created.IsZero() }},
		"files as objects":          {`"result_files":[{"id":"file-res"},{"name":"file-2"}]`, func(j Job) bool { return slices.Equal(j.ResultFiles, []string{"file-res", "file-2"}) }},
		"one file":                  {`"result_files":"file-res"`, func(j Job) bool { return slices.Equal(j.ResultFiles, []string{"file-res"}) }},
		"no files":                  {`"result_files":null`, func(j Job) bool { return j.ResultFiles == nil }},
		"the training file":         {`"training_file":{"id":"file-1","bytes":3}`, func(j Job) bool { return j.TrainingFile == "file-1" }},
		"metadata of all kinds":     {`"metadata":{"a":"b","n":1,"o":{}}`, func(j Job) bool { return len(j.Metadata) == 1 && j.Metadata["a"] == "b" }},
		"metadata that is none":     {`"metadata":"none"`, func(j Job) bool { return j.Metadata == nil }},
		"hyperparameters":           {`"hyperparameters":"auto","method":[1],"seed":"7"`, func(j Job) bool { return j.Epochs == 0 && j.Seed == 7 }},
		"an error in a string":      {`"error":""`, func(j Job) bool { return j.Error == (JobError{}) }},
		"suffix and model as lists": {`"suffix":["x"],"model":["x"]`, func(j Job) bool { return j.Suffix == "" && j.BaseModel == "" }},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(w, `{"id":"j1","status":"running",%s}`, c.fields)
			})
			j, err := client(t, f, Options{}).Job(t.Context(), "j1")
			if err != nil || !c.check(j) {
				t.Errorf("got %+v, %v", j, err)
			}
		})
	}
}

// Why a job failed is said in this program's words, whatever the provider quotes.
func TestCausesOfFailure(t *testing.T) {
	for said, want := range map[string]string{
		`"out of memory"`: "out of memory",
		`{"message":"CUDA out of memory. Tried to allocate 2 GiB, Jane Doe said","code":null}`: "out of memory",
		`{"message":"torch.cuda.OutOfMemoryError"}`:                                            "out of memory",
		`{"message":"The job exceeded its time limit of 4h"}`:                                  "out of time",
		`{"message":"[Errno 28] No space left on device"}`:                                     "no space left on a disk",
		`{"message":"You exceeded your current credit balance"}`:                               "no quota or credit left",
		`{"message":"file rejected by moderation: my name is Jane"}`:                           "content policy",
		`{"message":"Invalid file format on line 3: {\"a\": \"Jane\"}"}`:                       "form that the provider expects",
		`{"message":"Jane Doe cried"}`:                                                         "j1 failed at the provider: look there for the reason",
		`{"message":"Jane Doe cried","code":"server_error"}`:                                   "j1 failed at the provider (server_error): look there",
		`null`: "j1 failed at the provider: look there for the reason",
	} {
		f := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"id":"j1","status":"failed","error":%s}`, said)
		})
		j, err := client(t, f, Options{}).Job(t.Context(), "j1")
		if err != nil {
			t.Fatal(err)
		}
		failure := j.Failure()
		if kind, _ := problem.KindOf(failure); kind != problem.Refused || !strings.Contains(failure.Error(), want) || strings.Contains(failure.Error(), "Jane") {
			t.Errorf("%s is told as %v", said, failure)
		}
	}
}

func TestErrorInsideAnAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		reason Reason
	}{
		"a status in a number": {`{"error":{"code":429,"message":"slow down"}}`, RateLimited},
		"a status in a string": {`{"error":{"code":"502","message":"x"}}`, ServerError},
		"a code":               {`{"error":{"code":"rate_limit_exceeded"}}`, RateLimited},
		"a type":               {`{"error":{"type":"overloaded_error"}}`, ServerError},
		"no credit":            {`{"error":{"code":"insufficient_quota"}}`, QuotaExhausted},
		"no such model":        {`{"error":{"code":"model_not_found"}}`, NotFound},
		"a sentence":           {`{"error":"something went wrong"}`, InvalidRequest},
		"an unknown code":      {`{"error":{"code":"gone_fishing"}}`, InvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, c.body) })
			client := client(t, f, Options{})
			_, asked := client.Classify(t.Context(), "m", "s", "x")
			_, listed := client.Jobs(t.Context(), nil)
			for what, err := range map[string]error{"an answer": asked, "a list": listed} {
				var e *Error
				if !errors.As(err, &e) || e.Reason != c.reason {
					t.Errorf("%s is %v, want %s", what, err, c.reason)
				}
			}
		})
	}
}

// An answer of another shape comes again; one that was cut short, or that a proxy
// wrote, may not.
func TestMisshapenAnswers(t *testing.T) {
	for body, want := range map[string]bool{
		`{"id":7,"status":"running"}`:  true,
		`["a","list"]`:                 true,
		`{"object":"job"}`:             true,
		`{"id":"j1","status":"runn`:    false,
		`<html>502 Bad Gateway</html>`: false,
	} {
		f := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
		_, err := client(t, f, Options{}).Job(t.Context(), "j1")
		var e *Error
		if !errors.As(err, &e) || e.Reason != MalformedResponse || e.Permanent || e.Misshapen() != want {
			t.Errorf("%s: %v, misshapen is not %v", body, err, want)
		}
	}
}
