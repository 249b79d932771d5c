// Package database keeps what outlives runs: the models with their champion, who
// changed what and why, people's corrections, and what became of retrainings. All
// of it belongs to tasks, see [Task].
//
// It is SQLite in a file, which several processes of one machine may have open,
// or PostgreSQL. One schema serves both, but for the tables of calls, and [Open]
// brings it up to date. Every change is one transaction, and changes happen one
// after another: whatever is killed at whatever moment, a task has exactly one
// champion, or none before the first.
//
// What was found out about calls lies in the same database and belongs to package
// results.
//
// No text of a tweet, no name and no handle of a customer is in it, and of calls
// only what is left when they are redacted. Labels are companies.
package database
