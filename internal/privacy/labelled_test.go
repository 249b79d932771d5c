package privacy

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"switchboard/internal/problem"
	"switchboard/internal/tweet"
)

func lookup(t testing.TB, csv string) *tweet.Table {
	t.Helper()
	table, err := tweet.Load(t.Context(), strings.NewReader(csv), "tweets.csv", tweet.Lookup, nil)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

const tweets = "tweet_id,text\n7,\"Hi Liz, ^JB\"\n\"1,55,157\",Zoë\n12.0,ok\n7,a copy\n"

func TestReadLabelled(t *testing.T) {
	in := "\uFEFF" + `{"text": "Hi Liz, ^JB", "spans": [{"start": 9, "end": 11, "kind": "Initials"}, {"start": 3, "end": 6, "kind": "Person"}]}` + "\r\n" +
		"\n  \n" +
		`{"id": 7, "spans": [], "thread": "a", "sha256": "` + first16("Hi Liz, ^JB") + `"}` + "\n" +
		`{"id": 155157, "spans": [{"start": 0, "end": 4, "kind": "Person"}], "sha256": "` + strings.ToUpper(first16("Zoë")) + `"}` + "\n" +
		`{"id": 12}` + "\n" +
		`{"id": 99, "text": "not in the table"}`
	got, err := ReadLabelled(strings.NewReader(in), "l.jsonl", lookup(t, tweets))
	if err != nil {
		t.Fatal(err)
	}
	want := []Labelled{
		{Line: 1, ID: NoID, Text: "Hi Liz, ^JB", Labels: []Label{{3, 6, "Person"}, {9, 11, "Initials"}}},
		{Line: 4, ID: 7, Thread: "a", Text: "Hi Liz, ^JB", Labels: []Label{}},
		{Line: 5, ID: 155157, Text: "Zoë", Labels: []Label{{0, 4, "Person"}}},
		{Line: 6, ID: 12, Text: "ok"},
		{Line: 7, ID: 99, Text: "not in the table"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

func first16(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:16]
}

// What is wrong is told with file and line, and without a word of the text.
func TestMalformedLabels(t *testing.T) {
	const ok = `{"text": "Hi Zoltan"}` + "\n"
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", "l.jsonl holds no labelled text"},
		{"blank lines", "\n\n", "l.jsonl holds no labelled text"},
		{"no JSON", ok + "Zoltan wrote", "line 2: not JSON from byte 1 on"},
		{"cut short", ok + `{"text": "Zoltan`, "line 2: not a whole JSON object"},
		{"an array", ok + `["Zoltan"]`, "line 2: expected a JSON object, not array"},
		{"null", ok + `null`, "line 2: neither text nor id"},
		{"two objects", ok + `{"text": "Zoltan"} {"text": "Zoltan"}`, "line 2: something stands behind the JSON object"},
		{"text that is a number", ok + `{"text": 491234567}`, "line 2: text cannot be number"},
		{"offset that is text", ok + `{"text": "Zoltan", "spans": [{"start": "Zoltan", "end": 1, "kind": "Person"}]}`, "cannot be string"},
		{"fraction", ok + `{"text": "Zoltan", "spans": [{"start": 0, "end": 1.5, "kind": "Person"}]}`, "cannot be number"},
		{"unknown field", ok + `{"text": "x", "Zoltan": 1}`, "line 2: a field that is not known: text, id, spans"},
		{"unknown field of a span", ok + `{"text": "x", "spans": [{"from": 0}]}`, "line 2: a field that is not known"},
		{"neither text nor id", ok + `{"spans": []}`, "line 2: neither text nor id"},
		{"negative id", ok + `{"id": -7}`, "line 2: the id is negative"},
		{"id that is nowhere", ok + `{"id": 491234567}`, "line 2: the file of tweets has no tweet with this id"},
		{"tweet twice", ok + `{"id": 7}` + "\n" + `{"id": 7}`, "line 3: line 2 labels the same tweet"},
		{"unknown kind", ok + `{"text": "Zoltan", "spans": [{"start": 0, "end": 6, "kind": "Zoltan"}]}`, "line 2: span 0-6 is of no known kind: give one of Person, Initials, Email, Phone, Card, Iban, Booking"},
		{"behind the end", ok + `{"text": "Zoltan", "spans": [{"start": 0, "end": 7, "kind": "Person"}]}`, "line 2: span 0-7 does not fit the text of 6 bytes"},
		{"before the start", ok + `{"text": "Zoltan", "spans": [{"start": -1, "end": 6, "kind": "Person"}]}`, "span -1-6 does not fit"},
		{"empty span", ok + `{"text": "Zoltan", "spans": [{"start": 3, "end": 3, "kind": "Person"}]}`, "span 3-3 does not fit"},
		{"span of an empty text", ok + `{"text": "", "spans": [{"start": 0, "end": 0, "kind": "Person"}]}`, "span 0-0 does not fit"},
		{"half a character", ok + `{"text": "Zoë", "spans": [{"start": 0, "end": 3, "kind": "Person"}]}`, "span 0-3 begins or ends inside a character"},
		{"overlap", ok + `{"text": "Zoltan", "spans": [{"start": 0, "end": 4, "kind": "Person"}, {"start": 3, "end": 6, "kind": "Person"}]}`, "span 3-6 overlaps another"},
		{"the same twice", ok + `{"text": "Zoltan", "spans": [{"start": 0, "end": 6, "kind": "Person"}, {"start": 0, "end": 6, "kind": "Person"}]}`, "span 0-6 overlaps another"},
		{"no letter", ok + `{"text": "Zoltan, -", "spans": [{"start": 6, "end": 9, "kind": "Person"}]}`, "span 6-9 has no letter and no digit"},
		{"hash of another text", ok + `{"text": "Zoltan", "sha256": "` + first16("Zoltan?") + `"}`, "line 2: the text is another one than was labelled"},
		{"short hash", ok + `{"text": "Zoltan", "sha256": "abcd"}`, "line 2: sha256 has to be the first 16 hexadecimal digits"},
		{"hash that is none", ok + `{"text": "Zoltan", "sha256": "Zoltan0123456789"}`, "line 2: sha256 has to be"},
		{"Latin-1", ok + "{\"text\": \"Zolt\xe1n\"}", "line 2: not UTF-8"},
		{"long line", ok + `{"text": "` + strings.Repeat("Zoltan ", 160_000) + `"}`, "line 2: longer than 1024 KiB"},
		{"many spans", ok + `{"text": "Zoltan", "spans": [` + strings.Repeat(`{},`, 1000) + `{}]}`, "line 2: 1001 spans, more than 1000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadLabelled(strings.NewReader(c.in), "l.jsonl", lookup(t, tweets))
			if kind, _ := problem.KindOf(err); kind != problem.BadInput {
				t.Fatalf("got %v, want a %s", err, problem.BadInput)
			}
			if !strings.HasPrefix(err.Error(), "l.jsonl") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q does not say %q", err, c.want)
			}
			if strings.Contains(err.Error(), "Zol") || strings.Contains(err.Error(), "4912") {
				t.Errorf("%q quotes the text", err)
			}
		})
	}
}

