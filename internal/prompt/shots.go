package prompt

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
)

// Shots are bounded in number and in bytes: they are paid for with every
// question.
const (
	MaxShots    = 20
	MaxShotText = 400 // longer conversations are passed over
)

// Choose takes one short conversation of each of the commonest labels, the
// commonest first. The same examples and seed give the same shots.
func Choose(examples []Shot, seed int64) []Shot {
	count := map[string]int{}
	short := map[string][]string{}
	for _, e := range examples {
		count[e.Label]++
		if len(e.Text) <= MaxShotText && strings.TrimSpace(e.Text) != "" {
			short[e.Label] = append(short[e.Label], e.Text)
		}
	}
	labels := make([]string, 0, len(short))
	for label := range short {
		labels = append(labels, label)
	}
	slices.SortFunc(labels, func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	var shots []Shot
	for _, label := range labels[:min(len(labels), MaxShots)] {
		texts := short[label]
		shots = append(shots, Shot{Text: texts[random.IntN(len(texts))], Label: label})
	}
	return shots
}
