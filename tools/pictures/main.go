// Pictures draws docs/images/pipeline.svg, the picture of the pipeline that
// the README and the documentation show.
//
//	go run ./tools/pictures
//
// The names in it are the program's own: workflows, stages and task queues are
// the constants of internal/pipeline, so a name that changes there changes
// here, and a test fails until the picture is drawn anew. The same program
// draws the same bytes every time.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	out := flag.String("out", "docs/images/pipeline.svg", "file to write")
	flag.Parse()
	if err := os.WriteFile(*out, pipelinePicture(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "pictures: writing the picture of the pipeline:", err)
		os.Exit(3)
	}
}
