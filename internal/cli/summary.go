package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchboard/internal/console"
	"switchboard/internal/pipeline"
)

// writeFineTune is the summary of a finished fine-tuning. What becomes of a model
// that a retraining had made is for the retraining to tell.
func writeFineTune(t *text, r pipeline.FineTuneResult, retraining string) {
	writeTask(t, r.Task)
	if !r.DryRun {
		t.fact("model", r.Model)
	}
	switch {
	case retraining != "":
		t.fact("made for", "the retraining "+retraining+", which decides whether it becomes the champion")
	case !r.DryRun:
		writeChampion(t, r)
	}
	writeTuning(t, r)
}

// writeTask tells to which task a run belongs.
func writeTask(t *text, task string) { t.fact("task", cmp.Or(task, pipeline.DefaultTask)) }

// writeTuning tells how a model was made and judged.
func writeTuning(t *text, r pipeline.FineTuneResult) {
	t.fact("base model", r.BaseModel)
	writeTurns(t, "trained on", r.Turns)
	if !r.DryRun {
		writeMetrics(t, r.Metrics)
	}
	t.fact("note", r.Notes...)
	writePrepared(t, r.Prepared)
	writePrivacy(t, r.Privacy)
	writeSplit(t, r.Split)
	writeSetAside(t, r.SetAside)
	if r.DryRun {
		writeEstimates(t, r.Estimates)
		writeStages(t, r.Stages)
		return
	}
	t.fact("job", fmt.Sprintf("%s, %s trained", r.JobID, count(r.TrainedTokens, "token")))
	writeCost(t, r)
	writeStages(t, r.Stages)
}

// writeChampion tells who answers. Runs from before there was a champion do not
// say.
func writeChampion(t *text, r pipeline.FineTuneResult) {
	switch {
	case r.Champion == r.Model && r.Model != "":
		t.fact("champion", "this model")
	case r.Unfit != "":
		t.fact("champion", cmp.Or(r.Champion, "none")+"; not this model: "+r.Unfit+" (`starter models promote` makes it the champion all the same)")
	case r.Champion != "":
		t.fact("champion", r.Champion+" still answers; compare the two before you promote this model")
	}
}

// writeOrigin tells what the model was trained on and when. Runs from before that
// was kept do not say.
func writeOrigin(t *text, o *pipeline.Origin) {
	if o != nil {
		t.fact("trained", "on "+t.at(o.Created)+", with the "+trainingData(*o))
	}
}

// writeTurns tells how much of conversations a model knows. That it is all of them
// goes without saying.
func writeTurns(t *text, name string, turns pipeline.Turns) {
	if turns != "" {
		t.fact(name, turns.Words())
	}
}

// trainingData names the file that a model was trained on, as far as it is known.
func trainingData(o pipeline.Origin) string {
	data := "dataset " + short(o.DatasetSHA256)
	if o.Dataset != "" {
		data = "dataset " + o.Dataset + " (" + short(o.DatasetSHA256) + ")"
	}
	if o.DatasetRows > 0 {
		data += " of " + count(o.DatasetRows, "row")
	}
	return data
}

func writePrepared(t *text, c pipeline.PrepareCounts) {
	parts := []string{count(c.Tweets, "tweet"), count(c.Conversations, "conversation"), count(c.Threads, "thread")}
	if c.Companies > 0 {
		parts = append(parts, count(int64(c.Companies), "company"))
	}
	t.fact("data", strings.Join(parts, ", "))
	writeAnomalies(t, c.Anomalies)
	t.fact("replaced", tally(c.Spans)...)
}

// writeAnomalies tells what was wrong in a file: all of it where that was asked
// for, and else how much and what most of all.
func writeAnomalies(t *text, anomalies map[string]int64) {
	kinds := tally(anomalies)
	if t.anomalies || len(kinds) < 2 {
		t.fact("anomalies", kinds...)
		return
	}
	var all int64
	for _, n := range anomalies {
		all += n
	}
	t.fact("anomalies", fmt.Sprintf("%s of %s, most of all %s; --anomalies lists them", number(all), count(int64(len(kinds)), "kind"), strings.TrimSpace(kinds[0])))
}

