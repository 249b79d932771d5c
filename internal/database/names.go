package database

import (
	"context"
	"slices"
	"strings"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// shortest is how many characters the start of a model's name must have, so that a
// slip of the hand names none.
const shortest = 4

// Resolve returns the id of the model that somebody names: by its id, by what it is
// in the task (champion, challenger, or previous for the champion before this one),
// or by the start of its id or of a part between colons that no other model of the
// task shares. A name that fits none or several is a problem of kind BadInput; one
// that looks like an id of another task's model is returned as it is.
func (task *Task) Resolve(ctx context.Context, name string) (string, error) {
	switch name {
	case pipeline.Champion:
		m, err := task.Champion(ctx)
		return m.ID, err
	case pipeline.Challenger:
		_, id, err := task.Aliases(ctx)
		if err == nil && id == "" {
			err = problem.Input("the task %s has no challenger", task.name)
		}
		return id, err
	case pipeline.Previous:
		return task.previous(ctx)
	}
	models, err := task.Models(ctx)
	if err != nil {
		return "", err
	}
	var found []string
	for _, m := range models {
		if m.ID == name {
			return name, nil
		}
		if len(name) >= shortest && starts(m.ID, name) {
			found = append(found, m.ID)
		}
	}
	switch len(found) {
	case 0:
		return name, nil
	case 1:
		return found[0], nil
	}
	slices.Sort(found)
	return "", problem.Input("%q is the start of %d models: %s; type more of it", name, len(found), strings.Join(found, ", "))
}

// starts tells whether an id, or a part of it after a colon, begins with a name.
func starts(id, name string) bool {
	return strings.HasPrefix(id, name) || strings.Contains(id, ":"+name)
}

// previous returns the champion before this one.
func (task *Task) previous(ctx context.Context) (id string, err error) {
	err = task.change(ctx, func(t *tx) error {
		champion, err := t.alias(ctx, championAlias)
		if err != nil {
			return err
		}
		id, err = t.before(ctx, champion)
		return err
	})
	return id, wrap("looking the champion before this one up", err)
}
