package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Many conversations are asked about at a time: all of those that were under way
// when the first one was refused are asked again.
func TestManyAreRefusedAtOnce(t *testing.T) {
	const many = 8
	var under sync.WaitGroup
	under.Add(many)
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), `"logprobs"`) {
			under.Done()
			under.Wait()
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":{"message":"no","param":"logprobs","code":"unsupported_parameter"}}`)
			return
		}
		answer(w, "AcmeAir")
	})
	c := client(t, f, Options{MaxConcurrent: many})
	var asked sync.WaitGroup
	for range many {
		asked.Go(func() {
			if a, err := c.Classify(t.Context(), "m", "s", "x"); err != nil || a.Text != "AcmeAir" {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
	asked.Wait()
	if n := f.requests.Load(); n != 2*many {
		t.Errorf("%d questions took %d requests, want each twice", many, n)
	}
	if lacks := c.Lacks("m"); len(lacks) != 1 {
		t.Errorf("what it lacks is told as %q", lacks)
	}
}

// without answers once none of these parameters is sent. REFUSED in the body
// stands for those that are.
func without(t *testing.T, status int, body string, parameters ...string) *faulty {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		var sent map[string]any
		_ = json.NewDecoder(r.Body).Decode(&sent)
		var refused []string
		for _, parameter := range parameters {
			if _, there := sent[parameter]; there {
				refused = append(refused, parameter)
			}
		}
		if len(refused) > 0 {
			w.WriteHeader(status)
			fmt.Fprint(w, strings.ReplaceAll(body, "REFUSED", strings.Join(refused, ", ")))
			return
		}
		answer(w, "AcmeAir")
	})
}

func TestOtherWordsOfRefusal(t *testing.T) {
	for name, tc := range map[string]struct {
		status    int
		body      string
		refused   []string
		lacks     []Lack
		permanent bool
	}{
		"a list in words": {
			422, `{"error":{"message":"Unsupported parameters: REFUSED","code":null}}`,
			[]string{"logprobs", "temperature"}, []Lack{"refuses logprobs", "refuses temperature"}, false,
		},
		"a list of FastAPI's": {
			422, `{"detail":[{"type":"extra_forbidden","loc":["body","logprobs"],"msg":"Extra inputs are not permitted"},{"type":"extra_forbidden","loc":["body","max_tokens"],"msg":"Extra inputs are not permitted"}]}`,
			[]string{"logprobs"}, []Lack{"refuses logprobs"}, false,
		},
		"OpenAI, by a model that reasons": {
			403, `{"error":{"message":"You are not allowed to request logprobs from this model","type":"invalid_request_error","param":"logprobs","code":null}}`,
			[]string{"logprobs"}, []Lack{"refuses logprobs"}, false,
		},
		"not available": {
			400, `{"error":{"message":"logprobs are not available for this model: logprobs must be false","code":"invalid_request"}}`,
			[]string{"logprobs"}, []Lack{"refuses logprobs"}, false,
		},
		"no right to the model": {
			403, `{"error":{"message":"your key may not use logprobs","code":null}}`,
			[]string{"logprobs"}, nil, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := client(t, without(t, tc.status, tc.body, tc.refused...), Options{})
			_, err := c.Classify(t.Context(), "m", "s", "x")
			var e *Error
			if (err != nil) != tc.permanent || errors.As(err, &e) && !e.Permanent {
				t.Fatalf("got %v", err)
			}
			if !slices.Equal(c.Lacks("m"), tc.lacks) {
				t.Errorf("left out are %q, want %q", c.Lacks("m"), tc.lacks)
			}
		})
	}
}

// A name says nothing of what a model takes: it is asked.
func TestModelThatReasonsIsAsked(t *testing.T) {
	for _, model := range []string{"o3-mini", "gpt-5-own"} {
		f := without(t, 400, `{"error":{"message":"no","param":"logprobs","code":"unsupported_parameter"}}`, "logprobs")
		if a, err := client(t, f, Options{}).Classify(t.Context(), model, "s", "x"); err != nil || a.Text != "AcmeAir" {
			t.Errorf("%s: %+v, %v", model, a, err)
		}
	}
}

