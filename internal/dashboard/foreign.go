package dashboard

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/problem"
)

// sentence is one that another package makes, and what a page says instead: to whom
// it is shown has no terminal, and may read another language.
type sentence struct {
	// says is the sentence as it is made, with the verbs of package fmt.
	says string
	// page is one of the page's texts, in which {1} is the first value of the sentence.
	page string
	// part tells that it stands within other sentences only.
	part bool

	matches *regexp.Regexp
	verbs   []string
}

// verb matches one of package fmt, and the percent sign that is doubled.
var verb = regexp.MustCompile(`%%|%[-+# 0-9.]*[a-z]`)

// Values as the verbs write them.
const (
	wholeNumber = `(-?\d+)`
	number      = `([-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?|NaN)`
	quotedText  = `("(?:[^"\\]|\\.)*")`
	anything    = `(.*?)`
)

// compiled makes sentences ready to be found.
func compiled(all []sentence) []sentence {
	for i := range all {
		s := &all[i]
		var b strings.Builder
		at := 0
		for _, found := range verb.FindAllStringIndex(s.says, -1) {
			v := s.says[found[0]:found[1]]
			b.WriteString(regexp.QuoteMeta(s.says[at:found[0]]))
			at = found[1]
			if v == "%%" {
				b.WriteString("%")
				continue
			}
			s.verbs = append(s.verbs, v)
			switch v[len(v)-1] {
			case 'd':
				b.WriteString(wholeNumber)
			case 'f', 'g':
				b.WriteString(number)
			case 'q':
				b.WriteString(quotedText)
			default:
				b.WriteString(anything)
			}
		}
		b.WriteString(regexp.QuoteMeta(s.says[at:]))
		s.matches = regexp.MustCompile("(?s)^" + b.String() + "$")
	}
	return all
}

// inBrackets is what a person said, with what a retraining had said in brackets. Only
// where that is a sentence which is known it is taken for one.
const inBrackets = "%s (%s)"

// say returns a sentence of another package in the reader's language, and false where
// it is not known.
func (v *visit) say(said string) (string, bool) { return v.find(said, false) }

// find returns a sentence in the reader's language, or a part of one.
func (v *visit) find(said string, part bool) (string, bool) {
	for i := range sentences {
		s := &sentences[i]
		if s.part && !part {
			continue
		}
		values := s.matches.FindStringSubmatch(said)
		if values == nil {
			continue
		}
		if s.says == inBrackets {
			if _, known := v.say(values[2]); !known {
				continue
			}
		}
		return v.fill(s, values[1:]), true
	}
	return "", false
}

// fill puts the values of a sentence into what the page says instead.
func (v *visit) fill(s *sentence, values []string) string {
	pairs := make([]string, 0, 2*len(values))
	for i, value := range values {
		pairs = append(pairs, "{"+strconv.Itoa(i+1)+"}", v.value(s.verbs[i], value))
	}
	return tidy(strings.NewReplacer(pairs...).Replace(v.lang.text(s.page)))
}

// tidy takes the stop from a sentence that stands within another one.
func tidy(text string) string {
	return strings.NewReplacer("..", ".", ".)", ")", ".,", ",", ".;", ";").Replace(text)
}

// value is one of a sentence in the reader's language: a number has their signs, and
// text that is a sentence itself is said as one.
func (v *visit) value(verb, value string) string {
	switch verb[len(verb)-1] {
	case 'd':
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return v.lang.printer.Sprintf("%d", n)
		}
	case 'f', 'g':
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			return v.lang.printer.Sprintf(strings.Replace(verb, "g", "v", 1), n)
		}
	case 'q':
		if text, err := strconv.Unquote(value); err == nil {
			return text
		}
	default:
		if amount, ok := v.amount(value); ok {
			return amount
		}
		if text, known := v.find(value, true); known {
			return text
		}
		if d, err := time.ParseDuration(value); err == nil {
			return v.span(d)
		}
	}
	return value
}

// Numbers as programs write them for people.
var (
	writtenNumber = regexp.MustCompile(`^\d{1,3}(,\d{3})*$`)
	writtenShare  = regexp.MustCompile(`^\d{1,3}\.\d%$`)
)

