// Package pace measures how fast work goes, so that it can be told how long the rest
// takes.
//
// Whoever works tells what it has done itself. What was taken over from an earlier run,
// or from an attempt before this one, is no work and does not count; neither does the
// time in which nobody worked. Neither do the first units that are told after it, in
// which a model warms up, nor what is longer ago than half a minute: what was fast or
// slow then tells little of the rest.
package pace

import (
	"sync"
	"time"
)

const (
	// window is how far back work counts.
	window = 30 * time.Second
	// enough is how much of it must have passed before there is a pace.
	enough = 5 * time.Second
	// apart is how far apart two marks are at least.
	apart = 500 * time.Millisecond
)

// Pace is that of all the tasks of one kind that this process works on at once: they
// share its processors, so that the pace of one says little. The zero value is ready
// for use, by several goroutines at once.
type Pace struct {
	// Now is the clock; nil is [time.Now].
	Now func() time.Time

	mu      sync.Mutex
	working int
	cold    bool // nothing was told since somebody began
	done    int64
	marks   []mark
}

// mark is how much was done at a time.
type mark struct {
	at   time.Time
	done int64
}

// Task is one piece of the work. It is not safe for use by several goroutines at once.
type Task struct{ pace *Pace }

// Begin begins a task, which must be ended. Time before it in which there was none does
// not count.
func (p *Pace) Begin() *Task {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.working == 0 {
		p.marks, p.cold = p.marks[:0], true
	}
	p.working++
	return &Task{p}
}

// Did tells that so many units were done since the last call.
func (t *Task) Did(units int64) {
	p := t.pace
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += units
	now := p.clock()
	if p.cold {
		p.marks, p.cold = append(p.marks[:0], mark{now, p.done}), false
		return
	}
	if n := len(p.marks); n > 1 && p.marks[n-1].at.Sub(p.marks[n-2].at) < apart {
		p.marks[n-1] = mark{now, p.done}
	} else {
		p.marks = append(p.marks, mark{now, p.done})
	}
	for len(p.marks) > 2 && now.Sub(p.marks[1].at) >= window {
		p.marks = p.marks[1:]
	}
}

// Rate returns how many units a second all tasks together do; 0 while that is not known.
func (p *Pace) Rate() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.marks) == 0 {
		return 0
	}
	first, last := p.marks[0], p.marks[len(p.marks)-1]
	took := last.at.Sub(first.at)
	if took < enough {
		return 0
	}
	return float64(last.done-first.done) / took.Seconds()
}

// End ends the task.
func (t *Task) End() {
	t.pace.mu.Lock()
	defer t.pace.mu.Unlock()
	t.pace.working--
}

func (p *Pace) clock() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}
