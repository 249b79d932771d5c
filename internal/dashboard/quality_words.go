package dashboard

import (
	"switchboard/internal/evaluate"
	"switchboard/internal/registry"
	"switchboard/internal/review"
)

// Right says in words how often the answers are right.
func (q *quality) Right() string {
	a := q.Accuracy
	if q.Judged == 1 {
		switch {
		case a.Of == 0:
			return q.v.T("One call chosen at random has been checked. The model was not sure of its answer, or people do not agree on its label, so nothing can be said of how many are right.")
		case a.Count == 1:
			return q.v.T("One call chosen at random has been checked, and its answer is right.")
		}
		return q.v.T("One call chosen at random has been checked, and its answer is wrong.")
	}
	if a.Of == 0 {
		return q.v.T("Of %d checked calls chosen at random, none has an answer of which the model was sure and a label that people agree on, so nothing can be said of how many are right.", q.Judged)
	}
	return q.v.T("Of %d checked calls chosen at random, %d of the %d that were answered were right: %s, between %s and %s.",
		q.Judged, a.Count, a.Of, q.v.portion(a.Value), q.v.portion(a.Low), q.v.portion(a.High))
}

// Sure says in words how many calls are answered at all.
func (q *quality) Sure() string {
	c := q.Coverage
	if c.Of == 0 {
		return ""
	}
	return q.v.T("The model was sure enough to name a company for %d of %d: %s, between %s and %s. The others are Unknown.",
		c.Count, c.Of, q.v.portion(c.Value), q.v.portion(c.Low), q.v.portion(c.High))
}

// Calibrated says in words what the diagram shows.
func (q *quality) Calibrated() string {
	var n, count int64
	var said float64
	for _, b := range q.Bins {
		if b.Right.Of > 0 {
			n += b.Right.Of
			count += b.Right.Count
			said += float64(b.Confidence) * float64(b.Right.Of)
		}
	}
	if n == 0 {
		return ""
	}
	right, sure := review.ProportionOf(count, n), evaluate.Share(said/float64(n))
	switch {
	case sure > right.High:
		return q.v.T("Over all %d calls in which the model named a company, it was %s sure and right in %s: it is too sure of itself.", n, q.v.portion(sure), q.v.portion(right.Value))
	case sure < right.Low:
		return q.v.T("Over all %d calls in which the model named a company, it was %s sure and right in %s: it is better than it says.", n, q.v.portion(sure), q.v.portion(right.Value))
	}
	return q.v.T("Over all %d calls in which the model named a company, it was %s sure and right in %s, which is no more apart than chance explains.", n, q.v.portion(sure), q.v.portion(right.Value))
}

// Agreed says in words how alike people judge.
func (q *quality) Agreed() string {
	a := q.Agreement.Same
	if a.Of == 0 {
		return q.v.T("No call of the random sample has been judged by two people yet.")
	}
	return q.v.T("In %d of %d pairs two people gave the same label: %s, between %s and %s.", a.Count, a.Of, q.v.portion(a.Value), q.v.portion(a.Low), q.v.portion(a.High))
}

// Kappa says what the figure means.
func (q *quality) Kappa() string {
	k := q.Agreement.Kappa
	switch {
	case k == nil && q.Agreement.Same.Of > 0:
		return q.v.T("All gave one single label, which tells nothing of how alike they judge.")
	case k == nil:
		return ""
	}
	number := q.v.lang.printer.Sprintf("%.2f", *k)
	// The words are those of Landis and Koch (1977).
	switch {
	case *k <= 0:
		return q.v.T("Kappa is %s: they agree no more often than by chance. What people say is no measure of a model then.", number)
	case *k <= 0.4:
		return q.v.T("Kappa is %s: they agree little more often than by chance. Talk about what a call is for before you trust these figures.", number)
	case *k <= 0.6:
		return q.v.T("Kappa is %s: they agree moderately. A part of what counts as wrong here is a matter of opinion.", number)
	case *k <= 0.8:
		return q.v.T("Kappa is %s: they agree substantially.", number)
	}
	return q.v.T("Kappa is %s: they agree almost always, far more often than by chance.", number)
}

// Moved says in words how much the calls have changed.
func (q *quality) Moved() string {
	d := q.Drift
	if !d.Moved.Known() {
		return q.v.T("There are too few days with calls to compare.")
	}
	return q.v.T("%s of the calls would have to be for another company to make the last 7 days like the 28 days before.", q.v.portion(d.Moved))
}

// Decision names how a retraining ended.
func (p *page) Decision(d registry.Decision) string {
	switch d {
	case registry.Promote:
		return p.visit.T("new champion")
	case registry.Keep:
		return p.visit.T("champion kept")
	case registry.Skip:
		return p.visit.T("skipped")
	}
	return string(d)
}
