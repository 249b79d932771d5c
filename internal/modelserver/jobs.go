package modelserver

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

func (s *Server) createJob(w http.ResponseWriter, r *http.Request) error {
	var request jobRequest
	if err := readJSON(w, r, &request); err != nil {
		return err
	}
	if err := s.absent(request.Model); err != nil {
		return err
	}
	j, err := request.job(s.baseModels(), s.auto(request.Model))
	if err != nil {
		return err
	}
	if base, ok := s.options.LanguageModels.Base(j.Model); ok {
		j.Card = cardOf(base)
	}
	h := holderOf(r)
	s.creating.Lock()
	defer s.creating.Unlock()
	if err := s.checkFile(r, "training_file", j.TrainingFile, purposeFineTune); err != nil {
		return err
	}
	if j.ValidationFile != "" {
		if err := s.checkFile(r, "validation_file", j.ValidationFile, purposeFineTune); err != nil {
			return err
		}
	}
	if active := countActive(s.jobs, h.owner); active >= h.limits.ActiveJobs {
		return s.tooMany(w, h, "jobs", "%d fine-tuning jobs are waiting, running or paused, which is the limit: try again when one has ended.", active)
	}
	if limit := h.limits.TrainingTokens; limit > 0 {
		if tokens := s.tokensInTraining(h.owner); tokens >= limit {
			return s.tooMany(w, h, "training_tokens", "Jobs with %d tokens are waiting, running or paused, and %d is the limit: try again when one has ended.", tokens, limit)
		}
	}
	if err := s.quota.job(h, j.room()); err != nil {
		return err
	}
	j.ID, j.Owner = "ftjob-"+rand.Text(), h.owner
	j.Status = statusValidating
	j.Created = time.Now().UnixNano()
	j.inform("Created fine-tuning job: %s", j.ID)
	j.inform("Validating training file: %s", j.TrainingFile)
	if err := s.jobs.put(j); err != nil {
		return err
	}
	s.log.InfoContext(r.Context(), "fine-tuning job created", "job", j.ID)
	s.wakeWorkers()
	writeJSON(w, http.StatusOK, j.object(h))
	return nil
}

// checkFile reports whether there is such a file for the maker of a request,
// uploaded for such a purpose.
func (s *Server) checkFile(r *http.Request, param, id, purpose string) error {
	f, ok := find(s.files, r, id)
	if !ok {
		return invalid(http.StatusBadRequest, param, "file_not_found", "Invalid '%s': there is no such file. Upload it first.", param)
	}
	if f.Purpose != purpose {
		return invalid(http.StatusBadRequest, param, "invalid_file_purpose", "Invalid '%s': the file's purpose is not '%s'.", param, purpose)
	}
	return nil
}

func (s *Server) listJobs(w http.ResponseWriter, r *http.Request) error {
	wanted := metadataFilter(r.URL.Query())
	matching := slices.DeleteFunc(listed(r, s.jobs.newest()), func(j job) bool { return !wanted(j.Metadata) })
	data, more, err := page(r, matching, 20, 100)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, listOf(data, more, as(holderOf(r), job.object)))
	return nil
}

// metadataFilter reads metadata[key]=value, all of which must hold, and
// metadata=null, which asks for jobs without metadata.
func metadataFilter(query url.Values) func(map[string]string) bool {
	wanted := map[string]string{}
	for name, values := range query {
		if key, ok := strings.CutPrefix(name, "metadata["); ok && strings.HasSuffix(key, "]") {
			wanted[strings.TrimSuffix(key, "]")] = values[0]
		}
	}
	none := query.Get("metadata") == "null"
	return func(metadata map[string]string) bool {
		if none && len(metadata) > 0 {
			return false
		}
		for key, value := range wanted {
			if has, ok := metadata[key]; !ok || has != value {
				return false
			}
		}
		return true
	}
}

func noSuchJob(id string) *apiError {
	return invalid(http.StatusNotFound, "fine_tuning_job_id", "fine_tune_not_found", "Could not find fine tune: %.64s", id)
}

func (s *Server) getJob(w http.ResponseWriter, r *http.Request) error {
	j, ok := find(s.jobs, r, r.PathValue("id"))
	if !ok {
		return noSuchJob(r.PathValue("id"))
	}
	writeJSON(w, http.StatusOK, j.object(holderOf(r)))
	return nil
}

func (s *Server) listEvents(w http.ResponseWriter, r *http.Request) error {
	j, ok := find(s.jobs, r, r.PathValue("id"))
	if !ok {
		return noSuchJob(r.PathValue("id"))
	}
	latest := slices.Clone(j.Events)
	slices.Reverse(latest)
	data, more, err := page(r, latest, 20, 1000)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, listOf(data, more, event.object))
	return nil
}

func (s *Server) cancelJob(w http.ResponseWriter, r *http.Request) error {
	return s.changeJob(w, r, "fine-tuning job cancelled", func(j *job) error {
		if j.Status == statusCancelled {
			return errUnchanged
		}
		if !j.active() {
			return invalid(http.StatusBadRequest, "", "job_already_ended", "The job cannot be cancelled: it has already %s.", j.ended())
		}
		if !s.stopTraining(j.ID) {
			s.dropState(j.ID) // which nobody works on
		}
		j.end(statusCancelled)
		j.inform("The job was cancelled.")
		return nil
	})
}

// pauseJob takes a job out of the hands of the trainer. What a classifier has learnt
// is dropped: training is short, and starting over gives the same model. A language
// model's is saved.
func (s *Server) pauseJob(w http.ResponseWriter, r *http.Request) error {
	return s.changeJob(w, r, "fine-tuning job paused", func(j *job) error {
		switch j.Status {
		case statusPaused:
			return errUnchanged
		case statusQueued:
		case statusRunning:
			j.Attempts-- // it ends in order
		case statusValidating:
			return invalid(http.StatusBadRequest, "", "job_not_pausable", "The job cannot be paused while its files are checked: try again when it is queued.")
		default:
			return invalid(http.StatusBadRequest, "", "job_already_ended", "The job cannot be paused: it has already %s.", j.ended())
		}
		s.stopTraining(j.ID)
		j.Status = statusPaused
		j.EstimatedFinish = 0
		j.inform("The job was paused.")
		return nil
	})
}

// resumeJob puts a paused job back into the queue, at the place of its age.
func (s *Server) resumeJob(w http.ResponseWriter, r *http.Request) error {
	return s.changeJob(w, r, "fine-tuning job resumed", func(j *job) error {
		switch {
		case j.moving():
			return errUnchanged
		case j.Status != statusPaused:
			return invalid(http.StatusBadRequest, "", "job_already_ended", "The job cannot be resumed: it has already %s.", j.ended())
		}
		j.Status = statusQueued
		j.inform("The job was resumed.")
		return nil
	})
}

// changeJob changes a job as somebody asks. A change that is already so
// (errUnchanged) is answered with the job as it is.
func (s *Server) changeJob(w http.ResponseWriter, r *http.Request, done string, change func(*job) error) error {
	id := r.PathValue("id")
	j, err := changeOwn(s.jobs, r, id, change)
	switch {
	case err == nil:
		s.log.InfoContext(r.Context(), done, "job", id) //nolint:sloglint // the callers' messages are constants
		s.wakeWorkers()
	case errors.Is(err, errUnchanged):
	case errors.Is(err, errNoRecord):
		return noSuchJob(id)
	default:
		return err
	}
	writeJSON(w, http.StatusOK, j.object(holderOf(r)))
	return nil
}
