package dashboard

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/account"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/results"
)

// What people do to calls, as the audit names it. It tells who judged which call, and
// not what they say.
const (
	callJudged       account.Action = "call.judged"
	judgementUndone  account.Action = "judgement.undone"
	longestLabel                    = 100
	reasonNewCompany                = "new_company"
)

// checkLabel reports what cannot be the name of a company.
func checkLabel(label string) error {
	switch {
	case strings.TrimSpace(label) == "":
		return problem.Input("the answer names no company; choose one, or say that you cannot tell")
	case !utf8.ValidString(label), strings.ContainsFunc(label, unprintable):
		return problem.Input("the company's name has characters that are none of a text; type it anew")
	case utf8.RuneCountInString(label) > longestLabel:
		return problem.Input("the company's name is too long: %d characters are the most", longestLabel)
	}
	return nil
}

// unprintable tells characters that turn a text around, or cannot be seen.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp)
}

// judge stores what the reader says that a call is about.
func (s *Server) judge(v *visit) error {
	ctx, id, form := v.r.Context(), v.r.PathValue("id"), v.r.PostForm
	label, reason := strings.TrimSpace(form.Get("label")), form.Get("reason")
	if err := checkLabel(label); err != nil {
		return err
	}
	r, err := s.Results.Get(ctx, id)
	if err != nil {
		return err
	}
	kind := form.Get("kind")
	if !fits(kind, &r) {
		return problem.Input("this form is not one of this call's; open the call again")
	}
	if stale, err := v.stale(id, label); err != nil || stale != nil {
		return v.tooLate(stale, err)
	}
	known, err := s.labelsOf(ctx, r.Task)
	if err != nil {
		return err
	}
	spelling, found := known.of(r.Prediction).find(label)
	switch {
	case found:
		label = spelling
		if label != pipeline.Unknown && reason == reasonNewCompany {
			reason = ""
		}
	case reason != reasonNewCompany && r.Prediction != nil:
		return v.redirect(v.confirm(id, label), "")
	}
	j, err := s.Results.Judge(ctx, results.Judgement{CallID: id, Label: label, Reason: reason, Reviewer: v.user.ID}, func(j results.Judgement) results.Also {
		details := map[string]string{"judgement": strconv.FormatInt(j.ID, 10)}
		if kind != "" && kind != kindAgain {
			details["kind"] = kind
		}
		return v.audits(callJudged, id, details)
	})
	if err != nil {
		return err
	}
	s.labels.forget(r.Task)
	return v.judged(j)
}

// fits tells whether the queue can have asked about a call for a reason. What it has
// not asked about fits any call.
func fits(kind string, r *results.Result) bool {
	switch kind {
	case "", kindAgain:
		return true
	case results.Uncertain:
		return r.Status == pipeline.AnswerUnsure && !r.Review.Sampled
	case results.FromSample:
		return r.Review.Sampled
	case results.SecondOpinion:
		return r.Review.Sampled && r.Review.Judged > 0
	}
	return false
}

// stale returns the reader's judgement of a call where the form that was sent knows
// nothing of it: it was answered since the page was shown, which a browser shows again
// when somebody goes back. Whoever says the same once more does no harm.
func (v *visit) stale(call, label string) (*results.Judgement, error) {
	if !v.r.PostForm.Has("seen") {
		return nil, nil
	}
	last, err := v.lastAnswer(call)
	if err != nil || last == nil || last.Label == label || strconv.FormatInt(last.ID, 10) == v.r.PostForm.Get("seen") {
		return nil, err
	}
	return last, nil
}

// tooLate says that a form is from before an answer, which stays.
func (v *visit) tooLate(said *results.Judgement, err error) error {
	if err != nil {
		return err
	}
	label := said.Label
	if label == pipeline.Unknown {
		label = v.T("Unknown")
	}
	v.problem(http.StatusConflict, v.T("You have answered this call since you opened that page: %s. That answer stays. To change it, open the call again.", label), callPath(said.CallID))
	return nil
}

// confirm is the page that asks whether a company which nobody knows is meant.
func (v *visit) confirm(id, label string) string {
	query := url.Values{"call": {id}, "new": {label}}
	if next := localPath(v.r.PostForm.Get("next"), ""); next != "" {
		query.Set("next", next)
	}
	return "/review?" + query.Encode()
}

// judged leads on. The queue shows itself what was answered, and takes it back.
func (v *visit) judged(j results.Judgement) error {
	next, err := url.Parse(localPath(v.r.PostForm.Get("next"), callPath(j.CallID)))
	if err != nil {
		return err
	}
	if next.Path != "/review" {
		return v.redirect(next.String(), v.T("Answered: %s.", j.Label))
	}
	to, err := with(next, "done", j.CallID, "call", "", "new", "", "next", "")
	if err != nil {
		return err
	}
	return v.redirect(to, "")
}

// undo takes a judgement of the reader's back.
func (s *Server) undo(v *visit) error {
	id, err := strconv.ParseInt(v.r.PathValue("id"), 10, 64)
	if err != nil {
		return errNotFound
	}
	if err := s.Results.UndoJudgement(v.r.Context(), id, v.user.ID, v.audits(judgementUndone, strconv.FormatInt(id, 10), nil)); err != nil {
		return err
	}
	return v.redirect(localPath(v.r.PostForm.Get("next"), "/review"), v.T("Your answer is taken back."))
}

// callPath is the page of a call.
func callPath(id string) string { return "/calls/" + url.PathEscape(id) }
