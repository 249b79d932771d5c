// Package results keeps what was found out about calls: who called about what, in
// redacted words, which company a model named and how sure it was, counts by hour,
// what is still to be published, and whether calls are taken in at all.
//
// The tables lie in the database of package database and come with it. On
// PostgreSQL those that grow are partitioned by day, on SQLite they are plain; the
// queries are the same, but for two pieces: finding words, see [Filter.Words], and
// letting several relays share the outbox.
//
// A call's place in time, in lists, counts and partitions, is when it was stored,
// which no sender's clock disturbs. When it was received is told with it.
//
// A call's id is used once for good: table call_ids outlives partitions, and
// whatever the workflows have forgotten. See [Store.SaveRedacted]. An answer is
// stored, counted and laid into the outbox in one transaction, once. See
// [Store.SavePrediction]. What is published is at least once, in the same bytes.
//
// Nothing raw is in it: turns are redacted before they come here.
package results
