package languagemodel

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

var aJob = Job{Base: "fake", Labels: []string{"A", "B"}, Epochs: 1, BatchSize: 1, RateMultiplier: 1}

func heard(Report) error { return nil }

// Whatever the trainer says, the server goes on, and repeats none of it.
func TestTrainerThatMisbehaves(t *testing.T) {
	for fault, want := range map[string]error{
		"says too much":           errProtocol,
		"speaks no JSON":          errProtocol,
		"ends at once":            ErrEnded,
		"floods standard error":   Failure{Code: codeInternal},
		"leaves a process behind": Failure{Code: codeOutOfMemory},
	} {
		t.Run(fault, func(t *testing.T) {
			m, dir, log := fake(t, fault)
			examples := slices.Repeat([]Example{{"my parcel", "A"}}, 10_000) // more than a pipe holds
			err := m.Train(t.Context(), t.TempDir(), aJob, examples, nil, heard)
			if !errors.Is(err, want) || strings.Contains(err.Error(), "parcel") {
				t.Errorf("training ends with %v, want %v", err, want)
			}
			if !strings.Contains(log.String(), "trainer ended") || strings.Contains(log.String(), "parcel") {
				t.Errorf("the log has\n%s", log)
			}
			if fault == "floods standard error" && !strings.Contains(log.String(), "log_lines=10000") {
				t.Errorf("lines of standard error are not counted:\n%s", log)
			}
			for _, left := range notes(t, dir, "left") {
				pid, err := strconv.Atoi(left)
				for err == nil && alive(pid) { // ends with the test's time, if it is not killed
					time.Sleep(time.Millisecond)
				}
			}
			if _, err := m.Check(t.Context(), "fake"); err == nil {
				t.Error("a check succeeds")
			}
		})
	}
}

// A training that does not stop when it is told to is killed.
func TestTrainingIsStopped(t *testing.T) {
	m, _, _ := fake(t, "hears no signal")
	m.saving = time.Millisecond
	why := errors.New("cancelled")
	ctx, cancel := context.WithCancelCause(t.Context())
	err := m.Train(ctx, t.TempDir(), aJob, nil, nil, func(r Report) error {
		if r.Type != Loaded || r.Device != "unknown" {
			t.Errorf("the training tells %+v", r)
		}
		cancel(why)
		return nil
	})
	if !errors.Is(err, why) {
		t.Errorf("training ends with %v, want %v", err, why)
	}
}

// No key of the server's reaches the child.
func TestChildHasNoKeys(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "sk-secret")
	t.Setenv("SWITCHBOARD_MODELSERVER_KEYS", "sk-secret")
	t.Setenv("PYTHONPATH", "/trainer")
	m, dir, _ := fake(t, "ends at once")
	_ = m.Train(t.Context(), t.TempDir(), aJob, nil, nil, heard)
	got := strings.Join(notes(t, dir, "environment"), "\n")
	if strings.Contains(got, "sk-secret") || !strings.Contains(got, "PYTHONPATH=/trainer") || !strings.Contains(got, "HF_HUB_OFFLINE=1") {
		t.Errorf("the child's environment is\n%s", got)
	}
}

// A child that gives what is no distribution, or answers something else, is not
// believed: nobody gets an answer of it.
func TestChildIsNotBelieved(t *testing.T) {
	for _, fault := range []string{"forgets an answer", "forgets a label", "is surer than certain", "answers another question", "speaks no JSON", "ends at once", "dies when asked"} {
		t.Run(fault, func(t *testing.T) {
			m, dir, _ := fake(t, fault)
			_, err := m.Answer(t.Context(), "fake", "/a", 2, "text")
			var later Unavailable
			if !errors.As(err, &later) || later.After <= 0 {
				t.Errorf("the answer is %v, want to come back later", err)
			}
			// Who comes back too early starts no other child.
			_, err = m.Answer(t.Context(), "fake", "/a", 2, "text")
			if started := len(notes(t, dir, "started")); !errors.As(err, &later) || started != 1 {
				t.Errorf("coming back at once gives %v, and %d children were started", err, started)
			}
		})
	}
}

func TestAnswerOfAnAdapterThatCannotBeRead(t *testing.T) {
	m, dir, _ := fake(t, "knows no adapter")
	for range 2 {
		if _, err := m.Answer(t.Context(), "fake", "/a", 2, "text"); !errors.Is(err, Failure{Code: codeBadAdapter}) {
			t.Errorf("the answer is %v", err)
		}
	}
	if started := notes(t, dir, "started"); len(started) != 1 {
		t.Errorf("%d children were started for it", len(started))
	}
}

// Those who ask while a pass is under way share the next one, as far as they ask the
// same adapter.
func TestQuestionsShareAPass(t *testing.T) {
	m, dir, _ := fake(t, "is well")
	var asking sync.WaitGroup
	for i := range 40 {
		asking.Go(func() {
			logs, err := m.Answer(t.Context(), "fake", fmt.Sprint("/", i%2), 2, "text")
			if err != nil || len(logs) != 2 || math.Abs(math.Exp(logs[1])-0.75) > 1e-12 {
				t.Errorf("the answer is %v, %v", logs, err)
			}
		})
	}
	asking.Wait()
	passes, texts := notes(t, dir, "asked"), 0
	for _, n := range passes {
		size, err := strconv.Atoi(n)
		if texts += size; err != nil || size > batchOnCPU {
			t.Errorf("a pass has %s texts", n)
		}
	}
	if texts != 40 || len(passes) >= 20 {
		t.Errorf("%d texts in %d passes", texts, len(passes))
	}
	if started := notes(t, dir, "started"); len(started) != 1 {
		t.Errorf("%d children were started", len(started))
	}
}

// Who does not wait any longer is let go, and a closed server lets everybody go.
func TestAnswerEndsWithItsContext(t *testing.T) {
	m, _, _ := fake(t, "never answers")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := m.Answer(ctx, "fake", "/a", 2, "text")
			done <- err
		}()
	}
	cancel()
	for range 2 {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the answer is %v", err)
		}
	}
	go func() {
		_, err := m.Answer(t.Context(), "fake", "/a", 2, "text")
		done <- err
	}()
	for m.waiting("fake") == 0 && len(done) == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	var later Unavailable
	if err := <-done; !errors.As(err, &later) {
		t.Errorf("the answer of a closed server is %v", err)
	}
	if _, err := m.Answer(t.Context(), "fake", "/a", 2, "text"); !errors.As(err, &later) {
		t.Errorf("the answer of a closed server is %v", err)
	}
}

// waiting is how many wait for a base, or are with its child.
func (m *Models) waiting(base string) int {
	m.mu.Lock()
	r := m.asked[base]
	m.mu.Unlock()
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running {
		return len(r.pending) + 1
	}
	return len(r.pending)
}

// A child that nobody asks ends, and the next question starts another.
func TestIdleChildEnds(t *testing.T) {
	m, dir, log := fake(t, "is well")
	m.idle = time.Millisecond
	for i := range 3 {
		if _, err := m.Answer(t.Context(), "fake", "/a", 2, "text"); err != nil {
			t.Fatal(err)
		}
		for m.waiting("fake") > 0 {
			time.Sleep(time.Millisecond)
		}
		if started := notes(t, dir, "started"); len(started) != i+1 {
			t.Errorf("%d children were started for %d questions", len(started), i+1)
		}
	}
	if strings.Contains(log.String(), "ERROR") {
		t.Errorf("that is told as an error:\n%s", log)
	}
}
