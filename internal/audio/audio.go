// Package audio reads recordings of calls and cuts them into pieces that a speech
// recognizer takes.
//
// WAV (PCM, floating point, G.711) and FLAC are decoded, by what is in the file and
// not by its name. [Open] reads a recording once from beginning to end and keeps how
// loud each fiftieth of a second is; [Recording.Pieces] then reads it again and gives
// out the stretches in which somebody may be speaking, each channel by itself:
//
//	recording, err := audio.Open(content)
//	for piece, err := range recording.Pieces(audio.Cuts{Pause: time.Second, Longest: time.Minute}) {
//		send(piece.WAV(), piece.Start())
//	}
//
// So there is never more decoded sound in memory than the pieces that are under way,
// however long the recording is and however well it was compressed.
//
// Other formats are recognized by [Sniff] and not decoded.
package audio

import (
	"bytes"
	"errors"
	"io"
	"time"

	"switchboard/internal/problem"
)

// Bounds of a recording.
const (
	// MaxDuration is longer than calls are. A file that decodes to more of it is
	// refused: a few kilobytes of FLAC can hold days.
	MaxDuration = 4 * time.Hour

	minRate, maxRate = 8000, 48000
	maxChannels      = 2
)

// blockFrames is how much of WAV is decoded at a time.
const blockFrames = 4096

// ErrNotDecoded is returned by [Open] for a format that can only be handed on as it is,
// FLAC with 24,000 samples a second among them.
var ErrNotDecoded = problem.Input("the recording is neither WAV nor FLAC, or FLAC at 24 kHz; convert it to WAV")

var (
	errTooLong = problem.Input("the recording is longer than %.0f hours, which no call is", MaxDuration.Hours())
	errEmpty   = problem.Input("the recording holds no sound; it may have been cut off while it was written")
)

// source decodes a format.
type source interface {
	// next appends the frames that come next to the channels of an empty block. At
	// the end it returns io.EOF.
	next(block [][]int16) ([][]int16, error)
	// cut reports, at the end, that the file ended before it should.
	cut() bool
}

// header is what a file says of itself.
type header struct {
	rate     int64 // frames a second
	channels int
}

func (h header) maxFrames() int64 { return int64(MaxDuration.Seconds()) * h.rate }

func (h header) check() error {
	switch {
	case h.rate < minRate || h.rate > maxRate:
		return problem.Input("the recording has %d samples a second; convert it to between %d and %d", h.rate, minRate, maxRate)
	case h.channels < 1 || h.channels > maxChannels:
		return problem.Input("the recording has %d channels; give one with one channel, or with one for each side", h.channels)
	}
	return nil
}

// decoder reads a recording block by block.
type decoder struct {
	header
	source source
	block  [][]int16
	frames int64 // given out so far
}

func newDecoder(content []byte) (*decoder, error) {
	r := bytes.NewReader(content)
	d := &decoder{}
	var err error
	switch Sniff(content) {
	case WAV:
		d.source, d.header, err = openWAV(r)
	case FLAC:
		d.source, d.header, err = openFLAC(r)
	default:
		err = ErrNotDecoded
	}
	if err != nil {
		return nil, err
	}
	d.block = make([][]int16, d.channels)
	return d, nil
}

// next returns the frames that come next, a slice for each channel, which are valid
// until it is called again. At the end it returns io.EOF.
func (d *decoder) next() ([][]int16, error) {
	for c := range d.block {
		d.block[c] = d.block[c][:0]
	}
	block, err := d.source.next(d.block)
	if err != nil {
		return nil, err
	}
	d.block = block
	d.frames += int64(len(block[0]))
	if d.frames > d.maxFrames() {
		return nil, errTooLong
	}
	return block, nil
}

// Recording is one that was read once and can be cut.
type Recording struct {
	content  []byte
	header   header
	format   Format
	frames   int64
	cut      bool
	channels []profile
}

// Open reads a recording from beginning to end. It keeps the content, which must not
// change. What is not WAV or FLAC, cannot be decoded or is longer than [MaxDuration] is
// a problem of kind BadInput; a file that was cut off after some sound is not.
func Open(content []byte) (*Recording, error) {
	d, err := newDecoder(content)
	if err != nil {
		return nil, err
	}
	r := &Recording{content: content, header: d.header, format: Sniff(content)}
	meters := make([]meter, d.channels)
	for c := range meters {
		meters[c].size = int(d.rate) / windowsPerSecond
	}
	var alike likeness
	for {
		block, err := d.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for c := range meters {
			meters[c].add(block[c])
		}
		alike.add(block)
	}
	if d.frames == 0 {
		return nil, errEmpty
	}
	r.frames, r.cut = d.frames, d.source.cut()
	if alike.same() {
		meters = meters[:1]
	}
	for c := range meters {
		r.channels = append(r.channels, meters[c].profile())
	}
	return r, nil
}

// Format is how the recording is written down.
func (r *Recording) Format() Format { return r.format }

// Rate is the number of samples a second.
func (r *Recording) Rate() int64 { return r.header.rate }

// Sides is the number of channels that differ: 2 where each side has a channel of its
// own, and 1 where both are in one, be it that the file has it twice.
func (r *Recording) Sides() int { return len(r.channels) }

// Duration is how long the recording is.
func (r *Recording) Duration() time.Duration { return r.header.duration(r.frames) }

// Cut reports that the file ends before its header says, or is damaged on the way.
// What comes before is there.
func (r *Recording) Cut() bool { return r.cut }

func (h header) duration(frames int64) time.Duration {
	return time.Duration(frames) * time.Second / time.Duration(h.rate)
}
