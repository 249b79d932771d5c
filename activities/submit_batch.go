package activities

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"switchboard/internal/artifact"
	"switchboard/internal/inference"
	"switchboard/internal/provider"
)

// SubmitBatchInput names a part whose open questions are to be asked in a batch.
type SubmitBatchInput struct {
	ClassifyPartInput
	// Spent are the batches of this part whose answers were collected.
	Spent []string `json:"spent,omitempty"`
	// MaxTokens bounds the tokens of the batch's questions.
	MaxTokens int64 `json:"max_tokens"`
	// Owner is the run that submits: it alone may cancel the batch.
	Owner string `json:"owner"`
}

// SubmitBatchResult is the batch; BatchID is "" if no question is open.
type SubmitBatchResult struct {
	BatchID string `json:"batch_id,omitempty"`
}

// SubmitBatch sends a part's open questions to the provider as a batch, as many
// as one may hold, once: a file that has the same content, as a look into it
// shows, is not uploaded again, and a batch made of that file, whichever run made
// it, is taken instead of a second one. Texts of
// an anonymizer without a passed evaluation do not leave: that is a problem of
// kind Refused.
func (p *Provider) SubmitBatch(ctx context.Context, in SubmitBatchInput) (SubmitBatchResult, error) {
	if err := in.Clearance.Check(); err != nil {
		return SubmitBatchResult{}, err
	}
	system, err := in.instruction(ctx, p.Store)
	if err != nil {
		return SubmitBatchResult{}, err
	}
	batch, err := p.openQuestions(ctx, in.ClassifyPartInput)
	if err != nil {
		return SubmitBatchResult{}, err
	}
	content, err := p.batchFile(in, system, batch.Questions())
	if err != nil || len(content) == 0 {
		return SubmitBatchResult{}, err
	}
	file, err := p.uploadBatch(ctx, content)
	if err != nil {
		return SubmitBatchResult{}, err
	}
	made, ok, err := p.Client.FindBatch(ctx, file, in.Spent)
	if err != nil {
		return SubmitBatchResult{}, err
	}
	if ok {
		return SubmitBatchResult{BatchID: made.ID}, nil
	}
	made, err = p.Client.CreateBatch(ctx, file, map[string]string{ownerKey: in.Owner})
	return SubmitBatchResult{BatchID: made.ID}, err
}

// openQuestions is what the journal has no answer to.
func (p *Provider) openQuestions(ctx context.Context, in ClassifyPartInput) (*inference.Batch, error) {
	examples, err := in.asked(ctx, p.Store)
	if err != nil {
		return nil, err
	}
	var labels []string
	if err := p.Store.ReadJSON(ctx, in.Labels, &labels); err != nil {
		return nil, err
	}
	saved, err := in.journal(ctx, p.Store).read(ctx)
	if err != nil {
		return nil, err
	}
	return inference.NewBatch(inference.Options{Model: in.Model, Labels: labels}, examples, saved)
}

// batchFile holds the first questions, as many as fit.
func (p *Provider) batchFile(in SubmitBatchInput, system string, questions []inference.Question) ([]byte, error) {
	var file bytes.Buffer
	tokens := int64(0)
	for i, q := range questions {
		line, err := p.Client.BatchLine(q.ID, in.Model, system, q.Text)
		if err != nil {
			return nil, err
		}
		tokens += tokensAtMost(system + q.Text)
		full := i == provider.MaxBatchRequests || file.Len()+len(line) > provider.MaxBatchBytes || tokens > in.MaxTokens
		if full && i > 0 {
			break
		}
		file.Write(line)
	}
	return file.Bytes(), nil
}

// tokensAtMost is more than a question has as a rule: English text has some four
// bytes a token. A batch that is larger than was thought is refused and comes
// again; a smaller one costs nothing.
func tokensAtMost(text string) int64 { return int64(len(text))/3 + 16 }

func (p *Provider) uploadBatch(ctx context.Context, content []byte) (string, error) {
	sum := sha256.Sum256(content)
	ref := artifact.Ref{Path: "batch.jsonl", SHA256: hex.EncodeToString(sum[:])}
	name, size := remoteName(ref), int64(len(content))
	found, ok, err := p.Client.FindFile(ctx, name, size, ref.SHA256, provider.PurposeBatch)
	if err != nil || ok {
		return found.ID, err
	}
	file, err := p.Client.UploadFile(ctx, name, bytes.NewReader(content), size, provider.PurposeBatch)
	if err != nil {
		return "", fmt.Errorf("uploading the questions of a batch: %w", err)
	}
	return file.ID, nil
}
