package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"

	"switchboard/internal/problem"
)

func TestReadBatch(t *testing.T) {
	c := client(t, serve(t, http.NotFound), Options{})
	const good = `{"choices":[{"message":{"content":"Acme"},"logprobs":{"content":[{"token":"Acme","logprob":-0.5}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2}}`
	responded := func(status int, body string) string {
		return fmt.Sprintf(`{"id":"r","custom_id":"12","response":{"status_code":%d,"request_id":"q","body":%s},"error":null}`, status, body)
	}
	failed := func(code string) string {
		return fmt.Sprintf(`{"custom_id":"12","response":null,"error":{"code":%q,"message":"it quotes parcel number 7"}}`, code)
	}
	refused := func(code string) string {
		return fmt.Sprintf(`{"error":{"code":%q,"message":"it quotes parcel number 7"}}`, code)
	}
	for name, test := range map[string]struct {
		line      string
		reason    Reason // "" is an answer
		permanent bool
	}{
		"an answer":               {responded(200, good), "", false},
		"expired":                 {failed("batch_expired"), Timeout, false},
		"cancelled":               {failed("batch_cancelled"), Timeout, false},
		"another failure":         {failed("server_error"), ServerError, false},
		"the server's fault":      {responded(500, refused("server_error")), ServerError, false},
		"too many":                {responded(429, refused("rate_limit_exceeded")), RateLimited, false},
		"no credit":               {responded(429, refused("insufficient_quota")), QuotaExhausted, true},
		"no such model":           {responded(404, refused("model_not_found")), NotFound, true},
		"too long":                {responded(400, refused("context_length_exceeded")), TextTooLong, true},
		"filtered":                {responded(400, refused("content_filter")), TextFiltered, true},
		"refused":                 {responded(400, refused("invalid_value")), InvalidRequest, true},
		"an answer without words": {responded(200, `{"choices":[]}`), MalformedResponse, false},
		"an answer that is none":  {responded(200, `"Acme"`), MalformedResponse, false},
		"neither":                 {`{"custom_id":"12","response":null,"error":null}`, MalformedResponse, false},
	} {
		t.Run(name, func(t *testing.T) {
			var got []BatchAnswer
			if err := c.ReadBatch(strings.NewReader("\n"+test.line+"\n"), "m", func(a BatchAnswer) { got = append(got, a) }); err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || got[0].ID != "12" {
				t.Fatalf("got %+v", got)
			}
			if test.reason == "" {
				a := got[0].Answer
				if got[0].Err != nil || a.Text != "Acme" || math.Abs(a.Confidence-math.Exp(-0.5)) > 1e-9 || a.PromptTokens != 7 || a.AnswerTokens != 2 {
					t.Errorf("got %+v", got[0])
				}
				return
			}
			var e *Error
			if !errors.As(got[0].Err, &e) || e.Reason != test.reason || e.Permanent != test.permanent {
				t.Errorf("got %v, want %s", got[0].Err, test.reason)
			}
			if strings.Contains(got[0].Err.Error(), "parcel") {
				t.Errorf("the error quotes the provider: %v", got[0].Err)
			}
		})
	}
}

