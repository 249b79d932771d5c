package embedded_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"

	"switchboard/internal/browsertest"
	"switchboard/internal/embedded"
)

// In a real browser the Web UI lists a finished run and shows what it did.
func TestWebUIInABrowser(t *testing.T) {
	if _, err := browsertest.Find(); err != nil {
		t.Skip(err)
	}
	t.Parallel()
	s := start(t, embedded.Options{})
	c := dial(t, s.Address())
	work(t, c)
	ctx := t.Context()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "finished-run", TaskQueue: queue}, greet, "you")
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Get(ctx, nil); err != nil {
		t.Fatal(err)
	}
	list := s.UIURL() + "/namespaces/default/workflows"
	for _, page := range []struct {
		name, url, waitFor string
		want               []string
	}{
		{"list", list, run.GetID(), []string{"Completed", "greet"}},
		{"run", list + "/" + run.GetID() + "/" + run.GetRunID() + "/history", "compose", []string{"Completed", run.GetID(), "hello you"}},
	} {
		file := filepath.Join(t.TempDir(), page.name+".png")
		text, err := browsertest.Screenshot(ctx, page.url, page.waitFor, file)
		if err != nil {
			t.Fatalf("%v; the page shows:\n%s", err, text)
		}
		for _, want := range page.want {
			if !strings.Contains(strings.ToLower(text), strings.ToLower(want)) { // capitals are a matter of style
				t.Errorf("the %s does not show %q, but:\n%s", page.name, want, text)
			}
		}
		if info, err := os.Stat(file); err != nil || info.Size() < 10_000 {
			t.Errorf("the screenshot of the %s is no picture of a page: %v, %v", page.name, info, err)
		}
	}
}
