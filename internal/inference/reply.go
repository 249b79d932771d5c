package inference

import (
	"context"
	"errors"
	"time"

	"switchboard/internal/dataset"
	"switchboard/internal/provider"
)

// isFinal reports whether an end leaves no choice: neither another attempt nor
// giving single examples up can mend it.
func isFinal(err error) bool {
	var e *provider.Error
	return !errors.As(err, &e) || e.Permanent
}

// ask asks about one text, and once more if the answer is no label.
func (r *run) ask(ctx context.Context, q *question) reply {
	a := reply{q: q}
	for range 2 {
		a.questions++
		begin := time.Now()
		a.answer, a.err = r.c.Classify(ctx, r.o.Model, r.o.Prompt, q.text)
		if a.err != nil {
			return a
		}
		a.took += time.Since(begin)
		a.prompt += a.answer.PromptTokens
		a.tokens += a.answer.AnswerTokens
		if a.company = r.labels.match(a.answer.Text); a.company != "" {
			return a
		}
	}
	return a
}

// take decides what becomes of a question that was asked.
func (r *run) take(a reply) {
	r.out.PromptTokens += int64(a.prompt)
	r.out.AnswerTokens += int64(a.tokens)
	r.out.Questions += a.questions
	var e *provider.Error
	switch {
	case a.err == nil:
		r.takeAnswer(a)
	case errors.Is(a.err, provider.ErrNotSent):
		r.out.Questions-- // the one that was not sent
		r.queue = append(r.queue, a.q)
	case !errors.As(a.err, &e):
		// Given up after the grace period, or not the provider's error.
		r.queue = append(r.queue, a.q)
		r.endWith(a.err)
	case e.AboutText():
		r.upAgain()
		r.fail(a.q, e.Reason)
	case e.Reason == provider.RateLimited:
		r.queue = append(r.queue, a.q)
		r.slowDown(e)
	case e.Reason == provider.InvalidRequest:
		r.refused = append(r.refused, a.q)
		a.q.err = e
		if len(r.refused) >= refusedAfter {
			r.endWith(e)
		}
	case e.Permanent:
		r.queue = append(r.queue, a.q)
		r.endWith(e)
	default:
		r.failed = append(r.failed, a.q)
		a.q.err = e
		r.note(e)
		if r.failures++; r.failures >= downAfter {
			r.endWith(e)
		}
	}
}

func (r *run) takeAnswer(a reply) {
	r.upAgain()
	r.answered = true
	p := dataset.Prediction{
		Company: dataset.Unknown, Status: dataset.Invalid,
		PromptTokens: int32(a.prompt), AnswerTokens: int32(a.tokens), LatencyMS: int32((a.took + time.Millisecond - 1).Milliseconds()),
	}
	if a.company != "" {
		p.Company, p.Status, p.Confidence = a.company, dataset.Classified, a.answer.Confidence
		if !a.answer.HasConfidence {
			p.Confidence = 1
			r.out.WithoutConfidence++
		}
	}
	r.settleAll(a.q, p)
	r.settleRefused()
}

// upAgain notes that the provider works.
func (r *run) upAgain() { r.failures, r.waits = 0, 0 }

// settleRefused fails the refused questions: an answer has shown that it was
// their text.
func (r *run) settleRefused() {
	for _, q := range r.refused {
		r.fail(q, q.err.Reason)
	}
	r.refused = nil
}

// note keeps the error that asks for the longest wait.
func (r *run) note(e *provider.Error) {
	if r.longest == nil || e.RetryAfter > r.longest.RetryAfter ||
		(e.RetryAfter == r.longest.RetryAfter && e.Reason == provider.RateLimited) {
		r.longest = e
	}
}

// slowDown waits a short rate limit out, and ends the attempt at a longer one,
// so that the layer above waits.
func (r *run) slowDown(e *provider.Error) {
	r.note(e)
	if time.Now().Before(r.pausedUntil) && e.RetryAfter <= time.Until(r.pausedUntil)+shortWait {
		return // one of those that were under way when the wait began
	}
	wait, most := e.RetryAfter, shortWait
	if wait == 0 {
		wait = firstWait << r.waits
	}
	if r.o.LastAttempt {
		most = longestWait
	}
	if wait > most || r.waits >= waitsInVain {
		r.endWith(e)
		return
	}
	r.waits++
	r.pausedUntil = time.Now().Add(wait)
}
