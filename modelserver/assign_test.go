package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
)

// What an older version left is given to a key by a command, beside no server.
func TestAssigns(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../internal/modelserver/testdata/before-tenants")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		want string // in what is printed, or in the error
		code int
	}{
		{[]string{"assign", "-data", dir}, "assign needs the name of a key", 2},
		{[]string{"assign", "-data", dir, "Reports"}, "give the name of a key", 2},
		{[]string{"assign", "-data", dir, "reports", "file-none"}, `"file-none" is no file`, 2},
		{[]string{"assign", "-data", dir + "/none", "reports"}, "data directory", 3},
		{[]string{"assign", "-data", dir, "reports"}, "6 files, jobs and batches belong to reports now.", 0},
		{[]string{"assign", "-data", dir, "reports"}, "0 files, jobs and batches belong to reports now.", 0},
		{[]string{"assign", "-data", dir, "ana", "reports"}, "6 files, jobs and batches belong to ana now.", 0},
	} {
		var out bytes.Buffer
		err := run(t.Context(), test.args, lookUp(nil), &out)
		text := out.String()
		if err != nil {
			text = err.Error()
		}
		if exitCode(err) != test.code || !strings.Contains(text, test.want) {
			t.Errorf("%v ends with %q, exit code %d; want %q and %d", test.args, text, exitCode(err), test.want, test.code)
		}
	}
}

func TestRefusesMemoryOfATraining(t *testing.T) {
	for _, text := range []string{"much", "0", "-1GB"} {
		err := run(t.Context(), []string{"-max-training", text}, lookUp(environment(t)), io.Discard)
		if exitCode(err) != 2 || !strings.Contains(err.Error(), "-max-training is") {
			t.Errorf("-max-training %s ends with %v", text, err)
		}
	}
}
