package results

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// mostRead is how many letters of a transcript are read for its beginning.
const mostRead = 6000

// Beginnings returns what the customers of some calls say first, redacted, by the call's
// id: whole words, at most so many letters, with a "…" where there is more. Where a
// transcript does not tell the sides, it is how it begins. Calls in which the customer
// says nothing for a while are left out. All are read at once.
func (s *Store) Beginnings(ctx context.Context, calls []Result, most int) (map[string]string, error) {
	if len(calls) == 0 {
		return map[string]string{}, nil
	}
	args := []any{mostRead}
	for i := range calls {
		args = append(args, micros(calls[i].StoredAt))
	}
	type beginning struct{ id, turns string }
	read, err := list(ctx, s, func(rows *sql.Rows) (b beginning, err error) { return b, rows.Scan(&b.id, &b.turns) },
		"SELECT call_id, substr(turns, 1, ?) FROM transcripts WHERE at IN ("+placeholders(len(calls))+")", args...)
	if err != nil {
		return nil, fmt.Errorf("reading how calls begin: %w", err)
	}
	words := map[string]string{}
	for _, b := range read {
		if text := beginningOf(turnsOf(b.turns), most); text != "" {
			words[b.id] = text
		}
	}
	return words, nil
}

// turnsOf reads the turns of a transcript of which the end may be missing.
func turnsOf(transcript string) []Turn {
	var turns []Turn
	if json.Unmarshal([]byte(transcript), &turns) == nil {
		return turns
	}
	// The cut is within a text, nearly always, and there perhaps within an escaped
	// letter, or it is between two fields.
	const longestEscape = len(`\u00e4`)
	for cut := range min(longestEscape, len(transcript)) {
		if json.Unmarshal([]byte(transcript[:len(transcript)-cut]+`"}]`), &turns) == nil {
			return turns
		}
	}
	if last := strings.LastIndex(transcript, `},{`); last > 0 && json.Unmarshal([]byte(transcript[:last]+"}]"), &turns) == nil {
		return turns
	}
	return nil
}

// beginningOf joins what the customer says until there is enough.
func beginningOf(turns []Turn, most int) string {
	var words []string
	letters, sides := 0, false
	for _, t := range turns {
		sides = sides || t.Side != ""
	}
	for _, t := range turns {
		if sides && t.Side != "customer" {
			continue
		}
		for w := range strings.FieldsSeq(t.Text) {
			if letters += utf8.RuneCountInString(w) + 1; letters > most {
				return strings.TrimSpace(strings.Join(words, " ") + " …")
			}
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}
