package activities

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"

	"switchboard/internal/artifact"
	"switchboard/internal/call"
	"switchboard/internal/dataset"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/text"
)

// StageCallInput names the event of a call.
type StageCallInput struct {
	Event  string `json:"event"`
	CallID string `json:"call_id"`
	Dir    string `json:"dir"`
}

// StageCallResult names what the call became.
type StageCallResult struct {
	// Event is the file as it was read; its rows are the call's turns.
	Event pipeline.DatasetRef `json:"event"`
	// Conversations has one row, or several pieces of a long call, which are
	// one thread.
	Conversations artifact.Ref `json:"conversations"`
}

// StageCall reads the event of a call and writes it as conversations. An event
// that is none, or that of another call, is a problem of kind BadInput.
func (d *Data) StageCall(ctx context.Context, in StageCallInput) (StageCallResult, error) {
	src, e, err := readCall(ctx, in.Event)
	if err != nil {
		return StageCallResult{}, err
	}
	if e.ID != in.CallID {
		return StageCallResult{}, problem.Input("%s is the event of another call than %s; start the run of that one", src.name, in.CallID)
	}
	if len(e.Turns) == 0 {
		return StageCallResult{}, problem.Input("%s has a recording and no turns, and recordings leave no files; leave --keep-artifacts out", src.name)
	}
	pieces := piecesOf(e)
	staged, err := writeRows(ctx, d.Store, layout.Run(in.Dir).Conversations(0), pieces)
	event := pipeline.DatasetRef{URL: in.Event, SHA256: src.sum(), Bytes: src.bytes, Rows: int64(len(e.Turns))}
	return StageCallResult{Event: event, Conversations: staged}, err
}

// readCall reads the event, and the file to its end, which its hash is over.
func readCall(ctx context.Context, event string) (*source, call.Event, error) {
	src, err := openSource(ctx, event)
	if err != nil {
		return nil, call.Event{}, err
	}
	defer src.Close()
	e, err := call.Read(src, src.name)
	if err != nil {
		return nil, call.Event{}, err
	}
	if _, err := io.Copy(io.Discard, src); err != nil {
		return nil, call.Event{}, fmt.Errorf("reading the call to its end: %w", err)
	}
	return src, e, nil
}

// piecesOf cuts the turns as package thread cuts the tweets of a long conversation.
func piecesOf(e call.Event) []dataset.Conversation {
	thread := conversationID(e.ID)
	var pieces []dataset.Conversation
	for from := 0; from < len(e.Turns); from += pipeline.DefaultMaxTweets {
		c := dataset.Conversation{ID: thread + int64(len(pieces)), ThreadID: thread, Label: dataset.Unknown}
		for i := from; i < min(from+pipeline.DefaultMaxTweets, len(e.Turns)); i++ {
			c.Rows = append(c.Rows, int32(i))
			c.Texts = append(c.Texts, e.Turns[i].Text)
			if from == 0 && c.Opening == 0 && e.Turns[i].Side != agentSide && text.Clean(e.Turns[i].Text) != "" {
				c.Opening = int32(i) + 1
			}
		}
		pieces = append(pieces, c)
	}
	return pieces
}

// conversationID is a positive number made of the call's id, with room behind it
// for the pieces of the call.
func conversationID(callID string) int64 {
	sum := sha256.Sum256([]byte(callID))
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 2)
}
