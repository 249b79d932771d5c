package main

import (
	"regexp"
	"slices"
	"strings"
)

// germanWords are frequent in German, and rare in other languages.
var germanWords = strings.Fields(`aber auf auch bei bitte das dass dem den der die ein eine euch für haben habe ich ihr ist
	kann können mehr mich mir mit nach nicht noch schon sich sie sind uns und von vom warum was wann wie wir wird wo wurde zu zum zur`)

var words = regexp.MustCompile(`\pL+`)

// isGerman tells by its words whether a conversation is in German: one in five
// is among the frequent ones.
func isGerman(lines []string) bool {
	all := words.FindAllString(strings.ToLower(strings.Join(lines, " ")), -1)
	frequent := 0
	for _, word := range all {
		if slices.Contains(germanWords, word) {
			frequent++
		}
	}
	return len(all) > 3 && 5*frequent >= len(all)
}
