// Package console prints what commands have to say: aligned text for people, one
// JSON object for programs, one sentence and an exit code for failures, and a bar
// for what takes long. The starter and the worker's commands share it, so that all
// of them read alike.
package console
