// Package request asks workers for something through Temporal: by an activity
// outside of any workflow, or by an update of a workflow. The starter and the
// dashboard ask in this one way. What a server, a worker or a run says in return
// becomes a sentence for a person.
package request
