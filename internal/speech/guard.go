package speech

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// This file takes out what nobody said.

// Whisper itself takes a segment for silence from these on (openai/whisper,
// transcribe.py: no_speech_threshold and logprob_threshold).
const (
	doubtful   = 0.6
	improbable = -1.0
)

// drift is by how much the times of a recognizer may be off.
const drift = 500 * time.Millisecond

// invented are sentences that recognizers are known to say of silence and noise, lower
// case and without punctuation: they end the videos whose subtitles they learned from.
// Whoever really says one needs the time for it.
var invented = phrases(`
	thanks for watching|thank you for watching|thank you for watching and see you next time|thank you so much for watching|please subscribe
	|please subscribe to my channel|dont forget to like and subscribe|like and subscribe|subtitles by the amaraorg community
	|subtitles by|transcription by castingwords|see you in the next video|ill see you in the next video|ill see you next time
	|thank you|thank you very much|thank you so much|thanks|you|bye|bye bye|okay|oh|so|i
	|untertitel der amaraorg community|untertitel im auftrag des zdf für funk 2017|untertitelung im auftrag des zdf|untertitelung des zdf
	|untertitel von stephanie geiges|untertitelung aufgrund der amaraorg community|swr 2020|swr 2021|copyright wdr 2020|copyright wdr 2021
	|vielen dank fürs zuschauen|vielen dank für ihre aufmerksamkeit|danke fürs zuschauen|bis zum nächsten mal|das wars für heute
	|vielen dank|danke|tschüss|bis dann|ja|so
	|sous titres réalisés par la communauté damaraorg|sous titrage st 501|merci davoir regardé cette vidéo|merci
	|subtítulos realizados por la comunidad de amaraorg|gracias por ver el video|gracias|sottotitoli creati dalla comunità amaraorg
	|ondertitels ingediend door de amaraorg gemeenschap|ご視聴ありがとうございました|시청해주셔서 감사합니다|продолжение следует|字幕by索兰娅`)

// credits are those that are said of nothing else, whatever sounds.
var credits = []string{"amaraorg", "untertitelung des zdf", "untertitelung im auftrag", "untertitel im auftrag", "castingwords", "sous titrage st"}

func phrases(list string) map[string]bool {
	m := map[string]bool{}
	for phrase := range strings.SplitSeq(list, "|") {
		m[strings.TrimSpace(phrase)] = true
	}
	return m
}

// Speech has some 15 letters a second, and a word takes a moment.
const (
	lettersPerSecond = 25
	shortestWord     = 150 * time.Millisecond
)

// soundBetween returns how long it sounds between two times of a file. It is nil where
// that is not known.
type soundBetween func(from, to time.Duration) time.Duration

// keep reports whether somebody said a segment.
func keep(s segment, length time.Duration, sounding soundBetween) bool {
	said := plain(s.text)
	switch {
	case said == "", isNote(s.text):
		return false
	case s.noSpeech > doubtful && s.logProb < improbable:
		return false
	}
	for _, words := range credits {
		if strings.Contains(said, words) {
			return false
		}
	}
	if sounding == nil {
		return true
	}
	from, to := time.Duration(0), length
	if s.timed {
		from, to = s.start-drift, s.end+drift
	}
	sound := sounding(from, to)
	if sound <= 0 {
		return false
	}
	if !invented[said] {
		return true
	}
	needed := max(time.Duration(utf8.RuneCountInString(said))*time.Second/lettersPerSecond, shortestWord)
	return sound >= needed
}

// plain is a text in lower case, without punctuation.
func plain(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r):
			b.WriteRune(r)
		case unicode.IsSpace(r), r == '-':
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// isNote tells a remark on what is heard, such as [BLANK_AUDIO] or (music), from
// speech.
func isNote(text string) bool {
	text = strings.Trim(text, " ♪♫")
	for _, pair := range []string{"[]", "()", "**"} {
		first, last := pair[:1], pair[1:]
		rest, ok := strings.CutPrefix(text, first)
		rest, end := strings.CutSuffix(rest, last)
		if ok && end && !strings.Contains(rest, last) {
			return true
		}
	}
	return false
}

// A phrase of a few words is said twice or three times, a word more often; what a
// recognizer has fallen into comes back until its piece is full.
const (
	longestLoop  = 12 // words
	loopsPhrase  = 4
	loopsWord    = 6
	loopsLetters = 12
	longestRun   = 8 // letters
)

// once takes phrases that follow each other over and over a single time.
func once(text string) string {
	words := strings.Fields(text)
	for i, w := range words {
		words[i] = onceLetters(w)
	}
	said := make([]string, len(words))
	for i, w := range words {
		said[i] = plain(w)
	}
	var kept []string
	for i := 0; i < len(words); {
		length, times := loop(said[i:])
		if times == 0 {
			kept = append(kept, words[i])
			i++
			continue
		}
		kept = append(kept, words[i:i+length]...)
		i += length * times
	}
	return strings.Join(kept, " ")
}

// loop returns the length of the phrase that a text begins with and how often it
// follows; 0 times if that is no loop.
func loop(words []string) (length, times int) {
	for length = 1; length <= longestLoop && length <= len(words); length++ {
		times = 1
		for at := length; at+length <= len(words) && equal(words[:length], words[at:at+length]); at += length {
			times++
		}
		least := loopsPhrase
		if length <= 2 {
			least = loopsWord
		}
		if times >= least {
			return length, times
		}
	}
	return 0, 0
}

func equal(a, b []string) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// onceLetters takes letters that come back within a word, as in "hahahaha...", a single
// time. Digits are left: a long number may have the same ones.
func onceLetters(word string) string {
	runes := []rune(word)
	if len(runes) < loopsLetters || strings.ContainsFunc(word, unicode.IsDigit) {
		return word
	}
	for size := 1; size <= longestRun; size++ {
		times := 1
		for at := size; at+size <= len(runes) && string(runes[at:at+size]) == string(runes[:size]); at += size {
			times++
		}
		if times*size >= loopsLetters && times >= loopsWord {
			return string(runes[:size]) + string(runes[times*size:])
		}
	}
	return word
}

// onceSegments takes segments of one text that follow each other a single time.
func onceSegments(segments []segment) []segment {
	var kept []segment
	for i := 0; i < len(segments); {
		next := i + 1
		for next < len(segments) && plain(segments[next].text) == plain(segments[i].text) {
			next++
		}
		if next-i >= loopsPhrase {
			kept = append(kept, segments[i])
		} else {
			kept = append(kept, segments[i:next]...)
		}
		i = next
	}
	return kept
}
