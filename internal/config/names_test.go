package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// aSetting finds the names of settings in a text, and what looks like one.
var aSetting = regexp.MustCompile(`\b(SWITCHBOARD_[A-Z0-9_]+|OPENAI_[A-Z_]+|DATABASE_URL[A-Z_]*|HF_[A-Z]+)\b`)

// Programs take the names of settings and base models from this package, and their
// sentences name no setting that there is not: nobody sets a variable that a
// message has wrong.
func TestProgramsKnowNoOtherNames(t *testing.T) {
	known, owned := map[string]bool{}, map[string]bool{SoftmaxBaseModel: true, HybridBaseModel: true}
	for _, s := range Settings {
		known[s.Name], owned[s.Name] = true, true
	}
	named := 0
	for _, dir := range []string{"activities", "dashboard", "intake", "internal", "modelserver", "standalone", "starter", "worker", "workflows"} {
		err := filepath.WalkDir("../../"+dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			for _, text := range literals(t, path) {
				for _, name := range aSetting.FindAllString(text, -1) {
					named++
					if !known[name] {
						t.Errorf("%s names %s, which is no setting", path, name)
					}
				}
				if owned[text] && filepath.Base(filepath.Dir(path)) != "config" {
					t.Errorf("%s has %s as a name of its own; package config owns it", path, text)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if named < len(Settings) {
		t.Errorf("only %d names were found", named)
	}
}

// literals are the string literals of a file.
func literals(t *testing.T, path string) (texts []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, text)
		}
		return true
	})
	return texts
}

func TestEverySettingIsListedOnce(t *testing.T) {
	var names []string
	for _, s := range Settings {
		if slices.Contains(names, s.Name) {
			t.Errorf("%s is listed twice", s.Name)
		}
		names = append(names, s.Name)
	}
}
