package activities

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/database"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/results"
)

// What the audit says of erasures.
const (
	callErased   account.Action = "call.erased"
	callsExpired account.Action = "calls.expired"
)

// EraseCalls removes calls with all that was found out about them, and tells what could
// not be reached. A dry run tells the same and removes nothing. Erased again, a call is
// one of which nothing is known.
func (c *Control) EraseCalls(ctx context.Context, in pipeline.EraseCallsInput) (pipeline.ErasedCalls, error) {
	if err := in.Validate(); err != nil {
		return pipeline.ErasedCalls{}, err
	}
	latest, err := c.latest(ctx, in.CallIDs)
	if err != nil {
		return pipeline.ErasedCalls{}, err
	}
	noted := func(ctx context.Context, t database.Tx, id string) error {
		return c.Accounts.RecordIn(ctx, t, entryOf(account.Entry{Action: callErased, Target: id}, in.Who, in.Account))
	}
	e, err := c.Results.Erase(ctx, in.CallIDs, in.DryRun, noted)
	if err != nil {
		return pipeline.ErasedCalls{}, err
	}
	// What a run has kept in files is removed of all ids: an attempt may have come
	// no further than the database.
	files, err := c.keptFiles(ctx, in.CallIDs)
	if err != nil {
		return pipeline.ErasedCalls{}, err
	}
	if !in.DryRun {
		if err := c.remove(ctx, files); err != nil {
			return pipeline.ErasedCalls{}, err
		}
	}
	done := erasedCalls(e, in.DryRun)
	done.Files = int64(len(files))
	done.Left, err = c.left(ctx, &e, latest)
	return done, err
}

// ExpireCalls removes the calls of whole days before a moment, as [Control.EraseCalls]
// does by their ids.
func (c *Control) ExpireCalls(ctx context.Context, in pipeline.ExpireCallsInput) (pipeline.ErasedCalls, error) {
	if in.Before.IsZero() || in.Before.After(time.Now()) {
		return pipeline.ErasedCalls{}, problem.Input("calls can be expired that were stored before now; give a time that has passed")
	}
	return c.expire(ctx, in)
}

func (c *Control) expire(ctx context.Context, in pipeline.ExpireCallsInput) (pipeline.ErasedCalls, error) {
	noted := func(ctx context.Context, t database.Tx, calls int64) error {
		entry := account.Entry{Action: callsExpired, Details: map[string]string{
			"before": in.Before.UTC().Format(time.DateOnly), "calls": strconv.FormatInt(calls, 10),
		}}
		return c.Accounts.RecordIn(ctx, t, entryOf(entry, in.Who, in.Account))
	}
	e, err := c.Results.Expire(ctx, in.Before, in.DryRun, noted)
	if err != nil {
		return pipeline.ErasedCalls{}, err
	}
	files, err := c.keptFiles(ctx, e.CallIDs)
	if err == nil && !in.DryRun {
		err = c.remove(ctx, files)
	}
	if err != nil {
		return pipeline.ErasedCalls{}, err
	}
	done := erasedCalls(e, in.DryRun)
	done.Files, done.More = int64(len(files)), e.More
	done.Left, err = c.left(ctx, &e, in.Before)
	return done, err
}

func erasedCalls(e results.Erased, dryRun bool) pipeline.ErasedCalls {
	return pipeline.ErasedCalls{
		DryRun: dryRun, Calls: e.Calls, Missing: int64(len(e.Missing)), Judgements: e.Judgements, Unpublished: e.Outbox, Published: e.Withdrawn,
		Left: []pipeline.NotErased{},
	}
}

// entryOf says in the audit who has removed something, and nothing of what was in it.
func entryOf(e account.Entry, who string, isAccount bool) account.Entry {
	switch {
	case isAccount:
		e.Account = who
	case who != "":
		if e.Details == nil {
			e.Details = map[string]string{}
		}
		e.Details["by"] = who
	}
	return e
}

// latest is when the last of the calls was stored: its event came before.
func (c *Control) latest(ctx context.Context, ids []string) (at time.Time, err error) {
	for _, id := range ids {
		r, err := c.Results.Get(ctx, id)
		if kind, _ := problem.KindOf(err); kind == problem.BadInput {
			continue // there is no such call
		}
		if err != nil {
			return at, err
		}
		if r.StoredAt.After(at) {
			at = r.StoredAt
		}
	}
	return at, nil
}

// keptFiles are those of runs that kept what they found out about calls.
func (c *Control) keptFiles(ctx context.Context, ids []string) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	all, err := c.Store.List(ctx, pipeline.CallFolder)
	if err != nil {
		return nil, err
	}
	erased := setOf(ids)
	return slices.DeleteFunc(all, func(path string) bool {
		id, _, _ := strings.Cut(strings.TrimPrefix(path, pipeline.CallFolder+"/"), "/")
		return !erased[id]
	}), nil
}

func (c *Control) remove(ctx context.Context, files []string) error {
	for _, path := range files {
		if err := c.Store.Delete(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

func setOf(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}
