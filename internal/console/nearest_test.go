package console

import "testing"

func TestNearestWord(t *testing.T) {
	words := []string{"dataset", "target-size", "task", "test-share", "watch", "why", "limit"}
	for typed, want := range map[string]string{
		"datset": "dataset", "tagret-size": "target-size", "wacth": "watch", "limt": "limit", "target": "target-size",
		"bogus": "", "x": "", "": "", "dry-run": "",
	} {
		if got := Nearest(typed, words); got != want {
			t.Errorf("%q is taken for %q, want %q", typed, got, want)
		}
	}
}
