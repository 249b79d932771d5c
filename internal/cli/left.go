package cli

import (
	"time"

	"switchboard/internal/pipeline"
)

// left is how long the present stage still takes, 0 where that is not known: before
// enough was done to tell a pace, while nobody works, and where nothing counts.
func (r report) left(now time.Time) time.Duration {
	if r.State != stateRunning || r.paused() {
		return 0
	}
	if r.Stage == pipeline.TrainingJob {
		if r.Job == nil || r.Job.State.Finish.IsZero() {
			return 0
		}
		return max(r.Job.State.Finish.Sub(now), 0)
	}
	return timeFor(r.work())
}

// work is what is left to do in the present stage, in the unit of its activities, and
// how many of them are done a second.
func (r report) work() (left, rate float64) {
	var total, begun float64
	rates := map[string]float64{} // by worker, which tells the same with each of its activities
	for _, a := range r.Activities {
		p := a.Progress
		if p == nil || p.Total == 0 {
			continue
		}
		begun++
		total += float64(p.Total)
		left += float64(max(p.Total-p.Done, 0))
		if !a.idle && p.Rate > 0 {
			rates[a.worker] = p.Rate
		}
	}
	for _, r := range rates {
		rate += r
	}
	if all := r.statuses(); begun > 0 && len(all) > 0 && all[len(all)-1].PartsTotal > 0 {
		s := all[len(all)-1]
		// Parts that nobody has begun are as large as those under way.
		left += max(float64(s.PartsTotal-s.PartsDone)-begun, 0) * total / begun
	}
	return left, rate
}

// timeFor is how long work takes, 0 where there is no rate.
func timeFor(left, rate float64) time.Duration {
	if rate <= 0 {
		return 0
	}
	return time.Duration(left / rate * float64(time.Second))
}

// about names a time that was estimated, no finer than it can be believed.
func about(d time.Duration) string {
	switch {
	case d < time.Minute:
		d = max(d.Round(5*time.Second), 5*time.Second)
	case d < 10*time.Minute:
		d = d.Round(10 * time.Second)
	default:
		d = d.Round(time.Minute)
	}
	return "about " + span(d) + " left"
}
