package dashboard

import (
	"io"

	"switchboard/internal/pipeline"
	"switchboard/internal/seal"
)

// reportPolicy lets a report show itself and nothing else: it runs no script, sends no
// form and loads nothing, whatever is in it.
const reportPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// report sends the page that a run has left among its artifacts. A worker reads it.
func (v *visit) report(path string) error {
	key, err := seal.NewKey()
	if err != nil {
		return err
	}
	var sealed pipeline.ReadReportResult
	if err := v.ask(pipeline.ReadReportActivity, pipeline.ReadReportInput{Path: path, Key: key.Public()}, &sealed); err != nil {
		return err
	}
	var page string
	if err := key.Open(sealed.Sealed, pipeline.ReportPurpose, &page); err != nil {
		return err
	}
	v.w.Header().Set("Content-Security-Policy", reportPolicy)
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = io.WriteString(v.w, page)
	if err != nil {
		v.Log.Debug("a report was not read to its end", "path", v.pattern(), "error", err)
	}
	return nil
}
