package modelserver

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/classifier"
)

func line(messages string) string { return `{"messages":[` + messages + `]}` }

const (
	userHi   = `{"role":"user","content":"Hi there"}`
	answerAb = `{"role":"assistant","content":"AB"}`
)

func TestReadExamples(t *testing.T) {
	long := strings.Repeat("x", maxTextBytes+1)
	for name, test := range map[string]struct {
		file string
		want []classifier.Example
		// tokens of all examples, or the problem
		tokens  int
		problem string
	}{
		"plain":              {line(userHi + "," + answerAb), []classifier.Example{{Text: "Hi there", Label: "AB"}}, 3, ""},
		"with system":        {line(`{"role":"system","content":"Be good!"},` + userHi + "," + answerAb), []classifier.Example{{Text: "Hi there", Label: "AB"}}, 6, ""},
		"two user messages":  {line(userHi + "," + userHi + "," + answerAb), []classifier.Example{{Text: "Hi there\nHi there", Label: "AB"}}, 5, ""},
		"content in parts":   {line(`{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},` + answerAb), []classifier.Example{{Text: "ab", Label: "AB"}}, 2, ""},
		"empty text":         {line(`{"role":"user","content":""},` + answerAb), []classifier.Example{{Text: "", Label: "AB"}}, 1, ""},
		"byte order mark":    {byteOrderMark + line(userHi+","+answerAb), []classifier.Example{{Text: "Hi there", Label: "AB"}}, 3, ""},
		"blank lines, CRLF":  {"\n" + line(userHi+","+answerAb) + "\r\n\r\n", []classifier.Example{{Text: "Hi there", Label: "AB"}}, 3, ""},
		"label is trimmed":   {line(userHi + `,{"role":"assistant","content":" AB\n"}`), []classifier.Example{{Text: "Hi there", Label: "AB"}}, 3, ""},
		"nothing":            {"", nil, 0, ""},
		"not JSON":           {"\n{oops}", nil, 0, "line 2: not valid JSON (at byte 2)"},
		"two values":         {line(userHi+","+answerAb) + " {}", nil, 0, "line 1: not valid JSON"},
		"a list":             {"[]", nil, 0, "line 1: not a JSON object"},
		"messages no list":   {`{"messages":"secret"}`, nil, 0, `line 1: "messages" has the wrong type`},
		"role no string":     {line(`{"role":7}`), nil, 0, `line 1: "messages.role" has the wrong type`},
		"no messages":        {`{"prompt":"secret"}`, nil, 0, `line 1: no "messages"`},
		"not UTF-8":          {line("{\"role\":\"user\",\"content\":\"\xff\"}," + answerAb), nil, 0, "line 1: not UTF-8"},
		"unknown role":       {line(`{"role":"secret","content":"x"},` + answerAb), nil, 0, "line 1: message 1 has an unknown role"},
		"no answer":          {line(userHi), nil, 0, "line 1: the last message must be the assistant's"},
		"answer not last":    {line(answerAb + "," + userHi + "," + answerAb), nil, 0, "line 1: an assistant message that is not the last"},
		"no user":            {line(answerAb), nil, 0, "line 1: no user message"},
		"no content":         {line(`{"role":"user"},` + answerAb), nil, 0, "line 1: message 1 has no content"},
		"content null":       {line(`{"role":"user","content":null},` + answerAb), nil, 0, "line 1: message 1 has no content"},
		"content a number":   {line(`{"role":"user","content":5},` + answerAb), nil, 0, "line 1: the content of a message is neither"},
		"a picture":          {line(`{"role":"user","content":[{"type":"image_url"}]},` + answerAb), nil, 0, "line 1: the content of a message is neither"},
		"empty answer":       {line(userHi + `,{"role":"assistant","content":" \n"}`), nil, 0, "line 1: the assistant's message is empty"},
		"an essay":           {line(userHi + `,{"role":"assistant","content":"` + long[:201] + `"}`), nil, 0, "line 1: the assistant's message has 201 bytes"},
		"weight 0":           {line(userHi + `,{"role":"assistant","content":"AB","weight":0}`), nil, 0, "line 1: weight 0"},
		"long text":          {line(`{"role":"user","content":"` + long + `"},` + answerAb), nil, 0, fmt.Sprintf("line 1: the user's text has %d bytes", len(long))},
		"long line":          {line(userHi+","+answerAb) + "\n" + strings.Repeat("x", maxLineBytes+1), nil, 0, "line 2: longer than 1048576 bytes"},
		"several bad lines":  {"{}\n" + line(userHi+","+answerAb) + "\n{}", nil, 0, `line 1: no "messages"; line 3: no "messages"`},
		"too many bad lines": {strings.Repeat("{}\n", 20), nil, 0, "; and 15 more lines"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readExamples(strings.NewReader(test.file))
			if test.problem != "" {
				var problem *fileProblem
				if !errors.As(err, &problem) || !strings.Contains(err.Error(), test.problem) {
					t.Fatalf("error is %v, want a problem with %q", err, test.problem)
				}
				if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "xx") {
					t.Errorf("the problem quotes the file: %v", err)
				}
				return
			}
			for i := range test.want {
				test.want[i].Weight = 1
			}
			if err != nil || fmt.Sprint(got.rows) != fmt.Sprint(test.want) || got.tokens != test.tokens {
				t.Errorf("got %+v, %d tokens, %v; want %+v, %d tokens", got.rows, got.tokens, err, test.want, test.tokens)
			}
		})
	}
}

