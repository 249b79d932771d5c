package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Intake tells whether calls are taken in.
type Intake struct {
	Paused bool `json:"paused"`
	// Since is when somebody last paused or resumed, and By who did; zero and empty
	// if nobody ever has.
	Since time.Time `json:"since,omitzero"`
	By    string    `json:"by,omitempty"`
}

// Intake tells whether calls are taken in. They are until somebody pauses.
func (s *Store) Intake(ctx context.Context) (Intake, error) {
	i, err := s.direct().intake(ctx)
	if err != nil {
		return i, fmt.Errorf("looking whether calls are taken in: %w", err)
	}
	return i, nil
}

func (t tx) intake(ctx context.Context) (i Intake, err error) {
	var at int64
	err = t.row(ctx, "SELECT paused, at, who FROM intake_changes ORDER BY id DESC LIMIT 1").Scan(&i.Paused, &at, &i.By)
	if errors.Is(err, sql.ErrNoRows) {
		return Intake{}, nil
	}
	i.Since = fromMicros(at)
	return i, err
}

// SetPaused pauses or resumes the intake, for all its processes. Where it is so,
// who made it so stays. What else is given is kept with it.
func (s *Store) SetPaused(ctx context.Context, paused bool, who string, also ...Also) error {
	err := s.change(ctx, func(t tx) error {
		now, err := t.intake(ctx)
		if err == nil && now.Paused != paused {
			_, err = t.exec(ctx, "INSERT INTO intake_changes (paused, at, who) VALUES (?, ?, ?)", paused, micros(s.now()), storable(who))
		}
		if err != nil {
			return err
		}
		return t.keep(ctx, also)
	})
	if err != nil {
		return fmt.Errorf("pausing or resuming the intake: %w", err)
	}
	return nil
}
