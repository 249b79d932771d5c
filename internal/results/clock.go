package results

import "time"

// SetClock makes the store read another clock than the computer's, before it is
// used: tests fill it with calls of weeks.
func (s *Store) SetClock(now func() time.Time) { s.now = now }
