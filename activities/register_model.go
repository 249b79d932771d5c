package activities

import (
	"context"
	"time"

	"switchboard/internal/provider"
	"switchboard/internal/registry"
)

// RegisterModelResult tells which model answers where nobody names one.
type RegisterModelResult struct {
	Champion string `json:"champion"`
}

// RegisterModel remembers a fine-tuned model and what is known of it. The first
// model becomes the champion; others take its place when they are promoted.
func (d *Data) RegisterModel(ctx context.Context, m registry.Model) (RegisterModelResult, error) {
	m.Code = codeVersion()
	if last, known := provider.Retirement(m.ProviderURL, m.BaseModel); known {
		m.RetiresOn = last.Format(time.DateOnly)
	}
	champion, err := d.Models.Register(ctx, m)
	return RegisterModelResult{Champion: champion}, err
}
