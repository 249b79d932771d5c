package audio

import (
	"errors"
	"io"

	"github.com/mewkiz/flac"

	"switchboard/internal/problem"
)

var errNoFLAC = problem.Input("the recording begins as a FLAC file and cannot be decoded; encode it again")

// noisyRate is the one at which the library writes a line to the log for every frame.
const noisyRate = 24000

type flacSource struct {
	stream   *flac.Stream
	bits     uint8
	channels int
	rate     int64
	expected uint64 // frames that the header promises; 0: it does not say
	read     uint64
	short    bool
}

func openFLAC(r io.Reader) (source, header, error) {
	stream, err := flac.New(r)
	if err != nil {
		return nil, header{}, errNoFLAC
	}
	info := stream.Info
	h := header{rate: int64(info.SampleRate), channels: int(info.NChannels)}
	if h.rate == noisyRate {
		return nil, header{}, ErrNotDecoded
	}
	if err := h.check(); err != nil {
		return nil, header{}, err
	}
	if info.NSamples > uint64(h.maxFrames()) {
		return nil, header{}, errTooLong
	}
	return &flacSource{stream: stream, bits: info.BitsPerSample, channels: h.channels, rate: h.rate, expected: info.NSamples}, h, nil
}

// next decodes a frame. What is damaged after sound has been read ends the recording
// as one that was cut off does.
func (s *flacSource) next(block [][]int16) ([][]int16, error) {
	f, err := s.stream.ParseNext()
	if errors.Is(err, io.EOF) {
		s.short = s.short || s.read < s.expected
		return nil, io.EOF
	}
	if err != nil || len(f.Subframes) != s.channels || f.SampleRate != 0 && int64(f.SampleRate) != s.rate {
		if s.read == 0 {
			return nil, errNoFLAC
		}
		s.short = true
		return nil, io.EOF
	}
	bits := s.bits
	if f.BitsPerSample != 0 {
		bits = f.BitsPerSample
	}
	for c, sub := range f.Subframes {
		for _, sample := range sub.Samples {
			block[c] = append(block[c], narrow(sample, bits))
		}
	}
	s.read += uint64(len(f.Subframes[0].Samples))
	return block, nil
}

func (s *flacSource) cut() bool { return s.short }

// narrow makes 16 bits of a sample of 4 to 32.
func narrow(sample int32, bits uint8) int16 {
	if bits > 16 {
		return int16(sample >> (bits - 16))
	}
	return int16(sample << (16 - bits))
}
