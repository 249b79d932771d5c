package dashboard

import (
	"switchboard/internal/evaluate"
	"switchboard/internal/review"
)

// Share is a share with one digit, "-" of nothing.
func (p *page) Share(s evaluate.Share) string { return p.visit.portion(s) }

func (v *visit) portion(s evaluate.Share) string {
	if !s.Known() {
		return "-"
	}
	return v.percent(float64(s))
}

// Between is a proportion's interval, "-" of nothing.
func (p *page) Between(of review.Proportion) string { return p.visit.between(of) }

func (v *visit) between(of review.Proportion) string {
	if of.Of == 0 {
		return "-"
	}
	return v.T("%s to %s", v.portion(of.Low), v.portion(of.High))
}

// Spread is a proportion with its interval, "-" of nothing.
func (p *page) Spread(of review.Proportion) string { return p.visit.spread(of) }

func (v *visit) spread(of review.Proportion) string {
	if of.Of == 0 {
		return "-"
	}
	return v.T("%s (%s to %s)", v.portion(of.Value), v.portion(of.Low), v.portion(of.High))
}

// OfAll is a proportion as its counts.
func (p *page) OfAll(of review.Proportion) string { return p.visit.ofAll(of) }

func (v *visit) ofAll(of review.Proportion) string {
	if of.Of == 0 {
		return "-"
	}
	return v.T("%d of %d", of.Count, of.Of)
}

// Portion is a proportion with its counts.
func (p *page) Portion(of review.Proportion) string { return p.visit.shareOf(of) }

// shareOf is a share with what it is made of.
func (v *visit) shareOf(p review.Proportion) string {
	if p.Of == 0 {
		return "-"
	}
	return v.T("%s (%d of %d)", v.portion(p.Value), p.Count, p.Of)
}

// Points is by how many points of a hundred a share has grown.
func (p *page) Points(before, now evaluate.Share) string {
	if !before.Known() || !now.Known() {
		return "-"
	}
	return p.visit.lang.printer.Sprintf("%+.1f", 100*float64(now-before))
}
