package cli

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	meter "switchboard/internal/pace"
	"switchboard/internal/pipeline"
)

func TestLeft(t *testing.T) {
	at := func(done, total int64, rate float64) activity {
		return activity{Progress: &pipeline.Progress{Done: done, Total: total, Unit: "conversations", Rate: rate}}
	}
	silent, other := at(50, 100, 10), at(50, 100, 30)
	silent.idle, other.worker = true, "another"
	running := func(r report) report { r.State = stateRunning; return r }
	for _, c := range []struct {
		name string
		r    report
		want time.Duration
	}{
		{"nothing known", report{}, 0},
		{"no pace yet", report{Activities: []activity{at(50, 100, 0)}}, 0},
		{"no total", report{Activities: []activity{at(50, 0, 10)}}, 0},
		{"one activity", report{Activities: []activity{at(50, 100, 10)}}, 5 * time.Second},
		{"two of one worker", report{Activities: []activity{at(0, 100, 10), at(100, 200, 10)}}, 20 * time.Second},
		{"two workers", report{Activities: []activity{at(50, 100, 10), other}}, 2500 * time.Millisecond},
		{"one has just begun", report{Activities: []activity{at(0, 100, 0), at(0, 100, 10)}}, 20 * time.Second},
		{"nobody works", report{Activities: []activity{silent}}, 0},
		{"one of two works", report{Activities: []activity{silent, at(50, 100, 10)}}, 10 * time.Second},
		{"parts wait", report{Status: &pipeline.Status{PartsDone: 2, PartsTotal: 5}, Activities: []activity{at(50, 100, 10)}}, 25 * time.Second},
		{"all parts are under way", report{Status: &pipeline.Status{PartsDone: 4, PartsTotal: 5}, Activities: []activity{at(50, 100, 10)}}, 5 * time.Second},
		{"paused", report{Status: &pipeline.Status{Paused: true}, Activities: []activity{at(50, 100, 10)}}, 0},
		{"more than all is done", report{Activities: []activity{at(101, 100, 10)}}, 0},
		{"job", report{Stage: pipeline.TrainingJob, Job: &pipeline.JobProgress{State: pipeline.JobState{Finish: now.Add(time.Minute)}}}, time.Minute},
		{"late job", report{Stage: pipeline.TrainingJob, Job: &pipeline.JobProgress{State: pipeline.JobState{Finish: now.Add(-time.Minute)}}}, 0},
		{"job that does not tell", report{Stage: pipeline.TrainingJob, Job: &pipeline.JobProgress{}}, 0},
	} {
		if got := running(c.r).left(now); got != c.want {
			t.Errorf("%s: %v left, want %v", c.name, got, c.want)
		}
	}
	if got := (report{State: stateCompleted, Activities: []activity{at(50, 100, 10)}}).left(now); got != 0 {
		t.Errorf("a run that has ended takes %v more", got)
	}
}

func TestAbout(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Second: "about 5s left", 33 * time.Second: "about 35s left", 63 * time.Second: "about 1m left",
		94 * time.Second: "about 1m30s left", 754 * time.Second: "about 13m left", 2 * time.Hour: "about 2h left",
	} {
		if got := about(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

// A stage of many parts: some are taken over from an earlier run, one goes on from
// where an attempt before it stopped, and the worker is away for ten minutes. After the
// first tenth, what is told is within a fifth of the truth.
func TestEstimateIsWithinAFifthAfterTheFirstTenth(t *testing.T) {
	for seed := range uint64(20) {
		s := newSimulation(seed)
		for s.step() {
		}
		total := s.at
		for _, look := range s.looks {
			left := total - look.at
			if look.at < s.away-outage {
				left -= outage // which nobody can foresee
			}
			if look.at < total/10 || left < 15*time.Second {
				continue
			}
			if look.left == 0 {
				if !look.away {
					t.Errorf("seed %d: nothing is told after %v of %v", seed, look.at, total)
				}
				continue
			}
			if miss := math.Abs(look.left.Seconds()-left.Seconds()) / left.Seconds(); miss > 0.2 {
				t.Errorf("seed %d: after %v of %v, %v are told to be left: %.0f%% off", seed, look.at, total, look.left, 100*miss)
			}
		}
	}
}

// simulation is a stage over time.
type simulation struct {
	random  *rand.Rand
	at      time.Duration
	pace    *meter.Pace
	waiting []int64 // sizes of parts
	slots   []*part
	done    int
	parts   int
	away    time.Duration // until then no worker is there
	left    bool          // it was away
	looks   []look
}

type part struct {
	size, done int64
	task       *meter.Task
	told       pipeline.Progress
}

type look struct {
	at, left time.Duration
	away     bool
}

const (
	outage    = 10 * time.Minute
	slots     = 4
	perSecond = 600.0
)

func newSimulation(seed uint64) *simulation {
	s := &simulation{random: rand.New(rand.NewPCG(seed, seed)), parts: 60}
	s.begin()
	for i := range s.parts {
		if i%10 == 0 {
			s.done++ // taken over
			continue
		}
		s.waiting = append(s.waiting, 9000+s.random.Int64N(2000))
	}
	return s
}

// begin starts a worker.
func (s *simulation) begin() {
	s.pace = &meter.Pace{Now: func() time.Time { return noon.Add(s.at) }}
	for _, p := range s.slots {
		p.task = s.pace.Begin()
	}
}

// step lets a second pass, and tells whether there is more to do.
func (s *simulation) step() bool {
	s.at += time.Second
	if !s.left && s.done > s.parts/3 {
		// Whatever it does next, the worker is gone, and what it told stays.
		s.left, s.away = true, s.at+outage
	}
	if s.at == s.away {
		s.begin()
	}
	if s.at <= s.away {
		s.look()
		return true
	}
	for len(s.slots) < slots && len(s.waiting) > 0 {
		p := &part{size: s.waiting[0], task: s.pace.Begin()}
		if len(s.waiting) == 30 {
			p.done = p.size / 2 // what an attempt before it saved
		}
		s.waiting, s.slots = s.waiting[1:], append(s.slots, p)
	}
	s.work()
	s.look()
	return len(s.slots)+len(s.waiting) > 0
}

func (s *simulation) work() {
	var under []*part
	for _, p := range s.slots {
		n := min(int64(perSecond/float64(len(s.slots))*(0.5+s.random.Float64())), p.size-p.done)
		p.task.Did(n)
		p.done += n
		p.told = pipeline.Progress{Done: p.done, Total: p.size, Unit: "conversations", Rate: s.pace.Rate()}
		if p.done < p.size {
			under = append(under, p)
			continue
		}
		p.task.End()
		s.done++
	}
	s.slots = under
}

func (s *simulation) look() {
	r := report{State: stateRunning, Stage: pipeline.Anonymizing, Status: &pipeline.Status{PartsDone: s.done, PartsTotal: s.parts}}
	for _, p := range s.slots {
		a := activity{Type: "AnonymizePart", idle: s.at <= s.away, Progress: &p.told}
		if p.told.Total > 0 {
			r.Activities = append(r.Activities, a)
		}
	}
	// A worker that is back needs some seconds until it knows its pace.
	s.looks = append(s.looks, look{s.at, r.left(noon.Add(s.at)), s.at < s.away+8*time.Second})
}
