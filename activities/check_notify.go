package activities

import "context"

// CheckNotifyInput names whom a run will tell.
type CheckNotifyInput struct {
	URL string `json:"url"`
}

// CheckNotify looks whether this worker may tell an address, before a run begins. It
// sends nothing.
func (n *Notifier) CheckNotify(_ context.Context, in CheckNotifyInput) error {
	return n.Sender.Check(in.URL)
}
