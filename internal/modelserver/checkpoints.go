package modelserver

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// keptCheckpoints is how many epochs leave their model, as at OpenAI: the last
// ones of a job.
const keptCheckpoints = 3

// checkpoint is the record of a model as it stood after an epoch. Its names
// follow from the job's and the step.
type checkpoint struct {
	Created int64   `json:"created_ns"`
	Metrics metrics `json:"metrics"`
	// Adapter is the SHA-256 of a language model's adapter.
	Adapter string `json:"adapter_sha256,omitempty"`
}

func (c checkpoint) path(jobID string) string {
	return fmt.Sprintf("%s/%s.step-%d.model", modelsDir, jobID, c.Metrics.Step)
}

func (c checkpoint) modelID(j job) string {
	return fmt.Sprintf("%s:ckpt-step-%d", j.modelID(), c.Metrics.Step)
}

// snapshots are the models of the last epochs, while training goes on: a
// window that rolls, because training may end before the last planned epoch.
// They wait in memory, where they share all but the weights (a byte each), and
// go to disk when the job is done.
type snapshots []snapshot

type snapshot struct {
	checkpoint
	model keepable
}

// keepable is a model that a training made, before it is on the shelf.
type keepable interface {
	// keep puts the model under a name.
	keep(d disk, name string) error
}

// keep writes a classifier to a file.
func (l linear) keep(d disk, name string) error { return d.write(name, l.Model) }

func (s *snapshots) add(model keepable, m metrics) {
	*s = append(*s, snapshot{checkpoint{Created: time.Now().UnixNano(), Metrics: m}, model})
	if len(*s) > keptCheckpoints {
		*s = slices.Delete(*s, 0, 1)
	}
}

func (s snapshots) checkpoints() []checkpoint {
	kept := make([]checkpoint, len(s))
	for i, one := range s {
		kept[i] = one.checkpoint
	}
	return kept
}

// checkpointOf is a checkpoint with its job, as a list shows it.
type checkpointOf struct {
	checkpoint
	job job
}

func (c checkpointOf) key() string {
	return "ftckpt_" + derived(fmt.Sprintf("checkpoint %d of %s", c.Metrics.Step, c.job.ID))
}

func (c checkpointOf) born() int64 { return c.Created }

// checkpointObject is a checkpoint as OpenAI shows it.
type checkpointObject struct {
	ID        string            `json:"id"`
	Object    string            `json:"object"`
	CreatedAt int64             `json:"created_at"`
	Model     string            `json:"fine_tuned_model_checkpoint"`
	JobID     string            `json:"fine_tuning_job_id"`
	Step      int               `json:"step_number"`
	Metrics   checkpointMetrics `json:"metrics"`
}

// checkpointMetrics have the validation figures under both of their names:
// every epoch goes through all of the validation file.
type checkpointMetrics struct {
	Step              int      `json:"step"`
	TrainLoss         float64  `json:"train_loss"`
	TrainAccuracy     float64  `json:"train_mean_token_accuracy"`
	ValidLoss         *float64 `json:"valid_loss,omitempty"`
	ValidAccuracy     *float64 `json:"valid_mean_token_accuracy,omitempty"`
	FullValidLoss     *float64 `json:"full_valid_loss,omitempty"`
	FullValidAccuracy *float64 `json:"full_valid_mean_token_accuracy,omitempty"`
}

func (c checkpointOf) object() checkpointObject {
	m := c.Metrics
	return checkpointObject{
		ID: c.key(), Object: "fine_tuning.job.checkpoint", CreatedAt: seconds(c.Created),
		Model: c.modelID(c.job), JobID: c.job.ID, Step: m.Step,
		Metrics: checkpointMetrics{
			Step: m.Step, TrainLoss: m.TrainLoss, TrainAccuracy: m.TrainAccuracy,
			ValidLoss: m.ValidLoss, ValidAccuracy: m.ValidAccuracy,
			FullValidLoss: m.ValidLoss, FullValidAccuracy: m.ValidAccuracy,
		},
	}
}

// listCheckpoints lists those that can be asked: a deleted one is gone.
func (s *Server) listCheckpoints(w http.ResponseWriter, r *http.Request) error {
	j, ok := find(s.jobs, r, r.PathValue("id"))
	if !ok {
		return noSuchJob(r.PathValue("id"))
	}
	var latest []checkpointOf
	for _, c := range slices.Backward(j.Checkpoints) {
		if _, there := s.models.has(c.modelID(j)); there {
			latest = append(latest, checkpointOf{c, j})
		}
	}
	data, more, err := page(r, latest, 10, 100)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, listOf(data, more, checkpointOf.object))
	return nil
}
