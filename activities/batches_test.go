package activities

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/dataset"
	"switchboard/internal/problem"
	"switchboard/internal/provider"
)

// inBatches classifies a part in batches of so many tokens, and returns the
// predictions and the batches it took.
func (m *market) inBatches(in ClassifyPartInput, maxTokens int64) ([]dataset.Prediction, []string) {
	m.t.Helper()
	var spent []string
	for range 100 {
		var sent SubmitBatchResult
		m.must(m.provider.SubmitBatch, SubmitBatchInput{ClassifyPartInput: in, Spent: spent, MaxTokens: maxTokens, Owner: "run/1"}, &sent)
		if sent.BatchID != "" {
			m.must(m.provider.AwaitBatch, AwaitBatchInput{BatchID: sent.BatchID}, nil)
		}
		var got CollectBatchResult
		m.must(m.provider.CollectBatch, CollectBatchInput{ClassifyPartInput: in, BatchID: sent.BatchID}, &got)
		if sent.BatchID != "" {
			spent = append(spent, sent.BatchID)
		}
		if got.Open == 0 {
			return m.predictions(got.ClassifyPartResult), spent
		}
	}
	m.t.Fatal("a hundred batches did not answer every question")
	return nil, nil
}

func untimed(predictions []dataset.Prediction) []dataset.Prediction {
	list := slices.Clone(predictions)
	for i := range list {
		list[i].LatencyMS = 0
	}
	return list
}

func TestBatchesGiveTheAnswersOfCalls(t *testing.T) {
	for _, c := range []struct {
		name        string
		tokens      int64
		least, most int
	}{
		{"all in one", 1e9, 1, 1},
		{"as many as tokens allow", 1000, 2, 99},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMarket(t)
			model, splits, _ := m.train()
			in := asking(model, splits.Labels, splits.Test)
			batched, took := m.inBatches(in, c.tokens)
			if len(took) < c.least || len(took) > c.most {
				t.Errorf("it took %d batches, want %d to %d", len(took), c.least, c.most)
			}
			if n := m.count("POST /chat/completions"); n > 0 {
				t.Errorf("%d questions were asked one by one", n)
			}
			for _, name := range m.leftovers() {
				if err := m.store.Delete(t.Context(), name); err != nil {
					t.Fatal(err)
				}
			}
			called, err := m.classify(in)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(untimed(batched), untimed(called)) {
				t.Error("the predictions differ from those of single calls")
			}
		})
	}
}

// A run that is repeated, killed or lost its answer does not pay a second time.
func TestBatchIsMadeOnce(t *testing.T) {
	m := newMarket(t)
	model, splits, _ := m.train()
	in := asking(model, splits.Labels, splits.Test)
	files := m.count("POST /files")
	var first, second SubmitBatchResult
	m.must(m.provider.SubmitBatch, SubmitBatchInput{ClassifyPartInput: in, MaxTokens: 1e9, Owner: "run/1"}, &first)
	m.must(m.provider.SubmitBatch, SubmitBatchInput{ClassifyPartInput: in, MaxTokens: 1e9, Owner: "run/1"}, &second)
	if second.BatchID != first.BatchID || m.count("POST /batches") != 1 {
		t.Errorf("the first is %+v, the second %+v, of %d batches", first, second, m.count("POST /batches"))
	}
	if n := m.count("POST /files") - files; n != 1 {
		t.Errorf("%d files were uploaded", n)
	}
	predictions, took := m.inBatches(in, 1e9)
	if !slices.Equal(took, []string{first.BatchID}) || len(predictions) == 0 {
		t.Errorf("%d predictions of the batches %v, want those of %s", len(predictions), took, first.BatchID)
	}
	// Answered is answered, whichever way it is asked now.
	if _, err := m.classify(in); err != nil {
		t.Fatal(err)
	}
	if _, took := m.inBatches(in, 1e9); len(took) > 0 || m.count("POST /chat/completions") > 0 {
		t.Errorf("what was answered was asked again")
	}
}

func TestCancellingABatchThatIsOver(t *testing.T) {
	m := newMarket(t)
	model, splits, _ := m.train()
	var sent SubmitBatchResult
	m.must(m.provider.SubmitBatch, SubmitBatchInput{ClassifyPartInput: asking(model, splits.Labels, splits.Test), MaxTokens: 1000}, &sent)
	m.must(m.provider.AwaitBatch, AwaitBatchInput{BatchID: sent.BatchID}, nil)
	for _, id := range []string{sent.BatchID, "batch_gone"} {
		var result CancelBatchResult
		m.must(m.provider.CancelBatch, CancelBatchInput{BatchID: id}, &result)
		if !result.Ends {
			t.Errorf("the batch %s does not end", id)
		}
	}
	if n := m.count("POST /batches/" + sent.BatchID + "/cancel"); n > 0 {
		t.Errorf("a batch that is over was cancelled")
	}
}

