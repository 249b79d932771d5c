package reports

import (
	"fmt"
	"math"

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
func ChoiceOf(steps []Step, baseModel string) Choice {
	ordered := sorted(steps)
	if len(ordered) == 0 {
		return Choice{}
	}
	if !baseline.IsServers(baseModel) {
		return Choice{ordered[len(ordered)-1].Step, "last step used"}
	}
	losses, accuracies := make([]float64, len(ordered)), make([]float64, len(ordered))
	for i, s := range ordered {
		losses[i], accuracies[i] = s.ValidLoss, s.ValidAccuracy
	}
	i := classifier.Chosen(losses, accuracies)
	return Choice{ordered[i].Step, fmt.Sprintf("epoch %d of %d used", i+1, len(ordered))}
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
