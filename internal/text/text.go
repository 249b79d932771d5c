// Package text turns a tweet as it stands in a file into the text that a
// model may see.
//
// Training data and production data differ in what they carry: training
// tweets name the author and mention handles, production tweets have had
// both removed at the source. A model that saw a handle in training would
// learn to read the answer off the page. So there is one function, [Clean],
// and every tweet of either kind goes through it:
//
//	text.Clean("@AcmeHelp  my box is &lt;still&gt; late\nhttps://t.co/a1B2")
//	// my box is <still> late <url>
//
// Cleaning is about form alone. Personal names are the anonymizer's work.
package text

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Link is what takes the place of every link.
const Link = "<url>"

// Clean returns the tweet without @mentions, with HTML entities unescaped
// once, links replaced by [Link], invalid UTF-8 repaired with U+FFFD, and
// every run of whitespace, line breaks and control characters made one space,
// none at either end. The result is valid UTF-8 on a single line and may be
// empty.
//
// A mention is an @ and the ASCII letters, digits and underscores behind it,
// wherever it stands, also in the middle of a word ("thanks@AcmeHelp"), because
// production data lost those as well. The one exception is an e-mail address,
// one with a slip in it too (see [Address]), which the anonymizer has to find whole.
//
// Cleaning a second time changes nothing, except that text which was escaped
// twice loses its second layer.
func Clean(raw string) string {
	if isClean(raw) {
		return raw
	}
	s := sweep(raw)
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	// Links went first, for an "&copy=" inside a link is no entity. What
	// unescaping brings to light ("&#64;AcmeHelp", "&nbsp;") is swept again.
	if u := html.UnescapeString(s); u != s {
		return sweep(u)
	}
	return s
}

// Kinds of bytes, for the two loops below.
const (
	plain  = iota
	blank  // space and ASCII control characters
	wide   // part of a character outside ASCII
	at     // '@'
	amp    // '&'
	colon  // ':' may end the "https" of a link
	period // '.' may end the "www" of a link
	slash  // '/' may end the "t.co" of a link
)

var kinds = func() (k [256]uint8) {
	for c := range k {
		switch {
		case c <= ' ' || c == 0x7f:
			k[c] = blank
		case c >= utf8.RuneSelf:
			k[c] = wide
		}
	}
	k['@'], k['&'], k[':'], k['.'], k['/'] = at, amp, colon, period, slash
	return k
}()

