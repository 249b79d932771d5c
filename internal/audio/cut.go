package audio

import (
	"errors"
	"io"
	"iter"
	"time"

	"switchboard/internal/problem"
)

// Cuts says where a recording is cut.
type Cuts struct {
	// Pause is how long a silence is that ends a piece.
	Pause time.Duration
	// Longest is how long a piece may be. One that has no such silence is cut where it
	// is quietest.
	Longest time.Duration
	// MaxBytes is how large a piece may be as [Piece.WAV] writes it; 0 is any size.
	MaxBytes int64
}

// Validate returns a problem if nothing can be cut in that way.
func (c Cuts) Validate() error {
	if c.Pause <= 0 || c.Longest < minPiece || c.MaxBytes != 0 && c.MaxBytes < minPieceBytes {
		return problem.Input("a recording cannot be cut at pauses of %s into pieces of at most %s and %d bytes", c.Pause, c.Longest, c.MaxBytes)
	}
	return nil
}

// The least of a piece's bounds: a second of sound at any rate.
const (
	minPiece      = time.Second
	minPieceBytes = wavHeader + 2*maxRate
)

// margin is left before and after what sounds: consonants are quieter than vowels.
const margin = 300 * time.Millisecond

// Piece is a stretch of one channel in which somebody may be speaking.
type Piece struct {
	// Channel is 0 for the left or only one, 1 for the right.
	Channel int
	header  header
	span    span
	first   int64 // frame
	samples []int16
	profile profile
}

// Start is the time between the recording's beginning and the piece's.
func (p *Piece) Start() time.Duration { return p.header.duration(p.first) }

// Duration is how long the piece is.
func (p *Piece) Duration() time.Duration { return p.header.duration(int64(len(p.samples))) }

// Samples are the piece's own; they must not be changed.
func (p *Piece) Samples() []int16 { return p.samples }

// WAV returns the piece as a WAV file with one channel of 16-bit PCM.
func (p *Piece) WAV() []byte { return encodeWAV(p.samples, p.header.rate) }

// Sounding returns how much of the time between two points of the piece is louder than
// the line's noise.
func (p *Piece) Sounding(from, to time.Duration) time.Duration {
	first := p.span.from + int(max(from, 0)/window)
	last := min(p.span.from+int((max(to, 0)+window-1)/window), p.span.to)
	heard := 0
	for w := first; w < last; w++ {
		if p.profile.sounds(w) {
			heard++
		}
	}
	return time.Duration(heard) * window
}

// span is a stretch of windows, the last one exclusive.
type span struct {
	from, to int
	speech   bool
}

// plan divides the windows of a channel into spans that follow each other without a
// gap.
func (p profile) plan(pause, longest int) []span {
	pad := int(margin / window)
	pad = min(pad, pause/2)
	var heard []span
	for w := range p.levels {
		if !p.sounds(w) {
			continue
		}
		if last := len(heard) - 1; last >= 0 && w-heard[last].to < pause {
			heard[last].to = w + 1
			continue
		}
		heard = append(heard, span{from: w, to: w + 1, speech: true})
	}
	var all []span
	end := 0
	for _, s := range heard {
		if !p.speaks(s.from, s.to) {
			continue
		}
		s.from, s.to = max(s.from-pad, end), min(s.to+pad, len(p.levels))
		if s.from > end {
			all = append(all, span{from: end, to: s.from})
		}
		all = append(all, p.split(s, longest)...)
		end = s.to
	}
	if end < len(p.levels) {
		all = append(all, span{from: end, to: len(p.levels)})
	}
	return all
}

// split cuts a span where it is quietest in the last third of what fits, and in the
// middle third where two pieces are enough: none becomes too short to be understood.
func (p profile) split(s span, longest int) (parts []span) {
	for s.to-s.from > longest {
		part := min(longest*3/2, s.to-s.from)
		cut := p.quietest(s.from+part/3, s.from+min(part*2/3, longest))
		if s.to-s.from > 2*longest {
			cut = p.quietest(s.from+longest*2/3, s.from+longest)
		}
		parts = append(parts, span{s.from, cut, true})
		s.from = cut
	}
	return append(parts, s)
}

// quietest returns the middle of the longest stretch that has the lowest level.
func (p profile) quietest(from, to int) int {
	lowest := p.levels[from]
	for _, level := range p.levels[from:to] {
		lowest = min(lowest, level)
	}
	lowest = max(lowest, p.gate)
	best, length := from, 0
	for w := from; w < to; {
		end := w
		for end < to && p.levels[end] <= lowest {
			end++
		}
		if end-w > length {
			best, length = w+(end-w)/2, end-w
		}
		w = max(end, w+1)
	}
	return max(best, from)
}

// longest is how many windows a piece may have.
func (c Cuts) longest(h header) int {
	longest := c.Longest
	if c.MaxBytes > 0 {
		longest = min(longest, h.duration((c.MaxBytes-wavHeader)/2))
	}
	return int(longest / window)
}

// Pieces reads the recording again and gives out the pieces in which somebody may be
// speaking, in the order in which they end. What lies between them is quieter than the
// line's noise, or stays at one level as no voice does. A piece may be kept; an error
// is the last thing that comes.
func (r *Recording) Pieces(cuts Cuts) iter.Seq2[*Piece, error] {
	return func(yield func(*Piece, error) bool) {
		if err := cuts.Validate(); err != nil {
			yield(nil, err)
			return
		}
		d, err := newDecoder(r.content)
		if err != nil {
			yield(nil, err)
			return
		}
		collectors := make([]collector, len(r.channels))
		for c := range collectors {
			p := r.channels[c]
			collectors[c] = collector{channel: c, header: r.header, profile: p, spans: p.plan(int(cuts.Pause/window), cuts.longest(r.header)), frames: r.frames}
		}
		for {
			block, err := d.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for c := range collectors {
				if !collectors[c].add(block[c], yield) {
					return
				}
			}
		}
	}
}

// collector makes pieces of a channel's samples.
type collector struct {
	channel int
	header  header
	profile profile
	spans   []span
	frames  int64 // in the whole channel
	at      int64 // frame of the sample that comes next
	piece   *Piece
}

// end is the frame after a span's last. The last window may be a short one.
func (c *collector) end(s span) int64 {
	if s.to == len(c.profile.levels) {
		return c.frames
	}
	return int64(s.to) * (c.header.rate / windowsPerSecond)
}

func (c *collector) add(samples []int16, yield func(*Piece, error) bool) bool {
	for len(samples) > 0 && len(c.spans) > 0 {
		s := c.spans[0]
		n := min(int64(len(samples)), c.end(s)-c.at)
		if s.speech {
			if c.piece == nil {
				c.piece = &Piece{Channel: c.channel, header: c.header, span: s, first: c.at, profile: c.profile, samples: make([]int16, 0, c.end(s)-c.at)}
			}
			c.piece.samples = append(c.piece.samples, samples[:n]...)
		}
		samples, c.at = samples[n:], c.at+n
		if c.at < c.end(s) {
			continue
		}
		c.spans = c.spans[1:]
		if piece := c.piece; piece != nil {
			c.piece = nil
			if !yield(piece, nil) {
				return false
			}
		}
	}
	return true
}
