package sample_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/dataset"
	"switchboard/internal/sample"
	"switchboard/internal/text"
	"switchboard/internal/thread"
	"switchboard/internal/tweet"
)

var generateOnce = sync.OnceValues(func() (*sample.Set, error) {
	return sample.Generate(sample.Options{Seed: sample.Seed, Rows: sample.Rows})
})

// generated is the data set of datasets/sample.
func generated(t *testing.T) *sample.Set {
	t.Helper()
	set, err := generateOnce()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func files(t *testing.T, set *sample.Set) []sample.File {
	t.Helper()
	files, err := set.Files()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

const (
	training   = 0
	production = 1

	author, body, responses, parent = 1, 4, 5, 6 // columns of the training file
)

// What is kept with the project is what the generator gives.
func TestCommittedFiles(t *testing.T) {
	for _, want := range files(t, generated(t)) {
		got, err := os.ReadFile(filepath.Join("../../datasets/sample", want.Name))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(got, want.Data) {
			t.Errorf("datasets/sample/%s is not what the generator gives (%d bytes, %d expected): run go run ./tools/sample", want.Name, len(got), len(want.Data))
		}
	}
}

func TestSeedDecidesEverything(t *testing.T) {
	options := sample.Options{Seed: 7, Rows: 1500}
	generate := func(o sample.Options) []sample.File {
		set, err := sample.Generate(o)
		if err != nil {
			t.Fatal(err)
		}
		return files(t, set)
	}
	first, again := generate(options), generate(options)
	options.Seed++
	other := generate(options)
	for i := range first {
		if !bytes.Equal(first[i].Data, again[i].Data) {
			t.Errorf("%s differs between two runs with one seed", first[i].Name)
		}
		if bytes.Equal(first[i].Data, other[i].Data) {
			t.Errorf("%s is the same for two seeds", first[i].Name)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	if _, err := sample.Generate(sample.Options{Rows: 999}); err == nil {
		t.Error("a sample too small for its anomalies was made")
	}
}

func TestWriteTo(t *testing.T) {
	set, err := sample.Generate(sample.Options{Seed: 3, Rows: 1000})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new", "folder")
	if err := set.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	for _, want := range files(t, set) {
		if got, err := os.ReadFile(filepath.Join(dir, want.Name)); err != nil || !bytes.Equal(got, want.Data) {
			t.Errorf("%s was not written as it is: %v", want.Name, err)
		}
	}
}

func TestSize(t *testing.T) {
	set := generated(t)
	f := files(t, set)
	if n := len(set.Training); n < 12_000 {
		t.Errorf("%d training rows, want 12,000 or more", n)
	}
	if n := len(set.Production); n < 1500 {
		t.Errorf("%d production rows, want 1,500 or more", n)
	}
	if n := len(f[training].Data) + len(f[production].Data); n > 3_500_000 {
		t.Errorf("%d bytes in the two files, want 3.5 million or less", n)
	}
	for i, row := range set.Training {
		if !utf8.ValidString(row.Fields[body]) {
			t.Errorf("row %d is not UTF-8", i)
		}
	}
}

func isCompany(author string) bool {
	return strings.Trim(author, "0123456789 ") != ""
}

// The habits of the real file, within bounds: see the README of the data.
func TestHabits(t *testing.T) {
	set := generated(t)
	ids := map[string]bool{}
	for _, r := range set.Training {
		ids[strings.TrimSuffix(strings.ReplaceAll(r.Fields[0], ",", ""), ".0")] = true
	}
	var agents, named, orphans, lone, longLists, bare, links, lines, entities, mentionsTwo float64
	companies := map[string]int{}
	answered := map[string]int{}
	for _, r := range set.Training {
		if isCompany(r.Fields[author]) {
			agents++
			companies[r.Fields[author]]++
		}
		if len(r.Fields) <= parent {
			continue
		}
		if p := strings.TrimSuffix(strings.ReplaceAll(r.Fields[parent], ",", ""), ".0"); p != "" {
			named++
			answered[p]++
			if !ids[p] {
				orphans++
				if isCompany(r.Fields[author]) && r.Fields[responses] == "" {
					lone++
				}
			}
		}
		for count, seen := range map[*float64]bool{
			&longLists:   strings.Count(r.Fields[responses], ",") > 100,
			&bare:        text.Clean(r.Fields[body]) == "" || text.Clean(r.Fields[body]) == text.Link,
			&links:       strings.Contains(r.Fields[body], "https://t.co/"),
			&lines:       strings.Contains(r.Fields[body], "\n"),
			&entities:    strings.Contains(r.Fields[body], "&amp;") || strings.Contains(r.Fields[body], "&lt;"),
			&mentionsTwo: isCompany(r.Fields[author]) && regexp.MustCompile(`@[A-Za-z]`).MatchString(r.Fields[body]),
		} {
			if seen {
				*count++
			}
		}
	}
	forks := 0.0
	for _, n := range answered {
		if n > 1 {
			forks++
		}
	}
	n := float64(len(set.Training))
	for _, tt := range []struct {
		what           string
		got, low, high float64
	}{
		{"share of companies' rows", agents / n, 0.45, 0.60},
		{"share of named parents that are missing", orphans / named, 0.25, 0.35},
		{"agents' rows that stand alone", lone, 1000, n},
		{"companies", float64(len(companies)), 30, 60},
		{"forks", forks, 200, n},
		{"answer lists of more than 100", longLists, 1, 20},
		{"texts of a link or nothing", bare, 50, 500},
		{"texts with a link", links, 500, n / 3},
		{"texts over several lines", lines, 200, n / 5},
		{"texts with HTML entities", entities, 100, n / 5},
		{"agents who mention a company", mentionsTwo, 100, n / 20},
	} {
		t.Logf("%s: %.3g", tt.what, tt.got)
		if tt.got < tt.low || tt.got > tt.high {
			t.Errorf("%s: %.3g, want %.3g to %.3g", tt.what, tt.got, tt.low, tt.high)
		}
	}
}

func TestSeveralLanguages(t *testing.T) {
	telling := map[string]string{"Spanish": " gracias ", "French": " merci ", "German": " bitte ", "Portuguese": " obrigado", "Italian": " grazie", "Japanese": "ください"}
	seen := map[string]int{}
	for _, r := range generated(t).Training {
		for language, word := range telling {
			if strings.Contains(" "+strings.ToLower(r.Fields[body])+" ", word) {
				seen[language]++
			}
		}
	}
	for language := range telling {
		if seen[language] < 5 {
			t.Errorf("%s: %d tweets found, want 5 or more", language, seen[language])
		}
	}
}

// The program's own reader finds exactly what was planted.
func TestPlantedAnomaliesAreFound(t *testing.T) {
	set := generated(t)
	_, table := conversations(t, files(t, set)[training], tweet.Training, set.Training, body)
	report := &table.Report
	for kind, want := range map[string]int{
		tweet.ByteOrderMark: 1,
		tweet.CRLF:          0,
		thread.DuplicateID:  set.Planted["duplicate_row"],
		thread.ClashingID:   set.Planted["duplicate_id"],
	} {
		if got := report.Count(kind); got != int64(want) {
			t.Errorf("%s: %d found, %d planted", kind, got, want)
		}
	}
	for _, kind := range []string{
		tweet.FractionalID, tweet.DamagedID,
		tweet.FractionalParent, tweet.DamagedParent, tweet.UnreadableParent,
		tweet.FractionalResponses, tweet.UnreadableResponses,
		tweet.UnreadableAuthor, tweet.UnusualInbound, tweet.InvalidInbound, tweet.InvalidCreatedAt,
		tweet.EmptyText, tweet.UnevenRow,
		thread.Cycle, thread.SelfReply,
	} {
		if got, want := report.Count(kind), int64(set.Planted[kind]); got != want || want == 0 {
			t.Errorf("%s: %d found, %d planted", kind, got, want)
		}
	}
	// A group of three digits that begins with 0 is no id, so that one of the lists can
	// only be a number.
	if got, want := report.Count(tweet.AmbiguousResponses), int64(set.Planted["ambiguous_responses"]); got != want-1 {
		t.Errorf("lists that may be numbers: %d found, %d planted, of which one is clear", got, want)
	}
	// One of the ids that cannot be read is a rounded one.
	if got, want := report.Count(tweet.UnreadableID)+report.Count(tweet.RoundedID), int64(set.Planted["unreadable_id"]); got != want || want == 0 {
		t.Errorf("ids that cannot be read: %d found, %d planted", got, want)
	}
	for _, tt := range []struct {
		kind  string
		least int
	}{
		{tweet.BareText, set.Planted["only_mention"] + set.Planted["only_link"]},
		{thread.AddedEdge, set.Planted["linked_by_parent_only"]},
		{tweet.MultilineText, 1}, {tweet.HTMLEntity, 1}, {thread.Fork, 1},
		{thread.MissingParent, 1}, {thread.MissingResponse, 1},
	} {
		if got := report.Count(tt.kind); got < int64(max(1, tt.least)) {
			t.Errorf("%s: %d found, want %d or more", tt.kind, got, tt.least)
		}
	}
}

// A thread must be deeper than a conversation may be long.
func TestOneThreadIsCut(t *testing.T) {
	set := generated(t)
	all, _ := conversations(t, files(t, set)[training], tweet.Training, set.Training, body)
	longest := slices.MaxFunc(all, func(a, b conversation) int { return a.tweets - b.tweets })
	if longest.tweets != 64 {
		t.Errorf("the longest conversation has %d tweets, want the limit of 64", longest.tweets)
	}
}

func TestProduction(t *testing.T) {
	set := generated(t)
	known := map[string]bool{}
	for _, r := range set.Training {
		known[r.Fields[0]] = true
	}
	mention := regexp.MustCompile(`(^|\W)@\w`)
	for i, r := range set.Production {
		id, body, parent := r.Fields[0], r.Fields[1], strings.TrimSuffix(r.Fields[3], ".0")
		if known[id] || parent != "" && known[parent] {
			t.Errorf("row %d is part of a thread of the training file", i)
		}
		if mention.MatchString(body) {
			t.Errorf("row %d has a mention: %q", i, body)
		}
		if got := strconv.FormatInt(set.Answers[i].TweetID, 10); got != id {
			t.Errorf("row %d: the key is about tweet %s, not %s", i, got, id)
		}
	}
	if !bytes.HasSuffix(files(t, set)[production].Data, []byte("\r\n")) {
		t.Error("lines do not end with CR LF")
	}
}

func TestProductionKey(t *testing.T) {
	set := generated(t)
	companies := map[string]bool{dataset.Unknown: true}
	for _, r := range set.Training {
		companies[r.Fields[author]] = true
	}
	several, unknown := 0, 0
	for _, a := range set.Answers {
		if len(a.Companies) == 0 {
			t.Errorf("tweet %d has no answer", a.TweetID)
		}
		if len(a.Companies) > 1 {
			several++
		}
		for _, c := range a.Companies {
			if !companies[c] {
				t.Errorf("tweet %d: the company %s is not in the training file", a.TweetID, c)
			}
			if c == dataset.Unknown {
				unknown++
			}
		}
	}
	if several == 0 || several > len(set.Answers)/20 {
		t.Errorf("%d tweets have several answers, want a few", several)
	}
	if unknown == 0 || unknown > len(set.Answers)/20 {
		t.Errorf("%d tweets are for nobody, want a few", unknown)
	}
	all, table := conversations(t, files(t, set)[production], tweet.Production, set.Production, 1)
	byID := map[int64]sample.Answer{}
	for _, a := range set.Answers {
		byID[a.TweetID] = a
	}
	for _, c := range all {
		if a := byID[table.ID(c.leaf)]; len(a.Companies) != 1 {
			t.Errorf("the last tweet %d of a conversation has the answers %v, want one", a.TweetID, a.Companies)
		}
	}
}

// Every planted detail is where its span says.
func TestSpans(t *testing.T) {
	forms := map[sample.Kind]*regexp.Regexp{
		sample.Person:   regexp.MustCompile(`^[\pL][\pL'’ -]+$`),
		sample.Initials: regexp.MustCompile(`^[A-Z]{2,3}$`),
		sample.Email:    regexp.MustCompile(`^[\w.-]+@(mail\.)?example\.(com|org|net)$`),
		sample.Phone:    regexp.MustCompile(`555[- ]01\d\d$|^(\+44 |0)7700 900\d\d\d$|^020 7946 0\d\d\d$|^0113 496 0\d\d\d$`),
		sample.Booking:  regexp.MustCompile(`^[A-Z0-9]{6}$`),
		sample.Card:     regexp.MustCompile(`^[0-9 -]{15,19}$`),
		sample.IBAN:     regexp.MustCompile(`^GB\d\dTEST\d{14}$`),
	}
	set := generated(t)
	counts := map[sample.Kind]int{}
	check := func(rows []sample.Row, column int) {
		for i, r := range rows {
			at := 0
			for _, span := range r.Spans {
				if span.Start < at || span.End <= span.Start || span.End > len(r.Fields[column]) {
					t.Fatalf("row %d: span %+v does not fit", i, span)
				}
				at = span.End
				detail := r.Fields[column][span.Start:span.End]
				counts[span.Kind]++
				// Customers type as they like.
				if span.Kind != sample.Person && span.Kind != sample.Email && !strings.ContainsFunc(detail, unicode.IsLower) {
					detail = strings.ToUpper(detail)
				}
				if !forms[span.Kind].MatchString(detail) {
					t.Errorf("row %d: %q is no %s", i, detail, span.Kind)
				}
			}
		}
	}
	check(set.Training, body)
	check(set.Production, 1)
	for kind := range forms {
		if counts[kind] == 0 {
			t.Errorf("no %s was planted", kind)
		}
	}
}

// names.csv, read again, gives the details back.
func TestNamesFile(t *testing.T) {
	set := generated(t)
	all := files(t, set)
	tables := map[string][][]string{}
	for name, f := range map[string]sample.File{"tweets": all[training], "production": all[production]} {
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(f.Data, []byte("\xEF\xBB\xBF"))))
		r.FieldsPerRecord = -1
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		tables[name] = rows[1:]
	}
	names, err := csv.NewReader(bytes.NewReader(all[3].Data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{"tweets": body, "production": 1}
	initials := regexp.MustCompile(`^[A-Z]{2,3}$`)
	for _, n := range names[1:] {
		row, _ := strconv.Atoi(n[1])
		start, _ := strconv.Atoi(n[2])
		end, _ := strconv.Atoi(n[3])
		detail := tables[n[0]][row][column[n[0]]][start:end]
		if n[4] == string(sample.Initials) && !initials.MatchString(detail) {
			t.Errorf("%s row %d: %q are no initials", n[0], row, detail)
		}
	}
}

// Not a text of the real file is in the sample, and no company of it.
func TestNothingIsCopied(t *testing.T) {
	const real = "../../../shared/data/tweets.csv"
	f, err := os.Open(real)
	if err != nil {
		t.Skip("the real data is not here, so there is nothing to compare with")
	}
	defer f.Close()
	table, err := tweet.Load(context.Background(), f, real, tweet.Training, nil)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	for row := range int32(table.Rows()) {
		texts[strings.ToLower(text.Clean(table.Text(row)))] = true
	}
	for i, r := range generated(t).Training {
		if slices.Contains(table.Companies(), r.Fields[author]) {
			t.Errorf("row %d is by a company of the real file", i)
		}
		// Everybody says "thank you so much".
		if s := strings.ToLower(text.Clean(r.Fields[body])); len(s) > 60 && texts[s] {
			t.Errorf("row %d is a text of the real file", i)
		}
	}
}
