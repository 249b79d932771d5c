//go:build race

package encoder_test

func init() { underRace = true }
