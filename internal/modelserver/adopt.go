package modelserver

import (
	"os"

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
	if holders := *s.holders.Load(); len(holders) == 1 {
		named[""] = holders[0].owner
	}
	if _, err := s.reassign(func(_, owner string) string { return named[owner] }); err != nil {
		return err
	}
	if left := s.withoutOwner(); left > 0 {
		s.log.Warn("files, jobs and batches from before keys were tenants belong to no key, and only keys that are admin see them: "+
			"stop the server and run \"modelserver assign NAME\" to give them to a key", "records", left)
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

func (s *Server) withoutOwner() int {
	count := 0
	_, _ = s.reassign(func(_, owner string) string {
		if owner == "" {
			count++
		}
		return ""
	})
	return count
}

// Assign gives records in a data directory, which no server may have open, to
// the key of a name: those with the ids, whoever has them, or without ids those
// that belong to nobody because they are from before keys were tenants. What a
// job or a batch made goes with it. It returns how many records changed. The
// errors are problems of kind BadInput, for a name or an id, and Environment.
func Assign(dir, name string, ids []string) (changed int, err error) {
	if !keyName.MatchString(name) {
		return 0, problem.Input("the name of a key is made of at most 63 lower-case letters, digits, dashes and underscores: give one of the file of keys")
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
	wanted := map[string]bool{}
	for _, id := range ids {
		if !s.exists(id) {
			return 0, problem.Input("%.64q is no file, job or batch of the data directory: nothing was changed", id)
		}
		for _, one := range []string{id, resultsID(id), outputID(id), errorsID(id)} {
			wanted[one] = true
		}
	}
	changed, err = s.reassign(func(id, owner string) string {
		if wanted[id] || len(ids) == 0 && owner == "" {
			return name
		}
		return ""
	})
	if err != nil {
		return changed, problem.New(problem.Environment, "writing to the model server's data directory: %w", err)
	}
	return changed, nil
}

func (s *Server) exists(id string) bool {
	_, isFile := s.files.get(id)
	_, isJob := s.jobs.get(id)
	_, isBatch := s.batches.get(id)
	return isFile || isJob || isBatch
}
