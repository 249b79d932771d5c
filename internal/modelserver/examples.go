package modelserver

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"strings"
	"unicode/utf8"

	"switchboard/internal/classifier"
	"switchboard/internal/text"
)

// Limits on examples.
const (
	minExamples     = 10
	maxLineBytes    = 1 << 20
	maxTextBytes    = 256 << 10
	maxLabelBytes   = 200
	maxReportedBad  = 5
	byteOrderMark   = "\ufeff"
	roleUser        = "user"
	roleAssistant   = "assistant"
	roleSystem      = "system"
	roleDeveloper   = "developer"
	contentTypeText = "text"
)

// message is one message of an example or a chat.
type message struct {
	Role    string   `json:"role"`
	Content *content `json:"content"`
	// Weight 0 would ask OpenAI not to learn an answer.
	Weight *float64 `json:"weight"`
}

func (m message) text() string {
	if m.Content == nil {
		return ""
	}
	return string(*m.Content)
}

// content is a string, or a list of parts of type text, which are joined.
type content string

var errNotText = badParam("messages", "The content of a message must be a string, or a list of parts of type 'text'.")

// UnmarshalJSON implements [json.Unmarshaler].
func (c *content) UnmarshalJSON(raw []byte) error {
	if raw[0] == '"' {
		return json.Unmarshal(raw, (*string)(c))
	}
	var parts []struct {
		Type string  `json:"type"`
		Text *string `json:"text"`
	}
	if err := json.Unmarshal(raw, &parts); err != nil {
		return errNotText
	}
	var joined strings.Builder
	for _, p := range parts {
		if p.Type != contentTypeText || p.Text == nil {
			return errNotText
		}
		joined.WriteString(*p.Text)
	}
	*c = content(joined.String())
	return nil
}

// userText returns what is classified: the user messages, joined by line
// breaks, and false if there are none.
func userText(messages []message) (string, bool) {
	var texts []string
	for _, m := range messages {
		if m.Role == roleUser {
			texts = append(texts, m.text())
		}
	}
	return strings.Join(texts, "\n"), len(texts) > 0
}

func promptTokens(messages []message) int {
	count := 0
	for _, m := range messages {
		count += text.Words(m.text())
	}
	return count
}

// learner is given the examples of a file, line by line.
type learner interface {
	// add takes an example that a line has, and its tokens.
	add(row classifier.Example, tokens int)
	// repeat takes a line that was there before, letter by letter.
	repeat(known)
}

// known is what is kept of a line whose example was added: how many were added
// before it, its tokens and the bytes of its text.
type known struct{ number, tokens, textBytes int32 }

// examples are what a file has to teach.
type examples struct {
	// rows are the lines that are not alike, in the order in which each is there
	// first, with their weights. In a list for a trainer that takes lines, there is
	// a row for each line.
	rows []classifier.Example
	// asLines makes such a list, of which first has where each line that is not
	// alike is first.
	asLines bool
	first   []int
	lines   int
	tokens  int
}

func (e *examples) add(row classifier.Example, tokens int) {
	e.lines++
	e.tokens += tokens
	if e.asLines {
		e.first = append(e.first, len(e.rows))
	}
	row.Weight = 1
	e.rows = append(e.rows, row)
}

func (e *examples) repeat(l known) {
	e.lines++
	e.tokens += int(l.tokens)
	if e.asLines {
		e.rows = append(e.rows, e.rows[e.first[l.number]])
		return
	}
	e.rows[l.number].Weight++
}

// census counts the examples of a file of which none is kept.
type census struct {
	examples, textBytes, tokens int
	// distinct is how many of the examples are not alike, and distinctBytes are
	// those of their texts.
	distinct, distinctBytes int
	// labels are the different ones, of which one more than the most that are
	// possible is enough to know.
	labels map[string]bool
}

func (c *census) add(row classifier.Example, tokens int) {
	c.examples++
	c.textBytes += len(row.Text)
	c.tokens += tokens
	c.distinct++
	c.distinctBytes += len(row.Text)
	if c.labels == nil {
		c.labels = map[string]bool{}
	}
	if len(c.labels) <= classifier.MaxClasses {
		c.labels[row.Label] = true
	}
}

func (c *census) repeat(l known) {
	c.examples++
	c.textBytes += int(l.textBytes)
	c.tokens += int(l.tokens)
}

// check reports what makes a whole set of examples unfit for training.
func (c census) check() error {
	switch {
	case c.examples < minExamples:
		return &fileProblem{fmt.Sprintf("it has %d examples: at least %d are needed", c.examples, minExamples)}
	case len(c.labels) == 1:
		return &fileProblem{"all examples have the same label: at least 2 different ones are needed to tell apart"}
	case len(c.labels) > classifier.MaxClasses:
		return &fileProblem{fmt.Sprintf("it has at least %d different labels: at most %d are possible, and an answer must be one of them, not free text", len(c.labels), classifier.MaxClasses)}
	}
	return nil
}

// fileProblem says what is wrong with a file of examples, by line.
type fileProblem struct{ text string }

func (p *fileProblem) Error() string { return p.text }

