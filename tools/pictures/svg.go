package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
)

// canvas collects the elements of one SVG picture. Coordinates are in pixels
// at the picture's natural size, from the top left.
type canvas struct{ bytes.Buffer }

// style has a light and a dark set of colours. The picture has a ground of its
// own, so it stays legible where page and reader disagree about which is on.
const style = `
    svg { --ground: #ffffff; --edge: #d0d7de; --lane: #f6f8fa; --ink: #1f2328; --soft: #59636e;
          --cpu: #0969da; --ask: #bc4c00; --on: #ffffff; }
    @media (prefers-color-scheme: dark) {
      svg { --ground: #0d1117; --edge: #3d444d; --lane: #151b23; --ink: #f0f6fc; --soft: #9198a1;
            --cpu: #1f6feb; --ask: #bd561d; --on: #ffffff; }
    }
    text { font-family: -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; font-size: 12px; fill: var(--ink); }
    .title { font-size: 15px; font-weight: 600; }
    .soft { fill: var(--soft); }
    .code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 11px; }
    .on { fill: var(--on); }
    .middle { text-anchor: middle; }
    .ground { fill: var(--ground); stroke: var(--edge); }
    .lane { fill: var(--lane); stroke: var(--edge); }
    .box { fill: var(--ground); stroke: var(--soft); stroke-width: 1.2; }
    .child { fill: none; stroke: var(--soft); stroke-dasharray: 4 3; }
    .cpu { fill: var(--cpu); }
    .ask { fill: var(--ask); }
    .arrow { fill: none; stroke: var(--soft); stroke-width: 1.4; }
    .head { fill: var(--soft); }
`

func newCanvas(width, height int, title, description string) *canvas {
	c := &canvas{}
	c.printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-labelledby="title desc">`, width, height, width, height)
	c.printf(`  <title id="title">%s</title>`, escape(title))
	c.printf(`  <desc id="desc">%s</desc>`, escape(description))
	c.printf("  <style>%s  </style>", style)
	c.printf(`  <marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="head" d="M0 0 8 4 0 8Z"/></marker>`)
	c.rect("ground", 0.5, 0.5, float64(width)-1, float64(height)-1, 8)
	return c
}

func (c *canvas) finish() []byte {
	c.printf("</svg>")
	return c.Bytes()
}

func (c *canvas) printf(format string, args ...any) { fmt.Fprintf(c, format+"\n", args...) }

func (c *canvas) rect(class string, x, y, w, h, round float64) {
	c.printf(`  <rect class="%s" x="%g" y="%g" width="%g" height="%g" rx="%g"/>`, class, x, y, w, h, round)
}

// text writes a line whose baseline is at y.
func (c *canvas) text(class string, x, y float64, s string) {
	c.printf(`  <text class="%s" x="%g" y="%g">%s</text>`, class, x, y, escape(s))
}

// arrow draws a line from one point to another with a head at its end.
func (c *canvas) arrow(x1, y1, x2, y2 float64) {
	c.printf(`  <path class="arrow" marker-end="url(#head)" d="M%g %gL%g %g"/>`, x1, y1, x2, y2)
}

// exchange draws a line with a head at both ends.
func (c *canvas) exchange(x1, y1, x2, y2 float64) {
	c.printf(`  <path class="arrow" marker-start="url(#head)" marker-end="url(#head)" d="M%g %gL%g %g"/>`, x1, y1, x2, y2)
}

func escape(s string) string {
	var b bytes.Buffer
	// A buffer takes every write.
	_ = xml.EscapeText(io.Writer(&b), []byte(s))
	return b.String()
}
