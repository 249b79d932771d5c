package privacy

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/anonymize"
	"switchboard/internal/problem"
	"switchboard/internal/tweet"
)

// Initials are letters that an agent signs with. The anonymizer takes them for
// a person; they are labelled apart because they are found by other means, and
// give away less.
const Initials = "Initials"

// kinds are the kinds of a label, in the order of every table.
var kinds = []string{anonymize.Person, Initials, anonymize.Email, anonymize.Phone, anonymize.Card, anonymize.Iban, anonymize.Booking}

// spokenKinds are the kinds of a label that only calls have.
var spokenKinds = []string{anonymize.Address, anonymize.BirthDate, anonymize.Account, anonymize.NationalID, anonymize.Passport}

// Label is a personal detail in a text.
type Label struct {
	// Start and End are byte offsets, End exclusive.
	Start int `json:"start"`
	End   int `json:"end"`
	// Kind is [Initials] or one of the kinds of package anonymize.
	Kind string `json:"kind"`
}

// NoID stands for the id of a text that has none.
const NoID = -1

// Labelled is a text of which is known what personal details it holds.
type Labelled struct {
	// Line is where it was labelled, from 1.
	Line int
	// ID is the tweet's, or [NoID].
	ID int64
	// Thread is the same for the texts of one thread. A text whose Thread is
	// empty is a thread of its own.
	Thread string
	// Text is the tweet as it stands in the file, before it is cleaned.
	Text string
	// Labels are by offsets into Text, in order and without overlap.
	Labels []Label
}

// Bounds of what is read. A tweet is a few hundred bytes.
const (
	maxLine   = 1 << 20
	maxLabels = 1000 // of a text
)

// ReadLabelled reads labelled texts, one JSON object a line:
//
//	{"text": "Hi Liz, all fine? -JB", "spans": [{"start": 3, "end": 6, "kind": "Person"}, {"start": 19, "end": 21, "kind": "Initials"}]}
//	{"id": 4711, "spans": [], "thread": "4710", "sha256": "3f2b8a1c90d4e577"}
//
// A text that is not in its line is looked up by the tweet's id in the table,
// which may be nil if there is no such line. The optional thread is the same
// for texts of one thread. The optional sha256, the first 16 hexadecimal digits
// of the text's SHA-256, guards that the text is the one that was labelled.
// Empty lines are skipped.
//
// Whatever is wrong is a [problem.Error] with name and line, which quotes
// neither text nor id.
func ReadLabelled(r io.Reader, name string, table *tweet.Table) ([]Labelled, error) {
	rows := rowsByID(table)
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	var texts []Labelled
	labelled := map[int64]int{} // lines, by tweet
	n := 1
	for ; lines.Scan(); n++ {
		line := bytes.TrimPrefix(lines.Bytes(), []byte("\uFEFF"))
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		text, err := readLine(line, table, rows)
		if err != nil {
			return nil, problem.Input("%s, line %d: %w", name, n, err)
		}
		text.Line = n
		if first, ok := labelled[text.ID]; ok && text.ID != NoID {
			return nil, problem.Input("%s, line %d: line %d labels the same tweet: keep one of the two", name, n, first)
		}
		labelled[text.ID] = n
		texts = append(texts, text)
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, problem.Input("%s, line %d: longer than %d KiB: give one JSON object a line", name, n, maxLine>>10)
	case err != nil:
		return nil, fmt.Errorf("reading labelled texts: %w", err)
	case len(texts) == 0:
		return nil, problem.Input("%s holds no labelled text: give one JSON object a line", name)
	}
	return texts, nil
}

// rowsByID finds a tweet's row; of rows with one id the first is the tweet.
func rowsByID(table *tweet.Table) map[int64]int32 {
	if table == nil {
		return nil
	}
	rows := make(map[int64]int32, table.Rows())
	for row, id := range table.IDs() {
		if _, ok := rows[id]; !ok {
			rows[id] = int32(row)
		}
	}
	return rows
}

