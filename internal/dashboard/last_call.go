package dashboard

import (
	"time"

	"switchboard/internal/results"
)

// lastCall says how long ago the latest call came in.
type lastCall struct {
	At  time.Time
	Ago string
	// Expected is how many calls came in a week ago in the time since then, where
	// that is worth a warning.
	Expected int64
}

// fewExpected is how many calls must be missing for a warning.
const fewExpected = 10

// lastCall looks whether calls have stopped coming in: none came for an hour and
// more, in which a week ago there were some. Conversations come when somebody wants
// them, so that none is missed.
func (v *visit) lastCall(at time.Time, k results.Kind) (lastCall, error) {
	if at.IsZero() {
		return lastCall{}, nil
	}
	now := v.now()
	last := lastCall{At: at, Ago: v.ago(now.Sub(at))}
	from, until := at.Add(time.Hour).Truncate(time.Hour).AddDate(0, 0, -7), now.Truncate(time.Hour).AddDate(0, 0, -7)
	if !until.After(from) || k != results.Calls {
		return last, nil
	}
	points, err := v.counts(v.r.Context(), results.TrendQuery{Kind: k, From: from, Until: until})
	if err != nil {
		return last, err
	}
	for _, p := range points {
		last.Expected += p.Calls
	}
	if last.Expected < fewExpected {
		last.Expected = 0
	}
	return last, nil
}

// ago says how long ago something was.
func (v *visit) ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return v.T("less than a minute ago")
	case d < time.Hour:
		return v.lang.count(int64(d.Minutes()), "%d minute ago", "%d minutes ago")
	case d < 48*time.Hour:
		return v.lang.count(int64(d.Hours()), "%d hour ago", "%d hours ago")
	}
	return v.lang.count(int64(d.Hours()/24), "%d day ago", "%d days ago")
}
