package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Workflow types.
const (
	PrepareDatasetWorkflow = "PrepareDataset"
	FineTuneWorkflow       = "FineTune"
	ApplyWorkflow          = "Apply"
	RetrainWorkflow        = "Retrain"
	EvaluateWorkflow       = "Evaluate"
	AnalyzeCallWorkflow    = "AnalyzeCall"
)

// Task queues. Work that calls the provider has a queue of its own, so that
// its pace can be limited without slowing down the work on the CPU.
const (
	TaskQueue         = "switchboard"
	ProviderTaskQueue = "switchboard-provider"
	// SpeechTaskQueue is for recordings, so that transcribing, which takes long,
	// cannot hold up what has been written down already.
	SpeechTaskQueue = "switchboard-speech"
)

// Priority is how soon the steps of a workflow come among those that wait on a task
// queue, from 1, which comes first, to 5. A caller waits; a file does not.
func Priority(workflow string) int {
	switch workflow {
	case AnalyzeCallWorkflow:
		return 1
	case ApplyWorkflow:
		return 4
	}
	return 3
}

// Queries and updates.
const (
	// StatusQuery answers with a [Status]; every workflow has it.
	StatusQuery = "status"
	// AcceptUpdate waits until the run's input and the provider were
	// checked. It answers with an [Accepted], or with the reason why the
	// run was refused. Workflows that a person starts have it.
	AcceptUpdate = "accept"
	// PauseUpdate and ResumeUpdate hold and release an Apply between parts.
	// Both answer with a [Status].
	PauseUpdate  = "pause"
	ResumeUpdate = "resume"
	// ApproveUpdate carries an [Approval] to a Retrain that waits for one.
	ApproveUpdate = "approve"
)

// Search attributes, all of type Keyword. A Temporal namespace must know them
// before a run starts.
const (
	TaskAttribute    = "SwitchboardTask"
	DatasetAttribute = "SwitchboardDataset"
	ModelAttribute   = "SwitchboardModel"
	StageAttribute   = "SwitchboardStage"
	// DecisionAttribute is how a Retrain was decided.
	DecisionAttribute = "SwitchboardDecision"
)

// SearchAttributes lists them.
var SearchAttributes = []string{TaskAttribute, DatasetAttribute, ModelAttribute, StageAttribute, DecisionAttribute}

// DatasetValue is what [DatasetAttribute] says of a file: its name, and a digest of
// where it lies, so that files of one name in two folders are told apart. A query
// with STARTS_WITH finds the name alone.
func DatasetValue(dataset string) string {
	location, _, _ := strings.Cut(dataset, "?")
	sum := sha256.Sum256([]byte(location))
	return DatasetName(dataset) + "@" + hex.EncodeToString(sum[:4])
}

// ClassifyAttempts is how often one part is tried. On the last attempt, rows
// without an answer are marked as failed instead of failing the run.
const ClassifyAttempts = 30

// FineTuneID returns the workflow id of a fine-tuning. The same input gives
// the same id, so that a second start finds the first run instead of paying
// for another.
func FineTuneID(in FineTuneInput) string {
	in.Task, in.Notify = named(in.Task), ""
	return workflowID("finetune", in.Dataset, in)
}

// ApplyID returns the workflow id of an application of a model.
func ApplyID(in ApplyInput) string {
	in.Task, in.Notify = named(in.Task), ""
	return workflowID("apply", in.Dataset, in)
}

// RetrainID returns the workflow id of a retraining; a Schedule appends the time
// of each run.
func RetrainID(in RetrainInput) string {
	in.FineTune.Task, in.Notify = named(in.FineTune.Task), ""
	return workflowID("retrain", in.FineTune.Dataset, in)
}

// EvaluateID returns the workflow id of an evaluation.
func EvaluateID(in EvaluateInput) string {
	in.Task, in.Notify = named(in.Task), ""
	run, _, _ := strings.Cut(in.Dir, "/")
	return workflowID("evaluate", run, in)
}

// CallFolder is where calls' runs leave their files, if they leave any.
const CallFolder = "call"

// CallWorkflowID returns the workflow id of a call's analysis. There is one at a
// time, however often the call is announced.
func CallWorkflowID(callID string) string { return CallFolder + "/" + callID }

// PrepareID returns the workflow id of the preparation that a run starts as
// its child.
func PrepareID(parent string) string { return parent + "-prepare" }

// RetrainedID returns the workflow id of the fine-tuning that a Retrain starts
// as its child.
func RetrainedID(parent string) string { return parent + "-finetune" }

// ContenderID returns the workflow id of the evaluation that a comparison starts as its
// child for its model number i, from 0.
func ContenderID(parent string, i int) string { return parent + "-" + strconv.Itoa(i+1) }

// named is the task as ids know it: the default has no name in them, so that they
// are those from before there were tasks.
func named(task string) string {
	if task == DefaultTask {
		return ""
	}
	return task
}

// ScheduleID returns the id of a task's schedule where nobody gives another.
func ScheduleID(task string) string {
	if task = named(task); task != "" {
		return "retrain-" + task
	}
	return "retrain"
}

var notInID = regexp.MustCompile(`[^A-Za-z0-9._]+`)

func workflowID(verb, dataset string, in any) string {
	base := path.Base(strings.ReplaceAll(dataset, `\`, "/"))
	base, _, _ = strings.Cut(base, ".")
	base = notInID.ReplaceAllString(base, "-")
	// The id is part of every artifact's path, of which results hold many.
	base = base[:min(len(base), 40)]
	// Marshalling a struct of plain fields cannot fail.
	text, _ := json.Marshal(in)
	sum := sha256.Sum256(text)
	return verb + "-" + base + "-" + hex.EncodeToString(sum[:4])
}