// readLine reads one line. Its errors are ends of a sentence.
func readLine(line []byte, table *tweet.Table, rows map[int64]int32) (Labelled, error) {
	var in struct {
		Text   *string `json:"text"`
		ID     *int64  `json:"id"`
		Thread string  `json:"thread"`
		Spans  []Label `json:"spans"`
		SHA256 string  `json:"sha256"`
	}
	if !utf8.Valid(line) {
		// The decoder would repair it, and so move what the offsets mean.
		return Labelled{}, errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return Labelled{}, jsonProblem(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Labelled{}, errors.New("something stands behind the JSON object: give one object a line")
	}
	t := Labelled{ID: NoID, Thread: in.Thread, Labels: in.Spans}
	if in.ID != nil {
		if t.ID = *in.ID; t.ID < 0 {
			return Labelled{}, errors.New("the id is negative")
		}
	}
	switch row, ok := rows[t.ID]; {
	case in.Text != nil:
		t.Text = *in.Text
	case in.ID == nil:
		return Labelled{}, errors.New("neither text nor id: one of them has to tell which text is labelled")
	case table == nil:
		return Labelled{}, errors.New("an id without a text: give the file of tweets that holds it besides")
	case !ok:
		return Labelled{}, errors.New("the file of tweets has no tweet with this id")
	default:
		t.Text = table.Text(row)
	}
	if err := checkSum(t.Text, in.SHA256); err != nil {
		return Labelled{}, err
	}
	return t, checkLabels(t.Text, t.Labels, kinds)
}

// jsonProblem says what the decoder met without its words, which may quote the
// line.
func jsonProblem(err error) error {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON from byte %d on", syntax.Offset)
	case errors.As(err, &wrong):
		value, _, _ := strings.Cut(wrong.Value, " ") // "number 1.5"
		if wrong.Field == "" {
			return fmt.Errorf("expected a JSON object, not %s", value)
		}
		return fmt.Errorf("%s cannot be %s", wrong.Field, value)
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return errors.New("a field that is not known: text, id, spans (start, end, kind), thread and sha256 are")
	}
	return errors.New("not a whole JSON object: give one object a line")
}

// sumDigits is how much of a text's SHA-256 a label file holds: enough to tell
// texts apart.
const sumDigits = 16

func checkSum(text, sum string) error {
	if sum == "" {
		return nil
	}
	if _, err := hex.DecodeString(sum); err != nil || len(sum) != sumDigits {
		return fmt.Errorf("sha256 has to be the first %d hexadecimal digits of the text's SHA-256", sumDigits)
	}
	actual := sha256.Sum256([]byte(text))
	if !strings.EqualFold(sum, hex.EncodeToString(actual[:])[:sumDigits]) {
		return errors.New("the text is another one than was labelled: its SHA-256 differs")
	}
	return nil
}

// checkLabels sorts the labels and says what is wrong with them; they have to be of one of
// the kinds.
func checkLabels(text string, labels []Label, kinds []string) error {
	if len(labels) > maxLabels {
		return fmt.Errorf("%d spans, more than %d", len(labels), maxLabels)
	}
	slices.SortFunc(labels, func(a, b Label) int { return a.Start - b.Start })
	end := 0
	for _, l := range labels {
		at := fmt.Sprintf("span %d-%d", l.Start, l.End)
		switch {
		case !slices.Contains(kinds, l.Kind):
			return fmt.Errorf("%s is of no known kind: give one of %s", at, strings.Join(kinds, ", "))
		case l.Start < 0 || l.Start >= l.End || l.End > len(text):
			return fmt.Errorf("%s does not fit the text of %d bytes: start is its first byte, end the first byte behind it", at, len(text))
		case !utf8.RuneStart(text[l.Start]) || l.End < len(text) && !utf8.RuneStart(text[l.End]):
			return fmt.Errorf("%s begins or ends inside a character: offsets count bytes of UTF-8", at)
		case l.Start < end:
			return fmt.Errorf("%s overlaps another", at)
		case !strings.ContainsFunc(text[l.Start:l.End], isDetail):
			return fmt.Errorf("%s has no letter and no digit", at)
		}
		end = l.End
	}
	return nil
}

// isDetail tells the characters that give something away. The point behind an
// initial and the blanks in a card's number do not.
func isDetail(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
