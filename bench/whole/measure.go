package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"switchboard/internal/pipeline"
	"switchboard/internal/temporal"
)

// measurement is one run of the whole.
type measurement struct {
	result pipeline.FineTuneResult
	steps  []step
	usage  usage
	began  time.Time
	ended  time.Time
}

// step is an activity, or several of a kind.
type step struct {
	name  string
	count int
	// busy are the seconds of all of them together, from is when the first began and
	// to when the last ended.
	busy     float64
	from, to time.Time
}

// measure runs the fine-tuning, with standalone or as many workers.
func measure(ctx context.Context, o options, table string, workers int) (m measurement, err error) {
	s, err := start(ctx, o, workers)
	if err != nil {
		return m, err
	}
	defer s.stop()
	stop := watch(s.pids())
	m.began = time.Now()
	out, err := s.starter(ctx, true, "finetune", "--dataset", table, "--target-size", strconv.Itoa(o.targetSize), "--json", "--watch")
	m.ended, m.usage = time.Now(), stop()
	if err != nil {
		return m, err
	}
	var run struct {
		WorkflowID string                  `json:"workflow_id"`
		RunID      string                  `json:"run_id"`
		FineTune   pipeline.FineTuneResult `json:"fine_tune"`
	}
	if err := json.Unmarshal(out, &run); err != nil {
		return m, fmt.Errorf("reading what the starter printed: %w", err)
	}
	m.result = run.FineTune
	c, err := temporal.Dial(ctx, temporal.Options{Address: s.address})
	if err != nil {
		return m, err
	}
	defer c.Close()
	m.steps, err = steps(ctx, c, run.WorkflowID, run.RunID)
	return m, err
}

// steps are the activities of a run and of its children, in the order in which they
// began.
func steps(ctx context.Context, c *temporal.Client, workflow, run string) ([]step, error) {
	h := history{c: c, names: map[int64]string{}, starts: map[int64]time.Time{}, steps: map[string]*step{}}
	if err := h.read(ctx, workflow, run); err != nil {
		return nil, err
	}
	var list []step
	for _, s := range h.steps {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b step) int { return cmp.Or(a.from.Compare(b.from), cmp.Compare(a.name, b.name)) })
	return list, nil
}

// history reads what Temporal keeps of a run.
type history struct {
	c      *temporal.Client
	names  map[int64]string // of scheduled activities, by their event
	starts map[int64]time.Time
	steps  map[string]*step
}

var partNumber = regexp.MustCompile(`part \d+ of \d+`)

func (h *history) read(ctx context.Context, workflow, run string) error {
	clear(h.names)
	clear(h.starts)
	var children []*commonpb.WorkflowExecution
	events := h.c.GetWorkflowHistory(ctx, workflow, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return fmt.Errorf("reading the history of %s: %w", workflow, err)
		}
		h.take(e)
		if child := e.GetChildWorkflowExecutionStartedEventAttributes(); child != nil {
			children = append(children, child.GetWorkflowExecution())
		}
	}
	for _, child := range children {
		if err := h.read(ctx, child.GetWorkflowId(), child.GetRunId()); err != nil {
			return err
		}
	}
	return nil
}

func (h *history) take(e *historypb.HistoryEvent) {
	at := e.GetEventTime().AsTime()
	switch {
	case e.GetActivityTaskScheduledEventAttributes() != nil:
		var summary string
		if p := e.GetUserMetadata().GetSummary(); p != nil {
			_ = h.c.Decode(&commonpb.Payloads{Payloads: []*commonpb.Payload{p}}, &summary) // the type tells as well
		}
		name := cmp.Or(partNumber.ReplaceAllString(summary, "parts"), e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName())
		h.names[e.GetEventId()] = name
	case e.GetActivityTaskStartedEventAttributes() != nil:
		h.starts[e.GetActivityTaskStartedEventAttributes().GetScheduledEventId()] = at
	case e.GetActivityTaskCompletedEventAttributes() != nil:
		id := e.GetActivityTaskCompletedEventAttributes().GetScheduledEventId()
		h.end(h.names[id], h.starts[id], at)
	}
}

