package speech

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"switchboard/internal/audio"
)

// server is what differs from recognizer to recognizer, as data: whatever depends on
// who answers reads it here. It is chosen by name, or else by host and model.
//
// Where a fact comes from stands beside it; all were read on 2026-11-28, in stored
// copies of repositories and pages. What an answer holds besides its text (times,
// speakers, probabilities, the language as a code or a name) is taken where it is
// there and missed nowhere; so the table has only what has to be known before asking.
type server struct {
	// name is what SWITCHBOARD_SPEECH_SERVER calls it.
	name string
	// hosts and models tell it where no name is set: a host, or one that ends in it
	// where that begins with a dot; and how the model's name begins, any if there
	// is none.
	hosts, models []string

	// path is added to the base URL.
	path string
	// format is the response_format that says most: verbose_json has segments with
	// times, diarized_json has speakers besides, json is text alone.
	format string
	// chunking is sent as chunking_strategy; "" sends none.
	chunking string
	// languageField carries the language of the speech; "" is language.
	languageField string
	// anyLanguage is sent as the language where that is unknown; "" sends none.
	anyLanguage string
	// hears: the language in an answer is that of the speech. Others repeat what they
	// were told, or their default.
	hears bool

	// maxBytes is the largest file, longest the longest; 0 is unknown.
	maxBytes int64
	longest  time.Duration
	// formats are taken as they are, besides WAV.
	formats []audio.Format
	// parallel is the number of requests at a time that are of use.
	parallel int
}

// megabyte is what servers mean by MB.
const megabyte = 1 << 20

const protocolPath = "/audio/transcriptions"

// all are the formats of the protocol's description ("Create transcription":
// flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav, webm).
var all = []audio.Format{audio.FLAC, audio.MP3, audio.OggVorbis, audio.OggOpus, audio.MP4, audio.WebM}

var openAI = []string{"api.openai.com", ".api.openai.com"}

var servers = []server{
	{
		// API reference, "Create transcription" and "Speech to text": verbose_json for
		// whisper-1 alone; the language is a name ("english"); 25 MB. whisper-1 and the
		// gpt-4o models end on 2027-02-26.
		name: "openai-whisper", hosts: openAI, models: []string{"whisper"},
		path: protocolPath, format: "verbose_json", hears: true, maxBytes: 25 * megabyte, formats: all, parallel: 8,
	},
	{
		// The same: diarized_json, and chunking_strategy from 30 seconds on.
		name: "openai-diarize", hosts: openAI, models: []string{"gpt-4o-transcribe-diarize"},
		path: protocolPath, format: "diarized_json", chunking: "auto", maxBytes: 25 * megabyte, longest: 1500 * time.Second, formats: all, parallel: 8,
	},
	{
		// openai/openai-cookbook, migrating_from_whisper_to_gpt_transcribe: json alone;
		// languages in place of language, and not beside it; the answer has those that
		// were heard.
		name: "openai-gpt-transcribe", hosts: openAI, models: []string{"gpt-transcribe"},
		path: protocolPath, format: "json", languageField: "languages[]", hears: true, maxBytes: 25 * megabyte, longest: 1500 * time.Second, formats: all, parallel: 8,
	},
	{
		// API reference: json alone, for gpt-4o-transcribe and its mini; 1500 seconds
		// (OpenAI's developer forum, topic 1306684).
		name: "openai", hosts: openAI,
		path: protocolPath, format: "json", maxBytes: 25 * megabyte, longest: 1500 * time.Second, formats: all, parallel: 8,
	},
	{
		// speaches-ai/speaches, 870e1e1: routers/stt.py; the language is a code; no limit
		// of its own; decodes with PyAV, so that it takes everything.
		name: "speaches", path: protocolPath, format: "verbose_json", hears: true, formats: all, parallel: 4,
	},
	{
		// ggml-org/whisper.cpp, examples/server/server.cpp: /inference unless it was
		// started with --inference-path; one mutex around everything; English unless
		// language is "auto"; the language of an answer is a name; WAV, and what
		// miniaudio decodes with stb_vorbis (examples/common-whisper.cpp), the rest with
		// --convert alone.
		name: "whisper.cpp", path: "/inference", format: "verbose_json", anyLanguage: "auto", hears: true,
		formats: []audio.Format{audio.FLAC, audio.MP3, audio.OggVorbis}, parallel: 1,
	},
	{
		// achetronic/parakeet, README and internal/server/handlers.go: 25 MB; the
		// language of an answer is that of the request, or "en"; formats besides WAV
		// through ffmpeg, which its image has; four workers.
		name: "parakeet", path: protocolPath, format: "verbose_json", maxBytes: 25 * megabyte, formats: all, parallel: 4,
	},
	{
		// docs.vllm.ai, "Speech to Text APIs" (v0.22.1):
		// VLLM_MAX_AUDIO_CLIP_FILESIZE_MB is 25; verbose_json for the Whisper family.
		name: "vllm", path: protocolPath, format: "verbose_json", hears: true, maxBytes: 25 * megabyte, formats: all, parallel: 16,
	},
	{
		// localai.io, "Audio to Text", and issue 1733: uploads of 15 MB unless
		// LOCALAI_UPLOAD_LIMIT says otherwise.
		name: "localai", path: protocolPath, format: "verbose_json", hears: true, maxBytes: 15 * megabyte, formats: all, parallel: 2,
	},
	generic,
}

// generic is whoever speaks the protocol. The limit is that of its description; what
// waits in a server's queue counts against the time for its answer, so that few requests
// are sent at a time.
var generic = server{
	name: "generic", path: protocolPath, format: "verbose_json", hears: true, maxBytes: 25 * megabyte, formats: all, parallel: 2,
}

// serverOf returns the server of this name, or without one that which the base URL and
// the model tell. It reports false if there is none of the name.
func serverOf(name string, base *url.URL, model string) (server, bool) {
	if name != "" {
		i := slices.IndexFunc(servers, func(s server) bool { return s.name == name })
		if i < 0 {
			return server{}, false
		}
		return servers[i], true
	}
	// The longest beginning of a model's name that fits is the most telling.
	found, length := generic, -1
	for _, s := range servers {
		if !s.at(strings.ToLower(base.Hostname())) {
			continue
		}
		for _, m := range append([]string{""}, s.models...) {
			if m == "" && len(s.models) > 0 {
				continue
			}
			if strings.HasPrefix(model, m) && len(m) > length {
				found, length = s, len(m)
			}
		}
	}
	return found, true
}

func (s server) at(host string) bool {
	return slices.ContainsFunc(s.hosts, func(h string) bool {
		return host == h || strings.HasPrefix(h, ".") && strings.HasSuffix(host, h)
	})
}

// Servers are the names that SWITCHBOARD_SPEECH_SERVER may have.
func Servers() []string {
	var names []string
	for _, s := range servers {
		names = append(names, s.name)
	}
	return names
}
