package provider

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"switchboard/internal/problem"
)

// JobStatus is how far a fine-tuning job is.
type JobStatus string

// The protocol's statuses. Others may appear; treat them as not finished.
const (
	ValidatingFiles JobStatus = "validating_files"
	Queued          JobStatus = "queued"
	Running         JobStatus = "running"
	Paused          JobStatus = "paused"
	Succeeded       JobStatus = "succeeded"
	JobFailed       JobStatus = "failed"
	Cancelled       JobStatus = "cancelled"
)

// Finished reports whether the status is final.
func (s JobStatus) Finished() bool {
	return s == Succeeded || s == JobFailed || s == Cancelled
}

// Job is a fine-tuning job at the provider.
type Job struct {
	ID     string    `json:"id"`
	Status JobStatus `json:"status"`
	// Word is the provider's own for the status, if it is made of words that are
	// known.
	Word      string `json:"word,omitempty"`
	BaseModel string `json:"base_model"`
	// FineTunedModel is the result's name, "" before there is one.
	FineTunedModel string `json:"fine_tuned_model"`
	// TrainingFile and ValidationFile are file ids; the latter may be "".
	TrainingFile   string `json:"training_file"`
	ValidationFile string `json:"validation_file"`
	// Suffix is the part of the result's name that was asked for; providers
	// that do not repeat it leave it empty.
	Suffix string `json:"suffix"`
	// Metadata may be nil, also where some was given: not every provider
	// keeps it.
	Metadata map[string]string `json:"metadata"`
	// Seed and Epochs are 0 where the provider does not repeat them.
	Seed   int64 `json:"seed,omitempty"`
	Epochs int   `json:"epochs,omitempty"`
	// TrainedTokens is 0 until the provider has counted.
	TrainedTokens int64 `json:"trained_tokens"`
	// BestStep is the step after which the model stood as it is kept, 0 where the
	// provider does not say.
	BestStep int `json:"best_step,omitempty"`
	// ModelBytes is the size of the model, 0 where the provider does not say.
	ModelBytes int64 `json:"model_bytes,omitempty"`
	// ResultFiles are the ids of the files with the metrics.
	ResultFiles []string `json:"result_files"`
	// Error says why a failed job failed; zero otherwise.
	Error JobError `json:"error"`
	// Created and Finished are zero where unknown.
	Created  time.Time `json:"created"`
	Finished time.Time `json:"finished"`
	// EstimatedFinish is when the provider expects a job to be done that is under
	// way; zero where it does not tell.
	EstimatedFinish time.Time `json:"-"`
}

// JobError is the provider's reason for a failed job.
type JobError struct {
	Code string `json:"code"`
	// Message is a sentence of this program, "" if the provider says nothing
	// that is known.
	Message string `json:"message"`
	// Param is the part of the request that is to blame, such as
	// "training_file"; may be empty.
	Param string `json:"param"`
}

// Failure returns nil unless the job failed or was cancelled, and then a
// problem of kind [problem.Refused] with what is known of the provider's reason.
func (j Job) Failure() error {
	switch j.Status {
	case JobFailed:
		message := cmp.Or(j.Error.Message, "look there for the reason; it may quote customers, so it is not shown here")
		return problem.New(problem.Refused, "the fine-tuning job %s failed at the provider%s: %s", j.ID, j.known(), message)
	case Cancelled:
		return problem.New(problem.Refused, "the fine-tuning job %s was cancelled at the provider: start a new one", j.ID)
	}
	return nil
}

// known lists in parentheses what is known of a failure beside its message, ""
// if nothing is.
func (j Job) known() string {
	var facts []string
	if j.Error.Code != "" {
		facts = append(facts, j.Error.Code)
	}
	if j.Word != string(j.Status) && j.Word != otherState {
		facts = append(facts, "status "+j.Word)
	}
	if j.Error.Param != "" {
		facts = append(facts, j.Error.Param)
	}
	if len(facts) == 0 {
		return ""
	}
	return " (" + strings.Join(facts, ", ") + ")"
}

// JobRequest is what a fine-tuning job is created from.
type JobRequest struct {
	BaseModel string
	// TrainingFile and ValidationFile are file ids; the latter may be "".
	TrainingFile, ValidationFile string
	// TrainingSHA256 and ValidationSHA256 are those of the files' content, in
	// hexadecimal digits. They are not sent: by them, [Client.FindJob] takes a
	// job on other files with the same content. "" takes none.
	TrainingSHA256, ValidationSHA256 string
	// Suffix becomes part of the model's name; at most 64 characters, and 18
	// at Azure OpenAI; "" for none.
	Suffix string
	// Metadata is kept with the job where the provider can: at OpenAI at
	// most 16 pairs, keys of 64 and values of 512 characters.
	Metadata map[string]string
	// Seed makes a job repeatable where the provider can; nil lets it choose.
	Seed *int64
	// Epochs is the provider's choice where it is 0.
	Epochs int
}

// CreateJob creates a fine-tuning job. Ask [Client.FindJob] first: a request
// whose answer was lost may have created it. A provider that does not fine-tune
// for this account yields an [*Error] with a [problem.Refused] inside. Where
// reading an uploaded file takes the provider time, a job that is too early is
// an [*Error] that is not permanent. A suffix or seed that the provider does not
// take is a problem of kind [problem.BadInput], and nothing is sent.
func (c *Client) CreateJob(ctx context.Context, r JobRequest) (Job, error) {
	if err := c.profile.checkJob(r); err != nil {
		return Job{}, err
	}
	if c.profile.filesTakeTime {
		for _, id := range []string{r.TrainingFile, r.ValidationFile} {
			if err := c.fileReady(ctx, id); err != nil {
				return Job{}, err
			}
		}
	}
	k := call{op: "creating the fine-tuning job", about: fmt.Sprintf("base model %q", r.BaseModel), fineTunes: true}
	return c.job(ctx, k, http.MethodPost, "/fine_tuning/jobs", r.wire(c.profile))
}

