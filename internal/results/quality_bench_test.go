package results

import (
	"syscall"
	"testing"
	"time"

	"switchboard/internal/database/databasetest"
)

// BenchmarkQuality looks at the quality over 50,000 judgements of twelve weeks: for the
// first time, once days are added up, and after somebody has said something about a call
// of one day.
func BenchmarkQuality(b *testing.B) {
	for name, location := range map[string]func(testing.TB) string{"SQLite": databasetest.SQLite, "PostgreSQL": databasetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			s := openAt(b, location(b))
			s.now = func() time.Time { return noon }
			t := s.direct()
			for _, statement := range []string{`INSERT INTO judgements (call_id, call_at, task, label, reason, reviewer, at, undone, holds, model, company, named, confidence, threshold, status, sampled, held)
				WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49999)
				SELECT 'call-' || (i - i % 4 / 3), ` + "?" + ` - (i - i % 4 / 3) * CAST(145000000 AS BIGINT), 'telecom', 'Company' || (CASE WHEN i % 19 = 0 THEN i % 7 ELSE i / 4 % 20 END), '', 'person-' || (i % 7), 0, 0, TRUE,
					'ft:base:own:sb-' || (i / 25000), 'Company' || (i / 4 % 20), 'Company' || (i / 4 % 20), (i % 100) / 100.0, 0.5, 'classified', TRUE, FALSE FROM n`,
				"INSERT INTO judged_days SELECT task, call_at - call_at % 86400000000, 1, '' FROM judgements GROUP BY 1, 2"} {
				args := []any{micros(noon)}
				if statement[12:18] == "judged" {
					args = nil
				}
				if _, err := t.exec(b.Context(), statement, args...); err != nil {
					b.Fatal(err)
				}
			}
			q := QualityQuery{Task: "telecom", From: noon.AddDate(0, 0, -84)}
			for step, before := range map[string]string{"first": "UPDATE judged_days SET sums = ''", "kept": "", "one day said": "UPDATE judged_days SET sums = '' WHERE day = (SELECT MAX(day) FROM judged_days) - 86400000000"} {
				b.Run(step, func(b *testing.B) {
					if _, err := s.Quality(b.Context(), q); err != nil {
						b.Fatal(err)
					}
					used := processor(b)
					for b.Loop() {
						if before != "" {
							b.StopTimer()
							if _, err := t.exec(b.Context(), before); err != nil {
								b.Fatal(err)
							}
							b.StartTimer()
						}
						got, err := s.Quality(b.Context(), q)
						if err != nil || got.Judged < 30_000 {
							b.Fatalf("%d calls are judged, %v", got.Judged, err)
						}
					}
					b.ReportMetric(float64((processor(b)-used).Microseconds())/1000/float64(b.N), "processor-ms/op")
				})
			}
		})
	}
}

// processor is how much time of the processor the process has had: of PostgreSQL's own
// nothing is in it.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
