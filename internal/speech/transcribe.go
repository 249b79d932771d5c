package speech

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard/internal/audio"
	"switchboard/internal/call"
	"switchboard/internal/problem"
)

// Recording is a call to transcribe.
type Recording struct {
	// Content is the whole file, in whatever format it really has.
	Content []byte
	// Language is what is spoken, in ISO 639-1; empty if it is not known.
	Language string
}

// Status is how a transcription ended.
type Status string

// The statuses of a transcript.
const (
	Transcribed Status = "transcribed"
	// NoSpeech: nobody says anything, or nothing that was understood.
	NoSpeech Status = "no_speech"
)

// Transcript is what was said in a recording.
type Transcript struct {
	Status Status
	// Turns are in the order in which they begin. They have a side where each side has
	// a channel of its own, and times where the recording was decoded or the recognizer
	// gives them.
	Turns []call.Turn
	// Language is what is spoken for most of the time, in ISO 639-1; empty if it was
	// neither given nor told.
	Language string
	// Duration is how long the recording is, 0 if it was not decoded.
	Duration time.Duration
	// Cut: the recording was cut off or is damaged on the way. The transcript has what
	// comes before.
	Cut bool
	// Dropped is how many stretches of text were dropped because nobody said them.
	Dropped int
}

// Sides of a call.
const (
	customer = "customer"
	agent    = "agent"
)

// Transcribe returns what is said in a recording. A problem tells what cannot be
// transcribed at all, an [*Error] that the recognizer failed.
func (c *Client) Transcribe(ctx context.Context, r Recording) (Transcript, error) {
	r.Language = languageCode(r.Language)
	var seen seen
	t, err := c.transcribe(ctx, r, &seen)
	if err == nil || lasting(err) {
		for _, id := range seen.ids {
			c.heard.Remove(id)
		}
	}
	return t, err
}

// lasting reports whether the same recording will fail again.
func lasting(err error) bool {
	_, isProblem := problem.KindOf(err)
	return isProblem
}

// seen are the pieces that a recording was cut into.
type seen struct {
	mu  sync.Mutex
	ids []pieceID
}

func (s *seen) add(id pieceID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids = append(s.ids, id)
}

func (c *Client) transcribe(ctx context.Context, r Recording, seen *seen) (Transcript, error) {
	format := audio.Sniff(r.Content)
	if format == "" {
		return Transcript{}, problem.Input("the recording is none of the formats that are known; give WAV, FLAC, MP3, Ogg, M4A or WebM")
	}
	if !format.Decoded() {
		return c.whole(ctx, r, format, seen)
	}
	recording, err := audio.Open(r.Content)
	if errors.Is(err, audio.ErrNotDecoded) {
		return c.whole(ctx, r, format, seen)
	}
	if err != nil {
		return Transcript{}, err
	}
	return c.pieces(ctx, r, recording, seen)
}

// whole transcribes a file as it is.
func (c *Client) whole(ctx context.Context, r Recording, format audio.Format, seen *seen) (Transcript, error) {
	limit := c.server.maxBytes
	switch {
	case !slices.Contains(c.server.formats, format):
		return Transcript{}, problem.Input("the recording is %s, which the recognizer (%s) does not take; convert it to WAV or FLAC", format, c.server.name)
	case limit > 0 && int64(len(r.Content)) > limit-formBytes:
		return Transcript{}, problem.Input("the recording is %s of %d bytes, the recognizer (%s) takes %d, and only WAV and FLAC are cut; convert it to one of them", format, len(r.Content), c.server.name, limit)
	}
	a, err := c.hear(ctx, question{file: r.Content, extension: format.Extension(), language: r.Language}, seen)
	if err != nil {
		return Transcript{}, err
	}
	h := heardPiece{answer: a}
	return c.merge([]heardPiece{h}, 1, r.Language), nil
}

// formBytes are left for the rest of the form in which a file is sent.
const formBytes = 4096

// Where recordings are cut. Without times from the recognizer a piece is a turn, so
// that pieces are short; with them a piece has more of what is said around a word.
const (
	pauseTimed   = 2 * time.Second
	longestTimed = time.Minute
	pauseText    = 800 * time.Millisecond
	longestText  = 30 * time.Second
)

func (c *Client) cuts() audio.Cuts {
	cuts := audio.Cuts{Pause: pauseTimed, Longest: longestTimed}
	if c.format() == jsonFormat {
		cuts = audio.Cuts{Pause: pauseText, Longest: longestText}
	}
	if c.server.maxBytes > 0 {
		cuts.MaxBytes = c.server.maxBytes - formBytes
	}
	if c.server.longest > 0 {
		cuts.Longest = min(cuts.Longest, c.server.longest)
	}
	return cuts
}

// heardPiece is what was heard in one piece.
type heardPiece struct {
	answer   answer
	channel  int
	start    time.Duration
	length   time.Duration // 0 if it is not known
	sounding soundBetween
}

// pieces transcribes a recording that can be cut.
func (c *Client) pieces(ctx context.Context, r Recording, recording *audio.Recording, seen *seen) (Transcript, error) {
	h := hearing{client: c, seen: seen, language: r.Language}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(c.server.parallel)
	h.group, h.ctx = group, groupCtx
	for piece, err := range recording.Pieces(c.cuts()) {
		if err != nil {
			return Transcript{}, errors.Join(err, group.Wait())
		}
		if h.take(piece); groupCtx.Err() != nil {
			break
		}
	}
	h.flush()
	if err := group.Wait(); err != nil {
		return Transcript{}, err
	}
	if ctx.Err() != nil {
		return Transcript{}, fmt.Errorf("transcribing a recording: %w", context.Cause(ctx))
	}
	t := c.merge(h.heard, recording.Sides(), r.Language)
	t.Duration, t.Cut = recording.Duration(), recording.Cut()
	return t, nil
}

