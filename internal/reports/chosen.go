package reports

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"switchboard/internal/baseline"
	"switchboard/internal/classifier"
)

// Choice is the step after which the model stood as it is used.
type Choice struct {
	Step int
	// Label says so in the picture; empty where no step is chosen.
	Label string
}

// ChoiceOf tells which step of a job a run uses: the model server measures after
// each epoch and keeps the best, and of other providers a run uses the last model.
// Best is the step that the provider says it kept, 0 if it says nothing; the figures
// of the model server's own classifiers tell it without.
func ChoiceOf(steps []Step, baseModel string, best int) Choice {
	ordered := sorted(steps)
	if len(ordered) == 0 {
		return Choice{}
	}
	i := slices.IndexFunc(ordered, func(s Step) bool { return best > 0 && s.Step == best })
	if i < 0 && baseline.IsServers(baseModel) {
		i = chosen(ordered)
	}
	if i < 0 {
		return Choice{ordered[len(ordered)-1].Step, "last step used"}
	}
	return Choice{ordered[i].Step, fmt.Sprintf("epoch %d of %d used", i+1, len(ordered))}
}

// chosen is the index of the epoch that the model server's classifiers keep.
func chosen(ordered []Step) int {
	losses, accuracies := make([]float64, len(ordered)), make([]float64, len(ordered))
	for i, s := range ordered {
		losses[i], accuracies[i] = s.ValidLoss, s.ValidAccuracy
	}
	return classifier.Chosen(losses, accuracies)
}

// mark draws a choice into a panel: a line from bottom to top, and what it means
// where the panel's curves leave room.
type mark struct {
	Choice
	low bool
}

// Plot implements [plot.Plotter].
func (m mark) Plot(canvas draw.Canvas, p *plot.Plot) {
	toX, _ := p.Transforms(&canvas)
	x := toX(float64(m.Step))
	if m.Label == "" || math.IsNaN(float64(x)) {
		return
	}
	canvas.StrokeLine2(draw.LineStyle{Color: ink, Width: 1, Dashes: []vg.Length{3, 2}}, x, canvas.Min.Y, x, canvas.Max.Y)
	style := textStyle(sans, smallSize, ink)
	at := vg.Point{X: x + 4, Y: canvas.Max.Y}
	if m.low {
		at.Y, style.YAlign = canvas.Min.Y+4, draw.YBottom
	}
	if x > canvas.Center().X {
		at.X, style.XAlign = x-4, draw.XRight
	}
	canvas.FillText(style, at, m.Label)
}
