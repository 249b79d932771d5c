package reports

import (
	"slices"
	"testing"

	"switchboard/internal/pipeline"
)

func TestReportTellsOfCalls(t *testing.T) {
	for _, c := range []struct {
		split pipeline.SplitCounts
		aside pipeline.SetAside
		want  []string
	}{
		{},
		{split: pipeline.SplitCounts{CallExamples: 40, Calls: 38, ClassesOfCalls: 1}, want: []string{
			"38 calls that people judged are among the training examples, and in neither validation nor test; 1 company known from them alone, so that no figure here is about it.",
		}},
		{split: pipeline.SplitCounts{CallExamples: 1, Calls: 1}, aside: pipeline.SetAside{Calls: 30, Accounts: []string{"person-1a"}}, want: []string{
			"1 call that people judged is among the training examples, and in neither validation nor test.",
			"What 1 account said of 30 calls goes against sure answers much more often than what others say; these corrections were set aside (person-1a).",
		}},
	} {
		if got := FromCalls(c.split, c.aside); !slices.Equal(got, c.want) {
			t.Errorf("%+v, %+v: %q", c.split, c.aside, got)
		}
	}
}