// hearing transcribes the pieces of one recording.
//
// A recognizer tells the language of a short piece badly, and writes down nonsense in the
// language that it takes it for. So where the language is not given, the first pieces
// wait until there is enough speech; the longest of them goes ahead, and what it is in
// is what the others are asked for.
type hearing struct {
	client   *Client
	ctx      context.Context
	group    *errgroup.Group
	seen     *seen
	language string

	waiting []*audio.Piece
	known   bool // the language is given, or was asked for

	mu    sync.Mutex
	heard []heardPiece
}

// Speech that is enough to wait for, and enough to tell its language by.
const (
	enoughToWait = 20 * time.Second
	enoughToTell = 3 * time.Second
)

func (h *hearing) take(piece *audio.Piece) {
	if h.known || h.language != "" || !h.client.server.hears {
		h.start(piece)
		return
	}
	h.waiting = append(h.waiting, piece)
	var total time.Duration
	for _, p := range h.waiting {
		total += p.Duration()
	}
	if total >= enoughToWait {
		h.flush()
	}
}

// flush transcribes what waits, the longest piece before the others.
func (h *hearing) flush() {
	if len(h.waiting) == 0 {
		return
	}
	longest := slices.MaxFunc(h.waiting, func(a, b *audio.Piece) int {
		return cmp.Compare(a.Sounding(0, a.Duration()), b.Sounding(0, b.Duration()))
	})
	h.known = true
	err := h.hear(longest)
	if err != nil {
		h.group.Go(func() error { return err })
		h.waiting = nil
		return
	}
	first := h.heard[len(h.heard)-1]
	if longest.Sounding(0, longest.Duration()) >= enoughToTell && len(first.said()) > 0 {
		h.language = first.answer.language
	}
	for _, piece := range h.waiting {
		if piece != longest {
			h.start(piece)
		}
	}
	h.waiting = nil
}

func (h *hearing) start(piece *audio.Piece) {
	h.group.Go(func() error { return h.hear(piece) })
}

func (h *hearing) hear(piece *audio.Piece) error {
	a, err := h.client.hear(h.ctx, question{file: piece.WAV(), extension: audio.WAV.Extension(), language: h.language}, h.seen)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard = append(h.heard, heardPiece{answer: a, channel: piece.Channel, start: piece.Start(), length: piece.Duration(), sounding: piece.Sounding})
	return nil
}

// said are the segments that somebody said.
func (p heardPiece) said() []segment {
	var kept []segment
	for _, s := range onceSegments(p.answer.segments) {
		if !keep(s, p.length, p.sounding) {
			continue
		}
		if s.text = once(s.text); s.text != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

// spoken is a segment in its place in the call.
type spoken struct {
	segment
	channel int
}

// merge puts what was heard in the pieces into the order of the call.
func (c *Client) merge(pieces []heardPiece, sides int, given string) Transcript {
	t := Transcript{Status: NoSpeech, Language: given}
	byLanguage := map[string]time.Duration{}
	var all []spoken
	for _, p := range pieces {
		said := p.said()
		t.Dropped += len(p.answer.segments) - len(said)
		if len(said) > 0 {
			byLanguage[p.answer.language] += p.length + 1
		}
		for _, s := range said {
			all = append(all, spoken{p.place(s), p.channel})
		}
	}
	slices.SortStableFunc(all, func(a, b spoken) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.channel, b.channel), cmp.Compare(a.end, b.end))
	})
	delete(byLanguage, "")
	if t.Language == "" {
		t.Language = longest(byLanguage)
	}
	t.Turns = c.turns(all, sides)
	if len(t.Turns) > 0 {
		t.Status = Transcribed
	}
	return t
}

// longest is the language that is spoken for most of the time.
func longest(byLanguage map[string]time.Duration) (most string) {
	for language, d := range byLanguage {
		if best := byLanguage[most]; d > best || d == best && language < most {
			most = language
		}
	}
	return most
}

// place moves a segment from its piece to the call. Times that cannot be are those of
// the piece.
func (p heardPiece) place(s segment) segment {
	if p.length > 0 {
		if !s.timed {
			s.start, s.end = 0, p.length
		}
		s.start, s.end = min(s.start, p.length), min(s.end, p.length)
		s.timed = true
	}
	s.start, s.end = s.start+p.start, s.end+p.start
	return s
}

// turns joins what one side says before the other does. Where the sides are not known,
// each segment is a turn, but for those of one voice.
func (c *Client) turns(all []spoken, sides int) []call.Turn {
	var turns []call.Turn
	for i, s := range all {
		side := c.side(s.channel, sides)
		if i > 0 {
			last := all[i-1]
			if side != "" && last.channel == s.channel || side == "" && s.speaker != "" && last.speaker == s.speaker {
				turn := &turns[len(turns)-1]
				turn.Text = strings.TrimSpace(turn.Text + " " + s.text)
				turn.End = max(turn.End, s.end.Seconds())
				continue
			}
		}
		turn := call.Turn{Side: side, Text: s.text}
		if s.timed {
			turn.Start, turn.End = s.start.Seconds(), s.end.Seconds()
		}
		turns = append(turns, turn)
	}
	return turns
}

// side is who speaks on a channel, "" if both do.
func (c *Client) side(channel, sides int) string {
	switch {
	case sides < 2:
		return ""
	case (channel == 0) == (c.opt.CustomerChannel == Left):
		return customer
	}
	return agent
}