func TestAnswersInOtherForms(t *testing.T) {
	const message = `"message":{"role":"assistant","content":"AcmeAir"}`
	for name, tc := range map[string]struct {
		body       string
		text       string
		confidence bool
	}{
		"as described":                     {`{"choices":[{` + message + `,"logprobs":{"content":[{"token":"AcmeAir","logprob":-0.1}]}}]}`, "AcmeAir", true},
		"parts":                            {`{"choices":[{"message":{"content":[{"type":"text","text":"Acme"},{"type":"text","text":"Air"}]}}]}`, "AcmeAir", false},
		"what was thought, and the answer": {`{"choices":[{"message":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Other?"}]},{"type":"text","text":"AcmeAir"}]}}]}`, "AcmeAir", false},
		"parts that are strings":           {`{"choices":[{"message":{"content":["Acme","Air"]}}]}`, "AcmeAir", false},
		"one part without a list":          {`{"choices":[{"message":{"content":{"type":"text","text":"AcmeAir"}}}]}`, "AcmeAir", false},
		"nothing, and a refusal":           {`{"choices":[{"message":{"content":null,"refusal":"I cannot"}}]}`, "", false},
		"a time in words":                  {`{"created":"2026-11-28T01:00:00Z","choices":[{` + message + `}]}`, "AcmeAir", false},
		"an index in quotes":               {`{"choices":[{"index":"0",` + message + `}]}`, "AcmeAir", false},
		"counts in quotes":                 {`{"usage":{"prompt_tokens":"12","completion_tokens":3.0},"choices":[{` + message + `}]}`, "AcmeAir", false},
		"no counts":                        {`{"usage":[],"choices":[{` + message + `}]}`, "AcmeAir", false},
		"older log-probabilities":          {`{"choices":[{"logprobs":{"tokens":["AcmeAir"],"token_logprobs":[-0.1]},` + message + `}]}`, "AcmeAir", true},
		"a list of numbers":                {`{"choices":[{"logprobs":[-0.1],` + message + `}]}`, "AcmeAir", false},
		"the end as a token":               {`{"choices":[{"logprobs":{"content":[{"token":"AcmeAir","logprob":-0.1},{"token":"<|eot_id|>","logprob":-9999.0}]},` + message + `}]}`, "AcmeAir", true},
		"an empty list of them":            {`{"choices":[{"logprobs":[],` + message + `}]}`, "AcmeAir", false},
		"no number":                        {`{"choices":[{"logprobs":{"content":[{"token":"AcmeAir","logprob":NaN}]},"top":[-Infinity,Infinity],` + message + `}]}`, "AcmeAir", false},
		"one of them missing":              {`{"choices":[{"logprobs":{"content":[{"token":"Acme","logprob":-0.1},{"token":"Air","logprob":null}]},` + message + `}]}`, "AcmeAir", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tc.body) })
			a, err := client(t, f, Options{}).Classify(t.Context(), "m", "s", "x")
			if err != nil || a.Text != tc.text || a.HasConfidence != tc.confidence || a.HasConfidence && math.Abs(a.Confidence-math.Exp(-0.1)) > 1e-9 {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
	for name, body := range map[string]string{
		"a number": `{"choices":[{"message":{"content":7}}]}`, "no message": `{"choices":["AcmeAir"]}`, "no choices": `{"choices":[]}`,
		"no JSON": `{"choices":[{"logprobs":{"content":[{"logprob":nan}]}}]}`,
	} {
		f := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
		_, err := client(t, f, Options{}).Classify(t.Context(), "m", "s", "x")
		var e *Error
		if !errors.As(err, &e) || e.Reason != MalformedResponse || !e.Misshapen() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestErrorsInsideAnAnswer(t *testing.T) {
	for name, tc := range map[string]struct {
		body   string
		reason Reason
	}{
		"vLLM":                    {`{"object":"error","message":"overloaded","type":"ServiceUnavailable","code":503}`, ServerError},
		"with an id":              {`{"id":"gen-1","error":{"message":"no","code":402}}`, QuotaExhausted},
		"with no choices":         {`{"id":"gen-1","choices":[],"error":{"message":"no","code":"rate_limit_exceeded"}}`, RateLimited},
		"in the choice":           {`{"id":"gen-1","choices":[{"error":{"message":"no","code":429},"finish_reason":"error","message":{"content":""}}]}`, RateLimited},
		"FastAPI":                 {`{"detail":"Not authenticated"}`, InvalidRequest},
		"that says nothing":       {`{"error":{"message":"no"}}`, InvalidRequest},
		"a parameter, and no end": {`{"error":{"message":"no","param":"logprobs","code":400}}`, InvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tc.body) })
			_, err := client(t, f, Options{}).Classify(t.Context(), "m", "s", "x")
			var e *Error
			if !errors.As(err, &e) || e.Reason != tc.reason {
				t.Errorf("got %v, want %s", err, tc.reason)
			}
		})
	}
}

func TestListsOfModelsInOtherForms(t *testing.T) {
	for name, list := range map[string]string{
		"as described":       `{"data":[{"id":"m","created":1,"object":"model"}]}`,
		"Together":           `[{"id":"m","created":0}]`,
		"a time in words":    `{"data":[{"id":"m","created":"2026-11-28T01:00:00Z"}]}`,
		"other fields amiss": `{"data":[{"id":"m","created":1.5,"permission":{}}]}`,
		"names":              `{"data":["a","m"]}`,
		"the second page":    `{"data":[{"id":"a"}],"has_more":true}`,
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Path != "/v1/models":
					w.WriteHeader(http.StatusNotFound)
					fmt.Fprint(w, `{"detail":"Not Found"}`)
				case r.URL.Query().Get("after") == "a":
					fmt.Fprint(w, `{"data":[{"id":"m"}],"has_more":false}`)
				default:
					fmt.Fprint(w, list)
				}
			})
			if m, err := client(t, f, Options{}).Model(t.Context(), "m"); err != nil || m.ID != "m" {
				t.Errorf("%+v, %v", m, err)
			}
		})
	}
}

func TestCausesAreNotGuessed(t *testing.T) {
	for message, cause := range map[string]string{
		"the classes are imbalanced":      "",
		"line 3: accredited by":           "",
		"OOM":                             "out of memory",
		"exceeded the maximum runtime":    "out of time",
		"your account balance is too low": "no quota or credit left",
	} {
		if got := causeOf(message); got != cause {
			t.Errorf("%q is told as %q, want %q", message, got, cause)
		}
	}
}

// Who refuses a parameter that is not sent any more is told of by its name.
func TestRefusalThatStandsNamesTheParameter(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprint(w, `{"error":{"message":"The deployment does not support logprobs request parameter.","type":"invalid_request_error","param":null,"code":"422"}}`)
	})
	_, err := client(t, f, Options{}).Classify(t.Context(), "m", "s", "x")
	if err == nil || !strings.Contains(err.Error(), "logprobs") || f.requests.Load() != 2 {
		t.Errorf("got %v after %d requests", err, f.requests.Load())
	}
}
