// Command results prepares a database for measuring: it makes the tables, and runs
// the statements of a file, if one is given.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"switchboard/internal/database"
)

func main() {
	location := flag.String("database", "", "the database, as in DATABASE_URL")
	file := flag.String("file", "", "SQL to run in it")
	flag.Parse()
	if err := run(context.Background(), *location, *file); err != nil {
		fmt.Fprintln(os.Stderr, "results:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, location, file string) error {
	s, err := database.Open(ctx, location)
	if err != nil {
		return err
	}
	defer s.Close()
	if file == "" {
		return nil
	}
	statements, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	_, err = s.DB().ExecContext(ctx, string(statements))
	return err
}
