package activities

import (
	"context"
	"time"

	"switchboard/internal/provider"
	"switchboard/internal/registry"
)

// RegisterModelResult tells which model of the task answers where nobody names one.
type RegisterModelResult struct {
	// Champion is empty where the task has none.
	Champion string `json:"champion"`
	// Unfit says why only a person makes this model the champion, empty if
	// nothing is in the way.
	Unfit string `json:"unfit,omitempty"`
}

// RegisterModel remembers a fine-tuned model of a task and what is known of it. The
// first one that is fit becomes the champion; others take its place when they are
// promoted.
func (d *Data) RegisterModel(ctx context.Context, m registry.Model) (RegisterModelResult, error) {
	m.Code = codeVersion()
	if last, known := provider.Retirement(m.ProviderURL, m.BaseModel); known {
		m.RetiresOn = last.Format(time.DateOnly)
	}
	champion, err := d.Models.Task(m.Task).Register(ctx, m)
	return RegisterModelResult{Champion: champion, Unfit: m.Unfit()}, err
}
