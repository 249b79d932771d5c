package dashboard

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/results"
)

// callsExported is what the audit calls an export.
const callsExported account.Action = "calls.exported"

// csvColumns are those of an export. They are the same in every language: programs
// read them.
var csvColumns = []string{
	"call_id", "task", "stored_at", "received_at", "answered_at", "channel", "language", "audio", "status", "company", "confidence", "threshold",
	"named", "runner_up", "runner_up_confidence", "model", "seconds_to_answer", "error_code", "sampled", "judged_by", "judged_label", "reviewers",
}

// csvPatience is how long a reader of an export may take for a page of it.
const csvPatience = time.Minute

// callsCSV sends the calls that the address means as CSV, one row a call, page by
// page. What comes in meanwhile is not in it. An export that cannot be finished is
// broken off, so that nobody takes a part for all of it.
func (s *Server) callsCSV(v *visit) error {
	f, err := v.filter(v.r.URL.Query())
	if err != nil {
		return err
	}
	asked := filterNames(f)
	newest, err := s.Results.Newest(v.r.Context(), f.Kind)
	if err != nil {
		return err
	}
	if end := newest.Add(time.Microsecond); f.Until.IsZero() || f.Until.After(end) {
		f.Until = end
	}
	page, err := s.Results.List(v.r.Context(), f, "", results.MaxPage)
	if err != nil {
		return err
	}
	if err := s.Accounts.Record(v.r.Context(), account.Entry{Account: v.user.ID, Action: callsExported, Details: map[string]string{"filter": asked}}); err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="calls-`+v.now().In(v.zone).Format("20060102-150405")+`.csv"`)
	if err := v.writeCSV(f, page); err != nil {
		v.Log.Warn("an export was broken off", "error", err)
		panic(http.ErrAbortHandler) // nothing else tells the reader that this was not all
	}
	return nil
}

// filterNames says by what an export was narrowed, and not to what: words that
// somebody has looked for are none of the audit's business.
func filterNames(f results.Filter) string {
	q := queryOf(f)
	var names []string
	for _, name := range []string{"task", "company", "status", "channel", "language", "model", "from", "until", "min", "max", "below", "named", "kind", "q", "judged", "said", "right", "disputed", "settled", "sampled", "people", "reviewer", "against"} {
		if q.Has(name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

func (v *visit) writeCSV(f results.Filter, page results.Page) error {
	w := csv.NewWriter(v.w)
	if err := w.Write(csvColumns); err != nil {
		return err
	}
	control := http.NewResponseController(v.w)
	for {
		_ = control.SetWriteDeadline(time.Now().Add(csvPatience)) // a writer without deadlines waits
		for _, r := range page.Results {
			row, err := v.csvRow(r)
			if err == nil {
				err = w.Write(row)
			}
			if err != nil {
				return err
			}
		}
		if w.Flush(); w.Error() != nil {
			return w.Error()
		}
		if page.Next == "" {
			return nil
		}
		var err error
		if page, err = v.Results.List(v.r.Context(), f, page.Next, results.MaxPage); err != nil {
			return err
		}
	}
}

// csvRow is a call as a row. Whoever judged it is in it as a pseudonym.
func (v *visit) csvRow(r results.Result) ([]string, error) {
	row := []string{
		r.ID, r.Task, csvTime(r.StoredAt), csvTime(r.ReceivedAt), "", r.Channel, r.Language, strconv.FormatBool(r.Audio), string(r.Status), "", "", "",
		"", "", "", "", "", "", strconv.FormatBool(r.Review.Sampled), strconv.Itoa(r.Review.Judged), r.Review.Label, "",
	}
	if p := r.Prediction; p != nil {
		row[4], row[9], row[15], row[17] = csvTime(p.At), p.Company, p.Model, p.ErrorCode
		if hasConfidence(p) {
			row[10], row[11], row[12] = csvShare(p.Confidence), csvShare(p.Threshold), p.Named
		}
		if p.RunnerUp != "" {
			row[13], row[14] = p.RunnerUp, csvShare(p.RunnerUpConfidence)
		}
	}
	if r.Latency >= 0 {
		row[16] = strconv.FormatFloat(r.Latency.Seconds(), 'f', 3, 64)
	}
	if r.Review.Judged > 0 {
		people, err := v.reviewers(r.ID)
		if err != nil {
			return nil, err
		}
		row[21] = people
	}
	for i := range row {
		row[i] = harmless(row[i])
	}
	return row, nil
}

// reviewers are the pseudonyms of whoever judges a call.
func (v *visit) reviewers(call string) (string, error) {
	said, err := v.Results.Judgements(v.r.Context(), call)
	if err != nil {
		return "", err
	}
	var names []string
	for _, j := range said {
		if !j.Holds {
			continue
		}
		if v.pseudonyms == nil {
			v.pseudonyms = map[string]string{}
		}
		if v.pseudonyms[j.Reviewer] == "" {
			name, err := v.Base.Pseudonym(v.r.Context(), j.Reviewer)
			if err != nil {
				return "", err
			}
			v.pseudonyms[j.Reviewer] = name
		}
		names = append(names, v.pseudonyms[j.Reviewer])
	}
	return strings.Join(names, " "), nil
}

func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func csvShare(share float64) string { return strconv.FormatFloat(share, 'f', 6, 64) }
