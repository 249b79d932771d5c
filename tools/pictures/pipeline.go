package main

import "switchboard/internal/pipeline"

// queue tells on which task queue the activities of a stage run.
type queue int

const (
	onCPU queue = iota
	onProvider
	onBoth
)

// chip is a stage in a lane, or several columns wide.
type chip struct {
	stage  pipeline.Stage
	queue  queue
	column int
	wide   int // columns, 0 for one
}

// The lanes show the stages of the two workflows that an operator starts. What
// both have in common stands in the same columns.
var (
	fineTune = []chip{
		{stage: pipeline.Checking, queue: onBoth, column: 0},
		{stage: pipeline.Staging, column: 1},
		{stage: pipeline.Anonymizing, column: 2},
		{stage: pipeline.Splitting, column: 3},
		{stage: pipeline.Uploading, queue: onProvider, column: 4},
		{stage: pipeline.Submitting, queue: onProvider, column: 5},
		{stage: pipeline.TrainingJob, queue: onProvider, column: 6},
		{stage: pipeline.Measuring, queue: onProvider, column: 7},
		{stage: pipeline.Evaluating, queue: onBoth, column: 8},
		{stage: pipeline.Recording, column: 9},
	}
	apply = []chip{
		{stage: pipeline.Checking, queue: onBoth, column: 0},
		{stage: pipeline.Staging, column: 1},
		{stage: pipeline.Anonymizing, column: 2},
		{stage: pipeline.Classifying, queue: onProvider, column: 4, wide: 4},
		{stage: pipeline.Merging, column: 8},
		{stage: pipeline.Recording, column: 9},
	}
)

const (
	width, height = 900, 536
	margin        = 20.0
	inner         = width - 2*margin

	pitch  = 84.0 // from one column to the next
	chipW  = 76.0
	chipH  = 28.0
	first  = margin + 14
	laneH  = 104.0
	laneA  = 112.0 // top of FineTune's lane
	rowA   = laneA + 54
	laneB  = 382.0 // top of Apply's lane
	rowB   = laneB + 36
	middle = 262.0 // top of the boxes between the lanes
	boxH   = 74.0
)

func left(column int) float64   { return first + float64(column)*pitch }
func center(column int) float64 { return left(column) + chipW/2 }

// pipelinePicture draws the way from a command to its files.
func pipelinePicture() []byte {
	c := newCanvas(width, height, "Switchboard's pipeline",
		"The starter asks Temporal for runs, and workers carry them out. FineTune checks, prepares, splits, uploads, submits, "+
			"awaits the training, measures, evaluates and records. Apply checks, prepares, classifies, merges and records. "+
			"Both prepare in a child workflow, PrepareDataset. Files go to the artifact store, questions to the provider.")
	drawPrograms(c)
	drawLane(c, laneA, 23, rowA, pipeline.FineTuneWorkflow, "makes a model from a training file; a Schedule repeats it through "+pipeline.RetrainWorkflow, fineTune)
	drawLane(c, laneB, 92, rowB, pipeline.ApplyWorkflow, "names the company of every conversation of a production file, row by row in output.csv", apply)
	drawBetween(c)
	drawLegend(c)
	return c.finish()
}

// drawPrograms draws who starts, who keeps and who does.
func drawPrograms(c *canvas) {
	const top, h = 20.0, 68.0
	box := func(x, w float64, title, line1, line2 string) {
		c.rect("box", x, top, w, h, 6)
		c.text("title middle", x+w/2, top+22, title)
		c.text("soft middle", x+w/2, top+41, line1)
		c.text("soft middle", x+w/2, top+57, line2)
	}
	box(margin, 220, "starter", "finetune, apply, status,", "schedule, models, cancel")
	box(340, 220, "Temporal", "keeps every step of every run;", "repeats what fails, as told")
	box(660, 220, "worker, one or many", "workflows and activities", "on two task queues")
	c.exchange(margin+222, top+h/2, 338, top+h/2)
	c.exchange(562, top+h/2, 658, top+h/2)
}

