// Package cli is Switchboard's command line: it starts runs, watches them,
// schedules them and looks after what they need. It is a client of Temporal and of
// nothing else: the work happens in workers, and what they alone can know it asks them
// for.
//
// [Run] is the only entry point. It takes everything a process would take from
// the operating system, so a test runs commands in process and reads what a
// user would see.
//
// # Output
//
// Each command ends in one [view], a value that knows its text; with --json
// the same value is printed as one JSON object instead. Results go to standard
// output, progress and errors to standard error.
//
// A command that fails prints one sentence on standard error. With --json it
// also prints an object on standard output whose member "error" holds "kind"
// (BadInput, Environment, Refused, Failed or Interrupted), "message" and
// "exit_code", beside whatever else is known. So a script needs one check:
// whether "error" is there.
//
// # Exit codes
//
//	0    done
//	1    failed: the run, or what was asked of it
//	2    bad input: a flag, a file, a name
//	3    environment: no Temporal server, no worker, no access
//	130  interrupted while watching; the run goes on
package cli
