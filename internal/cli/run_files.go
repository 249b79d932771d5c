package cli

import (
	"context"
	"strings"

	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/seal"
)

// file is something that a run left behind, where a person can find it.
type file pipeline.FileURL

// dir is the folder of the run's artifacts, empty if it is not known.
func (r report) dir() string {
	switch {
	case r.FineTune != nil:
		return r.FineTune.Dir
	case r.Apply != nil:
		return r.Apply.Dir
	case r.Evaluate != nil:
		return r.Evaluate.Dir
	case r.Call != nil:
		return r.Call.Dir
	case r.Status != nil && !r.storesCall():
		return r.Status.Dir
	}
	return ""
}

// storesCall tells a run about a call that leaves no files, but rows in the database:
// it begins with what others do after their checks.
func (r report) storesCall() bool {
	if r.Workflow != pipeline.AnalyzeCallWorkflow || r.Status == nil {
		return false
	}
	return len(r.Status.Stages) == 0 || r.Status.Stages[0].Stage != pipeline.Checking
}

// files are those of a run that are worth a person's look.
func (r report) files() (list []pipeline.RunFile) {
	add := func(name, path string) {
		if path != "" {
			list = append(list, pipeline.RunFile{Name: name, Path: path})
		}
	}
	switch {
	case r.Apply != nil:
		add("output", r.Apply.Output.Path)
		add("report", r.Apply.Report.Path)
		add("chart", r.Apply.Chart.Path)
		add("manifest", r.Apply.Manifest.Path)
	case r.Evaluate != nil:
		add("report", r.Evaluate.Report.Path)
	case r.Call != nil:
		add("answer", r.Call.Answer.Path)
		add("manifest", r.Call.Manifest.Path)
	case r.FineTune != nil:
		if r.Retrain != nil {
			add("comparison", r.Retrain.Comparison.Path)
			add("retraining", r.Retrain.Manifest.Path)
		}
		add("report", r.FineTune.Report.Path)
		add("manifest", r.FineTune.Manifest.Path)
	}
	dir := layout.Run(r.dir())
	list = append(list,
		pipeline.RunFile{Name: "step metrics", Path: dir.StepMetrics(), Optional: true},
		pipeline.RunFile{Name: "curves", Path: dir.Curves(), Optional: true},
		pipeline.RunFile{Name: "events", Path: dir.Events(), Optional: true},
	)
	add("folder", r.dir())
	return list
}

// addFiles lets a worker add where the run's files are, and what is only in them:
// the job's latest events, and the answer to a call. Where no worker answers, that
// is left out.
func (a *app) addFiles(ctx context.Context, c *connection, r *report) {
	if r.Call != nil && r.Call.Dir == "" && !r.WorkerSilent {
		a.addAnswer(ctx, c, r)
	}
	if r.dir() == "" || r.WorkerSilent {
		return
	}
	key, err := seal.NewKey()
	if err != nil {
		return
	}
	in := pipeline.ListFilesInput{Dir: r.dir(), Files: r.files()}
	if r.Call != nil {
		in.Answer, in.Key = r.Call.Answer, key.Public()
	}
	var found pipeline.ListFilesResult
	if a.request(ctx, c, pipeline.ListFilesActivity, in, &found) != nil {
		return
	}
	for _, f := range found.Files {
		r.Files = append(r.Files, file(f))
	}
	var answer pipeline.CallAnswer
	if found.Answer != nil && key.Open(found.Answer, pipeline.AnswerPurpose, &answer) == nil {
		r.Answer = &answer
	}
	if r.Events == nil {
		r.Events = found.Events
	}
}

// addAnswer adds whom a call is for, where that is in the database.
func (a *app) addAnswer(ctx context.Context, c *connection, r *report) {
	d, err := a.showCall(ctx, c, r.callID())
	if err != nil {
		return
	}
	r.Answer = &pipeline.CallAnswer{
		CallID: d.CallID, Channel: d.Channel, ReceivedAt: d.ReceivedAt, Company: d.Company,
		Confidence: d.Confidence, Status: d.Status, ErrorCode: d.ErrorCode, Model: d.Model,
	}
}

// callID is the id of the call that a run is about.
func (r report) callID() string { return strings.TrimPrefix(r.WorkflowID, pipeline.CallWorkflowID("")) }