// A run that adopted a batch does not take it away from the run that made it. The
// batch is held in progress by the front: the model server would be done with it.
func TestOnlyTheOwnerCancelsABatch(t *testing.T) {
	m := newMarket(t)
	cancelled := 0
	m.breakPath("", func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/cancel") {
			cancelled++
		}
		fmt.Fprint(w, `{"id":"batch_1","status":"in_progress","input_file_id":"f","metadata":{"switchboard_run":"first/run"}}`)
		return true
	})
	for _, c := range []struct {
		owner string
		ends  bool
		asked int
	}{{"second/run", false, 0}, {"first/run", true, 1}} {
		var result CancelBatchResult
		m.must(m.provider.CancelBatch, CancelBatchInput{BatchID: "batch_1", Owner: c.owner}, &result)
		if result.Ends != c.ends || cancelled != c.asked {
			t.Errorf("%s: ends %v, cancelled %d times", c.owner, result.Ends, cancelled)
		}
	}
}

// The account ran out of credit in the middle of a batch. What was answered before
// is kept, though the run fails.
func TestAnswersOfABatchThatBrokeOffAreKept(t *testing.T) {
	m := newMarket(t)
	model, splits, _ := m.train()
	in := asking(model, splits.Labels, splits.Test)
	m.breakPath("", func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/content") {
			fmt.Fprint(w, `{"id":"batch_1","status":"completed","output_file_id":"o"}`)
			return true
		}
		fmt.Fprintln(w, `{"custom_id":"0","response":{"status_code":200,"body":{"choices":[{"message":{"content":"AcmeHelp"}}]}}}`)
		fmt.Fprintln(w, `{"custom_id":"1","response":{"status_code":429,"body":{"error":{"code":"insufficient_quota"}}}}`)
		return true
	})
	m.wantKind(m.do(m.provider.CollectBatch, CollectBatchInput{ClassifyPartInput: in, BatchID: "batch_1"}, nil), problem.Refused, "credit")
	if kept := m.leftovers(); len(kept) != 1 {
		t.Errorf("the answers that were kept are %v", kept)
	}
}

func TestOpenQuestionsAreGivenUpAtTheLastChance(t *testing.T) {
	m := newMarket(t)
	model, splits, _ := m.train()
	in := asking(model, splits.Labels, splits.Test)
	var got CollectBatchResult
	m.must(m.provider.CollectBatch, CollectBatchInput{ClassifyPartInput: in}, &got)
	if got.Open == 0 {
		t.Fatal("nothing was asked, and no question is open")
	}
	m.must(m.provider.CollectBatch, CollectBatchInput{ClassifyPartInput: in, LastChance: true}, &got)
	for _, p := range m.predictions(got.ClassifyPartResult) {
		if p.Status != dataset.Failed || p.ErrorCode != string(provider.Timeout) {
			t.Fatalf("got %+v", p)
		}
	}
	// They are failed in this run only: another asks them.
	if _, took := m.inBatches(in, 1e9); len(took) != 1 {
		t.Errorf("it took %d batches to ask again what failed", len(took))
	}
}

func TestBatchThatIsRefused(t *testing.T) {
	m := newMarket(t)
	_, splits, _ := m.train()
	in := asking("ft:switchboard-softmax-1:own:gone:0", splits.Labels, splits.Test)
	var sent SubmitBatchResult
	m.must(m.provider.SubmitBatch, SubmitBatchInput{ClassifyPartInput: in, MaxTokens: 1e9, Owner: "run/1"}, &sent)
	err := m.do(m.provider.AwaitBatch, AwaitBatchInput{BatchID: sent.BatchID}, nil)
	if err == nil {
		err = m.do(m.provider.CollectBatch, CollectBatchInput{ClassifyPartInput: in, BatchID: sent.BatchID}, nil)
		m.wantKind(err, problem.BadInput, "gone")
		return
	}
	m.wantKind(err, problem.Refused, sent.BatchID)
}

func TestModelIsNotAppliedInBatchesWhereThereAreNone(t *testing.T) {
	m := newMarket(t)
	model, splits, _ := m.train()
	m.must(m.data.RegisterModel, registered(model, splits), nil)
	m.must(m.provider.ResolveModel, ResolveModelInput{Batches: true}, nil)
	m.breakPath("/batches", answer(404, "unknown_url"))
	m.must(m.provider.ResolveModel, ResolveModelInput{}, nil)
	m.wantKind(m.do(m.provider.ResolveModel, ResolveModelInput{Batches: true}, nil), problem.BadInput, "leave --mode out")
}

// Two runs may write answers to the same questions, each in its first attempt.
func TestAnswersOfARunThatEndedEarlyAreKept(t *testing.T) {
	l := newLab(t)
	for i, writer := range []string{"run-1", "run-2"} {
		j := journal{store: l.store, dir: "answers/x", writer: writer}
		if err := j.save(t.Context(), 0, []dataset.Prediction{{ConversationID: int64(i), Company: "Acme", Status: dataset.Classified}}); err != nil {
			t.Fatal(err)
		}
	}
	saved, err := (journal{store: l.store, dir: "answers/x"}).read(t.Context())
	if err != nil || len(saved.Done) != 2 {
		t.Errorf("%d answers are left of 2, %v", len(saved.Done), err)
	}
}
