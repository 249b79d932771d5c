package call_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"switchboard/internal/call"
	"switchboard/internal/problem"
)

var arrived = time.Date(2026, 11, 27, 9, 31, 0, 0, time.UTC)

// event is one of each kind that is taken.
var usable = map[string]string{
	"turns":           `{"call_id":"2026-11-27.0042","task":"parcels","channel":"phone","language":"de","received_at":"2026-11-27T09:30:00+01:00","turns":[{"side":"customer","text":"My parcel is late.","start":0.5,"end":2.25},{"side":"agent","text":""},{"text":"Still."}]}`,
	"a recording":     `{"call_id":"1","audio_url":"https://recordings.example.com/1.wav","language":"en-GB"}`,
	"both":            `{"call_id":"1","audio_url":"http://recordings.example.com/1.wav","turns":[{"text":"a"}]}`,
	"unknown task":    `{"call_id":"1","task":"no-such-task","turns":[{"text":"a"}]}`,
	"unknown fields":  `{"call_id":"1","agent":"Naomi","turns":[{"text":"a","mood":"fine"}]}`,
	"one word":        `{"call_id":"1","turns":[{"text":"Hello"}]}`,
	"final":           `{"call_id":"1","final":true,"turns":[{"text":"a"}]}`,
	"an empty string": `{"call_id":"1","task":"","channel":"","language":"","turns":[{"side":"","text":"a"}]}`,
}

