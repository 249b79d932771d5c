package speech

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/config"
	"switchboard/internal/problem"
)

// call2 is a call of two sides: the left one speaks for 2 seconds from second 1 on and
// again for 4 from second 12 on, the right one for 3 from second 6 on.
func call2() []byte {
	left := join(samples(time.Second), voice(2*time.Second), samples(9*time.Second), voice(4*time.Second), samples(time.Second))
	right := join(samples(6*time.Second), voice(3*time.Second), samples(8*time.Second))
	return wav(left, right)
}

// words answers with what was said in the pieces of call2, told by their lengths.
func words(a asked) string {
	switch n := a.length(); {
	case n < 3*time.Second:
		return "Hello my parcel is late"
	case n < 4*time.Second:
		return "I am sorry to hear that"
	}
	return "It has the number four two"
}

func TestSidesAreTranscribedAndMergedByTime(t *testing.T) {
	r := newRecognizer(t, func(a asked) reply { return said(fmt.Sprintf(`{"text": %q}`, words(a))) })
	for channel, want := range map[string]string{
		Left:  "customer 0.7-3.3 Hello my parcel is late\nagent 5.7-9.3 I am sorry to hear that\ncustomer 11.7-16.3 It has the number four two\n",
		Right: "agent 0.7-3.3 Hello my parcel is late\ncustomer 5.7-9.3 I am sorry to hear that\nagent 11.7-16.3 It has the number four two\n",
	} {
		c, err := New(Options{BaseURL: r.URL + "/v1", Model: "m", Server: "openai", CustomerChannel: channel})
		if err != nil {
			t.Fatal(err)
		}
		got := transcribe(t, c, call2())
		if show(got) != want || got.Status != Transcribed || got.Duration != 17*time.Second || got.Cut || got.Language != "" {
			t.Errorf("with the customer on the %s: %+v\n%s", channel, got, show(got))
		}
	}
}

// Times of the recognizer are used where it has them, and joined to turns.
func TestTimesOfTheRecognizer(t *testing.T) {
	r := newRecognizer(t, func(a asked) reply {
		return said(`{"language": "en", "segments": [{"start": 0.5, "end": 1.5, "text": " One."}, {"start": 1.5, "end": 2.25, "text": " Two."}]}`)
	})
	left, right := join(samples(time.Second), voice(3*time.Second)), join(voice(2*time.Second), samples(2*time.Second))
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"the sides in two channels": {wav(left, right), "agent 0.5-1.5 One.\ncustomer 1.2-2.2 One.\nagent 1.5-2.2 Two.\ncustomer 2.2-3.0 Two.\n"},
		"one side speaking":         {wav(left, samples(4*time.Second)), "customer 1.2-3.0 One. Two.\n"},
		"both sides in one channel": {wav(left), " 1.2-2.2 One.\n 2.2-3.0 Two.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := transcribe(t, client(t, r.URL, "generic"), c.content); show(got) != c.want || got.Language != "en" {
				t.Errorf("got %+v\n%s", got, show(got))
			}
		})
	}
}

