// Package review has the rules by which people judge what models say about calls:
// which calls are drawn into the random sample, what several people agree on, what
// that tells of a model, and whose labels are to be looked at before a model learns
// from them.
//
// It is pure: the same judgements give the same figures, in whatever order they come.
package review
