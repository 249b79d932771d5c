package dashboard

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/results"
)

// reviewing is the page on which one call after the other is judged.
type reviewing struct {
	// Task is whose calls, and Tasks are all there are.
	Task  string
	Tasks []taskChoice
	// Call is the one to judge; nil if none waits.
	Call *results.Result
	// Kind is why it is asked about, see [results.Store.NextToReview]; "again" for a
	// call that somebody chose.
	Kind string
	// Answers are the likely ones, Labels all.
	Answers []likely
	Labels  []string
	// Asked is a company that nobody knows yet, and Meant the known ones that it may
	// be meant to be; empty unless such an answer is to be confirmed.
	Asked string
	Meant []string
	// Waiting counts the calls that wait, Today what the reviewer has judged today.
	Waiting map[string]int64
	Today   int64
	// Own is the reader's judgement of the call that holds; nil if there is none.
	Own *results.Judgement
	// Last is the answer that was just given; nil if none was.
	Last *results.Judgement
	// Back is the page that follows an answer, and Skip the queue without this call.
	Back, Skip string
	// Skipped is how many calls were skipped.
	Skipped int64
}

// taskChoice is a task to review.
type taskChoice struct {
	Name, Path string
	Current    bool
}

// likely is an answer with a button of its own.
type likely struct {
	Key   int
	Label string
	// Confidence is that of the model, which has named the label; 0 if the label is
	// no suggestion.
	Confidence float64
}

// All is how many calls wait.
func (r *reviewing) All() int64 { return total(r.Waiting) }

// Again is the page that shows the call of the last answer once more.
func (r *reviewing) Again() string {
	return "/review?" + url.Values{"task": {r.Task}, "call": {r.Last.CallID}}.Encode()
}

// CallPath is the page of the call, and JudgePath takes what is said about it.
func (r *reviewing) CallPath() string  { return callPath(r.Call.ID) }
func (r *reviewing) JudgePath() string { return callPath(r.Call.ID) + "/judgement" }

// kindAgain is that of a call which no queue has chosen.
const kindAgain = "again"

// mostSkipped bounds how many skipped calls an address remembers.
const mostSkipped = 50

// mostLikely is how many answers have a key.
const mostLikely = 9

func (s *Server) review(v *visit) error {
	query, ctx := v.r.URL.Query(), v.r.Context()
	tasks, err := s.tasks(ctx)
	if err != nil {
		return err
	}
	task := query.Get("task")
	if task == "" {
		if task, err = v.busiest(tasks); err != nil {
			return err
		}
	}
	p := &reviewing{Task: task}
	for _, name := range tasks {
		p.Tasks = append(p.Tasks, taskChoice{name, "/review?" + url.Values{"task": {name}}.Encode(), name == task})
	}
	queue, skipped := results.Queue{Task: task, Reviewer: v.user.ID}, query["skip"]
	skipped = skipped[max(0, len(skipped)-mostSkipped):]
	if p.Last, err = v.lastAnswer(query.Get("done")); err != nil {
		return err
	}
	if err := s.findCall(ctx, p, queue, skipped, query.Get("call")); err != nil {
		return err
	}
	if p.Waiting, err = s.Results.Waiting(ctx, queue); err != nil {
		return err
	}
	if p.Today, err = s.Results.Done(ctx, queue, v.midnight()); err != nil {
		return err
	}
	p.address(skipped, query.Get("next"))
	if p.Call == nil {
		return v.render("review", v.T("Review"), p)
	}
	known, err := s.labelsOf(ctx, p.Call.Task)
	if err != nil {
		return err
	}
	known = known.of(p.Call.Prediction)
	p.Labels, p.Answers = known.Known, answers(known, p.Call, p.Kind)
	if asked := query.Get("new"); checkLabel(asked) == nil {
		p.Asked, p.Meant = asked, known.like(asked)
	}
	return v.render("review", v.T("Review"), p)
}

// busiest returns the task in which most calls wait for the reader: of equal ones the
// first.
func (v *visit) busiest(tasks []string) (busiest string, err error) {
	most := int64(-1)
	waiting, err := v.Results.WaitingByTask(v.r.Context(), v.user.ID, tasks)
	if err != nil {
		return "", err
	}
	for _, task := range tasks {
		if n := total(waiting[task]); n > most {
			busiest, most = task, n
		}
	}
	return busiest, nil
}

func total(waiting map[string]int64) (n int64) {
	for _, of := range waiting {
		n += of
	}
	return n
}

// midnight is when the reader's day began.
func (v *visit) midnight() time.Time {
	now := v.now().In(v.zone)
	return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, v.zone)
}

// mostTasks is how many tasks with calls can be chosen.
const mostTasks = 200

// tasks returns the tasks that have models or calls, in alphabetical order.
func (s *Server) tasks(ctx context.Context) ([]string, error) {
	names, err := s.Base.Tasks(ctx)
	if err != nil {
		return nil, err
	}
	called, err := s.Results.Values(ctx, results.PropertyTask, mostTasks)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(names, called)
	slices.Sort(all)
	return slices.Compact(all), nil
}

// lastAnswer returns the reader's judgement of a call that holds; nil if there is
// none.
func (v *visit) lastAnswer(call string) (*results.Judgement, error) {
	return ownJudgement(v.r.Context(), v.Results, call, v.user.ID)
}

