package anonymize

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/text"
)

// emails finds e-mail addresses: the part of RFC 5321 that people use, hosts with
// letters of any script (RFC 5890), and addresses with a slip in them (see
// [text.Address]).
func (t *tweet) emails() {
	s, from := t.text, 0 // from is where the last address ends
	for i, size := nextAt(s, 0); size > 0; i, size = nextAt(s, max(from, i+size)) {
		start, end := localStart(s, from, i), hostEnd(s, i+size)
		intact := start < i && s[i-1] != '.' && end > 0 && size == 1
		if !intact || end < len(s) && strings.IndexByte(" ,.;([{", s[end]) >= 0 {
			before, after := text.Address(s[from:i], s[i+size:])
			switch {
			case before > 0 && intact:
				end = max(end, i+size+after)
			case before > 0 && !t.isOrdinary(i-before, i, i+size):
				start, end = i-before, i+size+after
			case !intact:
				continue
			}
		}
		t.add("email", Email, start, end)
		from = end
	}
}

// nextAt returns where the next @ stands, or one of the signs for it, and its size;
// 0 if there is none.
func nextAt(s string, from int) (i, size int) {
	i = len(s)
	for _, sign := range []string{"@", "＠", "﹫"} {
		if n := strings.Index(s[from:i], sign); n >= 0 {
			i, size = from+n, len(sign)
		}
	}
	return i, size
}

// isOrdinary tells that an ordinary word stands at start, before the blank and the @ at
// i or the blank at next behind the @, and that nothing speaks of mail: "lunch @
// example.com".
func (t *tweet) isOrdinary(start, i, next int) bool {
	if s := t.text; s[i-1] != ' ' && (next >= len(s) || s[next] != ' ') {
		return false
	}
	at := slices.IndexFunc(t.words, func(w word) bool { return w.start == start })
	return at >= 0 && t.words[at].end >= i-1 && t.words[at].class&common != 0 && !t.hasMail(at)
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

// spelled finds an address whose @ is written as a word, the one at i: "jo
// (at) example.com", "jo [at] example dot com" and, where something else says
// that it is an address, "jo at example dot com".
func (t *tweet) spelled(i int) {
	if i == 0 || i+1 >= len(t.words) {
		return
	}
	bracketed := t.isBracketed(i)
	hyphens := t.gap(i) == "-" && t.gap(i+1) == "-" && text.IsMailHost(strings.ToLower(t.text[t.words[i+1].start:t.words[i+1].end]))
	if !bracketed && !hyphens && (t.gap(i) != " " || t.gap(i+1) != " ") {
		return
	}
	start := t.spelledLocal(i)
	end, dotted := t.spelledHost(i + 1)
	if bracketed && end == 0 { // "jo (at) example,com"
		local, host := t.words[i-1], t.words[i+1]
		if _, after := text.Address(t.text[start:local.end], t.text[host.start:]); start >= 0 && after > 0 {
			end = host.start + after
		}
	}
	if start < 0 || end == 0 || !bracketed && !hyphens && !t.isAddressed(i, start, dotted) {
		return
	}
	t.add("email", Email, start, end)
}

// underscored finds the address in "jo_at_example_dot_com", the word at i.
func (t *tweet) underscored(i int) {
	w := t.words[i]
	s := strings.ToLower(t.text[w.start:w.end])
	local, host, ok := strings.Cut(s, "_at_")
	if dot := strings.LastIndex(host, "_dot_"); ok && local != "" && dot > 0 && topLevel(host[dot+5:]) == len(host)-dot-5 {
		t.add("email", Email, w.start, w.end)
	}
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
	case dotted && t.words[i].shape == upper && local.shape != upper: // "jo AT example DOT com"
		return true
	case single && local.class&common != 0:
		return false
	case t.hasMail(i - 1), text.IsMailHost(strings.ToLower(t.text[host.start:host.end])):
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
		case j > 1 && t.isDot(j-1):
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
		case i+2 < len(t.words) && t.isDot(i+1):
			dotted = true
			dots++
			i += 2
		default:
			return end, dotted
		}
	}
}

// isDot tells that the word at i is "dot", in one of several languages, with spaces or
// brackets on both sides.
func (t *tweet) isDot(i int) bool {
	if !t.isFold(i, "dot") && !t.isFold(i, "punto") && !t.isFold(i, "ponto") && !t.isFold(i, "punkt") {
		return false
	}
	return t.isBracketed(i) || t.gap(i) == " " && t.gap(i+1) == " "
}

// isFold tells that the word at i is s, whatever its case.
func (t *tweet) isFold(i int, s string) bool {
	w := t.words[i]
	return w.end-w.start == len(s) && strings.EqualFold(t.text[w.start:w.end], s)
}
