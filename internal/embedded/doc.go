// Package embedded runs a Temporal server and its Web UI inside this process,
// so that one command needs nothing installed beside it.
//
// It is the real server with all four of its services, not an imitation:
// what works here works against a cluster. What differs is the setting. There
// is one host, one shard and one SQLite file; nothing listens anywhere but on
// 127.0.0.1, and only the frontend and the Web UI have ports that anybody is
// meant to know:
//
//	worker, starter --gRPC--> frontend --+-- history  --+--> SQLite file
//	browser --HTTP--> Web UI --gRPC--^   +-- matching --+
//	                                     +-- worker (schedules, batches)
//
// # What survives
//
// With a DataFile every step of every workflow is on disk before the worker
// hears that it was recorded. SQLite writes ahead to a log (WAL), so a process
// that is killed, also with SIGKILL, loses nothing: the next start reads the
// log and goes on. A machine that loses its power may lose the last moments,
// never the file's consistency; see synchronous in data.go for why.
//
// One process at a time owns a DataFile; a lock file beside it says so.
//
// # What it is not for
//
// One process and one file do everything. Many workers, or a service that must outlive
// a machine, want a cluster: see deploy/.
package embedded
