package pipeline

import "time"

// ControlTaskQueue is for what a person asks of the workers and waits for: each
// request is one activity, run outside of any workflow. It has a queue of its own
// so that nobody waits behind the work on a dataset.
const ControlTaskQueue = "switchboard-control"

// Activities of [ControlTaskQueue].
const (
	ListModelsActivity        = "ListModels"
	ShowModelActivity         = "ShowModel"
	ChangeModelActivity       = "ChangeModel"
	ListCorrectionsActivity   = "ListCorrections"
	PrepareImportActivity     = "PrepareImport"
	ImportCorrectionsActivity = "ImportCorrections"
	ListFilesActivity         = "ListFiles"
	ReadReportActivity        = "ReadReport"
	DiagnoseActivity          = "Diagnose"
)

// DashboardTaskQueue is where dashboards are asked, as workers are on [ControlTaskQueue].
const DashboardTaskQueue = "switchboard-dashboard"

// DescribeDashboardActivity is the one activity of [DashboardTaskQueue].
const DescribeDashboardActivity = "DescribeDashboard"

// DashboardDescription is what a dashboard says of itself.
type DashboardDescription struct {
	// URL is where people reach it, without a slash at the end.
	URL string `json:"url"`
}

// PageSize is how many models or corrections one answer holds at most: a payload
// of Temporal has at most two megabytes.
const PageSize = 500

// ListModelsInput asks for the models of a task, or of all tasks.
type ListModelsInput struct {
	Task     string `json:"task,omitempty"`
	AllTasks bool   `json:"all_tasks,omitempty"`
	// Offset is how many models the answers before this one held.
	Offset int `json:"offset,omitempty"`
}

// ListModelsResult holds models, newest first, one task after another.
type ListModelsResult struct {
	// Tasks has every task that has models, in each answer.
	Tasks  []TaskAliases `json:"tasks"`
	Models []Model       `json:"models"`
	// Total is how many models there are in all answers together.
	Total int `json:"total"`
}

// TaskAliases are which of a task's models answers, and which is up against it.
type TaskAliases struct {
	Task       string `json:"task"`
	Champion   string `json:"champion,omitempty"`
	Challenger string `json:"challenger,omitempty"`
}

// ShowModelInput asks for a model of a task, by id, alias or the start of an id.
type ShowModelInput struct {
	Task  string `json:"task,omitempty"`
	Model string `json:"model"`
}

// ModelDetails is all that is known of a model.
type ModelDetails struct {
	Model   Model       `json:"model"`
	Aliases TaskAliases `json:"aliases"`
	// Changes are those that the model was a part of, newest first.
	Changes []Change `json:"changes"`
	// Unchanged tells that a change was asked for, and the model was so already.
	Unchanged bool `json:"unchanged,omitempty"`
}

// ChangeModelInput asks for a change of the registry, which the audit trail keeps
// with name and reason.
type ChangeModelInput struct {
	Task string `json:"task,omitempty"`
	// Action is [Promoted], [RolledBack] or [Retired].
	Action Action `json:"action"`
	// Model is empty for [RolledBack].
	Model string `json:"model,omitempty"`
	Who   string `json:"who"`
	Why   string `json:"why"`
}

// ListCorrectionsInput asks for the corrections of a task.
type ListCorrectionsInput struct {
	Task string `json:"task,omitempty"`
	// Offset is as in [ListModelsInput].
	Offset int `json:"offset,omitempty"`
}

// ListCorrectionsResult holds corrections in the order of their conversations.
type ListCorrectionsResult struct {
	Corrections []Correction `json:"corrections"`
	// Total is as in [ListModelsResult].
	Total int `json:"total"`
}

// PrepareImportInput asks for what corrections of a task are checked against.
type PrepareImportInput struct {
	Task string `json:"task,omitempty"`
}

