package cli

import (
	"context"

	"github.com/spf13/cobra"

	"switchboard/internal/program"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show the version and the build",
		Example: "  starter version",
		Args:    noArgs,
		RunE: a.do(func(context.Context, *cobra.Command, []string) (view, error) {
			return version(program.ReadBuild()), nil
		}),
	}
}

// version is what the Go tool chain wrote into the program.
type version struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	// Modified tells that the source differed from the revision.
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
}

func (v version) write(t *text) {
	t.line("switchboard %s", v.Version)
	revision := v.Revision
	if v.Modified {
		revision += ", modified"
	}
	t.fact("revision", revision)
	t.fact("go", v.Go)
}
