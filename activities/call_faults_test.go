package activities

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"switchboard/internal/database"
	"switchboard/internal/fetch"
	"switchboard/internal/pipeline"
	"switchboard/internal/privacy"
	"switchboard/internal/problem"
	"switchboard/internal/registry"
	"switchboard/internal/results"
	"switchboard/internal/speech"
)

// hears gives a desk a recognizer that says the same of everything, and a host that has one
// recording, and tells how often each was asked.
func (d *desk) hears(recording []byte, said string) (asked func() (recognizer, host int)) {
	d.t.Helper()
	var mu sync.Mutex
	recognizer, host := 0, 0
	serve := func(count *int, answer func(w http.ResponseWriter)) *httptest.Server {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			mu.Lock()
			defer mu.Unlock()
			*count++
			answer(w)
		}))
		d.t.Cleanup(server.Close)
		return server
	}
	speaks := serve(&recognizer, func(w http.ResponseWriter) { _, _ = io.WriteString(w, said) })
	keeps := serve(&host, func(w http.ResponseWriter) { _, _ = w.Write(recording) })
	var err error
	if d.calls.Speech, err = speech.New(speech.Options{BaseURL: speaks.URL + "/v1", Model: "m", Server: "generic"}); err != nil {
		d.t.Fatal(err)
	}
	if d.calls.Recordings, err = fetch.New(fetch.Options{Hosts: strings.TrimPrefix(keeps.URL, "http://")}); err != nil {
		d.t.Fatal(err)
	}
	d.recording = keeps.URL + "/1.wav"
	return func() (int, int) {
		mu.Lock()
		defer mu.Unlock()
		return recognizer, host
	}
}

// heard is the input about a call whose recording is the desk's.
func (d *desk) heard(id string) RedactCallInput {
	d.t.Helper()
	return RedactCallInput{CallID: id, Task: pipeline.DefaultTask, Event: d.file(id+".json", fmt.Sprintf(`{"call_id":%q,"audio_url":%q}`, id, d.recording))}
}

// sound is a recording of a second and a half at 8 kHz, of which the middle is as loud as
// it is told for each of its samples.
func sound(loud func(i int) float64) []byte {
	const rate, length = 8000, 3 * 8000 / 2
	b := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, 36+2*length)...)
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"...)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, 2*rate)
	b = append(b, "\x02\x00\x10\x00data"...)
	b = binary.LittleEndian.AppendUint32(b, 2*length)
	for i := range length {
		sample := 0.0
		if i > length/3 && i < 2*length/3 {
			sample = loud(i)
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(sample*20000)))
	}
	return b
}

// What a recognizer says of a recording in which nobody speaks is not believed: the call is
// stored as one without speech, and no model is asked about it.
func TestTextInventedOnSilenceIsNoCall(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, c := range map[string]struct {
		recording []byte
		asked     int // of the recognizer
	}{
		"silence": {sound(func(int) float64 { return 0 }), 0},
		"hiss":    {sound(func(int) float64 { return 0.0005 * random.Float64() }), 0},
		"a tone":  {sound(func(i int) float64 { return math.Sin(2 * math.Pi * 425 * float64(i) / 8000) }), 1},
		"a click": {sound(func(i int) float64 {
			if i%8000 < 600 {
				return random.Float64()*2 - 1
			}
			return 0
		}), 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			asked := d.hears(c.recording, `{"text":"Untertitelung des ZDF, 2020. Thank you for watching!"}`)
			before := d.questions()
			var done RedactCallResult
			d.must(d.calls.TranscribeCall, d.heard("silent"), &done)
			recognizer, host := asked()
			if done.Status != pipeline.AnswerNoSpeech || done.open() || host != 1 || recognizer > c.asked || d.questions() != before {
				t.Errorf("got %+v; the recognizer was asked %d times, the host %d", done, recognizer, host)
			}
			if kept := d.stored("silent"); kept.Status != results.NoSpeech || len(kept.Turns) != 0 {
				t.Errorf("stored is %+v", kept)
			}
		})
	}
}

// A recording that is no recording, or another than it says, ends with a sentence.
func TestARecordingThatCannotBeHeardIsRefused(t *testing.T) {
	for name, content := range map[string]string{
		"a page":     "<html><body>Naomi, please log in</body></html>",
		"nothing":    "",
		"half a WAV": "RIFF\x24\x00\x00\x00WAVEfmt ",
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			asked := d.hears([]byte(content), `{"text":"Naomi"}`)
			err := d.do(d.calls.TranscribeCall, d.heard("odd"), nil)
			d.wantKind(err, problem.BadInput, "recording")
			if recognizer, _ := asked(); recognizer != 0 || strings.Contains(fmt.Sprint(err), "Naomi") {
				t.Errorf("the recognizer was asked %d times, and the error is %v", recognizer, err)
			}
		})
	}
}