// PrepareImportResult is what a table of corrections may hold, and how it travels.
type PrepareImportResult struct {
	// Labels are the companies that the task's champion knows.
	Labels []string `json:"labels"`
	// Key is what the table is sealed with, see package correction. It is no
	// secret.
	Key []byte `json:"key"`
}

// ImportCorrectionsInput carries checked corrections. They are sealed, for they
// name their authors, and what travels stays in Temporal's database.
type ImportCorrectionsInput struct {
	Task   string `json:"task,omitempty"`
	Sealed []byte `json:"sealed"`
}

// ImportCorrectionsResult counts what was imported.
type ImportCorrectionsResult struct {
	Read int `json:"read"`
	// Changed is how many were new, or later than what was known.
	Changed int `json:"changed"`
}

// ListFilesInput asks where the files of a run are.
type ListFilesInput struct {
	// Dir is the folder of the run's artifacts.
	Dir string `json:"dir"`
	// Files are those to look for.
	Files []RunFile `json:"files"`
	// Answer is the answer to a call, if the run has one, and Key what it is sealed
	// with: whom a call is for is in files alone, and Temporal keeps what travels.
	Answer Ref    `json:"answer,omitzero"`
	Key    []byte `json:"key,omitempty"`
}

// RunFile is something that a run left behind.
type RunFile struct {
	Name string `json:"name"`
	Path string `json:"path"`
	// Optional files are left out where they are not there.
	Optional bool `json:"optional,omitempty"`
}

// ListFilesResult says where files are, and what is only in files.
type ListFilesResult struct {
	Files []FileURL `json:"files"`
	// Events are the latest of the provider's job, oldest first.
	Events []JobEvent `json:"events,omitempty"`
	// Answer is a sealed [CallAnswer], see package seal.
	Answer []byte `json:"answer,omitempty"`
}

// FileURL is where a person finds a file.
type FileURL struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// AnswerPurpose is what the answer to a call is sealed for.
const AnswerPurpose = "switchboard call answer 1"

// ReadReportInput asks for a report, as a page of HTML.
type ReadReportInput struct {
	// Path is that of the report of an evaluation or of an application.
	Path string `json:"path"`
	// Key is what the page is sealed with.
	Key []byte `json:"key"`
}

// ReadReportResult holds a page.
type ReadReportResult struct {
	// Sealed is the page's text, see package seal.
	Sealed []byte `json:"sealed"`
}

// ReportPurpose is what a report is sealed for: companies and figures of a run are in
// files alone, and Temporal keeps what travels.
const ReportPurpose = "switchboard report 1"

// LatestEvents is how many events of a job a [ListFilesResult] holds at most.
const LatestEvents = 5

// CallAnswer is what was found out about a call.
type CallAnswer struct {
	CallID     string    `json:"call_id"`
	Channel    string    `json:"channel,omitempty"`
	ReceivedAt time.Time `json:"received_at,omitzero"`
	// Company is a handle, or [Unknown].
	Company string `json:"company"`
	// Confidence is the probability of the model's answer, from 0 to 1.
	Confidence float64      `json:"confidence"`
	Status     AnswerStatus `json:"status"`
	// ErrorCode is set when Status is [AnswerFailed].
	ErrorCode string `json:"error_code,omitempty"`
	Model     string `json:"model"`
}

// Diagnosis is what a worker found out about its surroundings.
type Diagnosis struct {
	// Worker is the process that looked.
	Worker string  `json:"worker"`
	Checks []Check `json:"checks"`
}

// Check is one look at the surroundings.
type Check struct {
	Name  string     `json:"name"`
	State CheckState `json:"state"`
	// Message is what was found; for a problem also what to do, for a note
	// what it means for a run.
	Message string `json:"message"`
}

// CheckState is what came of a [Check].
type CheckState string

// The states.
const (
	CheckOK CheckState = "ok"
	// CheckNote is for what is missing but not needed.
	CheckNote    CheckState = "note"
	CheckProblem CheckState = "problem"
	// CheckSkipped is for a check that needs one that did not succeed.
	CheckSkipped CheckState = "skipped"
)
