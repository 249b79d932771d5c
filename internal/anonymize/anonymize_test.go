package anonymize

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"switchboard/internal/dataset"
	"switchboard/internal/problem"
)

func Example() {
	a, err := New(Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	threads, err := a.Threads(context.Background(), [][]string{{
		"Hi Liz, we called +44 20 7946 0018. -Becky",
		"thanks becky, liz is happy now",
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, tweet := range threads[0] {
		fmt.Println(tweet.Text)
	}
	// Output:
	// Hi Person, we called Phone. -Person
	// thanks Person, Person is happy now
}

func TestMerge(t *testing.T) {
	s := "Zoë Smith and 🙂 jo@example.com"
	for _, c := range []struct {
		name  string
		spans []Span
		want  []Span
	}{
		{"none", nil, nil},
		{"sorted", []Span{{Start: 15, End: 19, Kind: Card}, {Start: 0, End: 4, Kind: Person}}, []Span{{Start: 0, End: 4, Kind: Person}, {Start: 15, End: 19, Kind: Card}}},
		{"the wider one names the kind", []Span{{Start: 20, End: 22, Kind: Person}, {Start: 20, End: 34, Kind: Email, Score: 1}}, []Span{{Start: 20, End: 34, Kind: Email, Score: 1}}},
		{"the union of three", []Span{{Start: 0, End: 4, Kind: Person}, {Start: 2, End: 12, Kind: Email}, {Start: 8, End: 14, Kind: Phone}}, []Span{{Start: 0, End: 14, Kind: Email}}},
		{"the same twice", []Span{{Start: 0, End: 4, Kind: Person, Recognizer: "a"}, {Start: 0, End: 4, Kind: Person, Recognizer: "b"}}, []Span{{Start: 0, End: 4, Kind: Person, Recognizer: "a"}}},
		{"first and family name", []Span{{Start: 0, End: 4, Kind: Person}, {Start: 5, End: 10, Kind: Person, Score: 0.5}}, []Span{{Start: 0, End: 10, Kind: Person, Score: 0.5}}},
		{"two kinds side by side", []Span{{Start: 0, End: 4, Kind: Person}, {Start: 5, End: 10, Kind: Phone}}, []Span{{Start: 0, End: 4, Kind: Person}, {Start: 5, End: 10, Kind: Phone}}},
		{"inside a character", []Span{{Start: 3, End: 4, Kind: Person}, {Start: 16, End: 17, Kind: Card}}, []Span{{Start: 2, End: 4, Kind: Person}, {Start: 15, End: 19, Kind: Card}}},
		{"beyond the text", []Span{{Start: -3, End: 2, Kind: Person}, {Start: 30, End: 99, Kind: Phone}, {Start: 99, End: 100}, {Start: 5, End: 5}}, []Span{{Start: 0, End: 2, Kind: Person}, {Start: 30, End: 34, Kind: Phone}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := merge(s, slices.Clone(c.spans)); !reflect.DeepEqual(got, c.want) {
				t.Errorf("merge = %+v\nwant    %+v", got, c.want)
			}
		})
	}
}

// check is the contract of Threads, for any text.
func check(t testing.TB, s string, r Result) {
	t.Helper()
	pos := 0
	var rebuilt strings.Builder
	for _, sp := range r.Spans {
		if sp.Start < pos || sp.Start >= sp.End || sp.End > len(s) {
			t.Fatalf("spans %+v do not fit %q", r.Spans, s)
		}
		if utf8.ValidString(s) && (!utf8.ValidString(s[:sp.Start]) || !utf8.ValidString(s[sp.Start:sp.End])) {
			t.Errorf("span %+v splits a character of %q", sp, s)
		}
		if sp.Recognizer == "" || sp.Score <= 0 || sp.Score > 1 {
			t.Errorf("span %+v", sp)
		}
		switch sp.Kind {
		case Person, Email, Phone, Card, Iban, Booking, Address, BirthDate, Account, NationalID, Passport:
		default:
			t.Errorf("span %+v has an unknown kind", sp)
		}
		rebuilt.WriteString(s[pos:sp.Start] + sp.Kind)
		pos = sp.End
	}
	rebuilt.WriteString(s[pos:])
	if rebuilt.String() != r.Text {
		t.Errorf("%q with %+v became %q", s, r.Spans, r.Text)
	}
}

func TestThreads(t *testing.T) {
	a := rulesAlone(t)
	for _, c := range []struct {
		name         string
		tweets, want []string
	}{
		{"agent greeted by name later", []string{"It is on its way. -Tamsyne", "thanks tamsyne, you rock"}, []string{"It is on its way. -Person", "thanks Person, you rock"}},
		{"before the name is found", []string{"talk to quorrin", "Hi Quorrin, sorry."}, []string{"talk to Person", "Hi Person, sorry."}},
		{"in capitals, with a possessive, in a hashtag", []string{"Hi Tamsyne, hello", "TAMSYNE's fault #tamsyne"}, []string{"Hi Person, hello", "Person's fault #Person"}},
		{"each part of a full name", []string{"Hi Tamsyne Vorrik, hello", "vorrik or tamsyne"}, []string{"Hi Person, hello", "Person or Person"}},
		{"with and without accents", []string{"Hi Zoë, hello", "it is zoe"}, []string{"Hi Person, hello", "it is Person"}},
		{"among the words of a hashtag", []string{"Hi Tamsyne, hello", "#GoTamsyneGo"}, []string{"Hi Person, hello", "#Person"}},
		{"a name that is a word, in a hashtag", []string{"Hi Will, hello", "#WeWillFly"}, []string{"Hi Person, hello", "#WeWillFly"}},
		{"part of a word is none", []string{"Hi Tamsyne, hello", "tamsynesque"}, []string{"Hi Person, hello", "tamsynesque"}},
		{"initials are no name", []string{"Sorted. ^JB", "the JB speaker"}, []string{"Sorted. ^Person", "the JB speaker"}},
		{"a name that is a word", []string{"Hi Will, hello", "will you help? You Will. And Will is late"}, []string{"Hi Person, hello", "will you help? You Person. And Person is late"}},
		{"a short name in small letters", []string{"Hi Kit, hello", "the tool kit"}, []string{"Hi Person, hello", "the tool kit"}},
		{"a brand is none", []string{"Hi Chase, hello", "my Chase card"}, []string{"Hi Person, hello", "my Chase card"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			results, err := a.Threads(context.Background(), [][]string{{"another thread has tamsyne, quorrin and vorrik"}, c.tweets})
			if err != nil {
				t.Fatal(err)
			}
			if len(results[0][0].Spans) > 0 {
				t.Errorf("a name leaked into another thread: %q", results[0][0].Text)
			}
			for i, r := range results[1] {
				check(t, c.tweets[i], r)
				if r.Text != c.want[i] {
					t.Errorf("tweet %d: %q, want %q", i, r.Text, c.want[i])
				}
			}
		})
	}
}

func TestConversations(t *testing.T) {
	a := rulesAlone(t)
	root := "@AcmeHelp my box is late &amp; wet\nsigned, a customer"
	answer := "@115712 Hi Tamsyne, we're on it. -JB https://t.co/a1B2"
	conversations := []dataset.Conversation{
		{ID: 11, ThreadID: 1, Rows: []int32{0, 1, 2}, Texts: []string{root, answer, "@AcmeHelp"}, Label: "AcmeHelp"},
		{ID: 12, ThreadID: 1, Rows: []int32{0, 3}, Texts: []string{root, "tell tamsyne to wait"}, Label: "AcmeHelp"},
		{ID: 13, ThreadID: 2, Rows: []int32{4}, Texts: []string{"who is tamsyne"}, Label: dataset.Unknown},
		{ID: 14, ThreadID: 3, Rows: []int32{5, 6}, Texts: []string{"@AcmeHelp", " \n"}, Label: dataset.Unknown},
		{ID: 15, ThreadID: 4},
	}
	before := fmt.Sprint(conversations)
	examples, audit, err := a.Conversations(context.Background(), conversations)
	if err != nil {
		t.Fatal(err)
	}
	wantExamples := []dataset.Example{
		{ID: 11, ThreadID: 1, Rows: []int32{0, 1, 2}, Text: "my box is late & wet signed, a customer\nHi Person, we're on it. -Person <url>", Label: "AcmeHelp"},
		{ID: 12, ThreadID: 1, Rows: []int32{0, 3}, Text: "my box is late & wet signed, a customer\ntell Person to wait", Label: "AcmeHelp"},
		{ID: 13, ThreadID: 2, Rows: []int32{4}, Text: "who is tamsyne", Label: dataset.Unknown},
		{ID: 14, ThreadID: 3, Rows: []int32{5, 6}, Text: "", Label: dataset.Unknown},
		{ID: 15, ThreadID: 4},
	}
	if !reflect.DeepEqual(examples, wantExamples) {
		t.Errorf("examples\n%+v, want\n%+v", examples, wantExamples)
	}
	wantAudit := []dataset.Span{
		{ConversationID: 11, Tweet: 1, Kind: Person, Start: 3, End: 10, Score: 1, Recognizer: "greeting"},
		{ConversationID: 11, Tweet: 1, Kind: Person, Start: 26, End: 28, Score: 1, Recognizer: "signoff"},
		{ConversationID: 12, Tweet: 1, Kind: Person, Start: 5, End: 12, Score: 1, Recognizer: "thread"},
	}
	if !reflect.DeepEqual(audit, wantAudit) {
		t.Errorf("audit\n%+v, want\n%+v", audit, wantAudit)
	}
	if fmt.Sprint(conversations) != before {
		t.Error("the conversations were changed")
	}
	if _, _, err := a.Conversations(context.Background(), nil); err != nil {
		t.Error(err)
	}
}

// Training tweets carry mentions and author ids, production tweets do not. A
// model must not be able to tell them apart.
func TestTrainingAndProductionTextAreTheSame(t *testing.T) {
	a := rulesAlone(t)
	training := []string{"@AcmeHelp @115712 where is it?", "@115712 Hi Liz, call 800-433-7300 ^JB", ".@AcmeHelp thanks@AcmeHelp"}
	production := []string{" where is it?", "Hi Liz, call 800-433-7300 ^JB", ". thanks"}
	examples, _, err := a.Conversations(context.Background(), []dataset.Conversation{
		{ID: 1, ThreadID: 1, Texts: training}, {ID: 2, ThreadID: 2, Texts: production},
	})
	if err != nil {
		t.Fatal(err)
	}
	if examples[0].Text != examples[1].Text {
		t.Errorf("training %q, production %q", examples[0].Text, examples[1].Text)
	}
}

// fixed is a model that finds what it is told, for what no real model does on
// purpose.
type fixed struct {
	name, version string
	find          map[string][]Span
	err           error
	asked         []string
}

func (f *fixed) Name() string    { return f.name }
func (f *fixed) Version() string { return f.version }
func (f *fixed) Recognize(_ context.Context, texts []string) ([][]Span, error) {
	f.asked = append(f.asked, texts...)
	found := make([][]Span, len(texts))
	for i, s := range texts {
		found[i] = slices.Clone(f.find[s])
	}
	return found, f.err
}

func TestModels(t *testing.T) {
	person := func(start, end int) []Span {
		return []Span{{Start: start, End: end, Kind: Person, Score: 0.75, Recognizer: "model"}}
	}
	m := &fixed{name: "model", version: "1", find: map[string][]Span{
		"xara called":      person(0, 4),
		"Delta called":     person(0, 5),
		"Xara Delta waits": person(0, 10),
		"xoë called":       person(0, 3), // cuts the ë
	}}
	a, err := New(Options{Models: []Recognizer{m}})
	if err != nil {
		t.Fatal(err)
	}
	results, err := a.Threads(context.Background(), [][]string{{"xara called", "xara called", "", "Delta called"}, {"xara called"}, {"Xara Delta waits"}, {"xoë called"}, {"Thanks for the help. -JB"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, thread := range results {
		for _, r := range thread {
			got = append(got, r.Text)
		}
	}
	want := []string{"Person called", "Person called", "", "Delta called", "Person called", "Person waits", "Person called", "Thanks for the help. -Person"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(m.asked) != 4 {
		t.Errorf("the model was asked about %q, want each text once, and none without a word that may be a name", m.asked)
	}
	if versions := a.Models(); len(versions) != 1 || versions["model"] != "1" {
		t.Errorf("its models are %v", versions)
	}
	m.err = errors.New("no power")
	if _, err := a.Threads(context.Background(), [][]string{{"x"}}); !errors.Is(err, m.err) || strings.Contains(err.Error(), "x called") {
		t.Errorf("err = %v", err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := rulesAlone(t).Threads(ctx, [][]string{{"Hi Liz,"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want context.Canceled", err)
	}
}

func TestAllowAndDeny(t *testing.T) {
	a, err := New(Options{Allow: []string{"Tamsyne", "Quorrin Vorrik"}, Deny: []string{"acme robot", "Łukasz", "日本太郎"}})
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]string{
		"Hi Tamsyne, hello":              "Hi Tamsyne, hello",
		"Let us know. ^Tamsyne":          "Let us know. ^Tamsyne",
		"Hi Quorrin Vorrik, hello":       "Hi Quorrin Vorrik, hello",
		"Hi Quorrin, hello":              "Hi Person, hello",
		"ask ACME-Robot or lukasz's mum": "ask Person or Person's mum",
		"acme and robot":                 "acme and robot",
		"then 日本太郎 came":                 "then Person came",
	} {
		if got := one(t, a, s).Text; got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	}
}

func TestVersion(t *testing.T) {
	version := func(o Options) string {
		a, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		return a.Version()
	}
	base := version(Options{})
	if len(base) != 64 || base != version(Options{Workers: 3}) {
		t.Errorf("version %q", base)
	}
	if version(Options{Allow: []string{"a", "b"}}) != version(Options{Allow: []string{"b", "a", "a"}}) {
		t.Error("the order of the allow list changes the version")
	}
	seen := map[string]bool{base: true}
	for _, o := range []Options{
		{Allow: []string{"a"}}, {Deny: []string{"a"}},
		{Models: []Recognizer{&fixed{name: "m", version: "1"}}}, {Models: []Recognizer{&fixed{name: "m", version: "2"}}},
	} {
		if v := version(o); seen[v] {
			t.Errorf("options %+v do not change the version", o)
		} else {
			seen[v] = true
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []Options{
		{Workers: -1},
		{Models: []Recognizer{nil}},
		{Models: []Recognizer{&fixed{name: "m"}, &fixed{name: "m"}}},
		{Allow: []string{"Liz"}, Deny: []string{"liz"}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("options %+v were taken", o)
		} else if kind, ok := problem.KindOf(err); !ok || kind != problem.BadInput {
			t.Errorf("err = %v, which is no bad input", err)
		}
	}
}

func TestReadList(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "names.txt")
	for _, c := range []struct {
		name, content string
		want          []string
		problem       string
	}{
		{"names", "\ufeff# our robots\r\n Acme Robot \n\nZoë\n", []string{"Acme Robot", "Zoë"}, ""},
		{"empty", "", nil, ""},
		{"not UTF-8", "Liz\nZo\xeb\n", nil, "line 2"},
		{"a line too long", "Liz\n" + strings.Repeat("x", 101), nil, "line 2"},
		{"no lines at all", strings.Repeat("x", 1<<17), nil, "no list of names"},
	} {
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadList(path)
		if c.problem == "" && (err != nil || !slices.Equal(got, c.want)) {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
		if c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)) {
			t.Errorf("%s: err = %v, want %q in it", c.name, err, c.problem)
		}
	}
	if _, err := ReadList(filepath.Join(dir, "absent")); err == nil {
		t.Error("a list that is not there was read")
	} else if kind, _ := problem.KindOf(err); kind != problem.BadInput {
		t.Errorf("err = %v, which is no bad input", err)
	}
}

// The result must not depend on how the work is cut up.
func TestWorkersAgree(t *testing.T) {
	var threads [][]string
	for i := range 3000 {
		threads = append(threads, []string{ruleCases[i%len(ruleCases)].text, fmt.Sprintf("tweet %d. -Name%c", i, 'a'+i%26)})
	}
	var all [][][]Result
	for _, workers := range []int{1, 2, 7} {
		a, err := New(Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		results, err := a.Threads(context.Background(), threads)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, results)
	}
	if !reflect.DeepEqual(all[0], all[1]) || !reflect.DeepEqual(all[0], all[2]) {
		t.Error("one, two and seven workers come to different results")
	}
}

func FuzzThreads(f *testing.F) {
	for _, c := range ruleCases {
		f.Add(c.text, "thanks becky")
	}
	for _, c := range slices.Concat(slashedPhones, extendedPhones, linkedPhones, otherPhones, spacedEmails, commaEmails, otherEmails, mentions, brandNames) {
		f.Add(c.raw, "thanks alexa")
	}
	f.Add("^\u0301", "’s")
	f.Add(strings.Repeat("a@b.", 500), strings.Repeat("1 ", 500))
	f.Add("Hi J\u200dB, \U0001F468\u200d\U0001F469 ^A", "\u202eHi Liz,")
	a := rulesAlone(f)
	deny, err := New(Options{Deny: []string{"liz", "x y"}, Allow: []string{"jb", "o'neil's co"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s, other string) {
		for _, a := range []*Anonymizer{a, deny} {
			results, err := a.Threads(context.Background(), [][]string{{s, other, s}})
			if err != nil {
				t.Fatal(err)
			}
			check(t, s, results[0][0])
			check(t, other, results[0][1])
			if !reflect.DeepEqual(results[0][0], results[0][2]) {
				t.Error("the same tweet came out in two ways")
			}
		}
	})
}

// Long and strange inputs take time in proportion to their length.
func TestLongInputs(t *testing.T) {
	a := rulesAlone(t)
	for _, unit := range []string{"Hi ", "Hi Liz, ", "-", "^A", "a@", "a@b.c", "1 ", "1-", "4111 ", "(", "+1 ", "’s", "'", "\u0301", "👩‍", "GB82", "booking ", "11 22 33-", "020 79 ", "0344 4 ", "a at b dot ", "at dot dot ", "order is ", "GB 82 ", "é@é.", "name is ", "Mr. ", "\xff", "Liz "} {
		s := strings.Repeat(unit, 10_000/len(unit))
		check(t, s, one(t, a, s))
	}
}