// unusable are events with the reason for which they are refused. All but those that
// no schema can know are refused by the schema too.
var unusable = map[string]struct {
	event  string
	reason call.Reason
	says   string
	schema bool // the schema lets it pass
}{
	"nothing":             {"", call.NotJSON, "is no JSON: it is empty", false},
	"half a call":         {`{"call_id":"1","turns":[{"text":"Naomi`, call.NotJSON, "is no JSON", false},
	"two calls":           {`{"call_id":"1","turns":[{"text":"a"}]} {}`, call.NotJSON, "is no JSON", false},
	"a list":              {`[{"call_id":"Naomi"}]`, call.WrongType, "is no JSON object", false},
	"a string":            {`"Naomi"`, call.WrongType, "is no JSON object", false},
	"null":                {`null`, call.NoCallID, "no usable call_id", false},
	"no id":               {`{"turns":[{"text":"a"}]}`, call.NoCallID, "no usable call_id", false},
	"an id with a name":   {`{"call_id":"Naomi Smith","turns":[{"text":"a"}]}`, call.NoCallID, "no usable call_id", false},
	"an id of a path":     {`{"call_id":"../1","turns":[{"text":"a"}]}`, call.NoCallID, "no usable call_id", false},
	"an id of 129 bytes":  {`{"call_id":"` + strings.Repeat("1", 129) + `","turns":[{"text":"a"}]}`, call.NoCallID, "no usable call_id", false},
	"a number for an id":  {`{"call_id":1,"turns":[{"text":"a"}]}`, call.WrongType, "a field call_id of the wrong type", false},
	"a string for turns":  {`{"call_id":"1","turns":"Naomi"}`, call.WrongType, "a field turns of the wrong type", false},
	"a number for a text": {`{"call_id":"1","turns":[{"text":7}]}`, call.WrongType, "of the wrong type", false},
	"a word for a start":  {`{"call_id":"1","turns":[{"text":"a","start":"Naomi"}]}`, call.WrongType, "of the wrong type", false},
	"nothing said":        {`{"call_id":"1"}`, call.NothingSaid, "neither turns nor an audio_url", false},
	"no turns":            {`{"call_id":"1","turns":[]}`, call.NothingSaid, "neither turns nor an audio_url", false},
	"too many turns":      {`{"call_id":"1","turns":[{"text":""}` + strings.Repeat(`,{"text":""}`, 10_000) + `]}`, call.WrongValue, "has 10001 turns", false},
	"a task that is none": {`{"call_id":"1","task":"Naomi Smith","turns":[{"text":"a"}]}`, call.WrongValue, "a task that can be none", false},
	"words for a channel": {`{"call_id":"1","channel":"this is Naomi","turns":[{"text":"a"}]}`, call.WrongValue, "a channel that is no word", false},
	"words for language":  {`{"call_id":"1","language":"Naomi speaks","turns":[{"text":"a"}]}`, call.WrongValue, "a language that is none", false},
	"a side with a name":  {`{"call_id":"1","turns":[{"text":"a"},{"side":"Naomi","text":"a"}]}`, call.WrongValue, "turn 2 has a side that is neither", false},
	"a start before":      {`{"call_id":"1","turns":[{"text":"a","start":-1}]}`, call.WrongValue, "turn 1 ends before it starts", false},
	"an end before start": {`{"call_id":"1","turns":[{"text":"a","start":2,"end":1}]}`, call.WrongValue, "turn 1 ends before it starts", true},
	"a file for a record": {`{"call_id":"1","audio_url":"file:///etc/passwd"}`, call.WrongValue, "an audio_url that is no address", false},
	"a user for a record": {`{"call_id":"1","audio_url":"https://naomi:secret@example.com/1.wav"}`, call.WrongValue, "an audio_url that is no address", false},
	"part of a call":      {`{"call_id":"1","seq":1,"turns":[{"text":"a"}]}`, call.InParts, "reserved for calls that arrive turn by turn", false},
	"the first part":      {`{"call_id":"1","seq":0,"turns":[{"text":"a"}]}`, call.InParts, "reserved for calls that arrive turn by turn", false},
	"not the last part":   {`{"call_id":"1","final":false,"turns":[{"text":"a"}]}`, call.InParts, "reserved for calls that arrive turn by turn", false},
	"a time that is none": {`{"call_id":"1","received_at":"Naomi","turns":[{"text":"a"}]}`, call.WrongTime, "received_at that is no time", false},
	"Latin-1":             {"{\"call_id\":\"1\",\"turns\":[{\"text\":\"a\"},{\"text\":\"Naomi M\xfcller\"}]}", call.NotJSON, "a field text of turn 2 that is not UTF-8", true},
	"a Latin-1 channel":   {"{\"call_id\":\"1\",\"channel\":\"B\xfcro\",\"turns\":[{\"text\":\"a\"}]}", call.NotJSON, "a field channel that is not UTF-8", false},
	"Latin-1 elsewhere":   {"{\"call_id\":\"1\",\"agent\":\"Naomi M\xfcller\",\"turns\":[{\"text\":\"a\"}]}", call.NotJSON, "the event is not UTF-8", true},
	"Latin-1, cut off":    {"{\"call_id\":\"1\",\"turns\":[{\"text\":\"Naomi M\xfc", call.NotJSON, "the event is not UTF-8", false},
	"capitals in a name":  {`{"Call_ID":"1","turns":[{"text":"Naomi"}]}`, call.WrongType, "a field call_id in other letters; write its name as call_id", false},
	"another task":        {`{"call_id":"1","task":"a","TASK":"b","turns":[{"text":"Naomi"}]}`, call.WrongType, "a field task in other letters", true},
	"capitals in a turn":  {`{"call_id":"1","turns":[{"text":"a"},{"Text":"Naomi"}]}`, call.WrongType, "a field text of turn 2 in other letters; write its name as text,", true},
	"letters folded":      {`{"call_id":"1","turn\u017f":[{"text":"Naomi"}],"audio_url":"https://example.com/1.wav"}`, call.WrongType, "a field turns in other letters", true},
	"another id":          {`{"call_id":"1","call_id":"2","turns":[{"text":"Naomi"}]}`, call.WrongType, "a field call_id twice", true},
	"other turns":         {`{"call_id":"1","turns":[{"side":"agent","text":"Naomi"}],"turns":[{"side":"customer"}]}`, call.WrongType, "a field turns twice", true},
	"another text":        {`{"call_id":"1","turns":[{"text":"a"},{"text":"Naomi","text":"b"}]}`, call.WrongType, "a field text of turn 2 twice", true},
	"no turn":             {`{"call_id":"1","turns":[{"text":"a"},null]}`, call.WrongType, "turn 2 of the event is null", false},
	"a start in a year":   {`{"call_id":"1","turns":[{"text":"a","start":31536000}]}`, call.WrongValue, "turn 1 is more than a week after", false},
	"an end in no time":   {`{"call_id":"1","turns":[{"text":"a","end":1e308}]}`, call.WrongValue, "turn 1 is more than a week after", false},
	"a port for a host":   {`{"call_id":"1","audio_url":"https://:443/1.wav"}`, call.WrongValue, "an audio_url that is no address", false},
	"5 MB":                {`{"call_id":"1","turns":[{"text":"` + strings.Repeat("a", 5<<20) + `"}]}`, call.TooLarge, "longer than 900000 bytes", true},
}

