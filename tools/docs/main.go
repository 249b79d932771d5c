// Docs puts into the documents what the programs print.
//
//	go run ./tools/docs        fill the documents
//	go run ./tools/docs -data  with the outputs on real data, which lies beside the project
//	go run ./tools/docs -all   with new times and dates, too
//
// A block of output follows a line that names the [step] which prints it, and,
// where not all of it is wanted, the sections to keep and those to shorten:
//
//	<!-- output: demo-finetune; only: data, anomalies; short: anomalies -->
//
// The steps are run in a folder of their own, against a standalone of their own.
// A block stays as it is unless more has changed than times, dates and names
// that are new with each run.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

// documents are the files that show output, relative to the project's folder.
var documents = []string{"README.md", "docs/tutorial.md", "docs/how-to.md", "docs/explanation.md"}

func main() {
	data := flag.Bool("data", false, "run the steps on real data, too; without, their blocks stay as they are")
	all := flag.Bool("all", false, "fill all blocks anew, also where nothing but times, dates and names has changed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := fill(ctx, ".", *data, *all); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

// fill runs the steps and changes the documents below root whose blocks are no
// longer true, or all blocks.
func fill(ctx context.Context, root string, data, all bool) error {
	outputs, err := run(ctx, root, data)
	if err != nil {
		return err
	}
	for _, name := range documents {
		file := filepath.Join(root, name)
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		filled, err := fillText(string(text), outputs, all)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if filled == string(text) {
			continue
		}
		fmt.Println("changed", name)
		if err := os.WriteFile(file, []byte(filled), 0o644); err != nil {
			return err
		}
	}
	return nil
}
