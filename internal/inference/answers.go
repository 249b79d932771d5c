package inference

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode"

	"switchboard/internal/dataset"
)

// answers finds the label that an answer means. Models dress their answers up: they
// quote them, put an @ before them and a full stop behind, or say what they are
// about to say.
type answers struct {
	exact map[string]bool
	// folded finds labels whatever their case and blanks; "" stands for several.
	folded map[string]string
}

// answersOf adds [dataset.Unknown], which is always an answer.
func answersOf(list []string) answers {
	l := answers{exact: map[string]bool{}, folded: map[string]string{}}
	for _, label := range append([]string{dataset.Unknown}, list...) {
		if l.exact[label] {
			continue
		}
		l.exact[label] = true
		key := fold(label)
		if _, taken := l.folded[key]; taken {
			l.folded[key] = ""
			continue
		}
		l.folded[key] = label
	}
	return l
}

// fold makes words that differ in case, blanks or a leading @ the same.
func fold(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(strings.TrimPrefix(strings.TrimSpace(s), "@")), ""))
}

// match returns the label that an answer means, "" if none or more than one is
// possible. What stands around it is taken off layer by layer, and the answer is a
// label as soon as exactly one fits: a label that has quotes or a full stop itself
// is found before they are taken off. An answer that says more than a label, such as
// a sentence with a reason, is none: which of its words is the answer would be a
// guess.
func (l answers) match(answer string) string {
	if l.exact[answer] {
		return answer
	}
	answer = markers.ReplaceAllString(thought.ReplaceAllString(answer, ""), "")
	for range mostLayers {
		answer = strings.TrimFunc(answer, isBlank)
		if l.exact[answer] {
			return answer
		}
		if label, known := l.folded[fold(answer)]; known {
			return label
		}
		inner := peel(answer)
		if inner == answer || inner == "" {
			return ""
		}
		answer = inner
	}
	return ""
}

// mostLayers bounds what is taken off: nobody dresses an answer up that often.
const mostLayers = 16

// isBlank holds for white space, and for what is written and not seen.
func isBlank(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

var (
	// announced is what stands before an answer: Company: X, The answer is X.
	announced = regexp.MustCompile(`(?is)^(?:the |this |that |my |final )*(?:company|answer|label|brand|handle|name|class|category|output|result|prediction|response|assistant|it|this|that)(?:['’]s)?(?: name| handle| label)?\s*(?::|：|=|-+>?|–|—|→|\bis\b:?|(?:['’]s)\b)\s*(.+)$`)
	// heading is Markdown's # before a line, or its sign for a list.
	heading = regexp.MustCompile(`(?s)^(?:#{1,6}|[-*•>]|\d{1,2}[.)])\s+(.+)$`)
	// stressed is what stands before an answer in Markdown: **Company:** X.
	stressed = regexp.MustCompile(`(?s)^(?:\*{1,2}|_{1,2})([\w ]{1,40})(?::(?:\*{1,2}|_{1,2})|(?:\*{1,2}|_{1,2})\s*:)\s*(.+)$`)
	// thought is what a model that reasons says to itself before it answers.
	thought = regexp.MustCompile(`(?is)^\s*<(?:think|thinking|reasoning)>.*?</(?:think|thinking|reasoning)>`)
	// markers are the ends of turns that some servers leave in.
	markers = regexp.MustCompile(`(?i)<\|[^|<>]{0,40}\|>|</?s>|<(?:eos|bos|pad|end_of_turn)>`)
	// tagged is a text between tags, or behind one.
	tagged = regexp.MustCompile(`(?s)^<([A-Za-z][\w-]{0,30})(?:\s[^<>]{0,80})?>(.*?)(?:</([A-Za-z][\w-]{0,30})>)?$`)
	fenced = regexp.MustCompile("(?s)^```[a-z]*\\s(.*?)\\s?```$")
)

// pairs are the quotes that are around a word, and Markdown's stress.
var pairs = [][2]string{
	{`**`, `**`}, {`__`, `__`}, {`*`, `*`}, {`_`, `_`}, {"`", "`"}, {`"`, `"`}, {`'`, `'`}, {`“`, `”`}, {`„`, `“`}, {`„`, `”`}, {`”`, `”`},
	{`‘`, `’`}, {`‚`, `‘`}, {`’`, `’`}, {`«`, `»`}, {`»`, `«`}, {`‹`, `›`}, {`「`, `」`}, {`(`, `)`}, {`[`, `]`},
}

// peel takes one layer off.
func peel(s string) string {
	if inner, ok := fromJSON(s); ok {
		return inner
	}
	if m := fenced.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	if m := tagged.FindStringSubmatch(s); m != nil && (m[3] == "" && !strings.Contains(m[2], "</") || strings.EqualFold(m[1], m[3])) {
		return m[2]
	}
	for _, p := range pairs {
		if len(s) > len(p[0])+len(p[1]) && strings.HasPrefix(s, p[0]) && strings.HasSuffix(s, p[1]) {
			return s[len(p[0]) : len(s)-len(p[1])]
		}
	}
	if trimmed := strings.TrimRight(s, ".,;:!?…。！"); trimmed != s {
		return trimmed
	}
	if trimmed := strings.TrimLeft(s, "@#"); trimmed != s {
		return trimmed
	}
	if m := announced.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	if m := stressed.FindStringSubmatch(s); m != nil {
		return m[1] + ": " + m[2]
	}
	if m := heading.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return s
}

// fromJSON reads an answer that is one string in JSON: alone, or as the only value
// of an object or a list.
func fromJSON(s string) (string, bool) {
	var value any
	if s == "" || !strings.ContainsRune(`{["`, rune(s[0])) || json.Unmarshal([]byte(s), &value) != nil {
		return "", false
	}
	switch v := value.(type) {
	case map[string]any:
		if len(v) == 1 {
			for _, only := range v {
				value = only
			}
		}
	case []any:
		if len(v) == 1 {
			value = v[0]
		}
	}
	text, ok := value.(string)
	return text, ok
}
