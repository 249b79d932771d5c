package evaluate

import (
	"math"

	"switchboard/internal/pipeline"
)

// Drift thresholds by long custom of credit scoring: below the first a
// population counts as unchanged, from the second on as another one.
const (
	SomeDrift = 0.1
	MuchDrift = pipeline.MuchDrift
)

// PSI is the population stability index of two distributions over the same
// bins, given as counts: the sum of (p-q) ln(p/q) over the shares p and q
// (Siddiqi, "Credit Risk Scorecards", 2006; Kullback and Leibler's J-divergence).
// It is 0 for equal shares and grows with the distance. A bin that is empty on
// one side counts as half an example there, so that new and vanished bins weigh
// without weighing infinitely. It is 0 where a side has nothing.
func PSI[K comparable](reference, now map[K]int64) float64 {
	var totalReference, totalNow float64
	bins := map[K]bool{}
	for k, n := range reference {
		totalReference += float64(n)
		bins[k] = true
	}
	for k, n := range now {
		totalNow += float64(n)
		bins[k] = true
	}
	if totalReference == 0 || totalNow == 0 {
		return 0
	}
	psi := 0.0
	for k := range bins {
		p, q := share(now[k], totalNow), share(reference[k], totalReference)
		psi += (p - q) * math.Log(p/q)
	}
	return psi
}

func share(n int64, total float64) float64 { return max(float64(n), 0.5) / total }

// ConfidenceBins counts confidences by tenths: bin 9 is from 0.9 on.
func ConfidenceBins(confidences []float64) map[int]int64 {
	bins := make(map[int]int64, 10)
	for _, c := range confidences {
		bins[min(9, max(0, int(c*10)))]++
	}
	return bins
}