func TestParse(t *testing.T) {
	got, err := call.Parse([]byte(usable["turns"]))
	if err != nil {
		t.Fatal(err)
	}
	want := call.Event{
		ID: "2026-11-27.0042", Task: "parcels", Channel: "phone", Language: "de", ReceivedAt: time.Date(2026, 11, 27, 8, 30, 0, 0, time.UTC),
		Turns: []call.Turn{{Side: "customer", Text: "My parcel is late.", Start: 0.5, End: 2.25}, {Side: "agent"}, {Text: "Still."}},
	}
	got.ReceivedAt = got.ReceivedAt.UTC()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for name, event := range usable {
		if _, err := call.Parse([]byte(event)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := call.Parse([]byte(`{"call_id":"1","turns":[{"text":"a\u0000b"}]}`)); err != nil || got.Turns[0].Text != "a b" {
		t.Errorf("a character that no database takes: %+v, %v", got.Turns, err)
	}
}

// Names in capitals are nothing to us where we read no such field.
func TestFieldsThatAreNotListedHaveAnyName(t *testing.T) {
	if _, err := call.Parse([]byte(`{"call_id":"1","Text":"a","extra":1,"extra":[{"Text":"a","TURNS":[],"call_id":1,"call_id":2}],"turns":[{"text":"a","Call_ID":"2","CHANNEL":"b"}]}`)); err != nil {
		t.Error(err)
	}
}

// Whatever is wrong with an event, its id is read if it is there.
func TestPeek(t *testing.T) {
	for event, want := range map[string][2]string{
		`{"call_id":"c-1","task":"airlines","turns":7}`: {"c-1", "airlines"},
		`{"call_id":"c-1"}`:                             {"c-1", "default"},
		`{"call_id":"c-1","task":"Naomi Smith"}`:        {"c-1", ""},
		`{"call_id":"c-1","task":7}`:                    {"c-1", "default"},
		`{"call_id":"Naomi Smith","task":"airlines"}`:   {"", ""},
		`{"call_id":7,"task":"airlines"}`:               {"", ""},
		`{"call_id":"c-1","turns":[`:                    {"", ""},
		`["c-1"]`:                                       {"", ""},
		``:                                              {"", ""},
	} {
		if id, task := call.Peek([]byte(event)); [2]string{id, task} != want {
			t.Errorf("%s is %q of %q, want %q", event, id, task, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	seen := map[call.Reason]bool{}
	for name, c := range unusable {
		_, err := call.Parse([]byte(c.event))
		var got *call.Unusable
		if !errors.As(err, &got) || got.Reason != c.reason || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %s with %q", name, err, c.reason, c.says)
			continue
		}
		if kind, _ := problem.KindOf(err); kind != problem.BadInput || strings.Contains(strings.ToLower(err.Error()), "naomi") {
			t.Errorf("%s: the error is of kind %q: %v", name, kind, err)
		}
		seen[got.Reason] = true
	}
	for _, r := range call.Reasons {
		if !seen[r] {
			t.Errorf("nothing is refused as %s", r)
		}
	}
}

func TestCheckTime(t *testing.T) {
	for at, refused := range map[string]bool{
		"0001-01-01T00:00:00Z": false, // no time
		"1970-01-01T00:00:00Z": true,
		"2000-01-01T00:00:00Z": false,
		"2026-11-28T09:30:00Z": false,
		"2026-11-28T09:32:00Z": true,
		"9999-12-31T00:00:00Z": true,
	} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		err = call.Event{ReceivedAt: when}.CheckTime(arrived)
		var got *call.Unusable
		if (err != nil) != refused || refused && (!errors.As(err, &got) || got.Reason != call.WrongTime) {
			t.Errorf("%s: %v, want refused: %v", at, err, refused)
		}
	}
}

// FuzzParse holds that whatever comes in, an event can be used or there is a reason.
func FuzzParse(f *testing.F) {
	for _, event := range usable {
		f.Add(event)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := call.Parse([]byte(s))
		var got *call.Unusable
		if err != nil && !errors.As(err, &got) {
			t.Fatalf("got %v", err)
		}
		if err == nil && (e.ID == "" || len(e.Turns) == 0 && e.AudioURL == "" || strings.ContainsAny(e.ID+e.Channel+e.Task, "/\\ ")) {
			t.Errorf("took %+v", e)
		}
	})
}

// schema is the one that is published.
func schema(t *testing.T) (*jsonschema.Schema, map[string]any) {
	t.Helper()
	text, err := os.ReadFile("../../docs/call-event.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("call-event.schema.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("call-event.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s, document.(map[string]any)
}

// What the published schema takes is what is taken.
func TestSchemaAgrees(t *testing.T) {
	s, document := schema(t)
	valid := func(event string) error {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(event))
		if err != nil {
			return err
		}
		return s.Validate(value)
	}
	for name, event := range usable {
		if err := valid(event); err != nil {
			t.Errorf("the schema refuses %s: %v", name, err)
		}
	}
	for name, c := range unusable {
		if err := valid(c.event); (err == nil) != c.schema {
			t.Errorf("the schema about %s: %v", name, err)
		}
	}
	examples := document["examples"].([]any)
	if len(examples) < 2 {
		t.Errorf("%d examples, want one with turns and one with a recording", len(examples))
	}
	for i, example := range examples {
		text, err := json.Marshal(example)
		if err != nil {
			t.Fatal(err)
		}
		if _, parsed := call.Parse(text); parsed != nil || valid(string(text)) != nil {
			t.Errorf("example %d: %v, %v", i, parsed, valid(string(text)))
		}
	}
}

// The schema describes each field that is read, and no other.
func TestSchemaHasTheFields(t *testing.T) {
	_, document := schema(t)
	properties := document["properties"].(map[string]any)
	turn := properties["turns"].(map[string]any)["items"].(map[string]any)["properties"].(map[string]any)
	for _, c := range []struct {
		of   reflect.Type
		have map[string]any
	}{{reflect.TypeFor[call.Event](), properties}, {reflect.TypeFor[call.Turn](), turn}} {
		var fields, described []string
		for i := range c.of.NumField() {
			name, _, _ := strings.Cut(c.of.Field(i).Tag.Get("json"), ",")
			fields = append(fields, name)
		}
		for name, what := range c.have {
			described = append(described, name)
			if what.(map[string]any)["description"] == nil {
				t.Errorf("%s is not described", name)
			}
		}
		slices.Sort(fields)
		slices.Sort(described)
		if !slices.Equal(fields, described) {
			t.Errorf("%v has %v, the schema %v", c.of, fields, described)
		}
	}
}

// Every call of the sample is one that is taken.
func TestSampleCalls(t *testing.T) {
	files, err := filepath.Glob("../../datasets/sample/calls/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("the sample has no calls")
	}
	s, _ := schema(t)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if _, err := call.Parse(text); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if err := s.Validate(value); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
