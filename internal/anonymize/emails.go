package anonymize

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// emails finds e-mail addresses: the part of RFC 5321 that people use, and
// hosts with letters of any script (RFC 5890).
func (t *tweet) emails() {
	s := t.text
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '@')
		if i < 0 {
			return
		}
		i += from
		start, end := localStart(s, from, i), hostEnd(s, i+1)
		if start < i && s[i-1] != '.' && end > 0 {
			t.add("email", Email, start, end)
		}
		from = max(end, i+1)
	}
}

// localStart returns where the local part that ends before i begins, not
// before from.
func localStart(s string, from, i int) int {
	start := i
	for start > from {
		r, n := utf8.DecodeLastRuneInString(s[from:start])
		if start < i && isAlnum(s[start]) && isCaseless(r) {
			break // "メールはjo@example.com"
		}
		if !isLocal(r) && !(isApostrophe(r) && start < i && start-n > from && charKind(s, start) != notWord && endsInLetter(s[:start-n])) {
			break
		}
		start -= n
	}
	for start < i && strings.IndexByte(".-+%", s[start]) >= 0 {
		start++
	}
	return start
}

// isCaseless tells a letter of a script that writes no spaces and has no
// capitals, where an address in Latin letters stands without a gap.
func isCaseless(r rune) bool {
	return r >= utf8.RuneSelf && unicode.IsLetter(r) && !unicode.IsLower(r) && !unicode.IsUpper(r)
}

func isApostrophe(r rune) bool { return r == '\'' || r == '’' }

func endsInLetter(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsLetter(r)
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

func isLocal(r rune) bool {
	if r < utf8.RuneSelf {
		return isAlnum(byte(r)) || strings.IndexByte("._%+-&", byte(r)) >= 0
	}
	return unicode.IsLetter(r) || unicode.IsMark(r)
}

// hostEnd returns where the host name that begins at i ends, 0 if there is
// none. A host is labels with dots between them, the last of two letters or
// more; what cannot belong to its last label ("example.com-thanks") does not
// belong to it.
func hostEnd(s string, i int) int {
	end, label, dots := 0, i, 0
	for at := i; ; {
		r, n := utf8.DecodeRuneInString(s[at:])
		if n > 0 && (r < utf8.RuneSelf && (isAlnum(byte(r)) || r == '-') || r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r))) {
			at += n
			continue
		}
		part := s[label:at]
		if part == "" || part[0] == '-' {
			return end
		}
		if dots > 0 {
			if letters := topLevel(part); letters > 0 {
				end = label + letters
			}
		}
		if r != '.' {
			return end
		}
		dots++
		at++
		label = at
	}
}

// topLevel returns how much of a label is a top-level domain, 0 if none of it.
func topLevel(label string) int {
	if strings.HasPrefix(strings.ToLower(label), "xn--") {
		return len(strings.TrimRight(label, "-"))
	}
	latin := label != "" && label[0] < utf8.RuneSelf
	end := strings.IndexFunc(label, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) || latin && isCaseless(r) })
	if end < 0 {
		end = len(label)
	}
	if utf8.RuneCountInString(label[:end]) < 2 || end < len(label) && isAlnum(label[end]) {
		return 0
	}
	return end
}

// providers are hosts where people have their mail and do nothing else, so
// that "jo at gmail.com" is an address though "shop at example.com" is none.
var providers = map[string]bool{
	"gmail": true, "googlemail": true, "yahoo": true, "ymail": true, "rocketmail": true, "hotmail": true, "outlook": true,
	"live": true, "msn": true, "icloud": true, "aol": true, "gmx": true, "protonmail": true, "proton": true, "fastmail": true,
	"rediffmail": true, "btinternet": true, "comcast": true, "t-online": true, "libero": true, "laposte": true,
}

// spelled finds an address whose @ is written as a word, the one at i: "jo
// (at) example.com", "jo [at] example dot com" and, where something else says
// that it is an address, "jo at example dot com".
func (t *tweet) spelled(i int) {
	if i == 0 || i+1 >= len(t.words) {
		return
	}
	bracketed := t.isBracketed(i)
	if !bracketed && (t.gap(i) != " " || t.gap(i+1) != " ") {
		return
	}
	start := t.spelledLocal(i)
	end, dotted := t.spelledHost(i + 1)
	if start < 0 || end == 0 || !bracketed && !t.isAddressed(i, start, dotted) {
		return
	}
	t.add("email", Email, start, end)
}

// isBracketed tells that brackets stand around the word at i: "(at)".
func (t *tweet) isBracketed(i int) bool {
	switch strings.TrimSpace(t.gap(i)) + strings.TrimSpace(t.gap(i+1)) {
	case "()", "[]", "{}", "<>":
		return true
	}
	return false
}

// isAddressed tells whether "at", the word at i, with a local part that begins
// at start, makes an address without brackets: "we met at example dot com" has
// an ordinary word before it, and "becky99 at example.com" nothing that says
// so.
func (t *tweet) isAddressed(i, start int, dotted bool) bool {
	local, host := t.words[i-1], t.words[i+1]
	single := start == local.start
	switch {
	case single && local.class&common != 0:
		return false
	case t.hasMail(i - 1), providers[strings.ToLower(t.text[host.start:host.end])]:
		return true
	}
	return dotted && (!single || local.shape == other)
}

// hasMail tells that the sentence speaks of mail shortly before word i.
func (t *tweet) hasMail(i int) bool {
	for j := i - 1; j >= max(0, i-4) && !strings.ContainsAny(t.gap(j+1), ".!?"); j-- {
		if t.words[j].class&mails != 0 {
			return true
		}
	}
	return false
}

// spelledLocal returns where the local part before "at", the word at i,
// begins: the word, and what dots, hyphens or a "dot" join to it.
func (t *tweet) spelledLocal(i int) int {
	j := i - 1
	if t.words[j].possessive {
		return -1
	}
	for j > 0 {
		switch gap := t.gap(j); {
		case gap == "." || gap == "-" || gap == "+":
			j--
		case j > 1 && t.isFold(j-1, "dot") && t.isDot(j-1):
			j -= 2
		default:
			return t.words[j].start
		}
	}
	return t.words[j].start
}

// spelledHost returns where the host whose first label is the word at i ends,
// and whether a dot of it is written as a word.
func (t *tweet) spelledHost(i int) (end int, dotted bool) {
	for dots := 0; ; {
		w := t.words[i]
		if dots > 0 {
			if n := topLevel(t.text[w.start:w.end]); n == w.end-w.start {
				end = w.end
			}
		}
		switch {
		case i+1 < len(t.words) && t.gap(i+1) == "-":
			i++
		case i+1 < len(t.words) && t.gap(i+1) == ".":
			dots++
			i++
		case i+2 < len(t.words) && t.isFold(i+1, "dot") && t.isDot(i+1):
			dotted = true
			dots++
			i += 2
		default:
			return end, dotted
		}
	}
}

// isDot tells that "dot", the word at i, has spaces or brackets on both sides.
func (t *tweet) isDot(i int) bool {
	return t.isBracketed(i) || t.gap(i) == " " && t.gap(i+1) == " "
}

// isFold tells that the word at i is s, whatever its case.
func (t *tweet) isFold(i int, s string) bool {
	w := t.words[i]
	return w.end-w.start == len(s) && strings.EqualFold(t.text[w.start:w.end], s)
}
