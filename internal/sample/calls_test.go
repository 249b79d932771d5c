package sample_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/call"
	"switchboard/internal/dataset"
	"switchboard/internal/sample"
)

const callBytes = 1_500_000 // of all events

// Every event is one that is accepted, or announces a recording.
func TestCallsAreEvents(t *testing.T) {
	total, recorded := 0, 0
	for _, f := range files(t, generated(t)) {
		if !strings.HasPrefix(f.Name, "calls/") {
			continue
		}
		total += len(f.Data)
		if bytes.Contains(f.Data, []byte(`"audio_url"`)) {
			recorded++
			continue
		}
		e, err := call.Read(bytes.NewReader(f.Data), f.Name)
		if err != nil {
			t.Error(err)
			continue
		}
		if e.ID+".json" != filepath.Base(f.Name) || e.Task != sample.CallTask || e.Channel != "phone" {
			t.Errorf("%s: call %q of the task %q from the channel %q", f.Name, e.ID, e.Task, e.Channel)
		}
		if n := len(e.Turns); n < 2 || n > 14 {
			t.Errorf("%s has %d turns, want 2 to 14", f.Name, n)
		}
		checkTurns(t, f.Name, e.Turns)
	}
	if recorded != sample.Recorded || total > callBytes {
		t.Errorf("%d recordings and %d bytes, want %d, and %d at most", recorded, total, sample.Recorded, callBytes)
	}
}

// Turns have text, and either both side and times, which rise, or neither.
func checkTurns(t *testing.T, name string, turns []call.Turn) {
	t.Helper()
	end := 0.0
	for i, turn := range turns {
		known := turn.Side != ""
		switch {
		case turn.Text == "" || strings.ContainsFunc(turn.Text, func(r rune) bool { return r < ' ' }):
			t.Errorf("%s: the text of turn %d is empty or has a control character", name, i)
		case known != (turns[0].Side != "") || known != (turn.End > 0):
			t.Errorf("%s: of turn %d only side or times are known", name, i)
		case known && (turn.Start < end || turn.End <= turn.Start):
			t.Errorf("%s: turn %d is from %v to %v, after one that ended at %v", name, i, turn.Start, turn.End, end)
		case known && turn.Side != [...]string{"agent", "customer"}[i%2]:
			t.Errorf("%s: turn %d is the %s's", name, i, turn.Side)
		}
		end = turn.End
	}
}

func TestCallsAreOfAWeekInBothLanguages(t *testing.T) {
	calls := generated(t).Calls
	ids, languages, companies := map[string]bool{}, map[string]int{}, map[string]int{}
	for i, c := range calls {
		ids[c.Event.ID] = true
		languages[c.Event.Language]++
		companies[c.Company]++
		if i > 0 && c.Event.ReceivedAt.Before(calls[i-1].Event.ReceivedAt) {
			t.Errorf("call %d came in before the one ahead of it", i)
		}
	}
	if len(ids) != sample.Calls || sample.Calls < 200 {
		t.Errorf("%d calls with ids of their own, want %d, and 200 at least", len(ids), sample.Calls)
	}
	if span := calls[len(calls)-1].Event.ReceivedAt.Sub(calls[0].Event.ReceivedAt); span < 6*24*time.Hour || span > 7*24*time.Hour {
		t.Errorf("the calls came in within %v, want a week", span)
	}
	if languages["en"] < 80 || languages["de"] < 40 || languages[""] < 10 {
		t.Errorf("calls by language: %v, want many of each and some unknown", languages)
	}
	if companies[dataset.Unknown] < 8 || len(companies) < 25 {
		t.Errorf("calls by company: %v, want most companies and some unknown", companies)
	}
}

// What a call that says nothing is for cannot be told, so it names nobody.
func TestThinCallsNameNoCompany(t *testing.T) {
	names := []string{"packwood", "polarwing", "nordhaven", "hansebahn", "hanse bahn", "kurier", "lumen", "ember", "hygglund"}
	for _, c := range generated(t).Calls {
		said := strings.ToLower(spokenText(c))
		if c.Company == dataset.Unknown && slices.ContainsFunc(names, func(n string) bool { return strings.Contains(said, n) }) {
			t.Errorf("the call %s is for nobody and names a company", c.Event.ID)
		}
	}
}

func spokenText(c sample.Call) string {
	var b strings.Builder
	for _, turn := range c.Turns {
		b.WriteString(turn.Text + "\n")
	}
	return b.String()
}

// Personal details stand where the key says, and all of their kinds do.
func TestDetailsOfCalls(t *testing.T) {
	kinds := map[sample.Kind]int{}
	for _, c := range generated(t).Calls {
		for i, turn := range c.Turns {
			for _, span := range turn.Spans {
				kinds[span.Kind]++
				detail := turn.Text[span.Start:span.End]
				if detail != strings.Trim(detail, " .,?!") || detail == "" {
					t.Errorf("%s: a detail of turn %d is empty or begins or ends with a sign", c.Event.ID, i)
				}
				if span.Kind == sample.Email && !strings.Contains(detail, "example") {
					t.Errorf("%s: the address in turn %d is none of those set aside", c.Event.ID, i)
				}
			}
		}
	}
	for _, kind := range []sample.Kind{sample.Person, sample.Email, sample.Phone, sample.Booking} {
		if kinds[kind] < 10 {
			t.Errorf("%d details of the kind %s, want 10 at least", kinds[kind], kind)
		}
	}
}

// The folder has the generator's events and their recordings, and nothing else.
func TestCommittedCalls(t *testing.T) {
	want := map[string]bool{}
	for _, c := range generated(t).Calls {
		want[c.Event.ID+".json"] = true
		if c.Channels > 0 {
			want[filepath.Join("audio", c.Event.ID+".wav")] = true
		}
	}
	root := "../../datasets/sample/calls"
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if !want[name] {
			t.Errorf("datasets/sample/calls has %s, which the generator does not give", name)
		}
		delete(want, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range want {
		t.Errorf("datasets/sample/calls lacks %s: run go run ./tools/sample, and tools/asr/record.py for recordings", name)
	}
}

// Recordings are WAV of 8 kHz in mu-law, with the channels that their scripts say.
func TestCommittedRecordings(t *testing.T) {
	for _, c := range generated(t).Calls {
		if c.Channels == 0 {
			continue
		}
		data, err := os.ReadFile(filepath.Join("../../datasets/sample/calls/audio", c.Event.ID+".wav"))
		if err != nil {
			t.Error(err)
			continue
		}
		if len(data) < 50_000 || len(data) > 200_000 {
			t.Errorf("the recording of %s has %d bytes", c.Event.ID, len(data))
		}
		header := []byte{7, 0, byte(c.Channels), 0, 0x40, 0x1F, 0, 0}
		if string(data[:4]) != "RIFF" || string(data[8:16]) != "WAVEfmt " || !bytes.Equal(data[20:28], header) {
			t.Errorf("the recording of %s is no WAV of %d channels, 8 kHz, mu-law", c.Event.ID, c.Channels)
		}
		if c.Event.AudioURL != sample.AudioURL+c.Event.ID+".wav" || len(c.Event.Turns) > 0 {
			t.Errorf("the event of %s has turns, or another recording's address", c.Event.ID)
		}
	}
}
