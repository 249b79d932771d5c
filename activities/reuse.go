package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"go.temporal.io/sdk/activity"

	"switchboard/internal/artifact"
	"switchboard/internal/program"
)

// question is all that the result of a stage depends on.
type question struct {
	// Stage names the stage.
	Stage string
	// Of holds inputs, by their hashes, and parameters, as values that JSON
	// can hold.
	Of []any
}

// kept is what is remembered of a stage: its result, and the folder that the
// files in it are in.
type kept[R any] struct {
	Dir    string `json:"dir"`
	Result R      `json:"result"`
}

// reuse answers a question with the result of the run that answered it before,
// and reports whether there was one. The files, which the function of that name
// points to within a result, are copied into dir and checked on the way: every
// run's folder is whole, and may be deleted without harm to another. Where a
// file is gone or was changed, or with force, the stage does its work again.
func reuse[R any](ctx context.Context, store *artifact.Store, q question, dir string, force bool,
	files func(*R) []*artifact.Ref, work func() (R, error),
) (result R, reused bool, err error) {
	place, known := q.place()
	if known && !force {
		result, found := recall(ctx, store, place, dir, files)
		if ctx.Err() != nil {
			return result, false, context.Cause(ctx)
		}
		if found {
			// The next run copies from the newest folder: older ones
			// are deleted first.
			_, err = store.WriteJSON(ctx, place, kept[R]{dir, result})
			return result, true, err
		}
	}
	if result, err = work(); err != nil || !known {
		return result, false, err
	}
	_, err = store.WriteJSON(ctx, place, kept[R]{dir, result})
	return result, false, err
}

func recall[R any](ctx context.Context, store *artifact.Store, place, dir string, files func(*R) []*artifact.Ref) (result R, found bool) {
	content, err := store.ReadPath(ctx, place)
	if err != nil {
		return result, false // nobody has asked before
	}
	var before kept[R]
	if err := json.Unmarshal(content, &before); err != nil {
		return result, false
	}
	for _, file := range files(&before.Result) {
		path := dir + strings.TrimPrefix(file.Path, before.Dir)
		if *file, err = store.Copy(ctx, *file, path); err != nil {
			activity.GetLogger(ctx).Info("An earlier run's result cannot be taken over; the stage is done again.", "result", place, "error", err)
			return result, false
		}
	}
	return before.Result, true
}

// place is where the answer is kept. The program is a part of the question: no
// change of it can leave an answer behind that it would not give itself. It is
// not known where a program cannot tell which one it is.
func (q question) place() (path string, known bool) {
	sum, known := program.SHA256()
	if !known {
		return "", false
	}
	// A question is made of strings, numbers and hashes, which JSON can hold.
	text, err := json.Marshal([]any{sum, q.Stage, q.Of})
	if err != nil {
		panic(err)
	}
	name := sha256.Sum256(text)
	return "stages/" + q.Stage + "-" + hex.EncodeToString(name[:16]) + ".json", true
}

// sumsOf returns what files hold, wherever they are.
func sumsOf(refs []artifact.Ref) []string {
	sums := make([]string, len(refs))
	for i, ref := range refs {
		sums[i] = ref.SHA256
	}
	return sums
}

// pointers returns where the references of a list are.
func pointers(refs []artifact.Ref) []*artifact.Ref {
	at := make([]*artifact.Ref, len(refs))
	for i := range refs {
		at[i] = &refs[i]
	}
	return at
}
