package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/merge"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// StoreConversationsInput names one part of a dataset with a model's answers.
type StoreConversationsInput struct {
	Examples    artifact.Ref `json:"examples"`
	Predictions artifact.Ref `json:"predictions"`
	// Run is the workflow id: conversations of another run are others.
	Run       string  `json:"run"`
	Task      string  `json:"task"`
	Model     string  `json:"model"`
	Threshold float64 `json:"threshold"`
	// Anonymizer is the version that made the texts.
	Anonymizer string `json:"anonymizer"`
}

// StoreConversationsResult counts what became of the part.
type StoreConversationsResult struct {
	// Stored counts those that are in the database, from this attempt or before.
	Stored int64 `json:"stored"`
	// Changed counts those that are there with another text: an earlier run of the
	// same id had another file.
	Changed int64 `json:"changed,omitempty"`
	// Left counts those without a text or without an answer.
	Left int64 `json:"left,omitempty"`
}

// StoreConversations keeps redacted conversations, with their answers, in the database
// of results, where people look at them and correct them as they do calls. Done twice,
// it does nothing more.
func (d *Data) StoreConversations(ctx context.Context, in StoreConversationsInput) (result StoreConversationsResult, err error) {
	examples, err := rows[dataset.Example](ctx, d.Store, in.Examples)
	if err != nil {
		return result, err
	}
	said, err := rows[dataset.Prediction](ctx, d.Store, in.Predictions)
	if err != nil {
		return result, err
	}
	if len(said) != len(examples) {
		return result, fmt.Errorf("storing conversations: %d have %d predictions", len(examples), len(said))
	}
	var list []results.Conversation
	for i, e := range examples {
		if said[i].ConversationID != e.ID {
			return result, fmt.Errorf("storing conversations: row %d of %s is conversation %d, of %s conversation %d", i, in.Examples.Path, e.ID, in.Predictions.Path, said[i].ConversationID)
		}
		c, answered := in.conversation(e, said[i])
		if !answered {
			result.Left++
			continue
		}
		list = append(list, c)
	}
	for some := range slices.Chunk(list, results.MostConversations) {
		_, changed, err := d.Results.SaveConversations(ctx, some)
		if err != nil {
			return result, err
		}
		result.Changed += int64(changed)
		result.Stored += int64(len(some) - changed)
		report(ctx, pipeline.Progress{Done: result.Stored + result.Changed, Total: int64(len(list)), Unit: "conversations"})
	}
	return result, nil
}

// conversation is an example with its answer; false if it has no text or no answer,
// which a later run may bring.
func (in StoreConversationsInput) conversation(e dataset.Example, p dataset.Prediction) (results.Conversation, bool) {
	answer, _ := merge.Surest([]dataset.Prediction{p}, in.Threshold)
	if e.Text == "" || answer.Status == dataset.Failed || answer.Status == dataset.Empty || answer.Status == dataset.Skipped {
		return results.Conversation{}, false
	}
	sum := sha256.Sum256([]byte(e.Text))
	c := results.Conversation{
		Call: results.Call{
			ID: fmt.Sprintf("%s/%d", in.Run, e.ID), Task: named(in.Task), Channel: pipeline.DatasetChannel,
			Origin: results.Origin{SHA256: hex.EncodeToString(sum[:])}, Anonymizer: in.Anonymizer,
		},
		Answer: results.Prediction{
			Model: in.Model, Company: answer.Company, Confidence: answer.Confidence, Threshold: min(in.Threshold, 1), Status: answer.Status,
		},
	}
	if p.Company != dataset.Unknown {
		c.Answer.Named = p.Company
	}
	for line := range strings.SplitSeq(e.Text, "\n") {
		c.Call.Turns = append(c.Call.Turns, results.Turn{Text: line})
	}
	return c, true
}
