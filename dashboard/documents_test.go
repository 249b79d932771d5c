package main

import (
	"testing"

	"switchboard/internal/console/consoletest"
)

func TestDocumentsShowCommandsThatThereAre(t *testing.T) {
	if consoletest.Documented(t, "..", command) == 0 {
		t.Error("no page shows a command of this program")
	}
}
