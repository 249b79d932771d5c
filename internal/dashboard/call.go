package dashboard

import (
	"html/template"
	"maps"
	"regexp"
	"slices"
	"strings"

	"switchboard/internal/account"
	"switchboard/internal/chart"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/results"
	"switchboard/internal/seal"
)

// callPage is one call.
type callPage struct {
	*results.Result
	Talk []turn
	// Kinds are what was replaced, by kind.
	Kinds      []kindCount
	StatusName string
	Meaning    string
	Company    string
	None       bool
	// Gauge draws the confidence with the threshold; empty where there is none.
	Gauge template.HTML
	Took  string
	// Run shows the run that gave the call up; empty where none did.
	Run string
	// Explained tells that a model can be asked why.
	Explained bool
	Path      string
	Labels    []string
	History   []said
	// Own is the id of the reader's judgement that holds; 0 if there is none.
	Own int64
}

// turn is one of a call, in pieces.
type turn struct {
	results.Turn
	Parts []piece
}

// piece is text, or what took the place of something: then it has a kind.
type piece struct{ Text, Kind string }

type kindCount struct {
	Kind string
	N    int64
}

// said is what somebody says a call is about.
type said struct {
	results.Judgement
	// Who is the reviewer's name, to the reader.
	Who string
}

// placeholders are what the anonymizer puts in the place of something, by what the
// counts call it.
var placeholders = regexp.MustCompile(`\b(?:` + strings.Join(pipeline.Details(), "|") + `)\b`)

// call shows one call.
func (s *Server) call(v *visit) error {
	r, err := v.theCall()
	if err != nil {
		return err
	}
	p := &callPage{
		Result: r, StatusName: v.T(statusNames[r.Status]), Meaning: v.T(statusMeans[r.Status]), Took: v.took(r.Latency),
		Path: callPath(r.ID), Explained: r.Prediction != nil && r.Prediction.Model != "",
	}
	p.Company, p.None = v.company(r.Prediction)
	if r.Call.Status == results.Rejected && slices.Contains(givenUp, r.Prediction.ErrorCode) {
		p.Run = runPath(pipeline.CallWorkflowID(r.ID), "")
	}
	for _, kind := range slices.Sorted(maps.Keys(r.Spans)) {
		if r.Spans[kind] > 0 {
			p.Kinds = append(p.Kinds, kindCount{kind, r.Spans[kind]})
		}
	}
	for _, t := range r.Turns {
		p.Talk = append(p.Talk, turn{t, pieces(t.Text, r.Spans)})
	}
	if r.Prediction != nil && hasConfidence(r.Prediction) {
		p.Gauge = chart.Gauge{
			ID: "gauge", Value: r.Prediction.Confidence, Mark: r.Prediction.Threshold, Enough: r.Prediction.Confidence >= r.Prediction.Threshold,
			Title: v.T("Confidence %s, threshold %s", v.percent(r.Prediction.Confidence), v.percent(r.Prediction.Threshold)),
		}.Draw()
	}
	if err := v.judgements(p); err != nil {
		return err
	}
	return v.render("call", v.T("Call %s", r.ID), p)
}

// theCall is the one that the address names.
func (v *visit) theCall() (*results.Result, error) {
	r, err := v.Results.Get(v.r.Context(), v.r.PathValue("id"))
	if kind, _ := problem.KindOf(err); kind == problem.BadInput {
		return nil, errNoCall
	}
	return &r, err
}

// pieces parts text at what took the place of something. A word that nothing was
// replaced by is one like others.
func pieces(text string, spans map[string]int64) []piece {
	replaced := map[string]bool{}
	for kind, n := range spans {
		replaced[strings.ToLower(kind)] = n > 0
	}
	var all []piece
	add := func(text, kind string) {
		if text != "" {
			all = append(all, piece{text, kind})
		}
	}
	from := 0
	for _, at := range placeholders.FindAllStringIndex(text, -1) {
		if kind := text[at[0]:at[1]]; replaced[strings.ToLower(kind)] {
			add(text[from:at[0]], "")
			add(kind, kind)
			from = at[1]
		}
	}
	add(text[from:], "")
	return all
}

// judgements adds what people say, and what they may say.
func (v *visit) judgements(p *callPage) error {
	all, err := v.Results.Judgements(v.r.Context(), p.ID)
	if err != nil {
		return err
	}
	for _, j := range all {
		p.History = append(p.History, said{j, v.personName(j.Reviewer)})
		if j.Holds && j.Reviewer == v.user.ID {
			p.Own = j.ID
		}
	}
	if !v.user.Role.Includes(account.Reviewer) || p.Prediction == nil || p.Call.Status == results.Rejected {
		return nil
	}
	known, err := v.labelsOf(v.r.Context(), p.Task)
	if err != nil {
		return err
	}
	p.Labels = known.of(p.Prediction).Known
	return nil
}

// personName is how an account is called. One that is not there is called by its
// id.
func (v *visit) personName(id string) string {
	if v.names == nil {
		v.names = map[string]string{}
	}
	if v.names[id] == "" {
		v.names[id] = id
		if u, err := v.Accounts.Find(v.r.Context(), id); err == nil {
			v.names[id] = u.Name
		}
	}
	return v.names[id]
}

// whyPage says why a call got its answer.
type whyPage struct {
	pipeline.Explanation
	Path string
	// Excuse says why it cannot be told; empty if it can.
	Excuse string
}

// why asks a worker why a call got its answer. The answer is sealed for this process:
// it has words of the call.
func (s *Server) why(v *visit) error {
	r, err := v.theCall()
	if err != nil {
		return err
	}
	p := &whyPage{Path: callPath(r.ID)}
	if p.Excuse, err = v.explain(r, &p.Explanation); err != nil {
		return err
	}
	return v.render("why", v.T("Why this answer?"), p)
}

func (v *visit) explain(r *results.Result, x *pipeline.Explanation) (excuse string, err error) {
	if r.Prediction == nil || r.Prediction.Model == "" {
		return v.T("No model has answered this call."), nil
	}
	key, err := seal.NewKey()
	if err != nil {
		return "", err
	}
	in := pipeline.ExplainInput{Task: r.Task, Model: r.Prediction.Model, CallID: r.ID, Key: key.Public()}
	var result pipeline.ExplainResult
	if excuse, err = v.missing(v.ask(pipeline.ExplainActivity, in, &result)); err != nil || excuse != "" {
		return excuse, err
	}
	return "", key.Open(result.Sealed, pipeline.ExplainPurpose, x)
}

// Weight is what a word adds, with its sign.
func (p *page) Weight(weight float64) string { return p.visit.lang.printer.Sprintf("%+.2f", weight) }

// Reasons are why somebody may say what they say.
func (p *page) Reasons() []string { return results.Reasons }
