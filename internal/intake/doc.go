// Package intake takes calls in: it reads their events from Kafka and starts the
// analysis of each, and writes events to Kafka that come by HTTP.
//
// An event is marked as taken in once Temporal has its analysis for good, or has had
// it before, or once it lies among the dead letters with the reason why nobody can use
// it. What ends in between is done again, so that an event is taken in at least once;
// that this is one call all the same is for the database of results to decide.
//
// How much is taken in is bounded by the calls that are being analyzed, those of all
// intakes together. What comes beyond that waits in Kafka.
package intake
