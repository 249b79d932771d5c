// Command sample writes the generated data set of datasets/sample.
//
//	go run ./tools/sample
//
// It overwrites what is there. Without options it gives the files that are
// kept with the project, byte for byte; with another seed or size, a data set
// of the same making.
package main

import (
	"flag"
	"fmt"
	"os"

	"switchboard/internal/sample"
)

func main() {
	dir := flag.String("out", "datasets/sample", "directory to write to")
	var options sample.Options
	flag.Uint64Var(&options.Seed, "seed", sample.Seed, "decides every choice")
	flag.IntVar(&options.Rows, "rows", sample.Rows, "about how many rows tweets.csv gets")
	flag.Parse()
	if err := run(*dir, options); err != nil {
		fmt.Fprintln(os.Stderr, "sample:", err)
		os.Exit(1)
	}
}

func run(dir string, options sample.Options) error {
	set, err := sample.Generate(options)
	if err != nil {
		return err
	}
	if err := set.WriteTo(dir); err != nil {
		return err
	}
	fmt.Printf("%s: %d training rows in %d threads, %d production rows, %d companies\n",
		dir, len(set.Training), set.Threads, len(set.Production), set.Companies)
	return nil
}
