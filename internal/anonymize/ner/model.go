package ner

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"switchboard/internal/problem"
)

// model is what a directory says about itself.
type model struct {
	onnx       string // path within the directory
	person     []bool // by label
	maxTokens  int
	vocabulary int    // tokens, 0 if the configuration does not say
	cases      bool   // token_type_ids tell how a token is written
	sha256     string // of all three files
}

// longestWindow bounds the windows below what a model can do: attention costs
// the square of the length, and a tweet has rarely more tokens.
const longestWindow = 128

// inspect reads the directory's files as far as needed to tell in a sentence
// what is wrong with them. The backend's own errors are no help there.
func inspect(dir string) (model, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return model{}, problem.Input("the model directory %s does not exist", dir)
	case err != nil:
		return model{}, problem.Input("the model directory %s cannot be read: %w", dir, err)
	case !info.IsDir():
		return model{}, problem.Input("%s is a file; the model has to be a directory with an .onnx file, tokenizer.json and config.json", dir)
	}
	var m model
	if m.onnx, err = onnxFile(dir); err != nil {
		return model{}, err
	}
	if err := m.readConfig(dir); err != nil {
		return model{}, err
	}
	h, weights := sha256.New(), new(external)
	for _, name := range []string{m.onnx, "tokenizer.json", "config.json"} {
		to := io.Writer(h)
		if name == m.onnx {
			to = io.MultiWriter(h, weights)
		}
		if err := hashFile(to, filepath.Join(dir, name)); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return model{}, problem.Input("the model directory %s has no %s", dir, name)
			}
			return model{}, problem.Input("the model directory %s cannot be read: %w", dir, err)
		}
	}
	if weights.found {
		return model{}, problem.Input("%s keeps its weights in another file; save it as one file, which is what can be pinned", filepath.Join(dir, m.onnx))
	}
	m.sha256 = hex.EncodeToString(h.Sum(nil))
	return m, nil
}

// onnxFile returns the path, within the directory, of its one .onnx file, or
// of model.onnx among several. The backend looks into subdirectories too.
func onnxFile(dir string) (string, error) {
	var found, preferred []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".onnx" {
			return err
		}
		path, err = filepath.Rel(dir, path)
		found = append(found, path)
		if filepath.Base(path) == "model.onnx" {
			preferred = append(preferred, path)
		}
		return err
	})
	switch {
	case err != nil:
		return "", problem.Input("the model directory %s cannot be read: %w", dir, err)
	case len(found) == 0:
		return "", problem.Input("the model directory %s has no .onnx file; a PyTorch model has to be exported to ONNX first", dir)
	case len(found) == 1:
		return found[0], nil
	case len(preferred) == 1:
		return preferred[0], nil
	}
	return "", problem.Input("the model directory %s has %d .onnx files; keep one, or call it model.onnx", dir, len(found))
}

// readConfig reads the labels and the length limit.
func (m *model) readConfig(dir string) error {
	path := filepath.Join(dir, "config.json")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return problem.Input("the model directory %s has no config.json", dir)
	} else if err != nil {
		return problem.Input("the model directory %s cannot be read: %w", dir, err)
	}
	var config struct {
		ID2Label  map[string]string `json:"id2label"`
		Positions int               `json:"max_position_embeddings"`
		Type      string            `json:"model_type"`
		Tokens    int               `json:"vocab_size"`
		// TokenTypes is "case" in the models that tools/ner makes.
		TokenTypes string `json:"token_types"`
	}
	if err := json.Unmarshal(raw, &config); err != nil {
		return problem.Input("%s is not the configuration of a model: %w", path, err)
	}
	if m.person, err = persons(config.ID2Label); err != nil {
		return problem.Input("%s: %w", path, err)
	}
	m.vocabulary = config.Tokens
	switch config.TokenTypes {
	case "":
	case "case":
		m.cases = true
	default:
		return problem.Input("%s: token_types is %q; this program knows \"case\" alone", path, config.TokenTypes)
	}
	m.maxTokens = longestWindow
	if config.Positions > 0 {
		if strings.Contains(config.Type, "roberta") || config.Type == "camembert" || config.Type == "xlm-roberta" {
			config.Positions -= 2 // their positions count from 2
		}
		m.maxTokens = min(m.maxTokens, config.Positions)
	}
	if m.maxTokens < 8 {
		return problem.Input("%s: max_position_embeddings allows %d tokens, too few for a tweet", path, m.maxTokens)
	}
	return nil
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

// hashFile writes the file, behind its size, so that no byte can move from one
// file to the next unnoticed.
func hashFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	fmt.Fprintln(w, info.Size())
	_, err = io.Copy(w, f)
	return err
}
