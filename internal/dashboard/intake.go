package dashboard

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard/internal/account"
	"switchboard/internal/call"
	"switchboard/internal/console"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/results"
	"switchboard/internal/runs"
)

// lettersShown is how many dead letters the page has at most.
const lettersShown = 100

// intakePage says how far the intake of calls is.
type intakePage struct {
	// Flag tells whether calls are taken in, Totals what the database counts.
	Flag   results.Intake
	Totals results.Totals
	// State is what a worker knows; Silent says why that is missing.
	State  pipeline.IntakeState
	Silent string
	// InKafka counts the events that wait, Oldest is when the first of them came.
	InKafka int64
	Oldest  time.Time
	Letters []letterRow
	// Reason narrows the dead letters to one, Reasons are those there are.
	Reason  string
	Reasons []choice
	// More tells that there are more dead letters than are shown.
	More bool
	// Analyzing and Waiting show the calls that are being analyzed, and those that
	// wait for their answer.
	Analyzing, Waiting string
}

// Age is how long ago something was.
func (intakePage) Age(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return console.Span(time.Since(at).Round(time.Second))
}

// letterRow is a dead letter as the list shows it.
type letterRow struct {
	pipeline.DeadLetter
	Why, State string
	// Path shows the call, empty where there is none: the event does not tell which it
	// is, it was never taken in, or it was erased. Run shows the run that gave the call
	// up, which says why; empty where none was started.
	Path, Run string
}

// Size is how large the event is, in bytes.
func (r letterRow) Size() int64 { return int64(r.Bytes) }

// reasonTexts say why an event could not be taken in, or a call not be analyzed.
var reasonTexts = map[string]string{
	string(call.TooLarge): text("larger than an event may be"), string(call.NotJSON): text("not JSON"), string(call.WrongType): text("a field of the wrong type"),
	string(call.NoCallID): text("without a call's id"), string(call.NothingSaid): text("without turns and recording"), string(call.WrongValue): text("a value that makes no sense"),
	string(call.WrongTime): text("a time that no call can have"), string(call.InParts): text("in parts, turn by turn"),
	"bad-input": text("cannot be analyzed as it is"), "refused": text("refused by the model's provider, the recognizer, or the recording's host"), "gave-up": text("given up after many attempts"),
}

func (s *Server) intake(v *visit) (err error) {
	ctx, p := v.r.Context(), intakePage{
		Reason:    v.r.URL.Query().Get("reason"),
		Analyzing: "/runs?" + url.Values{"kind": {runs.KindOf(pipeline.AnalyzeCallWorkflow)}, "status": {runs.Running}}.Encode(),
		Waiting:   "/calls?status=waiting",
	}
	if p.Flag, err = s.Results.Intake(ctx); err != nil {
		return err
	}
	if p.Totals, err = s.Results.Totals(ctx, nil, time.Time{}, time.Time{}); err != nil {
		return err
	}
	var letters pipeline.DeadLetterList
	var asking errgroup.Group
	asking.Go(func() error { return v.ask(pipeline.DescribeIntakeActivity, nil, &p.State) })
	asking.Go(func() error {
		err := v.ask(pipeline.ListDeadLettersActivity, pipeline.ListDeadLettersInput{Limit: pipeline.PageSize}, &letters)
		if kind, _ := problem.KindOf(err); kind == problem.BadInput {
			return nil // a worker without Kafka has none, and says so of itself
		}
		return err
	})
	if p.Silent, err = v.missing(asking.Wait()); err != nil {
		return err
	}
	p.addLag()
	p.addLetters(v, letters)
	if err := p.linkLetters(v); err != nil {
		return err
	}
	return v.render("intake", v.T("Intake"), p)
}

func (p *intakePage) addLag() {
	for _, l := range p.State.Partitions {
		p.InKafka += l.Waiting
		if !l.Oldest.IsZero() && (p.Oldest.IsZero() || l.Oldest.Before(p.Oldest)) {
			p.Oldest = l.Oldest
		}
	}
}

func (p *intakePage) addLetters(v *visit, list pipeline.DeadLetterList) {
	var reasons []string
	for _, l := range list.DeadLetters {
		reasons = append(reasons, l.Reason)
		if p.Reason != "" && p.Reason != l.Reason {
			continue
		}
		if len(p.Letters) == lettersShown {
			p.More = true
			continue
		}
		row := letterRow{DeadLetter: l, Why: word(v, reasonTexts, l.Reason)}
		switch {
		case l.Replayed:
			row.State = v.T("sent again")
		case l.Discarded:
			row.State = v.T("discarded")
		}
		if l.CallID != "" && slices.Contains(givenUp, l.Reason) {
			row.Run = runPath(pipeline.CallWorkflowID(l.CallID), "")
		}
		p.Letters = append(p.Letters, row)
	}
	p.More = p.More || list.More
	slices.Sort(reasons)
	for _, r := range slices.Compact(reasons) {
		p.Reasons = append(p.Reasons, choice{r, word(v, reasonTexts, r), r == p.Reason})
	}
}

