package chart

import "html/template"

// Reliability shows how often answers were right that a model was so and so sure of:
// on the line from corner to corner it is as often right as it says.
type Reliability struct {
	Frame
	Bins []Bin
	// Sure and Right are the names of the axes: how sure the model was, and how
	// often it was right.
	Sure, Right string
	// Format writes a share at the axes.
	Format func(float64) string
}

// Bin is a range of confidence. Shares are from 0 to 1.
type Bin struct {
	// Name is the range as people read it.
	Name string
	// Confidence is the mean in the bin, Right the share that was right, with its
	// interval from Low to High.
	Confidence, Right, Low, High float64
	// Texts are the cells of the table beside the name, the first of which leads where
	// the bin does.
	Texts []string
	Href  string
	// Empty bins are in the table alone.
	Empty bool
}

// Places in a reliability diagram, whose size is the same everywhere.
const (
	squareLeft, squareTop = 56, 12
	square                = 260
)

type binMark struct {
	X, Y, Low, High, Title, Href string
}

type drawnReliability struct {
	Frame
	Sure, Right                          string
	Left, Top, Edge, Bottom, Middle, End int
	Across, Down                         []tick
	Bins                                 []binMark
	Table                                table
}

// Draw makes the chart's markup.
func (r Reliability) Draw() template.HTML {
	x := func(v float64) string { return px(squareLeft + square*min(max(v, 0), 1)) }
	y := func(v float64) string { return px(squareTop + square*(1-min(max(v, 0), 1))) }
	d := drawnReliability{
		Frame: r.Frame, Sure: r.Sure, Right: r.Right, Left: squareLeft, Top: squareTop, Edge: squareLeft + square, Bottom: squareTop + square,
		Middle: squareLeft + square/2, End: squareTop + square + 34, Table: table{Frame: r.Frame},
	}
	for i := range 6 {
		v := float64(i) / 5
		d.Across = append(d.Across, tick{At: x(v), Text: r.Format(v)})
		d.Down = append(d.Down, tick{At: y(v), Text: r.Format(v)})
	}
	for _, b := range r.Bins {
		cells := []Cell{{Text: b.Name}}
		title := b.Name
		for i, text := range b.Texts {
			cells = append(cells, Cell{Text: text})
			title += "\n" + r.Columns[i+1] + ": " + text
		}
		cells[min(1, len(cells)-1)].Href = b.Href
		d.Table.Rows = append(d.Table.Rows, cells)
		if !b.Empty {
			d.Bins = append(d.Bins, binMark{x(b.Confidence), y(b.Right), y(b.Low), y(b.High), title, b.Href})
		}
	}
	return draw("reliability", d)
}
