package console

import "strings"

// Nearest returns the word that somebody who typed something else most likely
// meant, "" if none is near: one that begins with it, or differs in one letter of
// four at most.
func Nearest(typed string, words []string) string {
	best, least := "", len([]rune(typed))/4+1
	for _, word := range words {
		if len(typed) > 1 && strings.HasPrefix(word, typed) {
			return word
		}
		if d := distance(typed, word); d <= least && (best == "" || d < distance(typed, best)) {
			best = word
		}
	}
	return best
}

// distance is the number of letters to insert, delete, replace or swap with a
// neighbour that makes one word of another (optimal string alignment).
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	rows := make([][]int, len(from)+1)
	for i := range rows {
		rows[i] = make([]int, len(to)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(from); i++ {
		for j := 1; j <= len(to); j++ {
			replace := rows[i-1][j-1]
			if from[i-1] != to[j-1] {
				replace++
			}
			rows[i][j] = min(replace, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(from)][len(to)]
}
