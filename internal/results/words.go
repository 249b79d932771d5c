package results

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"switchboard/internal/database"
)

// dialect is how a database keeps transcripts and finds words in them. The words
// are the same: package results parts text into words itself.
type dialect struct {
	// store keeps a transcript and its words.
	store func(ctx context.Context, t tx, at int64, id, turns, spans string, words []string) error
	// forget removes the words of a call's moment; empty where the transcript has them.
	forget string
	// join brings the words to the calls c, and match holds where all words are
	// there.
	join, match string
	// table has the words.
	table string
	// few returns the moments of the calls with all words, of the time that a filter
	// means; false if there are more than the store's few, of which it returns none.
	few func(ctx context.Context, s *Store, f Filter, words []word) (moments []int64, few bool, err error)
	// at is the moment by which what was found is in order.
	at string
	// judged follows the calls c where those that people judged are meant, waiting where
	// those are that wait for them for a reason, and kinds where all of a kind are: SQLite
	// has to be told of these indexes.
	judged  string
	waiting map[string]string
	kinds   map[Kind]string
	// seldom is how a condition is written that few calls meet: SQLite would rather
	// read all calls of a range of time than those that an index of values has.
	seldom string
	// query says in the database's language what is looked for.
	query func(words []word) string
}

var postgres = dialect{
	store: func(ctx context.Context, t tx, at int64, id, turns, spans string, words []string) error {
		_, err := t.exec(ctx, "INSERT INTO transcripts (at, call_id, turns, spans, words) VALUES (?, ?, ?, ?, array_to_tsvector(string_to_array(?, ' ')))",
			at, id, turns, spans, strings.Join(words, " "))
		return err
	},
	join:   " JOIN transcripts w ON w.at = c.at",
	table:  "transcripts w",
	match:  "w.words @@ CAST(? AS tsquery)",
	at:     "w.at",
	few:    fewOfPostgres,
	seldom: "%s",
	query:  func(words []word) string { return inQuotes(words, "'", " & ", ":*") },
}

var sqlite = dialect{
	store: func(ctx context.Context, t tx, at int64, id, turns, spans string, words []string) error {
		if _, err := t.exec(ctx, "INSERT INTO transcripts (at, call_id, turns, spans) VALUES (?, ?, ?, ?)", at, id, turns, spans); err != nil {
			return err
		}
		_, err := t.exec(ctx, "INSERT INTO transcript_words (rowid, words) VALUES (?, ?)", at, strings.Join(words, " "))
		return err
	},
	forget:  "DELETE FROM transcript_words WHERE rowid = ?",
	join:    " JOIN transcript_words w ON w.rowid = c.at",
	table:   "transcript_words w",
	match:   "w.transcript_words MATCH ?",
	at:      "w.rowid",
	few:     fewOfSQLite,
	seldom:  "likelihood(%s, 0.01)",
	judged:  " INDEXED BY calls_judged",
	waiting: map[string]string{Uncertain: " INDEXED BY calls_uncertain", FromSample: " INDEXED BY calls_sample", SecondOpinion: " INDEXED BY calls_second", known: " INDEXED BY calls_known"},
	kinds:   map[Kind]string{Calls: " INDEXED BY calls_live", Conversations: " INDEXED BY calls_dataset"},
	query:   func(words []word) string { return inQuotes(words, `"`, " AND ", "*") },
}

// fewOfPostgres reads the index of words, and nothing else, wherever that takes it:
// the server would rather read call after call of a word of which it knows nothing. It
// leaves a word of which the server knows that it is frequent: of that the index is
// long.
func fewOfPostgres(ctx context.Context, s *Store, f Filter, words []word) (moments []int64, few bool, err error) {
	frequent, err := s.frequent(ctx, words)
	if err != nil || frequent {
		return nil, false, err
	}
	// A sum is in no index, so that the time is looked at in what the words have found.
	query, args := s.fewQuery(f, words, "w.at + 0")
	err = s.change(ctx, func(t tx) error {
		for _, setting := range []string{"enable_seqscan", "enable_indexscan", "enable_indexonlyscan"} {
			if _, err := t.exec(ctx, "SET LOCAL "+setting+" = off"); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, "SET LOCAL max_parallel_workers_per_gather = 0"); err != nil {
			return err
		}
		moments, err = database.List(ctx, t.Tx, scanNumber, query, args...)
		return err
	})
	return s.atMost(moments, err)
}

