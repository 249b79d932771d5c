package activities

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/pipeline"
	"switchboard/internal/provider"
)

// poison puts files of the same names and sizes in place of all that were
// uploaded, as anybody can who shares an account: every answer is the other
// company's. It returns the ids by those that they replace.
func (m *market) poison() map[string]string {
	m.t.Helper()
	files, err := m.provider.Client.Files(m.t.Context(), "")
	if err != nil {
		m.t.Fatal(err)
	}
	replaced := map[string]string{}
	for _, f := range files {
		if f.Purpose != provider.PurposeFineTune && f.Purpose != provider.PurposeBatch {
			continue
		}
		content := strings.NewReplacer("AcmeHelp", "BoltRail", "BoltRail", "AcmeHelp", "parcel", "lecrap").Replace(m.content(f.ID))
		if int64(len(content)) != f.Bytes || content == m.content(f.ID) {
			m.t.Fatalf("the poisoned file has %d bytes, the other one %d", len(content), f.Bytes)
		}
		m.send(http.MethodDelete, "/files/"+f.ID, nil, "")
		evil, err := m.provider.Client.UploadFile(m.t.Context(), f.Name, strings.NewReader(content), f.Bytes, f.Purpose)
		if err != nil {
			m.t.Fatal(err)
		}
		replaced[f.ID] = evil.ID
	}
	return replaced
}

