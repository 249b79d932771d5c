package evaluate

import "switchboard/internal/pipeline"

// Share is a part of a whole, between 0 and 1, or [None].
type Share = pipeline.Share

// None is the share of nothing: 0 of 0 is neither all nor none of it.
const None = pipeline.None

// ShareOf is n of the whole, None where the whole is 0.
func ShareOf[N int | int64](n, whole N) Share { return pipeline.ShareOf(n, whole) }

// TooMany tells whether a part is a larger share of the whole than may be.
func TooMany[N int | int64](part, whole N, limit float64) bool {
	return float64(part) > limit*float64(whole)
}