func TestServersAreAskedInTheirOwnWay(t *testing.T) {
	segment := `{"id":0,"seek":0,"start":0.0,"end":2.5,"text":" Guten Tag.","tokens":[50364,1],"temperature":0.0,"avg_logprob":-0.3,"compression_ratio":0.8,"no_speech_prob":0.01}`
	openAIWhisper := `{"task":"transcribe","language":"german","duration":2.6,"text":"Guten Tag.","segments":[` + segment + `],"usage":{"type":"duration","seconds":3}}`
	shapes := map[string]struct {
		answer   string
		path     string
		fields   string // those besides the model
		language string
		turns    string
	}{
		// OpenAI's API reference.
		"openai-whisper": {openAIWhisper, "/v1/audio/transcriptions", "response_format=verbose_json", "de", " 0.7-3.2 Guten Tag.\n"},
		"openai":         {`{"text":"Guten Tag.","usage":{"type":"tokens"}}`, "/v1/audio/transcriptions", "response_format=json", "", " 0.7-3.3 Guten Tag.\n"},
		"openai-diarize": {
			`{"task":"transcribe","duration":2.6,"text":"Guten Tag. Hallo.","segments":[{"type":"transcript.text.segment","id":"seg_1","start":0.0,"end":1.0,"text":"Guten","speaker":"A"},
			{"type":"transcript.text.segment","id":"seg_2","start":1.0,"end":1.5,"text":"Tag.","speaker":"A"},{"type":"transcript.text.segment","id":"seg_3","start":1.5,"end":2.5,"text":"Hallo.","speaker":"B"}]}`,
			"/v1/audio/transcriptions", "chunking_strategy=auto response_format=diarized_json", "", " 0.7-2.2 Guten Tag.\n 2.2-3.2 Hallo.\n",
		},
		// openai/openai-cookbook, migrating_from_whisper_to_gpt_transcribe.
		"openai-gpt-transcribe": {`{"text":"Guten Tag.","languages":[{"code":"de"}]}`, "/v1/audio/transcriptions", "response_format=json", "de", " 0.7-3.3 Guten Tag.\n"},
		// speaches-ai/speaches, CreateTranscriptionResponseVerboseJson.
		"speaches": {`{"task":"transcribe","language":"de","duration":2.6,"text":"Guten Tag.","words":null,"segments":[` + segment + `]}`, "/v1/audio/transcriptions", "response_format=verbose_json", "de", " 0.7-3.2 Guten Tag.\n"},
		// ggml-org/whisper.cpp, examples/server.
		"whisper.cpp": {
			`{"task":"transcribe","language":"german","duration":2.6,"text":" Guten Tag.\n","segments":[{"id":0,"text":" Guten Tag.","start":0.0,"end":2.5,"tokens":[1],"words":[{"word":" Guten","start":0.1,"end":0.5,"t_dtw":-1,"probability":0.9}],
			"temperature":0.0,"avg_logprob":-0.2,"no_speech_prob":0.02}],"detected_language":"german","detected_language_probability":0.98,"language_probabilities":{"de":0.98}}`,
			"/v1/inference", "language=auto response_format=verbose_json", "de", " 0.7-3.2 Guten Tag.\n",
		},
		// achetronic/parakeet, before v0.9.0: the language is the default, the end is made up.
		"parakeet": {
			`{"task":"transcribe","language":"en","duration":1.3,"text":"Guten Tag.","segments":[{"id":0,"seek":0,"start":0,"end":99.9,"text":"Guten Tag.","tokens":[],"temperature":0,"avg_logprob":-0.5,"compression_ratio":1,"no_speech_prob":0}]}`,
			"/v1/audio/transcriptions", "response_format=verbose_json", "", " 0.7-3.3 Guten Tag.\n",
		},
		// vLLM, TranscriptionResponseVerbose: the duration is a string.
		"vllm":    {`{"duration":"2.6","language":"de","text":"Guten Tag.","segments":[` + segment + `],"words":null}`, "/v1/audio/transcriptions", "response_format=verbose_json", "de", " 0.7-3.2 Guten Tag.\n"},
		"localai": {`{"segments":[{"id":0,"start":0,"end":2.5,"text":"Guten Tag.","tokens":[1]}],"text":"Guten Tag."}`, "/v1/audio/transcriptions", "response_format=verbose_json", "", " 0.7-3.2 Guten Tag.\n"},
		"generic": {`{"text":"Guten Tag."}`, "/v1/audio/transcriptions", "response_format=verbose_json", "", " 0.7-3.3 Guten Tag.\n"},
	}
	for name, c := range shapes {
		t.Run(name, func(t *testing.T) {
			r := newRecognizer(t, func(asked) reply { return said(c.answer) })
			got := transcribe(t, client(t, r.URL, name), wav(join(samples(time.Second), voice(2*time.Second), samples(time.Second))))
			if show(got) != c.turns || got.Language != c.language {
				t.Errorf("got %+v\n%s", got, show(got))
			}
			a := r.requests()
			if len(a) != 1 || a[0].path != c.path || fields(a[0]) != c.fields || a[0].file != "recording.wav" || a[0].key != "" {
				t.Errorf("asked %d times, %s with %s of %s and %q", len(a), a[0].path, fields(a[0]), a[0].file, a[0].key)
			}
		})
	}
	for _, name := range Servers() {
		if _, tried := shapes[name]; !tried {
			t.Errorf("%s is not tried", name)
		}
	}
}

