package languagemodel

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"switchboard/internal/problem"
)

// Kind is what sort of language model a base is.
type Kind string

// The kinds. A causal model gets a LoRA adapter, and is asked how likely it goes on
// with each label. An encoder is trained whole, with a layer on top that tells the
// labels apart.
const (
	Causal  Kind = "causal"
	Encoder Kind = "encoder"
)

// Base is a language model that can be fine-tuned.
type Base struct {
	// Name is what clients ask for: lower-case letters, digits, and the signs .-_
	// between them.
	Name string `json:"name"`
	// Path is that of a folder in Hugging Face's layout, or of one GGUF file. In the
	// file of base models it may be relative to that file's folder.
	Path    string `json:"path"`
	Kind    Kind   `json:"kind"`
	Licence string `json:"licence"`
	// SHA256 is what [Sum] gives for Path, in hexadecimal digits.
	SHA256 string `json:"sha256"`
}

var (
	baseName = regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$`)
	hexSum   = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// Validate reports the first thing that cannot be so, whatever is on the disk.
func (b Base) Validate() error {
	switch {
	case !baseName.MatchString(b.Name):
		return fmt.Errorf("its name is %.80q: use up to 64 lower-case letters, digits, dots, dashes and underscores, with a letter or a digit at both ends", b.Name)
	case b.Path == "":
		return errors.New("it has no path: name a folder in Hugging Face's layout, or a GGUF file")
	case b.Kind != Causal && b.Kind != Encoder:
		return fmt.Errorf("its kind is %.80q: %s for one that writes text, or %s", b.Kind, Causal, Encoder)
	case strings.TrimSpace(b.Licence) == "" || len(b.Licence) > 200:
		return errors.New("it needs a licence of at most 200 bytes, such as Apache-2.0: who uses what is made of it must know")
	case !hexSum.MatchString(b.SHA256):
		return errors.New("its sha256 is not 64 lower-case hexadecimal digits: give what sha256sum prints of the file")
	}
	return nil
}

// ReadBases reads a file of base models: a JSON list of [Base]. Paths come out
// absolute. The error is a [problem.Error] of kind BadInput that says which entry is
// wrong; what is on the disk is not looked at.
func ReadBases(file string) ([]Base, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, problem.Input("the file of language models cannot be read: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	var bases []Base
	if err := decoder.Decode(&bases); err != nil {
		return nil, problem.Input(`%s is not a JSON list of language models, each with "name", "path", "kind", "licence" and "sha256": %w`, file, err)
	}
	names := map[string]bool{}
	for i := range bases {
		b := &bases[i]
		if err := b.Validate(); err != nil {
			return nil, problem.Input("language model %d in %s cannot be used: %w", i+1, file, err)
		}
		if names[b.Name] {
			return nil, problem.Input("language model %d in %s has the name of an earlier one, %s: give it another", i+1, file, b.Name)
		}
		names[b.Name] = true
		if !filepath.IsAbs(b.Path) {
			b.Path = filepath.Join(filepath.Dir(file), b.Path)
		}
		if b.Path, err = filepath.Abs(b.Path); err != nil {
			return nil, problem.New(problem.Environment, "the working directory cannot be found: %w", err)
		}
	}
	return bases, nil
}

// verify reports why a base is not what it was registered as; nil if it is.
func (b Base) verify(ctx context.Context) error {
	sum, err := Sum(ctx, b.Path)
	if err != nil {
		return err
	}
	if sum != b.SHA256 {
		return fmt.Errorf("its SHA-256 is %s, and %s was registered", sum, b.SHA256)
	}
	return nil
}

// Sum returns the SHA-256 of a file, or of a folder, in hexadecimal digits. A
// folder's is that of a list of its files, links followed, one a line in the order
// of their names' bytes: each file's SHA-256, two blanks, "./" and its name. That is
// what these commands print:
//
//	cd FOLDER && find -L . -type f | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum
func Sum(ctx context.Context, path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	total := sha256.New()
	if !info.IsDir() {
		if err := add(ctx, total, path); err != nil {
			return "", err
		}
		return hex.EncodeToString(total.Sum(nil)), nil
	}
	names, err := files(path)
	if err != nil {
		return "", err
	}
	if len(names) == 0 {
		return "", fmt.Errorf("%s has no files", path)
	}
	for _, name := range names {
		one := sha256.New()
		if err := add(ctx, one, filepath.Join(path, filepath.FromSlash(name))); err != nil {
			return "", err
		}
		fmt.Fprintf(total, "%x  ./%s\n", one.Sum(nil), name)
	}
	return hex.EncodeToString(total.Sum(nil)), nil
}

// files returns the names of a folder's files below it, sorted.
func files(folder string) ([]string, error) {
	root := os.DirFS(folder)
	var names []string
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := fs.Stat(root, name) // follows links, which Hugging Face's cache has
		if err != nil {
			return err
		}
		if info.Mode().IsRegular() {
			names = append(names, name)
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}

func add(ctx context.Context, to hash.Hash, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.CopyBuffer(to, untilDone{ctx, file}, make([]byte, 1<<20))
	return err
}

// untilDone reads until the context ends: a model may have a hundred gigabytes.
type untilDone struct {
	ctx  context.Context
	from io.Reader
}

func (r untilDone) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(p)
}
