// Package activities holds the durable steps of the pipeline: each reads
// artifacts, does one thing, writes artifacts and returns small references.
//
// There are two sets, for two task queues. [Data] works on the CPU and the
// artifact store. [Provider] talks to the model provider, whose limits set the
// pace. An activity may run more than once: it writes files under fixed names,
// whole or not at all, and asks the provider what is already there before it
// creates anything.
//
// UploadFile, ClassifyPart and SubmitBatch send text. They take how the
// anonymizer that made it was judged, and send nothing unless it passed. An
// activity that comes to send text has to do the same.
//
// Long activities send a heartbeat every few seconds with how far they are.
// Failures are made fit for Temporal in one place, [Failures].
package activities
