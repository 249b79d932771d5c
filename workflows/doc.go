// Package workflows says what happens and in which order. It is deterministic
// and does no I/O: every step that touches the world is an activity.
//
//	PrepareDataset  load, thread, label, judge the anonymizer, anonymize
//	FineTune        prepare, split, upload, submit, await, evaluate, register
//	Apply           prepare, classify, merge, chart
//	Retrain         what a Schedule starts: a FineTune
//	AnalyzeCall     the same as Apply for one call
//
// Inputs, results and names are in [switchboard/internal/pipeline]. Rows never
// pass through a workflow; references to artifacts do. Options of activities
// come from the presets in options.go.
package workflows
