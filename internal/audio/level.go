package audio

import (
	"math"
	"slices"
	"time"
)

// windowsPerSecond is how often the loudness is taken. Speech is about as long in one
// state.
const windowsPerSecond = 50

// window is how long one is.
const window = time.Second / windowsPerSecond

// Levels are in decibels below the loudest that there can be, so that they are
// negative. Speech on a telephone line is at -15 to -30, a faint voice at -45.
const (
	// quietest is what silence itself counts as.
	quietest = -96
	// inaudible is a level below which nobody speaks, whatever the line is like.
	inaudible = -55
	// audible is a level above which something is heard, whatever the line is like.
	audible = -35
	// aboveNoise is how much louder than the noise of the line a voice is.
	aboveNoise = 6
)

// meter takes the level of one channel, window by window.
type meter struct {
	size   int // samples in a window
	sum    float64
	n      int
	levels []int8
}

func (m *meter) add(samples []int16) {
	for _, s := range samples {
		m.sum += float64(s) * float64(s)
		if m.n++; m.n == m.size {
			m.close()
		}
	}
}

func (m *meter) close() {
	level := float64(quietest)
	if mean := m.sum / float64(m.n); mean > 0 {
		level = max(10*math.Log10(mean/(math.MaxInt16*math.MaxInt16)), quietest)
	}
	m.levels = append(m.levels, int8(math.Round(min(level, 0))))
	m.sum, m.n = 0, 0
}

// profile ends the measuring.
func (m *meter) profile() profile {
	if m.n > 0 {
		m.close()
	}
	return profile{levels: m.levels, gate: gate(m.levels)}
}

// profile is how loud a channel is over time, and from which level on it sounds.
type profile struct {
	levels []int8
	gate   int8
}

// gate is the level between the noise of a line and what is heard over it. The noise
// is taken from the quietest tenth: nobody speaks all the time.
func gate(levels []int8) int8 {
	return min(max(quantile(levels, 0.1)+aboveNoise, inaudible), audible)
}

// quantile is the level below which a share of them lies.
func quantile(levels []int8, share float64) int8 {
	if len(levels) == 0 {
		return quietest
	}
	sorted := slices.Clone(levels)
	slices.Sort(sorted)
	return sorted[int(share*float64(len(sorted)-1))]
}

func (p profile) sounds(window int) bool { return p.levels[window] > p.gate }

// A tone, a hum and noise stay at one level, while a voice rises and falls by 15 decibels
// and more within a second.
const (
	steady     = 4
	steadyFrom = windowsPerSecond
	// click is a sound that is too short for a syllable, and for some servers.
	click = 4
)

// speaks reports whether what sounds from one window to another may be somebody
// speaking. It is generous: what it refuses is heard by nobody.
func (p profile) speaks(from, to int) bool {
	var heard []int8
	for _, level := range p.levels[from:to] {
		if level > p.gate {
			heard = append(heard, level)
		}
	}
	if len(heard) <= click {
		return false
	}
	return len(heard) < steadyFrom || quantile(heard, 0.9)-quantile(heard, 0.1) >= steady
}

// likeness compares two channels.
type likeness struct{ differs bool }

// tolerance is by how much a sample of the same sound differs in two channels: some
// encoders of stereo round.
const tolerance = 2

func (l *likeness) add(block [][]int16) {
	if len(block) != 2 || l.differs {
		return
	}
	for i, left := range block[0] {
		if d := int(left) - int(block[1][i]); d > tolerance || d < -tolerance {
			l.differs = true
			return
		}
	}
}

// same reports whether both channels hold the same; of a single one that is true, too.
func (l *likeness) same() bool { return !l.differs }
