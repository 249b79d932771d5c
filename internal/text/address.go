package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Address tells how much of the text before an @ and of the text behind it is an
// e-mail address that is not written as it should be: with blanks or brackets around
// the @, with a comma, a blank or a word for a dot, without the last label, with a
// local part in quotation marks. It returns lengths in bytes, what stands between
// included, and zeros if there is no address. [Clean] keeps the @ of such an address,
// and the anonymizer replaces the whole of it; both ask here, so that they agree.
//
// The @ may be any of the signs for it, such as the full-width one.
func Address(left, right string) (before, after int) {
	a := slip{left: left, right: right}
	if !a.sign() || !a.local() || !a.host() || !a.isMeant() {
		return 0, 0
	}
	return len(left) - a.start, a.end
}

// slip is an address with its @ taken out.
type slip struct {
	left, right string

	// Around the @.
	spacedLeft, spacedRight bool
	doubled                 bool
	l, r                    int // where the local part ends in left and the host begins in right

	// The local part.
	start     int
	name      string
	quoted    bool
	endsInDot bool

	// The host.
	end      int
	whole    bool // with dots where they belong
	spaced   bool // a blank stands for a dot
	parted   bool // a word, or a dot between blanks, stands for a dot
	bare     bool // a mail provider without the last label
	known    bool // the last label is one of topLevels
	provider bool
}

// maxBlanks bounds the blanks around an @.
const maxBlanks = 3

// sign passes over what stands around the @.
func (a *slip) sign() bool {
	l := strings.TrimRight(a.left, " ")
	r := strings.TrimLeft(a.right, " \t\r\n")
	if l != "" && r != "" && strings.Contains("() [] {} <>", l[len(l)-1:]+r[:1]) && strings.IndexByte("([{<", l[len(l)-1]) >= 0 { //nolint:gocritic // the list of pairs comes first
		l, r = strings.TrimRight(l[:len(l)-1], " "), strings.TrimLeft(r[1:], " \t\r\n")
	} else {
		a.spacedLeft, a.spacedRight = len(l) < len(a.left), len(r) < len(a.right)
	}
	if strings.HasSuffix(l, "@") && !a.spacedLeft {
		a.doubled = true
		l = l[:len(l)-1]
	}
	a.l, a.r = len(l), len(a.right)-len(r)
	return len(a.left)-a.l <= maxBlanks+2 && a.r <= maxBlanks+2
}

// local finds the local part before the @.
func (a *slip) local() bool {
	l := a.left[:a.l]
	if rest, ok := strings.CutSuffix(l, `"`); ok {
		start := strings.LastIndexByte(rest, '"')
		if start < 0 || start+1 == len(rest) || len(rest)-start > 64 || strings.ContainsAny(rest[start+1:], "@<>") {
			return false
		}
		a.start, a.name, a.quoted = start, rest[start+1:], true
		return true
	}
	start := len(l)
	for start > 0 {
		r, n := utf8.DecodeLastRuneInString(l[:start])
		if r < utf8.RuneSelf && !isWord(byte(r)) && strings.IndexByte(".-+%", byte(r)) < 0 || r >= utf8.RuneSelf && r != '．' && !unicode.IsLower(r) && !unicode.IsUpper(r) && !unicode.IsDigit(r) {
			break
		}
		start -= n
	}
	if start > 0 && l[start-1] == '@' {
		return false
	}
	start += len(l[start:]) - len(strings.TrimLeft(l[start:], ".-+%_"))
	if start == len(l) || len(l)-start > 64 {
		return false
	}
	a.start, a.name = start, strings.TrimRight(l[start:], ".")
	a.endsInDot = len(a.name) < len(l)-start
	return a.name != ""
}

