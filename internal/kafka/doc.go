// Package kafka is the one place that speaks to Kafka.
//
// Calls come from one topic. Beside it are two of its name: one keeps the events
// that nobody could use (dead letters), the other tells what was found out about
// each call. [Client] reads and writes single records, and looks after the topics;
// [Group] is one member of the consumer group that takes the calls in.
//
// A fault's text is made of sentences of this package and of Kafka's own names of
// errors. Nothing is quoted that a broker or a record says.
package kafka
