// Command peers does what package stage does once more, in DuckDB's SQL, and
// shows both side by side: load a table of tweets, put threads together to
// root-to-leaf paths with a recursive query, label them, and write Parquet
// with zstd. It also measures DuckDB's bare copy from CSV to Parquet, which
// does none of the work in between and is near what the machine can do.
//
// It is a module of its own, so that nobody else has to download DuckDB:
//
//	cd bench/peers && go run . -rows 157688,2838384
//
// Both write the same conversations, and the command checks that they do. The
// SQL is given an advantage: it takes ids to be clean, unique and free of
// cycles, as they are in this table, counts no anomalies and keeps no order.
package main

import (
	"bytes"
	"cmp"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
)

func main() {
	input := flag.String("input", "../../../shared/data/tweets.csv", "table that the measured tables are made of")
	rows := flag.String("rows", "157688,2838384", "numbers of rows to measure at")
	repeat := flag.Int("repeat", 3, "runs of each, in turn, of which the median is shown")
	once := flag.String("once", "", "only run this query (stage or copy) in this process and print the measurement as JSON")
	file := flag.String("file", "", "with -once: the table")
	out := flag.String("out", "", "with -once: the directory to write to")
	flag.Parse()
	var err error
	if *once != "" {
		err = runOnce(*once, *file, *out)
	} else {
		err = compare(*input, strings.Split(*rows, ","), *repeat)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// measurement is one run of one contestant, as bench/stage prints it too.
type measurement struct {
	Rows      int64   `json:"rows"`
	Seconds   float64 `json:"seconds"`
	CPU       float64 `json:"cpu"`
	PeakMB    float64 `json:"peak_mb"`
	ParquetMB float64 `json:"parquet_mb"`
}

// compare runs the contestants in turn, so that whatever else the machine
// does meets all of them.
func compare(input string, sizes []string, repeat int) error {
	dir, err := os.MkdirTemp("", "bench-peers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ours := filepath.Join(dir, "stage")
	build := exec.Command("go", "build", "-o", ours, "./bench/stage")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building bench/stage: %w: %s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Println("| tweets | what | seconds | processor s | tweets/s | peak memory, MB | Parquet, MB |")
	fmt.Println("| --: | :-- | --: | --: | --: | --: | --: |")
	for _, size := range sizes {
		file := filepath.Join(dir, "tweets.csv")
		if out, err := exec.Command(ours, "-input", input, "-rows", size, "-generate", file).CombinedOutput(); err != nil {
			return fmt.Errorf("making a table of %s rows: %w: %s", size, err, out)
		}
		contestants := []struct {
			name string
			args []string
			runs []measurement
		}{
			{name: "Switchboard", args: []string{ours, "-once", file}},
			{name: "DuckDB, the same in SQL", args: []string{self, "-once", "stage", "-file", file}},
			{name: "DuckDB, bare copy", args: []string{self, "-once", "copy", "-file", file}},
		}
		for range max(1, repeat) {
			for i := range contestants {
				c := &contestants[i]
				out := filepath.Join(dir, fmt.Sprint("out-", i))
				if err := os.RemoveAll(out); err != nil {
					return err
				}
				if err := os.Mkdir(out, 0o755); err != nil {
					return err
				}
				m, err := measure(append(slices.Clone(c.args), "-out", out))
				if err != nil {
					return fmt.Errorf("%s: %w", c.name, err)
				}
				c.runs = append(c.runs, m)
			}
		}
		if err := same(filepath.Join(dir, "out-0"), filepath.Join(dir, "out-1")); err != nil {
			return err
		}
		for _, c := range contestants {
			slices.SortFunc(c.runs, func(a, b measurement) int { return cmp.Compare(a.Seconds, b.Seconds) })
			m := c.runs[len(c.runs)/2]
			fmt.Printf("| %d | %s | %.2f | %.2f | %.0f | %.0f | %.1f |\n",
				m.Rows, c.name, m.Seconds, m.CPU, float64(m.Rows)/m.Seconds, m.PeakMB, m.ParquetMB)
		}
	}
	return nil
}

func measure(args []string) (m measurement, err error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(out, &m)
}

// same checks that both directories hold the same conversations.
func same(ours, theirs string) error {
	db, err := open()
	if err != nil {
		return err
	}
	defer db.Close()
	for _, pair := range [][2]string{{ours, theirs}, {theirs, ours}} {
		var differ, all int64
		if err := db.QueryRow(fmt.Sprintf("SELECT count(*) FROM read_parquet('%s/*.parquet')", pair[0])).Scan(&all); err != nil {
			return err
		}
		if all == 0 {
			return fmt.Errorf("no conversations in %s", filepath.Base(pair[0]))
		}
		err := db.QueryRow(fmt.Sprintf(`
			SELECT count(*) FROM (
				SELECT conversation_id, thread_id, rows, texts, label FROM read_parquet('%s/*.parquet')
				EXCEPT
				SELECT conversation_id, thread_id, rows, texts, label FROM read_parquet('%s/*.parquet'))`,
			pair[0], pair[1])).Scan(&differ)
		if err != nil {
			return err
		}
		if differ > 0 {
			return fmt.Errorf("%d conversations in %s are not in %s", differ, filepath.Base(pair[0]), filepath.Base(pair[1]))
		}
	}
	return nil
}

func open() (*sql.DB, error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, err
	}
	// Temporary tables belong to a connection.
	db.SetMaxOpenConns(1)
	_, err = db.Exec("SET threads = 2; SET preserve_insertion_order = false")
	return db, err
}

func runOnce(what, file, out string) error {
	queries := stage
	if what == "copy" {
		queries = bareCopy
	}
	db, err := open()
	if err != nil {
		return err
	}
	defer db.Close()
	begin := time.Now()
	fill := strings.NewReplacer("$FILE", file, "$OUT", filepath.Join(out, "part.parquet"))
	for i, query := range queries {
		if _, err := db.Exec(fill.Replace(query)); err != nil {
			return fmt.Errorf("query %d: %w", i, err)
		}
	}
	m := measurement{Seconds: time.Since(begin).Seconds()}
	if m.CPU, m.PeakMB, err = used(); err != nil {
		return err
	}
	info, err := os.Stat(filepath.Join(out, "part.parquet"))
	if err != nil {
		return err
	}
	m.ParquetMB = float64(info.Size()) / 1e6
	if err := db.QueryRow(fill.Replace("SELECT count(*) FROM read_csv('$FILE', " + csv + ")")).Scan(&m.Rows); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(m)
}

// used returns this process's processor seconds and its largest resident
// memory in millions of bytes, as Linux counts them.
func used() (cpu, peakMB float64, err error) {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0, 0, err
	}
	var user, system float64
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0, 0, err
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0, err
	}
	for line := range bytes.Lines(status) {
		var kib float64
		if _, err := fmt.Sscanf(string(line), "VmHWM: %f kB", &kib); err == nil {
			return (user + system) / 100, kib * 1024 / 1e6, nil
		}
	}
	return 0, 0, fmt.Errorf("/proc/self/status holds no VmHWM")
}

