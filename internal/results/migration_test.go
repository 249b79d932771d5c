package results

import (
	"io/fs"
	"os"
	"reflect"
	"testing"

	"github.com/pressly/goose/v3"
)

// migrations are those of a store's database, with which a test goes back and forth.
func migrations(t *testing.T, s *Store) *goose.Provider {
	t.Helper()
	files := os.DirFS("../database/migrations")
	dialect, other := goose.DialectSQLite3, "*.postgres.sql"
	if s.base.Postgres() {
		dialect, other = goose.DialectPostgres, "*.sqlite.sql"
	}
	names, err := fs.Glob(files, other)
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(dialect, s.db, files, goose.WithExcludeNames(names))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A database in which conversations of datasets were counted with the calls tells them
// apart once it is brought up to date, each count in the row from which an erasure takes
// it, and has what people said added up.
func TestConversationsThatWereCountedWithCallsAreToldApart(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		s.Sampling = all
		answered(t, s, 20)
		if _, _, err := s.SaveConversations(t.Context(), conversations(60, "")); err != nil {
			t.Fatal(err)
		}
		judge(t, s, 1, "anna", "Other")
		if _, err := s.Judge(t.Context(), Judgement{CallID: "apply-production-1a2b3c4d/1", Label: "AcmeSupport", Reviewer: "anna"}); err != nil {
			t.Fatal(err)
		}
		type known struct {
			trends [6][]Point
			judged [3]int64
		}
		look := func() (k known) {
			t.Helper()
			for n, kind := range []Kind{Calls, Conversations, ""} {
				for i, step := range []Step{Hourly, Daily} {
					points, err := s.Trend(t.Context(), TrendQuery{Kind: kind, Step: step, By: ByCompany})
					if err != nil {
						t.Fatal(err)
					}
					k.trends[2*n+i] = points
				}
				q, err := s.Quality(t.Context(), QualityQuery{Kind: kind})
				if err != nil {
					t.Fatal(err)
				}
				k.judged[n] = q.Judged
			}
			return k
		}
		want := look()
		p := migrations(t, s)
		if _, err := p.DownTo(t.Context(), 8); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := look(); !reflect.DeepEqual(got, want) {
			t.Errorf("it knows\n%+v\nwant\n%+v", got, want)
		}
		for n := range 20 {
			if _, err := s.Erase(t.Context(), []string{aCall(n).ID}, false); err != nil {
				t.Fatal(err)
			}
		}
		for n, counted := range map[Kind]int64{Calls: 0, Conversations: 60} {
			var sum int64
			points, err := s.Trend(t.Context(), TrendQuery{Kind: n})
			for _, p := range points {
				sum += p.Calls
			}
			if err != nil || sum != counted {
				t.Errorf("once the calls are erased, %s are %d, %v; want %d", n, sum, err, counted)
			}
		}
	})
}
