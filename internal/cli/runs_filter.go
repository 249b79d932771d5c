package cli

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/problem"
	"switchboard/internal/runs"
)

// runFilter says which runs are listed. Empty fields do not narrow the list.
type runFilter struct {
	kind, task, status, since string
	limit                     int
}

// query is the filter in the language of Temporal's visibility.
func (f runFilter) query(now time.Time) (string, error) {
	if f.limit < 1 {
		return "", problem.Input("the limit is %d; it must be 1 or more runs", f.limit)
	}
	if f.kind != "" && !slices.Contains(runs.Kinds(), f.kind) {
		return "", unknownWord("--kind", f.kind, runs.Kinds())
	}
	if f.status != "" && !slices.Contains(runs.Statuses(), f.status) {
		return "", unknownWord("--status", f.status, runs.Statuses())
	}
	wanted := runs.Filter{Kind: f.kind, Task: f.task, Status: f.status}
	if f.since != "" {
		since, err := parsePoint("--since", f.since, now)
		if err != nil {
			return "", err
		}
		wanted.Since = since
	}
	return wanted.Query()
}

// parsePoint reads a point in time, or how long ago it was, from a flag.
func parsePoint(flag, text string, now time.Time) (time.Time, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return at, nil
		}
	}
	return time.Time{}, problem.Input("%s is %q; give a time such as 24h, 7d, 2026-11-01 or 2026-11-01T12:00:00Z", flag, text)
}
