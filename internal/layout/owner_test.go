package layout

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// aPath is a literal that is, or ends, a path in a run's folder.
var aPath = regexp.MustCompile(`^/?((evaluation|finetune|split|metrics|output|conversations|anonymized|audit|predictions)/[^ ]*|(manifest|privacy|load|cost|split|comparison)\.json|(duplicates|champion-predictions)\.parquet)$`)

// Nobody else says where a run's files are.
func TestPathsHaveOneOwner(t *testing.T) {
	for text, is := range map[string]bool{"/manifest.json": true, "finetune/events.jsonl": true, "/evaluation/": true, "output": false, "split the examples": false, "comparison.json says which": false} {
		if aPath.MatchString(text) != is {
			t.Errorf("%q is taken for a path: %v", text, !is)
		}
	}
	for _, dir := range []string{"activities", "internal", "worker", "workflows"} {
		err := filepath.WalkDir("../../"+dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || filepath.Base(filepath.Dir(path)) == "layout" {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if text, err := strconv.Unquote(lit.Value); err == nil && aPath.MatchString(text) {
						t.Errorf("%s makes the path %q; package layout has a method for it", path, text)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
