package results

import "context"

// overwriting lets SQLite overwrite all that f removes, of which it otherwise leaves
// whole pages in the file until they are needed. PostgreSQL has no such thing: its vacuum does it.
func (t tx) overwriting(ctx context.Context, f func() error) error {
	if t.s.base.Postgres() {
		return f()
	}
	if _, err := t.exec(ctx, "PRAGMA secure_delete = ON"); err != nil {
		return err
	}
	err := f()
	if _, off := t.exec(ctx, "PRAGMA secure_delete = FAST"); err == nil {
		err = off
	}
	return err
}

// mergedAtOnce is how many pages of the index of words one step writes, for which
// whoever stores calls has to wait.
const mergedAtOnce = 500

// scrub takes removed words out of SQLite's index, where they are only marked, and
// what was removed out of its log.
func (s *Store) scrub(ctx context.Context) error {
	if s.base.Postgres() {
		return nil
	}
	for pages, more := -mergedAtOnce, true; more; pages = mergedAtOnce { // negative begins
		err := s.change(ctx, func(t tx) error {
			return t.overwriting(ctx, func() (err error) {
				more, err = t.merge(ctx, pages)
				return err
			})
		})
		if err != nil {
			return err
		}
	}
	// Whoever reads just then keeps the log: it is emptied another time.
	_, err := s.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// merge is false once there is nothing left to merge, which the number of changes
// tells.
func (t tx) merge(ctx context.Context, pages int) (more bool, err error) {
	var before, after int64
	if err := t.row(ctx, "SELECT total_changes()").Scan(&before); err != nil {
		return false, err
	}
	if _, err := t.exec(ctx, "INSERT INTO transcript_words (transcript_words, rank) VALUES ('merge', ?)", pages); err != nil {
		return false, err
	}
	err = t.row(ctx, "SELECT total_changes()").Scan(&after)
	return after-before >= 2, err
}
