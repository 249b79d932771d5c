package activities

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"

	"switchboard/internal/artifact"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/seal"
)

// Reports are read, and nothing else of the artifacts.
func TestReadReport(t *testing.T) {
	store, err := artifact.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	key, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, maxSealedReport)
	_, _ = rand.Read(noise)
	run := layout.Of("finetune-x", "run-1")
	for path, content := range map[string]string{
		run.ReportPage():                    "<p>88.4%</p>",
		run.OutputPage():                    base64.StdEncoding.EncodeToString(noise),
		run.Output():                        "tweet_id,text",
		layout.Of("big", "1").ReportPage():  strings.Repeat("x", maxReport+1),
		layout.Of("call", "1").ReportPage(): "",
	} {
		if _, err := store.Write(t.Context(), path, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	c := &Control{Store: store}
	for path, want := range map[string]struct {
		page string
		kind problem.Kind
	}{
		run.ReportPage():                    {page: "<p>88.4%</p>"},
		layout.Of("call", "1").ReportPage(): {},
		run.OutputPage():                    {kind: problem.Refused},
		layout.Of("big", "1").ReportPage():  {kind: problem.Refused},
		run.Output():                        {kind: problem.BadInput},
		layout.Of("none", "1").ReportPage(): {kind: problem.BadInput},
		"../x/evaluation/report.html":       {kind: problem.BadInput},
		"/x/evaluation/report.html":         {kind: problem.BadInput},
		"x/../evaluation/report.html":       {kind: problem.BadInput},
		"evaluation/report.html":            {kind: problem.BadInput},
		"":                                  {kind: problem.BadInput},
	} {
		got, err := c.ReadReport(t.Context(), pipeline.ReadReportInput{Path: path, Key: key.Public()})
		if kind, _ := problem.KindOf(err); kind != want.kind || (err == nil) != (want.kind == "") {
			t.Errorf("%s: %v, want the kind %q", path, err, want.kind)
		}
		var page string
		if err == nil {
			if err := key.Open(got.Sealed, pipeline.ReportPurpose, &page); err != nil || page != want.page {
				t.Errorf("%s: %q, %v; want %q", path, page, err, want.page)
			}
		}
	}
}
