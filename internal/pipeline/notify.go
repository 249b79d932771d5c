package pipeline

import (
	"net"
	"net/url"
	"time"
)

// EventType says what a notification is about.
type EventType string

// Of a run that has an address to tell, one that ends tells how; before that, a
// Retrain tells that it waits for a person, and a Retrain or an Apply that its data
// has drifted from what its model was trained on.
const (
	RunDone      EventType = "run.done"
	RunFailed    EventType = "run.failed"
	RunCancelled EventType = "run.cancelled"
	ApprovalDue  EventType = "run.approval_asked"
	DataDrifted  EventType = "run.drifted"
)

// Event is the body of a notification, as the Standard Webhooks specification has
// it. It holds names, which whoever may list runs reads too, and no text.
type Event struct {
	Type EventType `json:"type"`
	// Timestamp is when it happened, not when it was sent.
	Timestamp time.Time `json:"timestamp"`
	Data      EventRun  `json:"data"`
}

// EventRun is the run that an [Event] is about.
type EventRun struct {
	Workflow   string `json:"workflow"`
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Task       string `json:"task,omitempty"`
	Model      string `json:"model,omitempty"`
	// Decision is how a Retrain was decided.
	Decision string `json:"decision,omitempty"`
	// Failure is the kind of the problem that ended the run, or "Error": the
	// sentence may hold a value of the file, and is shown by `starter status`.
	Failure string `json:"failure,omitempty"`
	// Deadline is until when a person is waited for.
	Deadline *time.Time `json:"deadline,omitempty"`
}

// checkNotify refuses an address to which nothing can be sent, or nothing safely.
// An empty one is nobody's. Whether a worker may send to its host is the worker's
// to say.
func checkNotify(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return badInput("the address to notify is not an http or https URL; give one such as https://hooks.example.com/switchboard")
	case u.User != nil:
		return badInput("the address to notify holds a user or a password, which would be kept with the run; leave them out: notifications are signed")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return badInput("the address to notify on %s is not encrypted; give one with https (http is for the worker's own machine)", u.Host)
	}
	return nil
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
