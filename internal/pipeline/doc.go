// Package pipeline is the contract between those who start runs and those who
// carry them out: the names of workflows, queues, queries and updates, how
// workflow ids are formed, and what goes in and comes out.
//
// The starter imports it and nothing of the workflows; the workflows import it
// and nothing of the starter. It imports the standard library alone, so that
// whoever starts runs links nothing of what carries them out: packages that hold
// the rules for a value take its type from here.
//
// Every type travels through Temporal, so none may hold tweet text, names or
// handles, and none may grow with the data: rows live in artifacts and travel as
// [Ref].
package pipeline
