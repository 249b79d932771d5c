package cli

import (
	"fmt"

	"switchboard/internal/pipeline"
)

// writeCompared is the table of a comparison.
func writeCompared(t *text, models []pipeline.ComparedModel) {
	var rows [][]string
	var failed, cascades []string
	for _, m := range models {
		if m.Failure != "" {
			rows = append(rows, []string{m.Name, "failed", "-", "-", "-", "-", "-", "-", "-", "-", "-"})
			failed = append(failed, m.Name+": "+m.Failure)
			continue
		}
		if m.Asked.Known() {
			cascades = append(cascades, fmt.Sprintf("%s: the second is asked about %s of the conversations", m.Name, m.Asked))
		}
		rows = append(rows, []string{
			m.Name, m.Accuracy.String(), fmt.Sprintf("%.1f to %.1f", 100*m.Low, 100*m.High), m.Coverage.String(), m.Precision.String(),
			m.FirstWords.String(), m.MacroF1.String(), lasted(m.TrainingSeconds), costOf(m), pace(m.AnswersPerSecond), m.Size(),
		})
	}
	t.fact("models", columns([]string{
		"model", "accuracy", "95% interval", "coverage", "precision", "first words", "macro f1", "training", "cost", "answers/s", "size",
	}, rows)...)
	t.fact("failed", failed...)
	t.fact("in turn", cascades...)
}

func lasted(s float64) string {
	if s == 0 {
		return "-"
	}
	return seconds(s)
}

func costOf(m pipeline.ComparedModel) string {
	if !m.Priced {
		return "-"
	}
	return dollars(m.Cost)
}

func pace(perSecond float64) string {
	switch {
	case perSecond == 0:
		return "-"
	case perSecond < 10:
		return fmt.Sprintf("%.1f", perSecond)
	}
	return number(int64(perSecond))
}

// bestOf is the model that is right most often.
func bestOf(models []pipeline.ComparedModel) string {
	var best *pipeline.ComparedModel
	for i, m := range models {
		if m.Failure == "" && !m.Asked.Known() && (best == nil || m.Accuracy > best.Accuracy) {
			best = &models[i]
		}
	}
	if best == nil {
		return ""
	}
	return fmt.Sprintf("%s is right most often, in %s", best.Name, best.Accuracy)
}
