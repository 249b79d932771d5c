package cli

import (
	"errors"
	"io/fs"
	"os"

	"switchboard/internal/problem"
)

// openInput opens a file that the user named. One that is not there or cannot be read
// is a problem of kind BadInput.
func openInput(path string) (*os.File, error) {
	file, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, problem.Input("there is no file %s; check the path", path)
	case err != nil:
		return nil, problem.Input("%s cannot be read: %w", path, err)
	}
	if info, err := file.Stat(); err == nil && info.IsDir() {
		_ = file.Close()
		return nil, problem.Input("%s is a folder; name a file", path)
	}
	return file, nil
}