// host finds the host behind the @: labels with dots between them or what people
// write for a dot.
func (a *slip) host() bool {
	s := a.right[a.r:]
	first := labelLen(s)
	if first == 0 || s[0] == '-' || first < len(s) && s[first] == '_' || !strings.ContainsFunc(s[:first], unicode.IsLetter) {
		return false // a customer's mention is a number
	}
	a.provider = IsMailHost(foldLabel(s[:first]))
	whole, spaced, parted := true, false, false
	last := ""
	for at := first; ; {
		dot := dotAt(s[at:])
		n := labelLen(s[at+dot.len:])
		if dot.len == 0 || n == 0 || s[at+dot.len] == '-' {
			break
		}
		label := foldLabel(s[at+dot.len : at+dot.len+n])
		top := topLevels[label]
		if dot.kind != properDot && (a.known && last != "co" || a.end > 0 && a.end-a.r == at && dot.kind == spelledDot && top == 0) {
			break // a whole host, and the sentence goes on
		}
		if dot.kind != properDot && dot.kind != comma && isCapitalized(s[at+dot.len:]) {
			break
		}
		if dot.kind != properDot && dot.kind != spelledDot && !(top == sureTop || top == countryTop && (a.provider || dot.kind == comma) || top != 0 && a.end > 0 || label == "co" || label == "com") {
			break // the sentence goes on
		}
		last = label
		whole = whole && dot.kind == properDot
		parted = parted || dot.kind == spelledDot
		spaced = spaced || dot.kind == blankAlone
		at += dot.len + n
		if top == countryTop && dot.kind == spelledDot && strings.TrimLeft(s[at-dot.len-n:], " ")[0] == '.' && !a.provider {
			continue
		}
		if top != 0 || whole && isTop(s[at-n:at]) {
			a.end, a.known, a.whole, a.spaced, a.parted = a.r+at, top != 0, whole, spaced, parted
		}
	}
	if a.end == 0 && a.provider {
		a.end, a.bare = a.r+first, true
	}
	return a.end > 0
}

// isMeant tells whether the parts make an address rather than a name before a mention
// ("thanks @Acme.com") or a place ("lunch @ home.com").
func (a *slip) isMeant() bool {
	name := strings.ToLower(a.name)
	hinted := hasMail(a.left[max(0, a.start-24):a.start])
	letters := strings.ContainsFunc(name, unicode.IsLetter)
	punctuated := letters && strings.ContainsAny(name, "._+．")
	marked := punctuated || letters && strings.ContainsFunc(name, unicode.IsDigit)
	spacedSign := a.spacedLeft || a.spacedRight
	switch {
	case a.bare:
		return !spacedSign && !a.endsInDot && !a.quoted && !beforeAt[name] && (marked || hinted)
	case a.spaced && !a.provider, a.spaced && spacedSign && !marked && !hinted:
		return false
	case a.quoted, a.doubled:
		return a.known && a.whole && !spacedSign
	case a.endsInDot:
		return a.known && !spacedSign && (marked || a.provider)
	case !spacedSign:
		return a.whole || a.known && !beforeAt[name]
	case !a.known || beforeAt[name] || IsMailHost(name):
		return false
	case hinted || punctuated || letters && (a.parted || a.isAlone()):
		return true
	case a.provider:
		return letters
	}
	return !a.spacedLeft && letters && (marked || len(name) > 2)
}

// isAlone tells that the text has nothing but the address.
func (a *slip) isAlone() bool {
	return strings.Trim(a.left[:a.start], " <(") == "" && strings.Trim(a.right[a.end:], " .!>)") == ""
}

// isCapitalized tells a word with a capital and small letters behind it.
func isCapitalized(s string) bool {
	return len(s) > 1 && 'A' <= s[0] && s[0] <= 'Z' && 'a' <= s[1] && s[1] <= 'z'
}

// hasMail tells that the text speaks of mail.
func hasMail(s string) bool {
	s = strings.ToLower(s)
	for _, word := range []string{"mail", "correo", "address", "adresse", "contact", "reach"} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}

// beforeAt are words that stand before an @ that is no part of an address.
var beforeAt = map[string]bool{
	"on": true, "at": true, "me": true, "my": true, "in": true, "via": true, "to": true, "from": true, "is": true, "are": true,
	"the": true, "and": true, "or": true, "a": true, "an": true, "by": true, "with": true, "for": true, "of": true, "use": true,
	"us": true, "you": true, "your": true, "it": true, "this": true, "that": true, "mail": true, "email": true, "e-mail": true,
	"emails": true, "address": true, "account": true, "thanks": true, "thank": true, "thx": true, "hi": true, "hey": true,
	"hello": true, "dear": true, "love": true, "says": true, "said": true, "see": true, "look": true, "shop": true, "only": true,
	"live": true, "now": true, "here": true, "about": true, "like": true, "using": true, "cc": true, "visit": true, "check": true,
	"ordered": true, "bought": true, "called": true, "emailed": true, "get": true, "got": true, "why": true, "please": true,
}

// A dot is what stands between two labels.
type dot struct {
	len  int
	kind dotKind
}

type dotKind int

const (
	properDot  dotKind = iota
	spelledDot         // "dot", "(dot)", "[.]", " . "
	comma              // a comma or two dots, no blanks
	spacedDot          // a dot or a comma with a blank: a sentence may end there
	blankAlone         // a blank alone
)