// givenUp are the reasons of dead letters whose calls a run could not analyze.
var givenUp = []string{"bad-input", "refused", "gave-up"}

// linkLetters leads from dead letters to their calls, where there are any.
func (p *intakePage) linkLetters(v *visit) error {
	var ids []string
	for _, l := range p.Letters {
		if l.CallID != "" {
			ids = append(ids, l.CallID)
		}
	}
	present, err := v.Results.Present(v.r.Context(), ids)
	if err != nil {
		return err
	}
	for i, l := range p.Letters {
		if present[l.CallID] {
			p.Letters[i].Path = callPath(l.CallID)
		}
	}
	return nil
}

// What is done to the intake, for the audit.
const (
	intakePaused     account.Action = "intake.paused"
	intakeResumed    account.Action = "intake.resumed"
	lettersReplayed  account.Action = "dead_letters.replayed"
	lettersDiscarded account.Action = "dead_letters.discarded"
)

// holdIntake pauses the intake, or lets it go on. The intakes look into the database
// themselves: no worker is needed.
func (s *Server) holdIntake(v *visit) error {
	why, err := v.reason()
	if err != nil {
		return err
	}
	kept, notice, pause := intakeResumed, v.T("Calls are taken in again within seconds."), false
	switch v.r.PostFormValue("do") {
	case "pause":
		kept, notice, pause = intakePaused, v.T("No more calls are taken in, within seconds. Those that were are analyzed to their end."), true
	case "resume":
	default:
		return problem.Input("%s", v.T("The intake can be paused, or go on."))
	}
	if err := s.Results.SetPaused(v.r.Context(), pause, v.user.Name, v.audits(kept, "intake", map[string]string{"reason": why})); err != nil {
		return err
	}
	return v.redirect("/intake", notice)
}

// changeLetters sends dead letters again, or discards them: those that are chosen, or
// for sending also those of a reason, or all.
func (s *Server) changeLetters(v *visit) error {
	ids := v.r.PostForm["id"]
	do, reason := v.r.PostFormValue("do"), v.r.PostFormValue("reason")
	if len(ids) > lettersShown {
		return problem.Input("%s", v.T("Choose at most %d dead letters at a time.", lettersShown))
	}
	if len(ids) == 0 && (do == "replay" || do == "discard") {
		return problem.Input("%s", v.T("Choose the dead letters first."))
	}
	notice, details := "", map[string]string{}
	kept := lettersReplayed
	var err error
	switch do {
	case "replay":
		notice, err = v.replay(details, pipeline.ReplayDeadLettersInput{IDs: ids})
	case "replay-reason":
		notice, err = v.replay(details, pipeline.ReplayDeadLettersInput{Reason: reason})
	case "replay-all":
		notice, err = v.replay(details, pipeline.ReplayDeadLettersInput{All: true})
	case "discard":
		kept = lettersDiscarded
		notice, err = v.discard(details, ids)
	default:
		err = problem.Input("%s", v.T("Dead letters can be sent again or discarded."))
	}
	if err != nil {
		return err
	}
	if err := v.did(kept, "dead-letters", details); err != nil {
		return err
	}
	return v.redirect("/intake#dead-letters", notice)
}

func (v *visit) replay(details map[string]string, in pipeline.ReplayDeadLettersInput) (string, error) {
	if len(in.IDs) == 0 && in.Reason == "" && !in.All {
		return "", problem.Input("%s", v.T("Choose a reason first."))
	}
	var done pipeline.ReplayDeadLettersResult
	if err := v.order(pipeline.ReplayDeadLettersActivity, in, &done); err != nil {
		return "", err
	}
	details["sent"], details["which"] = strconv.Itoa(done.Replayed), "all"
	switch {
	case in.Reason != "":
		details["which"] = in.Reason
	case !in.All:
		details["which"] = strings.Join(in.IDs, ", ")
	}
	return v.lang.count(int64(done.Replayed), "%d dead letter is sent again.", "%d dead letters are sent again.") + v.leftAlone(done.Before, done.Gone), nil
}

func (v *visit) discard(details map[string]string, ids []string) (string, error) {
	var done pipeline.DiscardDeadLettersResult
	if err := v.order(pipeline.DiscardDeadLettersActivity, pipeline.DiscardDeadLettersInput{IDs: ids}, &done); err != nil {
		return "", err
	}
	details["discarded"], details["which"] = strconv.Itoa(done.Discarded), strings.Join(ids, ", ")
	return v.lang.count(int64(done.Discarded), "%d dead letter is discarded.", "%d dead letters are discarded.") + v.leftAlone(done.Before, done.Gone), nil
}

// leftAlone says of which dead letters nothing was done, empty if of none.
func (v *visit) leftAlone(before, gone int) (sentences string) {
	if before > 0 {
		sentences += " " + v.lang.count(int64(before), "%d was dealt with before.", "%d were dealt with before.")
	}
	if gone > 0 {
		sentences += " " + v.lang.count(int64(gone), "%d is no longer in Kafka, or larger than an event may be.", "%d are no longer in Kafka, or larger than an event may be.")
	}
	return sentences
}
