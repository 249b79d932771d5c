package reports

import (
	"fmt"
	"strings"

	"switchboard/internal/console"
	"switchboard/internal/pipeline"
)

// FromCalls says what a model learned from calls that people judged, and whose word was
// not taken: a sentence each, none where no call was judged.
func FromCalls(s pipeline.SplitCounts, aside pipeline.SetAside) (notes []string) {
	if s.CallExamples > 0 {
		note := fmt.Sprintf("%s that people judged are among the training examples, and in neither validation nor test", console.Count(s.Calls, "call"))
		if s.Calls == 1 {
			note = "1 call that people judged is among the training examples, and in neither validation nor test"
		}
		if s.ClassesOfCalls > 0 {
			note += fmt.Sprintf("; %s known from them alone, so that no figure here is about it", console.Count(int64(s.ClassesOfCalls), "company"))
		}
		notes = append(notes, note+".")
	}
	if aside.Calls > 0 {
		what := "were set aside"
		if aside.Used {
			what = "were used although somebody should look at them"
		}
		notes = append(notes, fmt.Sprintf("What %s said of %s goes against sure answers much more often than what others say; these corrections %s (%s).",
			console.Count(int64(len(aside.Accounts)), "account"), console.Count(aside.Calls, "call"), what, strings.Join(aside.Accounts, ", ")))
	}
	return notes
}
