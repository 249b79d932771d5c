package dashboard

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"switchboard/internal/account"
	"switchboard/internal/database"
	"switchboard/internal/problem"
	"switchboard/internal/request"
	"switchboard/internal/results"
)

// Bounds of what a page asks. Whoever opened it waits.
const (
	// takeTime is how long a worker may take to begin.
	takeTime = 5 * time.Second
	// askTime bounds a question, changeTime a change.
	askTime    = 15 * time.Second
	changeTime = time.Minute
)

// ask lets a worker carry out an activity, and decodes its answer into what answer
// points to. That nobody answers is a problem of kind Environment.
func (v *visit) ask(activity string, in, answer any) error {
	return v.askFor(askTime, activity, in, answer)
}

// order is ask for what changes something. It goes on where the visitor goes away.
func (v *visit) order(activity string, in, answer any) error {
	return v.askFor(changeTime, activity, in, answer)
}

func (v *visit) askFor(most time.Duration, activity string, in, answer any) error {
	if v.Temporal == nil {
		return v.noServer()
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), most)
	defer cancel()
	return v.answered(request.Ask(ctx, v.Temporal, request.Request{Activity: activity, Input: in, Wait: takeTime}, answer))
}

// update sends an update to a workflow.
func (v *visit) update(u request.Update, answer any) error {
	if v.Temporal == nil {
		return v.noServer()
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), changeTime)
	defer cancel()
	return v.answered(request.Send(ctx, v.Temporal, u, answer))
}

func (v *visit) noServer() error {
	return &toldProblem{kind: problem.Environment, text: v.T("This page is connected to no Temporal server, which runs all the work. Ask whoever looks after Switchboard.")}
}

// answered says in the reader's language that there is no answer.
func (v *visit) answered(err error) error {
	switch {
	case v.r.Context().Err() != nil:
		return v.r.Context().Err()
	case errors.Is(err, request.ErrNoWorker):
		return &toldProblem{kind: problem.Environment, text: v.T("No worker answers. Try again in a while, and ask whoever looks after Switchboard if that does not help.")}
	case errors.Is(err, context.DeadlineExceeded):
		return &toldProblem{kind: problem.Environment, text: v.T("No answer came in time. Try again in a while.")}
	}
	return v.tell(err)
}

// missing says why a part of a page cannot be shown, where it is that something around
// the dashboard does not answer; the rest of the page is shown all the same. Any other
// error is returned.
func (v *visit) missing(err error) (why string, _ error) {
	if kind, ok := problem.KindOf(err); ok && kind == problem.Environment {
		v.Log.Warn("a part of a page could not be shown", "path", v.pattern(), "error", err)
		return v.tell(err).Error(), nil
	}
	return "", err
}

// did keeps that the visitor did something. Details never hold anything that was said
// in a call.
func (v *visit) did(action account.Action, target string, details map[string]string) error {
	// What is done is done, whether or not somebody waits for the page.
	ctx := context.WithoutCancel(v.r.Context())
	return v.Accounts.Record(ctx, account.Entry{Account: v.user.ID, Action: action, Target: target, Details: details})
}

// audits is did for a change of the same database: what is done and that it was done
// are kept together, or neither is.
func (v *visit) audits(action account.Action, target string, details map[string]string) results.Also {
	return func(ctx context.Context, t database.Tx) error {
		return v.Accounts.RecordIn(ctx, t, account.Entry{Account: v.user.ID, Action: action, Target: target, Details: details})
	}
}

// longestReason is how many characters of a reason are kept.
const longestReason = 500

// reason is the form's field of that name, which those read who look at the audit.
func (v *visit) reason() (string, error) {
	why := strings.TrimSpace(v.r.PostFormValue("why"))
	switch {
	case why == "":
		return "", problem.Input("%s", v.T("Give a reason, for those who read the audit."))
	case utf8.RuneCountInString(why) > longestReason || !utf8.ValidString(why):
		return "", problem.Input("%s", v.T("The reason is longer than %d characters; shorten it.", longestReason))
	}
	return why, nil
}
