package pipeline

import "time"

// Defaults of the inputs of runs.
const (
	DefaultMaxTweets    = 64
	DefaultMinClassSize = 30
	DefaultTestShare    = 0.1
	DefaultPrecision    = 0.95
	// DefaultMaxUnusable is the largest share of a column, or of a model's
	// answers, that may be unusable.
	DefaultMaxUnusable = 0.2
	DefaultJobDeadline = 24 * time.Hour
	DefaultBatchTokens = 2_000_000
)

const maxUnusableText = "the part that may be unusable is %g; it must be above 0 and at most 1"

// validMaxUnusable is false for what is no number, too.
func validMaxUnusable(part float64) bool { return part >= 0 && part <= 1 }

// unlessDefault leaves the default out: workflow ids are made of the input, and
// those of runs that say nothing of it stay what they were without the field.
func unlessDefault(part float64) float64 {
	if part == DefaultMaxUnusable {
		return 0
	}
	return part
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
