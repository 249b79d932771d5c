package modelserver

import (
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"
)

func TestExplainTellsAnswersAndWords(t *testing.T) {
	r, _ := start(t, Options{})
	model := r.trained(t)
	text := "my flight is late, is my flight cancelled?"
	answered := must[struct{ label string }](t)(func() (struct{ label string }, error) {
		a, err := r.client.CreateChatCompletion(t.Context(), ask(model, text))
		return struct{ label string }{a.Choices[0].Message.Content}, err
	}())
	var x explanation
	r.call(t, "POST", "/v1/switchboard/explain", ask(model, text), &x)
	if x.Object != "switchboard.explanation" || x.Model != model || x.Label != answered.label || x.Answers[0].Label != x.Label || x.Answers[1].Label != x.Rival {
		t.Fatalf("explained as %+v, and answered %s", x, answered.label)
	}
	sum := 0.0
	for _, f := range x.Features {
		sum += f.Weight
		if !strings.Contains(text, f.Text) {
			t.Errorf("%q is not in the text", f.Text)
		}
	}
	if want := math.Log(x.Answers[0].Probability / x.Answers[1].Probability); math.Abs(sum-want) > 0.01*max(1, want) {
		t.Errorf("the weights add up to %g, want %g", sum, want)
	}
	if x.Usage.PromptTokens == 0 {
		t.Error("nothing is counted")
	}
}

func TestExplainRefuses(t *testing.T) {
	r, _ := start(t, Options{})
	for name, c := range map[string]struct {
		body   any
		status int
		code   string
	}{
		"no model":         {map[string]any{"messages": []any{}}, http.StatusBadRequest, "missing_required_parameter"},
		"no messages":      {map[string]any{"model": "x"}, http.StatusBadRequest, "missing_required_parameter"},
		"no such model":    {ask("ft:nobody", "x"), http.StatusNotFound, "model_not_found"},
		"the untrained":    {ask(BaseModel, "x"), http.StatusBadRequest, "model_not_trained"},
		"an enormous text": {ask("ft:nobody", strings.Repeat("x", maxTextBytes+1)), http.StatusBadRequest, "context_length_exceeded"},
	} {
		status, answer := r.send(t, testKey, "POST", "/v1/switchboard/explain", c.body)
		var e struct{ Error struct{ Code string } }
		if err := json.Unmarshal([]byte(answer), &e); err != nil || status != c.status || e.Error.Code != c.code {
			t.Errorf("%s: %d %s, %v; want %d %s", name, status, answer, err, c.status, c.code)
		}
	}
}
