package pace

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// clock is a time that passes when it is told to.
type clock struct{ at time.Time }

func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

func started() (*Pace, *clock) {
	c := &clock{time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	return &Pace{Now: func() time.Time { return c.at }}, c
}

func (c *clock) work(t *Task, perSecond int64, seconds int) {
	for range seconds {
		c.pass(time.Second)
		t.Did(perSecond)
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 0.03*want {
		t.Errorf("%s: %.2f units a second, want %.2f", what, got, want)
	}
}

func TestNothingIsToldBeforeEnoughIsKnown(t *testing.T) {
	p, c := started()
	task := p.Begin()
	if p.Rate() != 0 {
		t.Error("there is a pace before anything was done")
	}
	c.work(task, 1, 1) // warming up
	c.work(task, 100, 4)
	if p.Rate() != 0 {
		t.Error("there is a pace after four seconds")
	}
	c.work(task, 100, 1)
	near(t, "after five seconds", p.Rate(), 100)
}

func TestAllTasksCount(t *testing.T) {
	p, c := started()
	if p.Rate() != 0 {
		t.Error("there is a pace without a task")
	}
	a, b := p.Begin(), p.Begin()
	for range 10 {
		c.pass(time.Second)
		a.Did(30)
		b.Did(10)
	}
	near(t, "two tasks", p.Rate(), 40)
	b.End()
	c.work(a, 40, 10)
	near(t, "the one that is left", p.Rate(), 40)
}

func TestOnlyTheLastHalfMinuteCounts(t *testing.T) {
	p, c := started()
	task := p.Begin()
	c.work(task, 1000, 100)
	c.work(task, 100, 30)
	near(t, "after half a minute of it", p.Rate(), 100)
}

func TestIdleTimeDoesNotCount(t *testing.T) {
	p, c := started()
	task := p.Begin()
	c.work(task, 100, 10)
	task.End()
	c.pass(time.Hour)
	task = p.Begin()
	if p.Rate() != 0 {
		t.Error("a pace was kept over an hour without work")
	}
	c.work(task, 50, 6)
	near(t, "after the pause", p.Rate(), 50)
}

// However the work comes in, as little is kept.
func TestFewMarksAreKept(t *testing.T) {
	p, c := started()
	task := p.Begin()
	random := rand.New(rand.NewPCG(1, 1))
	for range 100_000 {
		c.pass(time.Duration(random.IntN(20)) * time.Millisecond)
		task.Did(1)
	}
	if len(p.marks) > 2*int(window/apart) {
		t.Errorf("%d marks", len(p.marks))
	}
	near(t, "a hundred thousand reports", p.Rate(), 1000/9.5)
}