// Where the anonymizer did not pass on calls, nothing is stored, no recording is fetched
// or heard, and no model is asked.
func TestNothingIsDoneWhereTheGateForCallsIsShut(t *testing.T) {
	d := newDesk(t)
	asked := d.hears(sound(func(int) float64 { return 1 }), `{"text":"Naomi"}`)
	failed := &callJudgement{done: make(chan struct{}), evaluation: privacy.Evaluation{
		Anonymizer: d.data.Anonymizer.Version(), Source: pipeline.SourceCalls, Failed: []string{"of 9 names in English calls 1 was found"},
	}}
	close(failed.done)
	d.calls.judged = failed
	before := d.questions()
	for name, try := range map[string]func() error{
		"at once":     func() error { return d.do(d.calls.AnswerCall, d.in("0042"), nil) },
		"redacting":   func() error { return d.do(d.calls.RedactCall, d.in("0042").RedactCallInput, nil) },
		"a recording": func() error { return d.do(d.calls.TranscribeCall, d.heard("0042"), nil) },
		"a stored call": func() error {
			return d.do(d.calls.ClassifyCall, ClassifyCallInput{CallID: "0042", Task: pipeline.DefaultTask, Clearance: pipeline.ClearanceBy(failed.evaluation)}, nil)
		},
	} {
		err := try()
		if name == "a stored call" { // it is not there, and is looked for first
			d.wantKind(err, problem.BadInput, "no call")
			continue
		}
		d.wantKind(err, problem.Refused, "names in English calls")
	}
	if recognizer, host := asked(); recognizer+host+d.questions()-before != 0 {
		t.Errorf("the recognizer was asked %d times, the host %d, the model %d", recognizer, host, d.questions()-before)
	}
	if _, err := d.calls.Results.Get(t.Context(), "0042"); err == nil {
		t.Error("the call is stored")
	}
}

// A task that nobody knows, and one without a champion, is told; the call is kept, and
// answered once there is one.
func TestACallWithoutAChampionIsKept(t *testing.T) {
	d := newDesk(t)
	in := d.in("0042")
	in.Task = "no-such-task"
	var done AnswerCallResult
	d.must(d.calls.AnswerCall, in, &done)
	ask := ClassifyCallInput{CallID: "0042", Task: in.Task, Clearance: done.Clearance}
	d.wantKind(d.do(d.calls.ClassifyCall, ask, nil), problem.BadInput, "no fine-tuned model of the task no-such-task")
	if !done.open() || d.stored("0042").Prediction != nil {
		t.Errorf("got %+v, stored is %+v", done, d.stored("0042"))
	}
	d.promote(in.Task, d.model)
	var answer ClassifyCallResult
	d.must(d.calls.ClassifyCall, ask, &answer)
	if answer.Model != d.model || d.stored("0042").Prediction == nil {
		t.Errorf("got %+v", answer)
	}
}

// promote makes a model of the market the champion of a task.
func (d *desk) promote(task, model string) {
	d.t.Helper()
	models := d.data.Models.Task(task)
	first, err := d.data.Models.Task("").Champion(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	entry := registry.Model{ID: model, BaseModel: "m", Labels: first.Labels, Threshold: 1, TestCoverage: 1, RunID: model}
	if _, err := models.Register(d.t.Context(), entry); err != nil {
		d.t.Fatal(err)
	}
	if now, err := models.Champion(d.t.Context()); err == nil && now.ID == model {
		return // the first of a task is
	}
	if err := models.Promote(d.t.Context(), model, "", database.Who{Name: "anna"}, "better"); err != nil {
		d.t.Fatal(err)
	}
}

// trainAnother brings about a second model of the same conversations.
func (d *desk) trainAnother() string {
	d.t.Helper()
	_, _, in := d.train()
	in.Seed = 2
	var job SubmitJobResult
	d.must(d.provider.SubmitJob, in, &job)
	var state pipeline.JobState
	d.must(d.provider.AwaitJob, AwaitJobInput{JobID: job.JobID}, &state)
	return state.Model
}

// The champion changes while calls are answered: each has its answer from one model alone,
// with that one's threshold; and those that waited get theirs from the new one.
func TestTheChampionChangesInMidStream(t *testing.T) {
	d := newDesk(t)
	next := d.trainAnother()
	d.answer(http.StatusInternalServerError, "")
	var waiting AnswerCallResult
	d.must(d.calls.AnswerCall, d.in("waiting"), &waiting)
	d.mend()

	const calls = 24
	inputs := make([]AnswerCallInput, calls)
	for n := range calls {
		inputs[n] = d.in(fmt.Sprintf("call-%d", n))
	}
	changed := make(chan struct{})
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for n := worker; n < calls; n += 4 {
				if n >= calls/2 {
					<-changed
				}
				if _, err := d.calls.AnswerCall(t.Context(), inputs[n]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	d.promote("", next)
	close(changed)
	group.Wait()
	d.must(d.calls.ClassifyCall, ClassifyCallInput{CallID: "waiting", Task: pipeline.DefaultTask, Clearance: waiting.Clearance}, nil)
	thresholds := map[string]float64{d.model: 0, next: 1}
	var by []string
	for n := range calls {
		p := d.stored(inputs[n].CallID).Prediction
		if p == nil || p.Threshold != thresholds[p.Model] {
			t.Fatalf("call %d is answered with %+v", n, p)
		}
		by = append(by, p.Model)
	}
	if slices.Contains(by[calls/2:], d.model) || d.stored("waiting").Prediction.Model != next {
		t.Errorf("after the change the old champion answered: %v, and %s the one that waited", by, d.stored("waiting").Prediction.Model)
	}
}
