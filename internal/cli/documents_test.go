package cli

import (
	"testing"

	"switchboard/internal/console/consoletest"
)

func TestDocumentsShowCommandsThatThereAre(t *testing.T) {
	if found := consoletest.Documented(t, "../..", (&app{}).rootCommand); found < 100 {
		t.Errorf("the pages show only %d command lines", found)
	}
}
