package cli

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show the version and the build",
		Example: "  starter version",
		Args:    noArgs,
		RunE: a.do(func(context.Context, *cobra.Command, []string) (view, error) {
			return readVersion(), nil
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

func readVersion() version {
	v := version{Version: "(unknown)", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
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
