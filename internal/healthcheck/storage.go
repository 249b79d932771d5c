package healthcheck

import (
	"context"
	"fmt"
	"strings"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/config"
	"switchboard/internal/problem"
)

// artifacts writes a file and deletes it.
func artifacts(ctx context.Context, root string) (string, error) {
	files, err := artifact.Open(ctx, root)
	if err != nil {
		return "", err
	}
	defer files.Close()
	path := fmt.Sprintf("doctor-%d", time.Now().UnixNano())
	_, err = files.Write(ctx, path, []byte("written by starter doctor\n"))
	if err == nil {
		err = files.Delete(ctx, path)
	}
	where := strings.TrimSuffix(files.URL(""), "/")
	if err != nil {
		return "", problem.New(problem.Environment, "%s cannot be written: %w; set %s to a folder or URL that can", where, err, config.Artifacts)
	}
	return where + " can be written", nil
}

// models reads from the registry.
func models(ctx context.Context, w Worker) (string, error) {
	tasks, err := w.Models.Tasks(ctx)
	if err != nil {
		return "", problem.New(problem.Environment, "the database of models cannot be read: %w; check %s", err, config.DatabaseURL)
	}
	if len(tasks) == 1 {
		return "can be read; it has models of 1 task", nil
	}
	return fmt.Sprintf("can be read; it has models of %d tasks", len(tasks)), nil
}