// drawLane draws a workflow with its stages from left to right. Its name
// stands head pixels below top, its stages at row.
func drawLane(c *canvas, top, head, row float64, name, does string, chips []chip) {
	c.rect("lane", margin, top, inner, laneH, 6)
	c.text("title", first, top+head, name)
	c.text("soft", first+float64(len(name))*8.4+12, top+head, does)

	c.rect("child", left(1)-5, row-18, pitch+chipW+10, chipH+24, 6)
	c.text("code soft", left(1), row-6, pipeline.PrepareDatasetWorkflow)
	for i, s := range chips {
		if i > 0 {
			before := chips[i-1]
			c.arrow(left(before.column)+before.width(), row+chipH/2, left(s.column), row+chipH/2)
		}
		drawChip(c, left(s.column), row, s.width(), s.queue)
		c.text("on middle", left(s.column)+s.width()/2, row+chipH/2+4, string(s.stage))
	}
}

func (s chip) width() float64 { return chipW + float64(max(s.wide, 1)-1)*pitch }

// drawChip fills a stage with the colour of its queue, or half with each.
func drawChip(c *canvas, x, y, w float64, q queue) {
	switch q {
	case onCPU:
		c.rect("cpu", x, y, w, chipH, 5)
	case onProvider:
		c.rect("ask", x, y, w, chipH, 5)
	case onBoth:
		c.rect("cpu", x, y, w, chipH, 5)
		c.printf(`  <path class="ask" d="M%g %gh%ga5 5 0 0 1 5 5v%ga5 5 0 0 1 -5 5h%gZ"/>`, x+w/2+6, y, w/2-11, chipH-10, -(w/2 + 1))
	}
}

// drawBetween draws what both workflows share: files and the provider.
func drawBetween(c *canvas) {
	files := left(4) - 24 - margin
	c.rect("box", margin, middle, files, boxH, 6)
	c.text("title", first, middle+22, "Artifacts")
	c.text("soft", first, middle+41, "a folder or a bucket; every stage leaves its files,")
	c.text("soft", first, middle+57, "each with its SHA-256 in manifest.json")

	ask := left(4) - 8
	c.rect("box", ask, middle, margin+inner-ask, boxH, 6)
	c.text("title", ask+14, middle+22, "Provider")
	c.text("soft", ask+14, middle+41, "anything that speaks the OpenAI protocol: the project's own model server")
	c.text("soft", ask+14, middle+57, "by default, a vendor, a trainer. It is sent anonymized text only.")

	below, above := rowA+chipH, rowB
	c.arrow(center(1)+pitch/2, below+8, center(1)+pitch/2, middle-2)
	c.arrow(center(3), below+2, center(3)-30, middle-2)
	c.arrow(center(4), below+2, center(4), middle-2)
	c.arrow(center(5), below+2, center(5), middle-2)
	for _, column := range []int{6, 7} {
		c.arrow(center(column), middle-2, center(column), below+2)
	}
	c.exchange(center(8), below+2, center(8), middle-2)
	for i, what := range []string{"files", "one job", "events", "metrics", "answers"} {
		c.text("soft", center(4+i)+6, middle-16, what)
	}
	c.arrow(center(1)+pitch/2, above-20, center(1)+pitch/2, middle+boxH+2)
	c.exchange(center(5)+pitch/2, above-2, center(5)+pitch/2, middle+boxH+2)
	c.text("soft", center(5)+pitch/2+6, middle+boxH+18, "one question a conversation")
	c.text("soft", center(1)+pitch/2+6, middle+boxH+18, "conversations in parts")
}

func drawLegend(c *canvas) {
	y := height - 24.0
	for _, entry := range []struct {
		column       int
		class, queue string
	}{{0, "cpu", pipeline.TaskQueue}, {3, "ask", pipeline.ProviderTaskQueue}} {
		x := left(entry.column)
		c.rect(entry.class, x, y-11, 14, 14, 3)
		c.text("soft", x+22, y, "task queue")
		c.text("code", x+88, y, entry.queue)
	}
}
