package dashboard

import (
	"net/url"
	"slices"
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
	if err := v.form(); err != nil {
		return err
	}
	ctx, id, form := v.r.Context(), v.r.PathValue("id"), v.r.PostForm
	label, reason := strings.TrimSpace(form.Get("label")), form.Get("reason")
	if err := checkLabel(label); err != nil {
		return err
	}
	r, err := s.Results.Get(ctx, id)
	if err != nil {
		return err
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
	j, err := s.Results.Judge(ctx, results.Judgement{CallID: id, Label: label, Reason: reason, Reviewer: v.user.ID})
	if err != nil {
		return err
	}
	s.labels.forget(r.Task)
	details := map[string]string{"judgement": strconv.FormatInt(j.ID, 10)}
	if kind := form.Get("kind"); slices.Contains([]string{results.Uncertain, results.FromSample, results.SecondOpinion}, kind) {
		details["kind"] = kind
	}
	if err := v.did(callJudged, id, details); err != nil {
		return err
	}
	return v.judged(j)
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
	if err := v.form(); err != nil {
		return err
	}
	id, err := strconv.ParseInt(v.r.PathValue("id"), 10, 64)
	if err != nil {
		return errNotFound
	}
	if err := s.Results.UndoJudgement(v.r.Context(), id, v.user.ID); err != nil {
		return err
	}
	if err := v.did(judgementUndone, strconv.FormatInt(id, 10), nil); err != nil {
		return err
	}
	return v.redirect(localPath(v.r.PostForm.Get("next"), "/review"), v.T("Your answer is taken back."))
}

// form reads what was posted.
func (v *visit) form() error {
	if err := v.r.ParseForm(); err != nil {
		return problem.Input("the form cannot be read; open the page again")
	}
	return nil
}

// callPath is the page of a call.
func callPath(id string) string { return "/calls/" + url.PathEscape(id) }
