package classifier

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// heldMemory is what is in use after all garbage was freed.
func heldMemory() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// A training holds no more than it was said to.
func TestTrainingMemoryBoundsWhatIsHeld(t *testing.T) {
	for name, test := range map[string]struct{ examples, words, classes int }{
		"few long texts":   {200, 3000, 2},
		"many short texts": {20_000, 3, 3},
		"many classes":     {5_000, 20, 500},
	} {
		t.Run(name, func(t *testing.T) {
			before := heldMemory()
			random := rand.New(rand.NewPCG(1, 2))
			var examples []Example
			bytes := 0
			for i := range test.examples {
				words := make([]string, test.words)
				for j := range words {
					words[j] = fmt.Sprint("w", random.IntN(50_000))
				}
				e := Example{Text: strings.Join(words, " "), Label: fmt.Sprint("class", i%test.classes)}
				bytes += len(e.Text)
				examples = append(examples, e)
			}
			most := int64(0)
			var kept []*Model
			_, err := Train(context.Background(), examples, nil, Options{Epochs: 2, OnEpoch: func(e Epoch) {
				kept = append(kept, e.Model())
				most = max(most, heldMemory()-before)
			}})
			if err != nil {
				t.Fatal(err)
			}
			if told := TrainingMemory(len(examples), 0, bytes, test.classes, 0); most > told {
				t.Errorf("%d bytes were held, and %d were told", most, told)
			}
			runtime.KeepAlive(kept)
		})
	}
}

// More of anything takes more, and what a server takes in at most is no
// overflow.
func TestTrainingMemoryGrows(t *testing.T) {
	small := TrainingMemory(10, 5, 1000, 2, 0)
	for name, larger := range map[string]int64{
		"examples": TrainingMemory(1000, 5, 1000, 2, 0), "validation": TrainingMemory(10, 1000, 1000, 2, 0),
		"text": TrainingMemory(10, 5, 100_000, 2, 0), "classes": TrainingMemory(10, 5, 1000, 1000, 0),
		"width": TrainingMemory(10, 5, 1000, 2, 384), "a file of 512 MiB": TrainingMemory(6<<20, 6<<20, 512<<20, MaxClasses, maxWidth),
	} {
		if larger <= small {
			t.Errorf("more %s: %d, want more than %d", name, larger, small)
		}
	}
}
