package results

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/pipeline"
)

// TestQueriesOfManyCalls asks a database of many calls whatever a page may ask, and
// says how long each question took and how the database went about it. It judges
// nothing: bench/README-results.md tells how to make such a database and what was
// seen.
func TestQueriesOfManyCalls(t *testing.T) {
	location := os.Getenv("RESULTS_SCALE")
	if location == "" {
		t.Skip("RESULTS_SCALE names no database of many calls; bench/README-results.md says how to make one")
	}
	s := openAt(t, location)
	newest, err := s.List(t.Context(), Filter{}, "", 1)
	if err != nil || len(newest.Results) == 0 {
		t.Fatalf("listed %+v, %v", newest, err)
	}
	last := newest.Results[0]
	plans := &strings.Builder{}
	fmt.Println("| question | rows | first ms | median ms | worst ms of 9 |\n|---|---|---|---|---|")
	for _, q := range scaleQueries(s, last) {
		if !strings.HasPrefix(q.name, os.Getenv("RESULTS_ASK")) {
			continue
		}
		q.measure(t, s, plans)
	}
	if path := os.Getenv("RESULTS_PLANS"); path != "" {
		if err := os.WriteFile(path, []byte(plans.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// scaleQuery is a question, and the query that is explained.
type scaleQuery struct {
	name  string
	ask   func(ctx context.Context) (rows int, err error)
	query string
	args  []any
}

func (q *scaleQuery) measure(t *testing.T, s *Store, plans *strings.Builder) {
	t.Helper()
	var took []time.Duration
	rows := 0
	for range 10 {
		begin := time.Now()
		n, err := q.ask(t.Context())
		if err != nil {
			t.Errorf("%s: %v", q.name, err)
			return
		}
		rows = n
		took = append(took, time.Since(begin))
	}
	first := took[0]
	again := slices.Sorted(slices.Values(took[1:]))
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	fmt.Printf("| %s | %d | %.1f | %.1f | %.1f |\n", q.name, rows, ms(first), ms(again[4]), ms(again[8]))
	if q.query == "" {
		return
	}
	explain := "EXPLAIN QUERY PLAN "
	if s.base.Postgres() {
		explain = "EXPLAIN (ANALYZE, BUFFERS, SETTINGS) "
	}
	lines, err := list(t.Context(), s, func(rows *sql.Rows) (string, error) {
		var line string
		var id, parent, unused int
		if s.base.Postgres() {
			return line, rows.Scan(&line)
		}
		err := rows.Scan(&id, &parent, &unused, &line)
		return line, err
	}, explain+q.query, q.args...)
	if err != nil {
		t.Errorf("%s: %v", q.name, err)
	}
	fmt.Fprintf(plans, "## %s\n%s\n%v\n%s\n\n", q.name, q.query, q.args, strings.Join(lines, "\n"))
}

func scaleQueries(s *Store, last Result) []scaleQuery {
	share := func(f float64) *float64 { return &f }
	old := encodeCursor(last.StoredAt.AddDate(0, 0, -9))
	var queries []scaleQuery
	page := func(name string, f Filter, cursor string) {
		explained := f
		if cursor != "" {
			explained.Until = last.StoredAt.AddDate(0, 0, -9)
		}
		if f.Words != "" && explained.From.IsZero() { // the first step of a search
			explained.From = cmp.Or(explained.Until, last.StoredAt).Truncate(24 * time.Hour)
		}
		query, args := s.query(explained, parse(f.Words), 51)
		queries = append(queries, scaleQuery{name, func(ctx context.Context) (int, error) {
			p, err := s.List(ctx, f, cursor, 50)
			return len(p.Results), err
		}, query, args})
	}
	day := last.StoredAt.AddDate(0, 0, -1)
	page("list, first page", Filter{}, "")
	page("list, page of nine days ago", Filter{}, old)
	page("list, calls alone", Filter{Kind: Calls}, "")
	page("list, conversations alone", Filter{Kind: Conversations}, "")
	page("filter, calls of a frequent company", Filter{Kind: Calls, Companies: []string{"Company00"}}, "")
	page("filter, a bin of confidence", Filter{Kind: Calls, Settled: true, Named: true, MinConfidence: share(0.8), Below: share(0.9)}, "")
	page("filter, task", Filter{Tasks: []string{"banks"}}, "")
	page("filter, frequent company", Filter{Companies: []string{"Company00"}}, "")
	page("filter, three companies", Filter{Companies: []string{"Company00", "Company07", "Company19"}}, "")
	page("filter, three companies, page of nine days ago", Filter{Companies: []string{"Company00", "Company07", "Company19"}}, old)
	page("filter, rare company", Filter{Companies: []string{"RareCompany"}}, "")
	page("filter, frequent and rare company", Filter{Companies: []string{"RareCompany", "Company19"}}, "")
	page("filter, no such company", Filter{Companies: []string{"Nobody"}}, "")
	page("filter, failed", Filter{Statuses: []Status{pipeline.AnswerFailed}}, "")
	page("filter, failed or invalid", Filter{Statuses: []Status{pipeline.AnswerFailed, pipeline.AnswerInvalid}}, "")
	page("filter, invalid", Filter{Statuses: []Status{pipeline.AnswerInvalid}}, "")
	page("filter, waiting", Filter{Statuses: []Status{Redacted}}, "")
	page("filter, rare channel", Filter{Channels: []string{"fax"}}, "")
	page("filter, rare language", Filter{Languages: []string{"da"}}, "")
	page("filter, model of before", Filter{Models: []string{"ft:base:own:sb-1111"}}, "")
	page("filter, rare model", Filter{Models: []string{"ft:rare:own:sb-0000"}}, "")
	page("filter, task, company, channel, language", Filter{Tasks: []string{"airlines"}, Companies: []string{"Company03"}, Channels: []string{"chat"}, Languages: []string{"de"}}, "")
	page("filter, rare channel and rare language", Filter{Channels: []string{"fax"}, Languages: []string{"da"}}, "")
	page("filter, company and status that never meet", Filter{Companies: []string{"Company00"}, Statuses: []Status{pipeline.AnswerUnsure}}, "")
	page("filter, company and confidence that never meet", Filter{Companies: []string{"Company19"}, MaxConfidence: share(0.3)}, "")
	page("filter, company and language that seldom meet", Filter{Companies: []string{"Company19"}, Languages: []string{"da"}}, "")
	page("filter, company and rare task that meet seldom", Filter{Companies: []string{"RareCompany"}, Tasks: []string{"banks"}}, "")
	page("filter, model of before and waiting, which never meet", Filter{Models: []string{"ft:base:own:sb-1111"}, Statuses: []Status{Redacted}}, "")
	page("filter, low confidence", Filter{MinConfidence: share(0.5), MaxConfidence: share(0.51)}, "")
	page("filter, narrow confidence", Filter{MinConfidence: share(0.0500), MaxConfidence: share(0.0501)}, "")
	page("filter, confidence that none has", Filter{MinConfidence: share(0.49999999999), MaxConfidence: share(0.499999999991)}, "")
	page("filter, an hour of yesterday", Filter{From: day, Until: day.Add(time.Hour)}, "")
	page("filter, an hour of yesterday, a company, a status", Filter{From: day, Until: day.Add(time.Hour), Companies: []string{"Company04"}, Statuses: []Status{pipeline.AnswerClassified}}, "")
	page("filter, two weeks, a rare company", Filter{From: day.AddDate(0, 0, -14), Until: day, Companies: []string{"RareCompany"}}, "")
	page("search, frequent word", Filter{Words: "word0"}, "")
	page("search, word of 1 in 100", Filter{Words: "word500"}, "")
	page("search, word of 1 in 1,000", Filter{Words: "word9000"}, "")
	page("search, rare word", Filter{Words: "word19990"}, "")
	page("search, no such word", Filter{Words: "zebra"}, "")
	page("search, three words", Filter{Words: "word0 word1 word2"}, "")
	page("search, two words that meet seldom", Filter{Words: "word9000 word9500"}, "")
	page("search, start of a word", Filter{Words: "word1999*"}, "")
	page("search, start of nearly every word", Filter{Words: "wo*"}, "")
	page("search, frequent word, page of nine days ago", Filter{Words: "word0"}, old)
	page("search, frequent word and rare company", Filter{Words: "word0", Companies: []string{"RareCompany"}}, "")
	page("search, word of 1 in 100, a company, a task", Filter{Words: "word500", Companies: []string{"Company05"}, Tasks: []string{"telecom"}}, "")
	page("search, rare word and rare company", Filter{Words: "word19990", Companies: []string{"RareCompany"}}, "")
	page("search, frequent word, two weeks", Filter{Words: "word0", From: day.AddDate(0, 0, -14), Until: day}, "")
	yes, no := true, false
	page("filter, reviewed", Filter{Reviewed: &yes}, "")
	page("filter, reviewed, page of nine days ago", Filter{Reviewed: &yes}, old)
	page("filter, not reviewed", Filter{Reviewed: &no, Sampled: &yes}, "")
	page("filter, people say one thing and the model another", Filter{JudgedLabels: []string{"Company07"}, Companies: []string{"Company00"}}, "")
	page("filter, right, of the sample", Filter{Right: &yes, Sampled: &yes}, "")
	page("filter, wrong, of a model and a task", Filter{Right: &no, Sampled: &yes, Models: []string{"ft:base:own:sb-1111"}, Tasks: []string{"airlines"}}, "")
	page("filter, wrong, of a range of confidence", Filter{Right: &no, Sampled: &yes, MinConfidence: share(0.7), MaxConfidence: share(0.8)}, "")
	page("filter, disputed", Filter{Disputed: true}, "")
	page("filter, one reviewer, against the model", Filter{Reviewers: []string{"person-3"}, Against: true}, "")
	page("filter, nobody's judgements", Filter{Reviewers: []string{"nobody"}}, "")
	page("filter, judged by two people", Filter{People: 2}, "")
	page("search, reviewed", Filter{Words: "word500", Reviewed: &yes}, "")
	trend := func(name string, q TrendQuery) {
		query, args, err := q.query()
		queries = append(queries, scaleQuery{name, func(ctx context.Context) (int, error) {
			if err != nil {
				return 0, err
			}
			points, err := s.Trend(ctx, q)
			return len(points), err
		}, query, args})
	}
	trend("trend, a day by hour", TrendQuery{From: day})
	trend("trend, a day by hour and company", TrendQuery{From: day, By: ByCompany})
	trend("trend, two weeks by hour", TrendQuery{From: day.AddDate(0, 0, -14)})
	trend("trend, two weeks by hour and company", TrendQuery{From: day.AddDate(0, 0, -14), By: ByCompany})
	trend("trend, two weeks by day and company of a task", TrendQuery{From: day.AddDate(0, 0, -14), By: ByCompany, Step: Daily, Tasks: []string{"telecom"}})
	trend("trend, all by day and status", TrendQuery{By: ByStatus, Step: Daily})
	s.now = func() time.Time { return last.StoredAt.Add(time.Minute) }
	for name, q := range map[string]QualityQuery{"quality, all": {Task: "telecom"}, "quality, a week": {Task: "telecom", From: day.AddDate(0, 0, -6)}, "quality, a rare model": {Task: "telecom", Models: []string{"ft:rare:own:sb-0000"}}} {
		queries = append(queries, scaleQuery{name: name, ask: func(ctx context.Context) (int, error) {
			quality, err := s.Quality(ctx, q)
			return int(quality.Judged), err
		}})
	}
	queue := Queue{Task: "telecom", Reviewer: "person-3"}
	queries = append(queries,
		scaleQuery{name: "queue, next", ask: func(ctx context.Context) (int, error) {
			_, _, ok, err := s.NextToReview(ctx, queue, nil)
			return map[bool]int{true: 1}[ok], err
		}},
		scaleQuery{name: "queue, how many wait", ask: func(ctx context.Context) (int, error) {
			waiting, err := s.Waiting(ctx, queue)
			return int(waiting[Uncertain] + waiting[FromSample] + waiting[SecondOpinion]), err
		}},
		scaleQuery{name: "corrected calls", ask: func(ctx context.Context) (int, error) {
			corrected, err := s.Corrected(ctx, "banks")
			return len(corrected), err
		}},
		scaleQuery{name: "what people said of one call", ask: func(ctx context.Context) (int, error) {
			said, err := s.Judgements(ctx, last.ID)
			return len(said), err
		}},
		scaleQuery{name: "erasing 100 calls, rehearsed", ask: func(ctx context.Context) (int, error) {
			page, err := s.List(ctx, Filter{}, old, 100)
			if err != nil {
				return 0, err
			}
			erased, err := s.Erase(ctx, ids(page.Results), true)
			return int(erased.Calls), err
		}},
		scaleQuery{name: "totals, all", ask: func(ctx context.Context) (int, error) {
			totals, err := s.Totals(ctx, nil, time.Time{}, time.Time{})
			return len(totals.Answered), err
		}},
		scaleQuery{name: "totals, a day", ask: func(ctx context.Context) (int, error) {
			totals, err := s.Totals(ctx, []string{"telecom"}, day, time.Time{})
			return len(totals.Answered), err
		}},
		scaleQuery{name: "one call", ask: func(ctx context.Context) (int, error) {
			_, err := s.Get(ctx, last.ID)
			return 1, err
		}})
	return queries
}
