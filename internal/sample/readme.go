package sample

import (
	"bytes"
	_ "embed"
	"fmt"
	"text/template"
)

//go:embed readme.tmpl
var readmeTemplate string

// planted is a line of the table of anomalies.
type planted struct {
	Kind  string
	Count int
}

// readme describes the files, with the figures of this very set.
func (s *Set) readme() ([]byte, error) {
	tmpl, err := template.New("readme").Parse(readmeTemplate)
	if err != nil {
		return nil, fmt.Errorf("reading the template of the README: %w", err)
	}
	var kinds []planted
	for _, b := range blemishes {
		kinds = append(kinds, planted{b.kind, s.Planted[b.kind]})
	}
	for _, kind := range []string{"duplicate_row", "duplicate_id"} {
		kinds = append(kinds, planted{kind, s.Planted[kind]})
	}
	details := make(map[string]int)
	for _, rows := range [][]Row{s.Training, s.Production} {
		for _, r := range rows {
			for _, span := range r.Spans {
				details[string(span.Kind)]++
			}
		}
	}
	callDetails := 0
	for _, c := range s.Calls {
		for _, turn := range c.Turns {
			callDetails += len(turn.Spans)
		}
	}
	var out bytes.Buffer
	err = tmpl.Execute(&out, map[string]any{
		"Set": s, "TrainingRows": len(s.Training), "ProductionRows": len(s.Production),
		"Recorded": Recorded, "CallDetails": callDetails,
		"Kinds": kinds, "Details": details, "Languages": len(languages),
	})
	if err != nil {
		return nil, fmt.Errorf("writing the README: %w", err)
	}
	return out.Bytes(), nil
}