// Job looks a job up.
func (c *Client) Job(ctx context.Context, id string) (Job, error) {
	return c.job(ctx, aboutJob("looking up the fine-tuning job", id), http.MethodGet, jobPath(id), nil)
}

// CancelJob cancels a job and returns what it is then. A job that has ended
// already is refused with [InvalidRequest].
func (c *Client) CancelJob(ctx context.Context, id string) (Job, error) {
	return c.job(ctx, aboutJob("cancelling the fine-tuning job", id), http.MethodPost, jobPath(id)+"/cancel", nil)
}

func aboutJob(op, id string) call { return call{op: op, about: fmt.Sprintf("job %q", id)} }

func jobPath(id string) string { return "/fine_tuning/jobs/" + url.PathEscape(id) }

func (c *Client) job(ctx context.Context, k call, method, path string, in any) (Job, error) {
	var w wireJob
	err := c.do(ctx, k, func(ctx context.Context) error {
		return c.request(ctx, method, path, nil, in, &w)
	})
	if err != nil {
		return Job{}, err
	}
	if w.ID == "" || w.Status == "" {
		return Job{}, c.malformed(&k, flaw("the fine-tuning job has no id or no status"))
	}
	if what := w.misnamed(); what != "" {
		return Job{}, c.misnamed(&k, what)
	}
	return w.job(), nil
}

// pageSize is the number of entries asked for at once: the protocol's most for
// jobs and events.
const pageSize = "100"

// Jobs lists the account's jobs, newest first, all pages of them. With
// metadata, the provider is asked for those that carry all of these pairs;
// a provider that does not know the filter sends every job, so check.
func (c *Client) Jobs(ctx context.Context, metadata map[string]string) ([]Job, error) {
	query := url.Values{"limit": {pageSize}}
	if c.profile.metadataFilter {
		for key, value := range metadata {
			query.Set("metadata["+key+"]", value)
		}
	}
	wire, err := all(ctx, c, call{op: "listing the fine-tuning jobs", fineTunes: true}, "/fine_tuning/jobs", query, func(w wireJob) string { return w.ID }, onePage[wireJob](c.profile))
	if err != nil {
		return nil, err
	}
	jobs := make([]Job, 0, len(wire))
	for _, w := range wire {
		if w.misnamed() == "" {
			jobs = append(jobs, w.job())
		}
	}
	slices.SortStableFunc(jobs, func(a, b Job) int { return b.Created.Compare(a.Created) })
	return jobs, nil
}

// CanListJobs asks for one job only, to find out whether this account may use
// fine-tuning at all.
func (c *Client) CanListJobs(ctx context.Context) error {
	enough := func([]wireJob) bool { return true }
	_, err := all(ctx, c, call{op: "listing the fine-tuning jobs", about: "list of fine-tuning jobs", fineTunes: true}, "/fine_tuning/jobs", url.Values{"limit": {"1"}}, func(w wireJob) string { return w.ID }, enough)
	return err
}

// FindJob returns the newest job that neither failed nor was cancelled and that
// is what r asks for. It carries r's value of the mark, a key of the metadata,
// or r's suffix where the provider keeps no metadata. Marks are anybody's to
// give, so that is not enough: it is on the very files that r names, or on files
// that have the same content, as a look into them shows, and on r's base model,
// with r's seed and epochs where the provider repeats them. The bool is false if
// there is none.
func (c *Client) FindJob(ctx context.Context, r JobRequest, mark string) (Job, bool, error) {
	value := r.Metadata[mark]
	jobs, err := c.Jobs(ctx, map[string]string{mark: value})
	if err != nil {
		return Job{}, false, err
	}
	looked := 0
	for _, j := range jobs {
		kept, known := j.Metadata[mark]
		isMarked := (known && kept == value) || (!known && r.Suffix != "" && j.Suffix == r.Suffix)
		if j.Status == JobFailed || j.Status == Cancelled || !isMarked || !c.isOf(j, r) {
			continue
		}
		if looked++; looked > mostCandidates {
			break
		}
		if same, err := c.trainsOn(ctx, j, r); err != nil || same {
			return j, same, err
		}
	}
	return Job{}, false, nil
}

// trainsOn tells whether a job's files are those of r.
func (c *Client) trainsOn(ctx context.Context, j Job, r JobRequest) (bool, error) {
	for _, f := range []struct{ its, wanted, sum string }{
		{j.TrainingFile, r.TrainingFile, r.TrainingSHA256},
		{j.ValidationFile, r.ValidationFile, r.ValidationSHA256},
	} {
		if f.its == f.wanted {
			continue
		}
		if f.its == "" || f.sum == "" {
			return false, nil
		}
		if same, err := c.holds(ctx, f.its, anySize, f.sum); err != nil || !same {
			return false, err
		}
	}
	return r.TrainingFile != "", nil
}

// isOf tells whether a job trains what r asks for, whatever on.
func (c *Client) isOf(j Job, r JobRequest) bool {
	// A base model may be repeated with the date of its version, or under
	// the name that it is listed under.
	base := j.BaseModel == "" || j.BaseModel == r.BaseModel || j.BaseModel == c.profile.listed(r.BaseModel) || strings.HasPrefix(j.BaseModel, r.BaseModel+"-")
	seed := r.Seed == nil || j.Seed == 0 || j.Seed == *r.Seed
	epochs := r.Epochs == 0 || j.Epochs == 0 || j.Epochs == r.Epochs
	return base && seed && epochs
}
