package workflows

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"switchboard/internal/artifact"
)

// progress counts the conversations of the stage that works on parts.
type progress struct{ done, total int64 }

// show lets the Web UI say how far the run is. What is shown answers a query of
// Temporal's own: it is no command and leaves no event, so that any history replays
// whatever it says.
func (r *run) show(ctx workflow.Context) { workflow.SetCurrentDetails(ctx, r.details()) }

// details are Markdown: a line, and the names of what the run has made so far.
func (r *run) details() string {
	s := r.status
	line := string(s.Stage)
	if s.PartsTotal > 0 && s.PartsDone < s.PartsTotal {
		line += ": " + partOf(s.PartsDone, s.PartsTotal)
		if r.conversations.total > 0 {
			line += fmt.Sprintf(", %d%%", 100*r.conversations.done/r.conversations.total)
		}
	}
	if s.Paused {
		line += " (paused)"
	}
	lines := []string{line, ""} // Markdown has no list right below a line
	for _, fact := range []struct{ name, value string }{
		{"decision", r.outcome.Decision}, {"model", cmp.Or(s.Model, r.outcome.Model)}, {"job", s.JobID}, {"files", cmp.Or(r.folder, s.Dir)},
	} {
		if fact.value != "" {
			lines = append(lines, fmt.Sprintf("- %s: `%s`", fact.name, fact.value))
		}
	}
	if p := s.Proposal; p != nil {
		run, _, _ := strings.Cut(s.Dir, "/")
		lines = append(lines, fmt.Sprintf("- waits until %s for `starter models approve %s`", p.Deadline.UTC().Format(time.RFC3339), run))
	}
	return r.about + strings.TrimSpace(strings.Join(lines, "\n"))
}

// parts begins to count the parts of a stage, of which some may be done.
func (r *run) parts(ctx workflow.Context, parts []artifact.Ref, done int) {
	r.status.PartsDone, r.status.PartsTotal = done, len(parts)
	r.conversations = progress{rowsOf(parts[:done]), rowsOf(parts)}
	r.show(ctx)
}

// partDone counts one.
func (r *run) partDone(ctx workflow.Context, part artifact.Ref) {
	r.status.PartsDone++
	r.conversations.done += part.Rows
	r.show(ctx)
}

// partOf names a part as people count.
func partOf(i, n int) string { return fmt.Sprintf("part %d of %d", i+1, n) }