// fields are those of a request besides the model.
func fields(a asked) string {
	var all []string
	for name, value := range a.fields {
		if name != "model" {
			all = append(all, name+"="+value)
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func TestLanguageIsSentAsTheServerWantsIt(t *testing.T) {
	for server, want := range map[string]string{
		"generic": "language=de response_format=verbose_json", "openai-gpt-transcribe": "languages[]=de response_format=json", "whisper.cpp": "language=de response_format=verbose_json",
	} {
		r := newRecognizer(t, func(asked) reply { return said(`{"text":"Guten Tag."}`) })
		got, err := client(t, r.URL, server).Transcribe(t.Context(), Recording{Content: wav(voice(2 * time.Second)), Language: "de-DE"})
		if err != nil || got.Language != "de" || fields(r.requests()[0]) != want {
			t.Errorf("%s: %v, language %s, asked with %s", server, err, got.Language, fields(r.requests()[0]))
		}
	}
}

// A short piece is not left to be taken for another language than the rest.
func TestLongestPieceTellsTheLanguage(t *testing.T) {
	r := newRecognizer(t, func(a asked) reply {
		language := "ja"
		if a.fields["language"] != "" || a.length() > 5*time.Second {
			language = "german"
		}
		return said(`{"text":"Ja, genau.","language":"` + language + `"}`)
	})
	pause := samples(3 * time.Second)
	got := transcribe(t, client(t, r.URL, "generic"), wav(join(voice(time.Second), pause, voice(8*time.Second), pause, voice(time.Second), pause, voice(2*time.Second))))
	if got.Language != "de" || len(got.Turns) != 4 {
		t.Errorf("got %+v", got)
	}
	for i, a := range r.requests() {
		if (i == 0) != (a.fields["language"] == "") || i == 0 && a.length() < 8*time.Second {
			t.Errorf("request %d has %s and the language %q", i, a.length(), a.fields["language"])
		}
	}
}

// A server that has only text is found out about once.
func TestTextAloneWhereMoreIsRefused(t *testing.T) {
	r := newRecognizer(t, func(a asked) reply {
		if a.fields["response_format"] != "json" {
			return reply{status: http.StatusBadRequest, body: `{"error":{"message":"Currently do not support verbose_json"}}`}
		}
		return said(`{"text":"Hello."}`)
	})
	c := client(t, r.URL, "generic")
	for range 2 {
		if got := transcribe(t, c, wav(voice(2*time.Second))); show(got) != " 0.0-2.0 Hello.\n" {
			t.Errorf("got %s", show(got))
		}
	}
	if n := len(r.requests()); n != 3 {
		t.Errorf("asked %d times", n)
	}
}

func TestNoRequestWhereNothingIsSaid(t *testing.T) {
	r := newRecognizer(t, func(asked) reply { return said(`{"text":"Thanks for watching!"}`) })
	for name, sound := range map[string][]int16{
		"silence":                samples(time.Minute),
		"a dial tone":            tone(time.Minute),
		"ringing":                join(tone(time.Second), samples(4*time.Second), tone(time.Second), samples(4*time.Second)),
		"a recording of 100 ms ": samples(100 * time.Millisecond),
	} {
		t.Run(name, func(t *testing.T) {
			got := transcribe(t, client(t, r.URL, ""), wav(sound))
			if got.Status != NoSpeech || len(got.Turns) != 0 || len(r.requests()) != 0 {
				t.Errorf("got %+v after %d requests", got, len(r.requests()))
			}
		})
	}
}

func TestInventedTextIsDropped(t *testing.T) {
	click := join(samples(2*time.Second), voice(100*time.Millisecond), samples(2*time.Second))
	noisy := join(samples(time.Second), voice(2*time.Second), samples(time.Second))
	for name, c := range map[string]struct {
		sound  []int16
		answer string
		want   string
	}{
		"thanks of a click":               {click, `{"text":"Thank you for watching!"}`, ""},
		"credits of a click":              {click, `{"text":"Untertitelung des ZDF, 2020"}`, ""},
		"credits of sound":                {noisy, `{"text":"Untertitel der Amara.org-Community"}`, ""},
		"thanks with the time for it":     {noisy, `{"text":"Thank you very much."}`, " 0.7-3.3 Thank you very much.\n"},
		"doubt of the recognizer":         {noisy, `{"segments":[{"text":"Subscribe now","start":0,"end":2,"no_speech_prob":0.8,"avg_logprob":-1.2}]}`, ""},
		"a little doubt":                  {noisy, `{"segments":[{"text":"My name is Ann","start":0,"end":2,"no_speech_prob":0.8,"avg_logprob":-0.4}]}`, " 0.7-2.7 My name is Ann\n"},
		"what is heard after the end":     {join(voice(2*time.Second), samples(900*time.Millisecond), voice(2*time.Second), samples(10*time.Second)), `{"segments":[{"text":"Hello","start":0,"end":2},{"text":"We have reached the end of it","start":29,"end":30}]}`, " 0.0-2.0 Hello\n"},
		"a remark":                        {noisy, `{"text":"[BLANK_AUDIO]"}`, ""},
		"music":                           {noisy, `{"text":"♪♪ (Musik) ♪♪"}`, ""},
		"marks":                           {noisy, `{"text":". . ."}`, ""},
		"nothing":                         {noisy, `{"text":""}`, ""},
		"a remark within speech":          {noisy, `{"text":"Wait [coughs] please"}`, " 0.7-3.3 Wait [coughs] please\n"},
		"a loop of one word":              {noisy, `{"text":"` + strings.Repeat("no ", 200) + `"}`, " 0.7-3.3 no\n"},
		"a loop of a phrase behind words": {noisy, `{"text":"My order ` + strings.Repeat("and I want it back. ", 30) + `"}`, " 0.7-3.3 My order and I want it back.\n"},
		"a loop of letters":               {noisy, `{"text":"` + strings.Repeat("ha", 100) + `"}`, " 0.7-3.3 ha\n"},
		"a loop of segments":              {noisy, `{"segments":[` + strings.Repeat(`{"text":"I don't know.","start":0,"end":1},`, 20) + `{"text":"Bye now","start":1,"end":2}]}`, " 0.7-1.7 I don't know.\n 1.7-2.7 Bye now\n"},
		"no, no, no":                      {noisy, `{"text":"No, no, no, not that"}`, " 0.7-3.3 No, no, no, not that\n"},
		"a number with equal digits":      {noisy, `{"text":"It is 0000000000000012"}`, " 0.7-3.3 It is 0000000000000012\n"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecognizer(t, func(asked) reply { return said(c.answer) })
			got := transcribe(t, client(t, r.URL, "generic"), wav(c.sound))
			if show(got) != c.want || (got.Status == NoSpeech) != (c.want == "") {
				t.Errorf("got %+v\n%s", got, show(got))
			}
		})
	}
}

// Formats that are not decoded go as they are, under a name that fits what they are.
func TestOtherFormatsPassWhole(t *testing.T) {
	frame := append([]byte{0xff, 0xfb, 0x90, 0x00}, make([]byte, 413)...)
	mp3 := slices.Concat(frame, frame, []byte("the rest"))
	opus := append([]byte("OggS\x00\x02"), append(make([]byte, 20), "\x01\x08OpusHead"...)...)
	for name, c := range map[string]struct {
		content []byte
		server  string
		file    string
		says    string
	}{
		"MP3":                                {mp3, "generic", "recording.mp3", ""},
		"Opus":                               {opus, "speaches", "recording.ogg", ""},
		"Opus where only WAV is taken":       {opus, "whisper.cpp", "", "which the recognizer (whisper.cpp) does not take; convert it to WAV or FLAC"},
		"MP3 that is too large":              {append(slices.Clone(mp3), make([]byte, 25<<20)...), "openai", "", "only WAV and FLAC are cut"},
		"MP3 of any size where all is taken": {append(slices.Clone(mp3), make([]byte, 26<<20)...), "speaches", "recording.mp3", ""},
		"a page of a web site":               {[]byte("<!doctype html><title>Sign in, Naomi</title>"), "generic", "", "none of the formats that are known"},
		"nothing":                            {nil, "generic", "", "none of the formats that are known"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecognizer(t, func(asked) reply { return said(`{"text":"Hello there.","language":"en"}`) })
			got, err := client(t, r.URL, c.server).Transcribe(t.Context(), Recording{Content: c.content})
			if c.says != "" {
				if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), c.says) || len(r.requests()) > 0 || strings.Contains(err.Error(), "Naomi") {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || show(got) != " 0.0-0.0 Hello there.\n" || r.requests()[0].file != c.file || !slices.Equal(r.requests()[0].content, c.content) {
				t.Errorf("got %v, %v, sent %s", got, err, r.requests()[0].file)
			}
		})
	}
}

func TestCutRecordingIsTranscribedAsFarAsItGoes(t *testing.T) {
	r := newRecognizer(t, func(asked) reply { return said(`{"text":"Hello there."}`) })
	content := wav(voice(10 * time.Second))
	got := transcribe(t, client(t, r.URL, ""), content[:len(content)/2])
	if !got.Cut || show(got) != " 0.0-5.0 Hello there.\n" {
		t.Errorf("got %+v\n%s", got, show(got))
	}
	if _, err := client(t, r.URL, "").Transcribe(t.Context(), Recording{Content: content[:30]}); !lasting(err) {
		t.Errorf("got %v", err)
	}
}

// One that failed goes on where it was, and nothing is kept once it is through.
func TestWhatWasHeardIsNotAskedAgain(t *testing.T) {
	fails := true
	var c *Client
	r := newRecognizer(t, func(a asked) reply {
		if fails && a.length() > 4*time.Second {
			return reply{status: http.StatusServiceUnavailable}
		}
		return said(fmt.Sprintf(`{"text": %q}`, words(a)))
	})
	c = client(t, r.URL, "whisper.cpp") // one at a time
	c.server.hears = false              // in order
	if _, err := c.Transcribe(t.Context(), Recording{Content: call2()}); err == nil || lasting(err) {
		t.Fatalf("got %v", err)
	}
	before := len(r.requests())
	fails = false
	got := transcribe(t, c, call2())
	if len(got.Turns) != 3 || len(r.requests())-before != 1 || before != 3 {
		t.Errorf("%d requests and %d more, %d turns", before, len(r.requests())-before, len(got.Turns))
	}
	if c.heard.Len() != 0 {
		t.Errorf("%d pieces are kept", c.heard.Len())
	}
}

func TestRequestsAtATime(t *testing.T) {
	var sound []int16
	for range 12 {
		sound = append(sound, join(voice(time.Second), samples(3*time.Second))...)
	}
	for server, want := range map[string]int{"whisper.cpp": 1, "localai": 2} {
		r := newRecognizer(t, func(asked) reply { runtime.Gosched(); return said(`{"text":"Hello."}`) })
		c := client(t, r.URL, server)
		done := make(chan error)
		for range 3 {
			go func() {
				_, err := c.Transcribe(t.Context(), Recording{Content: wav(sound)})
				done <- err
			}()
		}
		for range 3 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if r.most > want {
			t.Errorf("%s was asked %d times at once", server, r.most)
		}
	}
}

// An hour of two sides is sent in pieces that the server takes, and is nowhere whole.
func TestAnHourIsSentInPieces(t *testing.T) {
	minute := wav(join(voice(20*time.Second), samples(40*time.Second)), join(samples(25*time.Second), voice(35*time.Second)))[44:]
	content := wav(samples(0), samples(0))
	for range 60 {
		content = append(content, minute...)
	}
	for _, at := range []int{4, 40} { // as a recorder that does not know the size
		copy(content[at:], "\xff\xff\xff\xff")
	}
	largest := 0
	r := newRecognizer(t, func(a asked) reply {
		largest = max(largest, len(a.content))
		return said(`{"text":"Hello from the ` + a.length().Round(time.Second).String() + `"}`)
	})
	c := client(t, r.URL, "whisper.cpp")
	got := transcribe(t, c, content)
	if got.Duration != time.Hour || len(got.Turns) != 120 || got.Turns[119].Start < 3500 || largest > 1<<20 {
		t.Errorf("%s, %d turns, the last at %.0f s, the largest file %d bytes", got.Duration, len(got.Turns), got.Turns[len(got.Turns)-1].Start, largest)
	}
}

func TestCancelledTranscription(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the worker stops")
	r := newRecognizer(t, func(asked) reply { cancel(gone); return said(`{"text":"Hello."}`) })
	_, err := client(t, r.URL, "").Transcribe(ctx, Recording{Content: call2()})
	if failed := new(Error); !errors.Is(err, gone) || errors.As(err, &failed) {
		t.Errorf("got %v", err)
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	good := Options{BaseURL: "http://127.0.0.1:9191/v1", Model: "m"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(o *Options)
		says   string
	}{
		"no address":         {func(o *Options) { o.BaseURL = "" }, config.SpeechURL},
		"no URL":             {func(o *Options) { o.BaseURL = "127.0.0.1:9191" }, config.SpeechURL},
		"a password":         {func(o *Options) { o.BaseURL = "http://me:hunter2@host/v1" }, config.SpeechURL},
		"a key with a break": {func(o *Options) { o.APIKey = "hunter2\n" }, config.SpeechKey},
		"no model":           {func(o *Options) { o.Model = "" }, config.SpeechModel},
		"an unknown server":  {func(o *Options) { o.Server = "wisper" }, "whisper.cpp"},
		"a middle channel":   {func(o *Options) { o.CustomerChannel = "middle" }, config.AudioCustomerChannel},
		"a negative timeout": {func(o *Options) { o.RequestTimeout = -1 }, "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			c.change(&o)
			_, err := New(o)
			if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestServerIsToldByHostAndModel(t *testing.T) {
	for _, c := range []struct{ server, base, model, want string }{
		{"", "https://api.openai.com/v1", "whisper-1", "openai-whisper"},
		{"", "https://api.openai.com/v1", "gpt-4o-mini-transcribe", "openai"},
		{"", "https://api.openai.com/v1", "gpt-4o-transcribe", "openai"},
		{"", "https://eu.api.openai.com/v1", "gpt-4o-transcribe-diarize", "openai-diarize"},
		{"", "https://api.openai.com/v1", "gpt-transcribe", "openai-gpt-transcribe"},
		{"", "https://api.openai.com.evil.org/v1", "gpt-transcribe", "generic"},
		{"", "http://127.0.0.1:9191/v1", "whisper-1", "generic"},
		{"parakeet", "http://127.0.0.1:9191/v1", "whisper-1", "parakeet"},
	} {
		client, err := New(Options{BaseURL: c.base, Model: c.model, Server: c.server})
		if err != nil || client.Server() != c.want {
			t.Errorf("%+v is taken for %s, %v", c, client.Server(), err)
		}
	}
}

// The setting's description names every kind of server.
func TestSettingNamesTheServers(t *testing.T) {
	for _, s := range config.Settings {
		if s.Name != config.SpeechServer {
			continue
		}
		for _, name := range Servers() {
			if !strings.Contains(s.Meaning, "`"+name+"`") {
				t.Errorf("the description of %s lacks %s", s.Name, name)
			}
		}
	}
}

func TestLanguageCode(t *testing.T) {
	for said, want := range map[string]string{
		"de": "de", "DE": "de", "de-DE": "de", "en_US": "en", "german": "de", "English": "en", "haitian creole": "ht", "jw": "jv", "yue": "",
		"": "", "klingon": "", "My name is Naomi": "", "unknown": "",
	} {
		if got := languageCode(said); got != want {
			t.Errorf("%q is %q, want %q", said, got, want)
		}
	}
}

// melody is music for those who wait: notes that fade.
func melody(d time.Duration) []int16 {
	s := samples(d)
	notes := []float64{262, 330, 392, 523, 392, 330}
	for i := range s {
		at := float64(i) / rate
		note := notes[int(at/0.4)%len(notes)]
		s[i] = int16(9000 * math.Exp(-5*math.Mod(at, 0.4)) * (math.Sin(2*math.Pi*note*at) + math.Sin(4*math.Pi*note*at)/2))
	}
	return s
}

// What recognizers really hear is in bench/README-speech.md; this is that they are
// understood.
func TestRealRecognizer(t *testing.T) {
	address := os.Getenv("SWITCHBOARD_TEST_SPEECH_URL")
	if address == "" {
		t.Skip("SWITCHBOARD_TEST_SPEECH_URL names no recognizer")
	}
	file := os.Getenv("SWITCHBOARD_TEST_SPEECH_FILE")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Skip("SWITCHBOARD_TEST_SPEECH_FILE names no recording: ", err)
	}
	c, err := New(Options{BaseURL: address, Model: "whisper-base"})
	if err != nil {
		t.Fatal(err)
	}
	got := transcribe(t, c, content)
	t.Logf("%+v\n%s", got, show(got))
	if got.Status != Transcribed || got.Language == "" {
		t.Errorf("got %+v", got)
	}
	for name, sound := range map[string][]int16{
		"silence": samples(20 * time.Second), "a tone": tone(20 * time.Second), "a melody": melody(20 * time.Second), "bursts of noise": voice(20 * time.Second),
	} {
		if heard := transcribe(t, c, wav(sound)); heard.Status != NoSpeech {
			t.Errorf("of %s it heard %s", name, show(heard))
		}
	}
}
