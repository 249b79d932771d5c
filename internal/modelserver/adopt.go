package modelserver

import (
	"cmp"
	"os"
	"regexp"
	"slices"

	"switchboard/internal/problem"
)

// adopt gives records their owner at the start of a server. What was made with a
// key without a name belongs to the name that the key has got since. What was
// made before there were owners belongs to the only key, if there is just one:
// with several, nobody can say whose it is, and [Assign] has to.
func (s *Server) adopt() error {
	named := map[string]string{}
	for _, key := range s.options.NamedKeys {
		named[unnamedOwner(key.sum())] = key.Name
	}
	if owner, only := s.onlyOwner(); only {
		named[""] = owner
	}
	if _, err := s.reassign(func(_, owner string) string { return named[owner] }); err != nil {
		return err
	}
	if owners, records := s.withoutKey(); records > 0 {
		var keys []string
		for _, h := range *s.holders.Load() {
			keys = append(keys, h.owner)
		}
		s.log.Warn("files, jobs and batches belong to no key that there is, and only keys that are admin see them: "+
			"stop the server and give them to a key with \"modelserver assign\"", "records", records, "owners", owners, "keys", keys)
	}
	return nil
}

// reassign changes the owner of records to what to returns for their id and
// their owner, if that is not empty, and returns how many it changed.
func (s *Server) reassign(to func(id, owner string) string) (int, error) {
	files, err := reassignAll(s.files, to, func(f *file, owner string) { f.Owner = owner })
	if err != nil {
		return files, err
	}
	jobs, err := reassignAll(s.jobs, to, func(j *job, owner string) { j.Owner = owner })
	if err != nil {
		return files + jobs, err
	}
	batches, err := reassignAll(s.batches, to, func(b *batch, owner string) { b.Owner = owner })
	return files + jobs + batches, err
}

func reassignAll[R belonging](c *collection[R], to func(id, owner string) string, set func(*R, string)) (int, error) {
	changed := 0
	for _, r := range c.newest() {
		owner := to(r.key(), r.owner())
		if owner == "" || owner == r.owner() {
			continue
		}
		set(&r, owner)
		if err := c.put(r); err != nil {
			return changed, err
		}
		changed++
	}
	return changed, nil
}

// nobody stands for the owner of what was made before there were owners. No name
// has parentheses.
const nobody = "(nobody)"

// withoutKey returns how many records no key owns, and whose they are.
func (s *Server) withoutKey() (owners []string, records int) {
	_, _ = s.reassign(func(_, owner string) string {
		if !slices.ContainsFunc(*s.holders.Load(), func(h *holder) bool { return h.owner == owner }) {
			records++
			owners = append(owners, cmp.Or(owner, nobody))
		}
		return "" // changes nothing
	})
	slices.Sort(owners)
	return slices.Compact(owners), records
}

// ownerName is a name, or what a key without one goes by.
var ownerName = regexp.MustCompile(`^([a-z0-9][a-z0-9_-]{0,62}|sha256:[0-9a-f]{32})$`)

// Assign gives records in a data directory, which no server may have open, to
// an owner: the name of a key, or "sha256:…" for one without, as the log tells it.
// Things are ids of files, jobs and batches, with what these made, or owners, of
// whom everything goes over. Without things it is what belongs to nobody, because
// it is from before keys were tenants. It returns how many records changed. The
// errors are problems of kind BadInput, for an owner or a thing, and Environment.
func Assign(dir, to string, things []string) (changed int, err error) {
	if !ownerName.MatchString(to) {
		return 0, problem.Input("give the name of a key in the file of keys, or, for a key without a name, what the log calls it: sha256: and 32 digits")
	}
	if _, err := os.Stat(dir); err != nil {
		return 0, problem.New(problem.Environment, "the model server's data directory cannot be read: %w", err)
	}
	s := &Server{options: Options{Dir: dir}}
	if err := s.open(s.loadRecords); err != nil {
		return 0, err
	}
	defer func() {
		if released := s.release(); err == nil && released != nil {
			err = problem.New(problem.Environment, "closing the data directory: %w", released)
		}
	}()
	if len(things) == 0 {
		things = []string{nobody}
	}
	moves := map[string]bool{}
	for _, thing := range things {
		for _, one := range []string{thing, resultsID(thing), outputID(thing), errorsID(thing)} {
			moves[one] = true
		}
	}
	there := map[string]bool{nobody: true}
	move := func(id, owner string) string {
		owner = cmp.Or(owner, nobody)
		there[id], there[owner] = true, true
		if moves[id] || moves[owner] {
			return to
		}
		return ""
	}
	_, _ = s.reassign(func(id, owner string) string { move(id, owner); return "" })
	for _, thing := range things {
		if !there[thing] {
			return 0, problem.Input("%.80q is no file, job or batch of the data directory, and owns none: nothing was changed", thing)
		}
	}
	changed, err = s.reassign(move)
	if err != nil {
		return changed, problem.New(problem.Environment, "writing to the model server's data directory: %w", err)
	}
	return changed, nil
}
