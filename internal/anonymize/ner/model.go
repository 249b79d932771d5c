package ner

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"switchboard/internal/anonymize/gazetteer"
	"switchboard/internal/problem"
	"switchboard/internal/transformer"
)

// model is what a directory says about itself.
type model struct {
	transformer.Directory
	person []bool // by label
	typed  bool   // token_type_ids are those of setTypes
}

// inspect reads what does not need the backend.
func inspect(dir string) (model, error) {
	d, err := transformer.Inspect(dir)
	if err != nil {
		return model{}, err
	}
	m := model{Directory: d}
	var config struct {
		ID2Label map[string]string `json:"id2label"`
		// TokenTypes is "case and gazetteer" in the models that tools/ner
		// makes.
		TokenTypes      string `json:"token_types"`
		GazetteerSHA256 string `json:"gazetteer_sha256"`
	}
	err = json.Unmarshal(m.Config, &config)
	if err == nil {
		m.person, err = persons(config.ID2Label)
	}
	if err != nil {
		return model{}, problem.Input("%s: %w", filepath.Join(dir, "config.json"), err)
	}
	switch config.TokenTypes {
	case "":
		return m, nil
	case "case and gazetteer":
		if own := gazetteer.SHA256(); config.GazetteerSHA256 != own {
			return model{}, problem.Input("%s: the model was trained with another list of names than this program has: gazetteer_sha256 is %q, that of the program %s; train it anew, as tools/ner/README.md says", filepath.Join(dir, "config.json"), config.GazetteerSHA256, own)
		}
		m.typed = true
		return m, nil
	}
	return model{}, problem.Input("%s: token_types is %q; this program knows \"case and gazetteer\" alone", filepath.Join(dir, "config.json"), config.TokenTypes)
}

// persons tells for each label whether it is one for persons.
func persons(labels map[string]string) ([]bool, error) {
	if len(labels) == 0 {
		return nil, errors.New("id2label is missing, so this is no model for token classification")
	}
	person := make([]bool, len(labels))
	var other []string
	for id, label := range labels {
		i, err := strconv.Atoi(id)
		if err != nil || i < 0 || i >= len(labels) {
			return nil, fmt.Errorf("id2label names label %q, expected the numbers from 0 to %d", id, len(labels)-1)
		}
		if person[i] = isPerson(label); !person[i] {
			other = append(other, label)
		}
	}
	if !slices.Contains(person, true) {
		slices.Sort(other)
		return nil, fmt.Errorf("no label of id2label is one for persons, such as PER or PERSON: %s", strings.Join(other, ", "))
	}
	return person, nil
}

// isPerson tells a label for persons, in the schemes BIO, BILOU, IOBES, BMES,
// IO and without any.
func isPerson(label string) bool {
	label = strings.ToUpper(label)
	if len(label) > 2 && strings.IndexByte("BILOUESM", label[0]) >= 0 && (label[1] == '-' || label[1] == '_') {
		label = label[2:]
	}
	label = strings.Map(func(r rune) rune {
		if r < 'A' || r > 'Z' {
			return -1
		}
		return r
	}, label)
	switch label {
	case "PER", "PERS", "PERSON", "PERSONNAME", "PERSONALNAME", "PRIVATEPERSON", "NAME", "FULLNAME", "GIVENNAME", "SURNAME", "FIRSTNAME",
		"LASTNAME", "MIDDLENAME", "FAMILYNAME":
		return true
	}
	return false
}
