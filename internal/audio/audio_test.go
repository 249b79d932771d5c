package audio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	"switchboard/internal/problem"
)

// decodeAll returns all samples of each channel.
func decodeAll(t testing.TB, content []byte) [][]int16 {
	t.Helper()
	d, err := newDecoder(content)
	if err != nil {
		t.Fatal(err)
	}
	all := make([][]int16, d.channels)
	for {
		block, err := d.next()
		if err != nil {
			return all
		}
		for c := range block {
			all[c] = append(all[c], block[c]...)
		}
	}
}

func TestG711IsThatOfTheTable(t *testing.T) {
	table, err := os.ReadFile("testdata/g711.txt")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for line := range strings.Lines(string(table)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var b byte
		var mu, a int16
		if _, err := fmt.Sscanf(line, "%x %d %d", &b, &mu, &a); err != nil {
			t.Fatal(err)
		}
		if muLaw[b] != mu || aLaw[b] != a {
			t.Errorf("%02x is %d and %d, want %d and %d", b, muLaw[b], aLaw[b], mu, a)
		}
		read++
	}
	if read != 256 {
		t.Errorf("the table has %d bytes", read)
	}
}

func TestSniffGoesByTheContent(t *testing.T) {
	// A frame of MPEG-1 layer III with 128 kbit/s and 44,100 samples a second has 417 bytes.
	mp3 := append([]byte{0xff, 0xfb, 0x90, 0x00}, make([]byte, 413)...)
	page := func(packet string) []byte {
		return append(append([]byte("OggS\x00\x02"), make([]byte, 20)...), append([]byte{1, byte(len(packet))}, packet...)...)
	}
	for name, c := range map[string]struct {
		content []byte
		want    Format
	}{
		"wav":                       {wav(8000, silence(8000, time.Second)), WAV},
		"flac":                      {flacOf(t, 8000, 16, silence(8000, time.Second)), FLAC},
		"flac behind a tag":         {append([]byte("ID3\x03\x00\x00\x00\x00\x00\x02ab"), flacOf(t, 8000, 16, silence(8000, time.Second))...), FLAC},
		"mp3":                       {slices.Concat(mp3, mp3), MP3},
		"mp3 behind a tag":          {append([]byte("ID3\x03\x00\x00\x00\x00\x00\x02ab"), mp3...), MP3},
		"a tag and nothing else":    {[]byte("ID3\x03"), MP3},
		"bytes like one mp3 frame":  {append(slices.Clone(mp3), "no second frame"...), ""},
		"aac":                       {[]byte{0xff, 0xf1, 0x50, 0x80, 0, 0, 0, 0}, ""},
		"ogg with opus":             {page("OpusHead\x01"), OggOpus},
		"ogg with vorbis":           {page("\x01vorbis"), OggVorbis},
		"ogg with speex":            {page("Speex   1.2"), ""},
		"ogg that is cut":           {[]byte("OggS\x00"), ""},
		"m4a":                       {[]byte("\x00\x00\x00\x20ftypM4A "), MP4},
		"webm":                      {[]byte("\x1a\x45\xdf\xa3\x01"), WebM},
		"avi, which is a riff, too": {[]byte("RIFF\x00\x00\x00\x00AVI LIST"), ""},
		"a page of a web site":      {[]byte("<!doctype html><title>Sign in</title>"), ""},
		"nothing":                   {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Sniff(c.content); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestEncodingsOfWAV(t *testing.T) {
	le := func(values ...any) []byte {
		var b bytes.Buffer
		for _, v := range values {
			if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
				t.Fatal(err)
			}
		}
		return b.Bytes()
	}
	for name, c := range map[string]struct {
		content []byte
		want    [][]int16
	}{
		"8 bits are unsigned":          {riff(format(tagPCM, 1, 8000, 8), []byte{0, 128, 255}), [][]int16{{-32768, 0, 32512}}},
		"16 bits":                      {riff(format(tagPCM, 1, 16000, 16), le(int16(-2), int16(300))), [][]int16{{-2, 300}}},
		"16 bits in stereo":            {riff(format(tagPCM, 2, 44100, 16), le(int16(1), int16(-1), int16(2), int16(-2))), [][]int16{{1, 2}, {-1, -2}}},
		"24 bits":                      {riff(format(tagPCM, 1, 48000, 24), []byte{0xff, 0x01, 0x80, 0x00, 0x34, 0x12}), [][]int16{{-32767, 0x1234}}},
		"32 bits":                      {riff(format(tagPCM, 1, 48000, 32), le(int32(-1<<31), int32(0x12345678))), [][]int16{{-32768, 0x1234}}},
		"floating point":               {riff(format(tagFloat, 1, 48000, 32), le(float32(-1), float32(0.5), float32(7), float32(math.NaN()), float32(math.Inf(-1)))), [][]int16{{-32767, 16384, 32767, 0, -32768}}},
		"µ-law":                        {riff(format(tagMuLaw, 1, 8000, 8), []byte{0x00, 0xff, 0x80}), [][]int16{{-32124, 0, 32124}}},
		"A-law in stereo":              {riff(format(tagALaw, 2, 8000, 8), []byte{0x55, 0xd5, 0x2a, 0xaa}), [][]int16{{-8, -32256}, {8, 32256}}},
		"extensible PCM":               {riff(extensible(tagPCM, 2, 8000, 16), le(int16(1), int16(2))), [][]int16{{1}, {2}}},
		"extensible A-law":             {riff(extensible(tagALaw, 1, 8000, 8), []byte{0x55}), [][]int16{{-8}}},
		"chunks of odd length between": {riff(format(tagPCM, 1, 8000, 16), le(int16(7)), chunk("LIST", []byte("abc")), chunk("JUNK", nil)), [][]int16{{7}}},
		"more after the data":          {append(riff(format(tagPCM, 1, 8000, 16), le(int16(7))), chunk("LIST", make([]byte, 99))...), [][]int16{{7}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := decodeAll(t, c.content)
			if !slices.EqualFunc(got, c.want, slices.Equal) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestFLACIsDecoded(t *testing.T) {
	left, right := voice(8000, 3*time.Second), tone(8000, 3*time.Second)
	for name, c := range map[string]struct {
		content []byte
		want    [][]int16
	}{
		"one channel":     {flacOf(t, 8000, 16, left), [][]int16{left}},
		"two channels":    {flacOf(t, 16000, 16, left, right), [][]int16{left, right}},
		"24 bits":         {flacOf(t, 48000, 24, left), [][]int16{left}},
		"behind a ID3":    {append([]byte("ID3\x03\x00\x00\x00\x00\x00\x02ab"), flacOf(t, 8000, 16, left)...), [][]int16{left}},
		"8 bits, coarser": {flacOf(t, 8000, 8, []int16{0x1200, -0x1200}), [][]int16{{0x1200, -0x1200}}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := decodeAll(t, c.content); !slices.EqualFunc(got, c.want, slices.Equal) {
				t.Error("the samples are others")
			}
		})
	}
}

// What was cut off while it was written or sent is used as far as it goes.
func TestCutRecordings(t *testing.T) {
	sound := voice(8000, 10*time.Second)
	whole, half := wav(8000, sound, sound), wav(8000, sound)
	unknown := slices.Clone(half)
	binary.LittleEndian.PutUint32(unknown[40:], 0xffffffff)
	empty := slices.Clone(half)
	binary.LittleEndian.PutUint32(empty[40:], 0)
	packed := flacOf(t, 8000, 16, sound)
	damaged := slices.Clone(packed)
	damaged[len(damaged)/2] ^= 0xff
	for name, c := range map[string]struct {
		content []byte
		cut     bool
		atLeast time.Duration
	}{
		"a whole WAV":                          {whole, false, 10 * time.Second},
		"a whole FLAC":                         {packed, false, 10 * time.Second},
		"half a WAV":                           {half[:len(half)/2], true, 4900 * time.Millisecond},
		"half a sample":                        {half[:len(half)-1], true, 9900 * time.Millisecond},
		"half a frame of stereo":               {whole[:len(whole)-2], true, 9900 * time.Millisecond},
		"half a FLAC":                          {packed[:len(packed)/2], true, 4 * time.Second},
		"a FLAC that is damaged in the middle": {damaged, true, 4 * time.Second},
		"a WAV whose recorder knew no size":    {unknown, false, 10 * time.Second},
		"one that ends in a sample":            {unknown[:len(unknown)-1], true, 9900 * time.Millisecond},
		"a WAV whose recorder left the size":   {empty, false, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Open(c.content)
			if err != nil {
				t.Fatal(err)
			}
			if r.Cut() != c.cut || r.Duration() < c.atLeast || r.Duration() > 10*time.Second {
				t.Errorf("cut is %v, and there are %s", r.Cut(), r.Duration())
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	pcm := make([]byte, 400)
	badAlign := format(tagPCM, 1, 8000, 16)
	badAlign[12] = 4
	endless := wav(8000, silence(8000, time.Second))
	noData := riff(format(tagPCM, 1, 8000, 16), nil)
	for name, c := range map[string]struct {
		content []byte
		says    string
	}{
		"text":                       {[]byte("Naomi was here"), "neither WAV nor FLAC"},
		"MP3":                        {append([]byte{0xff, 0xfb, 0x90, 0x00}, make([]byte, 100)...), "neither WAV nor FLAC"},
		"nothing":                    {nil, "neither WAV nor FLAC"},
		"a WAV of a header alone":    {endless[:20], "no usable header"},
		"a WAV without data":         {noData, "holds no sound"},
		"data before the format":     {chunk("RIFF", append([]byte("WAVE"), chunk("data", pcm)...)), "no usable header"},
		"a chunk longer than it all": {append([]byte("RIFF\x00\x00\x00\x00WAVELIST"), 0xff, 0xff, 0xff, 0x7f), "no usable header"},
		"a short format":             {chunk("RIFF", append([]byte("WAVE"), chunk("fmt ", make([]byte, 8))...)), "no usable header"},
		"no channel":                 {riff(format(tagPCM, 0, 8000, 16), pcm), "0 channels"},
		"six channels":               {riff(format(tagPCM, 6, 8000, 16), pcm), "6 channels"},
		"a rate of nothing":          {riff(format(tagPCM, 1, 0, 16), pcm), "0 samples a second"},
		"a rate of a radio":          {riff(format(tagPCM, 1, 192000, 16), pcm), "192000 samples a second"},
		"another alignment":          {riff(badAlign, pcm), "no usable header"},
		"GSM":                        {riff(format(0x31, 1, 8000, 0), pcm), "GSM 6.10, 0 bits"},
		"12 bits":                    {riff(format(tagPCM, 1, 8000, 12), pcm), "PCM, 12 bits"},
		"an encoding of its own":     {riff(format(0x1234, 1, 8000, 16), pcm), "an unknown one"},
		"no FLAC behind its mark":    {append([]byte("fLaC"), pcm...), "cannot be decoded"},
		"FLAC without a frame":       {flacOf(t, 8000, 16, voice(8000, time.Second))[:45], "cannot be decoded"},
		"FLAC with 96 kHz":           {flacOf(t, 96000, 16, silence(8000, time.Second)), "96000 samples a second"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(c.content)
			if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "Naomi") {
				t.Errorf("%v quotes the file", err)
			}
		})
	}
}

// The library writes a line to the log for each frame of FLAC at 24 kHz.
func TestFLACAt24kHzIsNotDecoded(t *testing.T) {
	if _, err := Open(flacOf(t, 24000, 16, voice(24000, time.Second))); !errors.Is(err, ErrNotDecoded) {
		t.Errorf("got %v", err)
	}
}

// bomb is a FLAC file of silence that decodes to so much.
func bomb(t testing.TB, d time.Duration, promised uint64) []byte {
	const block = 65535
	info := &meta.StreamInfo{BlockSizeMin: 16, BlockSizeMax: block, SampleRate: 8000, NChannels: 1, BitsPerSample: 16, NSamples: promised}
	return encodeFLAC(t, info, func(write func(int, ...*frame.Subframe)) {
		constant := func() *frame.Subframe {
			return &frame.Subframe{SubHeader: frame.SubHeader{Pred: frame.PredConstant}, Samples: make([]int32, block), NSamples: block}
		}
		for at := 0; at < frames(8000, d); at += block {
			write(block, constant())
		}
	})
}

func TestFLACBombIsRefused(t *testing.T) {
	for name, content := range map[string][]byte{
		"that says how much it is": bomb(t, 10*time.Second, 1<<35),
		"that does not":            bomb(t, MaxDuration+time.Minute, 0),
	} {
		t.Run(name, func(t *testing.T) {
			if len(content) > 100_000 {
				t.Fatalf("the bomb has %d bytes", len(content))
			}
			before := heap()
			_, err := Open(content)
			if kind, _ := problem.KindOf(err); kind != problem.BadInput || !strings.Contains(err.Error(), "longer than 4 hours") {
				t.Errorf("got %v", err)
			}
			if grown := heap() - before; grown > 8<<20 {
				t.Errorf("%d bytes stay in memory", grown)
			}
		})
	}
}

func FuzzOpen(f *testing.F) {
	for _, seed := range [][]byte{
		wav(8000, voice(8000, 100*time.Millisecond)), riff(extensible(tagMuLaw, 2, 8000, 8), make([]byte, 100)),
		riff(format(tagFloat, 1, 16000, 32), make([]byte, 100)), flacOf(f, 8000, 16, voice(8000, 50*time.Millisecond)), flacOf(f, 16000, 24, tone(8000, 20*time.Millisecond), silence(8000, 20*time.Millisecond)),
		[]byte("RIFF\x00\x00\x00\x00WAVEfmt "), []byte("fLaC"), []byte("ID3\x03\x00\x00\x7f\x7f\x7f\x7f"),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		r, err := Open(content)
		if err != nil {
			if kind, _ := problem.KindOf(err); kind != problem.BadInput {
				t.Fatalf("got %v", err)
			}
			return
		}
		if r.Duration() <= 0 && r.frames <= 0 || r.Duration() > MaxDuration || r.Sides() < 1 || r.Sides() > 2 {
			t.Errorf("took %s with %d sides", r.Duration(), r.Sides())
		}
		checkPieces(t, content, Cuts{Pause: time.Second, Longest: 2 * time.Second})
	})
}
