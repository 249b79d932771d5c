package workflows

import (
	"go.temporal.io/sdk/workflow"

	"switchboard/internal/pipeline"
)

// privacyGate marks, in a history, that the workflow judges the anonymizer
// before texts leave the machine.
//
// A run that was under way when this came, and was past the place already, must
// replay as it was recorded, so it neither judges nor checks here. It sends
// nothing for that: the activities that send text ask for the evaluation too,
// such a run has none to give, and is refused there. Started again, it is
// judged.
const privacyGate = "privacy-gate"

func gated(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, privacyGate, workflow.DefaultVersion, 1) != workflow.DefaultVersion
}

// cleared is [pipeline.Clearance.Check], its problem as a workflow's failure.
func cleared(c pipeline.Clearance) error {
	if err := c.Check(); err != nil {
		return refused("%s", err)
	}
	return nil
}
