package audio

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"
)

// This file makes sounds and the files that hold them.

// silence is a quiet line.
func silence(rate int, d time.Duration) []int16 { return make([]int16, frames(rate, d)) }

func frames(rate int, d time.Duration) int { return int(int64(rate) * int64(d) / int64(time.Second)) }

// voice is noise that rises and falls like syllables do, four a second.
func voice(rate int, d time.Duration) []int16 {
	random := rand.New(rand.NewPCG(1, 2))
	samples := silence(rate, d)
	for i := range samples {
		syllable := math.Pow(math.Sin(math.Pi*4*float64(i)/float64(rate)), 2)
		samples[i] = int16((random.Float64()*2 - 1) * 12000 * syllable)
	}
	return samples
}

// tone is a dial tone.
func tone(rate int, d time.Duration) []int16 {
	samples := silence(rate, d)
	for i := range samples {
		samples[i] = int16(8000 * math.Sin(2*math.Pi*425*float64(i)/float64(rate)))
	}
	return samples
}

// noise is that of a bad line, so many decibels below the loudest.
func noise(rate int, d time.Duration, level float64) []int16 {
	random := rand.New(rand.NewPCG(3, 4))
	samples := silence(rate, d)
	for i := range samples {
		samples[i] = int16(random.NormFloat64() * math.MaxInt16 * math.Pow(10, level/20))
	}
	return samples
}

func concat(parts ...[]int16) (all []int16) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// wav is a file of 16-bit PCM; the channels are of one length.
func wav(rate int, channels ...[]int16) []byte {
	var data []byte
	for i := range channels[0] {
		for _, c := range channels {
			data = binary.LittleEndian.AppendUint16(data, uint16(c[i]))
		}
	}
	return riff(format(tagPCM, len(channels), rate, 16), data)
}

// format is a format chunk's content.
func format(tag, channels, rate, bits int) []byte {
	width := channels * bits / 8
	b := binary.LittleEndian.AppendUint16(nil, uint16(tag))
	b = binary.LittleEndian.AppendUint16(b, uint16(channels))
	b = binary.LittleEndian.AppendUint32(b, uint32(rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(rate*width))
	b = binary.LittleEndian.AppendUint16(b, uint16(width))
	return binary.LittleEndian.AppendUint16(b, uint16(bits))
}

// extensible is one whose encoding stands at its end.
func extensible(tag, channels, rate, bits int) []byte {
	b := format(tagExtensible, channels, rate, bits)
	b = binary.LittleEndian.AppendUint16(b, 22)
	b = binary.LittleEndian.AppendUint16(b, uint16(bits))
	b = binary.LittleEndian.AppendUint32(b, 3)
	b = binary.LittleEndian.AppendUint16(b, uint16(tag))
	return append(b, subformat...)
}

func chunk(id string, content []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(content)))
	b = append(b, content...)
	if len(content)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

func riff(format, data []byte, before ...[]byte) []byte {
	body := append([]byte("WAVE"), bytes.Join(before, nil)...)
	body = append(append(body, chunk("fmt ", format)...), chunk("data", data)...)
	return chunk("RIFF", body)
}

// flacOf is a FLAC file, uncompressed but for silence.
func flacOf(t testing.TB, rate, bits int, channels ...[]int16) []byte {
	t.Helper()
	info := &meta.StreamInfo{
		BlockSizeMin: 16, BlockSizeMax: 4096, SampleRate: uint32(rate), NChannels: uint8(len(channels)),
		BitsPerSample: uint8(bits), NSamples: uint64(len(channels[0])),
	}
	return encodeFLAC(t, info, func(write func(samples int, sub ...*frame.Subframe)) {
		for at := 0; at < len(channels[0]); at += 4096 {
			n := min(4096, len(channels[0])-at)
			var subs []*frame.Subframe
			for _, c := range channels {
				sub := &frame.Subframe{SubHeader: frame.SubHeader{Pred: frame.PredVerbatim}, NSamples: n}
				for _, s := range c[at : at+n] {
					wide := int32(s) << (max(bits, 16) - 16)
					if bits < 16 {
						wide = int32(s) >> (16 - bits)
					}
					sub.Samples = append(sub.Samples, wide)
				}
				subs = append(subs, sub)
			}
			write(n, subs...)
		}
	})
}

func encodeFLAC(t testing.TB, info *meta.StreamInfo, frames func(write func(int, ...*frame.Subframe))) []byte {
	t.Helper()
	var b bytes.Buffer
	e, err := flac.NewEncoder(&b, info)
	if err != nil {
		t.Fatal(err)
	}
	layout := frame.ChannelsMono
	if info.NChannels == 2 {
		layout = frame.ChannelsLR
	}
	n := uint64(0)
	frames(func(samples int, subs ...*frame.Subframe) {
		f := &frame.Frame{Header: frame.Header{
			HasFixedBlockSize: false, BlockSize: uint16(samples), SampleRate: info.SampleRate, Channels: layout, BitsPerSample: info.BitsPerSample, Num: n,
		}, Subframes: subs}
		if err := e.WriteFrame(f); err != nil {
			t.Fatal(err)
		}
		n += uint64(samples)
	})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
