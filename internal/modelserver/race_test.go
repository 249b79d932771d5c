//go:build race

package modelserver

func init() { underRace = true }
