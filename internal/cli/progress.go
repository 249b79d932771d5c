package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"switchboard/internal/console"
	"switchboard/internal/pipeline"
)

// progress shows how a watched run gets on.
type progress interface {
	update(r report)
	// stop leaves the screen in order. It can be called twice.
	stop()
}

// newProgress shows bars on a terminal and lines elsewhere. A command that
// prints JSON is read by a program, which has no use for either.
func (a *app) newProgress() progress {
	switch f, _ := a.stderr.(*os.File); {
	case a.json:
		return silence{}
	case f != nil && term.IsTerminal(int(f.Fd())):
		return &bars{w: a.stderr, now: a.now, news: newJournal()}
	}
	return &lines{w: a.stderr, now: a.now, every: 10 * time.Second, news: newJournal()}
}

type silence struct{}

func (silence) update(report) {}
func (silence) stop()         {}

// advance is how far a run is in its present stage.
type advance struct {
	// fraction is between 0 and 1, or negative where there is no telling.
	fraction float64
	detail   string
}

// progress derives how far the present stage is from what the run and the
// heartbeats of its activities say.
func (r report) progress() advance {
	if r.Stage == pipeline.TrainingJob && r.Job != nil {
		return advance{-1, r.jobDetail()}
	}
	var parts float64
	var sum pipeline.Progress
	for _, a := range r.Activities {
		if p := a.Progress; p != nil {
			sum.Done, sum.Total, sum.Unit = sum.Done+p.Done, sum.Total+p.Total, p.Unit
			if p.Total > 0 {
				parts += float64(p.Done) / float64(p.Total)
			}
		}
	}
	if all := r.statuses(); len(all) > 0 && all[len(all)-1].PartsTotal > 0 {
		s := all[len(all)-1]
		return advance{
			min((float64(s.PartsDone)+parts)/float64(s.PartsTotal), 1),
			fmt.Sprintf("%d of %d parts", s.PartsDone, s.PartsTotal),
		}
	}
	switch {
	case sum.Total > 0:
		return advance{min(float64(sum.Done)/float64(sum.Total), 1), fmt.Sprintf("%s of %s %s", number(sum.Done), number(sum.Total), sum.Unit)}
	case sum.Done > 0:
		return advance{-1, number(sum.Done) + " " + sum.Unit}
	}
	return advance{fraction: -1}
}

// jobDetail is the job's status and its latest event, once there was news of
// it.
func (r report) jobDetail() string {
	if r.Job.State.Status == "" {
		return ""
	}
	detail := "job " + r.Job.State.Status
	if n := len(r.Job.Recent); n > 0 {
		detail += ": " + oneLine(r.Job.Recent[n-1].Message)
	}
	return detail
}

// journal tells what is news about a run.
type journal struct {
	begun, ended map[pipeline.Stage]bool
	retried      string
}

func newJournal() *journal {
	return &journal{begun: map[pipeline.Stage]bool{}, ended: map[pipeline.Stage]bool{}}
}

// stages returns the stages that began and those that ended since the last
// call.
func (j *journal) stages(r report) (begun, ended []pipeline.StageTime) {
	for _, s := range r.stages() {
		if !j.begun[s.Stage] {
			j.begun[s.Stage] = true
			begun = append(begun, s)
		}
		if s.Seconds > 0 && !j.ended[s.Stage] {
			j.ended[s.Stage] = true
			ended = append(ended, s)
		}
	}
	return begun, ended
}

// trouble tells of a failed attempt once, not at each look.
func (j *journal) trouble(r report, now time.Time) string {
	for _, a := range r.Activities {
		if a.Failure == "" {
			continue
		}
		key := fmt.Sprint(a.Type, a.Attempt)
		if key == j.retried {
			return ""
		}
		j.retried = key
		return "retrying: " + r.trouble(now)
	}
	return ""
}

// lines shows progress as plain lines: one for each stage, one every some
// seconds within a stage, and one for each failed attempt.
type lines struct {
	w     io.Writer
	now   func() time.Time
	every time.Duration
	news  *journal

	spoken time.Time
	last   string
}

func (l *lines) update(r report) {
	begun, _ := l.news.stages(r)
	for _, s := range begun {
		l.say(r, s.Started, string(s.Stage))
	}
	if r.State != stateRunning {
		return
	}
	now := l.now()
	if trouble := l.news.trouble(r, now); trouble != "" {
		l.say(r, now, trouble)
	}
	if now.Sub(l.spoken) < l.every {
		return
	}
	line := string(r.Stage)
	if r.paused() {
		line += ", paused"
	}
	if p := r.progress(); p.fraction >= 0 {
		line += fmt.Sprintf(": %s (%.0f%%)", p.detail, 100*p.fraction)
	} else if p.detail != "" {
		line += ": " + p.detail
	}
	if left := r.left(now); left > 0 {
		line += ", " + about(left)
	}
	if line == l.last || line == "" {
		return
	}
	l.say(r, now, line)
}

// say writes a line that begins with the run's age.
func (l *lines) say(r report, at time.Time, line string) {
	age := time.Duration(0)
	if r.Started != nil {
		age = max(at.Sub(*r.Started), 0)
	}
	fmt.Fprintf(l.w, "%8s  %s\n", age.Round(time.Second), line)
	l.spoken, l.last = l.now(), line
}

func (l *lines) stop() {}

// bars shows progress on a terminal: a line for each finished stage, and below
// them a bar for the present one, or a wheel where there is no telling how far
// it is.
type bars struct {
	w    io.Writer
	now  func() time.Time
	news *journal

	bar   *progressbar.ProgressBar
	stage pipeline.Stage
	known bool
}

func (b *bars) update(r report) {
	_, ended := b.news.stages(r)
	for _, s := range ended {
		b.line(fmt.Sprintf("%-12s  %s", s.Stage, seconds(s.Seconds)))
	}
	if trouble := b.news.trouble(r, b.now()); trouble != "" {
		b.line(trouble)
	}
	if r.State != stateRunning || r.Stage == "" {
		b.clear()
		return
	}
	p := r.progress()
	if b.bar == nil || b.stage != r.Stage || b.known != (p.fraction >= 0) {
		b.clear()
		b.stage, b.known = r.Stage, p.fraction >= 0
		b.bar = console.NewBar(b.w, b.known)
	}
	description := fmt.Sprintf("%-12s", r.Stage)
	if r.paused() {
		description += "  paused"
	}
	if p.detail != "" {
		description += "  " + p.detail
	}
	if left := r.left(b.now()); left > 0 {
		description += ", " + about(left)
	}
	b.bar.Describe(clip(description, b.width()))
	// A full bar counts as finished and would not be redrawn.
	if b.known {
		_ = b.bar.Set(min(int(p.fraction*console.Resolution), console.Resolution-1))
		return
	}
	_ = b.bar.Add(1)
}

// width is how much room a description has beside the bar.
func (b *bars) width() int {
	columns := 80
	if f, ok := b.w.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			columns = w
		}
	}
	return max(columns-console.BarWidth-len(" 100% ||  "), 20)
}

// line writes a line that stays, in the bar's place.
func (b *bars) line(s string) {
	b.clear()
	fmt.Fprintln(b.w, s)
}

func (b *bars) clear() {
	if b.bar != nil {
		_ = b.bar.Clear()
		b.bar = nil
	}
}

func (b *bars) stop() { b.clear() }

// clip shortens s to at most width characters: a wrapped line cannot be
// redrawn.
func clip(s string, width int) string {
	runes := []rune(s)
	if len(runes) <= width {
		return s
	}
	return string(runes[:width-1]) + "…"
}
