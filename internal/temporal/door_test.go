package temporal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// reserved are the functions of the SDK that this package alone calls, by import
// path: what makes a client, and what decodes in a way of its own.
var reserved = map[string]func(name string) bool{
	"go.temporal.io/sdk/client": func(name string) bool {
		return strings.HasPrefix(name, "Dial") || strings.HasPrefix(name, "New") && strings.Contains(name, "Client") && !strings.HasPrefix(name, "NewAPIKey")
	},
	"go.temporal.io/sdk/contrib/envconfig": func(name string) bool { return strings.HasPrefix(name, "Load") || strings.HasPrefix(name, "MustLoad") },
}

// decoders are reserved in programs, but not in their tests, which say what
// travels without this package.
var decoders = map[string]func(name string) bool{
	"go.temporal.io/sdk/converter": func(name string) bool { return strings.HasSuffix(name, "DataConverter") && name != "DataConverter" },
	"go.temporal.io/sdk/temporal":  func(name string) bool { return strings.HasSuffix(name, "FailureConverter") },
}

func TestNobodyElseDials(t *testing.T) {
	own, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	err = filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			at, err := filepath.Abs(path)
			if err != nil {
				return err
			}
			hidden := strings.HasPrefix(entry.Name(), ".") && path != "../.."
			if at == own || hidden || entry.Name() == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		files++
		for _, use := range uses(t, path, nil) {
			t.Errorf("%s; connect and decode through internal/temporal", use)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 300 {
		t.Errorf("%d files were looked at; that is not the whole module", files)
	}
}

// The rule finds what it is there for, under any name of the import.
func TestDialingIsFound(t *testing.T) {
	for source, want := range map[string]int{
		`import "go.temporal.io/sdk/client"; var _, _ = client.Dial(client.Options{})`:                                     1,
		`import c "go.temporal.io/sdk/client"; func f() { c.NewLazyClient(c.Options{}); c.DialContext(nil, c.Options{}) }`: 2,
		`import "go.temporal.io/sdk/converter"; var _ = converter.GetDefaultDataConverter()`:                               1,
		`import "go.temporal.io/sdk/temporal"; var _ = temporal.GetDefaultFailureConverter()`:                              1,
		`import "go.temporal.io/sdk/contrib/envconfig"; var _ = envconfig.MustLoadDefaultClientOptions()`:                  1,
		`import . "go.temporal.io/sdk/client"`:                                                                             1,
		`import "go.temporal.io/sdk/client"; var c client.Client; var _ = client.DefaultHostPort`:                          0,
		`import client "net"; var _, _ = client.Dial("tcp", "x")`:                                                          0,
	} {
		if got := uses(t, "x.go", "package x; "+source); len(got) != want {
			t.Errorf("%s: found %q, want %d", source, got, want)
		}
	}
	if got := uses(t, "x_test.go", `package x; import "go.temporal.io/sdk/converter"; var _ = converter.GetDefaultDataConverter()`); len(got) != 0 {
		t.Errorf("a test's own encoding: %q", got)
	}
}

// uses returns the uses of reserved functions in a file. The source is read from
// the file where none is given.
func uses(t *testing.T, path string, source any) (found []string) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]func(string) bool{} // by the name that the file has for the import
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		rule := reserved[imported]
		if rule == nil && !strings.HasSuffix(path, "_test.go") {
			rule = decoders[imported]
		}
		if rule == nil {
			continue
		}
		name := filepath.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "." {
			found = append(found, set.Position(spec.Pos()).String()+" hides where its names are from")
		}
		rules[name] = rule
	}
	ast.Inspect(file, func(n ast.Node) bool {
		selected, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		from, ok := selected.X.(*ast.Ident)
		if ok && rules[from.Name] != nil && rules[from.Name](selected.Sel.Name) {
			found = append(found, set.Position(n.Pos()).String()+" uses "+from.Name+"."+selected.Sel.Name)
		}
		return true
	})
	slices.Sort(found)
	return found
}
