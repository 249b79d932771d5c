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

// cacheKey is all that the result of a stage depends on.
type cacheKey struct {
	// Stage names the stage.
	Stage string
	// Of holds inputs, by their hashes, and parameters, as values that JSON
	// can hold.
	Of []any
}

// cacheEntry is a stage's result, and the folder that the files in it are in.
type cacheEntry[R any] struct {
	Dir    string `json:"dir"`
	Result R      `json:"result"`
}

// reuse returns the result that an earlier run left under a key, and reports whether
// there was one. The files, which the function of that name
// points to within a result, are copied into dir and checked on the way: every
// run's folder is whole, and may be deleted without harm to another. Where a
// file is gone or was changed, or with force, the stage does its work again.
func reuse[R any](ctx context.Context, store *artifact.Store, key cacheKey, dir string, force bool,
	files func(*R) []*artifact.Ref, work func() (R, error),
) (result R, reused bool, err error) {
	path, known := key.path()
	if known && !force {
		result, found := lookup(ctx, store, path, dir, files)
		if ctx.Err() != nil {
			return result, false, context.Cause(ctx)
		}
		if found {
			// The next run copies from the newest folder: older ones
			// are deleted first.
			_, err = store.WriteJSON(ctx, path, cacheEntry[R]{dir, result})
			return result, true, err
		}
	}
	if result, err = work(); err != nil {
		return result, false, err
	}
	return result, false, leave(ctx, store, key, dir, result)
}

// leave notes a result under a key, for later runs.
func leave[R any](ctx context.Context, store *artifact.Store, key cacheKey, dir string, result R) error {
	path, known := key.path()
	if !known {
		return nil
	}
	_, err := store.WriteJSON(ctx, path, cacheEntry[R]{dir, result})
	return err
}

// left tells whether a run has noted anything under a key.
func left(ctx context.Context, store *artifact.Store, key cacheKey) bool {
	path, known := key.path()
	if !known {
		return false
	}
	_, err := store.ReadPath(ctx, path)
	return err == nil
}

func lookup[R any](ctx context.Context, store *artifact.Store, entry, dir string, files func(*R) []*artifact.Ref) (result R, found bool) {
	content, err := store.ReadPath(ctx, entry)
	if err != nil {
		return result, false // no run has left one
	}
	var before cacheEntry[R]
	if err := json.Unmarshal(content, &before); err != nil {
		return result, false
	}
	for _, file := range files(&before.Result) {
		path := dir + strings.TrimPrefix(file.Path, before.Dir)
		if *file, err = store.Copy(ctx, *file, path); err != nil {
			activity.GetLogger(ctx).Info("An earlier run's result cannot be taken over; the stage is done again.", "result", entry, "error", err)
			return result, false
		}
	}
	return before.Result, true
}

// path is where the entry is. The program is a part of the key: no change of it can
// leave a result behind that it would not give itself. It is not known where a program
// cannot tell which one it is.
func (k cacheKey) path() (path string, known bool) {
	sum, known := program.SHA256()
	if !known {
		return "", false
	}
	// A key is made of strings, numbers and hashes, which JSON can hold.
	text, err := json.Marshal([]any{sum, k.Stage, k.Of})
	if err != nil {
		panic(err)
	}
	name := sha256.Sum256(text)
	return "stages/" + k.Stage + "-" + hex.EncodeToString(name[:16]) + ".json", true
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