func TestIDsNeedATable(t *testing.T) {
	_, err := ReadLabelled(strings.NewReader(`{"id": 7}`), "l.jsonl", nil)
	if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), "give the file of tweets") {
		t.Errorf("got %v", err)
	}
}

// Whatever the file holds, it is read or refused with a problem, and what is
// read can be measured.
func FuzzReadLabelled(f *testing.F) {
	f.Add([]byte(`{"text": "Hi Liz, ^JB", "spans": [{"start": 3, "end": 6, "kind": "Person"}]}`))
	f.Add([]byte(`{"id": 7, "thread": "x", "sha256": "0123456789abcdef"}` + "\n" + `{"text": "\ud800", "spans": null}`))
	f.Add([]byte("{\"text\": \"Zo\xc3\xab\", \"spans\": [{\"start\": 0, \"end\": 4, \"kind\": \"Booking\"}]}"))
	f.Add([]byte("{}\n[]"))
	table := lookup(f, tweets)
	f.Fuzz(func(t *testing.T, in []byte) {
		texts, err := ReadLabelled(strings.NewReader(string(in)), "l.jsonl", table)
		if err != nil {
			if kind, _ := problem.KindOf(err); kind != problem.BadInput {
				t.Fatalf("%v is no problem", err)
			}
			return
		}
		for _, x := range texts {
			end := 0
			for _, l := range x.Labels {
				if l.Start < end || l.End <= l.Start || l.End > len(x.Text) {
					t.Fatalf("%+v in a text of %d bytes", l, len(x.Text))
				}
				end = l.End
			}
			clean(x.Text, x.Labels)
		}
	})
}
