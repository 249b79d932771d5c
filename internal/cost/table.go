package cost

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// Price is what a provider asks for one base model and what is made of it.
type Price = pipeline.Price

func validate(p Price) error {
	negative := p.Training < 0 || p.Input < 0 || p.Output < 0 || p.Epochs < 0
	switch {
	case p.Provider == "" || p.BaseModel == "":
		return errors.New("every price needs a provider and a base_model")
	case !slices.Contains(Vocabularies(), p.Vocabulary):
		return fmt.Errorf("the vocabulary must be one of %s", strings.Join(Vocabularies(), ", "))
	case negative:
		return errors.New("training, input, output and epochs must be 0 or more")
	case p.BatchShare <= 0 || p.BatchShare > 1:
		return fmt.Errorf("the batch_share is %g; it must be above 0 and at most 1", p.BatchShare)
	}
	return nil
}

// Passes is how often the trainer goes through n training examples: epochs if
// that is not 0, or what the provider chooses by itself. OpenAI's choice is that
// of its own notebook for planning a fine-tuning ("Data preparation and analysis
// for chat model fine-tuning" in its cookbook): three, more for fewer than 34
// examples and fewer for more than 8,333.
func Passes(p Price, n int64, epochs int) int {
	switch {
	case epochs > 0:
		return epochs
	case p.Epochs > 0:
		return p.Epochs
	case n == 0:
		return 0
	case 3*n < 100:
		return int(min(25, 100/n))
	case 3*n > 25_000:
		return int(max(1, 25_000/n))
	}
	return 3
}

// Table is a list of prices. The zero value knows none.
type Table []Price

//go:embed prices.json
var shipped []byte

// Load returns the shipped table with the prices of a file before it, which is
// JSON of the same form: a list of objects. An empty path is no file. A file
// that cannot be used is a problem of kind BadInput.
func Load(path string) (Table, error) {
	table, err := parse(shipped)
	if err != nil {
		return nil, fmt.Errorf("reading the shipped prices: %w", err)
	}
	if path == "" {
		return table, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, problem.Input("the prices cannot be read: %w", err)
	}
	own, err := parse(content)
	if err != nil {
		return nil, problem.Input("the prices in %s cannot be used: %w; write a list of objects as in docs/reference.md", path, err)
	}
	replaced := func(p Price) bool {
		return slices.ContainsFunc(own, func(o Price) bool { return o.BaseModel == p.BaseModel && o.URL == p.URL })
	}
	return append(own, slices.DeleteFunc(table, replaced)...), nil
}

func parse(content []byte) (Table, error) {
	var t Table
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return nil, unreadable(err)
	}
	for i, p := range t {
		if err := validate(p); err != nil {
			return nil, fmt.Errorf("price %d: %w", i+1, err)
		}
	}
	return t, nil
}

// unreadable says what the decoder met without its words, which quote the file:
// the setting may name another file than was meant.
func unreadable(err error) error {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("no JSON from byte %d on", syntax.Offset)
	case errors.As(err, &wrong) && wrong.Field != "":
		return fmt.Errorf("the field %s has a value of the wrong type, before byte %d", wrong.Field, wrong.Offset)
	case errors.As(err, &wrong):
		return errors.New("no list of objects")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends early")
	}
	return errors.New("a price has a field that is not known")
}

// Find returns the first price for a base model at a provider's base URL.
func (t Table) Find(url, baseModel string) (Price, bool) {
	i := slices.IndexFunc(t, func(p Price) bool { return p.BaseModel == baseModel && strings.HasPrefix(url, p.URL) })
	if i < 0 {
		return Price{}, false
	}
	return t[i], true
}
