package modelserver

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"switchboard/internal/classifier"
)

// responseFormat asks for an answer in a shape. Of JSON schemas a classifier
// can follow those with one choice in them: an object with one property, which
// is a string out of an enum.
type responseFormat struct {
	Type       string `json:"type"`
	JSONSchema struct {
		Schema json.RawMessage `json:"schema"`
	} `json:"json_schema"`
}

// form is how an answer is written. The zero form is the label alone, out of
// all labels.
type form struct {
	// open stands before the label: a brace and the property. Empty asks for
	// the label alone.
	open    string
	allowed []string
}

const schemaParam = "response_format.json_schema.schema"

// form returns what the format asks for; nil asks for the label alone.
func (f *responseFormat) form() (form, error) {
	if f == nil || f.Type == contentTypeText {
		return form{}, nil
	}
	if f.Type != "json_schema" {
		return form{}, unsupported("response_format")
	}
	var schema struct {
		Type       string `json:"type"`
		Properties map[string]struct {
			Enum []string `json:"enum"`
		} `json:"properties"`
	}
	err := json.Unmarshal(f.JSONSchema.Schema, &schema)
	properties := slices.Collect(maps.Keys(schema.Properties))
	if err != nil || schema.Type != "object" || len(properties) != 1 || len(schema.Properties[properties[0]].Enum) == 0 {
		return form{}, invalid(http.StatusBadRequest, schemaParam, "unsupported_value",
			"Unsupported '%s': a classifier follows an object with one property, a string with an 'enum' of labels.", schemaParam)
	}
	return form{open: "{" + quote(properties[0]) + ":", allowed: schema.Properties[properties[0]].Enum}, nil
}

// choose keeps the labels that the form allows, with their probabilities under
// the condition that the answer is one of them, in the order they come in. An
// enum without any of the model's labels leaves nothing to answer.
func (f form) choose(scored []classifier.Scored) ([]classifier.Scored, error) {
	if f.open == "" {
		return scored, nil
	}
	allowed := make(map[string]bool, len(f.allowed))
	for _, label := range f.allowed {
		allowed[label] = true
	}
	scored = slices.DeleteFunc(scored, func(s classifier.Scored) bool { return !allowed[s.Label] })
	if len(scored) == 0 {
		return nil, invalid(http.StatusBadRequest, schemaParam, "invalid_value",
			"Invalid '%s': the model was trained with none of the labels in its 'enum'.", schemaParam)
	}
	var sum float64
	for _, s := range scored {
		sum += s.Probability
	}
	for i := range scored {
		if sum == 0 { // all of them too small for a float
			scored[i].Probability = 1 / float64(len(scored))
			continue
		}
		scored[i].Probability /= sum
	}
	return scored, nil
}

// token is a label as the form writes it, which counts as one token.
func (f form) token(label string) string {
	if f.open == "" {
		return label
	}
	return quote(label)
}

// around are the tokens of an answer: the label's, and what the form puts
// around it.
func (f form) around(token string) []string {
	if f.open == "" {
		return []string{token}
	}
	return []string{f.open, token, "}"}
}

// place is where the label's token stands among them.
func (f form) place() int {
	if f.open == "" {
		return 0
	}
	return 1
}

// quote writes a string as JSON does, without the escapes that only a web page
// needs: a label with an ampersand keeps it.
func quote(s string) string {
	var quoted strings.Builder
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string into memory: nothing fails
	return strings.TrimSuffix(quoted.String(), "\n")
}