// frequent tells that the server takes the words for such as many calls of the last day
// have.
func (s *Store) frequent(ctx context.Context, words []word) (bool, error) {
	newest, err := s.number(ctx, "SELECT COALESCE(MAX(at), 0) FROM calls")
	if err != nil {
		return false, err
	}
	plans, err := list(ctx, s, func(rows *sql.Rows) (plan []byte, err error) { return plan, rows.Scan(&plan) },
		fmt.Sprintf("EXPLAIN (FORMAT JSON) SELECT 1 FROM transcripts w WHERE w.at >= %d AND w.words @@ CAST('%s' AS tsquery)", newest-newest%day, strings.ReplaceAll(s.words.query(words), "'", "''")))
	if err != nil {
		return false, err
	}
	var plan []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	err = json.Unmarshal(plans[0], &plan)
	return err == nil && len(plan) == 1 && plan[0].Plan.Rows > float64(s.few), err
}

// fewOfSQLite does without settings: SQLite always asks the index of words.
func fewOfSQLite(ctx context.Context, s *Store, f Filter, words []word) (moments []int64, few bool, err error) {
	query, args := s.fewQuery(f, words, s.words.at)
	moments, err = database.List(ctx, s.base.Direct(), scanNumber, query, args...)
	return s.atMost(moments, err)
}

func (s *Store) fewQuery(f Filter, words []word, at string) (string, []any) {
	var c conditions
	c.add(s.words.match, s.words.query(words))
	within(&c, at, f)
	return "SELECT " + s.words.at + " FROM " + s.words.table + c.where() + " LIMIT ?", append(c.args, s.few+1)
}

func (s *Store) atMost(moments []int64, err error) ([]int64, bool, error) {
	if err != nil || len(moments) > s.few {
		return nil, false, err
	}
	return moments, true, nil
}

// word is a word that is looked for.
type word struct {
	text string
	// start tells that it may go on.
	start bool
}

// inQuotes writes a query. A word has letters and digits alone, so that none ends
// its quotes.
func inQuotes(words []word, quote, and, start string) string {
	terms := make([]string, len(words))
	for i, w := range words {
		terms[i] = quote + w.text + quote
		if w.start {
			terms[i] += start
		}
	}
	return strings.Join(terms, and)
}

// Bounds of the words that are kept of a call, far above what anybody says in one:
// a tsvector has room for 1 MB.
const (
	maxWord  = 100
	maxWords = 300_000 // bytes
)

// wordsOf returns the words of a call, each once, in the order in which they were
// first said. What is longer than a word, or comes after more words than a call
// has, cannot be found.
func wordsOf(turns []Turn) []string {
	var words []string
	seen, total := map[string]bool{}, 0
	for _, turn := range turns {
		for w := range strings.FieldsFuncSeq(normal(turn.Text), separates) {
			if total += len(w) + 1; total > maxWords {
				return words
			}
			if len(w) <= maxWord && !seen[w] {
				seen[w] = true
				words = append(words, w)
				continue
			}
			total -= len(w) + 1
		}
	}
	return words
}

// parse returns what somebody looks for: words, all of which have to be there, in
// any order; the start of a word where a star follows it.
func parse(query string) []word {
	var words []word
	for w := range strings.FieldsFuncSeq(normal(query), func(r rune) bool { return r != '*' && separates(r) }) {
		parts := strings.Split(w, "*")
		for i, text := range parts {
			if text != "" && len(text) <= maxWord && !slices.ContainsFunc(words, func(o word) bool { return o.text == text }) {
				words = append(words, word{text, i < len(parts)-1})
			}
		}
	}
	return words
}

// normal lets a word be found however it is written: in capitals or not, with an
// umlaut in one character or in two.
func normal(s string) string {
	return norm.NFC.String(strings.ToLower(strings.ToValidUTF8(s, " ")))
}

func separates(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
}
