package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"switchboard/internal/problem"
)

// View is what a command has to say.
type View interface {
	// Write is the text for people. The exported fields of the view are its JSON,
	// which stays stable.
	Write(t *Text)
}

// Show prints a view, as JSON or as text with times in the location of now, and
// returns the error of the command that it belongs to. A JSON object holds the
// failure as "error"; [Fail] does not print it again.
func Show(w io.Writer, v View, asJSON bool, now time.Time, err error) error {
	if !asJSON {
		return errors.Join(err, PrintText(w, v, now))
	}
	if err == nil {
		return PrintJSON(w, v, nil)
	}
	f := Classify(err)
	if failed := PrintJSON(w, v, &f); failed != nil {
		return failed
	}
	return &shownError{err}
}

// Fail says on stderr, and with JSON on stdout, why a command failed. It returns
// the exit code, that of success without an error.
func Fail(stdout, stderr io.Writer, asJSON bool, err error) int {
	if err == nil {
		return problem.ExitDone
	}
	f := Classify(err)
	var shown *shownError
	if asJSON && !errors.As(err, &shown) {
		if err := PrintJSON(stdout, nil, &f); err != nil {
			f = Classify(err)
		}
	}
	fmt.Fprintln(stderr, f.Line())
	return f.Code
}

// shownError is an error that standard output already tells of.
type shownError struct{ error }

func (e *shownError) Unwrap() error { return e.error }

// SchemaVersion is that of every JSON object that is printed. It rises when a
// member is renamed, removed or changes its meaning; new members do not count.
const SchemaVersion = 1

// PrintJSON writes one indented object: the schema's version, the value's members,
// and the failure as "error". Value and failure may be nil.
func PrintJSON(w io.Writer, v any, f *Failure) error {
	object := []byte("{}")
	if v != nil {
		var err error
		if object, err = json.Marshal(v); err != nil {
			return fmt.Errorf("encoding the result: %w", err)
		}
	}
	version := fmt.Sprintf(`{"schema_version":%d`, SchemaVersion)
	if len(object) > len("{}") {
		version += ","
	}
	object = append([]byte(version), object[1:]...)
	if f != nil {
		reason, err := json.Marshal(f)
		if err != nil {
			return fmt.Errorf("encoding the failure: %w", err)
		}
		object = fmt.Appendf(bytes.TrimSuffix(object, []byte("}")), `,"error":%s}`, reason)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, object, "", "  "); err != nil {
		return fmt.Errorf("encoding the result: %w", err)
	}
	out.WriteByte('\n')
	_, err := out.WriteTo(w)
	return err
}

// PrintText writes a view's text.
func PrintText(w io.Writer, v View, now time.Time) error {
	t := &Text{Now: now}
	v.Write(t)
	_, err := io.WriteString(w, t.b.String())
	return err
}
