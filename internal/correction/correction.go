// Package correction reads what people say a conversation is about: a table of
// conversations and their companies.
package correction

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// Options say what a table may hold.
type Options struct {
	// Name is what errors call the file.
	Name string
	// Labels are the companies that there are, besides [pipeline.Unknown].
	Labels []string
	// Now is the time of corrections that have none; later ones are refused.
	Now time.Time
}

// byteOrderMark begins the files of some spreadsheets.
const byteOrderMark = "\ufeff"

// Read reads a CSV with the columns conversation_id and label, and author and at
// where they are there, in any order; others are ignored. Authors are as they
// stand in the file: the caller makes pseudonyms of them. Every wrong line is a
// problem of kind BadInput that names the file, the line and what to do; nothing
// is returned then. A conversation may stand on several lines.
func Read(r io.Reader, o Options) ([]pipeline.Correction, error) {
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", o.Name, err)
	}
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte(byteOrderMark))))
	header, err := reader.Read()
	if err != nil {
		return nil, problem.Input("%s is empty or no CSV: its first line names the columns, conversation_id and label among them", o.Name)
	}
	t := table{o: o, reader: reader}
	for i, name := range header {
		switch strings.TrimSpace(name) {
		case "conversation_id":
			t.id = i + 1
		case "label":
			t.label = i + 1
		case "author":
			t.author = i + 1
		case "at":
			t.at = i + 1
		}
	}
	if t.id == 0 || t.label == 0 {
		return nil, problem.Input("%s, line 1: the columns conversation_id and label are needed, and there are %d columns without them", o.Name, len(header))
	}
	return t.read()
}

// table is a file being read; its columns count from 1, and 0 is none.
type table struct {
	o                     Options
	reader                *csv.Reader
	id, label, author, at int
}

func (t table) read() ([]pipeline.Correction, error) {
	var list []pipeline.Correction
	for {
		fields, err := t.reader.Read()
		if errors.Is(err, io.EOF) && len(list) == 0 {
			return nil, problem.Input("%s has 0 corrections below its header; nothing was imported", t.o.Name)
		}
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			return nil, problem.Input("%s, line %d: %w; quote fields that hold commas or line breaks", t.o.Name, broken.Line, broken.Err)
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", t.o.Name, err)
		}
		c, err := t.correction(fields)
		if err != nil {
			line, _ := t.reader.FieldPos(0)
			return nil, problem.Input("%s, line %d: %w", t.o.Name, line, err)
		}
		list = append(list, c)
	}
}

func (t table) correction(fields []string) (pipeline.Correction, error) {
	field := func(column int) string {
		if column == 0 {
			return ""
		}
		return strings.TrimSpace(fields[column-1])
	}
	c := pipeline.Correction{Label: field(t.label), Author: field(t.author), At: t.o.Now}
	var err error
	if c.ConversationID, err = strconv.ParseInt(field(t.id), 10, 64); err != nil {
		return c, errors.New("the conversation_id is no whole number; take it from output.csv")
	}
	if c.ConversationID < 0 {
		// It is a row's number in its file, and another row's in another file.
		return c, errors.New("the conversation_id is below 0: its tweet has no id of its own, so that it cannot be found in another file; leave the line out")
	}
	if c.Label != pipeline.Unknown && !slices.Contains(t.o.Labels, c.Label) {
		return c, t.noLabel(c.Label)
	}
	if at := field(t.at); at != "" {
		if c.At, err = time.Parse(time.RFC3339, at); err != nil {
			return c, errors.New("at is no time such as 2026-03-02T12:00:00Z")
		}
		if c.At.After(t.o.Now) {
			return c, errors.New("at is a time that has not come yet")
		}
	}
	return c, nil
}

// noLabel says what is wrong with a label without repeating it: a cell may hold
// anything. The company that it spells in another case is known.
func (t table) noLabel(label string) error {
	for _, known := range append([]string{pipeline.Unknown}, t.o.Labels...) {
		if strings.EqualFold(known, label) {
			return fmt.Errorf("the label is %s in other letters; upper and lower case matter", known)
		}
	}
	return fmt.Errorf("the label is no company that the champion knows, nor %s; take one from output.csv", pipeline.Unknown)
}
