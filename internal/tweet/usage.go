package tweet

import (
	"fmt"
	"strconv"
	"strings"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// DefaultMaxUnusable is the part of a column that may be unusable unless told
// otherwise.
const DefaultMaxUnusable = pipeline.DefaultMaxUnusable

// fewReplies to ids of several tweets are a mistake of a few rows, whatever part
// of the replies they are.
const fewReplies = 4

// maxLines is how many lines a refusal names.
const maxLines = 3

// usage counts how much of a column can be used.
type usage struct {
	// of are the cells that there are, bad those that cannot be used, and of
	// them rounded those that have lost digits, empty those without a value.
	of, bad, rounded, empty int64
	// rows are the first bad ones.
	rows []int32
}

func (u *usage) add(f form, row int32) {
	u.bad++
	switch f {
	case rounded:
		u.rounded++
	case absent, nothing:
		u.empty++
	}
	if len(u.rows) < maxLines {
		u.rows = append(u.rows, row)
	}
}

// idAdvice says what to do about ids, by what is wrong with most of them.
func (u *usage) idAdvice() string {
	switch other := u.bad - u.rounded - u.empty; {
	case u.bad == 0, u.rounded > 0 && u.rounded >= other:
		return roundedAdvice
	case other > 0:
		return otherAdvice
	}
	return emptyAdvice
}

// TooMany tells whether bad ones of so many are more than a part that is
// tolerated. One alone is a bad row and no bad column.
func TooMany(bad, of int64, limit float64) bool {
	return bad > 1 && float64(bad) > limit*float64(of)+1e-9
}

// Lines names the lines of the first rows of a list, for a refusal: "line 2",
// "lines 2, 3 and 4".
func (t *Table) Lines(rows []int32) string {
	rows = rows[:min(len(rows), maxLines)]
	lines := make([]string, len(rows))
	for i, row := range rows {
		lines[i] = strconv.Itoa(t.Line(row))
	}
	last := len(lines) - 1
	if last == 0 {
		return "line " + lines[0]
	}
	return "lines " + strings.Join(lines[:last], ", ") + " and " + lines[last]
}

const (
	replyColumns  = "in_response_to_tweet_id and response_tweet_id"
	roundedAdvice = "export the ids as text or as whole numbers, not through a spreadsheet that shows them with an exponent"
	otherAdvice   = "ids are whole numbers such as 119237; replace ids of another kind, such as UUIDs, by numbers, in every id column alike"
	emptyAdvice   = "give every tweet an id"
	authorAdvice  = "give the company's name or handle there in every row that a company wrote"
)

// Usable refuses a table of which more than a part cannot be used in one of
// the columns that a result depends on: of the ids, of the parents and the
// lists of answers together, and in a training table of the authors. Name is the
// table's, for the message. The error is a [problem.BadInput].
func (t *Table) Usable(name string, limit float64) error {
	for _, column := range []struct {
		usage
		name, advice string
	}{
		{t.ids, "tweet_id", t.ids.idAdvice()},
		{t.replies, replyColumns, t.replies.idAdvice()},
		{t.authors, "author_id", authorAdvice},
	} {
		// Of a single tweet nothing is left.
		nothing := t.rows == 1 && column.bad == 1 && limit < 1
		if nothing || TooMany(column.bad, column.of, limit) {
			return problem.Input("%s: of %s; %s", name, column.sentence(t, column.name, column.advice), LimitAdvice(limit))
		}
	}
	return nil
}

// RepliesUsable is the part of Usable about replies, with the rows that answer an
// id that several tweets have: nor can these be used.
func (t *Table) RepliesUsable(name string, ambiguous []int32, limit float64) error {
	if len(ambiguous) <= fewReplies || !TooMany(t.replies.bad+int64(len(ambiguous)), t.replies.of, limit) {
		return nil
	}
	return problem.Input("%s: of %d values in %s, %d cannot be used, for %d of them are ids that several tweets have, such as on %s: give each tweet its own id, and %s; %s",
		name, t.replies.of, replyColumns, t.replies.bad+int64(len(ambiguous)), len(ambiguous), t.Lines(ambiguous), t.replies.idAdvice(), LimitAdvice(limit))
}

// LimitAdvice ends the message of a refusal for which the limit is the reason.
func LimitAdvice(limit float64) string {
	return fmt.Sprintf("more than %g%% of them ends a run, unless --max-unusable sets another limit", 100*limit)
}

// sentence says how much of a column cannot be used, where, and what to do.
func (u usage) sentence(t *Table, column, advice string) string {
	why := ""
	if u.rounded > 0 {
		why = fmt.Sprintf(" (%d are rounded: their last digits are lost)", u.rounded)
	}
	return fmt.Sprintf("%d values in %s, %d cannot be used%s, such as on %s: %s", u.of, column, u.bad, why, t.Lines(u.rows), advice)
}
