package activities

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
)

// apply merges a file of n conversations, of which share parts of a hundred are
// Acme's, and reports on them.
func (l *lab) apply(dir, task string, n, share int) artifact.Ref {
	l.t.Helper()
	var file strings.Builder
	file.WriteString("tweet_id,text,in_response_to_tweet_id\n")
	for i := range n {
		fmt.Fprintf(&file, "%d,where is <b>parcel</b> number %d,\n", i+1, i)
	}
	staged, refs := l.prepare(l.file(task+"-"+strings.ReplaceAll(dir, "/", "-")+".csv", file.String()), pipeline.Production, dir)
	var said []dataset.Prediction
	for i, e := range l.examples(refs) {
		p := dataset.Prediction{ConversationID: e.ID, Company: "Bolt", Confidence: 0.9, Status: dataset.Classified}
		if i%100 < share {
			p.Company = "Acme"
		}
		if i == n-1 {
			p.Company, p.Status, p.ErrorCode = dataset.Unknown, dataset.Failed, "timeout"
		}
		said = append(said, p)
	}
	ref, err := writeRows(l.t.Context(), l.store, dir+"/predictions.parquet", said)
	if err != nil {
		l.t.Fatal(err)
	}
	var merged MergeOutputResult
	l.must(l.data.MergeOutput, MergeOutputInput{
		Dataset: staged.Dataset, Examples: refs, Predictions: []artifact.Ref{ref}, Duplicates: staged.Duplicates, Threshold: 0.5,
		Task: task, Model: "ft:m", Dir: dir,
	}, &merged)
	return l.report(dir, task, merged.Summary)
}

func (l *lab) report(dir, task string, summary artifact.Ref) (page artifact.Ref) {
	l.t.Helper()
	l.must(l.data.ReportApplication, ReportApplicationInput{Summary: summary, Task: task, Dir: dir}, &page)
	return page
}

func (l *lab) page(ref artifact.Ref) string {
	l.t.Helper()
	content, err := l.store.Read(l.t.Context(), ref)
	if err != nil {
		l.t.Fatal(err)
	}
	return string(content)
}

// An application is compared with the task's one before it, whatever came later
// and whatever other tasks do.
func TestReportApplication(t *testing.T) {
	l := newLab(t)
	first, other, second := l.apply("first/1", "support", 300, 20), l.apply("other/1", "calls", 300, 99), l.apply("second/1", "support", 300, 60)
	for name, c := range map[string]struct {
		page           artifact.Ref
		wanted, absent []string
	}{
		"the first":    {first, []string{"There is no earlier run", "1 of 300 conversations (0.3%) got no answer", "mostly timeout", "first/1"}, []string{"Bolt</strong>: "}},
		"another task": {other, []string{"There is no earlier run"}, nil},
		"the second":   {second, []string{"of support-first-1.csv", "<strong>Acme</strong>: &#43;40.1 points, from 20.1% to 60.2%", "<strong>Bolt</strong>: −40.1 points"}, []string{"There is no earlier run", "other"}},
	} {
		page := l.page(c.page)
		for _, want := range c.wanted {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %q", name, want)
			}
		}
		for _, absent := range append(c.absent, "<b>") {
			if strings.Contains(page, absent) {
				t.Errorf("%s: the page holds %q", name, absent)
			}
		}
		if !strings.Contains(page, "where is &lt;b&gt;parcel&lt;/b&gt; number") {
			t.Errorf("%s: no conversation is quoted", name)
		}
	}
}

// A second attempt writes the same page, also when the task went on meanwhile; and
// one whose predecessor was deleted is compared with nothing.
func TestReportApplicationAgain(t *testing.T) {
	l := newLab(t)
	l.apply("first/1", "support", 120, 20)
	second := l.page(l.apply("second/1", "support", 120, 60))
	l.apply("third/1", "support", 120, 90)
	content, err := l.store.ReadPath(t.Context(), layout.Run("second/1").Summary())
	if err != nil {
		t.Fatal(err)
	}
	summary := artifact.RefOf(layout.Run("second/1").Summary(), content, 0)
	if again := l.page(l.report("second/1", "support", summary)); again != second {
		t.Error("the second attempt wrote another page")
	}
	if err := l.store.Delete(t.Context(), layout.Run("first/1").Summary()); err != nil {
		t.Fatal(err)
	}
	if alone := l.page(l.report("second/1", "support", summary)); !strings.Contains(alone, "There is no earlier run") {
		t.Error("what was deleted is compared with")
	}
	if _, err := l.store.Write(t.Context(), layout.Run("first/1").Summary(), bytes.Replace(content, []byte(`"version": 1`), []byte(`"version": 9`), 1)); err != nil {
		t.Fatal(err)
	}
	if alone := l.page(l.report("second/1", "support", summary)); !strings.Contains(alone, "There is no earlier run") {
		t.Error("what another version wrote is compared with")
	}
}
