// Package retrain holds the rules of a retraining: whether enough has come in
// since the latest training to make another one worth while, and whether the
// challenger that it gave may take the champion's place.
//
// It reads and writes nothing. An activity gathers what is known, asks here, and
// keeps the answer.
package retrain

import (
	"time"

	"switchboard/internal/evaluate"
	"switchboard/internal/pipeline"
	"switchboard/internal/registry"
)

// NoChampion is the reason to train where there is nothing to compare with.
const NoChampion = "there is no champion yet"

// Confidence is compared over at least so many answers on either side, so that
// chance alone does not look like drift, and over as few runs as have so many:
// the latest count.
const (
	leastConfidences = 500
	// MostApplications is how many runs, newest first, are worth reading.
	MostApplications = 100
)

// Evidence is what is known when a retraining is planned.
type Evidence struct {
	// Dataset is the training file as it is now.
	Dataset pipeline.DatasetRef
	// Models are all of the task, Champion is one of them.
	Models   []registry.Model
	Champion registry.Model
	// Corrections are all that the task has.
	Corrections []registry.Correction
	// Judged is when the label of each corrected call was given, of those that are
	// to be learned from.
	Judged []time.Time
	// Applications are the champion's, newest first.
	Applications []registry.Application
	// LabelsThen and LabelsNow count conversations by label, when the champion
	// was trained and now. Without one of them there is nothing to compare.
	LabelsThen, LabelsNow map[string]int64
}

// News is what has come in since a model of the task was judged last, and how
// far labels and confidence are from what the champion was trained on and tested
// with.
func (e Evidence) News() pipeline.RetrainNews {
	latest := e.latest()
	news := pipeline.RetrainNews{
		Corrections:     e.newCorrections(),
		Drift:           evaluate.PSI(e.LabelsThen, e.LabelsNow),
		ConfidenceDrift: e.confidenceDrift(),
	}
	// The same file is no news, whatever a model's record says of its rows, and
	// neither is one that has become shorter.
	if latest.DatasetSHA256 != e.Dataset.SHA256 {
		news.Rows = max(e.Dataset.Rows-latest.DatasetRows, 0)
	}
	return news
}

// learnedAt is when a model was judged last that learned from corrections: those
// that came in before are in it. A fine-tuning leaves them out unless it is told not
// to.
func (e Evidence) learnedAt() (at time.Time) {
	for _, m := range append([]registry.Model{e.Champion}, e.Models...) {
		if learnsCorrections(m) && m.LastJudged().After(at) {
			at = m.LastJudged()
		}
	}
	return at
}

// learnsCorrections tells that a model's run trained on corrections. Of a model
// without parameters it is assumed.
func learnsCorrections(m registry.Model) bool {
	parameters, known := m.Parameters.(map[string]any)
	if !known {
		return true
	}
	weight, _ := parameters["correction_weight"].(float64)
	return weight > 0
}

// latest is the model that was judged last. What rows there were before are in it.
func (e Evidence) latest() registry.Model {
	latest := e.Champion
	for _, m := range e.Models {
		if m.LastJudged().After(latest.LastJudged()) {
			latest = m
		}
	}
	return latest
}

// newCorrections counts those of conversations and of calls.
func (e Evidence) newCorrections() (n int64) {
	than := e.learnedAt()
	for _, c := range e.Corrections {
		if c.Imported.After(than) {
			n++
		}
	}
	for _, at := range e.Judged {
		if at.After(than) {
			n++
		}
	}
	return n
}

// confidenceDrift tells how far the champion's confidence in production is from
// that in its test, 0 where either has too few answers.
func (e Evidence) confidenceDrift() float64 {
	now := map[int]int64{}
	for _, a := range e.Applications {
		if total(now) >= leastConfidences {
			break
		}
		for bin, n := range a.Confidences {
			now[bin] += n
		}
	}
	if total(now) < leastConfidences || total(e.Champion.Confidences) < leastConfidences {
		return 0
	}
	return evaluate.PSI(e.Champion.Confidences, now)
}

func total(bins map[int]int64) (sum int64) {
	for _, n := range bins {
		sum += n
	}
	return sum
}