// writePrivacy tells how the anonymizer was judged. Runs from before there was
// an evaluation have none to tell of.
func writePrivacy(t *text, e pipeline.Evaluation) {
	switch names := e.Recall[pipeline.PersonDetail]; {
	case e.Anonymizer == "":
	case e.Passed:
		t.fact("privacy", fmt.Sprintf("passed: Person recall %s on %s", console.Interval(names), count(int64(names.Of), "labelled name")))
	default:
		t.fact("privacy", "failed: "+strings.Join(e.Failed, "; "))
	}
}

func writeSplit(t *text, s pipeline.SplitCounts) {
	t.fact("examples", fmt.Sprintf("%s in training, %s in validation, %s in test, %s",
		number(s.Train), number(s.Validation), number(s.Test), count(int64(s.Classes), "class")))
	t.fact("left out", tally(map[string]int64{
		"duplicates": s.Duplicates, "without a company": s.Unlabelled, "without text": s.Empty,
		"without first words": s.Unopened,
		"of small classes":    s.Rare, "above the target size": s.Surplus,
	})...)
	if s.Repeated > 0 {
		t.fact("repeated", number(s.Repeated)+" in training, to balance small classes or for their weight")
	}
	if s.Corrected+s.Unmatched > 0 {
		line := count(s.Corrected, "conversation")
		if s.Unmatched > 0 {
			line += fmt.Sprintf("; %s of conversations that are not in the dataset", count(s.Unmatched, "correction"))
		}
		t.fact("corrected", line)
	}
	if s.CallExamples > 0 {
		line := count(s.Calls, "call") + " that people judged"
		if s.ClassesOfCalls > 0 {
			line += fmt.Sprintf("; %s known from calls alone", count(int64(s.ClassesOfCalls), "company"))
		}
		t.fact("learned from", line)
	}
}

// writeSetAside tells whose corrections are not believed.
func writeSetAside(t *text, s pipeline.SetAside) {
	if s.Calls == 0 {
		return
	}
	what := "set aside"
	if s.Used {
		what = "used although suspicious"
	}
	t.fact("WARNING", fmt.Sprintf("the corrections of %s are %s: what %s said goes against sure answers much more often than what others say (%s)",
		count(s.Calls, "call"), what, count(int64(len(s.Accounts)), "account"), strings.Join(s.Accounts, ", ")))
}

// writeHeldCalls compares two models on judged calls that neither was trained on.
func writeHeldCalls(t *text, h *pipeline.HeldCalls) {
	if h == nil {
		return
	}
	share := func(b pipeline.Bounds) string {
		return fmt.Sprintf("%.1f%% (95%% interval %.1f to %.1f)", 100*b.Value, 100*b.Low, 100*b.High)
	}
	t.fact("judged calls", fmt.Sprintf("the challenger is right on %s, the champion on %s of %s that no model was trained on", share(h.Challenger), share(h.Champion), count(int64(h.Calls), "call")))
}

func writeMetrics(t *text, m pipeline.Metrics) {
	row := func(name string, s pipeline.Score) []string {
		precision := s.Precision
		if s.Coverage == 0 {
			precision = pipeline.None // runs of before said 100%
		}
		return []string{name, s.Accuracy.String(), precision.String(), s.Coverage.String(), number(s.Examples)}
	}
	if without := int64(m.WithoutConfidence); without > 0 && without == m.Answers() {
		t.fact("threshold", "none: the answers have no confidence, so that every one is given")
	} else if m.Threshold > 1 {
		t.fact("threshold", fmt.Sprintf("none: no confidence reaches a precision of %s, so the model answers nothing", percent(m.Precision)))
	} else {
		t.fact("threshold", fmt.Sprintf("%.3f, for a precision of %s", m.Threshold, percent(m.Precision)))
	}
	if m.WithoutConfidence > 0 {
		t.fact("note", count(int64(m.WithoutConfidence), "answer")+" came without a confidence and count as certain: the provider sends no log-probabilities")
	}
	t.fact("no label", noLabel(int64(m.InvalidAnswers), m.Answers()))
	t.fact("metrics", columns([]string{"split", "accuracy", "precision", "coverage", "examples"}, [][]string{
		row("validation", m.Validation), row("test", m.Test),
	})...)
	writeKnown(t, m)
}

