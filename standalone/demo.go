package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"switchboard/internal/cli"
	"switchboard/internal/problem"
)

const (
	sampleTraining   = "datasets/sample/tweets.csv"
	sampleProduction = "datasets/sample/production.csv"
	// demoTask keeps the sample's companies away from everybody else's: the
	// sample's model never answers for data that a user brings.
	demoTask = "demo"
)

// demo runs the pipeline once with the very commands that a user would type.
func demo(ctx context.Context, o options, out, errOut io.Writer) error {
	for _, file := range []string{sampleTraining, sampleProduction} {
		if _, err := os.Stat(file); err != nil {
			return problem.Input("the sample is not here: %w; run the demo in the project's folder", err)
		}
	}
	s, err := start(ctx, o)
	if err != nil {
		return err
	}
	defer s.stop()
	for _, args := range [][]string{
		{"finetune", "--task", demoTask, "--dataset", sampleTraining, "--watch"},
		{"apply", "--task", demoTask, "--dataset", sampleProduction, "--watch"},
	} {
		args = append(args, addressFlag(s.temporal.Address())...)
		fmt.Fprintf(out, "\n$ starter %s\n", strings.Join(args, " "))
		if code := cli.Run(ctx, args, s.environ(), out, errOut); code != 0 {
			return exitCode(code)
		}
	}
	fmt.Fprintf(out, "\nThe Web UI was at %s; `%s` brings it back, with these runs in it.\n", s.temporal.UIURL(), o.again())
	return nil
}
