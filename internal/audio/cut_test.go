package audio

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// cutAll returns the pieces of a recording.
func cutAll(t testing.TB, content []byte, cuts Cuts) []*Piece {
	t.Helper()
	r, err := Open(content)
	if err != nil {
		t.Fatal(err)
	}
	var all []*Piece
	for p, err := range r.Pieces(cuts) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// checkPieces holds that pieces are what stands in the recording at their place, follow
// each other, are no longer than they may be, and that what lies between them is what
// was planned to.
func checkPieces(t testing.TB, content []byte, cuts Cuts) {
	t.Helper()
	samples := decodeAll(t, content)
	r, err := Open(content)
	if err != nil {
		t.Fatal(err)
	}
	for c, p := range r.channels {
		end := 0
		for _, s := range p.plan(int(cuts.Pause/window), cuts.longest(r.header)) {
			if s.from != end || s.to <= s.from {
				t.Fatalf("a span goes from %d to %d, after one that ends at %d", s.from, s.to, end)
			}
			end = s.to
		}
		if end != len(p.levels) {
			t.Fatalf("the spans of channel %d end at %d of %d", c, end, len(p.levels))
		}
	}
	ends := map[int]int64{}
	for p, err := range r.Pieces(cuts) {
		if err != nil {
			t.Fatal(err)
		}
		first := p.first
		if first < ends[p.Channel] || !slices.Equal(p.Samples(), samples[p.Channel][first:first+int64(len(p.Samples()))]) {
			t.Fatalf("the piece at %s of channel %d is not what stands there", p.Start(), p.Channel)
		}
		ends[p.Channel] = first + int64(len(p.Samples()))
		if len(p.Samples()) == 0 || p.Duration() > cuts.Longest+window || cuts.MaxBytes > 0 && int64(len(p.WAV())) > cuts.MaxBytes {
			t.Fatalf("a piece has %s and %d bytes", p.Duration(), len(p.WAV()))
		}
		if back := decodeAll(t, p.WAV()); !slices.Equal(back[0], p.Samples()) {
			t.Fatal("a piece reads differently than it was written")
		}
	}
}

func TestCuttingLosesNothing(t *testing.T) {
	rates := []int{8000, 11025, 16000, 22050}
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 0))
		rate := rates[random.IntN(len(rates))]
		channels := make([][]int16, 1+random.IntN(2))
		length := time.Duration(random.IntN(8_000)) * time.Millisecond
		for c := range channels {
			for len(channels[c]) < frames(rate, length)+1 {
				d := time.Duration(20+random.IntN(4000)) * time.Millisecond
				channels[c] = append(channels[c], [][]int16{silence(rate, d), voice(rate, d), tone(rate, d), noise(rate, d, -50)}[random.IntN(4)]...)
			}
			channels[c] = channels[c][:frames(rate, length)+1]
		}
		content := wav(rate, channels...)
		if seed%5 == 0 {
			content = flacOf(t, rate, 16, channels...)
		}
		cuts := Cuts{Pause: time.Duration(200+random.IntN(2000)) * time.Millisecond, Longest: time.Duration(1000+random.IntN(5000)) * time.Millisecond}
		if random.IntN(2) == 0 {
			cuts.MaxBytes = minPieceBytes + random.Int64N(300_000)
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) { checkPieces(t, content, cuts) })
	}
}