func (h *history) end(name string, from, to time.Time) {
	s := h.steps[name]
	if s == nil {
		s = &step{name: name, from: from, to: to}
		h.steps[name] = s
	}
	s.count++
	s.busy += to.Sub(from).Seconds()
	if from.Before(s.from) {
		s.from = from
	}
	if to.After(s.to) {
		s.to = to
	}
}

// write prints a table of stages and one of their steps.
func (m measurement) write(w io.Writer, rows int) {
	fmt.Fprintln(w, "| stage | seconds | processor s | cores used | processor s for a million rows | peak memory, MB |")
	fmt.Fprintln(w, "| :-- | --: | --: | --: | --: | --: |")
	line := func(name string, from, to time.Time) {
		seconds := to.Sub(from).Seconds()
		cpu, resident := m.usage.between(from, to)
		fmt.Fprintf(w, "| %s | %.1f | %.1f | %.2f | %.1f | %.0f |\n", name, seconds, cpu, cpu/max(seconds, 0.001), cpu/float64(rows)*1e6, resident)
	}
	for _, s := range m.result.Stages {
		line(string(s.Stage), s.Started, s.Started.Add(time.Duration(s.Seconds*float64(time.Second))))
	}
	line("all", m.began, m.ended)
	fmt.Fprintf(w, "\nLoad at the end %s. %d conversations, %d to train on (%d repeated), %d to validate with, %d to test on; accuracy on these %.4f, coverage %.4f.\n\n",
		load(), m.result.Prepared.Conversations, m.result.Split.Train, m.result.Split.Repeated, m.result.Split.Validation, m.result.Split.Test,
		float64(m.result.Metrics.Test.Accuracy), float64(m.result.Metrics.Test.Coverage))
	fmt.Fprintln(w, "| step | count | seconds, all together | from first to last | processor s meanwhile | peak memory, MB |")
	fmt.Fprintln(w, "| :-- | --: | --: | --: | --: | --: |")
	for _, s := range m.steps {
		cpu, resident := m.usage.between(s.from, s.to)
		fmt.Fprintf(w, "| %s | %d | %.1f | %.1f | %.1f | %.0f |\n", s.name, s.count, s.busy, s.to.Sub(s.from).Seconds(), cpu, resident)
	}
}

// writeWorkers prints what several workers gain over the first number of them.
func writeWorkers(w io.Writer, counts []int, all []measurement) {
	fmt.Fprint(w, "| step |")
	for _, n := range counts {
		fmt.Fprintf(w, " %d: seconds | processor s | speed-up |", n)
	}
	fmt.Fprint(w, "\n| :-- |")
	for range counts {
		fmt.Fprint(w, " --: | --: | --: |")
	}
	fmt.Fprintln(w)
	for _, first := range all[0].steps {
		fmt.Fprintf(w, "| %s |", first.name)
		for _, m := range all {
			i := slices.IndexFunc(m.steps, func(s step) bool { return s.name == first.name })
			if i < 0 {
				fmt.Fprint(w, " - | - | - |")
				continue
			}
			s := m.steps[i]
			cpu, _ := m.usage.between(s.from, s.to)
			seconds := s.to.Sub(s.from).Seconds()
			fmt.Fprintf(w, " %.1f | %.1f | %.2f |", seconds, cpu, first.to.Sub(first.from).Seconds()/max(seconds, 0.001))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprint(w, "| all |")
	for _, m := range all {
		cpu, _ := m.usage.between(m.began, m.ended)
		seconds := m.ended.Sub(m.began).Seconds()
		fmt.Fprintf(w, " %.1f | %.1f | %.2f |", seconds, cpu, all[0].ended.Sub(all[0].began).Seconds()/max(seconds, 0.001))
	}
	fmt.Fprintln(w)
}
