package modelserver

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sashabaranov/go-openai"
)

func (r *running) checkpoints(t testing.TB, jobID, query string) []checkpointObject {
	t.Helper()
	var found list[checkpointObject]
	r.call(t, "GET", "/v1/fine_tuning/jobs/"+jobID+"/checkpoints"+query, nil, &found)
	return found.Data
}

// The last three epochs of a job leave models, which are models like others.
func TestCheckpoints(t *testing.T) {
	dir := t.TempDir()
	r, stop := start(t, Options{Dir: dir})
	created := r.create(t, map[string]any{
		"training_file": r.upload(t, jsonl(1, 60)), "validation_file": r.upload(t, jsonl(2, 30)),
		"hyperparameters": map[string]any{"n_epochs": 5, "batch_size": 20},
	})
	if early := r.checkpoints(t, created.ID, ""); len(early) != 0 {
		t.Errorf("before the job is done it has %d checkpoints", len(early))
	}
	job := await(t, r.client, created.ID, statusSucceeded)

	all := r.checkpoints(t, job.ID, "")
	var steps []int
	for i, c := range all {
		steps = append(steps, c.Step)
		if c.Object != "fine_tuning.job.checkpoint" || !strings.HasPrefix(c.ID, "ftckpt_") || c.JobID != job.ID || c.CreatedAt == 0 ||
			c.Metrics.Step != c.Step || c.Metrics.TrainLoss == 0 || c.Metrics.FullValidLoss == nil || *c.Metrics.FullValidAccuracy != *c.Metrics.ValidAccuracy {
			t.Errorf("checkpoint %d is %+v", i, c)
		}
		if want := job.FineTunedModel + ":ckpt-step-" + []string{"15", "12", "9"}[i]; c.Model != want {
			t.Errorf("checkpoint %d is named %s, want %s", i, c.Model, want)
		}
	}
	if !slices.Equal(steps, []int{15, 12, 9}) {
		t.Fatalf("checkpoints are of steps %v, want those of the last three epochs, the latest first", steps)
	}
	if page := r.checkpoints(t, job.ID, "?limit=1&after="+all[0].ID); len(page) != 1 || page[0].ID != all[1].ID {
		t.Errorf("the page after the first is %+v", page)
	}

	// The last epoch's is the job's model.
	content := func(path string) []byte { return must[[]byte](t)(os.ReadFile(filepath.Join(dir, path))) }
	if last, _ := r.models.has(all[0].Model); !bytes.Equal(content(last.path), content(modelPath(job.ID))) {
		t.Error("the last checkpoint is not the job's model")
	}
	if earlier, _ := r.models.has(all[1].Model); bytes.Equal(content(earlier.path), content(modelPath(job.ID))) {
		t.Error("the checkpoint before is the job's model too")
	}

	if model := must[openai.Model](t)(r.client.GetModel(t.Context(), all[2].Model)); model.Parent != BaseModel || model.CreatedAt != all[2].CreatedAt {
		t.Errorf("as a model it is %+v", model)
	}
	must[openai.FineTuneModelDeleteResponse](t)(r.client.DeleteFineTuneModel(t.Context(), all[1].Model))
	stop()
	r, _ = start(t, Options{Dir: dir})
	for i, c := range all {
		_, err := r.client.CreateChatCompletion(t.Context(), ask(c.Model, "my flight"))
		var gone *openai.APIError
		if i == 1 && (!errors.As(err, &gone) || gone.HTTPStatusCode != http.StatusNotFound) || i != 1 && err != nil {
			t.Errorf("after one was deleted and a restart, checkpoint %d answers with %v", i, err)
		}
	}
	if left := r.checkpoints(t, job.ID, ""); len(left) != 2 || left[0].ID != all[0].ID || left[1].ID != all[2].ID {
		t.Errorf("checkpoints are %+v, want the two that are left", left)
	}
	// Nothing is left of the deleted one.
	if names := must[[]string](t)(r.disk.names(modelsDir, "")); len(names) != 3 {
		t.Errorf("models on disk are %v, want the job's and two checkpoints", names)
	}
}

// A job of fewer epochs has as many checkpoints.
func TestCheckpointsOfOneEpoch(t *testing.T) {
	r, _ := start(t, Options{})
	j := r.create(t, map[string]any{"training_file": r.upload(t, jsonl(1, 30)), "hyperparameters": map[string]any{"n_epochs": 1}})
	await(t, r.client, j.ID, statusSucceeded)
	if all := r.checkpoints(t, j.ID, ""); len(all) != 1 || all[0].Metrics.FullValidLoss != nil {
		t.Errorf("checkpoints are %+v, want one, without figures of a validation file", all)
	}
}