// eachExample gives the examples of a JSONL file to a learner. A line that was there
// before is not read again. A [fileProblem] lists the first lines that are wrong, with
// reasons but without content; any other error is the reader's.
func eachExample(r io.Reader, to learner) error {
	var seeds [2]maphash.Seed
	for i := range seeds {
		seeds[i] = maphash.MakeSeed()
	}
	seen := map[[len(seeds)]uint64]known{}
	var bad []string
	badCount := 0
	err := eachLine(r, maxLineBytes, func(number int, text []byte) error {
		// Two hashes that nobody can foresee: no two lines have both.
		sum := [len(seeds)]uint64{maphash.Bytes(seeds[0], text), maphash.Bytes(seeds[1], text)}
		if l, again := seen[sum]; again {
			to.repeat(l)
			return nil
		}
		row, tokens, reason := parseExample(text)
		if reason != "" {
			if badCount++; badCount <= maxReportedBad {
				bad = append(bad, fmt.Sprintf("line %d: %s", number, reason))
			}
			return nil
		}
		seen[sum] = known{int32(len(seen)), int32(tokens), int32(len(row.Text))} // maxLineBytes bounds them
		to.add(row, tokens)
		return nil
	})
	var long longLineError
	switch {
	case errors.As(err, &long):
		badCount++
		bad = append(bad, fmt.Sprintf("line %d: longer than %d bytes (is it JSONL, with one example a line?)", int(long), maxLineBytes))
	case err != nil:
		return err
	}
	if badCount == 0 {
		return nil
	}
	if badCount > len(bad) {
		bad = append(bad, fmt.Sprintf("and %d more lines", badCount-len(bad)))
	}
	return &fileProblem{strings.Join(bad, "; ")}
}

// longLineError is the number of a line that is too long to go on.
type longLineError int

func (e longLineError) Error() string { return fmt.Sprintf("line %d is too long", int(e)) }

// eachLine calls visit with the lines of a JSONL file that are not blank, and
// their numbers, until visit returns an error. The line is visit's until it
// returns. A line of more than longest bytes ends it with a [longLineError];
// other errors are the reader's.
func eachLine(r io.Reader, longest int, visit func(number int, line []byte) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), longest)
	number := 0
	for lines.Scan() {
		number++
		line := bytes.TrimSpace(bytes.TrimPrefix(lines.Bytes(), []byte(byteOrderMark)))
		if len(line) == 0 {
			continue
		}
		if err := visit(number, line); err != nil {
			return err
		}
	}
	if err := lines.Err(); !errors.Is(err, bufio.ErrTooLong) {
		return err
	}
	return longLineError(number + 1)
}

// parseExample returns the example on one line and its tokens, or the reason
// why there is none.
func parseExample(line []byte) (row classifier.Example, tokens int, reason string) {
	if !utf8.Valid(line) {
		return row, 0, "not UTF-8"
	}
	var example struct {
		Messages []message `json:"messages"`
	}
	if err := json.Unmarshal(line, &example); err != nil {
		return row, 0, jsonReason(err)
	}
	messages := example.Messages
	if len(messages) == 0 {
		return row, 0, `no "messages"`
	}
	if reason := wrongMessage(messages); reason != "" {
		return row, 0, reason
	}
	answer := messages[len(messages)-1]
	text, asked := userText(messages)
	label := strings.TrimSpace(answer.text())
	switch {
	case !asked:
		return row, 0, "no user message: there is nothing to classify"
	case len(text) > maxTextBytes:
		return row, 0, fmt.Sprintf("the user's text has %d bytes: at most %d are possible", len(text), maxTextBytes)
	case label == "":
		return row, 0, "the assistant's message is empty: it must be the label"
	case len(label) > maxLabelBytes:
		return row, 0, fmt.Sprintf("the assistant's message has %d bytes: a label has at most %d", len(label), maxLabelBytes)
	case answer.Weight != nil && *answer.Weight == 0:
		return row, 0, "weight 0 is not supported: leave the example out"
	}
	return classifier.Example{Text: text, Label: label}, promptTokens(messages[:len(messages)-1]) + 1, ""
}

// wrongMessage says what is wrong with the first message that an example cannot have.
func wrongMessage(messages []message) (reason string) {
	for i, m := range messages {
		last := i == len(messages)-1
		switch m.Role {
		case roleSystem, roleDeveloper, roleUser:
			if last {
				return "the last message must be the assistant's: it is the label"
			}
		case roleAssistant:
			if !last {
				return "an assistant message that is not the last: an example has one label"
			}
		default:
			return fmt.Sprintf("message %d has an unknown role (known are system, developer, user and assistant)", i+1)
		}
		if m.Content == nil {
			return fmt.Sprintf("message %d has no content", i+1)
		}
	}
	return ""
}

// jsonReason says why a line is no example, without quoting it.
func jsonReason(err error) string {
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("not valid JSON (at byte %d)", syntax.Offset)
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return "not a JSON object"
	case errors.As(err, &wrongType):
		return fmt.Sprintf("%q has the wrong type", wrongType.Field)
	default:
		return "the content of a message is neither a string nor a list of text parts"
	}
}

// checkTraining reports what makes a whole set of examples unfit for training.
func checkTraining(e examples) error {
	c := census{}
	for _, row := range e.rows {
		c.add(row, 0)
	}
	c.examples = e.lines
	return c.check()
}