func TestReadBatchRefusesWhatIsNoLine(t *testing.T) {
	c := client(t, serve(t, http.NotFound), Options{})
	for name, file := range map[string]string{
		"cut off":     `{"custom_id":"12","response":{"status_code":200,"bo`,
		"no JSON":     "parcel number 7\n",
		"without end": strings.Repeat("x", maxBatchLine+1),
	} {
		t.Run(name, func(t *testing.T) {
			err := c.ReadBatch(strings.NewReader(file), "m", func(BatchAnswer) { t.Error("a line was read") })
			var e *Error
			if !errors.As(err, &e) || e.Reason != MalformedResponse || strings.Contains(err.Error(), "parcel") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// What is asked in a batch is what is asked alone.
func TestBatchLineAsksWhatClassifyAsks(t *testing.T) {
	var alone map[string]any
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&alone); err != nil {
			t.Error(err)
		}
		answer(w, "Acme", -0.1)
	})
	c := client(t, f, Options{})
	if _, err := c.Classify(t.Context(), "m", "Name the company.", "Where is it?\nOn its way"); err != nil {
		t.Fatal(err)
	}
	raw, err := c.BatchLine("12", "m", "Name the company.", "Where is it?\nOn its way")
	if err != nil || strings.Count(string(raw), "\n") != 1 {
		t.Fatalf("line %q, %v", raw, err)
	}
	var line struct {
		ID     string         `json:"custom_id"`
		Method string         `json:"method"`
		URL    string         `json:"url"`
		Body   map[string]any `json:"body"`
	}
	if err := json.Unmarshal(raw, &line); err != nil {
		t.Fatal(err)
	}
	if line.ID != "12" || line.Method != "POST" || line.URL != "/v1/chat/completions" || fmt.Sprint(line.Body) != fmt.Sprint(alone) {
		t.Errorf("the line is %s, alone it is asked %v", raw, alone)
	}
}

func TestFindBatch(t *testing.T) {
	list := `{"data":[
		{"id":"b9","status":"failed","input_file_id":"f","created_at":9},
		{"id":"b8","status":"expired","input_file_id":"f","created_at":8},
		{"id":"b7","status":"cancelling","input_file_id":"f","created_at":7},
		{"id":"b6","status":"cancelled","input_file_id":"f","created_at":6},
		{"id":"b5","status":"completed","input_file_id":"other","created_at":5},
		{"id":"b4","status":"completed","input_file_id":"f","output_file_id":"o","created_at":4},
		{"id":"b3","status":"in_progress","input_file_id":"f","created_at":3}],"has_more":false}`
	c := client(t, serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, list) }), Options{})
	for _, test := range []struct {
		file     string
		leaveOut []string
		want     string
	}{
		{"f", nil, "b4"},
		{"f", []string{"b4"}, "b3"},
		{"f", []string{"b3", "b4"}, ""},
		{"another", nil, ""},
	} {
		got, ok, err := c.FindBatch(t.Context(), test.file, test.leaveOut)
		if err != nil || got.ID != test.want || ok != (test.want != "") {
			t.Errorf("file %s without %v: got %q, %v, %v, want %q", test.file, test.leaveOut, got.ID, ok, err, test.want)
		}
	}
}

func TestBatchThatFailed(t *testing.T) {
	for _, test := range []struct {
		body string
		full bool
		says string
	}{
		{`{"id":"b1","status":"failed","errors":{"data":[{"code":"token_limit_exceeded","message":"Enqueued token limit reached"}]}}`, true, ""},
		{`{"id":"b1","status":"failed","errors":{"data":[{"code":"model_not_found","message":"it quotes parcel number 7"}]}}`, false, "model_not_found"},
		{`{"id":"b1","status":"failed","errors":null}`, false, "no reason"},
		{`{"id":"b1","status":"expired","errors":null}`, false, ""},
		{`{"id":"b1","status":"completed","output_file_id":"o","request_counts":{"total":3,"completed":2,"failed":1}}`, false, ""},
	} {
		c := client(t, serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, test.body) }), Options{})
		b, err := c.Batch(t.Context(), "b1")
		if err != nil || !b.Status.Ended() || b.Full() != test.full {
			t.Errorf("%s: got %+v, %v", test.body, b, err)
		}
		failure := b.Failure()
		if (failure == nil) != (test.says == "") || failure != nil && (!strings.Contains(failure.Error(), test.says) || strings.Contains(failure.Error(), "parcel")) {
			t.Errorf("%s: the failure is %v", test.body, failure)
		}
		if kind, ok := problem.KindOf(failure); failure != nil && (!ok || kind != problem.Refused) {
			t.Errorf("%s: the failure is of kind %s", test.body, kind)
		}
	}
}

func FuzzReadBatch(f *testing.F) {
	f.Add(`{"custom_id":"1","response":{"status_code":200,"body":{"choices":[]}}}`)
	f.Add(`{"custom_id":"1","error":{"code":7}}`)
	c, err := New(Options{BaseURL: "http://127.0.0.1:1/v1", APIKey: "sk-test"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, file string) {
		_ = c.ReadBatch(strings.NewReader(file), "m", func(a BatchAnswer) {
			var e *Error
			if a.Err != nil && !errors.As(a.Err, &e) {
				t.Errorf("the error %v is no *Error", a.Err)
			}
		})
	})
}
