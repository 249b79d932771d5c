package transformer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"switchboard/internal/problem"
)

// Directory is what a model's folder says about itself.
type Directory struct {
	// Path is the folder's.
	Path string
	// Config is what config.json holds.
	Config []byte
	// SHA256 is the hash of all three files, as 64 hexadecimal digits.
	SHA256 string
	// MaxTokens is how long a text may be, in tokens: what the model has
	// positions for, and at most [LongestText].
	MaxTokens int

	onnx       string // path within the folder
	vocabulary int    // tokens, 0 if the configuration does not say
}

// LongestText bounds texts below what a model can do, in tokens: attention
// costs the square of the length, and a tweet has rarely more.
const LongestText = 128

// Inspect reads a folder's files as far as needed to tell in a sentence what is
// wrong with them: the backend's own errors are no help there. Every error is a
// [problem.Error].
func Inspect(path string) (Directory, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Directory{}, problem.Input("the model directory %s does not exist", path)
	case err != nil:
		return Directory{}, problem.Input("the model directory %s cannot be read: %w", path, err)
	case !info.IsDir():
		return Directory{}, problem.Input("%s is a file; the model has to be a directory with an .onnx file, tokenizer.json and config.json", path)
	}
	d := Directory{Path: path}
	if d.onnx, err = onnxFile(path); err != nil {
		return Directory{}, err
	}
	if err := d.readConfig(); err != nil {
		return Directory{}, err
	}
	if err := d.hash(); err != nil {
		return Directory{}, err
	}
	return d, nil
}

// Pinned returns a [problem.Error] if a hash is asked for and the model has
// another. Case does not matter; an empty hash asks for nothing.
func (d Directory) Pinned(sha256 string) error {
	if sha256 == "" || strings.EqualFold(sha256, d.SHA256) {
		return nil
	}
	return problem.Input("the model in %s is not the one that is asked for: its files have the SHA-256 %s, asked for is %s", d.Path, d.SHA256, strings.ToLower(sha256))
}

// IsHash reports whether s is a SHA-256 as [Directory] has it.
func IsHash(s string) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == sha256.Size
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

// readConfig reads config.json and the length limit in it.
func (d *Directory) readConfig() error {
	path := filepath.Join(d.Path, "config.json")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return problem.Input("the model directory %s has no config.json", d.Path)
	} else if err != nil {
		return problem.Input("the model directory %s cannot be read: %w", d.Path, err)
	}
	var config struct {
		Positions int    `json:"max_position_embeddings"`
		Type      string `json:"model_type"`
		Tokens    int    `json:"vocab_size"`
	}
	if err := json.Unmarshal(raw, &config); err != nil {
		return problem.Input("%s is not the configuration of a model: %w", path, err)
	}
	d.Config, d.vocabulary, d.MaxTokens = raw, config.Tokens, LongestText
	if config.Positions > 0 {
		if strings.Contains(config.Type, "roberta") || config.Type == "camembert" || config.Type == "xlm-roberta" {
			config.Positions -= 2 // their positions count from 2
		}
		d.MaxTokens = min(d.MaxTokens, config.Positions)
	}
	if d.MaxTokens < 8 {
		return problem.Input("%s: max_position_embeddings allows %d tokens, too few for a tweet", path, d.MaxTokens)
	}
	return nil
}

// hash reads all files to the end.
func (d *Directory) hash() error {
	h, weights := sha256.New(), new(external)
	for _, name := range []string{d.onnx, "tokenizer.json", "config.json"} {
		to := io.Writer(h)
		if name == d.onnx {
			to = io.MultiWriter(h, weights)
		}
		if err := hashFile(to, filepath.Join(d.Path, name)); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return problem.Input("the model directory %s has no %s", d.Path, name)
			}
			return problem.Input("the model directory %s cannot be read: %w", d.Path, err)
		}
	}
	if weights.found {
		return problem.Input("%s keeps its weights in another file; save it as one file, which is what can be pinned", filepath.Join(d.Path, d.onnx))
	}
	d.SHA256 = hex.EncodeToString(h.Sum(nil))
	return nil
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

// external finds, in what is written to it, the name of a file that an ONNX
// file keeps weights in. Such a file would be no part of the hash.
type external struct {
	found bool
	seen  []byte // of what was written, enough to find a key that two writes share
}

// locationKey is how the entry "location" of a tensor's external_data begins.
var locationKey = []byte("\x0a\x08location\x12")

func (e *external) Write(p []byte) (int, error) {
	if !e.found {
		e.seen = append(e.seen, p...)
		e.found = bytes.Contains(e.seen, locationKey)
		e.seen = append(e.seen[:0], e.seen[max(0, len(e.seen)-len(locationKey)+1):]...)
	}
	return len(p), nil
}
