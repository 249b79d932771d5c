package intake

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"switchboard/internal/call"
)

const taken = call.Reason("") // an event that is taken

// oddEvents are what a careless or a hostile sender may send, and what becomes of it. ID
// stands for the id of a call.
var oddEvents = map[string]struct {
	event string
	want  call.Reason
}{
	"a huge seq":                    {`{"call_id":"ID","seq":9223372036854775807,"turns":[{"text":"Naomi"}]}`, call.InParts},
	"a seq of nothing":              {`{"call_id":"ID","seq":0,"turns":[{"text":"Naomi"}]}`, call.InParts},
	"a seq beyond numbers":          {`{"call_id":"ID","seq":1e999,"turns":[{"text":"Naomi"}]}`, call.WrongType},
	"half a seq":                    {`{"call_id":"ID","seq":0.5,"turns":[{"text":"Naomi"}]}`, call.WrongType},
	"final without seq":             {`{"call_id":"ID","final":true,"turns":[{"text":"Naomi"}]}`, taken},
	"not final, without seq":        {`{"call_id":"ID","final":false,"turns":[{"text":"Naomi"}]}`, call.InParts},
	"two ids":                       {`{"call_id":"ID","call_id":"naomi","turns":[{"text":"Naomi"}]}`, call.WrongType},
	"two lists of turns":            {`{"call_id":"ID","turns":[{"text":"Naomi"}],"turns":[{"text":"a"}]}`, call.WrongType},
	"an id of two lines":            {`{"call_id":"ID\nnaomi","turns":[{"text":"a"}]}`, call.NoCallID},
	"an id that ends a line":        {`{"call_id":"ID\n","turns":[{"text":"a"}]}`, call.NoCallID},
	"an id in another script":       {`{"call_id":"ID-наоми","turns":[{"text":"a"}]}`, call.NoCallID},
	"an id of 900 letters":          {`{"call_id":"ID` + strings.Repeat("a", 900) + `","turns":[{"text":"a"}]}`, call.NoCallID},
	"an id with NUL":                {`{"call_id":"ID\u0000","turns":[{"text":"a"}]}`, call.NoCallID},
	"a language that nobody speaks": {`{"call_id":"ID","language":"xx-invalid","turns":[{"text":"Naomi"}]}`, taken},
	"a language in words":           {`{"call_id":"ID","language":"the one of Naomi","turns":[{"text":"a"}]}`, call.WrongValue},
	"a time in a zone":              {`{"call_id":"ID","received_at":"2026-11-27T23:59:59+14:00","turns":[{"text":"Naomi"}]}`, taken},
	"a time without a zone":         {`{"call_id":"ID","received_at":"2026-11-27T09:30:00","turns":[{"text":"Naomi"}]}`, call.WrongTime},
	"a leap second":                 {`{"call_id":"ID","received_at":"2016-12-31T23:59:60Z","turns":[{"text":"Naomi"}]}`, call.WrongTime},
	"1970":                          {`{"call_id":"ID","received_at":"1970-01-01T00:00:00Z","turns":[{"text":"Naomi"}]}`, call.WrongTime},
	"2999":                          {`{"call_id":"ID","received_at":"2999-01-01T00:00:00Z","turns":[{"text":"Naomi"}]}`, call.WrongTime},
	"the year 10000":                {`{"call_id":"ID","received_at":"+10000-01-01T00:00:00Z","turns":[{"text":"Naomi"}]}`, call.WrongTime},
	"a supervisor":                  {`{"call_id":"ID","turns":[{"side":"supervisor","text":"Naomi"}]}`, call.WrongValue},
	"not a number":                  {`{"call_id":"ID","turns":[{"text":"Naomi","start":NaN}]}`, call.NotJSON},
	"infinitely late":               {`{"call_id":"ID","turns":[{"text":"Naomi","start":1e999}]}`, call.WrongType},
	"very late":                     {`{"call_id":"ID","turns":[{"text":"Naomi","start":1e300,"end":1e308}]}`, call.WrongValue},
	"nested beyond measure":         {`{"call_id":"ID","extra":` + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000) + `,"turns":[{"text":"a"}]}`, call.NotJSON},
	"nested deeply":                 {`{"call_id":"ID","extra":` + strings.Repeat(`{"a":`, 5_000) + "1" + strings.Repeat("}", 5_000) + `,"turns":[{"text":"a"}]}`, taken},
	"a byte order mark":             {"\xef\xbb\xbf" + `{"call_id":"ID","turns":[{"text":"Naomi"}]}`, call.NotJSON},
	"NUL in what was said":          {`{"call_id":"ID","turns":[{"text":"Naomi\u0000Okafor"}]}`, taken},
	"a bare NUL in what was said":   {"{\"call_id\":\"ID\",\"turns\":[{\"text\":\"Naomi\x00\"}]}", call.NotJSON},
	"half a character":              {`{"call_id":"ID","turns":[{"text":"Naomi \ud83d"}]}`, taken},
	"characters that turn text":     {`{"call_id":"ID","turns":[{"text":"Naomi \u202e\u2066 Okafor \ufffe"}]}`, taken},
	"10,000 turns":                  {`{"call_id":"ID","turns":[{"text":"Naomi"}` + strings.Repeat(`,{"text":"a"}`, 9_999) + `]}`, taken},
	"10,001 turns":                  {`{"call_id":"ID","turns":[{"text":"Naomi"}` + strings.Repeat(`,{"text":"a"}`, 10_000) + `]}`, call.WrongValue},
	"a turn of 899 KB":              {`{"call_id":"ID","turns":[{"text":"` + strings.Repeat("naomi ", 149_800) + `"}]}`, taken},
	"a turn of 901 KB":              {`{"call_id":"ID","turns":[{"text":"` + strings.Repeat("naomi ", 150_200) + `"}]}`, call.TooLarge},
	"turns of nothing":              {`{"call_id":"ID","turns":[{"text":""},{}]}`, taken},
	"turns that are null":           {`{"call_id":"ID","turns":[null]}`, call.WrongType},
	"no turns but null":             {`{"call_id":"ID","turns":null}`, call.NothingSaid},
	"an address with a password":    {`{"call_id":"ID","audio_url":"https://naomi:okafor@recordings.example.com/1.wav"}`, call.WrongValue},
	"an address with a user":        {`{"call_id":"ID","audio_url":"https://naomi@recordings.example.com/1.wav"}`, call.WrongValue},
	"an address with an empty user": {`{"call_id":"ID","audio_url":"https://@recordings.example.com/1.wav"}`, call.WrongValue},
	"a file":                        {`{"call_id":"ID","audio_url":"file:///etc/passwd"}`, call.WrongValue},
	"data for an address":           {`{"call_id":"ID","audio_url":"data:audio/wav;base64,UklGRg=="}`, call.WrongValue},
	"an address without a host":     {`{"call_id":"ID","audio_url":"https://:443/1.wav"}`, call.WrongValue},
	"an address of two lines":       {`{"call_id":"ID","audio_url":"https://recordings.example.com/\r\nHost: naomi"}`, call.WrongValue},
	"an address of 3 KB":            {`{"call_id":"ID","audio_url":"https://recordings.example.com/` + strings.Repeat("a", 3<<10) + `"}`, call.WrongValue},
	"an address that is a number":   {`{"call_id":"ID","audio_url":"http://[::1]/1.wav"}`, taken}, // whether its host may be asked is the worker's
	"something packed":              {"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", call.NotJSON},
	"JSON after JSON":               {`{"call_id":"ID","turns":[{"text":"Naomi"}]}{"call_id":"ID"}`, call.NotJSON},
}

