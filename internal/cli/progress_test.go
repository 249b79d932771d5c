package cli

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"switchboard/internal/pipeline"
)

// film is a run as a watcher sees it, one report a second.
func film() []report {
	var reports []report
	frame := func(after time.Duration, r report) {
		r.Started, r.Workflow = &noon, pipeline.FineTuneWorkflow
		if r.State == "" {
			r.State = stateRunning
		}
		closed := noon.Add(after)
		r.Closed = &closed // carries the time of the frame
		reports = append(reports, r)
	}
	checking := pipeline.StageTime{Stage: pipeline.Checking, Started: noon, Seconds: 1}
	staging := pipeline.StageTime{Stage: pipeline.Staging, Started: noon.Add(time.Second)}
	stagedIn := staging
	stagedIn.Seconds = 30
	training := pipeline.StageTime{Stage: pipeline.TrainingJob, Started: noon.Add(31 * time.Second)}
	trained := training
	trained.Seconds = 20

	frame(0, report{Stage: pipeline.Checking, Status: &pipeline.Status{Stages: []pipeline.StageTime{{Stage: pipeline.Checking, Started: noon}}}})
	for s := 1; s <= 30; s++ {
		frame(time.Duration(s)*time.Second, report{
			Stage:      pipeline.Staging,
			Status:     &pipeline.Status{Stages: []pipeline.StageTime{checking, {Stage: pipeline.Preparing, Started: staging.Started}}},
			Children:   []pipeline.Status{{Stages: []pipeline.StageTime{staging}}},
			Activities: []activity{{Type: "StageConversations", Attempt: 1, Progress: &pipeline.Progress{Done: int64(s) * 1000, Total: 30000, Unit: "tweets"}}},
		})
	}
	for s := 31; s <= 50; s++ {
		await := activity{Type: awaitJob, Attempt: 1}
		if s >= 40 {
			await.Attempt, await.Failure = 2, "the connection failed"
			next := noon.Add(45 * time.Second)
			await.NextAttempt = &next
		}
		frame(time.Duration(s)*time.Second, report{
			Stage:      pipeline.TrainingJob,
			Status:     &pipeline.Status{Stages: []pipeline.StageTime{checking, stagedIn, training}},
			Activities: []activity{await},
			Job:        &pipeline.JobProgress{State: pipeline.JobState{Status: "running"}, Recent: []pipeline.JobEvent{{Message: "Step 1/2:\nloss=0.5"}}},
		})
	}
	frame(51*time.Second, report{State: stateCompleted, Stage: pipeline.Done, Status: &pipeline.Status{Stages: []pipeline.StageTime{checking, stagedIn, trained}}})
	return reports
}

// play shows a film, with the clock at each frame's time.
func play(p progress, clock *time.Time) {
	for _, r := range film() {
		*clock = *r.Closed
		p.update(r)
	}
	p.stop()
	p.stop()
}

func TestLines(t *testing.T) {
	var out bytes.Buffer
	var clock time.Time
	play(&lines{w: &out, now: func() time.Time { return clock }, every: 10 * time.Second, news: newJournal()}, &clock)
	golden(t, "progress/lines.txt", out.String())
}

func TestBars(t *testing.T) {
	var out bytes.Buffer
	var clock time.Time
	play(&bars{w: &out, now: func() time.Time { return clock }, news: newJournal()}, &clock)
	screen := finalScreen(out.String())
	golden(t, "progress/bars-final.txt", screen)
	for _, want := range []string{"10,000 of 30,000 tweets", "33%", "96%", "job running: Step 1/2: loss=0.5"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the bars never show %q", want)
		}
	}
	if strings.Count(out.String(), "\r") < len(film()) {
		t.Error("the bars are not redrawn in place")
	}
}

// finalScreen is what a terminal shows in the end: a carriage return goes back
// to the line's beginning, and what follows overwrites.
func finalScreen(s string) string {
	s = strings.ReplaceAll(s, "\x1b[2K", "")
	var screen []string
	for line := range strings.SplitSeq(s, "\n") {
		var cells []rune
		for _, part := range strings.Split(line, "\r") {
			runes := []rune(part)
			if len(runes) > len(cells) {
				cells = append(cells, make([]rune, len(runes)-len(cells))...)
			}
			copy(cells, runes)
		}
		screen = append(screen, strings.TrimRight(string(cells), " "))
	}
	return strings.Join(screen, "\n")
}

func TestProgressOfStages(t *testing.T) {
	part := func(done, total int64) activity {
		return activity{Progress: &pipeline.Progress{Done: done, Total: total, Unit: "conversations"}}
	}
	for _, c := range []struct {
		name string
		r    report
		want advance
	}{
		{"nothing known", report{}, advance{-1, ""}},
		{"no total", report{Activities: []activity{part(1200, 0)}}, advance{-1, "1,200 conversations"}},
		{"total", report{Activities: []activity{part(1200, 4800)}}, advance{0.25, "1,200 of 4,800 conversations"}},
		{"two activities", report{Activities: []activity{part(1, 4), part(3, 4)}}, advance{0.5, "4 of 8 conversations"}},
		{"more than all", report{Activities: []activity{part(9, 8)}}, advance{1, "9 of 8 conversations"}},
		{"parts", report{Status: &pipeline.Status{PartsDone: 1, PartsTotal: 4}}, advance{0.25, "1 of 4 parts"}},
		{"parts under way", report{Status: &pipeline.Status{PartsDone: 1, PartsTotal: 4}, Activities: []activity{part(1, 2), part(1, 2)}}, advance{0.5, "1 of 4 parts"}},
		{"parts of a child", report{Status: &pipeline.Status{}, Children: []pipeline.Status{{PartsDone: 3, PartsTotal: 4}}}, advance{0.75, "3 of 4 parts"}},
		{"job without news", report{Stage: pipeline.TrainingJob, Job: &pipeline.JobProgress{}}, advance{-1, ""}},
		{"job", report{Stage: pipeline.TrainingJob, Job: &pipeline.JobProgress{State: pipeline.JobState{Status: "queued"}}}, advance{-1, "job queued"}},
	} {
		if got := c.r.progress(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestProgressFitsItsReader(t *testing.T) {
	pipe, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if p, ok := (&app{stderr: pipe}).newProgress().(*lines); !ok {
		t.Errorf("a file gets %T, want lines", p)
	}
	if p, ok := (&app{stderr: &bytes.Buffer{}}).newProgress().(*lines); !ok {
		t.Errorf("a buffer gets %T, want lines", p)
	}
	if p, ok := (&app{stderr: pipe, json: true}).newProgress().(silence); !ok {
		t.Errorf("JSON gets %T, want silence", p)
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct{ in, want string }{{"short", "short"}, {"exactly10!", "exactly10!"}, {"more than ten", "more than…"}, {"überlänge äöü", "überlänge…"}} {
		if got := clip(c.in, 10); got != c.want {
			t.Errorf("clip(%q) is %q, want %q", c.in, got, c.want)
		}
	}
}
