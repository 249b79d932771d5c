// Package pipeline is the contract between those who start runs and those who
// carry them out: the names of workflows, queues, queries and updates, how
// workflow ids are formed, and what goes in and comes out.
//
// The starter imports it and nothing of the workflows; the workflows import it
// and nothing of the starter. Every type here travels through Temporal, so
// none may hold tweet text, names or handles, and none may grow with the data:
// rows live in artifacts and travel as [artifact.Ref].
package pipeline
