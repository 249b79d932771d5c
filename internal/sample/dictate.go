package sample

import (
	"strings"
	"unicode"
)

// caller is the customer of a call.
type caller struct {
	first, last string
	// aloud says that numbers, codes and addresses are written as they are
	// spoken, word by word; a recognizer of speech writes some of them in digits.
	aloud bool
}

var (
	digitWords = map[string][10]string{
		"en": {"oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"},
		"de": {"null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"},
	}
	// Words for what an address is made of.
	atWord  = map[string]string{"en": "at", "de": "ät"}
	dotWord = map[string]string{"en": "dot", "de": "Punkt"}
)

// spell says a name letter by letter.
func (v *voice) spell(name string) string {
	var letters []string
	for _, r := range strings.ToUpper(name) {
		if unicode.IsLetter(r) {
			letters = append(letters, string(r))
		}
	}
	if v.caller.aloud || v.chance(0.5) {
		return strings.Join(letters, ", ")
	}
	return strings.Join(letters, "-")
}

// dictate says digits and letters one by one: in words, or as a recognizer
// writes them.
func (v *voice) dictate(code string) string {
	var said []string
	inWords := v.caller.aloud || v.chance(0.4)
	for _, r := range code {
		switch {
		case inWords && r >= '0' && r <= '9':
			said = append(said, digitWords[v.lang][r-'0'])
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			said = append(said, string(r))
		}
	}
	if inWords {
		return strings.Join(said, " ")
	}
	return strings.Join(said, choose(v, []string{"-", " ", ""}))
}

// callerPhone is a mobile number of those set aside for films and books.
func (v *voice) callerPhone() string {
	if v.lang == "de" {
		return v.fill("017139200##")
	}
	return v.fill(choose(v, []string{"07700900###", "20255501##", "31255501##"}))
}

// dictateEmail says the caller's address.
func (v *voice) dictateEmail() string {
	user := []string{plainLetters(v.caller.first), plainLetters(v.caller.last)}
	host := []string{"example", choose(v, []string{"com", "org", "net"})}
	if v.caller.aloud || v.chance(0.6) {
		dot := " " + dotWord[v.lang] + " "
		return strings.Join(user, dot) + " " + atWord[v.lang] + " " + strings.Join(host, dot)
	}
	return strings.Join(user, ".") + "@" + strings.Join(host, ".")
}

// plainLetters leaves the letters of an address: small ones of ASCII.
func plainLetters(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z':
			b.WriteRune(r)
		case r == 'ä', r == 'ö', r == 'ü':
			b.WriteString(map[rune]string{'ä': "ae", 'ö': "oe", 'ü': "ue"}[r])
		}
	}
	if b.Len() == 0 {
		return "kim"
	}
	return b.String()
}