func ownJudgement(ctx context.Context, from *results.Store, call, reviewer string) (*results.Judgement, error) {
	if call == "" {
		return nil, nil
	}
	said, err := from.Judgements(ctx, call)
	if err != nil {
		return nil, err
	}
	for _, j := range said {
		if j.Holds && j.Reviewer == reviewer {
			return &j, nil
		}
	}
	return nil, nil
}

// Seen is the id of the reader's judgement that the page knows of, 0 if there is none.
func (r *reviewing) Seen() int64 {
	if r.Own == nil {
		return 0
	}
	return r.Own.ID
}

// findCall finds the call that was chosen, or the next of the queue that is before
// nobody else.
func (s *Server) findCall(ctx context.Context, p *reviewing, queue results.Queue, skipped []string, chosen string) error {
	if chosen != "" {
		r, err := s.Results.Get(ctx, chosen)
		if kind, _ := problem.KindOf(err); kind == problem.BadInput {
			return errNoCall
		}
		if err != nil {
			return err
		}
		if r.Prediction == nil {
			return problem.Input("the call waits for its answer; judge it when it has one")
		}
		p.Call, p.Kind, p.Task = &r, kindOf(&r), r.Task
		if p.Own, err = ownJudgement(ctx, s.Results, r.ID, queue.Reviewer); err != nil {
			return err
		}
		s.offers.give(r.ID, queue.Reviewer, s.now())
		return nil
	}
	for range 5 { // somebody else may be given the same call at this very moment
		r, kind, ok, err := s.Results.NextToReview(ctx, queue, slices.Concat(skipped, s.offers.taken(queue.Reviewer, s.now())))
		if err != nil || !ok {
			return err
		}
		if s.offers.give(r.ID, queue.Reviewer, s.now()) {
			p.Call, p.Kind = &r, kind
			return nil
		}
	}
	return nil
}

// kindOf tells how a call that somebody chose is shown: one of the sample without
// the model's answer, as it would be in the queue.
func kindOf(r *results.Result) string {
	switch {
	case r.Review.Sampled && r.Review.Judged == 0:
		return results.FromSample
	case r.Review.Sampled:
		return results.SecondOpinion
	case r.Status == pipeline.AnswerUnsure:
		return results.Uncertain
	}
	return kindAgain
}

// Blind tells that the model's answer is not shown.
func (r *reviewing) Blind() bool {
	return r.Kind == results.FromSample || r.Kind == results.SecondOpinion
}

// address sets where the page leads. A page to go back to, from which the call was
// chosen, comes before the queue.
func (r *reviewing) address(skipped []string, next string) {
	r.Skipped = int64(len(skipped))
	values := url.Values{"task": {r.Task}}
	if len(skipped) > 0 {
		values["skip"] = skipped
	}
	r.Back = "/review?" + values.Encode()
	if own := localPath(next, ""); own != "" {
		r.Back = own
	}
	if r.Call != nil {
		values["skip"] = append(slices.Clone(skipped), r.Call.ID)
		r.Skip = "/review?" + values.Encode()
	}
}

// answers returns the likely answers: what the model suggests comes first, unless
// the call is shown without it, and then the most frequent companies, always in the
// order of the alphabet, so that a key means the same from call to call.
func answers(known *labels, r *results.Result, kind string) []likely {
	var all []likely
	taken := map[string]bool{pipeline.Unknown: true, "": true}
	add := func(label string, confidence float64) {
		if !taken[label] && len(all) < mostLikely {
			taken[label] = true
			all = append(all, likely{len(all) + 1, label, confidence})
		}
	}
	if kind == results.Uncertain || kind == kindAgain {
		add(r.Prediction.Named, r.Prediction.Confidence)
		add(r.Prediction.RunnerUp, r.Prediction.RunnerUpConfidence)
	}
	var frequent []string
	for _, label := range known.Frequent {
		if !taken[label] && len(all)+len(frequent) < mostLikely {
			frequent = append(frequent, label)
		}
	}
	slices.SortFunc(frequent, byLetters)
	for _, label := range frequent {
		add(label, 0)
	}
	return all
}

// Why tells why a call is asked about.
func (p *page) Why(kind string) string {
	switch kind {
	case results.Uncertain:
		return p.visit.T("The model was not sure")
	case results.FromSample:
		return p.visit.T("Chosen at random")
	case results.SecondOpinion:
		return p.visit.T("Chosen at random, for a second opinion")
	}
	return p.visit.T("Chosen by you")
}

// Reason names why somebody says what they say.
func (p *page) Reason(reason string) string {
	switch reason {
	case reasonNewCompany:
		return p.visit.T("new company")
	case "several_companies":
		return p.visit.T("several companies")
	case "not_enough_said":
		return p.visit.T("too little said")
	case "wrong_transcript":
		return p.visit.T("transcript is wrong")
	}
	return reason
}

// Company is a label as people read it.
func (p *page) Company(label string) string {
	if label == pipeline.Unknown {
		return p.visit.T("Unknown")
	}
	return label
}

// Side names who speaks.
func (p *page) Side(side string) string {
	switch side {
	case "customer":
		return p.visit.T("Customer")
	case "agent":
		return p.visit.T("Agent")
	}
	return p.visit.T("Speaker unknown")
}

// Clock is a time in a call, as minutes and seconds.
func (p *page) Clock(seconds float64) string {
	n := int(seconds)
	return fmt.Sprintf("%d:%02d", n/60, n%60)
}
