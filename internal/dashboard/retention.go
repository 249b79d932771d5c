package dashboard

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// retentionPage is where calls are erased, by their ids or by their age.
type retentionPage struct {
	Tabs []navigation
	// IDs are the calls that are named, a line each; Before is the day before which
	// calls are meant, as an input of the type date has it.
	IDs, Before string
	// Found is what a dry run has found, or what was erased; nil before either.
	Found *pipeline.ErasedCalls
	Left  []leftRow
	// Latest is the last day that makes sense.
	Latest string
}

// leftRow is a place that may still hold something.
type leftRow struct {
	pipeline.NotErased
	What string
}

// placeTexts say what is left, and why.
var placeTexts = map[pipeline.Place]string{
	pipeline.InputTopic:   text("Events in the topic that calls come from; they go when Kafka's retention ends"),
	pipeline.DeadLetters:  text("Events in the topic of dead letters, which keeps them until somebody deletes them"),
	pipeline.TrainedModel: text("A model that was trained on them, with the files of its training; have both deleted after the next retraining"),
	pipeline.RunFiles:     text("Files of a run over a dataset that has them; have its folder deleted"),
	pipeline.JudgedFiles:  text("Files of a retraining whose models were asked about them; have them deleted"),
	pipeline.Histories:    text("Histories of Temporal, which hold ids and no word of a call; they end with the namespace's retention"),
}

func (s *Server) retention(v *visit) error {
	ids := strings.Join(v.r.URL.Query()["id"], "\n")
	return v.showRetention(retentionPage{IDs: ids, Before: v.r.URL.Query().Get("before")})
}

func (v *visit) showRetention(p retentionPage) error {
	p.Tabs, p.Latest = v.adminTabs(), time.Now().In(v.zone).Format(time.DateOnly)
	if p.Found != nil {
		for _, l := range p.Found.Left {
			p.Left = append(p.Left, leftRow{l, word(v, placeTexts, l.Place)})
		}
	}
	return v.show(http.StatusOK, "retention", v.T("Retention"), p)
}

// erase looks what there is of some calls, or erases it. The answer to either is shown
// at once: it may be long, and repeating either does no harm.
func (s *Server) erase(v *visit) error {
	p := retentionPage{IDs: strings.TrimSpace(v.r.PostFormValue("ids")), Before: v.r.PostFormValue("before")}
	dry, err := v.dryRun()
	if err != nil {
		return err
	}
	var found pipeline.ErasedCalls
	switch {
	case (p.IDs == "") == (p.Before == ""):
		return problem.Input("%s", v.T("Name the calls by their ids, or give a day; not both."))
	case p.IDs != "":
		in := pipeline.EraseCallsInput{CallIDs: idsOf(p.IDs), DryRun: dry, Who: v.user.ID, Account: true}
		if err = in.Validate(); err == nil {
			err = v.order(pipeline.EraseCallsActivity, in, &found)
		}
	default:
		in := pipeline.ExpireCallsInput{DryRun: dry, Who: v.user.ID, Account: true}
		if in.Before, err = time.ParseInLocation(time.DateOnly, p.Before, v.zone); err != nil {
			return problem.Input("%s", v.T("The day is not a date such as 2026-11-01."))
		}
		if in.Before.After(time.Now()) {
			return problem.Input("%s", v.T("The day lies in the future."))
		}
		err = v.order(pipeline.ExpireCallsActivity, in, &found)
	}
	if err != nil {
		return err
	}
	p.Found = &found
	return v.showRetention(p)
}

// dryRun tells whether the form asks only to look. Whoever erases has to say that it is
// meant.
func (v *visit) dryRun() (bool, error) {
	switch v.r.PostFormValue("do") {
	case "look":
		return true, nil
	case "erase":
		if v.r.PostFormValue("sure") != "yes" {
			return false, problem.Input("%s", v.T("Tick the box to confirm: erasing cannot be undone."))
		}
		return false, nil
	}
	return false, problem.Input("%s", v.T("Calls can be looked for or erased."))
}

// idsOf are the ids of a text, one a line, each once.
func idsOf(text string) (ids []string) {
	for line := range strings.Lines(text) {
		if id := strings.TrimSpace(line); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
