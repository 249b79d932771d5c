package inference

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"switchboard/internal/dataset"
	"switchboard/internal/problem"
	"switchboard/internal/provider"
)

var batchOptions = Options{Model: "m", Labels: labels}

func newBatch(t *testing.T, examples []dataset.Example, from Resume) *Batch {
	t.Helper()
	b, err := NewBatch(batchOptions, examples, from)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func said(row int, text string) provider.BatchAnswer {
	return provider.BatchAnswer{ID: fmt.Sprint(row), Answer: provider.Answer{Text: text, Confidence: 0.9, HasConfidence: true, PromptTokens: 5, AnswerTokens: 1}}
}

// failing makes errors as a client does, by reading a line of an error file.
func failing(t *testing.T, row int, status int, code string) provider.BatchAnswer {
	t.Helper()
	var got provider.BatchAnswer
	line := fmt.Sprintf(`{"custom_id":"%d","response":{"status_code":%d,"body":{"error":{"code":%q}}}}`, row, status, code)
	err := client(t, serve(t, nil), provider.Options{}).ReadBatch(strings.NewReader(line), "m", func(a provider.BatchAnswer) { got = a })
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestBatchAsksEachTextOnce(t *testing.T) {
	examples := []dataset.Example{{ID: 7, Text: "a"}, {ID: 8, Text: " "}, {ID: 9, Text: "b"}, {ID: 10, Text: "a"}, {ID: 11, Text: "c"}, {ID: 12, Text: "c"}}
	b := newBatch(t, examples, Resume{Done: []dataset.Prediction{{ConversationID: 11, Company: "Borg", Status: dataset.Classified, PromptTokens: 5}}})
	if got := fmt.Sprint(b.Questions()); got != "[{0 a} {2 b}]" {
		t.Fatalf("it asks %s", got)
	}
	for _, a := range []provider.BatchAnswer{said(2, "Borg"), said(0, " Acme\n"), said(0, "Borg"), said(99, "Borg")} {
		if err := b.Take(a); err != nil {
			t.Fatal(err)
		}
	}
	made, open, err := b.Settle()
	if err != nil || open != 0 || len(made) != 5 {
		t.Fatalf("%d predictions were made, %d questions are open, %v", len(made), open, err)
	}
	predictions, without := b.Predictions()
	want := []string{"7 Acme classified 5", "8 Unknown empty 0", "9 Borg classified 5", "10 Acme classified 0", "11 Borg classified 5", "12 Borg classified 0"}
	for i, p := range predictions {
		if got := fmt.Sprintf("%d %s %s %d", p.ConversationID, p.Company, p.Status, p.PromptTokens); got != want[i] {
			t.Errorf("prediction %d is %q, want %q", i, got, want[i])
		}
	}
	if without != 0 {
		t.Errorf("%d answers count as without confidence", without)
	}
}

func TestBatchDecidesWhatBecomesOfAQuestion(t *testing.T) {
	for name, test := range map[string]struct {
		answer func(t *testing.T) provider.BatchAnswer
		want   string // "" stays open
	}{
		"a label":          {func(*testing.T) provider.BatchAnswer { return said(0, "Acme") }, "Acme classified "},
		"Unknown":          {func(*testing.T) provider.BatchAnswer { return said(0, "Unknown") }, "Unknown classified "},
		"no label":         {func(*testing.T) provider.BatchAnswer { return said(0, "Initech") }, "Unknown invalid "},
		"too long":         {func(t *testing.T) provider.BatchAnswer { return failing(t, 0, 400, "context_length_exceeded") }, "Unknown failed text_too_long"},
		"refused":          {func(t *testing.T) provider.BatchAnswer { return failing(t, 0, 400, "invalid_value") }, "Unknown failed invalid_request"},
		"too many":         {func(t *testing.T) provider.BatchAnswer { return failing(t, 0, 429, "rate_limit_exceeded") }, ""},
		"the server's own": {func(t *testing.T) provider.BatchAnswer { return failing(t, 0, 503, "server_error") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBatch(t, part(2), Resume{})
			for _, a := range []provider.BatchAnswer{test.answer(t), said(1, "Borg")} {
				if err := b.Take(a); err != nil {
					t.Fatal(err)
				}
			}
			made, open, err := b.Settle()
			if err != nil {
				t.Fatal(err)
			}
			if test.want == "" {
				if open != 1 || len(made) != 1 || len(b.Questions()) != 1 || b.Questions()[0].ID != "0" {
					t.Fatalf("%d predictions, open are %v", len(made), b.Questions())
				}
				b.GiveUp()
			}
			predictions, _ := b.Predictions()
			got := fmt.Sprintf("%s %s %s", predictions[0].Company, predictions[0].Status, predictions[0].ErrorCode)
			switch {
			case test.want != "" && got != test.want:
				t.Errorf("it became %q, want %q", got, test.want)
			case test.want == "" && !strings.HasPrefix(got, "Unknown failed "):
				t.Errorf("given up, it became %q", got)
			}
		})
	}
}

func TestBatchErrorsThatAllQuestionsMeet(t *testing.T) {
	b := newBatch(t, part(2), Resume{})
	err := b.Take(failing(t, 0, http.StatusNotFound, "model_not_found"))
	if kind, _ := problem.KindOf(err); kind != problem.BadInput {
		t.Errorf("a missing model is %v", err)
	}

	b = newBatch(t, part(2), Resume{})
	for row := range 2 {
		if err := b.Take(failing(t, row, 400, "invalid_value")); err != nil {
			t.Fatal(err)
		}
	}
	var e *provider.Error
	if _, _, err := b.Settle(); !errors.As(err, &e) || e.Reason != provider.InvalidRequest {
		t.Errorf("every request was refused, and settling says %v", err)
	}
}

func TestNewBatchRefuses(t *testing.T) {
	if _, err := NewBatch(Options{Labels: labels}, part(1), Resume{}); err == nil {
		t.Error("a batch without a model is made")
	}
}
