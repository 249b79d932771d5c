//go:build !ORT && !ALL

package ner_test

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"switchboard/internal/anonymize/ner"
	"switchboard/internal/text"
)

// The network of the shipped model, which package dilated runs, finds the same
// names as the backend does, with the same scores but for rounding: in the tweets
// of the sample, and in the labelled tweets if the real data is here. SLOW_TESTS=1
// has it look at all of them.
func TestNetworkAgreesWithTheBackend(t *testing.T) {
	if underRace {
		t.Skip("the race detector's pointer checks stop the backend; see underRace")
	}
	texts := append(labelledTweets(t), sampleTweets(t)...)
	if os.Getenv("SLOW_TESTS") == "" {
		texts = texts[:800] // the backend takes its time
	}
	network, err := ner.Load(t.Context(), ner.Options{Dir: "shipped", Threshold: 0.05})
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	backend := inTheBackend(t)
	found := 0
	for from := 0; from < len(texts); from += 2000 {
		part := texts[from:min(from+2000, len(texts))]
		got, err := network.Recognize(t.Context(), part)
		if err != nil {
			t.Fatal(err)
		}
		want, err := backend.Recognize(t.Context(), part)
		if err != nil {
			t.Fatal(err)
		}
		for i := range part {
			if len(got[i]) != len(want[i]) {
				t.Errorf("text %d: %d names, and in the backend %d", from+i, len(got[i]), len(want[i]))
				continue
			}
			for j, sp := range want[i] {
				if g := got[i][j]; g.Start != sp.Start || g.End != sp.End || math.Abs(float64(g.Score-sp.Score)) > 1e-4 {
					t.Errorf("text %d: a name at %d to %d with the score %v, and in the backend at %d to %d with %v", from+i, g.Start, g.End, g.Score, sp.Start, sp.End, sp.Score)
				}
				found++
			}
		}
	}
	if t.Logf("%d names in %d texts", found, len(texts)); found < len(texts)/4 {
		t.Errorf("%d names in %d texts are too few to tell", found, len(texts))
	}
}

// inTheBackend loads the shipped model under another type, which only the backend
// runs.
func inTheBackend(t *testing.T) *ner.Recognizer {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("shipped")); err != nil {
		t.Fatal(err)
	}
	changeConfig(t, dir, func(c map[string]any) { c["model_type"] = "another" })
	backend, err := ner.Load(context.Background(), ner.Options{Dir: dir, Threshold: 0.05})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { backend.Close() })
	return backend
}

func changeConfig(t *testing.T, dir string, change func(map[string]any)) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	config := map[string]any{}
	if err := json.Unmarshal(raw, &config); err != nil {
		t.Fatal(err)
	}
	change(config)
	if raw, err = json.Marshal(config); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "config.json", raw)
}

// A model that calls itself one of tools/ner has to be one: its numbers, and what
// they come to.
func TestNoNetwork(t *testing.T) {
	if underRace {
		t.Skip("the race detector's pointer checks stop the backend; see underRace")
	}
	for want, c := range map[string]struct {
		dir    string
		change func(map[string]any)
	}{
		"names 0 dilations":       {modelDir, func(c map[string]any) { c["model_type"] = "switchboard-dilated" }},
		"names 4 dilations":       {"shipped", func(c map[string]any) { c["dilations"] = []int{1, 2, 4, 1} }},
		"computes something else": {"shipped", func(c map[string]any) { c["dilations"] = []int{1, 2, 8, 4, 1} }},
		"has the dilation 0":      {"shipped", func(c map[string]any) { c["dilations"] = []int{1, 2, 4, 8, 0} }},
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(c.dir)); err != nil {
			t.Fatal(err)
		}
		changeConfig(t, dir, c.change)
		refused(t, ner.Options{Dir: dir}, want)
	}
}

// sampleTweets are the cleaned tweets of the sample, each once.
func sampleTweets(t *testing.T) []string {
	t.Helper()
	return distinct(column(t, filepath.Join("..", "..", "..", "datasets", "sample", "tweets.csv"), nil))
}

// labelledTweets are the cleaned tweets that tools/ner/labels has labels for, but
// for those that are held out; none if the real data is not here.
func labelledTweets(t *testing.T) []string {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "tools", "ner", "labels", "support-dev.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ids := map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var line struct {
			ID json.Number `json:"id"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		ids[line.ID.String()] = true
	}
	path := filepath.Join("..", "..", "..", "..", "shared", "data", "tweets.csv")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return distinct(column(t, path, ids))
}

// column returns the cleaned texts of a file, of all tweets or of these.
func column(t *testing.T, path string, ids map[string]bool) (texts []string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := csv.NewReader(f)
	rows.FieldsPerRecord = -1
	all, err := rows.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range all[1:] {
		if len(row) > 4 && (ids == nil || ids[row[0]]) {
			texts = append(texts, text.Clean(row[4]))
		}
	}
	return texts
}

func distinct(texts []string) (once []string) {
	seen := map[string]bool{"": true}
	for _, s := range texts {
		if !seen[s] {
			seen[s] = true
			once = append(once, s)
		}
	}
	return once
}
