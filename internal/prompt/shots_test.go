package prompt

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// ranked are n labels, each with one example fewer than the one before.
func ranked(n int) (examples []Shot) {
	for i := range n {
		for j := range n - i {
			examples = append(examples, Shot{Text: fmt.Sprint("conversation ", i, " ", j), Label: fmt.Sprintf("Company%02d", i)})
		}
	}
	return examples
}

func TestShotsAreOfTheCommonestLabels(t *testing.T) {
	examples := ranked(MaxShots + 5)
	slices.Reverse(examples)
	shots := Choose(examples, 1)
	if len(shots) != MaxShots {
		t.Fatalf("there are %d shots, want %d", len(shots), MaxShots)
	}
	for i, s := range shots {
		if s.Label != fmt.Sprintf("Company%02d", i) || !slices.Contains(examples, s) {
			t.Errorf("shot %d is %+v", i, s)
		}
	}
	if again := Choose(examples, 1); !slices.Equal(again, shots) {
		t.Error("the same seed chooses others")
	}
	if other := Choose(examples, 2); slices.Equal(other, shots) {
		t.Error("another seed chooses the same")
	}
}

func TestLongAndEmptyConversationsAreNoShots(t *testing.T) {
	fits := Shot{strings.Repeat("x", MaxShotText), "Short"}
	shots := Choose([]Shot{{fits.Text + "x", "Long"}, {fits.Text + "x", "Short"}, fits, {" \n", "Empty"}}, 1)
	if !slices.Equal(shots, []Shot{fits}) {
		t.Errorf("the shots are %+v", shots)
	}
}
