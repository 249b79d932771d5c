package call

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"switchboard/internal/pipeline"
)

// checkText refuses what is no text that JSON is written in, with what it is instead.
func checkText(value []byte) error {
	switch {
	case len(bytes.TrimSpace(value)) == 0:
		return unusable(NotJSON, "the event is no JSON: it is empty")
	case bytes.HasPrefix(value, []byte("\xef\xbb\xbf")):
		return unusable(NotJSON, "the event is no JSON: it begins with a byte order mark; write it as UTF-8 without one")
	case bytes.HasPrefix(value, []byte("\xff\xfe")), bytes.HasPrefix(value, []byte("\xfe\xff")), bytes.IndexByte(value[:min(len(value), 2)], 0) >= 0:
		return unusable(NotJSON, "the event is no JSON: it is UTF-16 or UTF-32; write it as UTF-8")
	case utf8.Valid(value):
		return nil
	}
	if name := notUTF8(value); name != "" {
		return unusable(NotJSON, "the event has a field %s that is not UTF-8; write the event as UTF-8", name)
	}
	return unusable(NotJSON, "the event is not UTF-8; write it as UTF-8")
}

// notUTF8 names the field whose value is not UTF-8, if it is one that is read.
func notUTF8(value []byte) string {
	fields, turns := fieldsOf(value)
	for i, turn := range turns {
		for _, name := range turnFields {
			if !utf8.Valid(turn[name]) {
				return inTurn(i, name)
			}
		}
	}
	for _, name := range eventFields {
		if !utf8.Valid(fields[name]) {
			return name
		}
	}
	return ""
}

// checkNames refuses a field whose name differs from one that is read in capitals
// alone: the decoder would take it for that one, and others would not.
func checkNames(value []byte) error {
	fields, turns := fieldsOf(value)
	if name := miswritten(fields, eventFields); name != "" {
		return unusable(WrongType, "the event has a field %s in other letters; write its name as %s, in lower case", name, name)
	}
	for i, turn := range turns {
		if name := miswritten(turn, turnFields); name != "" {
			return unusable(WrongType, "the event has a field %s in other letters; write its name as %s, in lower case", inTurn(i, name), name)
		}
	}
	return nil
}

func miswritten(fields map[string]json.RawMessage, names []string) string {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		for _, known := range names {
			if name != known && strings.EqualFold(name, known) {
				return known
			}
		}
	}
	return ""
}

// The names of the fields that are read.
var (
	eventFields = namesOf(reflect.TypeFor[Event]())
	turnFields  = namesOf(reflect.TypeFor[Turn]())
)

func namesOf(of reflect.Type) []string {
	names := make([]string, of.NumField())
	for i := range names {
		names[i], _, _ = strings.Cut(of.Field(i).Tag.Get("json"), ",")
	}
	return names
}

func inTurn(i int, name string) string { return fmt.Sprintf("%s of turn %d", name, i+1) }

// fieldsOf returns the fields of an event and of its turns as they are written, as far
// as they can be told apart.
func fieldsOf(value []byte) (fields map[string]json.RawMessage, turns []map[string]json.RawMessage) {
	_ = json.Unmarshal(value, &fields)
	_ = json.Unmarshal(fields["turns"], &turns)
	return fields, turns
}

// Peek returns id and task of an event that need not be usable; empty where they
// cannot be read, or are none.
func Peek(value []byte) (id, task string) {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(value, &fields)
	_ = json.Unmarshal(fields["call_id"], &id)
	_ = json.Unmarshal(fields["task"], &task)
	if !validID.MatchString(id) {
		return "", ""
	}
	if task = cmp.Or(task, pipeline.DefaultTask); pipeline.CheckTask(task) != nil {
		task = ""
	}
	return id, task
}