// amount is a number with the signs of the reader's language.
func (v *visit) amount(value string) (string, bool) {
	digits := strings.NewReplacer(",", "", "%", "").Replace(value)
	switch {
	case writtenNumber.MatchString(value):
		n, err := strconv.ParseInt(digits, 10, 64)
		return v.lang.printer.Sprintf("%d", n), err == nil
	case writtenShare.MatchString(value):
		n, err := strconv.ParseFloat(digits, 64)
		return v.lang.printer.Sprintf("%.1f", n) + "%", err == nil
	}
	return "", false
}

// Said is a sentence that a program has kept, such as why a model was promoted, or what
// a person wrote there, who wrote it in their own language.
func (p *page) Said(said string) string { return p.visit.said(said) }

func (v *visit) said(said string) string {
	if text, known := v.say(said); known {
		return text
	}
	return said
}

// answerTexts say why a call has no answer, by the codes of providers; those of calls
// that were given up are among [reasonTexts].
var answerTexts = map[string]string{
	"rate_limited": text("too many questions at once"), "server_error": text("an error at the provider"), "timeout": text("no answer in time"), "connection": text("the provider was not reached"),
	"malformed_response": text("an answer that makes no sense"), "quota_exhausted": text("the quota at the provider is used up"), "unauthorized": text("the provider does not know the key"),
	"forbidden": text("the provider does not allow it"), "not_found": text("the model is not at the provider"), "text_too_long": text("too much was said for the model"),
	"text_filtered": text("the provider's filter refused the text"), "invalid_request": text("the provider cannot use the question"),
}

// Because says why a call has no answer.
func (p *page) Because(code string) string {
	if known, ok := answerTexts[code]; ok {
		return p.visit.T(known)
	}
	return word(p.visit, reasonTexts, code)
}

// toldProblem is a problem in the reader's language.
type toldProblem struct {
	kind problem.Kind
	text string
	// program is what the programs say of it, in English; empty if the text says it all.
	program string
}

func (t *toldProblem) Error() string { return t.text }

// Unwrap lets a problem be told by its kind.
func (t *toldProblem) Unwrap() error { return &problem.Error{Kind: t.kind, Text: t.text} }

// problemTexts are what can be said of a problem of which nothing but its kind is known.
var problemTexts = map[problem.Kind]string{
	problem.BadInput:    text("This cannot be done with what was given."),
	problem.Environment: text("Something that this needs is missing or does not answer. Try again in a while, and ask whoever looks after Switchboard if that does not help."),
	problem.Refused:     text("This was refused, and trying again will not help. Ask whoever looks after Switchboard."),
}

// tell returns a problem in the reader's language: as it is known there, or by its kind
// alone, with what the programs say for whoever looks after them. Other errors stay as
// they are.
func (v *visit) tell(err error) error {
	var already *toldProblem
	var p *problem.Error
	if err == nil || errors.As(err, &already) || !errors.As(err, &p) {
		return err
	}
	if text, known := v.say(p.Error()); known {
		return &toldProblem{kind: p.Kind, text: text}
	}
	return &toldProblem{p.Kind, v.T(problemTexts[p.Kind]), sentenceOf(p.Error())}
}

// failWith shows a problem.
func (v *visit) failWith(err error, kind problem.Kind) {
	status := http.StatusServiceUnavailable
	if kind == problem.BadInput {
		status = http.StatusBadRequest
	} else {
		v.Log.Warn("a page could not be shown", "path", v.pattern(), "error", err)
	}
	var t *toldProblem
	var p *problem.Error
	if !errors.As(err, &t) && kind == problem.BadInput && errors.As(err, &p) {
		if _, known := v.say(p.Error()); !known {
			// The page has said it itself.
			v.problem(status, sentenceOf(p.Error()))
			return
		}
	}
	if errors.As(v.tell(err), &t) {
		v.showProblem(status, problemPage{Text: t.text, Told: t.program})
	}
}

// failure says why a run failed: as it is known in the reader's language, or by its
// kind alone, with what the programs say for whoever looks after them.
func (v *visit) failure(err error) (text, program string) {
	if err == nil {
		return "", ""
	}
	if text, known := v.say(err.Error()); known {
		return text, ""
	}
	kind, _ := problem.KindOf(err)
	switch kind {
	case problem.BadInput:
		text = v.T("The run could not work with what it was given.")
	case problem.Environment:
		text = v.T("Something that the run needs is missing, or did not answer.")
	case problem.Refused:
		text = v.T("The provider of the models, or a check, refused what the run asked for.")
	default:
		text = v.T("The run failed for a reason that this page does not know.")
	}
	return text, sentenceOf(err.Error())
}
