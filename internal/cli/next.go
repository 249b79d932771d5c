package cli

import (
	"cmp"
	"math"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"switchboard/internal/console"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// nextCommand is what somebody who has read of a run most likely does next.
func (r report) nextCommand() string {
	switch {
	case r.State == stateRunning:
		return r.nextOfRunning()
	case r.State != stateCompleted:
		return r.nextOfFailed()
	case r.Retrain != nil:
		return r.nextOfRetrain()
	case r.FineTune != nil:
		return r.nextOfFineTune()
	case r.Apply != nil && r.Apply.Counts.ConversationStatuses[string(pipeline.AnswerFailed)] > 0:
		return "starter apply --retry-failed " + r.WorkflowID + " --watch"
	case r.Workflow == pipeline.PrepareDatasetWorkflow:
		return ""
	case r.Call != nil && r.Call.Dir == "":
		return "starter calls show " + r.callID()
	}
	return "starter open " + r.WorkflowID
}

func (r report) nextOfRunning() string {
	switch {
	case r.Status != nil && r.Status.Proposal != nil:
		return "starter models approve " + r.WorkflowID + " --why REASON"
	case r.WorkerSilent:
		return "starter doctor"
	case r.paused():
		return "starter apply resume " + r.WorkflowID
	}
	return "starter status " + r.WorkflowID + " --watch"
}

func (r report) nextOfFailed() string {
	if r.Failure != nil && r.Failure.Kind == string(problem.Environment) {
		return "starter doctor"
	}
	if r.storesCall() {
		return "starter calls show " + r.callID()
	}
	return "starter open " + r.WorkflowID + " --web-ui"
}

func (r report) nextOfRetrain() string {
	if r.Retrain.FineTune.Model == "" {
		return "starter runs --kind retrain"
	}
	return "starter models show " + r.Retrain.FineTune.Model + taskOption(r.Retrain.Task)
}

func (r report) nextOfFineTune() string {
	f := r.FineTune
	switch {
	case f.DryRun && r.estimated != nil:
		return fineTuneLine(*r.estimated, f.Estimates)
	case f.DryRun:
		return "starter finetune --dataset FILE" + taskOption(f.Task) + " --max-cost DOLLARS --watch"
	case r.Parent != "":
		return "starter status " + r.Parent
	case f.Unfit != "":
		return "starter open " + r.WorkflowID // its report shows why
	case f.Champion != "" && f.Champion != f.Model:
		// Whether this model is the better one shows only on the same test set.
		return "starter evaluate --run " + r.WorkflowID + " --watch"
	}
	return "starter apply --dataset FILE" + taskOption(f.Task) + " --watch"
}

// fineTuneLine is the command that does what was estimated, with the options that
// were given, and costs no more than the estimate says. An address to notify may
// hold a secret and is left out.
func fineTuneLine(in pipeline.FineTuneInput, estimates []pipeline.CostEstimate) string {
	var f fineTuneFlags
	cmd := &cobra.Command{}
	f.register(cmd)
	if len(estimates) > 0 && estimates[0].Chosen && in.MaxCost == 0 {
		in.MaxCost = math.Ceil(estimates[0].Total())
	}
	f.in = in.WithDefaults()
	f.in.Turns = cmp.Or(in.Turns, pipeline.AllTurns)
	f.in.MaxUnusable = cmp.Or(in.MaxUnusable, pipeline.DefaultMaxUnusable)
	line := []string{"starter finetune" + taskOption(in.Task)}
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		switch value := flag.Value.String(); {
		case value == flag.DefValue:
		case flag.Value.Type() == "bool":
			line = append(line, "--"+flag.Name)
		default:
			line = append(line, "--"+flag.Name+" "+console.Quote(value))
		}
	})
	return strings.Join(append(line, "--watch"), " ")
}

// taskOption names a task to a command, unless it is the default one.
func taskOption(task string) string {
	if cmp.Or(task, pipeline.DefaultTask) == pipeline.DefaultTask {
		return ""
	}
	return " --task " + task
}