// csv are the options of read_csv. A sequential scan keeps the rows in the
// file's order, whose numbers the conversations name.
const csv = `header = true, all_varchar = true, quote = '"', escape = '"', strict_mode = true, max_line_size = 1048576`

var bareCopy = []string{
	`COPY (SELECT * FROM read_csv('$FILE', ` + csv + `)) TO '$OUT' (FORMAT parquet, COMPRESSION zstd)`,
}

var stage = []string{
	// Row numbers are the table's own only if rows keep their order.
	`SET preserve_insertion_order = true`,
	`CREATE TEMP TABLE tweets AS
		SELECT row, id,
			CASE WHEN regexp_full_match(author, '[0-9]+') THEN NULL ELSE author END AS company,
			text, parent, responses
		FROM (
			SELECT (row_number() OVER () - 1)::INTEGER AS row, tweet_id::BIGINT AS id, author_id AS author, text,
				in_response_to_tweet_id::BIGINT AS parent, response_tweet_id AS responses
			FROM read_csv('$FILE', ` + csv + `))`,
	`SET preserve_insertion_order = false`,
	// A tweet's own word counts, else the first tweet that names it.
	`CREATE TEMP TABLE edges AS
		SELECT child.row, child.parent
		FROM tweets child SEMI JOIN tweets parent ON child.parent = parent.id
		UNION ALL
		SELECT child.row, arg_min(named.id, named.row) AS parent
		FROM (SELECT id, row, unnest(string_split(responses, ','))::BIGINT AS response FROM tweets WHERE responses IS NOT NULL) named
		JOIN tweets child ON child.id = named.response
		WHERE child.parent IS NULL
		GROUP BY child.row`,
	`CREATE TEMP TABLE nodes AS
		SELECT t.row, t.id, t.company, t.text, e.parent
		FROM tweets t LEFT JOIN edges e ON e.row = t.row`,
	`CREATE TEMP TABLE paths AS
		WITH RECURSIVE walk AS (
			SELECT id, id AS thread, [row] AS rows, [text] AS texts, [company] AS companies
			FROM nodes WHERE parent IS NULL
			UNION ALL
			SELECT n.id, w.thread,
				CASE WHEN len(w.rows) = 64 THEN [n.row] ELSE list_append(w.rows, n.row) END,
				CASE WHEN len(w.rows) = 64 THEN [n.text] ELSE list_append(w.texts, n.text) END,
				CASE WHEN len(w.rows) = 64 THEN [n.company] ELSE list_append(w.companies, n.company) END
			FROM walk w JOIN nodes n ON n.parent = w.id)
		SELECT w.* FROM walk w
		WHERE len(w.rows) = 64 OR NOT EXISTS (SELECT 1 FROM nodes n WHERE n.parent = w.id)`,
	// The company that wrote most, of several the first; mode takes the
	// first of those that are equally frequent.
	`COPY (
		WITH handles AS (
			SELECT lower(company) AS handle, arg_min(company, row) AS company FROM nodes WHERE company IS NOT NULL GROUP BY handle),
		mentions AS (
			SELECT id, unnest(regexp_extract_all(array_to_string(list_transform(texts, lambda t: ' ' || t), ' '), '(?:^|[^0-9A-Za-z_])@([0-9A-Za-z_]+)', 1)) AS handle,
				generate_subscripts(regexp_extract_all(array_to_string(list_transform(texts, lambda t: ' ' || t), ' '), '(?:^|[^0-9A-Za-z_])@([0-9A-Za-z_]+)', 1), 1) AS place
			FROM paths WHERE list_aggregate(companies, 'count') = 0),
		mentioned AS (
			SELECT id, arg_max(company, n * 100000 - place) AS company FROM (
				SELECT m.id, h.company, count(*) AS n, min(place) AS place
				FROM mentions m JOIN handles h ON h.handle = lower(m.handle) GROUP BY m.id, h.company)
			GROUP BY id)
		SELECT p.id AS conversation_id, p.thread AS thread_id, p.rows, p.texts,
			coalesce(list_aggregate(p.companies, 'mode'), m.company, 'Unknown') AS label
		FROM paths p LEFT JOIN mentioned m ON m.id = p.id
	) TO '$OUT' (FORMAT parquet, COMPRESSION zstd)`,
}
