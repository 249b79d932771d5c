package sample

import (
	"slices"
	"strconv"
	"strings"
)

// blemish is one thing that happens to such files: its name in a load report,
// to how many rows of ten thousand it is done, and how. Do returns false if
// the row is not one that it can happen to.
type blemish struct {
	kind string
	rate int
	do   func(v *voice, r *Row) bool
}

// blemishes are in the order in which they are planted. Each takes tweets that
// no other one has touched, so that every count is exact.
var blemishes = []blemish{
	{"cycle", 3, makeCycle},
	{"self_reply", 4, replyToItself},
	{"linked_by_parent_only", 20, forgetParent},
	{"fractional_id", 20, fractional(colID)},
	{"damaged_id", 30, separators(colID)},
	{"unreadable_id", 4, replace(colID, "#REF!", "n/a", "", "id", "1.2E+6")},
	{"fractional_parent", 240, fractional(colParent)},
	{"damaged_parent", 45, separators(colParent)},
	{"unreadable_parent", 5, replace(colParent, "#VALUE!", "None", "unknown", "-", "?")},
	{"fractional_responses", 24, fractional(colResponses)},
	{"ambiguous_responses", 8, separators(colResponses)},
	{"unreadable_responses", 4, replace(colResponses, "nan", "#N/A", "1234,oops", "[]")},
	{"unreadable_author", 4, replace(colAuthor, "", " ")},
	{"unusual_inbound", 300, rewriteInbound},
	{"invalid_inbound", 5, replace(colInbound, "", "yes?", "maybe")},
	{"invalid_created_at", 6, replace(colCreated, "", "yesterday", "Tue Foo 99", "00:00.0")},
	{"empty_text", 5, emptyText},
	{"only_mention", 25, onlyMention},
	{"only_link", 35, onlyLink},
	{"uneven_row", 3, shortRow},
}

// Duplicates per ten thousand rows: the same row once more, and another tweet
// under an id that is taken.
const (
	exactDuplicates    = 10
	clashingDuplicates = 3
)

// plant does to the training rows what befalls such files, and counts it.
func (s *Set) plant(v *voice) {
	s.Planted = make(map[string]int)
	total := len(s.Training)
	for _, b := range blemishes {
		want := max(2, b.rate*total/10_000)
		for attempts := 0; s.Planted[b.kind] < want && attempts < 1000*want; attempts++ {
			row := &s.Training[v.IntN(total)]
			if !row.tweet.touched && b.do(v, row) {
				row.tweet.touched = true
				s.Planted[b.kind]++
			}
		}
	}
	s.duplicate(v, "duplicate_row", max(2, exactDuplicates*total/10_000), func(r, _ Row) Row { return r })
	s.duplicate(v, "duplicate_id", max(2, clashingDuplicates*total/10_000), func(r, other Row) Row {
		other.Fields = slices.Clone(other.Fields)
		other.Fields[colID] = r.Fields[colID]
		return other
	})
}

// duplicate inserts rows made from two untouched ones.
func (s *Set) duplicate(v *voice, kind string, n int, from func(r, other Row) Row) {
	for s.Planted[kind] < n {
		i, j, at := v.IntN(len(s.Training)), v.IntN(len(s.Training)), v.IntN(len(s.Training))
		r, other := s.Training[i], s.Training[j]
		if i == j || r.tweet.touched || other.tweet.touched {
			continue
		}
		r.tweet.touched, other.tweet.touched = true, true
		s.Training = slices.Insert(s.Training, at, from(r, other))
		s.Planted[kind]++
	}
}

// replace puts one of some values into a column that has one.
func replace(column int, values ...string) func(*voice, *Row) bool {
	return func(v *voice, r *Row) bool {
		if r.Fields[column] == "" {
			return false
		}
		r.Fields[column] = choose(v, values)
		return true
	}
}

// fractional writes ids as a data frame does that knows no missing integers.
func fractional(column int) func(*voice, *Row) bool {
	return func(_ *voice, r *Row) bool {
		ids := r.Fields[column]
		if ids == "" || strings.Contains(ids, ",") {
			return false
		}
		r.Fields[column] = ids + ".0"
		return true
	}
}

// separators writes an id as a spreadsheet shows it: 155,157 or, the Indian
// way, 1,55,157.
func separators(column int) func(*voice, *Row) bool {
	return func(v *voice, r *Row) bool {
		id := r.Fields[column]
		if len(id) < 4 || strings.Contains(id, ",") {
			return false
		}
		head, grouped, size := id[:len(id)-3], id[len(id)-3:], 3
		if v.chance(0.5) {
			size = 2
		}
		for ; len(head) > size; head = head[:len(head)-size] {
			grouped = head[len(head)-size:] + "," + grouped
		}
		r.Fields[column] = head + "," + grouped
		return true
	}
}

// makeCycle lets a root answer one of the answers to its own answers.
func makeCycle(_ *voice, r *Row) bool {
	if r.tweet.parent != nil {
		return false
	}
	for _, child := range r.tweet.children {
		for _, grandchild := range child.children {
			if child.sound() && grandchild.sound() {
				r.Fields[colParent] = id(grandchild)
				child.touched, grandchild.touched = true, true
				return true
			}
		}
	}
	return false
}

func replyToItself(_ *voice, r *Row) bool {
	if r.Fields[colParent] != "" {
		return false
	}
	r.Fields[colParent] = r.Fields[colID]
	return true
}

// forgetParent leaves the parent's list of answers as the only trace of who
// is answered.
func forgetParent(_ *voice, r *Row) bool {
	if r.tweet.parent == nil || r.tweet.parent.lost {
		return false
	}
	r.Fields[colParent] = ""
	return true
}

func rewriteInbound(v *voice, r *Row) bool {
	spellings := map[string][]string{"True": {"TRUE", "true", "1"}, "False": {"FALSE", "false", "0"}}
	r.Fields[colInbound] = choose(v, spellings[r.Fields[colInbound]])
	return true
}

func emptyText(v *voice, r *Row) bool {
	return replaceText(r, choose(v, []string{"", " ", "\n"}))
}

func onlyMention(v *voice, r *Row) bool {
	return r.tweet.from == nil && replaceText(r, "@"+choose(v, v.companies).handle)
}

func onlyLink(v *voice, r *Row) bool {
	return replaceText(r, "@"+strconv.Itoa(r.tweet.customer-1)+" "+v.link())
}

func replaceText(r *Row, text string) bool {
	r.Fields[colText], r.Spans = text, nil
	return true
}

// shortRow ends a row early, as tools do that leave out empty cells at the
// end.
func shortRow(_ *voice, r *Row) bool {
	if r.Fields[colParent] != "" {
		return false
	}
	r.Fields = r.Fields[:colParent]
	return true
}