func (m *market) content(id string) string {
	m.t.Helper()
	r, err := m.provider.Client.FileContent(m.t.Context(), id)
	if err != nil {
		m.t.Fatal(err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(content)
}

func (m *market) send(method, path string, body io.Reader, contentType string) {
	m.t.Helper()
	request, err := http.NewRequestWithContext(m.t.Context(), method, m.url+path, body)
	if err != nil {
		m.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil || response.StatusCode != http.StatusOK {
		m.t.Fatalf("%s %s: %v, %v", method, path, response, err)
	}
	_ = response.Body.Close()
}

// share is how many of the predictions are right.
func (m *market) share(model string, splits SplitExamplesResult) float64 {
	m.t.Helper()
	predictions, err := m.classify(asking(model, splits.Labels, splits.Test))
	if err != nil {
		m.t.Fatal(err)
	}
	truths, err := rows[dataset.Example](m.t.Context(), m.store, splits.Test)
	if err != nil {
		m.t.Fatal(err)
	}
	right := 0
	for i, p := range predictions {
		if p.Company == truths[i].Label {
			right++
		}
	}
	return float64(right) / float64(len(truths))
}

// Somebody replaces the files of a run by poisoned ones of the same names and
// sizes, and has trained on them under the run's own marks. The next run takes
// neither: it uploads its files again, and trains on those.
func TestPoisonedFilesAreNotTrainedOn(t *testing.T) {
	m := newMarket(t)
	model, splits, in := m.train()
	m.must(m.data.RegisterModel, registered(model, splits), nil)
	before := m.share(model, splits)

	evil := m.poison()
	forged := in
	forged.TrainingFile, forged.ValidationFile = evil[in.TrainingFile], evil[in.ValidationFile]
	var theirs SubmitJobResult
	m.must(m.provider.SubmitJob, forged, &theirs) // the same marks, since the hashes that it claims are the same
	if theirs.Adopted {
		t.Fatal("the poisoner adopted the job that was to be forged")
	}
	var poisoned pipeline.JobState
	m.must(m.provider.AwaitJob, AwaitJobInput{JobID: theirs.JobID}, &poisoned)
	if got := m.share(poisoned.Model, splits); got > before/2 {
		t.Fatalf("the poison does nothing: %.2f of the answers are right", got)
	}

	next := in
	for file, id := range map[artifact.Ref]*string{splits.TrainFile: &next.TrainingFile, splits.ValidationFile: &next.ValidationFile} {
		var uploaded UploadFileResult
		m.must(m.provider.UploadFile, uploading(file), &uploaded)
		wanted, err := m.store.Read(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		if uploaded.Adopted || m.content(uploaded.FileID) != string(wanted) {
			t.Errorf("%s: adopted %t", file.Path, uploaded.Adopted)
		}
		*id = uploaded.FileID
	}
	var job SubmitJobResult
	m.must(m.provider.SubmitJob, next, &job)
	if job.Adopted {
		t.Error("a job on other files was adopted")
	}
	var state pipeline.JobState
	m.must(m.provider.AwaitJob, AwaitJobInput{JobID: job.JobID}, &state)
	if got := m.share(state.Model, splits); got != before {
		t.Errorf("%.2f of the answers are right, %.2f before", got, before)
	}
	var champion ResolveModelResult
	m.must(m.provider.ResolveModel, ResolveModelInput{}, &champion)
	if champion.Model != model {
		t.Errorf("the champion is %s, not %s", champion.Model, model)
	}
}

// Questions of a batch that somebody replaced are not asked in place of ours.
func TestPoisonedBatchIsNotAdopted(t *testing.T) {
	m := newMarket(t)
	model, splits, _ := m.train()
	in := asking(model, splits.Labels, splits.Test)
	submit := func() (sent SubmitBatchResult) {
		m.must(m.provider.SubmitBatch, SubmitBatchInput{ClassifyPartInput: in, MaxTokens: 1e9, Owner: "run/1"}, &sent)
		m.must(m.provider.AwaitBatch, AwaitBatchInput{BatchID: sent.BatchID}, nil)
		return sent
	}
	first := submit()
	ours, err := m.provider.Client.Batch(t.Context(), first.BatchID)
	if err != nil {
		t.Fatal(err)
	}
	evil := m.poison()
	theirs, err := m.provider.Client.CreateBatch(t.Context(), evil[ours.InputFile], map[string]string{ownerKey: "run/1"})
	if err != nil {
		t.Fatal(err)
	}
	again := submit()
	if again.BatchID == theirs.ID {
		t.Error("the batch of the poisoned questions was adopted")
	}
}

// Of what is found under the right name and size, only the right content is taken;
// whatever is not, the file is uploaded again and is then the one that is found.
func TestOnlyTheSameContentIsAdopted(t *testing.T) {
	content := []byte(`{"messages":[{"role":"user","content":"My parcel is late."},{"role":"assistant","content":"AcmeHelp"}]}` + "\n")
	for name, other := range map[string][]byte{
		"the same":                content,
		"another label":           bytes.Replace(content, []byte("AcmeHelp"), []byte("BoltRail"), 1),
		"one letter":              bytes.Replace(content, []byte("late"), []byte("lake"), 1),
		"blanks":                  bytes.Repeat([]byte(" "), len(content)),
		"the lines in upper case": bytes.ToUpper(content),
	} {
		t.Run(name, func(t *testing.T) {
			m := newMarket(t)
			ref, err := m.store.Write(t.Context(), "run/train.jsonl", content)
			if err != nil {
				t.Fatal(err)
			}
			there, err := m.provider.Client.UploadFile(t.Context(), remoteName(ref), bytes.NewReader(other), ref.Bytes, provider.PurposeFineTune)
			if err != nil {
				t.Fatal(err)
			}
			var first, second UploadFileResult
			m.must(m.provider.UploadFile, uploading(ref), &first)
			m.must(m.provider.UploadFile, uploading(ref), &second)
			if same := bytes.Equal(other, content); first.Adopted != same || (first.FileID == there.ID) != same {
				t.Errorf("the file that was there: %+v", first)
			}
			if !second.Adopted || second.FileID != first.FileID {
				t.Errorf("the first gave %+v, the second %+v", first, second)
			}
		})
	}
}

// A provider that withholds the content of a file has it uploaded again, rather
// than being believed.
func TestFileThatCannotBeVerifiedIsUploadedAgain(t *testing.T) {
	for _, status := range []int{400, 403, 404, 405} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			m := newMarket(t)
			ref, err := m.store.Write(t.Context(), "run/train.jsonl", []byte("{}\n"))
			if err != nil {
				t.Fatal(err)
			}
			m.breakPath("/content", answer(status, "not_allowed"))
			var first, second UploadFileResult
			m.must(m.provider.UploadFile, uploading(ref), &first)
			m.must(m.provider.UploadFile, uploading(ref), &second)
			if first.Adopted || second.Adopted || first.FileID == second.FileID {
				t.Errorf("got %+v and %+v", first, second)
			}
		})
	}
}

// An upload that was carried out although its answer was lost is found again, and
// not repeated: a crash between it and its recording looks the same.
func TestLostAnswerDoesNotMakeASecondFile(t *testing.T) {
	m := newMarket(t)
	ref, err := m.store.Write(t.Context(), "run/train.jsonl", []byte("{}\n"))
	if err != nil {
		t.Fatal(err)
	}
	m.breakPath("/files", func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || r.Header.Get("X-Inner") != "" {
			return false
		}
		inner := r.Clone(context.Background())
		inner.RequestURI, inner.URL.Scheme, inner.URL.Host = "", "http", r.Host
		inner.Header.Set("X-Inner", "1")
		m.mu.Unlock() // the request comes back through this front
		response, err := http.DefaultTransport.RoundTrip(inner)
		m.mu.Lock()
		if err == nil {
			_ = response.Body.Close()
		}
		panic(http.ErrAbortHandler)
	})
	if err := m.do(m.provider.UploadFile, uploading(ref), nil); err == nil {
		t.Fatal("the cut connection went unnoticed")
	}
	m.mend()
	var again UploadFileResult
	m.must(m.provider.UploadFile, uploading(ref), &again)
	files, err := m.provider.Client.Files(t.Context(), provider.PurposeFineTune)
	if err != nil || len(files) != 1 || !again.Adopted {
		t.Errorf("%d files, %v, adopted %t", len(files), err, again.Adopted)
	}
}