// A line that is there several times is one example with a weight, or as many for a
// trainer that takes lines, and counts as often as it is there.
func TestRepeatedLinesAreOneExample(t *testing.T) {
	a := line(userHi + "," + answerAb)
	b := line(`{"role":"user","content":"Hi"},` + answerAb)
	unlike := line(userHi + ", " + answerAb) // but says the same
	file := strings.Join([]string{a, b, a, "", unlike, " " + a + "\r", b, a}, "\n")
	for name, test := range map[string]struct {
		asLines bool
		want    []string
	}{
		"weights": {false, []string{"4 Hi there", "2 Hi", "1 Hi there"}},
		"lines":   {true, []string{"1 Hi there", "1 Hi", "1 Hi there", "1 Hi there", "1 Hi there", "1 Hi", "1 Hi there"}},
	} {
		found := examples{asLines: test.asLines}
		if err := eachExample(strings.NewReader(file), &found); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, row := range found.rows {
			got = append(got, fmt.Sprint(row.Weight, " ", row.Text))
		}
		if !slices.Equal(got, test.want) || found.lines != 7 || found.tokens != 5*3+2*2 {
			t.Errorf("%s: %d lines with %d tokens, and rows %q; want %q", name, found.lines, found.tokens, got, test.want)
		}
	}
	var c census
	if err := eachExample(strings.NewReader(file), &c); err != nil {
		t.Fatal(err)
	}
	if c.examples != 7 || c.tokens != 19 || c.textBytes != 5*8+2*2 || c.distinct != 3 || c.distinctBytes != 8+2+8 {
		t.Errorf("counted %+v", c)
	}
}

func TestReadExamplesReturnsReadersError(t *testing.T) {
	broken := errors.New("disk gone")
	_, err := readExamples(io.MultiReader(strings.NewReader(line(userHi+","+answerAb)+"\n"), failing{broken}))
	if !errors.Is(err, broken) {
		t.Errorf("error is %v, want %v", err, broken)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestCheckTraining(t *testing.T) {
	rows := func(n, labels int) (e examples) {
		for i := range n {
			e.add(classifier.Example{Text: "text", Label: fmt.Sprint("label", i%labels)}, 2)
		}
		return e
	}
	for name, test := range map[string]struct {
		examples examples
		want     string
	}{
		"enough":        {rows(10, 2), ""},
		"too few":       {rows(9, 2), "it has 9 examples"},
		"one label":     {rows(100, 1), "the same label"},
		"all labels":    {rows(2000, 1000), ""},
		"free text":     {rows(2002, 1001), "1001 different labels"},
		"nothing there": {examples{}, "it has 0 examples"},
	} {
		t.Run(name, func(t *testing.T) {
			err := checkTraining(test.examples)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q", err, test.want)
			}
		})
	}
}

func FuzzReadExamples(f *testing.F) {
	f.Add([]byte(line(userHi + "," + answerAb)))
	f.Add([]byte(byteOrderMark + "{}\n\n[1]\n\"x\""))
	f.Add(jsonl(1, 3))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := readExamples(strings.NewReader(string(file)))
		var problem *fileProblem
		if err != nil && !errors.As(err, &problem) {
			t.Fatalf("error is %v, want a problem: the reader never fails", err)
		}
		for _, row := range got.rows {
			if row.Label == "" || len(row.Label) > maxLabelBytes || len(row.Text) > maxTextBytes {
				t.Errorf("accepted an example with a label of %d bytes and a text of %d", len(row.Label), len(row.Text))
			}
		}
	})
}

// readExamples reads a JSONL file of examples into memory: see eachExample.
func readExamples(r io.Reader) (examples, error) {
	var found examples
	if err := eachExample(r, &found); err != nil {
		return examples{}, err
	}
	return found, nil
}