// dotAt returns the dot that s begins with; its length is 0 if there is none.
func dotAt(s string) dot {
	for _, proper := range []string{".", "．"} {
		if rest, ok := strings.CutPrefix(s, proper); ok && labelLen(rest) > 0 {
			return dot{len(proper), properDot}
		}
	}
	blanks := blankLen(s)
	rest := s[blanks:]
	for _, word := range []string{"(dot)", "[dot]", "{dot}", "<dot>", "(.)", "[.]", "{.}"} {
		if len(rest) >= len(word) && strings.EqualFold(rest[:len(word)], word) {
			return dot{blanks + len(word) + blankLen(rest[len(word):]), spelledDot}
		}
	}
	if blanks > 0 {
		for _, word := range []string{"dot", "punto", "ponto", "punkt"} {
			if len(rest) > len(word) && strings.EqualFold(rest[:len(word)], word) {
				if behind := blankLen(rest[len(word):]); behind > 0 {
					return dot{blanks + len(word) + behind, spelledDot}
				}
			}
		}
	}
	if rest == "" {
		return dot{}
	}
	sign := strings.IndexByte(".,;", rest[0]) >= 0
	n := 0
	switch {
	case sign:
		n = 1
	case strings.HasPrefix(rest, "·"), strings.HasPrefix(rest, "，"), strings.HasPrefix(rest, "。"):
		_, n = utf8.DecodeRuneInString(rest)
	case blanks > 0:
		return dot{blanks, blankAlone}
	default:
		return dot{}
	}
	if strings.HasPrefix(rest, "..") {
		n = 2
	}
	behind := blankLen(rest[n:])
	switch {
	case blanks > 0 && behind > 0 && rest[0] == '.':
		return dot{blanks + n + behind, spelledDot}
	case blanks+behind > 0:
		return dot{blanks + n + behind, spacedDot}
	}
	return dot{n, comma}
}

// blankLen returns the length of the blanks that s begins with, 0 if there are more
// than maxBlanks.
func blankLen(s string) int {
	n := len(s) - len(strings.TrimLeft(s, " \t\r\n"))
	if n > maxBlanks {
		return 0
	}
	return n
}

// labelLen returns the length of the label of a host name that s begins with.
func labelLen(s string) int {
	for i, r := range s {
		if r < utf8.RuneSelf && (!isWord(byte(r)) || r == '_') && r != '-' || r >= utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) {
			return i
		}
	}
	return len(s)
}

// foldLabel returns a label in lower-case ASCII, "" if it cannot be.
func foldLabel(label string) string {
	b := make([]byte, 0, len(label))
	for _, r := range label {
		c := Fold(r)
		if c == 0 {
			return ""
		}
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		b = append(b, c)
	}
	return string(b)
}

// isTop tells a label that can be a host's last one.
func isTop(label string) bool {
	return utf8.RuneCountInString(label) >= 2 && isAlpha(label) || strings.HasPrefix(strings.ToLower(label), "xn--")
}

// What is known of a host's last label.
const (
	sureTop    = 1 // it is no word
	countryTop = 2 // it may be a word as well: "in", "de"
)

// topLevels are the last labels that an address with a slip in it is believed to end
// in.
var topLevels = func() map[string]int {
	known := map[string]int{}
	for _, label := range strings.Fields("com net org edu gov mil info biz uk co.uk ru ua fr nl ca au nz jp cn kr tw hk sg ph th vn br mx cl pe za ng pl cz sk hu ro bg gr tr dk fi pt eu ch lu rs hr lt lv ee qa sa ae ie il pk bd lk asia mobi museum cloud xyz") {
		known[label] = sureTop
	}
	for _, label := range strings.Fields("de es it at be se no is in us me io co tv ar id my to li ly app dev online email shop site store tech world name pro ai gg fm am") {
		known[label] = countryTop
	}
	return known
}()

// IsMailHost tells the first label, in lower case, of a host where people have their
// mail and do nothing else: "gmail", of gmail.com.
func IsMailHost(label string) bool { return mailHosts[label] }

var mailHosts = func() map[string]bool {
	known := map[string]bool{}
	for _, label := range strings.Fields("gmail googlemail yahoo ymail rocketmail hotmail outlook live msn icloud aol gmx protonmail proton fastmail rediffmail btinternet comcast t-online libero laposte") {
		known[label] = true
	}
	return known
}()