func TestPiecesBeginAndEndInPauses(t *testing.T) {
	const rate = 8000
	quiet := func(d time.Duration) []int16 { return noise(rate, d, -60) }
	content := wav(rate, concat(quiet(3*time.Second), voice(rate, 2*time.Second), quiet(500*time.Millisecond), voice(rate, time.Second), quiet(4*time.Second), voice(rate, 5*time.Second), quiet(2*time.Second)))
	for name, c := range map[string]struct {
		cuts Cuts
		want []string
	}{
		"long pauses":  {Cuts{Pause: time.Second, Longest: time.Minute}, []string{"2.7-6.8", "10.2-15.8"}},
		"short pauses": {Cuts{Pause: 400 * time.Millisecond, Longest: time.Minute}, []string{"2.8-5.2", "5.3-6.7", "10.3-15.7"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range cutAll(t, content, c.cuts) {
				got = append(got, fmt.Sprintf("%.1f-%.1f", p.Start().Seconds(), (p.Start()+p.Duration()).Seconds()))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// Where nobody pauses, the cut is where it is quietest, and no end is too short to be
// understood.
func TestLongSpeechIsCutBetweenSyllables(t *testing.T) {
	const rate = 8000
	pieces := cutAll(t, wav(rate, voice(rate, 61*time.Second)), Cuts{Pause: 2 * time.Second, Longest: 30 * time.Second})
	if len(pieces) < 3 {
		t.Fatalf("there are %d pieces", len(pieces))
	}
	for i, p := range pieces {
		if p.Duration() < 5*time.Second || p.Duration() > 30*time.Second {
			t.Errorf("piece %d has %s", i, p.Duration())
		}
		if last := p.Samples()[len(p.Samples())-20:]; i < len(pieces)-1 && (slices.Max(last) > 2000 || slices.Min(last) < -2000) {
			t.Errorf("piece %d ends within a syllable", i)
		}
	}
}

func TestWhatIsNoSpeechGivesNoPiece(t *testing.T) {
	const rate = 8000
	ringing := concat(tone(rate, time.Second), silence(rate, 4*time.Second), tone(rate, time.Second), silence(rate, 4*time.Second))
	click := silence(rate, 5*time.Second)
	copy(click[20000:], tone(rate, 40*time.Millisecond))
	for name, sound := range map[string][]int16{
		"silence":          silence(rate, time.Minute),
		"a quiet line":     noise(rate, time.Minute, -60),
		"a noisy line":     noise(rate, time.Minute, -40),
		"loud noise":       noise(rate, time.Minute, -15),
		"a dial tone":      tone(rate, time.Minute),
		"ringing":          ringing,
		"a click":          click,
		"a tenth a second": silence(rate, 100*time.Millisecond),
	} {
		t.Run(name, func(t *testing.T) {
			for _, p := range cutAll(t, wav(rate, sound), Cuts{Pause: time.Second, Longest: time.Minute}) {
				t.Errorf("a piece from %s on has %s", p.Start(), p.Duration())
			}
		})
	}
}

func TestSpeechIsHeardThroughNoise(t *testing.T) {
	const rate = 8000
	for _, level := range []float64{-70, -50, -40, -35} {
		line := noise(rate, 12*time.Second, level)
		for i, s := range voice(rate, 3*time.Second) {
			line[5*rate+i] += s
		}
		pieces := cutAll(t, wav(rate, line), Cuts{Pause: time.Second, Longest: time.Minute})
		if len(pieces) != 1 || pieces[0].Start() > 5*time.Second || pieces[0].Start()+pieces[0].Duration() < 8*time.Second {
			t.Errorf("through noise at %v dB there are %d pieces", level, len(pieces))
		}
	}
}

func TestSidesAreSplit(t *testing.T) {
	const rate = 8000
	left := concat(voice(rate, 2*time.Second), silence(rate, 4*time.Second))
	right := concat(silence(rate, 4*time.Second), voice(rate, 2*time.Second))
	rounded := slices.Clone(left)
	for i := range rounded {
		rounded[i]++
	}
	for name, c := range map[string]struct {
		content []byte
		sides   int
		want    string
	}{
		"a side in each channel":      {wav(rate, left, right), 2, "[0 at 0s 1 at 3.7s]"},
		"both in one":                 {wav(rate, left), 1, "[0 at 0s]"},
		"the same twice":              {wav(rate, left, left), 1, "[0 at 0s]"},
		"the same twice, but rounded": {flacOf(t, rate, 16, left, rounded), 1, "[0 at 0s]"},
		"one of them silent":          {wav(rate, silence(rate, 6*time.Second), right), 2, "[1 at 3.7s]"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Open(c.content)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range cutAll(t, c.content, Cuts{Pause: time.Second, Longest: time.Minute}) {
				got = append(got, fmt.Sprintf("%d at %s", p.Channel, p.Start().Round(100*time.Millisecond)))
			}
			if r.Sides() != c.sides || fmt.Sprint(got) != c.want {
				t.Errorf("%d sides, pieces %v", r.Sides(), got)
			}
		})
	}
}

// An hour is cut with some megabytes beside the file itself.
func TestAnHourInBoundedMemory(t *testing.T) {
	const rate = 8000
	minute := make([]byte, 0, 2*60*rate)
	customer, agent := concat(voice(rate, 20*time.Second), silence(rate, 40*time.Second)), concat(silence(rate, 25*time.Second), voice(rate, 35*time.Second))
	for i := range customer {
		minute = append(minute, encodeMuLaw(customer[i]), encodeMuLaw(agent[i]))
	}
	var data []byte
	for range 60 {
		data = append(data, minute...)
	}
	content := riff(format(tagMuLaw, 2, rate, 8), data)
	before, most, pieces := heap(), int64(0), 0
	r, err := Open(content)
	if err != nil {
		t.Fatal(err)
	}
	for p, err := range r.Pieces(Cuts{Pause: 2 * time.Second, Longest: 2 * time.Minute, MaxBytes: 25 << 20}) {
		if err != nil {
			t.Fatal(err)
		}
		if pieces++; pieces%20 == 0 {
			most = max(most, heap()-before)
		}
		runtime.KeepAlive(p)
	}
	if r.Duration() != time.Hour || pieces != 120 {
		t.Errorf("%s in %d pieces", r.Duration(), pieces)
	}
	if most > 8<<20 {
		t.Errorf("%d bytes are in memory beside the file", most)
	}
	runtime.KeepAlive(content)
}

func encodeMuLaw(sample int16) (best byte) {
	for b := range 256 {
		if d := int(muLaw[b]) - int(sample); d*d < (int(muLaw[best])-int(sample))*(int(muLaw[best])-int(sample)) {
			best = byte(b)
		}
	}
	return best
}

func TestCutsThatCannotBe(t *testing.T) {
	r, err := Open(wav(8000, voice(8000, time.Second)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Cuts{{}, {Pause: time.Second}, {Longest: time.Minute}, {Pause: time.Second, Longest: time.Minute, MaxBytes: 100}} {
		for p, err := range r.Pieces(c) {
			if err == nil || p != nil {
				t.Errorf("%+v gives a piece", c)
			}
		}
	}
}

func FuzzPlan(f *testing.F) {
	f.Add([]byte{200, 200, 250, 250, 250, 250, 250, 240, 200}, uint8(2), uint8(60))
	f.Fuzz(func(t *testing.T, levels []byte, pause, longest uint8) {
		var l []int8
		for _, b := range levels {
			l = append(l, -int8(b%97))
		}
		p := profile{levels: l, gate: gate(l)}
		most := max(int(longest), windowsPerSecond)
		end := 0
		for _, s := range p.plan(max(int(pause), 1), most) {
			if s.from != end || s.to <= s.from || s.speech && s.to-s.from > most {
				t.Fatalf("a span goes from %d to %d, after one that ends at %d", s.from, s.to, end)
			}
			end = s.to
		}
		if end != len(l) {
			t.Errorf("the spans end at %d of %d", end, len(l))
		}
	})
}
