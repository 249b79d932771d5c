package call_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"switchboard/internal/call"
	"switchboard/internal/problem"
)

func TestRead(t *testing.T) {
	got, err := call.Read(strings.NewReader(`{"call_id":"2026-11-27.0042","channel":"phone","received_at":"2026-11-27T09:30:00Z",
		"agent":"Naomi","turns":[{"speaker":"customer","text":"My parcel is late."},{"text":""}]}`), "call.json")
	if err != nil {
		t.Fatal(err)
	}
	want := call.Event{
		ID: "2026-11-27.0042", Channel: "phone", ReceivedAt: time.Date(2026, 11, 27, 9, 30, 0, 0, time.UTC),
		Turns: []call.Turn{{Text: "My parcel is late."}, {}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ event, says string }{
		"nothing":             {"", "call.json: the event is no JSON: it is empty"},
		"blanks":              {" \n\t", "call.json: the event is no JSON: it is empty"},
		"a byte order mark":   {"\xef\xbb\xbf" + `{"call_id":"1","turns":[{"text":"Naomi"}]}`, "call.json: the event is no JSON: it begins with a byte order mark"},
		"UTF-16":              {"\xff\xfe{\x00", "call.json: the event is no JSON: it is UTF-16"},
		"UTF-16, big-endian":  {"\xfe\xff\x00{", "call.json: the event is no JSON: it is UTF-16"},
		"UTF-16 without mark": {"{\x00\"\x00c\x00", "call.json: the event is no JSON: it is UTF-16"},
		"half a call":         {`{"call_id":"1","turns":[{"text":"Naomi`, "is no JSON: byte 38"},
		"a list":              {`[{"call_id":"1"}]`, "is no JSON object"},
		"two calls":           {`{"call_id":"1","turns":[{"text":"a"}]} {}`, "is no JSON: byte 40"},
		"no id":               {`{"turns":[{"text":"a"}]}`, "no usable call_id"},
		"an id of a path":     {`{"call_id":"../1","turns":[{"text":"a"}]}`, "no usable call_id"},
		"an id with a name":   {`{"call_id":"Naomi Smith","turns":[{"text":"a"}]}`, "no usable call_id"},
		"an id of 129 bytes":  {`{"call_id":"` + strings.Repeat("1", 129) + `","turns":[{"text":"a"}]}`, "no usable call_id"},
		"a number for an id":  {`{"call_id":1,"turns":[{"text":"a"}]}`, "a field call_id of the wrong type, before byte 12; a string is expected"},
		"a string for turns":  {`{"call_id":"1","turns":"Naomi"}`, "a field turns of the wrong type, before byte 30; a list is expected"},
		"a number for a text": {`{"call_id":"1","turns":[{"text":7}]}`, "of the wrong type"},
		"no turns":            {`{"call_id":"1","turns":[]}`, "neither turns nor an audio_url"},
		"a recording":         {`{"call_id":"1","audio_url":"s3://calls/1.wav"}`, "an audio_url that is no address"},
		"no time":             {`{"call_id":"1","received_at":"Naomi","turns":[{"text":"a"}]}`, "received_at that is no time"},
		"too much":            {`{"call_id":"1","turns":[{"text":"` + strings.Repeat("a", 1<<20) + `"}]}`, "longer than 900000 bytes"},
		"too many turns":      {`{"call_id":"1","turns":[{}` + strings.Repeat(",{}", 10_000) + `]}`, "has 10001 turns"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := call.Read(strings.NewReader(c.event), "call.json")
			if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want bad input that says %q", err, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "Naomi") {
				t.Errorf("the problem quotes what was said: %v", err)
			}
		})
	}
}

// FuzzRead holds that whatever comes in, an event can be used or is bad input.
func FuzzRead(f *testing.F) {
	f.Add(`{"call_id":"1","turns":[{"text":"a"}]}`)
	f.Add(`{"call_id":"1","received_at":"2026-13-01T00:00:00Z","turns":[{}]}`)
	f.Add(`{"call_id":null,"turns":null}`)
	f.Fuzz(func(t *testing.T, s string) {
		e, err := call.Read(strings.NewReader(s), "call.json")
		if kind, _ := problem.KindOf(err); err != nil && kind != problem.BadInput {
			t.Fatalf("got %v", err)
		}
		if err == nil && (e.ID == "" || len(e.Turns) == 0 || strings.ContainsAny(e.ID, "/\\ ")) {
			t.Errorf("took %+v", e)
		}
	})
}
