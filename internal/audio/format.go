package audio

import "bytes"

// Format is how a recording is written down, told by its bytes: names and content
// types of recordings are often wrong.
type Format string

// The formats that are told apart. WAV and FLAC are decoded here; the others can
// only be handed on as they are.
const (
	WAV       Format = "WAV"
	FLAC      Format = "FLAC"
	MP3       Format = "MP3"
	OggVorbis Format = "Ogg Vorbis"
	OggOpus   Format = "Ogg Opus"
	MP4       Format = "M4A"
	WebM      Format = "WebM"
)

// Extension is how the name of such a file ends, with its dot. Servers that go by
// the name take it.
func (f Format) Extension() string {
	return map[Format]string{WAV: ".wav", FLAC: ".flac", MP3: ".mp3", OggVorbis: ".ogg", OggOpus: ".ogg", MP4: ".m4a", WebM: ".webm"}[f]
}

// Decoded reports whether [Open] reads the format.
func (f Format) Decoded() bool { return f == WAV || f == FLAC }

// Sniff tells the format of a recording by its content; "" if it is none of those
// that are known.
func Sniff(content []byte) Format {
	has := func(at int, magic string) bool {
		return len(content) >= at+len(magic) && string(content[at:at+len(magic)]) == magic
	}
	switch {
	case has(0, "RIFF") && has(8, "WAVE"):
		return WAV
	case has(0, "fLaC"):
		return FLAC
	case has(0, "OggS"):
		return sniffOgg(content)
	case has(4, "ftyp"):
		return MP4
	case has(0, "\x1a\x45\xdf\xa3"):
		return WebM
	case has(0, "ID3"):
		rest := content[min(tagSize(content), len(content)):]
		if len(rest) >= 4 && string(rest[:4]) == "fLaC" {
			return FLAC
		}
		return MP3
	case isMP3(content):
		return MP3
	}
	return ""
}

// tagSize is the length of an ID3v2 tag with its header; its size has seven bits a
// byte.
func tagSize(content []byte) int {
	if len(content) < 10 {
		return len(content)
	}
	size := 0
	for _, b := range content[6:10] {
		size = size<<7 | int(b&0x7f)
	}
	return 10 + size
}

// sniffOgg looks at the first packet, which follows the page's table of segments.
func sniffOgg(content []byte) Format {
	if len(content) < 28 {
		return ""
	}
	packet := content[min(27+int(content[26]), len(content)):]
	switch {
	case bytes.HasPrefix(packet, []byte("OpusHead")):
		return OggOpus
	case bytes.HasPrefix(packet, []byte("\x01vorbis")):
		return OggVorbis
	}
	return ""
}

// Bit rates of MPEG layer III in kbit/s, of version 1 and of versions 2 and 2.5, and
// sampling rates by the version's two bits.
var (
	mp3Rates    = [2][16]int{{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}, {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}}
	mp3Sampling = [4][4]int{{11025, 12000, 8000}, {}, {22050, 24000, 16000}, {44100, 48000, 32000}}
)

// isMP3 reports whether frames follow each other: two bytes alone begin many things.
func isMP3(content []byte) bool {
	size := mp3Frame(content)
	if size == 0 {
		return false
	}
	return len(content) < size+4 || mp3Frame(content[size:]) > 0
}

// mp3Frame returns the length of the frame that begins here, 0 if none does.
func mp3Frame(b []byte) int {
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe6 != 0xe2 { // sync, layer III
		return 0
	}
	version := b[1] >> 3 & 3
	older, samples := 1, 72
	if version == 3 {
		older, samples = 0, 144
	}
	rate, sampling := mp3Rates[older][b[2]>>4], mp3Sampling[version][b[2]>>2&3]
	if rate == 0 || sampling == 0 {
		return 0
	}
	return samples*rate*1000/sampling + int(b[2]>>1&1)
}