// Whatever is sent ends as documented, by Kafka as by HTTP: each event is one call that
// is started, or one dead letter with its reason and its very bytes. None holds another
// up, and nothing of it is in the log or the metrics.
func TestOddEvents(t *testing.T) {
	s := newSite(t)
	want, started, bytes := map[string]int{}, []string{}, map[string]string{}
	status := map[string]int{}
	n := 0
	for name, c := range oddEvents {
		n++
		id := fmt.Sprintf("odd-%d", n)
		event := strings.ReplaceAll(c.event, "ID", id)
		s.send(event)
		if c.want == taken {
			started = append(started, id)
			status[event] = http.StatusAccepted
			continue
		}
		want[string(c.want)]++
		bytes[event] = name
		status[event] = http.StatusBadRequest
		if c.want == call.TooLarge {
			status[event] = http.StatusRequestEntityTooLarge
		}
	}
	// A record without a value is how others delete.
	if err := s.tombstone(); err != nil {
		t.Fatal(err)
	}
	want[string(call.NotJSON)]++
	i, stop := s.start()
	s.runs.have(t, started)
	s.settle(0)
	if got := s.letters(); !maps.Equal(got, want) {
		t.Errorf("dead letters %v, want %v", got, want)
	}
	s.haveBytes(bytes)
	for event, want := range status {
		if got := s.post(i, event); got != want {
			t.Errorf("by HTTP %.120q gets %d, want %d", event, got, want)
		}
	}
	s.settle(0) // each that was taken twice is one call
	if len(s.runs.started()) != len(started) {
		t.Errorf("%d calls were started, want %d", len(s.runs.started()), len(started))
	}
	stop()
	s.quotesNothing(i)
}

// tombstone writes a record that has a key and no value.
func (s *site) tombstone() error {
	client, err := kgo.NewClient(kgo.SeedBrokers(s.cluster.ListenAddrs()...))
	if err != nil {
		return err
	}
	defer client.Close()
	return client.ProduceSync(s.t.Context(), &kgo.Record{Topic: "calls", Key: []byte("odd")}).FirstErr()
}

// haveBytes looks for each of these events, told by name, among the dead letters.
func (s *site) haveBytes(events map[string]string) {
	s.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(s.cluster.ListenAddrs()...), kgo.ConsumeTopics("calls.dead-letter"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	for read := 0; read < len(events)+1; {
		fetched := client.PollFetches(s.t.Context())
		if err := fetched.Err(); err != nil {
			s.t.Fatal(err)
		}
		fetched.EachRecord(func(r *kgo.Record) {
			read++
			delete(events, string(r.Value))
		})
	}
	for _, name := range events {
		s.t.Errorf("%s: its bytes are not among the dead letters", name)
	}
}

// post sends an event by HTTP and returns the status of the answer.
func (s *site) post(i *Intake, event string) int {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, "http://"+i.Address()+"/v1/calls", strings.NewReader(event))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}
