package activities

import (
	"cmp"
	"context"
	"slices"

	"switchboard/internal/artifact"
	"switchboard/internal/layout"
	"switchboard/internal/privacy"
	"switchboard/internal/problem"
	"switchboard/internal/program"
)

// Manifest says what a run read and what it left, so that every file can be
// checked and every figure traced.
type Manifest struct {
	Workflow   string `json:"workflow"`
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	// Code is the version of the program that wrote the manifest. The
	// activity fills it in.
	Code string `json:"code"`
	// Parameters is the workflow's input, defaults filled in.
	Parameters any `json:"parameters"`
	// Facts are versions and settings that shaped the result, such as the
	// anonymizer's version and the prompt's.
	Facts map[string]string `json:"facts"`
	// Privacy is why the texts were allowed to leave the machine.
	Privacy privacy.Evaluation `json:"privacy"`
	// Stages lists the files of each stage.
	Stages []ManifestStage `json:"stages"`
	// Checks compare what went into stages with what came out.
	Checks []Check `json:"checks"`
	// Result is what the run found: counts and metrics.
	Result any `json:"result"`
}

// ManifestStage is one stage's output.
type ManifestStage struct {
	Name  string         `json:"name"`
	Files []artifact.Ref `json:"files"`
}

// Check is one sum that must come out: nothing was lost or doubled.
type Check struct {
	Name string `json:"name"`
	In   int64  `json:"in"`
	Out  int64  `json:"out"`
}

// WriteManifestInput is a manifest and its folder.
type WriteManifestInput struct {
	Dir      string   `json:"dir"`
	Manifest Manifest `json:"manifest"`
}

// WriteManifest stores manifest.json. It fails, for good, if a check does not
// hold.
func (d *Data) WriteManifest(ctx context.Context, in WriteManifestInput) (artifact.Ref, error) {
	for _, c := range in.Manifest.Checks {
		if c.In != c.Out {
			return artifact.Ref{}, problem.New(problem.Environment, "the sums of the run do not come out (%s: %d went in, %d came out), which is a bug; nothing of this run should be used", c.Name, c.In, c.Out)
		}
	}
	for i, stage := range in.Manifest.Stages {
		in.Manifest.Stages[i].Files = slices.DeleteFunc(stage.Files, func(ref artifact.Ref) bool { return ref.Path == "" })
	}
	in.Manifest.Code = codeVersion()
	return d.Store.WriteJSON(ctx, layout.Run(in.Dir).Manifest(), in.Manifest)
}

// codeVersion returns the commit that the program was built from, or "unknown"
// for a program built outside a repository.
func codeVersion() string { return cmp.Or(program.ReadBuild().Revision, "unknown") }
