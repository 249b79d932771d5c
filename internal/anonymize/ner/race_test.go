//go:build race

package ner_test

func init() { underRace = true }
