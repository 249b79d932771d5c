// Package temporal connects the programs of Switchboard to Temporal, and is the
// only package that does: a test holds that no other dials.
//
// What a connection consists of is decided here once for the worker, the
// starter, the standalone process and the tests: address, namespace, TLS and
// API key, the logger, and above all how values are encoded on their way through
// Temporal. A program that encodes in another way than the next one cannot read
// what the other wrote, and there is no error to tell so in time. So the
// encoding is no option of a caller. It follows from Temporal's settings, which
// [Load] reads, and whoever reads a payload that no method of the SDK decodes
// (heartbeats, failures of attempts, inputs in a history) asks the [Client] that
// it came through.
package temporal
