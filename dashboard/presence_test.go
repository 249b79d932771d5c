package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"switchboard/internal/cli"
)

// Whoever reaches Temporal alone finds the dashboard that runs, wherever it listens.
func TestDashboardIsFoundThroughTemporal(t *testing.T) {
	s := newSite(t)
	starter := func(args ...string) string {
		var out, errs bytes.Buffer
		cli.Run(t.Context(), args, os.Environ(), &out, &errs)
		return out.String() + errs.String()
	}
	if got := starter("open", "--dashboard", "--print"); got != "http://"+s.address+"\n" {
		t.Errorf("starter open says %q, want the address %s", got, s.address)
	}
	if got := starter("doctor"); !strings.Contains(got, "one answers at http://"+s.address+"\n") {
		t.Errorf("the doctor does not say that one answers at %s:\n%s", s.address, got)
	}
}