// writeKnown tells how a model does by how much of a conversation it knows.
func writeKnown(t *text, m pipeline.Metrics) {
	if f := m.FirstWords; f != nil {
		t.fact("first words", fmt.Sprintf("%s right of %s, %s answered from %.3f on, %s of these right",
			f.Test.Accuracy, count(f.Test.Examples, "conversation"), f.Test.Coverage, f.Threshold, f.Test.Precision))
	}
	if len(m.Known) == 0 {
		return
	}
	var rows [][]string
	for _, k := range m.Known {
		known := "whole"
		if k.Tweets > 0 {
			known = count(int64(k.Tweets), "tweet")
		}
		rows = append(rows, []string{known, k.Accuracy.String(), fmt.Sprintf("%.1f to %.1f", 100*k.Low, 100*k.High), k.Coverage.String()})
	}
	t.fact("when known", append(columns([]string{"known", "accuracy", "95% interval", "coverage"}, rows),
		fmt.Sprintf("of a sample of %s", count(m.Known[0].Conversations, "test conversation")))...)
}

// noLabel tells how many of a model's answers were none of its labels.
func noLabel(invalid, answers int64) string {
	return fmt.Sprintf("%s of %s (%s)", number(invalid), count(answers, "answer"), pipeline.ShareOf(invalid, answers))
}

func writeStages(t *text, stages []pipeline.StageTime) {
	var rows [][]string
	total := 0.0
	for _, s := range stages {
		if s.Seconds == 0 {
			continue
		}
		total += s.Seconds
		row := []string{string(s.Stage), seconds(s.Seconds)}
		if s.Reused {
			row = append(row, "as in an earlier run")
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return
	}
	t.fact("stages", columns(nil, append(rows, []string{"total", seconds(total)}))...)
}

func writeEvents(t *text, events []pipeline.JobEvent) {
	if len(events) > pipeline.LatestEvents {
		events = events[len(events)-pipeline.LatestEvents:]
	}
	var lines []string
	last, times := "", 0
	for _, e := range events {
		message := oneLine(e.Message)
		if e.Level != "" && e.Level != "info" {
			message = e.Level + ": " + message
		}
		if message == last {
			times++
			lines[len(lines)-1] = fmt.Sprintf("%s %s (%d times)", t.clock(e.At), message, times)
			continue
		}
		last, times = message, 1
		lines = append(lines, t.clock(e.At)+" "+message)
	}
	t.fact("events", lines...)
}

// writeEnd ends a summary: what to do next, and where Temporal shows the run.
func writeEnd(t *text, next, webUI string) {
	t.fact("next", next)
	t.fact("web ui", webUI)
}

func writeFiles(t *text, files []file) {
	var rows [][]string
	for _, f := range files {
		rows = append(rows, []string{f.Name, f.URL})
	}
	if len(rows) > 0 {
		t.fact("files", columns(nil, rows)...)
	}
}

// tally lists what was counted, most first, with aligned numbers. Zeros are
// left out.
func tally(counts map[string]int64) []string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	var lines []string
	width := 0
	for _, name := range names {
		n := number(counts[name])
		width = max(width, len(n))
		if counts[name] > 0 {
			lines = append(lines, fmt.Sprintf("%*s %s", width, n, words(name)))
		}
	}
	return lines
}

// byStatus is a number and what it is made of, most first.
func byStatus(n int64, statuses map[string]int64) string {
	var parts []string
	for _, line := range tally(statuses) {
		parts = append(parts, strings.TrimSpace(line))
	}
	if len(parts) == 0 {
		return number(n)
	}
	return number(n) + ": " + strings.Join(parts, ", ")
}

// words makes an identifier readable.
func words(name string) string { return strings.NewReplacer("_", " ", "-", " ").Replace(name) }

// oneLine keeps a provider's message from breaking the layout.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
