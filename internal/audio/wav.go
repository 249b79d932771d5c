package audio

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"

	"switchboard/internal/problem"
)

// WAV is read here and not by go-audio/wav: that library has no G.711, no floating
// point and no WAVE_FORMAT_EXTENSIBLE, takes what a short read leaves in its buffer
// for a sample, and cannot tell a file that was cut off.

// Encodings of WAV, by their tags in mmreg.h.
const (
	tagPCM        = 0x0001
	tagFloat      = 0x0003
	tagALaw       = 0x0006
	tagMuLaw      = 0x0007
	tagExtensible = 0xfffe
)

// otherEncodings are those that telephone systems write besides, by their tags.
var otherEncodings = map[uint16]string{
	0x0002: "Microsoft ADPCM", 0x0011: "IMA ADPCM", 0x0031: "GSM 6.10", 0x0040: "G.721 ADPCM", 0x0045: "G.726 ADPCM", 0x0050: "MPEG", 0x0055: "MP3", 0x0083: "G.729",
}

// subformat is what follows the tag in the GUID of an extensible format.
var subformat = []byte{0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71}

// streamed are the sizes that a recorder writes which does not know the size yet.
var streamed = []uint32{0, 0x7fffffff, 0x80000000, 0xffffffff, 0xffffffff - 36, 0x7fffffff - 36}

// maxFormatChunk is more than any format chunk needs; what is beyond is skipped.
const maxFormatChunk = 40

type wavSource struct {
	r        io.Reader
	channels int
	width    int // bytes a sample
	decode   func(b []byte) int16
	left     int64 // bytes of data to come; negative: until the end
	short    bool
	buffer   []byte
}

var errNoWAV = problem.Input("the recording begins as a WAV file and has no usable header; convert it to 16-bit PCM or G.711")

// openWAV reads up to the first sample.
func openWAV(r io.Reader) (source, header, error) {
	var riff [12]byte
	if _, err := io.ReadFull(r, riff[:]); err != nil {
		return nil, header{}, errNoWAV
	}
	var s *wavSource
	var h header
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(r, chunk[:]); err != nil {
			return nil, header{}, errNoWAV
		}
		size := binary.LittleEndian.Uint32(chunk[4:])
		switch string(chunk[:4]) {
		case "fmt ":
			var err error
			if s, h, err = readFormat(r, size); err != nil {
				return nil, header{}, err
			}
		case "data":
			if s == nil {
				return nil, header{}, errNoWAV
			}
			s.left = int64(size)
			if slices.Contains(streamed, size) {
				s.left = -1
			}
			return s, h, nil
		default:
			if err := skip(r, int64(size)+int64(size&1)); err != nil {
				return nil, header{}, errNoWAV
			}
		}
	}
}

func skip(r io.Reader, n int64) error {
	_, err := io.CopyN(io.Discard, r, n)
	return err
}

// readFormat reads the format chunk.
func readFormat(r io.Reader, size uint32) (*wavSource, header, error) {
	var b [maxFormatChunk]byte
	if size < 16 {
		return nil, header{}, errNoWAV
	}
	n := min(int64(size), maxFormatChunk)
	if _, err := io.ReadFull(r, b[:n]); err != nil {
		return nil, header{}, errNoWAV
	}
	if err := skip(r, int64(size)+int64(size&1)-n); err != nil {
		return nil, header{}, errNoWAV
	}
	tag := binary.LittleEndian.Uint16(b[:])
	if tag == tagExtensible && n == maxFormatChunk && string(b[26:40]) == string(subformat) {
		tag = binary.LittleEndian.Uint16(b[24:])
	}
	h := header{rate: int64(binary.LittleEndian.Uint32(b[4:])), channels: int(binary.LittleEndian.Uint16(b[2:]))}
	s := &wavSource{r: r, channels: h.channels}
	bits := binary.LittleEndian.Uint16(b[14:])
	s.width, s.decode = sampleOf(tag, bits)
	if s.decode == nil {
		return nil, header{}, problem.Input("the recording is a WAV file in an encoding that is not read (%s, %d bits); convert it to 16-bit PCM or G.711", encodingName(tag), bits)
	}
	if err := h.check(); err != nil {
		return nil, header{}, err
	}
	if align := int(binary.LittleEndian.Uint16(b[12:])); align != s.width*s.channels {
		return nil, header{}, errNoWAV
	}
	return s, h, nil
}

func encodingName(tag uint16) string {
	if name := otherEncodings[tag]; name != "" {
		return name
	}
	if tag == tagPCM || tag == tagFloat || tag == tagALaw || tag == tagMuLaw {
		return map[uint16]string{tagPCM: "PCM", tagFloat: "floating point", tagALaw: "A-law", tagMuLaw: "µ-law"}[tag]
	}
	return "an unknown one"
}

// sampleOf returns the bytes of a sample and how it is decoded; nil if it is not.
func sampleOf(tag, bits uint16) (int, func([]byte) int16) {
	switch {
	case tag == tagPCM && bits == 8: // unsigned, the others are signed
		return 1, func(b []byte) int16 { return (int16(b[0]) - 128) << 8 }
	case tag == tagPCM && bits == 16:
		return 2, func(b []byte) int16 { return int16(binary.LittleEndian.Uint16(b)) }
	case tag == tagPCM && bits == 24:
		return 3, func(b []byte) int16 { return int16(binary.LittleEndian.Uint16(b[1:])) }
	case tag == tagPCM && bits == 32:
		return 4, func(b []byte) int16 { return int16(binary.LittleEndian.Uint16(b[2:])) }
	case tag == tagFloat && bits == 32:
		return 4, func(b []byte) int16 { return fromFloat(math.Float32frombits(binary.LittleEndian.Uint32(b))) }
	case tag == tagMuLaw && bits == 8:
		return 1, func(b []byte) int16 { return muLaw[b[0]] }
	case tag == tagALaw && bits == 8:
		return 1, func(b []byte) int16 { return aLaw[b[0]] }
	}
	return 0, nil
}

// fromFloat takes 1 for the loudest; what is no number is silent.
func fromFloat(x float32) int16 {
	if x != x {
		return 0
	}
	return int16(max(min(math.Round(float64(x)*math.MaxInt16), math.MaxInt16), math.MinInt16))
}

func (s *wavSource) next(block [][]int16) ([][]int16, error) {
	frame := s.width * s.channels
	want := int64(blockFrames * frame)
	if s.left >= 0 {
		want = min(want, s.left)
	}
	if s.buffer == nil {
		s.buffer = make([]byte, blockFrames*frame)
	}
	n, err := io.ReadFull(s.r, s.buffer[:want])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	s.short = s.short || int64(n) < want && s.left >= 0 || n%frame != 0
	if s.left >= 0 {
		s.left -= int64(n)
	}
	if n < frame {
		return nil, io.EOF
	}
	for at := 0; at+frame <= n; at += frame {
		for c := range s.channels {
			block[c] = append(block[c], s.decode(s.buffer[at+c*s.width:]))
		}
	}
	return block, nil
}

func (s *wavSource) cut() bool { return s.short }

// encodeWAV writes one channel as 16-bit PCM.
func encodeWAV(samples []int16, rate int64) []byte {
	size := 2 * len(samples)
	b := make([]byte, 0, wavHeader+size)
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(wavHeader-8+size))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, tagPCM)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*rate))
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}

// wavHeader is the length of what encodeWAV writes before the samples.
const wavHeader = 44
