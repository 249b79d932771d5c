package call

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
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

// checkNames refuses a field whose name differs from one that is read in capitals alone,
// and one that is there twice: the decoder would take either for the field, and others
// would not, or would take the first of the two.
func checkNames(value []byte) error {
	names, fields := members(value)
	if err := checkMembers(names, eventFields, func(name string) string { return name }); err != nil {
		return err
	}
	var turns []json.RawMessage
	_ = json.Unmarshal(fields["turns"], &turns)
	for i, turn := range turns {
		names, _ := members(turn)
		if names == nil {
			return unusable(WrongType, "turn %d of the event is null; leave it out, or give {\"text\": ...}", i+1)
		}
		if err := checkMembers(names, turnFields, func(name string) string { return inTurn(i, name) }); err != nil {
			return err
		}
	}
	return nil
}

// checkMembers compares the names of an object with those that are read in it; in says
// where a field is.
func checkMembers(names, read []string, in func(name string) string) error {
	seen := map[string]bool{}
	for _, name := range names {
		for _, known := range read {
			switch {
			case !strings.EqualFold(name, known):
			case name != known:
				return unusable(WrongType, "the event has a field %s in other letters; write its name as %s, in lower case", in(known), known)
			case seen[known]:
				return unusable(WrongType, "the event has a field %s twice; give it once", in(known))
			default:
				seen[known] = true
			}
		}
	}
	return nil
}

// members returns the names of an object's fields in their order, as often as they are
// there, and the value that each has at last; nil if the JSON, which is valid, is no
// object.
func members(object []byte) (names []string, values map[string]json.RawMessage) {
	in := json.NewDecoder(bytes.NewReader(object))
	if open, err := in.Token(); err != nil || open != json.Delim('{') {
		return nil, nil
	}
	names, values = []string{}, map[string]json.RawMessage{}
	for in.More() {
		name, err := in.Token()
		if err != nil {
			break
		}
		var value json.RawMessage
		if err := in.Decode(&value); err != nil {
			break
		}
		names = append(names, name.(string)) // whatever names a field is a string
		values[name.(string)] = value
	}
	return names, values
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
