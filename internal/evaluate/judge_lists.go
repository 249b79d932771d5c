package evaluate

import (
	"cmp"
	"slices"

	"switchboard/internal/pipeline"
)

func notTrained(answers []Answer, known []string, threshold float64) []NotTrained {
	list := []NotTrained{}
	place := map[string]int{}
	for _, a := range answers {
		if slices.Contains(known, a.Truth) {
			continue
		}
		at, seen := place[a.Truth]
		if !seen {
			at = len(list)
			place[a.Truth] = at
			list = append(list, NotTrained{Label: a.Truth})
		}
		list[at].Examples++
		if a.given(threshold) && !a.right() {
			list[at].Named++
		}
	}
	slices.SortFunc(list, func(a, b NotTrained) int {
		return cmp.Or(cmp.Compare(b.Examples, a.Examples), cmp.Compare(a.Label, b.Label))
	})
	return list
}

func reliability(answers []Answer) []Bin {
	bins := make([]Bin, 10)
	for i := range bins {
		bins[i].From = float64(i) / 10
	}
	for _, a := range answers {
		b := &bins[min(9, max(0, int(a.Confidence*10)))]
		b.Examples++
		b.Confidence += a.Confidence
		if a.right() {
			b.Accuracy++
		}
	}
	for i := range bins {
		if n := float64(bins[i].Examples); n > 0 {
			bins[i].Confidence /= n
			bins[i].Accuracy /= n
		}
	}
	return bins
}

// curvePoints is how many points a curve has at most.
const curvePoints = 100

// curve tells what precision every coverage has, the most confident first.
func curve(answers []Answer) []Point {
	given := slices.DeleteFunc(slices.Clone(answers), func(a Answer) bool { return a.Company == pipeline.Unknown })
	slices.SortStableFunc(given, func(a, b Answer) int { return cmp.Compare(b.Confidence, a.Confidence) })
	var points []Point
	right := 0
	for i, a := range given {
		if a.right() {
			right++
		}
		n := i + 1
		if n*curvePoints/len(given) > i*curvePoints/len(given) || n == len(given) {
			points = append(points, Point{float64(n) / float64(len(answers)), float64(right) / float64(n)})
		}
	}
	return points
}

// mostConfused is how many kinds of mistakes are listed.
const mostConfused = 30

func confused(answers []Answer) []Mistake {
	count := map[[2]string]int{}
	for _, a := range answers {
		if !a.right() {
			count[[2]string{a.Truth, a.Company}]++
		}
	}
	var list []Mistake
	for pair, n := range count {
		list = append(list, Mistake{pair[0], pair[1], n})
	}
	slices.SortFunc(list, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(b.Examples, a.Examples), cmp.Compare(a.Truth, b.Truth), cmp.Compare(a.Answer, b.Answer))
	})
	return list[:min(len(list), mostConfused)]
}
