// Package switchboard holds what is true of the packages of this module together.
package switchboard

import (
	"bufio"
	"bytes"
	"io/fs"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "switchboard/"

// graph is what each package imports, the standard library left out.
type graph map[string][]string

// load asks the Go tool for the imports of every package of this module and of all
// that they reach. Tests are not in it: they may look behind the walls.
func load(t *testing.T) graph {
	t.Helper()
	lookAtSources(t)
	list := exec.Command("go", "list", "-deps", "-f", `{{if not .Standard}}{{.ImportPath}} {{join .Imports " "}}{{end}}`, "./...")
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	g := graph{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) > 0 {
			g[fields[0]] = fields[1:]
		}
	}
	for name, imports := range g {
		g[name] = slices.DeleteFunc(imports, func(i string) bool { _, known := g[i]; return !known })
	}
	return g
}

// lookAtSources opens the folders of all sources. `go test` repeats a test from its
// cache unless what the test itself has opened is another, and it does not see
// what the Go tool reads for it.
func lookAtSources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"artifacts", "bin", "models", "node_modules", "testdata"}, d.Name())) {
			return filepath.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// path returns how a package comes to import one that is meant, itself first, and
// nil if it does not.
func (g graph) path(from string, meant func(string) bool) []string {
	seen := map[string]bool{}
	var walk func(name string) []string
	walk = func(name string) []string {
		if seen[name] {
			return nil
		}
		seen[name] = true
		for _, i := range g[name] {
			if meant(i) {
				return []string{name, i}
			}
			if rest := walk(i); rest != nil {
				return append([]string{name}, rest...)
			}
		}
		return nil
	}
	return walk(from)
}

// below tells the packages that have one of these paths, or lie below it.
func below(roots ...string) func(string) bool {
	return func(name string) bool {
		return slices.ContainsFunc(roots, func(root string) bool { return name == root || strings.HasPrefix(name, root+"/") })
	}
}

func (g graph) forbid(t *testing.T, from string, meant func(string) bool) {
	t.Helper()
	if _, known := g[from]; !known {
		t.Errorf("there is no package %s", from)
	}
	if path := g.path(from, meant); path != nil {
		t.Errorf("%s must not reach %s, and does: %s", from, path[len(path)-1], strings.Join(path, " imports "))
	}
}

// The walls between the packages. docs/adr/0021-thin-starter.md says what they are
// good for.
func TestImports(t *testing.T) {
	g := load(t)
	t.Run("the contract is a leaf", func(t *testing.T) {
		g.forbid(t, module+"internal/pipeline", func(string) bool { return true })
	})
	t.Run("the starter is a client of Temporal and nothing else", func(t *testing.T) {
		for _, heavy := range []func(string) bool{
			below(module+"internal/anonymize", module+"internal/privacy", module+"internal/tweet", module+"internal/transformer"),
			below(module+"internal/artifact", module+"internal/database", module+"internal/provider", module+"internal/dataset"),
			below(module+"workflows", module+"activities", module+"worker"),
			below("gocloud.dev", "cloud.google.com", "github.com/Azure", "github.com/aws"),
			below("github.com/gomlx", "github.com/knights-analytics"),
		} {
			g.forbid(t, module+"starter", heavy)
		}
	})
	t.Run("the intake starts analyses, and reads no more of a call than its event", func(t *testing.T) {
		for _, heavy := range []func(string) bool{
			below(module+"internal/anonymize", module+"internal/privacy", module+"internal/tweet", module+"internal/transformer"),
			below(module+"internal/artifact", module+"internal/provider", module+"internal/dataset"),
			below(module+"workflows", module+"activities", module+"worker"),
			below("gocloud.dev", "cloud.google.com", "github.com/Azure", "github.com/aws"),
			below("github.com/twmb/franz-go/pkg/kfake"),
		} {
			g.forbid(t, module+"intake", heavy)
		}
	})
	t.Run("the dashboard reads what is redacted, and asks workers for the rest", func(t *testing.T) {
		for _, heavy := range []func(string) bool{
			below(module+"internal/anonymize", module+"internal/privacy", module+"internal/tweet", module+"internal/transformer"),
			below(module+"internal/artifact", module+"internal/provider", module+"internal/dataset", module+"internal/kafka", module+"internal/speech"),
			below(module+"workflows", module+"activities", module+"worker", module+"internal/cli"),
			below("gocloud.dev", "cloud.google.com", "github.com/Azure", "github.com/aws"),
			below("github.com/gomlx", "github.com/knights-analytics", "github.com/twmb/franz-go"),
		} {
			g.forbid(t, module+"dashboard", heavy)
		}
	})
	t.Run("Kafka is spoken to in one place", func(t *testing.T) {
		for name := range g {
			if strings.HasPrefix(name, module) && !below(module+"internal/kafka", module+"bench")(name) {
				if slices.ContainsFunc(g[name], below("github.com/twmb/franz-go/pkg/kgo", "github.com/twmb/franz-go/pkg/kadm", "github.com/twmb/franz-go/pkg/kmsg")) {
					t.Errorf("%s speaks to Kafka itself; that is for internal/kafka", name)
				}
			}
		}
	})
	t.Run("the rules know no workflow", func(t *testing.T) {
		for name := range g {
			if below(module + "internal")(name) {
				g.forbid(t, name, below(module+"workflows", module+"activities", module+"worker"))
			}
		}
	})
	t.Run("workers are run by programs alone", func(t *testing.T) {
		g.importers(t, module+"worker/host", module+"worker", module+"standalone")
		g.importers(t, module+"activities", module+"worker/host", module+"workflows")
		g.importers(t, module+"workflows", module+"worker/host")
		g.importers(t, module+"internal/cli", module+"starter", module+"standalone")
		g.importers(t, module+"internal/dashboard", module+"dashboard", module+"standalone", module+"bench/dashboard")
	})
}

// importers fails where others than these import a package.
func (g graph) importers(t *testing.T, name string, allowed ...string) {
	t.Helper()
	for _, importer := range slices.Sorted(maps.Keys(g)) {
		if slices.Contains(g[importer], name) && !slices.Contains(allowed, importer) {
			t.Errorf("%s imports %s, which is for %s", importer, name, strings.Join(allowed, " and "))
		}
	}
}

// A wall that nothing could break would be none.
func TestForbiddenImportsAreFound(t *testing.T) {
	g := graph{"a": {"b"}, "b": {"c", "a"}, "c": {"x/y"}, "x/y": nil, "xy": nil}
	if got := g.path("a", below("x")); !slices.Equal(got, []string{"a", "b", "c", "x/y"}) {
		t.Errorf("the way to x is %v", got)
	}
	if got := g.path("a", below("xy")); got != nil {
		t.Errorf("there is a way to xy: %v", got)
	}
}