// isClean tells cheaply that there is nothing to do. It may say no to a text
// that is clean.
func isClean(s string) bool {
	if s == "" {
		return true
	}
	if s[0] == ' ' || s[len(s)-1] == ' ' {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch kinds[s[i]] {
		case plain:
		case blank:
			if s[i] != ' ' || s[i-1] == ' ' {
				return false
			}
		case colon:
			if strings.HasPrefix(s[i:], "://") {
				return false
			}
		case period:
			if i > 0 && (s[i-1] == 'w' || s[i-1] == 'W') {
				return false
			}
		case slash:
			if i > 0 && (s[i-1] == 'o' || s[i-1] == 'm') {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// sweep does all of Clean but the entities, in one pass. It decides on what
// it has written, not on what it has read, so that no mention and no link can
// come together from the pieces around something removed.
func sweep(s string) string {
	out := make([]byte, 0, len(s)+len(Link))
	for i := 0; i < len(s); {
		n := 1
		switch kinds[s[i]] {
		case blank:
			out = space(out)
		case wide:
			out, n = sweepWide(out, s[i:])
		case at:
			out, n = sweepAt(out, s[i:])
		case colon:
			out, n = sweepColon(out, s[i:])
		case period:
			out, n = sweepPeriod(out, s[i:])
		case slash:
			out, n = sweepSlash(out, s[i:])
		default:
			out = append(out, s[i])
		}
		i += n
	}
	if len(out) > 0 && out[len(out)-1] == ' ' {
		out = out[:len(out)-1]
	}
	return string(out)
}

// The functions of sweep append to out what becomes of the beginning of s, which is a
// character of their kind, and tell how many bytes of s that is.

func sweepWide(out []byte, s string) ([]byte, int) {
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && n == 1:
		if !strings.HasSuffix(tail(out, 3), "\uFFFD") {
			out = append(out, "\uFFFD"...)
		}
	case unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B' || r == '\u2028' || r == '\u2029':
		out = space(out)
	case r == '＠' && n < len(s) && isWord(s[n]) && !isAddress(out, s[n:]):
		n += wordLen(s[n:])
	default:
		out = append(out, s[:n]...)
	}
	return out, n
}

func sweepAt(out []byte, s string) ([]byte, int) {
	word := wordLen(s[1:])
	if word == 0 {
		return append(out, s[0]), 1
	}
	if n := domainLen(s[1:]); n > 0 && endsInLocal(out) {
		return append(out, s[:1+n]...), 1 + n
	}
	if isAddress(out, s[1:]) {
		return append(out, s[0]), 1
	}
	return out, 1 + word
}

func sweepColon(out []byte, s string) ([]byte, int) {
	if n := schemeLen(out); n > 0 && strings.HasPrefix(s, "://") {
		return append(out[:len(out)-n], Link...), linkLen(s[3:]) + 3
	}
	return append(out, s[0]), 1
}

func sweepPeriod(out []byte, s string) ([]byte, int) {
	if endsInWord(out, "www") && 1 < len(s) && isWord(s[1]) {
		return append(out[:len(out)-3], Link...), linkLen(s[1:]) + 1
	}
	return append(out, s[0]), 1
}

func sweepSlash(out []byte, s string) ([]byte, int) {
	n := 0
	if endsInWord(out, "t.co") {
		n = len("t.co")
	} else if endsInWord(out, "pic.twitter.com") {
		n = len("pic.twitter.com")
	}
	if n > 0 && 1 < len(s) && isWord(s[1]) {
		return append(out[:len(out)-n], Link...), 1 + wordLen(s[1:])
	}
	return append(out, s[0]), 1
}

// space ends a word, unless nothing or a space stands there already.
func space(out []byte) []byte {
	if len(out) == 0 || out[len(out)-1] == ' ' {
		return out
	}
	return append(out, ' ')
}

func tail(out []byte, n int) string { return string(out[max(0, len(out)-n):]) }

// isAddress tells that an @ between out and s belongs to an e-mail address with a slip
// in it.
func isAddress(out []byte, s string) bool {
	if len(out) == 0 {
		return false
	}
	before, _ := Address(tail(out, 120), s)
	return before > 0
}

// isWord tells a character that a handle may have.
func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

func wordLen(s string) int {
	n := 0
	for n < len(s) && isWord(s[n]) {
		n++
	}
	return n
}

// endsInLocal tells that out ends in what may stand before the @ of an e-mail
// address, and not in an address already.
func endsInLocal(out []byte) bool {
	n := len(out)
	for n > 0 {
		r, size := utf8.DecodeLastRune(out[:n])
		if !isWord(byte(r)) && strings.IndexByte(".-+%", byte(r)) < 0 && r < utf8.RuneSelf || r >= utf8.RuneSelf && !unicode.IsLower(r) && !unicode.IsUpper(r) {
			break
		}
		n -= size
	}
	return n < len(out) && out[len(out)-1] != '.' && (n == 0 || out[n-1] != '@')
}

// domainLen returns the length of the host name that s begins with, 0 if
// there is none: labels of any script with dots between them, the last of
// letters alone or in Punycode. A last label outside ASCII needs one before it:
// the sentence goes on behind "@AcmeHelp.日本".
func domainLen(s string) int {
	n, label, dots, wide := 0, 0, 0, false
	for i := 0; i <= len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if size > 0 && (r < utf8.RuneSelf && (isWord(s[i]) && r != '_' || r == '-') || r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsMark(r))) {
			i += size
			continue
		}
		part := s[label:i]
		if part == "" {
			break
		}
		ascii := isASCII(part)
		if dots > 0 && utf8.RuneCountInString(part) >= 2 && (ascii || wide) && (isAlpha(part) || strings.HasPrefix(strings.ToLower(part), "xn--")) {
			n = i
		}
		wide = !ascii
		if r != '.' || size == 0 {
			break
		}
		dots++
		i++
		label = i
	}
	return n
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func isAlpha(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) < 0
}

// schemeLen returns the length of the "http" or "https" that out ends in.
func schemeLen(out []byte) int {
	for _, scheme := range []string{"http", "https"} {
		if hasSuffixFold(out, scheme) {
			return len(scheme)
		}
	}
	return 0
}

// endsInWord tells that out ends in the given word and not in a longer one.
func endsInWord(out []byte, word string) bool {
	if !hasSuffixFold(out, word) {
		return false
	}
	before := len(out) - len(word) - 1
	return before < 0 || !isWord(out[before]) && out[before] != '.' && out[before] != '-' && out[before] != '@'
}

// hasSuffixFold ignores case in ASCII; suffix is in lower case.
func hasSuffixFold(out []byte, suffix string) bool {
	if len(out) < len(suffix) {
		return false
	}
	out = out[len(out)-len(suffix):]
	for i := range len(suffix) {
		c := out[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != suffix[i] {
			return false
		}
	}
	return true
}

// linkLen returns how much of s, which follows "https://" or "www.", belongs
// to the link. A link ends before a character that no link has, and
// punctuation at its end belongs to the sentence. Twitter's own short links
// hold letters and digits alone, so that "https://t.co/a1B2/JP" keeps its
// sign-off.
func linkLen(s string) int {
	if len(s) > 5 && strings.EqualFold(s[:5], "t.co/") {
		return 5 + wordLen(s[5:])
	}
	n := 0
	for n < len(s) && s[n] > ' ' && s[n] < 0x7f && !strings.ContainsRune("<>\"`{}|\\^", rune(s[n])) {
		n++
	}
	for n > 0 && strings.IndexByte(".,!?;:'()[]*~_-", s[n-1]) >= 0 {
		n--
	}
	return n
}
