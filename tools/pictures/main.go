// Pictures draws the pictures that the README and the documentation show:
// docs/images/pipeline.svg, and what a browser shows of a report.
//
//	go run ./tools/pictures
//	go run ./tools/pictures -page report.html -width 360 -height 1000 -out docs/images/report-apply-phone.png
//	go run ./tools/pictures -page analyze.png -height 9999 -out docs/images/analyze.png
//
// The names in the pipeline's picture are the program's own: workflows, stages and
// task queues are the constants of internal/pipeline, so a name that changes there
// changes here, and a test fails until the picture is drawn anew. The same program
// draws the same bytes every time.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
)

func main() {
	out := flag.String("out", "docs/images/pipeline.svg", "file to write")
	page := flag.String("page", "", "HTML file to take a picture of, or a PNG to make smaller")
	width := flag.Int64("width", 1100, "width of the window in pixels")
	height := flag.Int("height", 1200, "height of the picture in pixels, from the top of the page")
	flag.Parse()
	if err := write(*out, *page, *width, *height); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(3)
	}
}

func write(out, page string, width int64, height int) error {
	picture := pipelinePicture()
	if page != "" {
		var err error
		if picture, err = pagePicture(context.Background(), page, width, height); err != nil {
			return fmt.Errorf("taking a picture of %s: %w", page, err)
		}
	}
	if err := os.WriteFile(out, picture, 0o644); err != nil {
		return fmt.Errorf("writing a picture: %w", err)
	}
	return nil
}
